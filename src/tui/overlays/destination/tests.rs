use crate::domain::plan::{Destination, Operation};
use crate::tui::desk::Desk;
use crate::tui::event::Op;

const FILE: &str = "phone,firstName\n4155550187,Ann\n4155550188,Ben\n";

fn planned(desk: &mut Desk) -> (Destination, String, Vec<String>) {
    let started = desk.serve();
    let plan = started.iter().rev().find_map(|op| match op {
        Op::Plan(request) => Some((request.to, request.list.clone(), request.input.scrub.clone())),
        _ => None,
    });
    plan.unwrap_or_else(|| panic!("nothing was planned: {started:?}"))
}

#[test]
fn a_file_is_aimed_at_an_outbound_list_and_held_against_others() {
    let mut desk = Desk::open(FILE);
    desk.serve();
    desk.kit.keys("t").shows(&["Where to", "◂ entries ▸", "a verdict on each"]);
    desk.kit.keys("right right right").shows(&["◂ outbound ▸", "to be CALLED", "Not scrubbed"]);
    desk.kit.keys("enter").types("cl-winback").keys("enter").types("National, Held").keys("enter");
    desk.kit.shows(&["This file → cl-winback, outbound"]);
    let wanted = (Destination::Outbound, "cl-winback".into(), vec!["National".into(), "Held".into()]);
    assert_eq!(planned(&mut desk), wanted);
}

#[test]
fn a_list_has_to_be_named_and_a_dnc_list_is_no_suppression_list() {
    let mut desk = Desk::open(FILE);
    desk.serve();
    desk.kit.keys("t right right enter enter").shows(&["name the list"]);
    desk.kit.types("Held").keys("enter").shows(&["This file → Held, suppression"]);
    assert_eq!(planned(&mut desk), (Destination::Suppression, "Held".into(), Vec::new()));
    desk.kit.keys("t").shows(&["◂ suppression ▸", "Held"]);
    desk.kit.keys("left").hides(&["Held▏"]).keys("esc").shows(&["This file → Held, suppression"]);
}

#[test]
fn addresses_are_read_where_the_file_goes_to_a_suppression_list_and_nowhere_else() {
    let mut desk = Desk::open("phone,email\n4155550187,ann@example.com\n,ben@example.com\n,nobody\n");
    desk.serve();
    desk.kit.shows(&["1 usable of 3 rows", "rejected 2"]);
    desk.kit.keys("t right right enter").types("Held").keys("enter");
    desk.serve();
    desk.kit.shows(&[
        "3 usable of 4 contacts in 3 rows",
        "rejected 1",
        "→ ben@example.com",
        "not an e-mail address",
    ]);
    desk.kit.shows(&["→ +1 415 555 0187 +1"]);
    desk.kit.app.cx.masked = true;
    desk.kit.hides(&["ben@", "4155550187"]).shows(&["b••@example.com"]);
    desk.kit.app.cx.masked = false;
    desk.kit.keys("t right enter").types("cl-winback").keys("enter enter");
    desk.serve();
    desk.kit.shows(&["This file → cl-winback, outbound", "1 usable of 3 rows"]);
    assert_eq!(planned_again(&mut desk), Destination::Outbound);
}

/// Where the plan that is asked for by now goes.
fn planned_again(desk: &mut Desk) -> Destination {
    desk.kit.app.cx.store.planning.request.as_ref().map(|request| request.to).unwrap()
}

#[test]
fn taking_numbers_off_is_chosen_here_and_stands_in_the_title_of_what_is_planned() {
    let mut desk = Desk::open(FILE);
    desk.serve();
    desk.kit.keys("t").shows(&["do     ◂ add ▸"]);
    desk.kit.keys("tab right").shows(&["◂ remove ▸", "come OFF the list, and may be called then"]);
    desk.kit.keys("right").shows(&["◂ sync ▸", "records of others stay"]);
    desk.kit.keys("left tab");
    desk.kit.types("National").keys("enter").shows(&["This file comes OFF National, entries"]);
    let is_removal = |op: &Op| matches!(op, Op::Plan(request) if request.operation == Operation::Remove);
    assert!(desk.serve().iter().any(is_removal));
    // Where nothing can be taken off there is nothing to choose.
    desk.kit.keys("t right").hides(&["do     ◂"]);
}
