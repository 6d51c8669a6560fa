//! Look-up: may this number be called, and why.

use jiff::Timestamp;

use super::{Ops, OpsError};
use crate::api;
use crate::domain::entry::RemoteEntry;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{E164, NotANumber, Phone};
use crate::domain::rule::{Action, Channel, Decision, Membership, Rule, decide};
use crate::domain::verdict::{
    Answer, Asked, DncRecord, Evidence, LedgerEvidence, ListEvidence, RuleName, fold, not_a_number,
};

/// Which sources a look-up asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupSources {
    /// The ledger and everything local only.
    Offline,
    /// The tenant too.
    Tenant,
}

/// What is asked once for all numbers of a look-up.
struct Shared {
    lists: Asked<Vec<DncList>>,
    rules: Asked<Vec<Rule>>,
    records: Asked<Vec<DncRecord>>,
}

impl Ops {
    /// Reads a number as the profile does: for as-you-type, so it makes no call.
    pub fn read_number(&self, input: &str) -> Result<Phone, NotANumber> {
        self.normaliser.normalise(input)
    }

    /// What the ledger knows of a number.
    pub async fn known_locally(&self, number: E164) -> Result<Vec<LedgerEvidence>, OpsError> {
        Ok(self.ledger.evidence(&self.profile().name, number).await?)
    }

    /// One answer per input, in order. A tenant that cannot be asked is evidence (`Asked::Failed`), not an error.
    pub async fn lookup(&self, inputs: &[String], sources: LookupSources) -> Result<Vec<Answer>, OpsError> {
        let read: Vec<_> = inputs.iter().map(|input| (input, self.read_number(input))).collect();
        let mut numbers: Vec<E164> =
            read.iter().filter_map(|(_, phone)| Some(phone.as_ref().ok()?.number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let shared = match sources {
            LookupSources::Offline => {
                Shared { lists: Asked::NotAsked, rules: Asked::NotAsked, records: Asked::NotAsked }
            }
            LookupSources::Tenant if numbers.is_empty() => {
                Shared { lists: Asked::NotAsked, rules: Asked::NotAsked, records: Asked::NotAsked }
            }
            LookupSources::Tenant => self.ask_shared(&numbers).await,
        };
        let mut answers = Vec::with_capacity(inputs.len());
        for (input, phone) in read {
            answers.push(match phone {
                Ok(phone) => self.answer(input, phone.number, &shared, sources).await?,
                Err(why) => not_a_number(input, why.hint),
            });
        }
        Ok(answers)
    }

    async fn ask_shared(&self, numbers: &[E164]) -> Shared {
        let (lists, rules, records) =
            tokio::join!(self.client.lists(), self.client.rules(), self.client.query_records(numbers));
        Shared { lists: asked(lists), rules: asked(rules), records: asked(records) }
    }

    async fn answer(
        &self,
        input: &str,
        number: E164,
        shared: &Shared,
        sources: LookupSources,
    ) -> Result<Answer, OpsError> {
        let entries = match sources {
            LookupSources::Offline => Asked::NotAsked,
            LookupSources::Tenant => asked(self.client.entries_of(number, None).await),
        };
        let now = Timestamp::now();
        let rules = shared.rules.answer().map_or(&[][..], Vec::as_slice);
        let decisions = map(&shared.rules, |rules| {
            let member = |list: &ListId| membership(list, &entries, &shared.lists, now);
            Channel::ALL.into_iter().map(|channel| decide(rules, channel, &member)).collect::<Vec<Decision>>()
        });
        let lists = map(&entries, |entries| evidence_of_lists(entries, &shared.lists, rules, now));
        let records = map(&shared.records, |records| {
            records.iter().filter(|record| record.number == number).cloned().collect()
        });
        let evidence = Evidence {
            records,
            lists,
            decisions,
            ledger: self.known_locally(number).await?,
            not_loaded: None,
        };
        let names = rules.iter().map(rule_name).collect();
        Ok(fold(input, number, evidence, names))
    }
}

fn asked<T>(result: Result<T, api::Error>) -> Asked<T> {
    match result {
        Ok(value) => Asked::Answered(value),
        Err(error) => Asked::Failed(error.to_string()),
    }
}

fn map<T, U>(asked: &Asked<T>, read: impl FnOnce(&T) -> U) -> Asked<U> {
    match asked {
        Asked::Answered(value) => Asked::Answered(read(value)),
        Asked::Failed(why) => Asked::Failed(why.clone()),
        Asked::NotAsked => Asked::NotAsked,
    }
}

/// Whether the number is a live member of an active list. What could not be read stays unknown.
pub(super) fn membership(
    list: &ListId,
    entries: &Asked<Vec<RemoteEntry>>,
    lists: &Asked<Vec<DncList>>,
    now: Timestamp,
) -> Membership {
    let entries = entries.answer()?;
    if !entries.iter().any(|entry| entry.list == *list && entry.is_live(now)) {
        return Some(false);
    }
    lists.answer()?.iter().find(|known| known.id == *list).map(|known| known.active)
}

fn evidence_of_lists(
    entries: &[RemoteEntry],
    lists: &Asked<Vec<DncList>>,
    rules: &[Rule],
    now: Timestamp,
) -> Vec<ListEvidence> {
    let known = lists.answer().map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .map(|entry| {
            let list = known.iter().find(|list| list.id == entry.list);
            let blocks =
                |rule: &Rule| rule.active && rule.action == Action::Block && rule.lists.contains(&entry.list);
            ListEvidence {
                list: entry.list.clone(),
                name: list.map_or_else(|| entry.list.0.clone(), |list| list.name.clone()),
                active: list.is_some_and(|list| list.active),
                live: entry.is_live(now),
                expires: entry.expires,
                source: entry.source.clone(),
                enforced: rules.iter().any(blocks),
            }
        })
        .collect()
}

fn rule_name(rule: &Rule) -> RuleName {
    RuleName {
        name: rule.name.clone(),
        priority: rule.priority,
        scope: rule.scope.as_str(),
        action: rule.action.as_str(),
    }
}
