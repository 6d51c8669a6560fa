//! Telephone numbers: one normaliser for file rows, remote records, look-ups and registries.
//!
//! [`E164`] can only be made by this module, so a value of it is always a parsed number, never a cell.

#[cfg(test)]
mod agreement;
mod cell;
mod guard;
mod makeup;
mod plan;
mod quick;
mod resolve;
mod ruin;
mod script;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use super::problem::Code;

pub use guard::{is_split_number, may_be_number, may_be_number_alone};
pub use quick::Quick;
pub(crate) use script::foreign_digit;

pub(super) use resolve::{assigned_country_of, country_of};

/// A number in E.164 form, stored as its digits (country code first). At most 15 digits, so it fits a `u64`.
///
/// `Debug` shows the masked form: a number never reaches a log by accident. [`E164::to_e164`] shows it whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(u64);

impl E164 {
    /// Reads the canonical form only: `+`, then 7 to 15 digits, the first not zero. For numbers that this program
    /// wrote itself (ledger, plans); anything from outside goes through [`Normaliser::normalise`].
    pub fn from_canonical(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let sound = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        if sound { digits.parse().ok().map(Self) } else { None }
    }

    /// The number as its digits, country code first, without the plus.
    pub fn digits(self) -> u64 {
        self.0
    }

    /// The inverse of [`E164::digits`], with the same limits as [`E164::from_canonical`].
    pub fn from_digits(digits: u64) -> Option<Self> {
        (1_000_000..=999_999_999_999_999).contains(&digits).then_some(Self(digits))
    }

    /// The whole number: `+12025550101`. For the screen, the wire, the ledger and exports that a person asked for.
    pub fn to_e164(self) -> String {
        format!("+{}", self.0)
    }

    /// The masked number: `+1202•••0101`. For logs, errors, the audit trail and privacy mode.
    ///
    /// At least three digits are hidden, and the dots do not tell how many.
    pub fn masked(self) -> String {
        let digits = self.0.to_string();
        let tail = if digits.len() >= 10 { 4 } else { 2 };
        let head = digits.len().saturating_sub(tail + 3).min(4);
        format!("+{}•••{}", &digits[..head], &digits[digits.len() - tail..])
    }

    /// `true` for numbers of the North American plan (country code 1 and ten digits).
    pub fn is_nanp(self) -> bool {
        (10_000_000_000..20_000_000_000).contains(&self.0)
    }

    /// The area code of a North American number: `202`.
    pub fn area_code(self) -> Option<u16> {
        self.is_nanp().then_some((self.0 / 10_000_000 % 1_000) as u16)
    }

    /// A form that people read: `+1 202 555 0101`.
    pub fn pretty(self) -> String {
        if self.is_nanp() {
            let (area, exchange, line) =
                (self.0 / 10_000_000 % 1_000, self.0 / 10_000 % 1_000, self.0 % 10_000);
            return format!("+1 {area:03} {exchange:03} {line:04}");
        }
        resolve::international(self)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A two-letter region (ISO 3166-1) that libphonenumber knows: the place a number without country code is read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region(pub(crate) rlibphonenumber::Region);

impl Region {
    /// The United States, the default of a profile.
    pub const US: Self = Self(rlibphonenumber::Region::US);

    /// The two letters.
    pub fn code(self) -> String {
        self.0.to_string()
    }
}

impl FromStr for Region {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters = text.trim();
        // The library takes milliseconds to load, which the first rows of a file would wait for.
        let in_tables = letters.len() == 2 && plan::region(letters).is_some();
        let found = match in_tables {
            true => rlibphonenumber::Region::from_code(letters).ok(),
            false => resolve::region(letters),
        };
        found.map(Self).ok_or_else(|| {
            "give a region as two letters that have telephone numbers, such as US or GB".to_owned()
        })
    }
}

/// What to do with numbers that are possible but not assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhonePolicy {
    /// Accept them with a warning: metadata ages, and suppressing too much is the safe error.
    #[default]
    Possible,
    /// Reject them.
    Valid,
}

/// A number and what was noticed on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The number itself.
    pub number: E164,
    /// An extension that E.164 cannot hold (`ext. 12` → `12`).
    pub extension: Option<String>,
    /// Warnings, in the order in which they were noticed; none of them is a rejection.
    pub warnings: Vec<Code>,
}

/// Why a cell is not one number: the code, and a hint for the person who must mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANumber {
    /// A rejection code.
    pub code: Code,
    /// What next, in a sentence. Holds no digits of the number.
    pub hint: &'static str,
}

/// The one normaliser of the product.
#[derive(Clone, Debug)]
pub struct Normaliser {
    region: Region,
    /// Its plan, and whether that is the North American one.
    home: Option<&'static plan::Region>,
    north_american: bool,
    policy: PhonePolicy,
    own_numbers: Vec<E164>,
}

impl Normaliser {
    /// A normaliser that reads numbers without country code in `region`. `own_numbers` are the tenant's caller IDs,
    /// which must never be suppressed.
    pub fn new(region: Region, policy: PhonePolicy, mut own_numbers: Vec<E164>) -> Self {
        own_numbers.sort_unstable();
        let home = plan::region(&region.code());
        let north_american = home.is_some_and(plan::Region::is_north_american);
        Self { region, home, north_american, policy, own_numbers }
    }

    /// Where numbers without a country code are read.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Reads one cell. Never panics, never guesses: a second number, an Excel ruin or a short code is a reason.
    pub fn normalise(&self, raw: &str) -> Result<Phone, NotANumber> {
        match self.quick(raw.as_bytes()) {
            Some(Quick { number, assigned }) => {
                let warnings = if assigned { Vec::new() } else { vec![Code::Unassigned] };
                Ok(Phone { number, extension: None, warnings })
            }
            None => self.normalise_by_rules(raw),
        }
    }

    /// Whether a cell begins with a plus and what stands behind it is an assigned number at home as it is: where what
    /// the plus makes of it is a number of another country that nobody has, the country code was forgotten. For cells that
    /// people wrote; what we wrote ourselves has its code.
    pub fn lacks_country_code(&self, raw: &str) -> bool {
        let Ok(mut cell) = cell::read(raw, self.north_american) else { return false };
        let read = |cell: &cell::Cell| resolve::number(cell, self.home, self.region.0).ok();
        let with_plus = read(&cell).map(|found| found.number);
        std::mem::take(&mut cell.plus)
            && read(&cell).is_some_and(|found| found.assigned && Some(found.number) != with_plus)
    }

    /// The long way, right for every cell.
    fn normalise_by_rules(&self, raw: &str) -> Result<Phone, NotANumber> {
        let cell = cell::read(raw, self.north_american)?;
        let found = resolve::number(&cell, self.home, self.region.0)?;
        if self.own_numbers.binary_search(&found.number).is_ok() {
            return Err(NotANumber {
                code: Code::OwnNumber,
                hint: "this is one of our own caller IDs, which are never suppressed",
            });
        }
        let mut warnings = cell.warnings;
        if !found.assigned {
            if self.policy == PhonePolicy::Valid {
                return Err(NotANumber {
                    code: Code::UnassignedStrict,
                    hint: "the number is not assigned; set phone_policy to “possible” to accept such numbers",
                });
            }
            warnings.push(Code::Unassigned);
        }
        Ok(Phone { number: found.number, extension: cell.extension, warnings })
    }
}
