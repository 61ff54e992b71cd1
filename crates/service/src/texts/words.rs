//! The words of a text, in the language of the site.

use zeroize::Zeroizing;

use crate::carrier::language::Language;

/// The code that confirms a number. Its digits come first, so that they show in a notification.
pub fn code(language: Language, code: &str, organisation: &str) -> Zeroizing<String> {
    Zeroizing::new(match language {
        Language::English => format!(
            "{code} is your code for {organisation}. It works for 10 minutes. Nobody will ever ask you for it."
        ),
        Language::German => format!(
            "{code} ist Ihr Code für {organisation}. Er gilt 10 Minuten. Niemand wird Sie je danach fragen."
        ),
    })
}

/// The link that sets the app up. `desk` is the number of those who help, if there is one.
pub fn link(language: Language, link: &str, desk: Option<&str>) -> Zeroizing<String> {
    let not_you = desk.map_or_else(String::new, |number| match language {
        Language::English => format!(" Not you? Call {number}."),
        Language::German => format!(" Nicht von Ihnen? {number} anrufen."),
    });
    Zeroizing::new(match language {
        Language::English => format!(
            "Tap to set up Countersign on this phone: {link} Works for 10 minutes.{not_you}"
        ),
        Language::German => format!(
            "Zum Einrichten von Countersign auf diesem Telefon: {link} Gilt 10 Minuten.{not_you}"
        ),
    })
}
