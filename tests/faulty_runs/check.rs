//! What must hold after a run, by the tenant's own truth and by nothing that the product says of itself.

use std::collections::{BTreeMap, BTreeSet};

use quietline::domain::audit::AuditEvent;
use quietline::domain::identifier::Identifier;
use quietline::domain::plan::Destination;
use quietline::domain::run::RunState;
use serde_json::Value;

use crate::file::Said;
use crate::plan::Plan;
use crate::run::{Outcome, is_green};
use crate::truth::{self, Records};

/// What the ledger says of the numbers of the file.
struct Told {
    accepted: BTreeSet<String>,
    dead: BTreeSet<String>,
}

/// Fails with everything that does not hold.
pub async fn holds(plan: &Plan, outcome: &Outcome<'_>) -> Result<(), String> {
    let told = told(outcome).await?;
    let after = truth::records(plan.to, &outcome.truth);
    let mut faults = Vec::new();
    buckets(outcome, &told, &mut faults).await;
    end(plan, outcome, &mut faults);
    let untrue = rows(plan, outcome, &told, &after, &mut faults);
    greens(plan, outcome, &untrue, &mut faults);
    keys(outcome, &mut faults);
    sent_once(plan, outcome, &mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    let run = &outcome.run;
    faults.push(format!("{} after {} lives, {:?}, {:?}", run.state, outcome.lives, run.error, run.buckets));
    Err(faults.join("\n      "))
}

async fn told(outcome: &Outcome<'_>) -> Result<Told, String> {
    let (ops, run) = (&outcome.ops, &outcome.run);
    let mut accepted = BTreeSet::new();
    for name in outcome.file.intended.keys() {
        let whom = Identifier::from_whole(name).unwrap();
        let evidence = ops.ledger().evidence("soak", whom).await.map_err(|e| format!("evidence: {e}"))?;
        if evidence.iter().any(|it| it.run == run.id) {
            accepted.insert(name.clone());
        }
    }
    let dead = ops.dead_letters(Some(&run.id)).await.map_err(|e| format!("dead letters: {e}"))?;
    let dead = dead.into_iter().map(|(_, letter)| letter.identifier.whole()).collect();
    Ok(Told { accepted, dead })
}

/// Each row of the file is in one bucket, the ledger counts the same anew, and its trail is whole.
async fn buckets(outcome: &Outcome<'_>, told: &Told, faults: &mut Vec<String>) {
    let (run, file) = (&outcome.run, &outcome.file);
    let it = run.buckets;
    let counted = outcome.ops.ledger().recount(&run.id).await;
    let mut claim = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("buckets: {what}"));
        }
    };
    claim(it.is_conserved(), "they do not add up");
    claim(counted.is_ok_and(|counted| counted == it), "counted anew they are others");
    claim(it.rows == file.rows, &format!("the file has {} rows", file.rows));
    claim(it.rejected == file.rejected, &format!("{} rows are no numbers", file.rejected));
    claim(it.duplicates == file.duplicates, &format!("{} rows are duplicates", file.duplicates));
    claim(it.accepted == told.accepted.len() as u64, "not every accepted row has its evidence");
    claim(it.dead_letters == told.dead.len() as u64, "not every dead letter is there");
    claim(told.accepted.is_disjoint(&told.dead), "a row is accepted and refused");
    let whole = outcome.ops.ledger().verify().await;
    claim(whole.is_ok_and(|report| report.is_intact()), "the audit trail does not verify");
    let mut events = outcome.ops.ledger().events(usize::MAX).await.unwrap_or_default();
    events.reverse();
    claim(!events.is_empty() && intents_go_before(&events), "an effect has no intent before it in the trail");
}

/// Each batch of which something was accepted was sent before, and each record that is gone was to be removed before.
fn intents_go_before(events: &[AuditEvent]) -> bool {
    let mut begun: BTreeSet<(&str, &str)> = BTreeSet::new();
    events.iter().all(|event| {
        let batch = event.effect.split([',', ':']).next().unwrap_or_default();
        match event.kind.as_str() {
            "batch.sent" => {
                begun.insert((&event.object, batch));
                true
            }
            "records.removing" => {
                begun.insert((&event.object, "records"));
                true
            }
            "batch.settled" => {
                event.effect.contains(": 0 accepted") || begun.contains(&(event.object.as_str(), batch))
            }
            "record.removed" => begun.contains(&(event.object.as_str(), "records")),
            _ => true,
        }
    })
}

/// It ends as it may: well, or with a word on why not.
fn end(plan: &Plan, outcome: &Outcome<'_>, faults: &mut Vec<String>) {
    let run = &outcome.run;
    let well = if plan.to == Destination::Outbound { RunState::Uploaded } else { RunState::Ready };
    let unaccounted = run.buckets.unaccounted > 0;
    match run.state {
        state if state == well && unaccounted => faults.push("rows without a verdict are called well".into()),
        state if state == well => {}
        RunState::Discrepant if unaccounted && (plan.to != Destination::Outbound || plan.is_calm()) => {
            if !plan.may_be_told_untruths() {
                faults.push("rows have no verdict though the list can be read".into());
            }
        }
        RunState::Discrepant if unaccounted || plan.may_be_told_untruths() => {}
        RunState::Discrepant => faults.push("it is discrepant without a reason".into()),
        _ => faults.push("it ends badly".into()),
    }
}

/// Looks at every number of the file and of the list. Returns those that are accepted and do not stand there.
fn rows(
    plan: &Plan,
    outcome: &Outcome<'_>,
    told: &Told,
    after: &Records,
    faults: &mut Vec<String>,
) -> BTreeSet<String> {
    let (file, before) = (&outcome.file, &outcome.before);
    let mut untrue = BTreeSet::new();
    let mut unchanged = 0;
    let numbers: BTreeSet<&String> = file.intended.keys().chain(before.keys()).chain(after.keys()).collect();
    for number in numbers {
        let look = Look::at(before.get(number), after.get(number));
        let mut claim = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{number}: {what}: {:?} became {:?}", look.before, look.after));
            }
        };
        claim(look.ours.len() <= 1, "doubled");
        let Some(said) = file.intended.get(number) else {
            claim(look.is_as_before(), "it is not in the file, and changed");
            continue;
        };
        claim(
            !file.unwanted.contains(number) || look.ours.is_empty(),
            "the sandbox took what it never takes",
        );
        if told.accepted.contains(number) {
            if !look.is_as_intended(plan.to, said) {
                untrue.insert(number.clone());
            }
        } else if told.dead.contains(number) {
            claim(look.is_as_before(), "refused, and changed");
        } else if look.is_as_before() && look.before.iter().any(|it| stands(plan.to, said, it, false)) {
            unchanged += 1;
        } else {
            // Without a verdict: there or not, but never without what was there before.
            claim(!look.ours.is_empty() || look.is_as_before(), "without a verdict, and gone");
        }
    }
    let run = outcome.run.buckets;
    if unchanged < run.unchanged {
        faults.push(format!("{} rows are called unchanged, {unchanged} are", run.unchanged));
    }
    untrue
}

/// No false green, the gravest: what is called accepted stands there, or the run says that something is wrong and the
/// tenant had told an untruth.
fn greens(plan: &Plan, outcome: &Outcome<'_>, untrue: &BTreeSet<String>, faults: &mut Vec<String>) {
    if untrue.is_empty() {
        return;
    }
    if is_green(&outcome.run) || !plan.may_be_told_untruths() {
        faults.push(format!("FALSE GREEN: accepted, and not on the list as intended: {untrue:?}"));
    }
}

fn keys(outcome: &Outcome<'_>, faults: &mut Vec<String>) {
    let keys = outcome.truth["keys"].as_object().unwrap();
    for (key, used) in keys.iter().filter(|(_, used)| used["applied"].as_u64() > Some(1)) {
        faults.push(format!("key {key} took effect {} times", used["applied"]));
    }
}

/// Where a tenant cannot be read back no row reaches it twice, whatever became of the first time.
fn sent_once(plan: &Plan, outcome: &Outcome<'_>, faults: &mut Vec<String>) {
    let arrived = outcome.truth["counters"]["rows"].as_u64().unwrap();
    if plan.unreadable && arrived > outcome.file.intended.len() as u64 {
        faults.push(format!("{arrived} rows arrived of {}", outcome.file.intended.len()));
    }
}

/// One number on the list, before and after.
struct Look {
    before: Vec<Value>,
    after: Vec<Value>,
    /// Records that were not there before.
    ours: Vec<Value>,
}

impl Look {
    fn at(before: Option<&Vec<Value>>, after: Option<&Vec<Value>>) -> Self {
        let before = before.cloned().unwrap_or_default();
        let after = after.cloned().unwrap_or_default();
        let ours = after.iter().filter(|record| !before.contains(record)).cloned().collect();
        Self { before, after, ours }
    }

    fn is_as_before(&self) -> bool {
        self.before == self.after
    }

    /// One record that says what the file says, in the place of whatever stood there. A contact that stood on a list that
    /// could not be read is called once more than it should be, which the confirmation says.
    fn is_as_intended(&self, to: Destination, said: &Said) -> bool {
        let there = |record: &Value| stands(to, said, record, !self.before.contains(record));
        match to {
            Destination::Outbound => self.after.iter().any(there),
            Destination::Items => self.after.iter().any(there),
            _ => self.after.len() == 1 && self.after.iter().all(there),
        }
    }
}

/// Whether a record says what the file says of its number, as far as the destination keeps it.
fn stands(to: Destination, said: &Said, record: &Value, is_ours: bool) -> bool {
    let word = |name: &str| record[name].as_str();
    let instant = |day: &Option<String>| day.as_ref().map(|day| format!("{day}T23:59:59Z"));
    let expected: BTreeMap<&str, Option<String>> = match to {
        Destination::Entries => BTreeMap::from([
            ("jurisdiction", Some(said.jurisdiction.clone())),
            ("source", Some(said.source.clone()).filter(|it| !it.is_empty())),
            ("expirationDate", instant(&said.expires)),
        ]),
        Destination::Suppression => {
            BTreeMap::from([("reason", Some(said.reason.clone())), ("suppressUntil", instant(&said.expires))])
        }
        Destination::Items if is_ours => BTreeMap::from([("notes", Some(said.notes.clone()))]),
        Destination::Outbound if is_ours => {
            return word("firstName") == Some(&said.reason)
                && word("email") == Some(&said.source)
                && record["customFields"]["plan"] == *said.notes;
        }
        Destination::Items | Destination::Outbound => BTreeMap::new(),
    };
    expected.into_iter().all(|(name, value)| word(name) == value.as_deref())
}
