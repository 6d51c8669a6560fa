//! Enter on a row: everything about it, nothing hidden.

use crate::tui::desk::Desk;

#[test]
fn long_bytes_go_on_under_themselves_and_can_be_scrolled_to_their_end() {
    let long = format!("{}\u{7}{}END", "word ".repeat(150), "é".repeat(40));
    let mut desk = Desk::open(&format!("phone,remark\n4155550101,{long}\n"));
    desk.keys("enter").kit.shows(&["Row 1", "remark", "control character in the row"]).hides(&["\\x07"]);
    desk.keys("end pageup").kit.shows(&["END", "\\x07\\xc3\\xa9"]);
    // What goes on stands under its value.
    let screen = desk.kit.screen();
    let line = screen.lines().find(|line| line.contains("END") && !line.contains("“")).unwrap();
    assert!(line.split('┃').nth(1).unwrap_or(line).starts_with("      "), "{line}");
    assert!(!screen.contains('\u{7}'));
}

#[test]
fn every_number_of_a_row_with_several_is_read() {
    let mut desk = Desk::open("phone,mobile\n4155550101,4155550102\n");
    let file = desk.kit.app.cx.store.file.as_ref().unwrap();
    let mut input = file.opened.input.clone();
    input.options.map = ["phone", "mobile"].map(|name| (crate::ops::Field::Number, name.to_owned())).to_vec();
    let op = crate::tui::event::Op::OpenFile { path: desk.path(), input };
    desk.kit.does(crate::tui::act::Act::Start(op));
    desk.serve();
    desk.keys("enter").kit.shows(&[
        "number",
        "+1 415 555 0101",
        "+1 415 555 0102",
        "21 without the line ending",
    ]);
}
