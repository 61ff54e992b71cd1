//! Telephone numbers: read as people type them, kept as E.164, shown with all but the last four digits masked.

use std::str::FromStr as _;

use phonenumber::country::Id as Country;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, Type};

/// The longest text that is looked at.
const LONGEST: usize = 40;
/// The longest extension, digits.
const LONGEST_EXTENSION: usize = 8;
/// Digits at the end that stay visible.
const VISIBLE: usize = 4;
/// Mobile numbers that Ofcom keeps free for drama: nobody has one, so no rule about real numbers knows them.
const FICTIONAL: &str = "+447700900";
const FICTIONAL_LENGTH: usize = 13;
const MASK: char = '•';

/// A number as it is kept and dialled: `+` and at most fifteen digits (ITU-T E.164).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct E164(String);

/// Where numbers may be: the country that a number without one is taken as, and the others that are allowed (row H3).
#[derive(Debug, Clone)]
pub struct Countries {
    home: Country,
    others: Vec<Country>,
    /// Also the mobile numbers that nobody ever gets; only for a phone that nobody rings.
    fictional: bool,
}

/// A word that is no country's code of two letters.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a country; write its two letters, such as GB")]
pub struct NoCountry(String);

/// A number as read from what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadNumber {
    /// To keep.
    pub number: E164,
    /// Whether a text can reach it.
    pub textable: bool,
}

impl Default for Countries {
    fn default() -> Self {
        Self {
            home: Country::GB,
            others: Vec::new(),
            fictional: false,
        }
    }
}

impl Countries {
    /// From codes of two letters (ISO 3166-1).
    pub fn of(home: &str, others: &[String]) -> Result<Self, NoCountry> {
        let read = |text: &str| {
            Country::from_str(&text.to_ascii_uppercase()).map_err(|_| NoCountry(text.to_owned()))
        };
        Ok(Self {
            home: read(home)?,
            others: others
                .iter()
                .map(|text| read(text))
                .collect::<Result<_, _>>()?,
            fictional: false,
        })
    }

    /// The same, with the numbers kept for drama: what a simulated phone has.
    #[must_use]
    pub fn with_fictional(mut self) -> Self {
        self.fictional = true;
        self
    }

    /// Reads a number as typed. `None` for what cannot be dialled from here, lies elsewhere, or costs more than a call:
    /// only ordinary lines are ever called (row H3).
    pub fn read(&self, typed: &str) -> Option<ReadNumber> {
        if typed.chars().count() > LONGEST {
            return None;
        }
        let number = phonenumber::parse(Some(self.home), typed.trim()).ok()?;
        // An extension has a field of its own
        if number.extension().is_some() {
            return None;
        }
        let kept = E164(number.format().mode(Mode::E164).to_string());
        if self.fictional && kept.is_fictional() {
            return Some(ReadNumber {
                number: kept,
                textable: true,
            });
        }
        let country = number.country().id()?;
        let allowed = country == self.home || self.others.contains(&country);
        if !allowed || !number.is_valid() {
            return None;
        }
        let textable = match number.number_type(&DATABASE) {
            Type::Mobile | Type::FixedLineOrMobile => true,
            Type::FixedLine | Type::Voip | Type::Uan => false,
            _ => return None,
        };
        Some(ReadNumber {
            number: kept,
            textable,
        })
    }
}

impl E164 {
    /// As stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One telephone behind the number: an extension of a switchboard is a line of its own (RFC 3966 section 3).
    pub fn line(&self, extension: &str) -> String {
        if extension.is_empty() {
            self.0.clone()
        } else {
            format!("{};ext={extension}", self.0)
        }
    }

    /// As it is written in its country, with the country's code: `+44 7700 900471`.
    pub fn shown(&self) -> String {
        PhoneNumber::from_str(&self.0).map_or_else(
            |_| self.0.clone(),
            |number| number.format().mode(Mode::International).to_string(),
        )
    }

    /// The same with all but the country's code and the last four digits masked: `+44 •••• ••0471`.
    pub fn masked(&self) -> String {
        let shown = self.shown();
        let (code, rest) = shown.split_once(' ').unwrap_or(("", &shown));
        let digits = rest.chars().filter(char::is_ascii_digit).count();
        let mut seen = 0;
        let rest: String = rest
            .chars()
            .map(|c| {
                if !c.is_ascii_digit() {
                    return c;
                }
                seen += 1;
                if seen + VISIBLE > digits { c } else { MASK }
            })
            .collect();
        format!("{code} {rest}").trim().to_owned()
    }

    /// The two letters of its country. `None` for a number of no country.
    pub fn country(&self) -> Option<String> {
        let number = PhoneNumber::from_str(&self.0).ok()?;
        Some(number.country().id()?.as_ref().to_owned())
    }

    fn is_fictional(&self) -> bool {
        self.0.starts_with(FICTIONAL) && self.0.len() == FICTIONAL_LENGTH
    }

    /// The last four digits.
    pub fn ending(&self) -> &str {
        self.0
            .get(self.0.len().saturating_sub(VISIBLE)..)
            .unwrap_or_default()
    }
}

/// An extension as typed: digits, which are dialled after the answer. `None` for anything else.
pub fn read_extension(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let good = digits.len() <= LONGEST_EXTENSION && digits.bytes().all(|b| b.is_ascii_digit());
    good.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Option<ReadNumber> {
        Countries::default().read(typed)
    }

    #[test]
    fn spellings_of_one_number_are_one() {
        for typed in [
            "07400 123471",
            "+44 7400 123471",
            " +44 (0)7400 123471 ",
            "0044 7400 123471",
            "07400-123-471",
        ] {
            let read = read(typed).unwrap_or_else(|| panic!("{typed}"));
            assert_eq!(read.number.as_str(), "+447400123471", "{typed}");
            assert!(read.textable, "{typed}");
        }
        assert!(!read("020 7946 0012").unwrap().textable);
    }

    #[test]
    fn h3_only_ordinary_lines_of_allowed_countries_are_taken() {
        for refused in [
            "",
            "12",
            "07700 9004",
            "999",
            "09098 790000",
            "0800 496 0000",
            "+1 202 555 0143",
            "+44 7700 900471 ext. 12",
            "hello",
            &"7".repeat(41),
        ] {
            assert_eq!(read(refused), None, "{refused}");
        }
        let abroad = Countries::of("gb", &["ie".into()]).unwrap();
        assert!(abroad.read("+353 85 012 3456").is_some());
        assert!(read("+353 85 012 3456").is_none());
        assert!(Countries::of("Britain", &[]).is_err());
    }

    #[test]
    fn numbers_for_drama_are_for_a_simulated_phone_alone() {
        let typed = "07700 900471";
        assert_eq!(read(typed), None);
        let read = Countries::default().with_fictional().read(typed).unwrap();
        assert_eq!(
            (read.number.as_str(), read.textable),
            ("+447700900471", true)
        );
    }

    #[test]
    fn a_mask_leaves_the_country_and_the_last_four_digits() {
        for (number, masked) in [
            ("+447700900471", "+44 •••• ••0471"),
            ("+442079460012", "+44 •• •••• 0012"),
        ] {
            let number = E164::from_stored(number.into());
            assert_eq!(number.masked(), masked);
            assert_eq!(number.ending(), &masked[masked.len() - 4..]);
        }
    }

    #[test]
    fn an_extension_is_a_few_digits() {
        assert_eq!(read_extension(" 44 77 ").as_deref(), Some("4477"));
        assert_eq!(read_extension("").as_deref(), Some(""));
        for refused in ["4477x", "123456789", "#1", "１２"] {
            assert_eq!(read_extension(refused), None, "{refused}");
        }
    }
}
