//! What `doctor` looks at in the realm that recognises people: the keytab, its keys, the KDC, the clock.
//!
//! The service plays the computer of a person: it asks the KDC with the keytab's own key for a ticket to itself, and looks at
//! it as at anybody's. The library does all of it, in the surroundings of [`super::kerberos::Surroundings::of_a_checkup`].

use std::fs::File;
use std::path::Path;

use libgssapi::context::{ClientCtx, CtxFlags, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, OidSet};

use crate::directory::checkup::Step;

/// What the library says of Kerberos, as `<krb5/krb5.h>` numbers it; GSSAPI passes the number on as 32 bits.
mod code {
    pub(super) const CLIENT_UNKNOWN: i32 = -1_765_328_378;
    pub(super) const SERVICE_UNKNOWN: i32 = -1_765_328_377;
    pub(super) const KIND_NOT_SUPPORTED: i32 = -1_765_328_370;
    pub(super) const CLIENT_REVOKED: i32 = -1_765_328_366;
    pub(super) const PREAUTHENTICATION_FAILED: i32 = -1_765_328_360;
    pub(super) const BAD_INTEGRITY: i32 = -1_765_328_353;
    pub(super) const TICKET_NOT_YET_VALID: i32 = -1_765_328_351;
    pub(super) const SKEW: i32 = -1_765_328_347;
    pub(super) const MODIFIED: i32 = -1_765_328_343;
    pub(super) const REPLY_SKEW: i32 = -1_765_328_236;
    pub(super) const REALM_UNKNOWN: i32 = -1_765_328_230;
    pub(super) const UNREACHABLE: i32 = -1_765_328_228;
    pub(super) const NO_SUCH_KEY: i32 = -1_765_328_203;
    pub(super) const CANNOT_RESOLVE: i32 = -1_765_328_164;
    pub(super) const NO_DEFAULT_REALM: i32 = -1_765_328_160;
    pub(super) const NO_SUCH_VERSION: i32 = -1_765_328_154;
}

/// Takes every step that those before it leave open. Blocks, for as long as the library waits for a KDC.
pub fn check_up(keytab: &Path, host: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |of: String, found: Result<String, String>| {
        let is_right = found.is_ok();
        steps.push(Step { of, found });
        is_right
    };
    let readable = File::open(keytab).map(|_| "it can be read".to_owned());
    let readable = readable
        .map_err(|error| format!("{error}; let the service's own user read it, and nobody else"));
    if !step(format!("keytab {}", keytab.display()), readable) {
        return steps;
    }
    let service = format!("HTTP/{host}");
    let key = acceptor(host).map(|_| "there is a key of it".to_owned());
    let key = key.map_err(|error| {
        format!(
            "the keytab has no key of it ({}); add one, or make public_host the name that the keytab and browsers have",
            one_line(error)
        )
    });
    if !step(service.clone(), key) {
        return steps;
    }
    let token = match ask(host) {
        Ok(token) => token,
        // The library looks for a key that may be used before it asks, or leaves it to the KDC
        Err(error) if is(error, code::NO_SUCH_KEY) || is(error, code::KIND_NOT_SUPPORTED) => {
            step(format!("{service} kinds"), Err(WEAK.into()));
            return steps;
        }
        Err(error) => {
            step("KDC".into(), refused(&service, error));
            return steps;
        }
    };
    step(format!("{service} kinds"), Ok("one is of AES".into()));
    step("KDC".into(), Ok(format!("it takes the key of {service}")));
    let looked = acceptor(host).and_then(|own| ServerCtx::new(Some(own)).step(&token, None));
    let looked = looked.map(|_| "a ticket of now is taken".to_owned());
    step(
        "ticket".into(),
        looked.map_err(|error| untaken(&service, error)),
    );
    steps
}

fn name(host: &str) -> Result<Name, Error> {
    Name::new(
        format!("HTTP@{host}").as_bytes(),
        Some(GSS_NT_HOSTBASED_SERVICE),
    )
}

fn kerberos() -> Result<OidSet, Error> {
    let mut kinds = OidSet::new();
    kinds.add(GSS_MECH_KRB5)?;
    Ok(kinds)
}

fn acceptor(host: &str) -> Result<Cred, Error> {
    Cred::acquire(
        Some(&name(host)?),
        None,
        CredUsage::Accept,
        Some(&kerberos()?),
    )
}

/// What a computer would send, were the service's own account signed in to it.
fn ask(host: &str) -> Result<Vec<u8>, Error> {
    let as_service = Cred::acquire(
        Some(&name(host)?),
        None,
        CredUsage::Initiate,
        Some(&kerberos()?),
    )?;
    let mut context = ClientCtx::new(
        Some(as_service),
        name(host)?,
        CtxFlags::GSS_C_MUTUAL_FLAG,
        Some(GSS_MECH_KRB5),
    );
    let token = context.step(None, None)?;
    Ok(token.map(|token| token.to_vec()).unwrap_or_default())
}

/// What it means that the KDC gave no ticket.
fn refused(service: &str, error: Error) -> Result<String, String> {
    let way_out = match error.minor.cast_signed() {
        // In Active Directory a service's name is most often not one to sign in with
        code::CLIENT_UNKNOWN => {
            return Ok(format!(
                "it answers, but lets nobody sign in as {service}; whether its key is the same, and of AES, shows with the first person"
            ));
        }
        code::UNREACHABLE | code::CANNOT_RESOLVE => {
            "look at the kdc that /etc/krb5.conf names for the realm, at names and at the firewall (port 88, UDP and TCP)"
        }
        code::REALM_UNKNOWN | code::NO_DEFAULT_REALM => {
            "name default_realm, and the realm's kdc, in /etc/krb5.conf"
        }
        code::SKEW | code::REPLY_SKEW | code::TICKET_NOT_YET_VALID => CLOCK,
        code::PREAUTHENTICATION_FAILED | code::BAD_INTEGRITY | code::NO_SUCH_VERSION => OTHER_KEY,
        code::SERVICE_UNKNOWN => "give its account the service principal name (setspn -S)",
        code::CLIENT_REVOKED => "its account is disabled or locked; look at it in the directory",
        _ => "look at the KDC's log",
    };
    Err(format!("{}; {way_out}", one_line(error)))
}

const WEAK: &str = "none of its keys is of a kind that is taken; give its account AES (msDS-SupportedEncryptionTypes), set its password and make the keytab anew";
const CLOCK: &str = "this machine's clock and the KDC's differ by more than 5 minutes; set both by the same time servers";
const OTHER_KEY: &str = "the account has got another key since; make the keytab anew, and no password for the account after that";

/// What it means that a ticket, which the KDC gave a moment ago, was not taken.
fn untaken(service: &str, error: Error) -> String {
    let way_out = match error.minor.cast_signed() {
        code::SKEW | code::TICKET_NOT_YET_VALID => CLOCK,
        code::BAD_INTEGRITY | code::MODIFIED | code::NO_SUCH_VERSION | code::NO_SUCH_KEY => {
            OTHER_KEY
        }
        _ => "browsers will be refused as well",
    };
    format!(
        "a ticket to {service} is not taken: {}; {way_out}",
        one_line(error)
    )
}

fn is(error: Error, code: i32) -> bool {
    error.minor.cast_signed() == code
}

fn one_line(error: Error) -> String {
    error.to_string().replace('\n', ", ")
}
