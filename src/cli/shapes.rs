//! The JSON that scripts rely on. Fields may be added; none may be renamed or taken away.

use serde::Serialize;
use serde_json::{Value, json};

use super::measures::Measures;
use crate::domain::diff::{Diff, DiffKind, Difference, ExpectedAttributes};
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::list::DncList;
use crate::domain::phone::E164;
use crate::domain::readiness::Readiness;
use crate::domain::rule::{Outcome, Rule};
use crate::domain::run::RunSummary;
use crate::domain::verdict::{Answer, Asked, RecordStatus};
use crate::ops::{CheckedFile, DeadLetter, ListOverview, Planned, Reconciliation, check_fields};

/// `check`.
#[derive(Debug)]
pub(super) struct CheckObject(Vec<(&'static str, Value)>);

impl CheckObject {
    pub fn of(file: &CheckedFile) -> Self {
        Self(check_fields(&file.document, &file.checked))
    }
}

impl Serialize for CheckObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// `plan`.
#[derive(Debug, Serialize)]
pub(super) struct PlanObject {
    plan: String,
    digest: String,
    to: &'static str,
    list: String,
    list_name: String,
    op: &'static str,
    origin: String,
    file: String,
    rows: u64,
    add: u64,
    update: u64,
    remove: u64,
    unchanged: u64,
    duplicates: u64,
    removed: u64,
    rejected: u64,
    takes_off: Vec<String>,
    effect: String,
}

impl PlanObject {
    pub fn of(planned: &Planned) -> Self {
        let (plan, counts) = (&planned.summary, &planned.summary.counts);
        Self {
            plan: plan.id.clone(),
            digest: plan.digest.to_string(),
            to: plan.destination.as_str(),
            list: plan.destination.list_of(&plan.list).to_string(),
            list_name: plan.list_name.clone(),
            op: plan.operation.as_str(),
            origin: plan.origin.to_text(),
            file: plan.file.clone(),
            rows: counts.rows,
            add: counts.add,
            update: counts.update,
            remove: counts.remove,
            unchanged: counts.unchanged,
            duplicates: counts.duplicates,
            removed: counts.removed,
            rejected: counts.rejected,
            takes_off: planned.comes_off.iter().map(Identifier::whole).collect(),
            effect: planned.effect.clone(),
        }
    }
}

/// `upload`, `resume`, `runs`, `cancel`.
#[derive(Debug, Serialize)]
pub(super) struct RunObject {
    run: String,
    plan: Option<String>,
    to: &'static str,
    op: &'static str,
    origin: String,
    list: String,
    list_name: String,
    file: String,
    state: &'static str,
    rows: u64,
    accepted: u64,
    unchanged: u64,
    duplicates: u64,
    removed: u64,
    rejected: u64,
    dead_letters: u64,
    unaccounted: u64,
    batches: u64,
    batches_done: u64,
    retries: u64,
    throttled: u64,
    differences: u64,
    seconds: f64,
    started_at: String,
    by: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trail: Option<String>,
    /// Where one run is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<Value>,
}

impl RunObject {
    /// The same at the end of a run, with the head of the audit trail and what was measured.
    pub fn ended(run: &RunSummary, measures: &Measures, head: &str) -> Self {
        Self { trail: Some(head.to_owned()), ..Self::measured(run, measures) }
    }

    /// With what was measured of it.
    pub fn measured(run: &RunSummary, measures: &Measures) -> Self {
        let (metrics, webhook) = (Some(measures.metrics(run)), Some(measures.webhook()));
        Self { metrics, webhook, ..Self::of(run) }
    }

    pub fn of(run: &RunSummary) -> Self {
        let buckets = &run.buckets;
        Self {
            run: run.id.clone(),
            plan: run.plan.clone(),
            to: run.destination.as_str(),
            op: run.operation.as_str(),
            origin: run.origin.to_text(),
            list: run.destination.list_of(&run.list).to_string(),
            list_name: run.list_name.clone(),
            file: run.file.clone(),
            state: run.state.as_str(),
            rows: buckets.rows,
            accepted: buckets.accepted,
            unchanged: buckets.unchanged,
            duplicates: buckets.duplicates,
            removed: buckets.removed,
            rejected: buckets.rejected,
            dead_letters: buckets.dead_letters,
            unaccounted: buckets.unaccounted,
            batches: run.batches,
            batches_done: run.batches_done,
            retries: run.retries,
            throttled: run.throttled,
            differences: run.differences,
            seconds: rounded(run.seconds),
            started_at: run.started_at.to_string(),
            by: run.by.clone(),
            reason: run.reason.clone(),
            error: run.error.as_ref().map(|(code, message)| json!({"code": code, "message": message})),
            trail: None,
            metrics: None,
            webhook: None,
        }
    }
}

/// `reconcile`.
#[derive(Debug, Serialize)]
pub(super) struct ReconcileObject {
    list: String,
    list_name: String,
    baseline: bool,
    remote: u64,
    expected: u64,
    matching: u64,
    missing: Vec<DifferenceObject>,
    unexpected: Vec<DifferenceObject>,
    changed: Vec<DifferenceObject>,
    remote_duplicates: Vec<DifferenceObject>,
    malformed: Vec<DifferenceObject>,
    clean: bool,
}

#[derive(Debug, Serialize)]
struct DifferenceObject {
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    raw: String,
    fields: Vec<&'static str>,
    expected: Option<Value>,
    remote: Option<Value>,
}

impl ReconcileObject {
    pub fn of(result: &Reconciliation) -> Self {
        let diff = &result.diff;
        Self {
            list: result.list.id.to_string(),
            list_name: result.list.name.clone(),
            baseline: result.baseline,
            remote: diff.remote,
            expected: diff.expected,
            matching: diff.matching,
            missing: of_kind(diff, DiffKind::Missing),
            unexpected: of_kind(diff, DiffKind::Unexpected),
            changed: of_kind(diff, DiffKind::Changed),
            remote_duplicates: of_kind(diff, DiffKind::RemoteDuplicate),
            malformed: of_kind(diff, DiffKind::Malformed),
            clean: diff.is_clean(),
        }
    }
}

fn of_kind(diff: &Diff, kind: DiffKind) -> Vec<DifferenceObject> {
    diff.differences.iter().filter(|difference| difference.kind == kind).map(difference_object).collect()
}

fn difference_object(difference: &Difference) -> DifferenceObject {
    DifferenceObject {
        number: difference.identifier.as_ref().and_then(Identifier::phone).map(E164::to_e164),
        email: difference.identifier.as_ref().and_then(email_of),
        raw: difference.raw.clone(),
        fields: difference.fields.clone(),
        expected: difference.expected.as_ref().map(expected_object),
        remote: difference.remote.as_ref().map(remote_object),
    }
}

fn expected_object(expected: &ExpectedAttributes) -> Value {
    json!({
        "jurisdiction": expected.jurisdiction,
        "expires": expected.expires.map(|at| at.to_string()),
        "source": expected.source,
    })
}

fn remote_object(entry: &RemoteEntry) -> Value {
    json!({
        "id": entry.id,
        "jurisdiction": entry.jurisdiction,
        "expires": entry.expires.map(|at| at.to_string()),
        "source": entry.source,
    })
}

/// One element of `lookup`.
#[derive(Debug, Serialize)]
pub(super) struct AnswerObject {
    input: String,
    number: Option<String>,
    verdict: &'static str,
    jurisdiction: Option<String>,
    records: Vec<Value>,
    lists: Vec<Value>,
    rules: Vec<Value>,
    ledger: Vec<Value>,
    not_asked: Vec<String>,
    because: String,
}

impl AnswerObject {
    pub fn of(answer: &Answer) -> Self {
        let evidence = &answer.evidence;
        let mut not_asked = Vec::new();
        note_failure("records", &evidence.records, &mut not_asked);
        note_failure("lists", &evidence.lists, &mut not_asked);
        note_failure("rules", &evidence.decisions, &mut not_asked);
        let records = evidence
            .records
            .answer()
            .into_iter()
            .flatten()
            .map(|record| json!({"status": status_word(&record.status), "type": record.kind}));
        let lists = evidence.lists.answer().into_iter().flatten().map(|list| {
            json!({
                "id": list.list.to_string(), "name": list.name, "active": list.active, "live": list.live,
                "expires": list.expires.map(|at| at.to_string()), "source": list.source, "enforced": list.enforced,
            })
        });
        let ledger = evidence.ledger.iter().map(|known| {
            json!({"run": known.run, "file": known.file, "row": known.row, "taken_off": known.taken_off, "at": known.at.to_string(),
                   "by": known.by, "list": known.list_name})
        });
        Self {
            input: answer.input.clone(),
            number: answer.number.map(|number| number.to_e164()),
            verdict: answer.verdict.as_str(),
            jurisdiction: answer.jurisdiction.map(|j| j.to_string()),
            records: records.collect(),
            lists: lists.collect(),
            rules: deciding_rules(answer),
            ledger: ledger.collect(),
            not_asked,
            because: answer.because.clone(),
        }
    }
}

fn note_failure<T>(source: &str, asked: &Asked<T>, failed: &mut Vec<String>) {
    if let Asked::Failed(why) = asked {
        failed.push(format!("{source}: {why}"));
    }
}

fn status_word(status: &RecordStatus) -> &str {
    match status {
        RecordStatus::Suppressed => "SUPPRESSED",
        RecordStatus::NotSuppressed => "NOT_SUPPRESSED",
        RecordStatus::Pending => "PENDING",
        RecordStatus::Other(word) => word,
    }
}

/// The rules that had a say: those that decide, and those that could not be read.
fn deciding_rules(answer: &Answer) -> Vec<Value> {
    let mut rules = Vec::new();
    for decision in answer.evidence.decisions.answer().into_iter().flatten() {
        for step in &decision.trace {
            let outcome = match step.outcome {
                Outcome::Decides => "decides",
                Outcome::Unknown => "unknown",
                Outcome::NoMatch | Outcome::OtherChannel | Outcome::Inactive | Outcome::NotReached => {
                    continue;
                }
            };
            if let Some(rule) = answer.rules.get(step.rule) {
                rules.push(json!({
                    "rule": rule.name, "priority": rule.priority, "scope": rule.scope, "action": rule.action,
                    "channel": decision.channel.as_str(), "outcome": outcome,
                    "list": decision.by_list.as_ref().map(ToString::to_string),
                }));
            }
        }
    }
    rules
}

/// `gate`.
pub(super) fn gate_object(list: &DncList, readiness: &Readiness) -> Value {
    json!({
        "list": list.id.to_string(), "list_name": list.name, "state": readiness.state.as_str(),
        "because": readiness.because, "seconds_left": readiness.seconds_left,
    })
}

/// The address, where it is one: only then there is such a field.
fn email_of(identifier: &Identifier) -> Option<String> {
    match identifier {
        Identifier::Phone(_) => None,
        Identifier::Email(email) => Some(email.as_str().to_owned()),
    }
}

/// One element of `dead-letters`.
pub(super) fn dead_letter_object(run: &str, letter: &DeadLetter) -> Value {
    let mut object = json!({
        "run": run, "row": letter.row, "number": letter.identifier.phone().map(E164::to_e164),
        "code": letter.code, "message": letter.message,
    });
    if let (Some(fields), Some(email)) = (object.as_object_mut(), email_of(&letter.identifier)) {
        fields.insert("email".into(), email.into());
    }
    object
}

/// One element of `lists`.
pub(super) fn list_object(overview: &ListOverview) -> Value {
    let list = &overview.list;
    json!({
        "id": list.id.to_string(), "name": list.name, "description": list.description, "type": list.kind,
        "active": list.active, "entries": list.entry_count,
        "default_expires": list.default_expires.map(|at| at.to_string()),
        "enforced_by": overview.enforced_by, "state": overview.readiness.state.as_str(),
        "because": overview.readiness.because, "seconds_left": overview.readiness.seconds_left,
        "last_upload": overview.facts.last_upload.as_ref().map(|(at, by)| json!({"at": at.to_string(), "by": by})),
    })
}

/// One element of `rules`.
pub(super) fn rule_object(rule: &Rule) -> Value {
    json!({
        "id": rule.id, "name": rule.name, "description": rule.description, "priority": rule.priority,
        "scope": rule.scope.as_str(), "action": rule.action.as_str(), "active": rule.active,
        "lists": rule.lists.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Milliseconds are enough.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
