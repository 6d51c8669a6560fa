//! Jurisdictions: `US-CA`, `CA-ON`, or a bare country where nothing finer is known (`GB`).

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use super::phone::{self, E164};

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
        let text = text.trim().as_bytes();
        let (country, sub) = text.split_at_checked(2)?;
        let sound = country.iter().all(u8::is_ascii_alphabetic)
            && match sub {
                [] => true,
                [b'-', sub @ ..] => (1..=3).contains(&sub.len()) && sub.iter().all(u8::is_ascii_alphanumeric),
                _ => false,
            };
        sound.then(|| {
            let mut bytes = [0; 6];
            bytes[..text.len()].copy_from_slice(text);
            bytes.make_ascii_uppercase();
            Self { bytes, len: text.len() as u8 }
        })
    }

    /// The form that goes on the wire.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }

    /// The same as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether there is such a place, as far as is known here: a country that has telephone numbers, and for the United
    /// States and Canada one of their parts. Parts of other countries are taken as they are written.
    pub fn exists(&self) -> bool {
        let (country, part) = self.as_str().split_at(2);
        has_numbers(country) && (part.is_empty() || !matches!(country, "US" | "CA") || parts().contains(self))
    }

    /// Whether the two letters alone may as well be meant as a state or province: `CA` is Canada and California, `IN`
    /// is India and Indiana, `TX` is Texas and nothing else.
    pub fn may_be_a_part(&self) -> bool {
        let is_part = |country| Self::parse(&format!("{country}-{self}")).is_some_and(|part| part.exists());
        self.len == 2 && ["US", "CA"].into_iter().any(is_part)
    }

    /// The jurisdiction that the number's area code (NANP) or country code stands for. An inference: people move and
    /// take their numbers along, so it is always shown as inferred.
    ///
    /// Toll-free numbers stand for the whole of `US`; an area code that nobody has been given stands for nothing.
    pub fn of_number(number: E164) -> Option<Self> {
        let Some(area_code) = number.area_code() else {
            return phone::country_of(number).as_deref().and_then(Self::parse);
        };
        if let Some(place) = Self::of_area_code(area_code) {
            return Some(place);
        }
        phone::assigned_country_of(number).as_deref().and_then(Self::parse)
    }

    /// What every number with an area code of the North American plan stands for; `None` where only the whole number
    /// tells.
    pub fn of_area_code(area_code: u16) -> Option<Self> {
        let place = by_area_code(area_code).map(|place| place.jurisdiction);
        place.or_else(|| if TOLL_FREE.contains(&area_code) { Self::parse("US") } else { None })
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
pub fn place_of(number: E164) -> Option<Place> {
    by_area_code(number.area_code()?).cloned()
}

/// By the code itself, since validation asks for every row.
fn by_area_code(area_code: u16) -> Option<&'static Place> {
    static PLACES: OnceLock<Vec<Option<&'static Place>>> = OnceLock::new();
    let places = PLACES.get_or_init(|| {
        let mut places = vec![None; 1000];
        for (code, place) in area_codes() {
            if let Some(slot) = places.get_mut(usize::from(*code)) {
                *slot = Some(place);
            }
        }
        places
    });
    places.get(usize::from(area_code)).copied().flatten()
}

/// Whether a country, two capital letters, has telephone numbers. Remembered, since validation asks for many rows.
fn has_numbers(country: &str) -> bool {
    static KNOWN: [OnceLock<bool>; 26 * 26] = [const { OnceLock::new() }; 26 * 26];
    let ask = || country.parse::<phone::Region>().is_ok();
    let [first, second] = *country.as_bytes() else { return false };
    let place = |letter: u8| usize::from(letter.wrapping_sub(b'A'));
    let known = KNOWN.get(place(first) * 26 + place(second));
    known.map_or_else(ask, |known| *known.get_or_init(ask))
}

/// Every part of the United States and of Canada.
fn parts() -> &'static HashSet<Jurisdiction, RandomState> {
    static PARTS: OnceLock<HashSet<Jurisdiction, RandomState>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let sharing = SHARING_AN_AREA_CODE.into_iter().filter_map(Jurisdiction::parse);
        area_codes().iter().map(|(_, place)| place.jurisdiction).chain(sharing).collect()
    })
}

/// Provinces and territories of Canada that no area code stands for alone.
const SHARING_AN_AREA_CODE: [&str; 4] = ["CA-NT", "CA-NU", "CA-PE", "CA-YT"];

/// Area codes of the North American plan that callers do not pay for.
const TOLL_FREE: [u16; 7] = [800, 833, 844, 855, 866, 877, 888];

/// The table in `assets/area_codes.csv`, sorted by area code. Lines that do not parse are left out; a test sees to it that
/// there are none.
fn area_codes() -> &'static [(u16, Place)] {
    static TABLE: OnceLock<Vec<(u16, Place)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = include_str!("../../assets/area_codes.csv").lines();
        let mut table: Vec<_> =
            lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(area_code).collect();
        table.sort_unstable_by_key(|(code, _)| *code);
        table
    })
}

fn area_code(line: &'static str) -> Option<(u16, Place)> {
    let mut fields = line.split(',');
    let code = fields.next()?.parse().ok()?;
    let jurisdiction = Jurisdiction::parse(fields.next()?)?;
    let (name, time_zone) = (fields.next()?, fields.next()?);
    fields.next().is_none().then_some((code, Place { jurisdiction, name, time_zone }))
}
