//! Jurisdictions: `US-CA`, `CA-ON`, or a bare country where nothing finer is known (`GB`).

use std::fmt;

use super::phone::E164;

/// A jurisdiction in the form `CC` or `CC-SUB` (ISO 3166-1 and -2), upper case.
///
/// Small and `Copy`: a plan holds millions of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jurisdiction {
    bytes: [u8; 6],
    len: u8,
}

impl Jurisdiction {
    /// Accepts `US-CA`, ` us-ca ` and `GB`; anything else (`California`, `USCA`, `US_CA`) is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (country, sub) = match text.split_once('-') {
            Some((country, sub)) => (country, Some(sub)),
            None => (text.as_str(), None),
        };
        let sound = country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && sub.is_none_or(|s| (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()));
        sound.then(|| {
            let mut bytes = [0; 6];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            Self { bytes, len: text.len() as u8 }
        })
    }

    /// The form that goes on the wire.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }

    /// The jurisdiction that the number's area code (NANP) or country code stands for. An inference: people move and
    /// take their numbers along, so it is always shown as inferred.
    pub fn of_number(_number: E164) -> Option<Self> {
        todo!()
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known about a number's place from its area code: for look-up's first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `US-DC`.
    pub jurisdiction: Jurisdiction,
    /// `Washington` or `California`: a name people know.
    pub name: &'static str,
    /// IANA time zone of (most of) the area: `America/New_York`.
    pub time_zone: &'static str,
}

/// The place an area code stands for; `None` for toll-free, unknown and non-NANP numbers.
pub fn place_of(_number: E164) -> Option<Place> {
    todo!()
}
