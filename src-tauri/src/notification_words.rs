//! What a notification says, in the system's language: the engine has no words, and the page, which has them, is asleep
//! when it is not in front.
//!
//! Neither a number nor a passcode nor anything of an account's secret is ever part of it (row U4).

use countersign_authenticator::view::{DeviceChange, NoticeView, RequestView};

/// The languages that the app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

/// A notification's texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The first line.
    pub(crate) title: String,
    /// What stands under it.
    pub(crate) body: String,
}

impl Language {
    /// The language for messages of this process (POSIX.1-2017 §8.2).
    pub(crate) fn of_system() -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|locale| !locale.is_empty()))
            .map_or(Self::English, |locale| Self::of_locale(&locale))
    }

    fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next();
        if language.is_some_and(|language| language.eq_ignore_ascii_case("de")) {
            Self::German
        } else {
            Self::English
        }
    }

    /// What a click on the notification does.
    pub(crate) const fn open(self) -> &'static str {
        match self {
            Self::English => "Open",
            Self::German => "Öffnen",
        }
    }

    /// For `request`: where it comes from only when the person asked for `details` (row U4).
    pub(crate) fn words(self, request: &RequestView, details: bool) -> Words {
        if details {
            let where_from = [&request.place, &request.address]
                .into_iter()
                .find(|text| !text.is_empty())
                .map_or(self.unknown_place(), String::as_str);
            let question = match self {
                Self::English => "Is it you?",
                Self::German => "Sind Sie das?",
            };
            return Words {
                title: request.application.clone(),
                body: format!("{where_from}. {question}"),
            };
        }
        let (title, body) = match self {
            Self::English => ("Sign-in request", "Open to answer."),
            Self::German => ("Anmeldeanfrage", "Zum Antworten öffnen."),
        };
        Words {
            title: title.to_owned(),
            body: body.to_owned(),
        }
    }

    /// For a change of another device of the person, which is named: nobody could tell without its name whether it was
    /// theirs.
    pub(crate) fn notice_words(self, notice: &NoticeView) -> Words {
        let device = &notice.device;
        let (title, what) = match (self, notice.change) {
            (Self::English, DeviceChange::Added) => (
                "Phone activated",
                format!("Countersign now works on {device}."),
            ),
            (Self::English, DeviceChange::Reactivated) => (
                "Phone reactivated",
                format!("Countersign now works on {device}."),
            ),
            (Self::English, DeviceChange::Removed) => (
                "Device removed",
                format!("{device} no longer confirms your sign-ins."),
            ),
            (Self::English, DeviceChange::Suspended) => {
                ("Device suspended", format!("{device} was stopped."))
            }
            (Self::English, DeviceChange::PasscodeGiven) => (
                "One-time passcode made",
                "The Service Desk made a one-time passcode for you.".to_owned(),
            ),
            (Self::English, DeviceChange::PasscodeUsed) => (
                "One-time passcode used",
                "Somebody signed in as you with a one-time passcode.".to_owned(),
            ),
            (Self::English, DeviceChange::CardMade) => (
                "Recovery card made",
                "Somebody made a recovery card for you.".to_owned(),
            ),
            (Self::English, DeviceChange::CardUsed) => (
                "Recovery card used",
                "Somebody signed in as you with a code of your recovery card.".to_owned(),
            ),
            (Self::English, DeviceChange::CardStopped) => (
                "Recovery card stopped",
                "The codes of your recovery card no longer work.".to_owned(),
            ),
            (Self::English, DeviceChange::Unlocked) => (
                "Sign-in unlocked",
                "The Service Desk unlocked your sign-in.".to_owned(),
            ),
            (Self::German, DeviceChange::Added) => (
                "Telefon aktiviert",
                format!("Countersign funktioniert jetzt auf {device}."),
            ),
            (Self::German, DeviceChange::Reactivated) => (
                "Telefon neu aktiviert",
                format!("Countersign funktioniert jetzt auf {device}."),
            ),
            (Self::German, DeviceChange::Removed) => (
                "Gerät entfernt",
                format!("{device} bestätigt Ihre Anmeldungen nicht mehr."),
            ),
            (Self::German, DeviceChange::Suspended) => {
                ("Gerät ausgesetzt", format!("{device} wurde gestoppt."))
            }
            (Self::German, DeviceChange::PasscodeGiven) => (
                "Einmaliger Passcode erstellt",
                "Der Service Desk hat einen einmaligen Passcode für Sie erstellt.".to_owned(),
            ),
            (Self::German, DeviceChange::PasscodeUsed) => (
                "Einmaliger Passcode benutzt",
                "Jemand hat sich mit einem einmaligen Passcode als Sie angemeldet.".to_owned(),
            ),
            (Self::German, DeviceChange::CardMade) => (
                "Codekarte erstellt",
                "Jemand hat eine Codekarte für Sie erstellt.".to_owned(),
            ),
            (Self::German, DeviceChange::CardUsed) => (
                "Codekarte benutzt",
                "Jemand hat sich mit einem Code Ihrer Codekarte als Sie angemeldet.".to_owned(),
            ),
            (Self::German, DeviceChange::CardStopped) => (
                "Codekarte gestoppt",
                "Die Codes Ihrer Codekarte gelten nicht mehr.".to_owned(),
            ),
            (Self::German, DeviceChange::Unlocked) => (
                "Anmeldung entsperrt",
                "Der Service Desk hat Ihre Anmeldung entsperrt.".to_owned(),
            ),
        };
        let not_you = match self {
            Self::English => "Not you? Open this.",
            Self::German => "Waren Sie das nicht? Öffnen Sie dies.",
        };
        Words {
            title: title.to_owned(),
            body: format!("{what} {not_you}"),
        }
    }

    const fn unknown_place(self) -> &'static str {
        match self {
            Self::English => "Unknown place",
            Self::German => "Unbekannter Ort",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(place: &str, address: &str) -> RequestView {
        RequestView {
            id: "1".to_owned(),
            account_id: "2".to_owned(),
            application: "Ward Charts".to_owned(),
            organisation: "Northgate".to_owned(),
            username: "nina.holt".to_owned(),
            place: place.to_owned(),
            address: address.to_owned(),
            created_at_ms: "0".to_owned(),
            left_ms: 60_000,
            number_digits: 2,
            unusual: false,
            test: false,
            replaces: None,
            told_by_application: Vec::new(),
        }
    }

    fn said(language: Language, request: &RequestView, details: bool) -> (String, String) {
        let Words { title, body } = language.words(request, details);
        (title, body)
    }

    #[test]
    fn u4_nothing_of_the_request_is_said_unless_the_person_asked_for_it() {
        let request = request("Ward 7", "192.0.2.7");
        let own = |title: &str, body: &str| (title.to_owned(), body.to_owned());
        assert_eq!(
            said(Language::English, &request, false),
            own("Sign-in request", "Open to answer.")
        );
        assert_eq!(
            said(Language::German, &request, false),
            own("Anmeldeanfrage", "Zum Antworten öffnen.")
        );
        assert_eq!(
            said(Language::English, &request, true),
            own("Ward Charts", "Ward 7. Is it you?")
        );
        assert_eq!(
            said(Language::German, &request, true),
            own("Ward Charts", "Ward 7. Sind Sie das?")
        );
    }

    #[test]
    fn a_request_without_a_place_is_said_to_come_from_its_address() {
        for (place, address, expected) in [
            ("", "192.0.2.7", "192.0.2.7. Is it you?"),
            ("", "", "Unknown place. Is it you?"),
        ] {
            let (_, body) = said(Language::English, &request(place, address), true);
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn s5_o7_a_change_is_said_with_the_device_that_it_is_about() {
        let said = |language: Language, change: DeviceChange| {
            let notice = NoticeView {
                id: "1".to_owned(),
                account_id: "2".to_owned(),
                change,
                device: "Ward phone".to_owned(),
                organisation: "Northgate".to_owned(),
                username: "nina.holt".to_owned(),
                at_ms: "0".to_owned(),
            };
            let Words { title, body } = language.notice_words(&notice);
            format!("{title}: {body}")
        };
        for (language, change, expected) in [
            (
                Language::English,
                DeviceChange::Added,
                "Phone activated: Countersign now works on Ward phone. Not you? Open this.",
            ),
            (
                Language::English,
                DeviceChange::Removed,
                "Device removed: Ward phone no longer confirms your sign-ins. Not you? Open this.",
            ),
            (
                Language::English,
                DeviceChange::PasscodeUsed,
                "One-time passcode used: Somebody signed in as you with a one-time passcode. Not you? Open this.",
            ),
            (
                Language::German,
                DeviceChange::Reactivated,
                "Telefon neu aktiviert: Countersign funktioniert jetzt auf Ward phone. Waren Sie das nicht? Öffnen Sie dies.",
            ),
        ] {
            assert_eq!(said(language, change), expected);
        }
    }

    #[test]
    fn only_a_german_locale_speaks_german() {
        for german in ["de", "de_DE.UTF-8", "de_AT@euro", "de-CH", "DE_de"] {
            assert_eq!(Language::of_locale(german), Language::German, "{german}");
        }
        for other in ["C", "C.UTF-8", "en_GB.UTF-8", "den_CA", "", "fr_FR"] {
            assert_eq!(Language::of_locale(other), Language::English, "{other}");
        }
    }
}
