//! Somebody else's plan: found, looked at, approved, launched; and what must not happen on the way.

use crate::config::{Environment, FourEyes};
use crate::domain::phone::E164;
use crate::ops::{Approval, ApprovalStanding, Approved, Planned, WaitingPlan};
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Fact, Op};

/// A plan of kim's that takes one number off, under four eyes.
fn of_kim(desk: &Desk) -> Planned {
    let mut planned = desk.planned(1, 0);
    planned.summary.made_by = "kim".into();
    planned.summary.counts.remove = 1;
    planned.summary.counts.rows += 1;
    planned.comes_off = vec![E164::from_canonical("+14155550171").unwrap().into()];
    planned
}

/// An approval of the plan that was given just now and holds for so many hours.
fn standing(desk: &Desk, by: &str, hours: i64) -> ApprovalStanding {
    let at = desk.kit.now;
    let approval = Approval {
        digest: of_kim(desk).summary.digest,
        by: by.into(),
        claimed: None,
        reason: "I counted".into(),
        at,
        until: at + jiff::SignedDuration::from_hours(hours),
    };
    ApprovalStanding { approval, number: 1, used_by: None, void: None, seen: at }
}

/// Uploads, with the list of plans open and nothing in it yet.
fn uploads() -> Desk {
    let mut desk = Desk::on(Environment::Sandbox, DIRTY);
    desk.kit.app.cx.env.tenant.as_mut().unwrap().four_eyes = FourEyes::Always;
    let path = desk.path();
    desk.kit.keys("f4").paste(&path.display().to_string());
    desk.serve();
    desk.kit.keys("f5 w");
    desk
}

/// The same with kim's plan in it.
fn listed(standing: Option<ApprovalStanding>) -> Desk {
    let mut desk = uploads();
    let plan = of_kim(&desk).summary;
    let facts = Fact::Waiting(vec![WaitingPlan { plan, standing }]);
    desk.kit.answer(|op| matches!(op, Op::Waiting), facts);
    desk
}

fn opened(standing: Option<ApprovalStanding>) -> Desk {
    let mut desk = listed(standing.clone());
    desk.kit.keys("enter");
    let planned = Planned { approval: standing, ..of_kim(&desk) };
    desk.kit.answer(
        |op| matches!(op, Op::StoredPlan { plan } if plan == "p-3f9a12c4"),
        Fact::Planned(Box::new(planned)),
    );
    desk
}

fn changes(desk: &mut Desk) -> Vec<Op> {
    desk.kit.started().into_iter().filter(Op::is_change).collect()
}

#[test]
fn the_list_says_who_made_what_when_whom_it_takes_off_and_what_it_waits_for() {
    let mut desk = listed(None);
    desk.kit.shows(&["Plans that wait", "p-3f9a12c4", "kim", "14:00", "+3", "1 OFF", "waits for you"]);
    desk.kit.shows(&["dirty.csv → TCPA_National"]);
    let standing = standing(&desk, "sam", 24);
    let mut desk = listed(Some(standing));
    desk.kit.shows(&["sam, until 2026-11-21 14:00"]);
    desk.kit.now += jiff::SignedDuration::from_hours(25);
    desk.kit.pass(1).shows(&["sam: has ended"]);
    desk.kit.keys("esc").hides(&["Plans that wait"]);
}

#[test]
fn an_empty_list_names_the_way_and_a_failure_is_told() {
    let mut desk = uploads();
    desk.kit.answer(|op| matches!(op, Op::Waiting), Fact::Waiting(Vec::new()));
    desk.kit.shows(&["No plan waits."]);
}

#[test]
fn whoever_is_the_second_person_approves_and_launches_nothing_by_that() {
    let mut desk = opened(None);
    desk.kit.shows(&[
        "TAKES OFF, so they may be called",
        "415 555",
        "You are the second person",
        "made by",
        "kim",
        "ada (the user of this computer)",
        "approve 4 changes of kim",
    ]);
    desk.kit.keys("tab enter").shows(&["a reason is needed"]);
    assert!(changes(&mut desk).is_empty());
    desk.kit.keys("shift-tab").types("counted them").keys("tab").shows(&["Enter approves"]);
    desk.kit.pass(2).keys("enter");
    let changes = changes(&mut desk);
    let [Op::Approve { plan, reason }] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((plan.as_str(), reason.as_str()), ("p-3f9a12c4", "counted them"));

    let approved =
        Approved { plan: of_kim(&desk).summary, standing: standing(&desk, "ada", 24), renews: None };
    desk.kit.answer(|op| matches!(op, Op::Approve { .. }), Fact::Approved(Box::new(approved)));
    desk.kit.shows(&["Plans that wait", "p-3f9a12c4 is approved, for one launch until 2026-11-21 14:00"]);
    assert!(desk.kit.started().iter().any(|op| matches!(op, Op::Waiting)), "the list is read again");
}

#[test]
fn a_held_enter_approves_nothing() {
    let mut desk = opened(None);
    desk.kit.types("counted them").keys("enter");
    for _ in 0..50 {
        desk.kit.now += jiff::SignedDuration::from_millis(33);
        desk.kit.keys("enter");
    }
    desk.kit.shows(&["a held Enter approves nothing", "approve 4 changes"]);
    assert!(changes(&mut desk).is_empty());
}

#[test]
fn an_approved_plan_is_launched_without_another_approval() {
    let desk = uploads();
    let standing = standing(&desk, "sam", 24);
    let mut desk = opened(Some(standing));
    desk.kit.shows(&[
        "Approved by sam for one launch until",
        "I counted",
        "launch 4 changes, which are approved",
    ]);
    desk.kit.types("as agreed").keys("tab").pass(2).keys("enter");
    let changes = changes(&mut desk);
    assert!(matches!(changes.as_slice(), [Op::Launch { approve: false, .. }]), "{changes:?}");
    desk.kit.shows(&["[5 Uploads"]);
}

#[test]
fn an_approval_that_does_not_hold_is_told_and_asked_for_again() {
    for (change, says) in [
        (
            Box::new(|it: &mut ApprovalStanding| it.approval.until = it.approval.at)
                as Box<dyn Fn(&mut ApprovalStanding)>,
            "has ended",
        ),
        (Box::new(|it| it.used_by = Some("7f3a0001".into())), "was used by run 7f3a0001"),
        (Box::new(|it| it.void = Some("restored".into())), "the ledger was restored since"),
        // Its maker's word is no second person's.
        (Box::new(|it| it.approval.by = "kim".into()), "You are the second person"),
    ] {
        let mut standing = standing(&uploads(), "sam", 24);
        change(&mut standing);
        let mut desk = opened(Some(standing));
        desk.kit.shows(&[says, "approve 4 changes of kim"]);
    }
}

#[test]
fn in_read_only_mode_it_is_looked_at_and_not_approved() {
    let mut desk = opened(None);
    desk.kit.app.cx.env.read_only = true;
    desk.kit.types("counted them").keys("tab").pass(2).keys("enter");
    assert!(changes(&mut desk).is_empty());
    desk.kit.shows(&["read-only"]);
}

#[test]
fn every_size_and_mono_show_what_matters() {
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        let mut desk = listed(None);
        desk.kit.resize(width, height).shows(&["p-3f9a12c4", "kim", "1 OFF"]);
        desk.kit.keys("enter");
        let planned = of_kim(&desk);
        desk.kit.answer(|op| matches!(op, Op::StoredPlan { .. }), Fact::Planned(Box::new(planned)));
        desk.kit.shows(&["TAKES OFF", "approve 4 changes"]);
    }
}
