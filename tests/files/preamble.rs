//! What stands above the data: names and comments, and no number among them.

use super::*;

fn with_header(bytes: &str) -> Result<Checked, FileError> {
    check_with(bytes, &InputOptions { header: Some(true), ..InputOptions::default() })
}

#[rstest]
#[case::quoted_notes("phone,\"notes\n2025550101,call\"\n2125550103,x\n")]
#[case::carriage_return("phone,\"notes\r2025550101,call\"\r2125550103,x\r")]
#[case::first_column("\"phone\n2025550101\",notes\n2125550103,x\n")]
fn a_header_over_several_lines_with_a_number_in_it_is_asked_about_though_it_was_said(#[case] bytes: &str) {
    let asked = with_header(bytes).unwrap_err();
    assert!(matches!(&asked, FileError::NeedsChoice { flag, .. } if flag == "--no-header"), "{asked:?}");
}

#[test]
fn a_header_over_several_lines_of_words_is_a_header() {
    let file = "\"phone\nnumber\",notes\n2125550103,x\n";
    for checked in [with_header(file), check_bytes(file)] {
        assert_eq!(numbers(&checked.unwrap()), ["+12125550103"]);
    }
}

#[rstest]
#[case::plain("#2025550101\n2125550102\n")]
#[case::quoted("\"#2025550101\"\n2125550102\n")]
#[case::quoted_words("\"# 1 list\"\n2125550102\n")]
#[case::with_more_cells("#2025550101,Ada\n2125550102,Bob\n")]
#[case::below_a_comment("# made on Monday\n#2025550101\n2125550102\n")]
fn a_row_behind_a_number_sign_is_shown_and_not_taken_for_a_comment(#[case] bytes: &str) {
    let checked = check_bytes(bytes).unwrap();
    assert_eq!((checked.rows, checked.rejected, numbers(&checked).len()), (2, 1, 1));
    assert_eq!(checked.rows, checked.records);
}

#[test]
fn a_quotation_that_starts_with_a_number_sign_swallows_no_number() {
    let checked = check_bytes("\"#1 list\n2025550101\n\"\n2125550102\n").unwrap();
    assert_eq!((checked.rows, checked.rejected, checked.accounting.comments), (4, 3, 0));
}

#[test]
fn comments_are_left_out_and_counted() {
    let file = "# exported 2026-11-01\n# questions: 202-555-0101\n# rows: 1,204,118\n\nphone\n2025550102\n";
    let checked = check_bytes(file).unwrap();
    assert_eq!((checked.rows, numbers(&checked)), (1, vec!["+12025550102".into()]));
    let said = checked.problems.iter().find(|problem| problem.code == Code::CommentLines).unwrap();
    assert_eq!((said.place.row, said.raw.as_ref()), (0, "3"));
    assert!(!codes(&check_bytes("phone\n2025550102\n").unwrap(), 0).contains(&Code::CommentLines));
}

#[test]
fn a_number_above_the_column_names_is_asked_about() {
    let asked = check_bytes("#2025550101\nphone\n2125550102\n").unwrap_err();
    assert!(matches!(&asked, FileError::NeedsChoice { flag, .. } if flag == "--no-header"), "{asked:?}");
}
