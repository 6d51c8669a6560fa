use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn id(n: u8) -> ListId {
    ListId(format!("L-{n}"))
}

fn rule(name: &str, priority: i64, action: Action, lists: &[u8]) -> Rule {
    Rule {
        id: name.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        scope: Scope::Both,
        priority,
        lists: lists.iter().map(|&n| id(n)).collect(),
        action,
        active: true,
    }
}

fn ask(rules: &[Rule], channel: Channel, members: &[(u8, Membership)]) -> Decision {
    let members: HashMap<ListId, Membership> = members.iter().map(|&(n, member)| (id(n), member)).collect();
    decide(rules, channel, &|list| members.get(list).copied().unwrap_or(Some(false)))
}

fn outcomes(decision: &Decision) -> Vec<(usize, Outcome)> {
    decision.trace.iter().map(|step| (step.rule, step.outcome)).collect()
}

const IN: Membership = Some(true);
const UNREADABLE: Membership = None;

#[test]
fn the_lowest_priority_number_decides_and_the_rest_is_not_reached() {
    let rules = [
        rule("late", 20, Action::Block, &[1]),
        rule("exception", 5, Action::Allow, &[2]),
        rule("national", 10, Action::Block, &[3, 1]),
    ];
    let decision = ask(&rules, Channel::Outbound, &[(1, IN)]);
    assert_eq!(decision.ruling, Ruling::Suppressed);
    assert_eq!((decision.decided_by, decision.by_list.clone()), (Some(2), Some(id(1))));
    assert_eq!(outcomes(&decision), [(1, Outcome::NoMatch), (2, Outcome::Decides), (0, Outcome::NotReached)]);
    assert_eq!(decision.trace[1].lists[0], ListStep { list: id(3), member: Some(false) });

    let excepted = ask(&rules, Channel::Outbound, &[(1, IN), (2, IN)]);
    assert_eq!((excepted.ruling, excepted.decided_by), (Ruling::Allowed, Some(1)));
    let free = ask(&rules, Channel::Outbound, &[]);
    assert_eq!((free.ruling, free.decided_by, free.by_list), (Ruling::Allowed, None, None));
}

#[test]
fn on_equal_priority_block_comes_first_then_the_id() {
    let rules = [
        rule("a-allow", 10, Action::Allow, &[1]),
        rule("z-block", 10, Action::Block, &[1]),
        rule("b-block", 10, Action::Block, &[1]),
    ];
    let decision = ask(&rules, Channel::Inbound, &[(1, IN)]);
    assert_eq!((decision.ruling, decision.decided_by), (Ruling::Suppressed, Some(2)));
    assert_eq!(decision.trace.iter().map(|step| step.rule).collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn inactive_rules_and_other_channels_have_no_say() {
    let mut rules = [rule("off", 1, Action::Block, &[1]), rule("inbound", 2, Action::Block, &[1])];
    rules[0].active = false;
    rules[1].scope = Scope::Inbound;
    let outbound = ask(&rules, Channel::Outbound, &[(1, IN)]);
    assert_eq!(outbound.ruling, Ruling::Allowed);
    assert_eq!(outcomes(&outbound), [(0, Outcome::Inactive), (1, Outcome::OtherChannel)]);
    assert_eq!(ask(&rules, Channel::Inbound, &[(1, IN)]).decided_by, Some(1));
    rules[0].scope = Scope::Inbound;
    assert_eq!(outcomes(&ask(&rules, Channel::Outbound, &[]))[0], (0, Outcome::Inactive));
}

#[test]
fn an_unreadable_list_makes_the_answer_unknown_only_where_it_matters() {
    let block_then_block = [rule("first", 1, Action::Block, &[1]), rule("second", 2, Action::Block, &[2])];
    let sure = ask(&block_then_block, Channel::Outbound, &[(1, UNREADABLE), (2, IN)]);
    assert_eq!((sure.ruling, sure.decided_by), (Ruling::Suppressed, Some(1)));
    assert_eq!(outcomes(&sure), [(0, Outcome::Unknown), (1, Outcome::Decides)]);
    let open = ask(&block_then_block, Channel::Outbound, &[(1, UNREADABLE)]);
    assert_eq!((open.ruling, open.decided_by), (Ruling::Unknown, None));

    let allow_then_block = [rule("first", 1, Action::Allow, &[1]), rule("second", 2, Action::Block, &[2])];
    let open = ask(&allow_then_block, Channel::Outbound, &[(1, UNREADABLE), (2, IN)]);
    assert_eq!((open.ruling, open.decided_by, open.by_list.clone()), (Ruling::Unknown, None, None));
    assert_eq!(outcomes(&open), [(0, Outcome::Unknown), (1, Outcome::NotReached)]);
    assert_eq!(ask(&allow_then_block, Channel::Outbound, &[(1, UNREADABLE)]).ruling, Ruling::Allowed);

    let other_list = [rule("first", 1, Action::Block, &[1, 2])];
    let sure = ask(&other_list, Channel::Outbound, &[(1, UNREADABLE), (2, IN)]);
    assert_eq!((sure.ruling, sure.by_list), (Ruling::Suppressed, Some(id(2))));
}

#[test]
fn a_list_that_two_rules_share_is_on_or_off_for_both() {
    // If the number is on list 1 the first rule allows it; if not, the second cannot match either.
    let rules = [rule("first", 1, Action::Allow, &[1]), rule("second", 2, Action::Block, &[1])];
    assert_eq!(ask(&rules, Channel::Outbound, &[(1, UNREADABLE)]).ruling, Ruling::Allowed);
}

/// The obvious decision where everything is known.
fn plain(rules: &[Rule], channel: Channel, on: &dyn Fn(&ListId) -> bool) -> Ruling {
    let mut order: Vec<&Rule> =
        rules.iter().filter(|rule| rule.active && rule.scope.covers(channel)).collect();
    order.sort_by_key(|rule| (rule.priority, rule.action.as_str() == "ALLOW", rule.id.clone()));
    match order.into_iter().find(|rule| rule.lists.iter().any(on)) {
        Some(rule) if rule.action == Action::Block => Ruling::Suppressed,
        _ => Ruling::Allowed,
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let scope = prop_oneof![Just(Scope::Both), Just(Scope::Inbound), Just(Scope::Outbound)];
    let action = prop_oneof![Just(Action::Block), Just(Action::Allow)];
    ("[a-c]", 0_i64..3, scope, action, prop::collection::vec(0_u8..5, 0..4), prop::bool::weighted(0.85))
        .prop_map(|(name, priority, scope, action, lists, active)| Rule {
            scope,
            active,
            ..rule(&name, priority, action, &lists)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_answer_is_sure_if_and_only_if_every_completion_agrees(
        rules in prop::collection::vec(any_rule(), 0..6),
        known in prop::collection::vec(prop::option::weighted(0.6, any::<bool>()), 5),
        outbound in any::<bool>(),
    ) {
        let channel = if outbound { Channel::Outbound } else { Channel::Inbound };
        let place = |list: &ListId| list.0[2..].parse::<usize>().unwrap();
        let decision = decide(&rules, channel, &|list| known[place(list)]);

        let mut rulings = Vec::new();
        for guess in 0..32_u32 {
            rulings.push(plain(&rules, channel, &|list| known[place(list)].unwrap_or(guess >> place(list) & 1 == 1)));
        }
        let agreed = rulings.iter().all(|ruling| *ruling == rulings[0]);
        prop_assert_eq!(decision.ruling, if agreed { rulings[0] } else { Ruling::Unknown });

        // The trace tells the same story.
        prop_assert_eq!(decision.trace.len(), rules.len());
        let decides: Vec<usize> = decision.trace.iter().filter(|s| s.outcome == Outcome::Decides).map(|s| s.rule).collect();
        prop_assert_eq!(decides, decision.decided_by.into_iter().collect::<Vec<_>>());
        if let Some(index) = decision.decided_by {
            let list = decision.by_list.clone().unwrap();
            prop_assert!(rules[index].lists.contains(&list));
            prop_assert_eq!(known[place(&list)], Some(true));
            prop_assert_eq!(rules[index].action == Action::Block, decision.ruling == Ruling::Suppressed);
        } else {
            prop_assert!(decision.ruling != Ruling::Suppressed);
        }
    }
}
