use super::*;

fn number(text: &str) -> E164 {
    E164::from_canonical(text).unwrap()
}

fn of(text: &str) -> Option<String> {
    Jurisdiction::of_number(number(text)).map(|jurisdiction| jurisdiction.to_string())
}

#[test]
fn forms_that_are_not_jurisdictions_are_refused() {
    for (text, parsed) in [
        ("US-CA", Some("US-CA")),
        (" us-ca ", Some("US-CA")),
        ("GB", Some("GB")),
        ("GB-ENG", Some("GB-ENG")),
        ("California", None),
        ("USCA", None),
        ("US_CA", None),
        ("US-", None),
        ("US-CALI", None),
        ("-CA", None),
        ("", None),
        ("ÜS-CA", None),
        ("US-CÄ", None),
    ] {
        assert_eq!(Jurisdiction::parse(text).map(|j| j.to_string()).as_deref(), parsed, "{text}");
    }
}

#[test]
fn area_codes_stand_for_their_state_province_or_country() {
    for (text, jurisdiction) in [
        ("+12025550101", "US-DC"),
        ("+14155550101", "US-CA"),
        ("+12125550101", "US-NY"),
        ("+13605550101", "US-WA"),
        ("+19075550101", "US-AK"),
        ("+17875550101", "US-PR"),
        ("+16715550101", "US-GU"),
        ("+14165550101", "CA-ON"),
        ("+16045550101", "CA-BC"),
        ("+18675550101", "CA"),
        ("+18765550101", "JM"),
        ("+12425550101", "BS"),
        ("+18095550101", "DO"),
        ("+442079460018", "GB"),
        ("+4930123456", "DE"),
        ("+390612345678", "IT"),
        ("+77012345678", "KZ"),
        ("+18005550101", "US"),
        ("+18335550101", "US"),
    ] {
        assert_eq!(of(text).as_deref(), Some(jurisdiction), "{text}");
    }
    assert_eq!(of("+19115550101"), None, "no such area code");
    assert_eq!(of("+80012345678"), None, "international freephone belongs to no country");
}

#[test]
fn places_have_a_name_and_a_time_zone() {
    let place = place_of(number("+12025550101")).unwrap();
    assert_eq!((place.name, place.time_zone), ("Washington", "America/New_York"));
    let place = place_of(number("+18085550101")).unwrap();
    assert_eq!((place.name, place.time_zone), ("Hawaii", "Pacific/Honolulu"));
    for nowhere in ["+18005550101", "+19115550101", "+442079460018"] {
        assert_eq!(place_of(number(nowhere)), None, "{nowhere}");
    }
}

#[test]
fn the_table_is_whole() {
    let lines = include_str!("../../../assets/area_codes.csv").lines();
    let data = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count();
    let table = area_codes();
    assert_eq!(table.len(), data, "every line parses");
    assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0), "no area code stands twice");
    let states: std::collections::BTreeSet<_> =
        table.iter().map(|(_, place)| place.jurisdiction).filter(|j| j.as_str().starts_with("US-")).collect();
    assert_eq!(states.len(), 51 + 5, "states, the District and the territories");
    for (code, place) in table {
        assert!((200..1000).contains(code) && !place.name.is_empty(), "{code}");
        assert!(jiff::tz::TimeZone::get(place.time_zone).is_ok(), "{code} {}", place.time_zone);
        assert!(!TOLL_FREE.contains(code));
    }
}

#[test]
fn places_that_do_not_exist_and_letters_that_mean_two_places_are_told() {
    for text in ["US", "CA", "GB", "US-CA", "US-DC", "US-PR", "CA-ON", "CA-PE", "CA-NU", "GB-ENG"] {
        assert!(Jurisdiction::parse(text).unwrap().exists(), "{text}");
    }
    for text in ["TX", "XX", "ZZ-1", "US-ZZ", "US-ON", "CA-TX"] {
        assert!(!Jurisdiction::parse(text).unwrap().exists(), "{text}");
    }
    for (text, part) in [("CA", true), ("IN", true), ("TX", true), ("ON", true), ("PR", true), ("GB", false)]
    {
        assert_eq!(Jurisdiction::parse(text).unwrap().may_be_a_part(), part, "{text}");
    }
    assert!(!Jurisdiction::parse("US-CA").unwrap().may_be_a_part());
}

#[test]
fn the_tables_know_the_countries_that_the_library_knows() {
    let library = &rlibphonenumber::PHONE_NUMBER_UTIL;
    for (first, second) in ('A'..='Z').flat_map(|first| ('A'..='Z').map(move |second| (first, second))) {
        let letters = format!("{first}{second}");
        let region = rlibphonenumber::Region::from_code(&letters).ok();
        let known = region.is_some_and(|region| library.get_country_code_for_region(region).is_some());
        assert_eq!(has_numbers(&letters), known, "{letters}");
        assert_eq!(letters.parse::<phone::Region>().ok().map(|region| region.0), region.filter(|_| known));
    }
    assert!("001".parse::<phone::Region>().is_err());
    assert!("us".parse::<phone::Region>().is_ok_and(|region| region == phone::Region::US));
}
