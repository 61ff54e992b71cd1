//! `user password`: a password from standard input, so that no list of processes and no history shows it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use anyhow::{Context, bail};
use serde_json::json;
use zeroize::Zeroizing;

use super::Printed;
use super::user::find;
use crate::core::Core;
use crate::operator::OPERATOR;
use crate::self_service::password::{
    LONGEST_PASSWORD, PasswordSet, SHORTEST_PASSWORD, TypedPassword,
};

/// Reads one line and makes it the person's password.
pub(super) async fn set(core: &Core, name: &str) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    let line = read_line(&person.name).context("cannot read the password from standard input")?;
    let password = TypedPassword::of(line.trim_end_matches(['\r', '\n']));
    match core.set_password(&person, password, OPERATOR).await? {
        PasswordSet::Done => Ok(Printed {
            text: format!("{} can sign in with it now.", person.name),
            json: json!({ "user_id": person.id, "username": person.name }),
        }),
        PasswordSet::Elsewhere => bail!(
            "{}'s password is the organisation's, and is set in its directory",
            person.name
        ),
        PasswordSet::Unfit => bail!(
            "the password has to have {SHORTEST_PASSWORD} characters at least and {LONGEST_PASSWORD} bytes at most"
        ),
    }
}

/// One line; on a terminal it is asked for and not shown. Whatever is longer than any password is left unread.
fn read_line(name: &str) -> std::io::Result<Zeroizing<String>> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let prompt = format!("Password for {name} (not shown): ");
        return rpassword::prompt_password(prompt).map(Zeroizing::new);
    }
    let longest = u64::try_from(LONGEST_PASSWORD + 3).unwrap_or(u64::MAX);
    let mut line = Zeroizing::new(String::new());
    input.lock().take(longest).read_line(&mut line)?;
    Ok(line)
}
