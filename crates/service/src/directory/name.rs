//! The name that somebody types to sign in, as a directory is asked for it (rows L2 and L3).

/// The longest name that is looked for, in characters.
const LONGEST: usize = 256;

/// A name to look for: an account name, perhaps with what tells a user principal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginName {
    whole: String,
}

impl LoginName {
    /// From what was typed, without the domain in front of it. `None` for nothing, for more than a name can be, and for
    /// controls, which no name has.
    pub fn of(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.chars().count() > LONGEST || typed.chars().any(char::is_control) {
            return None;
        }
        let whole = typed.rsplit(['\\', '/']).next().unwrap_or_default().trim();
        let name = Self {
            whole: whole.to_owned(),
        };
        (!name.account().is_empty()).then_some(name)
    }

    /// The account name: all of it, or what stands before an `@` and the name of a domain.
    pub fn account(&self) -> &str {
        let of_a_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        match self.whole.split_once('@') {
            Some((account, domain)) if domain.chars().all(of_a_domain) => account,
            _ => &self.whole,
        }
    }

    /// The user principal name; `None` without an `@`. Its second half need not be the domain.
    pub fn principal(&self) -> Option<&str> {
        self.whole.contains('@').then_some(self.whole.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_with_its_domain_before_or_behind_it() {
        for typed in ["alice", " alice ", "WARD\\alice", "ward/alice"] {
            let name = LoginName::of(typed).unwrap();
            assert_eq!(
                (name.account(), name.principal()),
                ("alice", None),
                "{typed}"
            );
        }
        let name = LoginName::of("alice.aberg@ward.test").unwrap();
        assert_eq!(name.account(), "alice.aberg");
        assert_eq!(name.principal(), Some("alice.aberg@ward.test"));
    }

    #[test]
    fn l3_what_follows_is_a_domain_or_part_of_the_name() {
        for typed in [
            "alice@ward)(cn=*",
            "alice@a@b",
            "alice@ward test",
            "alice@*",
        ] {
            assert_eq!(LoginName::of(typed).unwrap().account(), typed);
        }
    }

    #[test]
    fn l2_nothing_and_controls_are_no_name() {
        for typed in [
            "",
            "  ",
            "WARD\\",
            "@ward.test",
            "ali\0ce",
            "ali\nce",
            &"a".repeat(257),
        ] {
            assert_eq!(LoginName::of(typed), None, "{typed:?}");
        }
    }
}
