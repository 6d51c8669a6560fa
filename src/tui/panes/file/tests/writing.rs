//! What is written from the File pane: rejects, cleaned list, report.

use super::*;

#[test]
fn rejects_go_to_a_file_that_is_named() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("x");
    let started = desk.serve();
    let [Op::WriteOut { out, .. }] = started.as_slice() else { panic!("{started:?}") };
    let out = out.clone();
    assert!(out.ends_with("dirty.rejects.csv"));
    desk.kit.answer(|op| matches!(op, Op::WriteOut { .. }), Fact::Written { path: out, rows: 4 });
    desk.kit.shows(&["4 rows written to", "dirty.rejects.csv"]);
}

#[test]
fn what_stands_there_is_replaced_only_by_who_says_so() {
    let mut desk = Desk::open(DIRTY);
    let asks = |desk: &mut Desk| {
        desk.kit.keys("x");
        let started = desk.serve();
        let [Op::WriteOut { out, replace: false, .. }] = started.as_slice() else { panic!("{started:?}") };
        desk.kit.answer(|op| matches!(op, Op::WriteOut { .. }), Fact::Occupied(out.clone()));
        desk.kit.shows(&["Replace the file?", "dirty.rejects.csv", "is there already"]);
    };
    // Enter keeps it, however long it is held.
    asks(&mut desk);
    desk.kit.keys("enter").hides(&["Replace the file?"]);
    assert!(desk.serve().is_empty());
    asks(&mut desk);
    desk.kit.keys("y").hides(&["Replace the file?"]);
    let started = desk.serve();
    assert!(matches!(started.as_slice(), [Op::WriteOut { replace: true, .. }]), "{started:?}");
}

#[test]
fn the_cleaned_list_and_the_report_stand_beside_the_rejects() {
    let mut desk = Desk::open(DIRTY);
    for (key, what, name, rows, said) in [
        ("X", Output::Clean, "dirty.clean.csv", 3, "3 rows written to"),
        ("W", Output::Report, "dirty.report.html", 0, "written to"),
    ] {
        desk.kit.keys(key);
        let started = desk.serve();
        let [Op::WriteOut { what: asked, out, .. }] = started.as_slice() else { panic!("{started:?}") };
        assert_eq!((*asked, out.file_name().unwrap().to_str().unwrap()), (what, name));
        let written = Fact::Written { path: out.clone(), rows };
        desk.kit.answer(|op| matches!(op, Op::WriteOut { .. }), written);
        desk.kit.shows(&[said, name]);
    }
}

#[test]
fn a_clean_file_says_so_and_has_no_rejects() {
    let mut desk = Desk::open("phone,jurisdiction\n4155550101,US-CA\n");
    desk.kit.shows(&["No problem in any row", "1 usable of 1 rows"]);
    desk.kit.keys("x").shows(&["no row was rejected"]);
    assert!(desk.serve().is_empty());
}
