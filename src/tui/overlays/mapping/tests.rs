//! A wrong column shows before Enter.

use crate::ops::{Field, InputOptions};
use crate::tui::desk::{DIRTY, Desk};

const SEVERAL: &str = "name,home,work,until\n\
    a,4155550101,2135550101,2027-12-31\n\
    b,4155550102,,2020-01-01\n\
    c,4155550103,n/a,\n";

/// What the file is read with after Enter.
fn taken(desk: &mut Desk) -> Box<InputOptions> {
    desk.keys("enter");
    desk.kit.app.cx.store.file.as_ref().unwrap().opened.input.options.clone()
}

fn mapped(desk: Desk) -> Desk {
    let mut desk = desk;
    desk.kit.keys("m");
    desk.kit.started();
    desk
}

#[test]
fn each_field_says_how_the_rows_read_under_its_column() {
    let mut desk = mapped(Desk::open(DIRTY));
    desk.kit.shows(&[
        "◂ phone ▸",
        "5 of 8 read as numbers · 3 rejected: not a phone number",
        "7 of 8 have the form US-CA · 1 inferred",
        "7 of 8 are dates · 1 rejected: expired before today",
        "8 of 8 are filled",
        "number: (415) 555-0101 · n/a · (213) 555-0142",
    ]);
    // The remark as expiry: it shows at once what that would do.
    desk.kit.keys("down down right right").shows(&["0 of 8 are dates · 8 rejected: unreadable expiry date"]);
    desk.kit.shows(&["expires: first · no number"]);
}

#[test]
fn a_column_that_is_only_passed_stays_with_its_field() {
    let mut desk = mapped(Desk::open(DIRTY));
    desk.kit.keys("down right").shows(&["never (= sets a date"]).keys("right right");
    desk.kit.shows(&["7 of 8 are dates", "left empty"]);
    let options = taken(&mut desk);
    assert!(options.map.contains(&(Field::Jurisdiction, "5".into())), "{:?}", options.map);
    assert!(options.map.contains(&(Field::Expires, "3".into())), "{:?}", options.map);
}

#[test]
fn several_columns_of_numbers_are_chosen_and_counted_cell_by_cell() {
    let mut desk = mapped(Desk::open(SEVERAL));
    desk.kit.shows(&["◂ home ▸", "3 of 3 read as numbers"]);
    desk.kit.keys("+ right").shows(&["◂ home + work ▸", "4 of 5 read as numbers · 1 rejected"]);
    desk.kit.keys("-").shows(&["◂ home ▸"]).keys("-").shows(&["the number needs a column"]);
    desk.kit.keys("+ right down +").shows(&["only the number may stand in several columns"]);
    let options = taken(&mut desk);
    let numbers: Vec<&str> =
        options.map.iter().filter(|(field, _)| *field == Field::Number).map(|(_, at)| at.as_str()).collect();
    assert_eq!(numbers, ["2", "3"]);
    assert!(options.map.contains(&(Field::Jurisdiction, "-".into())), "{:?}", options.map);
}

#[test]
fn a_constant_is_typed_for_a_field_without_column() {
    let mut desk = mapped(Desk::open(DIRTY));
    desk.kit.keys("down down =").shows(&["expires of every row:", "2029-12-31, or never"]);
    desk.kit.types("soon").keys("enter").shows(&["such as 2029-12-31", "expires of every row:"]);
    desk.kit.keys("backspace backspace backspace backspace").types("2029-12-31").keys("enter");
    desk.kit.shows(&["= 2029-12-31", "for every row"]).hides(&["expires of every row:"]);
    let options = taken(&mut desk);
    assert_eq!(options.constants.get(Field::Expires), Some("2029-12-31"));
    assert!(options.map.contains(&(Field::Expires, "-".into())), "{:?}", options.map);
    desk.kit.shows(&["2029-12-31"]).hides(&["expired before today"]);
    // A column takes its place again, and a field without one may lose it.
    let mut desk = mapped(desk);
    desk.kit.keys("down down -").hides(&["= 2029-12-31"]).shows(&["never (= sets a date"]);
    desk.kit.keys("up up =").shows(&["number has no value for every row"]);
    desk.kit.keys("down down =").types("x").keys("esc").shows(&["Which column holds what"]);
    assert_eq!(taken(&mut desk).constants.get(Field::Expires), None);
}

#[test]
fn nothing_that_was_not_changed_is_said() {
    let mut desk = mapped(Desk::open(DIRTY));
    desk.kit.keys("down down up");
    assert!(taken(&mut desk).map.is_empty());
}

#[test]
fn what_rejects_carry_can_be_taken_away() {
    let rejects = "phone,problem_row,problem_code,problem_mapping\n\
                   4155550101,1,,number=phone; set.expires=2030-12-31; set.source=web\n";
    let mut desk = mapped(Desk::open(rejects));
    desk.kit.keys("down down").shows(&["= 2030-12-31", "= web"]).keys("-").hides(&["= 2030-12-31"]);
    assert_eq!(taken(&mut desk).constants.get(Field::Expires), None);
    let constants = desk.kit.app.cx.store.file.as_ref().unwrap().opened.document.constants();
    assert_eq!(constants.iter().collect::<Vec<_>>(), [(Field::Source, "web")]);
}
