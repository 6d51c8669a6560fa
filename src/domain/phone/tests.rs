use proptest::prelude::*;

use super::*;
use crate::domain::problem::Severity;

fn us() -> Normaliser {
    Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new())
}

fn within(region: &str) -> Normaliser {
    Normaliser::new(region.parse().unwrap(), PhonePolicy::Possible, Vec::new())
}

/// The number and the names of the warnings, or the name of the rejection.
fn say(normaliser: &Normaliser, raw: &str) -> String {
    match normaliser.normalise(raw) {
        Ok(phone) => {
            let mut said = phone.number.to_e164();
            for warning in phone.warnings.iter().filter(|code| **code != Code::Unassigned) {
                said.push(' ');
                said.push_str(warning.as_str());
            }
            said
        }
        Err(refusal) => refusal.code.as_str().to_owned(),
    }
}

#[test]
fn spellings_of_one_number_are_one_number() {
    for raw in [
        "2025550198",
        "202-555-0198",
        "(202) 555 0198",
        "(202)555-0198",
        "202.555.0198",
        "1.202.555.0198",
        "1 202 555 0198",
        "12025550198",
        "+1 202 555 0198",
        "+12025550198",
        "+1 (202) 555-0198",
        "(+1) 202 555 0198",
        "tel:+1-202-555-0198",
        "TEL:+12025550198",
        "  2025550198\r\n",
        "202/555/0198",
        "202/555-0198",
        "202\u{a0}555\u{2011}0198",
        "[202] 555 0198",
        "2025550198;",
        "202,5550198",
        "011 1 202 555 0198",
    ] {
        assert_eq!(say(&us(), raw), "+12025550198", "{raw}");
    }
}

#[test]
fn what_a_person_would_read_is_read_with_a_warning() {
    for (raw, said) in [
        ("'2025550101", "+12025550101 leading-apostrophe"),
        ("’2025550101", "+12025550101 leading-apostrophe"),
        ("２０２５５５０１０１", "+12025550101 foreign-digits"),
        ("（２０２）５５５－０１０１", "+12025550101 foreign-digits"),
        ("٢٠٢٥٥٥٠١٠١", "+12025550101 foreign-digits"),
        ("\u{202d}2025550101\u{202c}", "+12025550101 invisible-characters"),
        ("\u{feff}202\u{200b}5550101", "+12025550101 invisible-characters"),
        ("202\u{ad}5550101", "+12025550101 invisible-characters"),
        (
            "\u{feff}'٢٠٢٥٥٥٠١٠١ x7",
            "+12025550101 invisible-characters leading-apostrophe foreign-digits extension-dropped",
        ),
        ("1-800-FLOWERS", "+18003569377 vanity-letters"),
        ("+1 (800) GOT-JUNK", "+18004685865 vanity-letters"),
        ("1-800-FLOWERS x3", "+18003569377 extension-dropped vanity-letters"),
    ] {
        assert_eq!(say(&us(), raw), said, "{raw}");
    }
}

#[test]
fn extensions_are_kept_beside_the_number() {
    for raw in [
        "202-555-0101 x12",
        "202-555-0101x12",
        "2025550101 X 12",
        "2025550101 ext. 12",
        "2025550101, ext 12",
        "2025550101 Ext:12",
        "2025550101 extension 12",
        "2025550101 extn 12",
        "tel:+1-202-555-0101;ext=12",
        "2025550101 #12",
        "2025550101#12#",
    ] {
        let phone = us().normalise(raw).unwrap();
        assert_eq!(phone.number.to_e164(), "+12025550101", "{raw}");
        assert_eq!(phone.extension.as_deref(), Some("12"), "{raw}");
        assert!(phone.warnings.contains(&Code::Extension), "{raw}");
    }
    assert_eq!(us().normalise("2025550101").unwrap().extension, None);
}

#[test]
fn a_second_number_is_never_dropped() {
    for raw in [
        "2025550101;2025550102",
        "2025550101 / 2025550102",
        "202-555-0101/202-555-0102",
        "2025550101 or 2025550102",
        "2025550101 and 2025550102",
        "2025550101,2025550102",
        "2025550101, 5550102",
        "2025550101 & 2025550102",
        "2025550101&2025550102",
        "2025550101\n2025550102",
        "2025550101\r\n2025550102",
        "2025550101\t2025550102",
        "2025550101|2025550102",
        "2025550101 2025550102",
        "(202) 555-0101 (202) 555-0102",
        "2025550101-2025550102",
        "+12025550101+12025550102",
        "+1 202 555 0101 +1 202 555 0102",
        "2025550101 x2025550102",
        "2025550101 x12; 2025550102",
        "2025550101; 2025550102 x12",
        "2025550101/02",
        "555-0101/0102",
        "2025550101;02",
        "2025550101,102",
        "home 2025550101 work 2025550102",
        "２０２５５５０１０１；２０２５５５０１０２",
    ] {
        assert_eq!(say(&us(), raw), "several-numbers", "{raw}");
    }
}

#[test]
fn spreadsheet_ruins_are_named() {
    for (raw, code) in [
        ("1.2025E+10", "scientific-notation"),
        ("2.02555e+09", "scientific-notation"),
        ("2,02555E9", "scientific-notation"),
        ("2E9", "scientific-notation"),
        ("12025550101.0", "decimal-number"),
        ("2025550101.00", "decimal-number"),
        ("2025550101,0", "decimal-number"),
        ("202-555-0101.0", "decimal-number"),
        ("2025550101.5", "decimal-number"),
        ("2,025,550,101", "thousands-separators"),
        ("12,025,550,101", "thousands-separators"),
        ("2,025,550,101.00", "thousands-separators"),
        ("2026-11-19", "date-as-number"),
        ("2026-11-19 00:00:00", "date-as-number"),
        ("2026-11-19T00:00:00Z", "date-as-number"),
        ("11/19/2026", "date-as-number"),
        ("19.11.2026", "date-as-number"),
        ("1/2/26", "date-as-number"),
        ("19-Nov-2026", "date-as-number"),
        ("Nov 19, 2026", "date-as-number"),
        ("Nov-26", "date-as-number"),
    ] {
        assert_eq!(say(&us(), raw), code, "{raw}");
    }
}

#[test]
fn what_is_no_number_says_why() {
    for (raw, code) in [
        ("", "missing-number"),
        ("   ", "missing-number"),
        ("'", "missing-number"),
        ("\u{200b}", "missing-number"),
        ("n/a", "not-a-number"),
        ("—", "not-a-number"),
        ("UNKNOWN", "not-a-number"),
        ("2O25550101", "not-a-number"),
        ("202555010l", "not-a-number"),
        ("²⁰²⁵⁵⁵⁰¹⁰¹", "not-a-number"),
        ("202555010¹", "not-a-number"),
        ("202 UNKNOW", "not-a-number"),
        ("800-555-TIPSY", "not-a-number"),
        ("1-951-858-1448a", "not-a-number"),
        ("call 2025550101", "not-a-number"),
        ("*67 2025550101", "not-a-number"),
        ("+1202•••0101", "not-a-number"),
        ("=2025550101", "not-a-number"),
        ("2025550101~05", "not-a-number"),
        ("202\u{0}5550101", "control-character"),
        ("2025550101\u{1b}[31m", "control-character"),
        ("2025\n550101", "control-character"),
        ("\u{2028}2025550101", "control-character"),
        ("911", "emergency-number"),
        ("9-1-1", "emergency-number"),
        ("112", "emergency-number"),
        ("988", "emergency-number"),
        ("999", "emergency-number"),
        ("211", "emergency-number"),
        ("０００", "emergency-number"),
        ("116 117", "emergency-number"),
        ("0000000000", "placeholder-number"),
        ("9999999999", "placeholder-number"),
        ("(555) 555-5555", "placeholder-number"),
        ("+1 555 555 5555", "placeholder-number"),
        ("1 000 000 0000", "placeholder-number"),
        ("5550101", "local-only"),
        ("555-0101", "local-only"),
        ("12", "too-short"),
        ("5", "too-short"),
        ("1", "too-short"),
        ("++++5", "too-short"),
        ("²³", "not-a-number"),
        ("1111111111111111111111111111111111111111", "placeholder-number"),
        ("202555010", "too-short"),
        ("+1 202 555", "too-short"),
        ("20255501011", "too-long"),
        ("+1 202 555 01011", "too-long"),
        ("202555010120255501012025550101", "too-long"),
        ("+999 20255501", "bad-country-code"),
        ("+0 202 555 0101", "bad-country-code"),
    ] {
        assert_eq!(say(&us(), raw), code, "{raw:?}");
    }
}

#[test]
fn prefixes_belong_to_their_region() {
    for (region, raw, said) in [
        ("US", "011 44 20 7946 0018", "+442079460018"),
        ("US", "0044 20 7946 0018", "too-long"),
        ("GB", "0044 20 7946 0018", "+442079460018"),
        ("GB", "00 1 202 555 0101", "+12025550101"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("GB", "2079460018", "+442079460018"),
        ("GB", "+44 (0)20 7946 0018", "+442079460018"),
        ("GB", "202,5550101", "not-a-number"),
        ("GB", "0800-FLOWERS", "not-a-number"),
        ("GB", "+1-800-FLOWERS", "+18003569377 vanity-letters"),
        ("DE", "030/1234567", "+49301234567"),
        ("DE", "030/12345/46", "several-numbers"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("JM", "(876) 555-0101", "+18765550101"),
        ("CA", "416 555 0101", "+14165550101"),
    ] {
        assert_eq!(say(&within(region), raw), said, "{raw} in {region}");
    }
}

#[test]
fn unassigned_numbers_are_used_unless_the_policy_is_strict() {
    let odd = "(911) 555-0101";
    let phone = us().normalise(odd).unwrap();
    assert_eq!(phone.warnings, [Code::Unassigned]);
    let strict = Normaliser::new(Region::US, PhonePolicy::Valid, Vec::new());
    assert_eq!(say(&strict, odd), "unassigned-rejected");
    assert_eq!(say(&strict, "202 555 0101"), "+12025550101");
    // Fictional numbers are wanted in samples, whatever the metadata says of them.
    for area in [202, 212, 213, 415, 876] {
        assert!(us().normalise(&format!("{area}5550142")).is_ok());
    }
}

#[test]
fn a_number_that_would_read_back_as_another_is_none() {
    // The library takes the zeros for a part of the number at home, and for a prefix or for nothing behind the country
    // code. A zero that belongs to the number stays.
    for (raw, region, said) in [
        ("000001", "DE", "not-a-number"),
        ("0000012", "DE", "not-a-number"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("+39 06 6982 1234", "US", "+390669821234"),
    ] {
        assert_eq!(say(&within(region), raw), said, "{raw}");
    }
}

#[test]
fn our_own_numbers_are_never_taken() {
    let own = ["+12025550142", "+12025550101"].iter().filter_map(|n| E164::from_canonical(n)).collect();
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, own);
    assert_eq!(say(&normaliser, "(202) 555-0101"), "own-number");
    assert_eq!(say(&normaliser, "(202) 555-0142 x1"), "own-number");
    assert_eq!(say(&normaliser, "(202) 555-0102"), "+12025550102");
}

#[test]
fn hints_hold_no_digits_of_the_number() {
    for raw in ["2025550101;2025550102", "2,025,550,101", "2.02555E9", "20255501011", "5550101", "2O25550101"]
    {
        let refusal = us().normalise(raw).unwrap_err();
        assert!(!refusal.hint.contains(|c: char| c.is_ascii_digit()), "{}", refusal.hint);
        assert!(!refusal.hint.is_empty());
    }
}

#[test]
fn masked_numbers_hide_the_middle() {
    for (number, masked) in [
        ("+12025550101", "+1202•••0101"),
        ("+442079460018", "+4420•••0018"),
        ("+2904001", "+29•••01"),
        ("+12345678", "+123•••78"),
        ("+123456789012345", "+1234•••2345"),
    ] {
        let number = E164::from_canonical(number).unwrap();
        assert_eq!(number.masked(), masked);
        assert_eq!(format!("{number:?}"), masked);
    }
}

#[test]
fn a_plus_without_its_country_code_is_seen() {
    for (raw, lacks) in [
        ("+2025550101", true),
        ("+(202) 555-0101", true),
        ("+12025550101", false),
        ("2025550101", false),
        ("+442079460018", false),
        ("+n/a", false),
    ] {
        assert_eq!(us().lacks_country_code(raw), lacks, "{raw}");
    }
}

#[test]
fn pretty_numbers_are_grouped() {
    assert_eq!(E164::from_canonical("+12025550101").unwrap().pretty(), "+1 202 555 0101");
    assert_eq!(E164::from_canonical("+12120050001").unwrap().pretty(), "+1 212 005 0001");
    assert_eq!(E164::from_canonical("+442079460018").unwrap().pretty(), "+44 20 7946 0018");
    assert_eq!(E164::from_canonical("+9991234567").unwrap().pretty(), "+9991234567");
}

#[test]
fn regions_are_two_letters_with_telephones() {
    assert_eq!("US".parse(), Ok(Region::US));
    assert_eq!(" us ".parse(), Ok(Region::US));
    for nowhere in ["", "U", "USA", "XX", "001", "Ü"] {
        assert!(nowhere.parse::<Region>().is_err(), "{nowhere}");
    }
}

/// Strings that look like what stands in such columns.
fn cells() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,11}",
        "[0-9]{3}",
        "[ .()/+-]{1,2}",
        r"\PC{1,3}",
        "(x|ext\\. |#|;ext=| or |;|,|&|\\||\n|e|E\\+|\\.0|'|/)",
        "[A-Za-z]{1,7}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn never_panics_and_says_only_what_holds(raw in prop_oneof![any::<String>(), cells()], region in "(US|GB|DE|IT|JM|AR)") {
        match within(&region).normalise(&raw) {
            Ok(phone) => {
                prop_assert_eq!(E164::from_canonical(&phone.number.to_e164()), Some(phone.number));
                prop_assert_eq!(E164::from_digits(phone.number.digits()), Some(phone.number));
                prop_assert!(phone.warnings.iter().all(|code| code.severity() == Severity::Warning));
                prop_assert!(!raw.chars().any(crate::domain::text::is_control) || raw.trim() != raw);
                // What we wrote ourselves reads back the same, in every region.
                let again = us().normalise(&phone.number.to_e164());
                prop_assert_eq!(again.map(|again| again.number), Ok(phone.number));
            }
            Err(refusal) => prop_assert_eq!(refusal.code.severity(), Severity::Rejection),
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_rules(raw in prop_oneof!["[+]?[0-9 ()-]{8,17}", "[+]?1?[0-9]{10}", cells()]) {
        if let Some(plain) = cell::read_plain(&raw) {
            prop_assert_eq!(cell::read_by_rules(&raw, true), Ok(plain), "{}", raw);
        }
    }
}
