//! Support staff: type, read, done.

use crate::domain::list::ListId;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::rule::{Action, Channel, Decision, Outcome, Rule, Ruling, Scope, Step};
use crate::domain::verdict::{
    Answer, Asked, DncRecord, Evidence, LedgerEvidence, ListEvidence, RecordStatus, RuleName, Verdict,
};
use crate::tui::event::{Effect, Fact, Op, Trouble, Typed};
use crate::tui::testkit::Kit;

fn phone(text: &str) -> crate::domain::phone::Phone {
    Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()).normalise(text).unwrap()
}

/// A number on the national list, as the tenant and our ledger know it.
fn suppressed() -> Answer {
    let number = phone("202 555 0101").number;
    let rule = Rule {
        id: "R-1".into(),
        name: "National".into(),
        description: String::new(),
        scope: Scope::Both,
        priority: 10,
        lists: vec![ListId("L-1".into())],
        action: Action::Block,
        active: true,
    };
    let decision = |channel, outcome, ruling| Decision {
        channel,
        ruling,
        decided_by: (ruling == Ruling::Suppressed).then_some(0),
        by_list: None,
        trace: vec![Step { rule: 0, outcome, lists: Vec::new() }],
    };
    Answer {
        input: "202 555 0101".into(),
        number: Some(number),
        verdict: Verdict::Suppressed,
        jurisdiction: None,
        evidence: Evidence {
            records: Asked::Answered(vec![DncRecord {
                number,
                status: RecordStatus::Suppressed,
                kind: "NATIONAL".into(),
            }]),
            lists: Asked::Answered(vec![ListEvidence {
                list: ListId("L-1".into()),
                name: "National \u{1b}[2J".into(),
                active: true,
                live: true,
                expires: None,
                source: None,
                enforced: true,
            }]),
            decisions: Asked::Answered(vec![
                decision(Channel::Outbound, Outcome::Decides, Ruling::Suppressed),
                decision(Channel::Inbound, Outcome::NoMatch, Ruling::Allowed),
            ]),
            ledger: vec![LedgerEvidence {
                run: "7f3a91c2".into(),
                file: "state_ca.csv".into(),
                taken_off: false,
                row: 8_112,
                at: "2026-11-02T10:00:00Z".parse().unwrap(),
                by: "analyst".into(),
                list_name: "National".into(),
            }],
            not_loaded: None,
        },
        rules: vec![RuleName {
            name: rule.name,
            priority: rule.priority,
            scope: rule.scope.as_str(),
            action: rule.action.as_str(),
        }],
        because: "rule “National” (priority 10, BOTH) blocks list “National”.".into(),
    }
}

fn is_lookup(op: &Op) -> bool {
    matches!(op, Op::Lookup { .. })
}

fn asked() -> Kit {
    let mut kit = Kit::new();
    kit.types("202 555 0101").keys("enter").answer(is_lookup, Fact::Answers(vec![suppressed()]));
    kit
}

#[test]
fn the_field_is_ready_for_typing_and_digits_are_text_there() {
    let mut kit = Kit::new();
    kit.types("q7 (202)").shows(&["q7 (202)", "[1 Look-up]"]);
}

#[test]
fn what_is_typed_is_read_at_once_and_only_the_newest_reading_counts() {
    let mut kit = Kit::new();
    kit.types("202555010");
    let late = kit.task(|op| matches!(op, Op::Typed { .. }));
    kit.effects();
    kit.types("1");
    let effects = kit.effects();
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Stop(task) if *task == late)),
        "{effects:?}"
    );
    let read = Typed { input: "2025550101".into(), read: Ok(phone("2025550101")), known: Vec::new() };
    kit.answer(|op| matches!(op, Op::Typed { .. }), Fact::Typed(read));
    kit.shows(&["→ +1 202 555 0101", "Enter asks the tenant"]);
}

#[test]
fn an_answer_says_verdict_place_reason_evidence_and_the_deciding_rule() {
    asked().shows(&[
        "✗ DO NOT CALL",
        "+1 202 555 0101",
        "US-DC",
        "09:00 there",
        "● open",
        "Because rule “National”",
        "SUPPRESSED  NATIONAL",
        "run 7f3a91c2",
        "state_ca.csv row 8112",
        "BLOCK ← decides",
        "OUTBOUND",
    ]);
}

#[test]
fn outside_of_calling_hours_the_place_is_closed() {
    let mut kit = asked();
    kit.pass(13 * 3_600).shows(&["22:00 there", "▲ closed"]);
}

#[test]
fn a_name_from_the_tenant_is_shown_escaped() {
    let mut kit = asked();
    let screen = kit.screen();
    assert!(!screen.contains('\u{1b}'), "{screen}");
    kit.shows(&["u{1b}"]);
}

#[test]
fn o_shows_the_other_channel_once_the_field_is_left() {
    asked().shows(&["INBOUND: no rule blocks it"]).keys("esc o").shows(&["decide · INBOUND", "no match"]);
}

#[test]
fn privacy_masks_the_number_everywhere_on_the_screen() {
    asked().keys("esc p").shows(&["[masked]", "+1202•••0101"]).hides(&["+1 202 555 0101"]);
}

#[test]
fn y_copies_the_answer_with_its_reason() {
    let mut kit = asked();
    kit.effects();
    kit.keys("esc y").shows(&["answer copied"]);
    let copied = kit.effects().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    assert_eq!(copied.as_deref().and_then(|text| text.lines().next()), Some("+1 202 555 0101: DO NOT CALL"));
}

#[test]
fn many_pasted_numbers_wait_for_enter_and_become_a_table() {
    let mut kit = Kit::new();
    kit.effects();
    kit.paste("202 555 0101\r\n202 555 0102\r\n").shows(&["2 numbers pasted: Enter looks them all up"]);
    assert!(kit.started().is_empty(), "a paste never submits");
    kit.keys("enter");
    assert!(
        matches!(kit.started().as_slice(), [Op::Lookup { inputs, .. }] if inputs == &["202 555 0101", "202 555 0102"])
    );
    let fine = Answer { verdict: Verdict::Unknown, ..suppressed() };
    kit.answer(is_lookup, Fact::Answers(vec![suppressed(), fine]));
    kit.shows(&["Answers 2: DO NOT CALL 1 · UNKNOWN – do not call yet 1"]);
    kit.keys("esc x");
    assert!(
        matches!(kit.started().as_slice(), [Op::Export { rows: 2, text, .. }] if text.contains("suppressed"))
    );
}

#[test]
fn an_older_answer_can_be_read_again() {
    let mut kit = asked();
    let other = Answer { verdict: Verdict::Allowed, because: "nothing blocks it.".into(), ..suppressed() };
    kit.keys("enter").answer(is_lookup, Fact::Answers(vec![other])).shows(&["● ALLOWED"]);
    kit.keys("tab down").shows(&["✗ DO NOT CALL"]);
}

#[test]
fn a_look_up_that_fails_keeps_the_last_answer_and_says_what_next() {
    let trouble = Trouble::said("look the number up", "ledger-unwritable", "the disk is full", "Free space.");
    asked()
        .keys("enter")
        .answer(is_lookup, Fact::Failed(trouble))
        .shows(&["the disk is full", "✗ DO NOT CALL"]);
}

#[test]
fn a_long_reason_goes_on_below_its_beginning_with_the_symbol_of_its_verdict_everywhere() {
    let mut kit = Kit::new();
    let because = format!("Rule “{}” blocks this number.", "National ".repeat(14).trim_end());
    kit.types("2025550101").keys("enter");
    kit.answer(is_lookup, Fact::Answers(vec![Answer { because, ..suppressed() }]));
    let screen = kit.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let at = lines.iter().position(|line| line.starts_with(" Because rule")).unwrap();
    let begins = |line: &str| line.starts_with(' ') && !line.starts_with("  ") && !line.trim().is_empty();
    assert!(begins(lines[at + 1]) && begins(lines[at + 2]), "{screen}");
    assert!(lines[at + 1].contains("blocks this number"), "{screen}");
    assert_eq!(screen.matches("✗ DO NOT CALL").count(), 2, "{screen}");
}
