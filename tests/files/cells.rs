//! Numbers, dates, jurisdictions and duplicates.

use super::*;

#[rstest]
#[case("2.02555E+09", Code::ScientificNotation)]
#[case("12025550101.0", Code::DecimalNumber)]
#[case("\"2,025,550,101\"", Code::ThousandsSeparators)]
#[case("2025550101 / 2025550102", Code::SeveralNumbers)]
#[case("\"2025550101, 2025550102\"", Code::SeveralNumbers)]
#[case("5550101", Code::LocalOnly)]
#[case("+2025550101", Code::MissingCountryCode)]
#[case("911", Code::Emergency)]
#[case("0000000000", Code::Placeholder)]
#[case("2O25550l01", Code::NotANumber)]
fn a_ruined_number_is_rejected_by_its_ruin(#[case] cell: &str, #[case] code: Code) {
    let checked = check_bytes(format!("phone,notes\n{cell},x\n2025550199,y\n")).unwrap();
    let rejected = rejections(&checked);
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(rejected[0].0, 1);
    if code != Code::NotANumber {
        assert_eq!(rejected[0].1, code);
    }
}

#[test]
fn a_row_gets_all_its_problems_and_is_rejected_once() {
    let checked = check_bytes("phone,state,expires\nfoo,California,soon\n2025550101,US-DC,\n").unwrap();
    assert_eq!(codes(&checked, 1), [Code::NotANumber, Code::BadJurisdiction, Code::BadDate]);
    assert_eq!((checked.rows, checked.valid, checked.rejected), (2, 1, 1));
    let columns: Vec<_> = checked.problems.iter().map(|p| p.column).collect();
    assert_eq!(columns, [Some(0), Some(1), Some(2)]);
}

#[test]
fn jurisdictions_are_given_inferred_or_questioned() {
    let checked = check_bytes("phone,state\n2025550101,\n2125550101,us-ny\n2135550101,US-NY\n").unwrap();
    assert_eq!(codes(&checked, 1), [Code::InferredJurisdiction]);
    assert_eq!(codes(&checked, 2), []);
    assert_eq!(codes(&checked, 3), [Code::JurisdictionMismatch]);
    let found: Vec<_> =
        checked.intents.iter().map(|intent| intent.attributes.jurisdiction.to_string()).collect();
    assert_eq!(found, ["US-DC", "US-NY", "US-NY"]);

    let without = check_bytes("phone\n2025550101\n2125550101\n").unwrap();
    assert_eq!(without.counts.get(&Code::InferredJurisdiction), Some(&2));
    assert!(without.problems.is_empty() && without.warnings == 0);
}

#[test]
fn dates_take_the_order_that_the_file_proves() {
    let file = |proof: &str| {
        format!("phone,expires\n2025550101,03/04/2031\n2025550102,{proof}\n2025550103,2031-01-01\n")
    };
    let first =
        |checked: &Checked| checked.intents.iter().next().unwrap().attributes.expires.unwrap().to_string();
    let day = check_bytes(file("31/12/2031")).unwrap();
    assert_eq!(first(&day), "2031-04-03T23:59:59Z");
    assert!(codes(&day, 0).contains(&Code::AssumedDateOrder));
    assert_eq!(first(&check_bytes(file("12/31/2031")).unwrap()), "2031-03-04T23:59:59Z");

    let open = check_bytes(file("05/06/2031")).unwrap();
    assert_eq!(rejections(&open), [(1, Code::AmbiguousDate), (2, Code::AmbiguousDate)]);
    let said = InputOptions { date_order: Some(DateOrder::Mdy), ..InputOptions::default() };
    assert_eq!(first(&check_with(file("05/06/2031"), &said).unwrap()), "2031-03-04T23:59:59Z");
    let against =
        check_bytes("phone,expires\n2025550101,03/04/2031\n2025550102,31/12/2031\n2025550103,12/31/2031\n");
    assert_eq!(rejections(&against.unwrap()), [(1, Code::AmbiguousDate)]);
}

#[test]
fn expiries_end_with_their_day_and_past_ones_are_rejected() {
    let text = "phone,expires\n2025550101,2026-11-20\n2025550102,2026-11-19\n2025550103,never\n2025550104,2031-01-01T10:00\n2025550105,soon\n";
    let checked = check_bytes(text).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::PastExpiry), (5, Code::BadDate)]);
    assert_eq!(codes(&checked, 4), [Code::AssumedUtc]);
    let expires: Vec<Option<Timestamp>> =
        checked.intents.iter().map(|intent| intent.attributes.expires).collect();
    let at = |text: &str| Some(text.parse().unwrap());
    assert_eq!(expires, [at("2026-11-20T23:59:59Z"), None, at("2031-01-01T10:00:00Z")]);
}

#[test]
fn a_number_in_ten_spellings_is_one_intent_with_the_strongest_attributes() {
    let spellings =
        ["2025550101", "+12025550101", "(202) 555-0101", "202-555-0101", "202.555.0101", "1 202 555 0101"];
    let mut file = String::from("phone,expires,source\n2125550101,,mail\n");
    spellings.iter().for_each(|spelling| file.push_str(&format!("{spelling},2031-01-01,web\n")));
    file.push_str("2025550101,2032-01-01,mail\n");
    let checked = check_bytes(file).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.duplicates), (8, 2, 6));
    assert_eq!(checked.counts.get(&Code::Duplicate), Some(&5));
    assert_eq!(codes(&checked, 8), [Code::ConflictingDuplicate]);
    let intent = &checked.intents.iter().next().unwrap();
    assert_eq!((intent.row, intent.attributes.source.as_deref()), (2, Some("mail; web")));
    assert_eq!(intent.attributes.expires, Some("2032-01-01T23:59:59Z".parse().unwrap()));
}

#[test]
fn the_preview_reads_a_row_as_validation_does() {
    for name in ["good.csv", "dirty.csv", "ftc_202.txt", "european.csv"] {
        let document = Document::open(&sample(name), &InputOptions::default()).unwrap();
        let checked = check_document(&document).unwrap();
        for record in document.rows(1, 1000).unwrap() {
            let shown: Vec<Code> =
                document.interpret(&record, &options()).problems.iter().map(|p| p.code).collect();
            let duplicates = [Code::Duplicate, Code::ConflictingDuplicate];
            let mut found = codes(&checked, record.place.row);
            found.retain(|code| !duplicates.contains(code));
            assert_eq!(shown, found, "{name} row {}", record.place.row);
        }
    }
}

#[test]
fn the_abbreviation_of_a_state_is_never_taken_for_a_country() {
    let text = "phone,state\n4155550101,CA\n2145550102,TX\n3175550103,in\n4165550104,CA\n4155550105,US\n\
                4155550106,US-ZZ\n4155550107,GB\n8005550108,CA\n";
    let checked = check_bytes(text).unwrap();
    for row in [1, 2, 3, 6, 8] {
        assert_eq!(codes(&checked, row), [Code::BadJurisdiction], "row {row}");
    }
    assert_eq!(codes(&checked, 7), [Code::JurisdictionMismatch]);
    let sent: Vec<_> =
        checked.intents.iter().map(|intent| intent.attributes.jurisdiction.to_string()).collect();
    assert_eq!(sent, ["US", "GB", "CA"], "in the order of the numbers");
}

#[rstest]
#[case::a_tab("12\tabc")]
#[case::bytes_that_were_lost("20\u{fffd}5550101")]
fn a_damaged_second_number_has_its_own_problem_whatever_else_is_said_of_the_row(#[case] cell: &str) {
    let bytes = format!("phone,state,mobile\n2025550101,,{cell}\n2125550102,US-NY,\n");
    let map = [(Field::Number, "phone"), (Field::Number, "mobile"), (Field::Jurisdiction, "state")];
    let map = map.map(|(field, column)| (field, column.to_owned())).to_vec();
    let checked = check_with(bytes, &InputOptions { map, ..InputOptions::default() }).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), (3, 2, 1));
    let rejected: Vec<_> =
        checked.problems.iter().filter(|p| p.code.severity() == Severity::Rejection).collect();
    assert_eq!((rejected.len(), rejected[0].place.row, rejected[0].column), (1, 1, Some(2)));
    assert_eq!(codes(&checked, 1)[0], Code::InferredJurisdiction);
}

#[test]
fn what_cannot_be_read_in_a_cell_is_said_once() {
    let utf8 = InputOptions { encoding: Some("utf-8".into()), ..InputOptions::default() };
    let bytes = b"phone,note\n202\x01555,x\n20\xff25550101,x\n2025550103,x\n";
    let checked = check_with(bytes, &utf8).unwrap();
    assert_eq!(codes(&checked, 1), [Code::ControlCharacter]);
    assert_eq!(codes(&checked, 2), [Code::InvalidEncoding]);
    // What stands in a note says nothing of the number.
    let checked = check_bytes(b"phone,note\n12\tab,a\x01\n2025550103,x\n").unwrap();
    assert_eq!(codes(&checked, 1).len(), 2, "{:?}", codes(&checked, 1));
}

#[rstest]
#[case("9999-12-31")]
#[case("12/31/9999")]
#[case("9999-12-31T23:59:59Z")]
#[case("9999-12-30 23:59:59.997")]
fn the_last_year_of_databases_is_for_ever(#[case] date: &str) {
    let checked = check_bytes(format!("phone,expires\n2025550101,{date}\n2025550102,2031-01-01\n")).unwrap();
    let ends: Vec<bool> = checked.intents.iter().map(|intent| intent.attributes.expires.is_some()).collect();
    assert_eq!((ends, checked.warnings), (vec![false, true], 0));
    // As a constant too.
    let mut said = InputOptions::default();
    said.constants.set(Field::Expires, "9999-12-31").unwrap();
    let checked = check_with("phone\n2025550101\n", &said).unwrap();
    assert!(checked.intents.iter().all(|intent| intent.attributes.expires.is_none()));
}
