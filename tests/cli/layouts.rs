//! Saved layouts: this month's file is mapped once, next month's opens ready.

use serde_json::json;

use crate::support::Desk;

const NOVEMBER: &str = "Rufnr;Staat;Bis\n(415) 555-0147;CA;01/02/27\n415.555.0148;CA;\n";
const DECEMBER: &str = "Bis;Rufnr;Staat\n;415-555-0149;ca\n";
const SAID: [&str; 8] = [
    "--map",
    "number=Rufnr",
    "--map",
    "jurisdiction=Staat",
    "--map",
    "expires=Bis",
    "--value",
    "jurisdiction:CA=US-CA",
];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("november.csv", NOVEMBER);
    desk.write("december.csv", DECEMBER);
    let more = ["--value", "expires:01/02/27=2027-02-01", "--set", "source=State_CA", "--save-layout", "ca"];
    let check = ["check", "november.csv"].into_iter().chain(SAID).chain(more);
    desk.run(check).exits(0).says("layout “ca” saved").says("2 usable");
    desk
}

#[test]
fn next_months_file_of_the_same_header_opens_ready_and_says_so() {
    let desk = desk();
    let found = desk.run(["check", "december.csv", "--json"]).exits(0).json();
    assert_eq!(found["layout"], json!({"name": "ca", "contents": "full", "by_match": true}));
    assert_eq!((&found["valid"], &found["problems"]["layout-matched"]), (&json!(1), &json!(1)));
    desk.run(["check", "december.csv"]).exits(0).says("layout ca, full").says("layout-matched");

    let found = desk.run(["check", "december.csv", "--layout", "ca", "--json"]).exits(0).json();
    assert_eq!(found["layout"]["by_match"], false);
    assert_eq!(found["problems"].get("layout-matched"), None, "it was named");
    let without = desk.run(["check", "december.csv", "--layout", "-", "--json"]).exits(0).json();
    assert_eq!(without.get("layout"), None);
}

#[test]
fn flags_go_before_the_layout() {
    let desk = desk();
    desk.run(["check", "december.csv", "--layout", "ca", "--value", "jurisdiction:CA=US-NV", "--json"])
        .exits(0)
        .says("jurisdiction-mismatch");
    desk.run(["check", "december.csv", "--layout", "ca", "--delimiter", "comma"]).fails(3, "layout-mismatch");
}

#[test]
fn a_layout_for_other_files_is_refused_with_the_columns_that_are_missing() {
    let desk = desk();
    desk.write("house.csv", "phone,Bis\n4155550147,\n");
    desk.run(["check", "house.csv"]).exits(0).says("1 usable");
    let refused = desk.run(["check", "house.csv", "--layout", "ca"]);
    refused.fails(3, "layout-mismatch").says("Rufnr, Staat");
    let near = desk.run(["check", "house.csv", "--layout", "cb"]);
    near.fails(2, "unknown-layout").says("Did you mean “ca”?");
}

#[test]
fn two_layouts_that_fit_are_a_question_and_a_saved_one_is_not_replaced() {
    let desk = desk();
    let again = |name| ["check", "november.csv", "--layout", "ca", "--save-layout", name];
    desk.run(again("ca")).exits(0).says("says the same");
    let other = ["check", "november.csv", "--layout", "ca", "--set", "source=House", "--save-layout", "ca"];
    desk.run(other).fails(2, "layout-exists");
    desk.run(again("second")).exits(0).says("saved in");
    desk.run(["check", "december.csv"]).fails(3, "needs-choice").says("ca, second").says("--layout NAME");
    desk.run(["check", "december.csv", "--layout", "second"]).exits(0);
}

#[test]
fn layouts_are_listed_shown_and_removed() {
    let desk = desk();
    desk.run(["layouts"]).exits(0).says("header with Rufnr, Staat, Bis");
    let listed = desk.run(["layouts", "ls", "--json"]).exits(0).json();
    assert_eq!(listed[0]["name"], "ca");
    desk.run(["layouts", "show", "ca"]).exits(0).says("CA = \"US-CA\"").says("[layouts.ca");
    desk.run(["layouts", "rm", "ca", "--read-only"]).fails(2, "read-only");
    desk.run(["layouts", "rm", "ca"]).exits(0).says("removed");
    desk.run(["layouts", "rm", "ca"]).fails(2, "unknown-layout");
    assert!(!desk.run(["check", "december.csv"]).exits(0).all().contains("layout"));
}

#[test]
fn a_file_without_header_is_known_by_its_name() {
    let desk = Desk::new();
    desk.write("wireless_2026-11.txt", "2025550147\n2025550148\n");
    desk.write("wireless_2026-12.txt", "2025550149\n");
    desk.write("landline_2026-12.txt", "2025550149\n");
    let save = ["check", "wireless_2026-11.txt", "--set", "source=ported", "--save-layout", "ported"];
    desk.run(save).exits(0);
    desk.run(["layouts", "show", "ported"]).exits(0).says("file = \"wireless_*.txt\"");
    desk.run(["check", "wireless_2026-12.txt"]).exits(0).says("layout-matched");
    assert!(!desk.run(["check", "landline_2026-12.txt"]).exits(0).all().contains("layout"));
}

#[test]
fn lists_of_changes_ranges_and_fixed_width_open_ready_too() {
    let desk = Desk::new();
    let save = |file: &str, said: &[&str]| {
        let check = ["check", file].into_iter().chain(said.iter().copied());
        desk.run(check.chain(["--allow-rejects"])).exits(0).says("saved in");
    };
    desk.write("dnc_2026-11.csv", "Rufnr;Was;X\n4155550147;A;1\n4155550148;D;2\n");
    desk.write("dnc_2026-12.csv", "X;Was;Rufnr\n1;A;4155550149\n1;A;4155550150\n1;D;4155550151\n");
    let changes = ["--changes", "additions", "--map", "change=Was", "--save-layout", "changes"];
    save("dnc_2026-11.csv", &changes);
    let found = desk.run(["check", "dnc_2026-12.csv", "--allow-rejects", "--json"]).exits(0).json();
    assert_eq!(found["layout"]["name"], "changes");
    assert_eq!((&found["valid"], &found["problems"]["deletion-row"]), (&json!(2), &json!(1)));
    desk.run(["check", "dnc_2026-12.csv", "--layout", "-"]).says("3 usable");
    desk.write("house.csv", "Rufnr;X\n4155550147;1\n");
    let other = desk.run(["check", "house.csv", "--layout", "changes"]);
    other.fails(3, "layout-mismatch").says("of the layout “changes”: Was");

    desk.write("ported_1.txt", "2025550110,0119\n2025550120,0129\n");
    desk.write("ported_2.txt", "2025550110,0114\n");
    save("ported_1.txt", &["--map", "range-end=2", "--save-layout", "ranges"]);
    let found = desk.run(["check", "ported_2.txt", "--json"]).exits(0).json();
    assert_eq!((&found["layout"]["name"], &found["valid"]), (&json!("ranges"), &json!(5)));

    desk.write("fixed_1.dat", "2025550110US-DC one\n2025550111US-DC two\n");
    desk.write("fixed_2.dat", "2025550112US-DC six\n");
    let fixed =
        ["--widths", "10,6,*", "--map", "number=1", "--map", "jurisdiction=2", "--save-layout", "fixed"];
    save("fixed_1.dat", &fixed);
    desk.run(["layouts", "show", "fixed"]).exits(0).says("widths = \"10,6,*\"");
    let found = desk.run(["check", "fixed_2.dat", "--json"]).exits(0).json();
    assert_eq!((&found["layout"]["name"], &found["valid"]), (&json!("fixed"), &json!(1)));
    assert_eq!(found["problems"].get("assumed-widths"), None, "its widths are known");
}

#[test]
fn rejects_are_read_as_they_were_and_not_with_a_layout() {
    let desk = desk();
    desk.write("mixed.csv", "Rufnr;Staat;Bis\n(415) 555-0147;CA;01/02/27\nn/a;CA;\n");
    let rejects = ["--allow-rejects", "--rejects", "again.csv"];
    let other = ["check", "mixed.csv", "--set", "source=Other"].into_iter().chain(rejects);
    desk.run(other).exits(0).says("layout-matched");
    let text = std::fs::read_to_string(desk.work().join("again.csv")).unwrap();
    assert!(text.contains("set.source=Other; value.jurisdiction:CA=US-CA"), "{text}");
    std::fs::write(desk.work().join("again.csv"), text.replacen("n/a,CA", "4155550148,ca", 1)).unwrap();
    let found = desk.run(["check", "again.csv", "--clean", "clean.csv", "--json"]).exits(0).json();
    assert_eq!((found.get("layout"), &found["valid"]), (None, &json!(1)));
    let clean = std::fs::read_to_string(desk.work().join("clean.csv")).unwrap();
    assert!(clean.contains("US-CA") && clean.contains("Other"), "{clean}");

    // Also where a layout goes by the name of the file alone.
    desk.write("wireless_1.txt", "2025550147\nx\n");
    let said = ["--allow-rejects", "--no-header", "--set", "source=ported"];
    let save = ["--save-layout", "ported", "--rejects", "wireless_2.txt"];
    desk.run(["check", "wireless_1.txt"].into_iter().chain(said).chain(save)).exits(0);
    let found = desk.run(["check", "wireless_2.txt", "--allow-rejects", "--json"]).exits(0).json();
    assert_eq!((found.get("layout"), &found["rows"]), (None, &json!(1)));
}

#[test]
fn constants_that_cannot_be_used_are_refused_with_a_sentence() {
    let desk = Desk::new();
    desk.write("list.csv", "phone\n2025550147\n");
    for (flag, text, said) in [
        ("--set", "expires=soon", "such as 2029-12-31"),
        ("--set", "jurisdiction=everywhere", "none for everywhere"),
        ("--set", "number=1", "not number"),
        ("--set", "expires", "FIELD=VALUE"),
        ("--set", "colour=red", "does not exist"),
        ("--value", "jurisdiction=CA", "FIELD:CELL=VALUE"),
        ("--value", "jurisdiction:CA=California", "such as US-CA"),
    ] {
        desk.run(["check", "list.csv", flag, text]).fails(2, "usage").says(said);
    }
    desk.run(["check", "list.csv", "--set", "expires=2020-01-01"]).fails(2, "bad-constant").says("past");
    desk.run(["check", "list.csv", "--set", "expires=2099-12-31", "--set", "jurisdiction=inferred"]).exits(0);
}

#[test]
fn the_report_for_scripts_begins_with_what_the_check_says() {
    let desk = desk();
    let read = |name: &str| std::fs::read_to_string(desk.work().join(name)).unwrap();
    let read_json = |name: &str| serde_json::from_str::<serde_json::Value>(&read(name)).unwrap();
    let said = desk.run(["check", "december.csv", "--report", "december.json", "--json"]).exits(0).json();
    let report = read_json("december.json");
    for (field, value) in said.as_object().unwrap() {
        assert_eq!(&report[field], value, "{field}");
    }
    assert_eq!(report["layout"]["name"], "ca");
    assert_eq!(report["format"]["widths"], serde_json::Value::Null);
    desk.write("fixed.txt", "4155550147US-CA\n4155550148US-CA\n");
    let fixed =
        ["check", "fixed.txt", "--widths", "10,5", "--report", "fixed.json", "--report", "fixed.html"];
    desk.run(fixed).exits(0);
    let report = read_json("fixed.json");
    assert_eq!(report["format"]["widths"], "10,5");
    assert!(read("fixed.html").contains("none, fixed widths 10,5"));
}
