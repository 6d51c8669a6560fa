//! The seeded people: suppression lists, contact lists, contacts. Drawn with numbers of their own, so that the lists
//! and rules of a seed are the same with and without them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::check::{DAY, Millis};
use super::outbound::{Contact, ContactList};
use super::rng::{self, Rng};
use super::samples::SAMPLE_NUMBERS;
use super::state::State;
use super::suppression::{Identifier, REASONS, Suppressed, SuppressionList};

/// What the draws of this file are for.
const PEOPLE: u64 = 14;

/// Suppression lists: id, name, description, contacts.
const SUPPRESSION: [(&str, &str, &str, usize); 2] = [
    ("sl-email-unsubscribes", "Email_Unsubscribes", "People who unsubscribed from mail", 40),
    ("sl-compliance-holds", "Compliance_Holds", "Held back by the compliance desk", 15),
];

/// Contact lists: id, name, contacts.
const CONTACT_LISTS: [(&str, &str, usize); 2] =
    [("cl-spring-campaign", "Spring campaign", 60), ("cl-winback", "Win back", 25)];

const FIRST: [&str; 12] =
    ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hal", "Iris", "Jon", "Kim", "Lou"];
const LAST: [&str; 10] =
    ["Abbott", "Brook", "Carver", "Dale", "Ellis", "Frost", "Grant", "Hale", "Innes", "Jarvis"];
const AREAS: [u64; 8] = [202, 206, 212, 303, 415, 512, 617, 713];

pub(super) fn seed(state: &mut State, today: Millis) {
    let mut rng = Rng::new(rng::draw(state.options.seed, PEOPLE, 0));
    for (n, (id, name, description, count)) in SUPPRESSION.into_iter().enumerate() {
        let mut list = SuppressionList::new(id.into(), name.into(), description.into());
        let mut taken = HashSet::new();
        for nth in 0..count {
            let by_mail = n == 0 || nth % 3 == 0;
            let who = if by_mail {
                Identifier::Email(format!("person{:02}.{n}@example.com", nth + 1))
            } else {
                Identifier::Phone(fresh(&mut rng, &mut taken))
            };
            let reason = if n == 0 { ["UNSUBSCRIBE", "BOUNCE"][nth % 2] } else { rng.pick(&REASONS) };
            let days = 30 + rng.below(700) as i64;
            let until = (rng.below(3) == 0).then_some(today + days * DAY + DAY - 1_000);
            list.put(Suppressed { who, reason: reason.into(), until, version: 1 }, today);
        }
        state.suppression.lists.push(list);
    }
    for (n, (id, name, count)) in CONTACT_LISTS.into_iter().enumerate() {
        // The samples come first: what becomes of them is known.
        let samples: Vec<u64> = SAMPLE_NUMBERS.iter().filter_map(|(n, _)| n[1..].parse().ok()).collect();
        let mut taken: HashSet<u64> = samples.iter().copied().collect();
        state.outbound.lists.push(ContactList { id: id.into(), name: name.into(), contacts: Vec::new() });
        for nth in 0..count {
            let number = match samples.get(nth).filter(|_| n == 0) {
                Some(sample) => *sample,
                None => fresh(&mut rng, &mut taken),
            };
            let (first, last) = (*rng.pick(&FIRST), *rng.pick(&LAST));
            let mut custom = Map::new();
            if rng.below(2) == 0 {
                custom.insert("optIn".into(), Value::from("yes"));
            }
            state.outbound.add(Contact {
                id: String::new(),
                list: n,
                number,
                first: Some(first.into()),
                last: Some(last.into()),
                email: Some(format!("{}.{}{nth}@example.com", first.to_lowercase(), last.to_lowercase())),
                custom,
            });
        }
    }
}

/// A number of the range that is nobody's, and not taken.
fn fresh(rng: &mut Rng, taken: &mut HashSet<u64>) -> u64 {
    loop {
        let number = 10_000_000_000 + rng.pick(&AREAS) * 10_000_000 + 5_550_100 + rng.below(100);
        if taken.insert(number) {
            return number;
        }
    }
}
