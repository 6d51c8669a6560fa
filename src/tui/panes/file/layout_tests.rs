//! Saved layouts in the File pane: mapped once, ready the next time.

use crate::tui::desk::Desk;

const NOVEMBER: &str = "Rufnr,Staat,Bis\n4155550147,US-CA,2027-12-31\n4155550148,US-CA,2027-12-31\n";

/// Saves how the open file is read.
fn save(desk: &mut Desk, name: &str) {
    desk.keys("S");
    desk.kit.shows(&["Save layout", "for files with the columns Rufnr, Staat, Bis", "number from Rufnr"]);
    desk.kit.types(name);
    desk.keys("enter");
}

/// Another file of that header, in the same folder.
fn open_next(desk: &mut Desk) {
    let path = desk.path().with_file_name("next.csv");
    std::fs::write(&path, "Bis,Rufnr,Staat\n2027-12-31,4155550149,US-CA\n").unwrap();
    desk.kit.paste(&path.display().to_string());
    desk.serve();
}

#[test]
fn a_saved_layout_opens_the_next_file_ready_and_the_title_says_it() {
    let mut desk = Desk::open(NOVEMBER);
    // The names say nothing: the columns of the place and of the date are chosen by hand.
    desk.keys("m down right right down right right right enter");
    desk.kit.shows(&["US-CA", "2027-12-31"]).hides(&["US-CA~", "layout"]);
    save(&mut desk, "ca_state");
    desk.kit.shows(&["layout “ca_state” saved"]);
    open_next(&mut desk);
    desk.kit.shows(&[
        "next.csv ── 1 rows",
        "layout ca_state",
        "US-CA",
        "2027-12-31",
        "a saved layout was used",
    ]);
    desk.kit.hides(&["US-CA~"]);
    let text = std::fs::read_to_string(desk.config().path()).unwrap();
    assert!(text.contains("expires = \"Bis\""), "{text}");
}

#[test]
fn several_that_fit_are_asked_and_none_of_them_is_an_answer() {
    let mut desk = Desk::open(NOVEMBER);
    save(&mut desk, "one");
    save(&mut desk, "two");
    open_next(&mut desk);
    desk.kit.shows(&["Which layout?", "one", "two", "none of them", "number: Rufnr"]);
    desk.kit.pass(1).keys("down enter");
    desk.serve();
    desk.kit.shows(&["next.csv", "layout two"]);
    open_next(&mut desk);
    desk.kit.pass(1).keys("end enter");
    desk.serve();
    desk.kit.shows(&["next.csv"]).hides(&["layout one", "layout two"]);
}

#[test]
fn another_layout_is_not_replaced_and_a_name_must_be_one() {
    let mut desk = Desk::open(NOVEMBER);
    save(&mut desk, "one");
    save(&mut desk, "one");
    desk.kit.shows(&["is saved already"]);
    desk.keys("m down right right enter");
    save(&mut desk, "one");
    desk.kit.shows(&["could not save the layout"]);
    desk.keys("S");
    desk.kit.types("a b");
    desk.keys("enter");
    desk.kit.shows(&["letters, digits, hyphens", "Save layout"]);
    desk.keys("esc");
    desk.kit.hides(&["Save layout"]);
}
