//! A sum that does not add up is a defect of ours: each is made here by hand, since no file should be able to.

use std::path::PathBuf;

use super::*;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::files::InputOptions;

fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T00:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

fn opened(name: &str, bytes: &str) -> (tempfile::TempDir, Document) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    (folder, document)
}

const LIST: &str = "phone\n2025550101\n2025550101\nn/a\n";

fn checked(document: &Document) -> Checked {
    run(document, &options(), &Plan::usual(), &CancellationToken::new(), &mut |_| ()).unwrap()
}

/// What is said of sums that do not add up; empty where they do.
fn said(result: Result<(), FileError>) -> String {
    match result {
        Ok(()) => String::new(),
        Err(FileError::Accounting { detail, .. }) => detail,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn each_sum_of_a_check_is_looked_at() {
    let (_folder, document) = opened("list.csv", LIST);
    let whole = checked(&document);
    let law =
        |checked: &Checked, rejected, with_reason| said(conserve(&document, checked, rejected, with_reason));
    assert_eq!(law(&whole, 1, 1), "");
    for off in [
        Checked { valid: whole.valid + 1, ..whole.clone() },
        Checked { duplicates: 0, ..whole.clone() },
        Checked { rejected: 0, ..whole.clone() },
        Checked { rows: whole.rows + 1, ..whole.clone() },
    ] {
        assert!(law(&off, 1, 1).contains(" rows, but "), "{}", law(&off, 1, 1));
    }
    let mut bytes = whole.clone();
    bytes.accounting.records -= 1;
    assert!(law(&bytes, 1, 1).starts_with("bytes: "));
    assert_eq!(law(&whole, 2, 1), "2 records rejected, but 1 with a reason");
    assert_eq!(law(&whole, 1, 0), "1 records rejected, but 0 with a reason");
}

#[test]
fn a_record_more_or_less_than_the_index_has_is_a_defect() {
    let (_folder, document) = opened("list.csv", LIST);
    let whole = checked(&document);
    let law = |records| said(conserve(&document, &Checked { records, ..whole.clone() }, 1, 1));
    assert_eq!(law(2), "", "nobody has counted yet");
    document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
    assert_eq!(law(3), "");
    assert_eq!(law(2), "2 records, but 3 in the index");
    assert_eq!(law(4), "4 records, but 3 in the index");
}

#[test]
fn a_record_more_or_less_than_the_container_has_is_a_defect() {
    let xml = "<?xml version='1.0'?><list val='202'><ac val='202'><ph val='5550101'/><ph val='5550102'/></ac></list>";
    let (_folder, document) = opened("list.xml", xml);
    let whole = checked(&document);
    let law = |records| said(conserve(&document, &Checked { records, ..whole.clone() }, 0, 0));
    assert_eq!(law(2), "");
    assert_eq!(law(1), "1 records, but 2 rows in the container");
    assert_eq!(law(3), "3 records, but 2 rows in the container");
}

#[test]
fn a_line_more_or_less_than_the_bytes_have_is_a_defect() {
    let (_folder, document) = opened("list.csv", LIST);
    let used = Pool::default();
    let pass = Pass { lines: 3, ..Pass::new(&document, u64::MAX, &used) };
    let law = |lines| said(pass.ensure_lines(&Bytes { sha256: String::new(), lines }));
    assert_eq!(law(3), "");
    assert_eq!(law(4), "3 lines in the rows, but 4 in the bytes");
    assert_eq!(law(2), "3 lines in the rows, but 2 in the bytes");
}

#[test]
fn a_row_whose_attributes_nobody_kept_is_a_defect() {
    let (_folder, document) = opened("list.csv", LIST);
    let used = Pool::default();
    let mut pass = Pass { records: 1, slots: 1, ..Pass::new(&document, u64::MAX, &used) };
    pass.fold.extend(0, std::iter::once(Claim { number: 12_025_550_101, slot: 0, set: 7 }));
    let read = Read {
        table: FactTable::default(),
        emails: EmailList::default(),
        sha256: String::new(),
        area_note: None,
    };
    let settled = pass.settle(&options(), &Plan::usual(), read, &CancellationToken::new(), &mut |_| ());
    assert_eq!(said(settled.map(drop)), "1 rows and 0 problems without their place");
}
