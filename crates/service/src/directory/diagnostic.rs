//! What Active Directory says of a bind that it refused, in the diagnostic text of its answer.

use super::person::{Checked, Standing};

/// LDAP's result `invalidCredentials` (RFC 4511 section 4.1.9), which Active Directory gives for every refused bind.
pub(super) const REFUSED: u32 = 49;

/// Reads `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563`: the number after `data`
/// is a Windows error in hexadecimal. What is not known is a wrong password.
pub(super) fn refused(text: &str) -> Checked {
    match code(text) {
        Some(0x530 | 0x531) => Checked::Standing(Standing::NotNow),
        Some(0x532) => Checked::Standing(Standing::PasswordExpired),
        Some(0x533) => Checked::Standing(Standing::Disabled),
        Some(0x701) => Checked::Standing(Standing::Expired),
        Some(0x773) => Checked::Standing(Standing::PasswordMustChange),
        Some(0x775) => Checked::Standing(Standing::Locked),
        // 525, no such account, is as wrong as 52e, the wrong password (row S10)
        _ => Checked::Wrong,
    }
}

/// The number itself, for whoever looks into why the service account is refused.
pub(super) fn code(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("data ")?;
    let end = after
        .find(|c: char| !c.is_ascii_hexdigit())
        .unwrap_or(after.len());
    u32::from_str_radix(after.get(..end)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_told_apart_and_what_is_not_known_is_wrong() {
        let said = |data: &str| {
            refused(&format!(
                "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {data}, v4563"
            ))
        };
        for (data, standing) in [
            ("530", Standing::NotNow),
            ("531", Standing::NotNow),
            ("532", Standing::PasswordExpired),
            ("533", Standing::Disabled),
            ("701", Standing::Expired),
            ("773", Standing::PasswordMustChange),
            ("775", Standing::Locked),
        ] {
            assert_eq!(said(data), Checked::Standing(standing), "{data}");
        }
        for data in ["525", "52e", "52E", "0", "", "zzz", "ffffffffff"] {
            assert_eq!(said(data), Checked::Wrong, "{data}");
        }
        for text in ["", "data", "data ", "invalid credentials"] {
            assert_eq!(refused(text), Checked::Wrong, "{text}");
        }
    }
}
