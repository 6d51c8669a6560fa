//! Search in the rows of a file by keys alone.

use crate::harness::Console;

/// The sample that most searches are tried on, as typed into the file picker.
const SAMPLE: &str = "dirty";

#[test]
fn slash_finds_n_goes_on_and_a_number_after_the_colon_is_a_row() {
    let mut console = Console::demo();
    console.wait_for("Number").keys("<esc><f4>o").wait_for(SAMPLE).keys(SAMPLE).keys("<enter>");
    console.wait_for("Day or month first?").keys("<esc>");
    console.wait_for("usable of").wait_for("row 1 of ");
    console.keys("/555<enter>").wait_for("match 1 of ").wait_for("as text");
    let first = place(&console);
    console.keys("n").wait_for("match 2 of ");
    let second = place(&console);
    assert!(!first.is_empty() && first != second, "from row {first} to row {second}");
    // Back, and once more: past the top, to the last one.
    console.keys("N").wait_until("the first match again", |console| place(console) == first);
    console.keys("N").wait_for("past the top, on from the end");
    console.keys("n").wait_for("past the end, on from the top").wait_for("match 1 of ");
    console.keys("/no such text<enter>").wait_for("no row holds it");
    console.keys("<esc>").wait_gone("no row holds it");
    console.keys(":3").wait_for("go to row 3").keys("<enter>").wait_for("row 3 of ");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

/// The status line of the rows: `row 12 of 240`.
fn place(console: &Console) -> String {
    let text = console.text();
    let of = |at: usize| {
        let digits: String = text[at + 4..].chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
        let is_place = !digits.is_empty() && text[at + 4 + digits.len()..].starts_with(" of ");
        is_place.then_some(digits)
    };
    text.match_indices("row ").find_map(|(at, _)| of(at)).unwrap_or_default()
}
