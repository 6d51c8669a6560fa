//! The main job from end to end with keys alone, as somebody does it on the first day.

use crate::harness::Console;

/// On a list that a blocking rule enforces, in the demo's world.
const SUPPRESSED: &str = "202 555 0101";
/// Part of the name of the sample with every kind of damage, as typed into the file picker.
const DIRTY_SAMPLE: &str = "dirty";
/// The list that the sample is uploaded to, as typed into the list picker.
const LIST: &str = "National";
/// The palette's command by which the embedded tenant loses three entries of the list.
const LOSE_THREE: &str = "lose three";

#[test]
fn look_up_load_mend_upload_wait_and_reconcile() {
    let mut console = Console::demo();
    look_up(&mut console);
    walk_the_problems(&mut console);
    upload(&mut console);
    see_it_enforced(&mut console);
    find_what_was_lost(&mut console);
    console.keys("<esc><esc>q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

/// A plan that was made and left is found among those that wait, opened as it was stored, and launched from there.
#[test]
fn a_plan_that_was_left_is_found_and_launched_later() {
    let mut console = Console::demo();
    console.wait_for("Number").keys("<esc><f4>o").wait_for(DIRTY_SAMPLE).keys(DIRTY_SAMPLE).keys("<enter>");
    console.wait_for("Day or month first?").keys("<esc>").wait_for("Problems");
    console
        .keys("u")
        .wait_for("list")
        .keys(LIST)
        .keys("<enter>")
        .wait_for("Plan and approve")
        .wait_for("digest");
    console.keys("<esc>").wait_gone("Plan and approve");
    console.keys("<f5>w").wait_for("Plans that wait").wait_for("not approved").wait_for("p-");
    console.keys("<enter>").wait_for("Plan and approve").wait_for("digest").wait_for("This will suppress");
    console.keys("as planned<tab><enter>").wait_for("● READY");
    console.keys("w").wait_for("No plan waits.");
    console.keys("<esc><esc>q");
    assert_eq!(console.wait_exit().exit_code(), 0);
}

/// A number that must not be called is answered with its reason.
fn look_up(console: &mut Console) {
    console.wait_for("Number").keys(SUPPRESSED).keys("<enter>");
    console.wait_for("DO NOT CALL").wait_for("Because").wait_for("BLOCK");
}

/// The dirty sample opens beside its problems; `e` walks through them and the row follows.
fn walk_the_problems(console: &mut Console) {
    console.keys("<esc><f4>o").wait_for(DIRTY_SAMPLE).keys(DIRTY_SAMPLE).keys("<enter>");
    // One of its dates can be read two ways; left open, the row stays rejected.
    console.wait_for("Day or month first?").keys("<esc>");
    console.wait_for("Problems").wait_for("not a phone number").wait_for("rejected");
    let mut places = Vec::new();
    for _ in 0..3 {
        console.keys("e").wait_for("row ");
        console.wait_until("the next problem's row", |console| !places.contains(&place(console)));
        places.push(place(console));
    }
}

/// The status line of the rows: `row 12 of 240`.
fn place(console: &Console) -> String {
    let text = console.text();
    let numbered = |at: usize| {
        let digits: String = text[at + 4..].chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
        let is_place = !digits.is_empty() && text[at + 4 + digits.len()..].starts_with(" of ");
        is_place.then_some(digits)
    };
    text.match_indices("row ").find_map(|(at, _)| numbered(at)).unwrap_or_default()
}

/// Plan, reason, launch: nothing leaves before the reason is given and the button is reached.
fn upload(console: &mut Console) {
    console.keys("u").wait_for("list").keys(LIST).keys("<enter>");
    console.wait_for("reason").keys("quarterly load<tab><enter>");
    console.wait_for("Runs");
    console.wait_until("the run's end of sending", |console| {
        ["settling", "cooling", "READY", "ready", "reconcil"].iter().any(|word| console.shows(word))
    });
}

/// After the cool-down, which the sandbox shortens, and the reconciliation, the list counts as enforced.
fn see_it_enforced(console: &mut Console) {
    console.keys("<f5>").wait_for("● READY");
    console.keys("<f2>").wait_for("● READY");
}

/// Three entries vanish on the tenant; exactly those three are found.
fn find_what_was_lost(console: &mut Console) {
    console.keys(":").keys(LOSE_THREE).wait_for("lose three entries").keys("<enter>");
    console.keys("<f6>c").wait_for("missing 3").wait_for("unexpected 0").wait_for("changed 0");
    // A frame arrives in pieces: the rows are counted once they are all there.
    console.wait_until("a row for each of the three lost entries", |console| {
        console.text().lines().filter(|line| line.contains("(not there)")).count() == 3
    });
}
