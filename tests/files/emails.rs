//! Rows that mean somebody by e-mail: for suppression lists, where the file's addresses are asked for.

use super::out::{cleaned_holds_the_same, survives};
use super::*;

fn with_emails() -> InputOptions {
    InputOptions { emails: true, ..InputOptions::default() }
}

#[test]
fn an_address_is_read_beside_the_number_or_in_its_place() {
    let text =
        "phone,Email,expires\n202-555-0101,,\n,Ann@Example.com,2031-05-01\n202-555-0102,ben@example.com,\n";
    let checked = check_with(text, &with_emails()).unwrap();
    assert_eq!((checked.records, checked.rows, checked.valid, checked.rejected), (3, 4, 4, 0));
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550102", "ann@example.com", "ben@example.com"]);
    let ann = checked.intents.iter().nth(2).unwrap();
    assert_eq!((ann.row, ann.attributes.expires.unwrap().to_string()), (2, "2031-05-01T23:59:59Z".into()));
}

#[test]
fn without_being_asked_for_an_address_is_no_number() {
    let text = "phone,email\n202-555-0101,ann@example.com\n,ben@example.com\n";
    let checked = check_bytes(text).unwrap();
    assert_eq!((checked.rows, checked.valid), (2, 1));
    assert_eq!(rejections(&checked), [(2, Code::MissingNumber)]);
    let said = InputOptions { map: vec![(Field::Email, "email".into())], ..InputOptions::default() };
    assert_eq!(check_with(text, &said).unwrap().valid, 3, "--map email=email asks for them");
    let none = InputOptions { map: vec![(Field::Email, "-".into())], ..with_emails() };
    assert_eq!(check_with(text, &none).unwrap().valid, 1, "--map email=- does not want them");
}

#[test]
fn a_file_of_addresses_alone_needs_no_number() {
    let checked = check_with("email\nann@example.com\nben@example.com\n", &with_emails()).unwrap();
    assert_eq!((checked.rows, checked.valid), (2, 2));
    let checked = check_with(
        "ann@example.com\nben@example.com\n",
        &InputOptions {
            header: Some(false),
            map: vec![(Field::Email, "1".into())],
            ..InputOptions::default()
        },
    );
    assert_eq!(checked.unwrap().valid, 2);
}

#[test]
fn what_is_no_address_is_rejected_and_named_where_it_stands() {
    let text = "phone,email,reason\n202-555-0101,not an address,\n,,x\n,a@b,\n";
    let checked = check_with(text, &with_emails()).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), (4, 1, 3));
    let said: Vec<_> = rejections(&checked);
    assert_eq!(said, [(1, Code::BadEmail), (2, Code::MissingNumber), (3, Code::BadEmail)]);
    let problem = checked.problems.iter().find(|problem| problem.code == Code::BadEmail).unwrap();
    assert_eq!((problem.column, &*problem.raw), (Some(1), "not an address"));
}

#[test]
fn an_address_that_stands_twice_is_a_duplicate_in_any_capitals() {
    let text = "email,expires\nann@example.com,2031-01-01\nben@example.com,\nANN@example.COM,\n";
    let checked = check_with(text, &with_emails()).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.duplicates), (3, 2, 1));
    let ann = checked.intents.iter().next().unwrap();
    assert_eq!(
        (ann.identifier.whole().as_str(), ann.attributes.expires),
        ("ann@example.com", None),
        "for ever is stronger"
    );
    let problem = checked.problems.iter().find(|problem| problem.place.row == 3).unwrap();
    assert_eq!((problem.code, problem.column), (Code::ConflictingDuplicate, Some(0)));
    assert!(problem.hint.starts_with("row 1 holds the same address"), "{}", problem.hint);
}

#[test]
fn a_date_that_nobody_can_read_rejects_the_address_too() {
    let text = "phone,email,expires\n202-555-0101,ann@example.com,03/04/2031\n,ben@example.com,03/04/2031\n";
    let checked = check_with(text, &with_emails()).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), (3, 0, 3));
    assert_eq!(codes(&checked, 2), [Code::AmbiguousDate]);
}

#[test]
fn addresses_come_back_from_the_cleaned_list_and_from_rejects() {
    let text = "phone,email,expires,source\n202-555-0101,ann@example.com,,web\n,ben@example.com,2031-01-01,\n,+x@example.com,,\n,nobody,,\n";
    let (_folder, path) = stored("list.csv", text);
    cleaned_holds_the_same(&path, &with_emails());
    survives(&path, &with_emails());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// However the file is cut, by whoever reads it first: the same addresses with the same rows.
    #[test]
    fn nothing_depends_on_who_reads_first(rows in prop::collection::vec((0..40_u8, 0..3_u8), 1..300), threads in 1..4_usize, bytes in 16..600_u64) {
        let line = |(n, kind): &(u8, u8)| match kind {
            0 => format!("202-555-01{n:02},,\n"),
            1 => format!(",p{n}@example.com,\n"),
            _ => format!("202-555-01{n:02},P{n}@example.com,2031-01-01\n"),
        };
        let text: String = std::iter::once("phone,email,expires\n".to_owned()).chain(rows.iter().map(line)).collect();
        let (_folder, path) = stored("list.csv", text);
        let document = Document::open(&path, &with_emails()).unwrap();
        let checked = quietline::files::check_in_stretches(&document, &options(), threads, bytes).unwrap();
        conservation::hold(&path, &with_emails());

        // By hand: everybody with the first row that means them.
        let mut firsts: BTreeMap<String, u64> = BTreeMap::new();
        for (row, (n, kind)) in (1..).zip(&rows) {
            if *kind != 1 {
                firsts.entry(format!("+120255501{n:02}")).or_insert(row);
            }
            if *kind != 0 {
                firsts.entry(format!("p{n}@example.com")).or_insert(row);
            }
        }
        let found: BTreeMap<String, u64> = checked.intents.iter().map(|intent| (intent.identifier.whole(), intent.row)).collect();
        prop_assert_eq!(&found, &firsts);
        prop_assert_eq!(checked.valid as usize, firsts.len());
        prop_assert!(checked.intents.iter().map(|intent| intent.identifier).is_sorted());
    }
}
