use proptest::prelude::*;

use super::*;
use crate::domain::rule::{Channel, ListStep, Outcome, Ruling, Step};

fn number() -> E164 {
    E164::from_canonical("+12025550198").unwrap()
}

fn record(status: RecordStatus) -> DncRecord {
    DncRecord { number: number(), status, kind: "NATIONAL".to_owned() }
}

fn held(expires: Option<&str>) -> ListEvidence {
    ListEvidence {
        list: ListId("L-1".to_owned()),
        name: "TCPA_National".to_owned(),
        active: true,
        live: true,
        expires: expires.map(|at| at.parse().unwrap()),
        source: None,
        enforced: true,
    }
}

fn rules() -> Vec<RuleName> {
    vec![
        RuleName { name: "National_DNC".to_owned(), priority: 10, scope: "BOTH", action: "BLOCK" },
        RuleName { name: "Safe_Harbor".to_owned(), priority: 5, scope: "OUTBOUND", action: "ALLOW" },
    ]
}

fn decision(channel: Channel, ruling: Ruling, decided_by: Option<usize>) -> Decision {
    Decision {
        channel,
        ruling,
        decided_by,
        by_list: decided_by.map(|_| ListId("L-1".to_owned())),
        trace: vec![Step {
            rule: 0,
            outcome: if ruling == Ruling::Unknown { Outcome::Unknown } else { Outcome::NoMatch },
            lists: vec![ListStep { list: ListId("L-1".to_owned()), member: None }],
        }],
    }
}

fn on_both(ruling: Ruling, decided_by: Option<usize>) -> Vec<Decision> {
    Channel::ALL.into_iter().map(|channel| decision(channel, ruling, decided_by)).collect()
}

/// Everything asked, nothing against the call.
fn clear() -> Evidence {
    Evidence {
        records: Asked::Answered(vec![record(RecordStatus::NotSuppressed)]),
        lists: Asked::Answered(Vec::new()),
        decisions: Asked::Answered(on_both(Ruling::Allowed, None)),
        ledger: Vec::new(),
        not_loaded: None,
    }
}

fn answer(evidence: Evidence) -> (Verdict, String) {
    let answer = fold("(202) 555-0198", number(), evidence, rules());
    (answer.verdict, answer.because)
}

#[test]
fn allowed_needs_every_source_and_an_explicit_word() {
    assert_eq!(
        answer(clear()),
        (
            Verdict::Allowed,
            "The tenant reports this number as NOT_SUPPRESSED, and no rule blocks it on OUTBOUND or INBOUND."
                .to_owned()
        )
    );
    let spoilt: Vec<(Verdict, Evidence)> = vec![
        (Verdict::Unknown, Evidence { records: Asked::Answered(vec![]), ..clear() }),
        (Verdict::Unknown, Evidence { records: Asked::NotAsked, ..clear() }),
        (Verdict::Unknown, Evidence { records: Asked::Failed("timeout".to_owned()), ..clear() }),
        (
            Verdict::Unknown,
            Evidence {
                records: Asked::Answered(vec![
                    record(RecordStatus::NotSuppressed),
                    record(RecordStatus::Other("PAUSED".to_owned())),
                ]),
                ..clear()
            },
        ),
        (Verdict::Unknown, Evidence { lists: Asked::NotAsked, ..clear() }),
        (Verdict::Unknown, Evidence { lists: Asked::Failed("503".to_owned()), ..clear() }),
        (Verdict::Unknown, Evidence { decisions: Asked::NotAsked, ..clear() }),
        (Verdict::Unknown, Evidence { decisions: Asked::Failed("403".to_owned()), ..clear() }),
        (Verdict::Unknown, Evidence { decisions: Asked::Answered(vec![]), ..clear() }),
        (
            Verdict::Unknown,
            Evidence {
                decisions: Asked::Answered(vec![decision(Channel::Outbound, Ruling::Allowed, None)]),
                ..clear()
            },
        ),
        (
            Verdict::Unknown,
            Evidence { decisions: Asked::Answered(on_both(Ruling::Unknown, None)), ..clear() },
        ),
        (Verdict::NotLoaded, Evidence { not_loaded: Some("US 202 is missing".to_owned()), ..clear() }),
        (
            Verdict::Pending,
            Evidence {
                records: Asked::Answered(vec![
                    record(RecordStatus::NotSuppressed),
                    record(RecordStatus::Pending),
                ]),
                ..clear()
            },
        ),
        (Verdict::Suppressed, Evidence { lists: Asked::Answered(vec![held(None)]), ..clear() }),
    ];
    for (expected, evidence) in spoilt {
        let (verdict, because) = answer(evidence.clone());
        assert_eq!(verdict, expected, "{evidence:?}");
        assert!(because.ends_with('.') && !because.ends_with(".."), "{because}");
    }
}

#[test]
fn a_record_of_another_number_says_nothing() {
    let mut other = record(RecordStatus::NotSuppressed);
    other.number = E164::from_canonical("+12025550199").unwrap();
    assert_eq!(answer(Evidence { records: Asked::Answered(vec![other]), ..clear() }).0, Verdict::Unknown);
}

#[test]
fn a_blocking_rule_is_named_with_its_list_and_expiry() {
    let blocked = |expires| Evidence {
        lists: Asked::Answered(vec![held(expires)]),
        decisions: Asked::Answered(on_both(Ruling::Suppressed, Some(0))),
        ..clear()
    };
    assert_eq!(
        answer(blocked(Some("2099-12-31T23:59:59Z"))),
        (
            Verdict::Suppressed,
            "Rule “National_DNC” (priority 10, BOTH) blocks list “TCPA_National”, which holds this number until \
             2099-12-31."
                .to_owned()
        )
    );
    assert!(answer(blocked(None)).1.ends_with("which holds this number for ever."));
    let inbound = vec![
        decision(Channel::Outbound, Ruling::Allowed, None),
        decision(Channel::Inbound, Ruling::Suppressed, Some(0)),
    ];
    let (verdict, because) = answer(Evidence { decisions: Asked::Answered(inbound), ..clear() });
    assert_eq!(verdict, Verdict::Suppressed);
    assert!(
        because.ends_with("blocks list “L-1”, which holds this number. This is about INBOUND only."),
        "{because}"
    );
}

#[test]
fn a_suppressed_record_suppresses_without_any_rule_and_above_any_exception() {
    let records =
        Asked::Answered(vec![record(RecordStatus::NotSuppressed), record(RecordStatus::Suppressed)]);
    let without_rule = Evidence { records: records.clone(), ..clear() };
    assert_eq!(
        answer(without_rule),
        (
            Verdict::Suppressed,
            "The tenant reports this number as SUPPRESSED (NATIONAL record), though no rule that can be read here \
             blocks it."
                .to_owned()
        )
    );
    let excepted =
        Evidence { records, decisions: Asked::Answered(on_both(Ruling::Allowed, Some(1))), ..clear() };
    assert_eq!(
        answer(excepted),
        (
            Verdict::Suppressed,
            "The tenant reports this number as SUPPRESSED (NATIONAL record), which the exception of rule \
             “Safe_Harbor” (priority 5, OUTBOUND) does not lift."
                .to_owned()
        )
    );
}

#[test]
fn an_exception_that_decides_beats_the_membership() {
    let evidence = Evidence {
        lists: Asked::Answered(vec![held(None)]),
        decisions: Asked::Answered(on_both(Ruling::Allowed, Some(1))),
        ..clear()
    };
    let (verdict, because) = answer(evidence);
    assert_eq!(verdict, Verdict::Allowed);
    assert!(
        because.contains("rule “Safe_Harbor” (priority 5, OUTBOUND) lets it through on OUTBOUND"),
        "{because}"
    );
}

#[test]
fn lists_that_no_rule_uses_do_not_block() {
    for change in [
        |list: &mut ListEvidence| list.enforced = false,
        |list: &mut ListEvidence| list.live = false,
        |list: &mut ListEvidence| list.active = false,
    ] {
        let mut list = held(None);
        change(&mut list);
        assert_eq!(answer(Evidence { lists: Asked::Answered(vec![list]), ..clear() }).0, Verdict::Allowed);
    }
}

#[test]
fn offline_says_what_our_journal_knows() {
    let offline = Evidence {
        records: Asked::NotAsked,
        lists: Asked::NotAsked,
        decisions: Asked::NotAsked,
        ledger: vec![LedgerEvidence {
            run: "7f3a91c2".to_owned(),
            file: "state_ca.csv".to_owned(),
            taken_off: false,
            row: 8_112,
            at: "2026-11-02T10:00:00Z".parse().unwrap(),
            by: "analyst".to_owned(),
            list_name: "TCPA_National".to_owned(),
        }],
        not_loaded: None,
    };
    assert_eq!(
        answer(offline),
        (
            Verdict::Unknown,
            "Run 7f3a91c2 sent this number to list “TCPA_National” (row 8,112), but the tenant was not asked.".to_owned()
        )
    );
}

#[test]
fn an_unreadable_list_is_named() {
    let evidence = Evidence { decisions: Asked::Answered(on_both(Ruling::Unknown, None)), ..clear() };
    assert_eq!(
        answer(evidence).1,
        "List “L-1” of rule “National_DNC” (priority 10, BOTH) could not be read, so OUTBOUND is not decided."
    );
}

#[test]
fn names_of_the_tenant_cannot_steer_the_terminal() {
    let mut names = rules();
    names[0].name = "x\u{1b}]0;pwned\u{7}\u{202e}".to_owned();
    let evidence = Evidence { decisions: Asked::Answered(on_both(Ruling::Suppressed, Some(0))), ..clear() };
    let because = fold("x", number(), evidence, names).because;
    assert!(because.contains("x\\u{1b}]0;pwned\\u{7}\\u{202e}"), "{because}");
}

#[test]
fn what_is_no_number_is_invalid_with_the_hint() {
    let answer = not_a_number("n/a", "the cell holds no digits");
    assert_eq!(answer.verdict, Verdict::Invalid);
    assert_eq!(answer.because, "This is not a telephone number: the cell holds no digits.");
    assert_eq!((answer.number, answer.jurisdiction), (None, None));
}

fn asked<T: std::fmt::Debug + Clone + 'static>(
    answer: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Asked<T>> {
    prop_oneof![6 => answer.prop_map(Asked::Answered), 1 => Just(Asked::Failed("x".to_owned())), 1 => Just(Asked::NotAsked)]
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let status = prop_oneof![
        3 => Just(RecordStatus::NotSuppressed),
        1 => Just(RecordStatus::Suppressed),
        1 => Just(RecordStatus::Pending),
        1 => Just(RecordStatus::Other("?".to_owned())),
    ];
    let list = (any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(active, live, enforced)| ListEvidence { active, live, enforced, ..held(None) });
    let ruling = prop_oneof![
        3 => Just((Ruling::Allowed, None)),
        1 => Just((Ruling::Allowed, Some(1))),
        1 => Just((Ruling::Suppressed, Some(0))),
        1 => Just((Ruling::Unknown, None)),
    ];
    let decisions = prop::collection::vec(ruling, 0..3).prop_map(|rulings| {
        let channels = Channel::ALL.into_iter();
        channels.zip(rulings).map(|(channel, (ruling, by))| decision(channel, ruling, by)).collect::<Vec<_>>()
    });
    (
        asked(prop::collection::vec(status.prop_map(record), 0..3)),
        asked(prop::collection::vec(list, 0..2)),
        asked(decisions),
        prop::option::weighted(0.2, Just("missing".to_owned())),
    )
        .prop_map(|(records, lists, decisions, not_loaded)| Evidence {
            records,
            lists,
            decisions,
            ledger: Vec::new(),
            not_loaded,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_verdict_follows_the_precedence(evidence in any_evidence()) {
        let statuses: Vec<RecordStatus> =
            evidence.records.answer().cloned().unwrap_or_default().into_iter().map(|r| r.status).collect();
        let rulings: Vec<Ruling> =
            evidence.decisions.answer().cloned().unwrap_or_default().into_iter().map(|d| d.ruling).collect();
        let (verdict, because) = answer(evidence.clone());
        if statuses.contains(&RecordStatus::Suppressed) || rulings.contains(&Ruling::Suppressed) {
            prop_assert_eq!(verdict, Verdict::Suppressed);
        } else if verdict != Verdict::Suppressed && statuses.contains(&RecordStatus::Pending) {
            prop_assert_eq!(verdict, Verdict::Pending);
        }
        if verdict == Verdict::Allowed {
            prop_assert!(!statuses.is_empty() && statuses.iter().all(|s| *s == RecordStatus::NotSuppressed));
            prop_assert_eq!(rulings, vec![Ruling::Allowed; 2]);
            prop_assert!(evidence.lists.answer().is_some() && evidence.not_loaded.is_none());
        }
        if verdict == Verdict::NotLoaded {
            prop_assert!(evidence.not_loaded.is_some());
        }
        prop_assert!(because.ends_with('.'));
    }
}
