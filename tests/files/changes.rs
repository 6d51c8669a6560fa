//! Lists of changes: rows that add numbers and rows that take them off.

use super::*;

fn additions() -> InputOptions {
    InputOptions { changes: Some(Changes::Additions), ..InputOptions::default() }
}

fn asks(bytes: &str, input: &InputOptions) -> String {
    match check_with(bytes, input) {
        Err(FileError::NeedsChoice { flag, .. }) => flag,
        other => panic!("{bytes}: {other:?}"),
    }
}

#[rstest]
#[case::number_first("2025550101,2026-11-01,A\n2025550102,2026-11-02,D\n")]
#[case::number_last("A,2026-11-01,2025550101\nD,2026-11-02,2025550102\n")]
#[case::number_between("2026-11-01,2025550101,A\n2026-11-02,2025550102,D\n")]
#[case::split_number("202,5550101,2026-11-01,A\n202,5550102,2026-11-02,D\n")]
#[case::split_behind("A,2026-11-01,202,5550101\nD,2026-11-02,202,5550102\n")]
#[case::small_letters("2025550101|2026-11-01|a\n2025550102|2026-11-02|d\n")]
#[case::with_names("phone,date,type\n2025550101,2026-11-01,A\n2025550102,2026-11-02,D\n")]
#[case::called_so("phone,state,change\n2025550101,US-DC,A\n2025550102,US-DC,D\n")]
fn a_list_of_changes_asks_and_its_additions_are_read(#[case] bytes: &str) {
    assert_eq!(asks(bytes, &InputOptions::default()), "--changes additions");
    let checked = check_with(bytes, &additions()).unwrap();
    assert_eq!(numbers(&checked), ["+12025550101"]);
    assert_eq!(rejections(&checked), [(2, Code::DeletionRow)]);
    assert_eq!((checked.rows, checked.valid, checked.rejected), (2, 1, 1));
    // The day of the change is not the day on which the entry ends.
    assert!(checked.intents.iter().all(|intent| intent.attributes.expires.is_none()));
    let deletion = checked.problems.iter().find(|p| p.code == Code::DeletionRow).unwrap();
    assert!(deletion.hint.contains("--op remove"), "{}", deletion.hint);
}

#[test]
fn the_layout_is_named_and_nothing_else_is_assumed_of_it() {
    let (_folder, path) = stored("changes.txt", "2025550101,2026-11-01,A\n2025550102,2026-11-02,D\n");
    let document = Document::open(&path, &additions()).unwrap();
    assert_eq!(document.format().layout, Some("ftc-changes"));
    assert_eq!(document.mapping().columns.get(&Field::Change), Some(&2));
    assert!(document.notes().is_empty(), "{:?}", document.notes());
}

#[test]
fn a_word_that_is_no_change_is_rejected() {
    let mut rows = "2025550101,2026-11-01,A\n".repeat(30);
    rows.push_str("2025550102,2026-11-02,X\n2025550103,2026-11-02,\n");
    let checked = check_with(&rows, &additions()).unwrap();
    assert_eq!(rejections(&checked), [(31, Code::BadChange), (32, Code::BadChange)]);
    assert_eq!(numbers(&checked), ["+12025550101"]);
}

#[test]
fn a_number_that_is_added_and_deleted_stays_suppressed_and_its_row_says_so() {
    let bytes = "2025550101,2026-11-02,D\n2025550102,2026-11-01,A\n2025550101,2026-11-01,A\n2025550101,2026-11-03,D\n";
    let checked = check_with(bytes, &additions()).unwrap();
    assert_eq!(numbers(&checked), ["+12025550101", "+12025550102"]);
    assert_eq!(codes(&checked, 3), [Code::AddedAndDeleted]);
    let said = checked.problems.iter().find(|p| p.code == Code::AddedAndDeleted).unwrap();
    assert!(said.hint.starts_with("row 1 takes this number off"), "{}", said.hint);
    assert_eq!((checked.rejected, checked.warnings), (2, 1));
}

#[test]
fn a_column_of_changes_can_be_named_and_taken_back() {
    let bytes = "phone,what\n2025550101,add\n2025550102,delete\n2025550103,moved\n";
    let map = |column: &str| vec![(Field::Change, column.to_owned())];
    assert_eq!(
        asks(bytes, &InputOptions { map: map("what"), ..InputOptions::default() }),
        "--changes additions"
    );
    let checked = check_with(bytes, &InputOptions { map: map("what"), ..additions() }).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::DeletionRow), (3, Code::BadChange)]);

    let list = "2025550101,2026-11-01,A\n2025550102,2026-11-02,D\n";
    let none = InputOptions { map: map("-"), ..InputOptions::default() };
    assert_eq!(numbers(&check_with(list, &none).unwrap()).len(), 2);
    let ignore = InputOptions { changes: Some(Changes::Ignore), ..InputOptions::default() };
    assert_eq!(numbers(&check_with(list, &ignore).unwrap()).len(), 2);
}

#[test]
fn who_speaks_of_changes_and_has_no_such_column_is_asked_for_it() {
    // Read without one, every row would be taken for an addition.
    let bytes = "phone,what\n2025550101,new\n2025550102,gone\n";
    assert_eq!(asks(bytes, &additions()), "--map change=COLUMN");
}

#[rstest]
#[case::grades("phone,expires,state\n2025550101,2027-11-01,US-DC\n")]
#[case::no_dates("phone,grade\n2025550101,A\n2025550102,D\n")]
#[case::an_expiry("phone,expires,grade\n2025550101,2027-11-01,A\n2025550102,2027-11-01,D\n")]
fn other_tables_do_not_ask(#[case] bytes: &str) {
    assert_eq!(check_bytes(bytes).unwrap().rejected, 0);
}

#[test]
fn deletions_are_in_the_rejects_with_all_they_say() {
    let (folder, path) = stored("list.txt", "2025550101,2026-11-01,A\n2025550102,2026-11-02,D\n");
    let document = Document::open(&path, &additions()).unwrap();
    let checked = check_document(&document).unwrap();
    let out = folder.path().join("rejects.csv");
    assert_eq!(write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap(), 1);
    let written = std::fs::read_to_string(out).unwrap();
    assert!(written.contains("deletion-row") && written.contains("2025550102,2026-11-02,D"), "{written}");
}

#[rstest]
#[case::a_letter_nobody_knows("change,phone\nA,2025550101\nD,2025550102\nC,2025550103\n", &[(2, Code::DeletionRow), (3, Code::BadChange)])]
#[case::removals("phone,action,date\n2025550101,Add,2026-11-02\n2025550102,Remove,2026-11-02\n", &[(2, Code::DeletionRow)])]
#[case::inserts("phone,change\n2025550101,insert\n2025550102,delete\n", &[(2, Code::DeletionRow)])]
#[case::an_operation("op,phone\nU,2025550101\nA,2025550102\nD,2025550103\n", &[(1, Code::BadChange), (3, Code::DeletionRow)])]
#[case::a_status("phone,status\n2025550101,added\n2025550102,deleted\n", &[(2, Code::DeletionRow)])]
#[case::without_names("2025550101,2026-11-02,C\n2025550102,2026-11-02,D\n", &[(1, Code::BadChange), (2, Code::DeletionRow)])]
#[case::one_of_many("phone,date,type\n2025550101,2026-11-02,C\n2025550102,2026-11-02,D\n2025550103,2026-11-02,R\n", &[(1, Code::BadChange), (2, Code::DeletionRow), (3, Code::BadChange)])]
fn one_word_of_deletion_is_enough_to_ask(#[case] bytes: &str, #[case] wrong: &[(u64, Code)]) {
    assert_eq!(asks(bytes, &InputOptions::default()), "--changes additions");
    assert_eq!(rejections(&check_with(bytes, &additions()).unwrap()), wrong);
}

#[rstest]
#[case::in_use("phone,status\n2025550101,A\n2025550102,A\n")]
#[case::words("phone,action\n2025550101,call\n2025550102,mail\n")]
#[case::letters("2025550101,2026-11-02,M\n2025550102,2026-11-02,F\n")]
#[case::initials("first,mi,phone,dob\nAnn,B,2025550101,1990-01-01\nBob,D,2025550102,1991-01-01\n")]
#[case::initials_without_names("Ann,D,Doe,2025550101,1990-01-01\nBob,A,Roe,2025550102,1990-01-02\n")]
#[case::grades("phone,grade,date_added\n2025550101,B,2026-11-01\n2025550102,D,2026-11-01\n")]
fn words_that_delete_nothing_do_not_ask(#[case] bytes: &str) {
    assert_eq!(check_bytes(bytes).unwrap().valid, 2);
}

#[test]
fn a_deletion_behind_many_other_words_is_never_an_addition() {
    let rows: String = (0..200).map(|n| format!("2{:02}55501{:02},new\n", 2 + n / 100, n % 100)).collect();
    let bytes = format!("phone,action\n{rows}2125550101,delete\n2125550102,other\n");
    let checked = check_bytes(&bytes).unwrap();
    assert_eq!(rejections(&checked), [(201, Code::DeletionRow)]);
    assert_eq!(checked.valid, 201);
    let ignore = InputOptions { changes: Some(Changes::Ignore), ..InputOptions::default() };
    assert_eq!(check_with(&bytes, &ignore).unwrap().rejected, 0);
}
