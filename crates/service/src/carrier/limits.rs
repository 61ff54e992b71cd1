//! How many texts or calls there may be, and what they may cost (row H3).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// The limits of texts, or of calls. Counted in the database, over every process of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// To one person within an hour.
    pub person_an_hour: u32,
    /// To one person within a day.
    pub person_a_day: u32,
    /// To one number within a day, whoever asked for them.
    pub number_a_day: u32,
    /// All of them within an hour.
    pub an_hour: u32,
    /// What all of them may cost within a day, in the hundredth part of the site's currency.
    pub spend_a_day: u32,
    /// What a part of a text or a minute of a call costs, in the same.
    pub price: u32,
    /// What that costs to a country where it differs, by its two letters.
    pub prices: BTreeMap<String, u32>,
}

/// `[texts.limits]` or `[calls.limits]` as it is written: what is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    person_an_hour: Option<u32>,
    person_a_day: Option<u32>,
    number_a_day: Option<u32>,
    an_hour: Option<u32>,
    spend_a_day: Option<u32>,
    price: Option<u32>,
    #[serde(default)]
    prices: BTreeMap<String, u32>,
}

impl Limits {
    /// Those of texts where the configuration says nothing. A code is asked for once a minute at most, so the hour has no
    /// limit of its own.
    pub const fn texts() -> Self {
        Self {
            person_an_hour: u32::MAX,
            person_a_day: 20,
            number_a_day: 10,
            an_hour: 300,
            spend_a_day: 5000,
            price: 8,
            prices: BTreeMap::new(),
        }
    }

    /// Those of calls where the configuration says nothing. Calls that were confirmed do not count against people and
    /// numbers.
    pub const fn calls() -> Self {
        Self {
            person_an_hour: 3,
            person_a_day: 10,
            number_a_day: 5,
            an_hour: 300,
            spend_a_day: 5000,
            price: 10,
            prices: BTreeMap::new(),
        }
    }

    /// What a part or a minute to a country costs.
    pub fn price_of(&self, country: &str) -> u32 {
        self.prices.get(country).copied().unwrap_or(self.price)
    }

    /// Reads `[texts.limits]`.
    pub fn read_texts<'de, D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        Self::texts().with(written)
    }

    /// Reads `[calls.limits]`.
    pub fn read_calls<'de, D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        Self::calls().with(written)
    }

    fn with<'de, D: Deserializer<'de>>(self, written: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(written)?;
        let is_country =
            |key: &String| key.len() == 2 && key.bytes().all(|b| b.is_ascii_uppercase());
        if let Some(other) = written.prices.keys().find(|key| !is_country(key)) {
            return Err(serde::de::Error::custom(format!(
                "{other} in prices is no country; write its two capital letters, such as IE"
            )));
        }
        Ok(Self {
            person_an_hour: written.person_an_hour.unwrap_or(self.person_an_hour),
            person_a_day: written.person_a_day.unwrap_or(self.person_a_day),
            number_a_day: written.number_a_day.unwrap_or(self.number_a_day),
            an_hour: written.an_hour.unwrap_or(self.an_hour),
            spend_a_day: written.spend_a_day.unwrap_or(self.spend_a_day),
            price: written.price.unwrap_or(self.price),
            prices: written.prices,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Limits, toml::de::Error> {
        Limits::read_calls(toml::Deserializer::parse(text)?)
    }

    #[test]
    fn h3_a_price_of_no_country_is_refused_with_what_to_write() {
        for text in ["prices = { ie = 12 }", "prices = { IRL = 12 }"] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains("such as IE"), "{said}");
        }
    }

    #[test]
    fn h3_a_country_has_its_price_and_what_is_left_out_its_default() {
        let limits = read("price = 5\nprices = { IE = 12 }\n").unwrap();
        assert_eq!((limits.price_of("GB"), limits.price_of("IE")), (5, 12));
        let untouched = Limits {
            price: 5,
            prices: limits.prices.clone(),
            ..Limits::calls()
        };
        assert_eq!(limits, untouched);
        assert_eq!(read("").unwrap(), Limits::calls());
        assert_eq!(read("person_an_hour = 1").unwrap().person_an_hour, 1);
        assert!(read("persons_an_hour = 1").is_err());
    }
}
