//! `--op`, `undo` and `dead-letters --retry`, as scripts use them.

use serde_json::json;

use crate::support::{Desk, Tenant};

const LIST: &str = "Internal_OptOuts";

fn upload<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["upload", file, "--list", LIST, "--reason", "test", "--yes", "--json"], more].concat()
}

#[test]
fn numbers_come_off_are_named_first_and_come_back_by_an_undo() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("in.csv", "phone\n415-555-0171\n415-555-0172\n415-555-0173\n");
    desk.write("off.csv", "phone\n(415) 555-0172\n415-555-0179\n");
    desk.run(upload("in.csv", &[])).exits(0);

    let plan = ["plan", "off.csv", "--op", "remove", "--list", LIST];
    desk.run(plan).exits(0).says("TAKES OFF: +14155550172").says("may be CALLED then");
    let planned = desk.run(plan.iter().chain(&["--json"])).exits(0).json();
    assert_eq!(planned["takes_off"], json!(["+14155550172"]));
    assert_eq!(
        (&planned["op"], &planned["remove"], &planned["unchanged"]),
        (&json!("remove"), &json!(1), &json!(1))
    );

    let run = desk.run(upload("off.csv", &["--op", "remove"])).exits(0).json();
    assert_eq!((&run["state"], &run["op"], &run["accepted"]), (&json!("ready"), &json!("remove"), &json!(1)));
    let known = desk.run(["lookup", "4155550172", "--offline", "--json"]).exits(1).json();
    assert_eq!(known[0]["ledger"][0]["taken_off"], true);
    assert!(known[0]["because"].as_str().unwrap().contains("took this number off list"), "{known}");

    let id = run["run"].as_str().unwrap();
    let shown = desk.run(["undo", id, "--json"]).exits(0).json();
    assert_eq!((&shown["origin"], &shown["add"]), (&json!(format!("undo {id}")), &json!(1)));
    let undone = desk.run(["undo", id, "--reason", "wrong file", "--yes", "--json"]).exits(0).json();
    assert_eq!((&undone["state"], &undone["accepted"]), (&json!("ready"), &json!(1)));
    desk.run(["undo", id, "--json"]).exits(1).says("nothing-to-undo");

    let again = desk.run(upload("in.csv", &[])).exits(0).json();
    assert_eq!((&again["accepted"], &again["unchanged"]), (&json!(0), &json!(3)), "all three are back");
}

#[test]
fn a_snapshot_is_one_operation_and_a_wrong_one_is_refused_before_anything_is_sent() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("march.csv", "phone\n415-555-0171\n415-555-0172\n");
    desk.write("april.csv", "phone\n415-555-0172\n415-555-0173\n");
    desk.run(upload("march.csv", &[])).exits(0);

    let run = desk.run(upload("april.csv", &["--op", "sync"])).exits(0).json();
    assert_eq!((&run["rows"], &run["accepted"], &run["unchanged"]), (&json!(3), &json!(2), &json!(1)));

    desk.write("changes.csv", "phone,change\n415-555-0172,D\n415-555-0174,A\n");
    let changes = |op, which| upload("changes.csv", &["--op", op, "--changes", which]);
    desk.run(changes("sync", "additions")).exits(2).says("not-a-snapshot");
    desk.run(changes("remove", "additions")).exits(2).says("other-direction");
    desk.run(changes("add", "deletions")).exits(2).says("other-direction");
    let run = desk.run(changes("remove", "deletions")).exits(1).json();
    assert_eq!(
        (&run["accepted"], &run["rejected"]),
        (&json!(1), &json!(1)),
        "the addition is rejected by name"
    );
    desk.run(upload("april.csv", &["--op", "remove", "--to", "items"])).exits(2).says("cannot-take-off");
    desk.run(["upload", "p-3f9a12c4", "--op", "remove", "--reason", "x", "--yes"])
        .exits(2)
        .says("a plan knows where its numbers go");
}

#[test]
fn whoever_approves_or_launches_a_stored_plan_is_told_who_comes_off() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("in.csv", "phone\n415-555-0171\n");
    desk.run(upload("in.csv", &[])).exits(0);
    let plan = desk.run(["plan", "in.csv", "--op", "remove", "--list", LIST, "--json"]).exits(0).json();
    let id = plan["plan"].as_str().unwrap();

    desk.run(["approve", id, "--reason", "opted in"]).exits(0).says("TAKES OFF: +14155550171");
    let approved = desk.run(["approve", id, "--reason", "opted in", "--json"]).exits(0).json();
    assert_eq!((&approved["remove"], &approved["takes_off"]), (&json!(1), &json!(["+14155550171"])));
}
