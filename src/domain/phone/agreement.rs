//! The tables against the library they were made from: generated spellings of all countries, and the oracle is the library
//! itself, asked about what the rules of `cell` leave.
//!
//! Twice: `oracle` asks the library about the digits that our rules leave, and must be matched in full, warnings and reasons
//! too; `by_the_library_alone` hands it the cell as it stands, so that the rules themselves cannot bend a number. Where a rule
//! of ours refuses the cell (a second number, letters, a date) there is nothing to compare; how often is counted.
//!
//! 60,000 spellings in the normal run; `just phones-5m` asks about five million. `QUIETLINE_SEED` chooses other ones.

use std::str::FromStr as _;

use fastrand::Rng;
use rlibphonenumber::interfaces::AsOriginal as _;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

use super::*;

/// How many spellings are compared.
fn spellings() -> usize {
    std::env::var("QUIETLINE_PHONES").map_or(60_000, |count| count.parse().unwrap())
}

/// What `normalise` must say, by the rules and the library alone.
fn oracle(raw: &str, region: Region) -> Result<Phone, NotANumber> {
    let cell = cell::read_by_rules(raw, resolve::country_code(region.0) == Some(1))?;
    resolve::refuse(&cell)?;
    let number = resolve::by_library(&cell, region.0)?;
    let mut warnings = cell.warnings;
    if !resolve::is_assigned_by_library(number) {
        warnings.push(Code::Unassigned);
    }
    Ok(Phone { number, extension: cell.extension, warnings })
}

/// What the library makes of the cell as it stands: number and extension, where it finds a possible number at all.
fn by_the_library_alone(raw: &str, region: Region) -> Option<(String, Option<String>)> {
    let parsed = PHONE_NUMBER_UTIL.parse(raw, Some(region.0)).ok()?;
    let possible = matches!(parsed.is_possible_with_reason(), Ok(NumberLengthType::IsPossible));
    let number = parsed.format_as(PhoneNumberFormat::E164).into_owned();
    // The library leaves an extension in the script in which it was written.
    let ascii =
        |extension: &String| extension.chars().map(|c| script::foreign_digit(c).unwrap_or(c)).collect();
    let extension = parsed.extension.as_ref().map(ascii).filter(|extension: &String| !extension.is_empty());
    possible.then_some((number, extension))
}

/// Whether our answer is the library's own; `None` where a rule of ours refused the cell, or rewrote it, about which it has none.
fn agrees_with_the_library_alone(
    expected: &Result<Phone, NotANumber>,
    raw: &str,
    home: Region,
) -> Option<bool> {
    let alone = by_the_library_alone(raw, home);
    // Two rules of ours rewrite a cell before the library sees it: `202,5550101` is joined, and what follows an `x` is an
    // extension however short the rest is, where the library reads `2x11237` as one number.
    let is_rewritten = match expected {
        Ok(_) => raw.contains(','),
        Err(_) => raw.contains('x'),
    };
    match expected {
        _ if is_rewritten => None,
        Ok(phone) => Some(alone == Some((phone.number.to_e164(), phone.extension.clone()))),
        // E.164's own limits: fewer than 7 digits or more than 15 are no number here.
        Err(refusal) if matches!(refusal.code, Code::TooShort | Code::TooLong) => {
            Some(alone.is_none_or(|(number, _)| E164::from_canonical(&number).is_none()))
        }
        Err(refusal) if matches!(refusal.code, Code::LocalOnly | Code::BadCountryCode) => {
            Some(alone.is_none())
        }
        Err(_) => None,
    }
}

/// Whether the tables say of a refused cell that its length is wrong.
fn tables_know_the_length(raw: &str, normaliser: &Normaliser) -> bool {
    let cell = cell::read_by_rules(raw, normaliser.north_american).unwrap();
    let digits: Vec<u8> = cell.digits.bytes().map(|digit| digit - b'0').collect();
    plan::read(normaliser.home, cell.plus, &digits).is_some_and(|read| read.is_err())
}

/// What is dialled before a number at home: `0` in many countries.
fn at_home(region: Region) -> String {
    PHONE_NUMBER_UTIL.as_original().get_ndd_prefix_for_region(region.0, true).unwrap_or_default()
}

/// Countries that are read without the library when a plain spelling begins with their code.
const COMMON: [&str; 23] = [
    "US", "CA", "GB", "IE", "AU", "NZ", "IN", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "MX", "BR",
    "PH", "ZA", "SG", "JP", "SE", "PL",
];

struct World {
    rng: Rng,
    regions: Vec<Region>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut regions: Vec<Region> = PHONE_NUMBER_UTIL.get_supported_regions().map(Region).collect();
        regions.sort_by_key(|region| region.code());
        Self { rng: Rng::with_seed(seed), regions }
    }

    fn region(&mut self) -> Region {
        match self.rng.u8(..4) {
            0 => Region::US,
            1 => COMMON[self.rng.usize(..COMMON.len())].parse().unwrap(),
            _ => self.regions[self.rng.usize(..self.regions.len())],
        }
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(self.rng.u8(b'0'..=b'9'))).collect()
    }

    /// National digits of a number that may be one of that region.
    fn national(&mut self, region: Region) -> String {
        const TYPES: [PhoneNumberType; 8] = [
            PhoneNumberType::FixedLine,
            PhoneNumberType::Mobile,
            PhoneNumberType::TollFree,
            PhoneNumberType::PremiumRate,
            PhoneNumberType::SharedCost,
            PhoneNumberType::VoIP,
            PhoneNumberType::UAN,
            PhoneNumberType::PersonalNumber,
        ];
        let wanted = TYPES[if self.rng.bool() { self.rng.usize(..2) } else { self.rng.usize(..8) }];
        let example = PHONE_NUMBER_UTIL
            .get_example_number_for_type_and_region(region.0, wanted)
            .or_else(|_| PHONE_NUMBER_UTIL.get_example_number(region.0));
        let Ok(example) = example else { return self.digits(9) };
        let mut national = example.get_national_significant_number();
        // All but the first few digits are anything, and sometimes there are too many or too few of them.
        let kept = self.rng.usize(..=national.len());
        let length = match self.rng.u8(..8) {
            0 => (national.len() + self.rng.usize(..4)).saturating_sub(2).max(1),
            1 => self.rng.usize(1..=15),
            _ => national.len(),
        };
        national.truncate(kept.min(length));
        national += &self.digits(length - national.len());
        national
    }

    /// A spelling of it, as it is dialled from `home`.
    fn dialled(&mut self, national: &str, region: Region, home: Region) -> String {
        let code = resolve::country_code(region.0).unwrap();
        let prefix = match self.rng.u8(..14) {
            0..5 => format!("+{code}"),
            5 => format!("+{code}0"),
            6 => format!("00{code}"),
            7 => format!("011{code}"),
            8 => format!("{code}"),
            9 => "0".to_owned(),
            10 => "1".to_owned(),
            11 => at_home(home),
            12 => {
                let idd =
                    ["00", "011", "010", "0011", "810", "001", "009", "119", "0014", "000", "090", "15", "8"];
                format!("{}{code}", idd[self.rng.usize(..idd.len())])
            }
            _ => String::new(),
        };
        format!("{prefix}{national}")
    }

    /// The digits in groups, and now and then something that is no digit.
    fn grouped(&mut self, dialled: &str) -> String {
        if self.rng.u8(..3) == 0 {
            return dialled.to_owned();
        }
        let separators = match self.rng.u8(..12) {
            0..4 => " ",
            4..6 => "-",
            6..8 => ".",
            8..10 => " -.()",
            10 => " -.()/[]",
            _ => " -./,;x#'\u{a0}\u{2011}+１",
        };
        let separators: Vec<char> = separators.chars().collect();
        let mut grouped = String::new();
        let mut left = self.rng.usize(1..6);
        for c in dialled.chars() {
            if left == 0 {
                grouped.push(separators[self.rng.usize(..separators.len())]);
                left = self.rng.usize(1..6);
            }
            grouped.push(c);
            left -= 1;
        }
        match self.rng.u8(..40) {
            0 => grouped + " x12",
            1 => format!(" {grouped}"),
            2 => format!("({grouped})"),
            3 => grouped + ".",
            4 => grouped + ".0",
            5 => format!("{grouped} {dialled}"),
            6 => format!("{grouped}-"),
            7 => self.elsewhere(&grouped),
            8 => format!("{grouped} ext. {}", self.rng.u16(1..9999)),
            9 => format!("{grouped}#{}", self.rng.u16(1..999)),
            10 => format!("tel:{grouped}"),
            11 => format!("\u{202d}{grouped}\u{200b}"),
            12 => format!("{grouped} / {dialled}"),
            13 => grouped.replace('0', "O"),
            _ => grouped,
        }
    }

    /// In the digits and marks of another script.
    fn elsewhere(&mut self, spelling: &str) -> String {
        let zero = ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}'][self.rng.usize(..4)];
        let there = |c: char| match c.to_digit(10) {
            Some(digit) => char::from_u32(u32::from(zero) + digit).unwrap_or(c),
            None if zero == '\u{ff10}' && c == '+' => '\u{ff0b}',
            None if zero == '\u{ff10}' && c == '-' => '\u{ff0d}',
            None => c,
        };
        spelling.chars().map(there).collect()
    }
}

#[test]
fn every_spelling_of_every_country_reads_as_the_library_reads_it() {
    let seed = std::env::var("QUIETLINE_SEED").map_or(7, |seed| seed.parse().unwrap());
    let mut world = World::new(seed);
    let (mut numbers, mut at_once, mut alone, mut odd) = (0, 0, 0, Vec::new());
    let (mut lengths, mut by_tables) = (0, 0);
    for _ in 0..spellings() {
        let region = world.region();
        let home = if world.rng.bool() { region } else { world.region() };
        let national = world.national(region);
        let dialled = world.dialled(&national, region, home);
        let raw = world.grouped(&dialled);
        let normaliser = Normaliser::new(home, PhonePolicy::Possible, Vec::new());
        let expected = oracle(&raw, home);
        let (said, quick) = (normaliser.normalise(&raw), normaliser.quick(raw.as_bytes()));
        let by_rules = normaliser.normalise_by_rules(&raw);
        let quick_fits = quick.is_none_or(|Quick { number, assigned }| {
            let warnings = if assigned { Vec::new() } else { vec![Code::Unassigned] };
            expected == Ok(Phone { number, extension: None, warnings })
        });
        if let Err(NotANumber { code: Code::LocalOnly | Code::TooShort | Code::TooLong, .. }) = expected {
            lengths += 1;
            by_tables += usize::from(tables_know_the_length(&raw, &normaliser));
        }
        let like_the_library = agrees_with_the_library_alone(&expected, &raw, home);
        alone += usize::from(like_the_library.is_some());
        if like_the_library == Some(false) {
            let theirs = by_the_library_alone(&raw, home);
            odd.push(format!("{raw:?} in {}: {expected:?}, the library alone {theirs:?}", home.code()));
        }
        if said != expected || by_rules != expected || !quick_fits {
            odd.push(format!("{raw:?} in {}: {said:?}, {quick:?}, not {expected:?}", home.code()));
        }
        if let Ok(phone) = expected {
            let base = raw.find(['x', 'e', '#']).map_or(raw.as_str(), |extension| &raw[..extension]);
            let digits = base.chars().filter(|c| c.is_numeric()).count();
            // What has the form of a postal code or of a day is read as one where it may hide a row.
            let is_other = (8..=9).contains(&digits);
            let guarded = digits < 7 || is_other || may_be_number(&raw);
            if !guarded && !phone.warnings.contains(&Code::VanityLetters) {
                odd.push(format!("{raw:?} in {} is not guarded", home.code()));
            }
            numbers += 1;
            at_once += usize::from(quick.is_some());
            let country = resolve::assigned_country_of(phone.number);
            if country != resolve::assigned_country_by_library(phone.number) {
                odd.push(format!("{raw:?}: of {country:?}"));
            }
        }
    }
    let differing = odd.len();
    odd.truncate(40);
    assert!(odd.is_empty(), "seed {seed}: {differing} differ:\n{}", odd.join("\n"));
    println!(
        "seed {seed}: {} spellings, {numbers} numbers, {at_once} of them at once, {alone} compared with the library alone",
        spellings()
    );
    // A table that answers nothing agrees with everything.
    assert!(numbers > spellings() / 2, "{numbers} of {} were numbers", spellings());
    assert!(alone > spellings() * 3 / 4, "{alone} of {} were compared with the library alone", spellings());
    assert!(at_once > numbers * 3 / 4, "{at_once} of {numbers} were read at once");
    assert!(by_tables > lengths / 2, "{by_tables} of {lengths} wrong lengths were told by the tables");
}

#[test]
fn common_countries_are_read_without_the_library() {
    let mut world = World::new(11);
    for letters in COMMON {
        let region = Region::from_str(letters).unwrap();
        let code = resolve::country_code(region.0).unwrap();
        for _ in 0..50 {
            let example = PHONE_NUMBER_UTIL.get_example_number(region.0).unwrap();
            let national = example.get_national_significant_number();
            let national = format!("{}{}", &national[..national.len() - 3], world.digits(3));
            let at = |home: &str, raw: &str| {
                let home = Normaliser::new(home.parse().unwrap(), PhonePolicy::Possible, Vec::new());
                let quick = home.quick(raw.as_bytes()).map(|quick| quick.number.to_e164());
                assert_eq!(quick, Some(format!("+{code}{national}")), "{raw} in {home:?}");
            };
            at("US", &format!("+{code}{national}"));
            at("US", &format!("+{code} {} {}", &national[..3], &national[3..]));
            at("US", &format!("+{code} ({}) {}-{}", &national[..2], &national[2..5], &national[5..]));
            at("US", &format!("011{code}{national}"));
            at("DE", &format!("00{code}{national}"));
            at(letters, &national);
            let prefix = at_home(region);
            at(letters, &format!("{prefix}{national}"));
        }
    }
}

/// Every number of E.164's form, also those that nobody has written down as a possible number.
#[test]
fn assignment_is_the_librarys() {
    let mut world = World::new(13);
    let mut by_tables = 0;
    for _ in 0..spellings() / 4 {
        let region = world.region();
        let national = match world.rng.u8(..4) {
            0 => {
                let length = world.rng.usize(4..=14);
                world.digits(length)
            }
            _ => world.national(region),
        };
        let digits = format!("{}{national}", resolve::country_code(region.0).unwrap());
        let Some(number) = digits.parse().ok().and_then(E164::from_digits) else { continue };
        by_tables += usize::from(plan::is_assigned(number).is_some());
        let (ours, theirs) = (resolve::is_assigned(number), resolve::is_assigned_by_library(number));
        assert_eq!(ours, theirs, "{}", number.to_e164());
        let ours = resolve::assigned_country_of(number);
        assert_eq!(ours, resolve::assigned_country_by_library(number), "{}", number.to_e164());
    }
    assert!(by_tables > spellings() / 5, "{by_tables} were answered by the tables");
}

/// The table of the North American plan, thousand by thousand: all of them in the long run, one in 101 otherwise.
#[test]
fn every_thousand_of_the_north_american_plan_is_the_librarys() {
    let step = if spellings() >= 1_000_000 { 1 } else { 101 };
    let mut rng = Rng::with_seed(17);
    let mut assigned = 0;
    for thousand in (0..10_000_000_u64).step_by(step) {
        let ten = thousand * 1_000 + rng.u64(..1_000);
        let number = E164::from_digits(10_000_000_000 + ten).unwrap();
        let ours = plan::is_assigned_north_american(ten);
        assert_eq!(ours, resolve::is_assigned_by_library(number), "{}", number.to_e164());
        assigned += usize::from(ours);
    }
    assert!(assigned * step > 3_000_000, "{assigned} of the thousands looked at are assigned");
}

#[test]
fn what_is_decided_by_the_profile_is_not_decided_at_once() {
    let number = E164::from_canonical("+12025550101").unwrap();
    let own = Normaliser::new(Region::US, PhonePolicy::Possible, vec![number]);
    let strict = Normaliser::new(Region::US, PhonePolicy::Valid, Vec::new());
    let plain = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    assert_eq!(plain.quick(b"(202) 555-0101"), Some(Quick { number, assigned: true }));
    assert_eq!(own.quick(b"(202) 555-0101"), None);
    assert_eq!(plain.quick(b"(911) 555-0101").map(|quick| quick.assigned), Some(false));
    assert_eq!(strict.quick(b"(911) 555-0101"), None);
    for refused in
        ["911", "116 117", "9999999999", "+44 4444444444", "1 111 111 1111", "2026-11-19", "19.11.2026"]
    {
        assert_eq!(plain.quick(refused.as_bytes()), None, "{refused}");
    }
    for two in
        ["2025550101 2025550102", "2025550101-2025550102", "2025550101 02", "2025550101.0", "20255501 01.50"]
    {
        let said = plain.normalise(two);
        assert_eq!(
            plain.quick(two.as_bytes()).map(|quick| quick.number),
            said.ok().map(|phone| phone.number),
            "{two}"
        );
    }
}
