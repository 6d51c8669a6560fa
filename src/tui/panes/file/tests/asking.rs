//! Files that ask something before they open, or before they are checked.

use super::*;

#[test]
fn an_archive_of_two_lists_asks_which_and_opens_the_answer() {
    use std::io::Write as _;
    let mut desk = Desk::with("phone\n2025550101\n");
    let path = desk.path().with_file_name("two.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, number) in [("a.csv", "2025550102"), ("b.csv", "2025550103")] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        write!(archive, "phone\n{number}\n").unwrap();
    }
    archive.finish().unwrap();
    desk.kit.keys("f4").paste(&path.display().to_string());
    desk.serve();
    desk.kit.shows(&["Which file of the archive?", "a.csv", "2025550102", "b.csv"]);
    desk.kit.pass(1).keys("down enter");
    desk.serve();
    desk.kit.shows(&["two.zip", "zip b.csv", "+1 202 555 0103"]).hides(&["Which file"]);
}

#[test]
fn a_list_of_changes_asks_what_to_do_with_it_and_its_deletions_are_rejected() {
    let mut desk = Desk::open("4155550101,2026-11-02,A\n4155550102,2026-11-02,D\n4155550103,2026-11-02,A\n");
    desk.kit.shows(&[
        "What to do with a list of changes?",
        "Of the first 3 rows 2 add a number and 1 take one off",
        "▌ read the additions; each deletion is a rejected row",
        "4155550101, 2026-11-02, A",
        "it is no list of changes",
    ]);
    desk.kit.pass(1);
    desk.keys("enter").kit.hides(&["What to do"]).shows(&[
        "ftc-changes",
        "→ +1 415 555 0101",
        "✗ row that takes a number off",
        "2 usable of 3 rows",
    ]);
}

#[test]
fn dates_that_nothing_decides_are_asked_about_once() {
    let text = "phone,expires\n4155550101,03/04/2099\n4155550102,2099-01-01\n";
    let mut desk = Desk::open(text);
    desk.kit.shows(&["Day or month first?", "03/04/2099 is 3 April 2099", "▌ month first"]);
    // Left open, the row stays rejected.
    desk.keys("esc").kit.hides(&["Day or month"]).shows(&["1 usable of 2 rows", "✗ ambiguous expiry date"]);
    let mut desk = Desk::open(text);
    desk.kit.pass(1);
    desk.keys("k enter")
        .kit
        .hides(&["Day or month", "ambiguous"])
        .shows(&["2 usable of 2 rows", "2099-04-03"]);
    // Where other dates decide, nobody is asked.
    Desk::open(&format!("{text}4155550103,13/04/2099\n")).kit.hides(&["Day or month"]);
}

#[test]
fn columns_of_fixed_width_are_shown_before_they_are_taken() {
    let how = |n| if n % 2 == 0 { "web form" } else { "by mail " };
    let lines: String = (0..5).map(|n| format!("415555010{n} US-CA {}\n", how(n))).collect();
    let mut desk = Desk::open(&lines);
    desk.kit.shows(&[
        "Columns of fixed width?",
        "▌ 3 columns of fixed width",
        "4155550100 │ US-CA │ web form",
    ]);
    desk.kit.pass(1);
    desk.keys("enter").kit.shows(&["fixed width", "→ +1 415 555 0100", "5 usable of 5 rows"]);
}

#[test]
fn ranges_are_asked_for_and_a_row_says_how_many_more_it_holds() {
    let mut desk = Desk::open("4155550101,0109\n4155550110,\n");
    desk.kit.shows(&["Ranges of numbers?", "▌ ranges: every number up to the end", "4155550101 … 0109"]);
    desk.kit.pass(1);
    desk.keys("enter").kit.shows(&[
        "ported-ranges",
        "→ +1 415 555 0101 +8",
        "10 usable of 10 numbers in 2 rows",
    ]);
    // The number is in the file, though no row writes it: a search must not say that it is not there.
    desk.kit.keys("/").types("4155550105");
    desk.keys("enter").kit.hides(&["no row holds"]).shows(&["no row names it; a range may still hold it"]);
}
