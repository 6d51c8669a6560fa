//! Plan: what an upload would do, against the list as it is on the tenant now. Approve: bound to the digest.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::check::{self, CheckedFile};
use super::input::Input;
use super::walk::read_list;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::E164;
use crate::domain::plan::{Counts, Destination, Extra, Op, PlanRow, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::rule::{Action, Channel, Rule};
use crate::domain::text::thousands;
use crate::files::{FileError, Intent, Intents};
use crate::ledger::{Approval, Ledger, NewEvent};

/// What to plan.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The file.
    pub file: PathBuf,
    /// List by id or equal name.
    pub list: String,
    /// How to read the file.
    pub input: Input,
    /// SHA-256 of the file that a person looks at, where one does: what has taken its place since is not planned.
    pub shown: Option<String>,
}

/// A stored plan with everything a person needs to approve it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it does.
    pub summary: PlanSummary,
    /// The file behind it.
    pub file: CheckedFile,
    /// The target.
    pub list: DncList,
    /// Active BLOCK rules that enforce the list, by name; empty = UNBOUND, and the confirmation says so.
    pub enforced_by: Vec<String>,
    /// `suppress 48,211 more numbers for OUTBOUND and INBOUND in PRODUCTION; takes about 10 min`.
    pub effect: String,
    /// Estimate at the allowed rate, cool-down included.
    pub takes: Duration,
}

impl Ops {
    /// Checks the file, reads the list, stores the plan. The first plan of a list also records its baseline.
    pub async fn plan(
        &self,
        request: &PlanRequest,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        // The list first: a name that does not resolve should not cost the reading of a large file.
        let list = self.find_list(&request.list).await?;
        self.plan_for(list, request, sink, stop).await
    }

    pub(super) async fn plan_for(
        &self,
        list: DncList,
        request: &PlanRequest,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let options = check::check_options(Some(self.profile()), &request.input, Timestamp::now());
        let file = check::check(&request.file, &request.input, options, sink.clone(), stop).await?;
        if request.shown.as_ref().is_some_and(|shown| *shown != file.checked.sha256) {
            return Err(FileError::Changed { path: request.file.clone() }.into());
        }
        self.plan_checked(list, file, sink, stop).await
    }

    /// Plans a file that is already checked: what the console does when the list is chosen.
    pub async fn plan_checked(
        &self,
        list: DncList,
        file: CheckedFile,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let rules = self.client.rules().await?;
        let remote = read_list(&self.client, &list.id, list.entry_count, Phase::Plan, &*sink, stop).await?;
        let profile = &self.profile().name;
        if !self.record_baseline(&list, &remote).await? {
            self.begin_lost_generations(&list, &file.checked.intents, &remote).await?;
        }
        let generations: HashMap<E164, u32> =
            self.ledger.generations(profile, &list.id).await?.into_iter().collect();

        let checked = file.checked.clone();
        let (rows, shortened) =
            off_thread(move || plan_rows(checked.intents.iter(), &remote, &generations)).await?;
        let counts = count(&file, &rows, shortened);
        let digest = Ledger::digest(profile, Destination::Entries, &list.id, &file.checked.sha256, &rows);
        let summary = PlanSummary {
            id: format!("p-{}", digest.0.get(..8).unwrap_or_default()),
            digest,
            profile: profile.clone(),
            destination: Destination::Entries,
            list: list.id.clone(),
            list_name: list.name.clone(),
            file: file.document.path().display().to_string(),
            file_sha256: file.checked.sha256.clone(),
            counts,
            made_at: Timestamp::now(),
            made_by: self.actor.to_string(),
        };
        self.ledger.store_plan(&summary, rows).await?;
        let enforcing = enforcing_rules(&list, &rules);
        let takes = self.estimate(&counts);
        let effect = effect_sentence(&counts, &enforcing, self.profile().environment.as_str(), takes);
        let enforced_by = enforcing.iter().map(|rule| rule.name.clone()).collect();
        Ok(Planned { summary, file, list, enforced_by, effect, takes })
    }

    /// The first time we see a list, what it holds becomes the baseline of every later reconciliation.
    pub(super) async fn record_baseline(
        &self,
        list: &DncList,
        remote: &[RemoteEntry],
    ) -> Result<bool, OpsError> {
        let profile = &self.profile().name;
        Ok(self.ledger.store_baseline(profile, &list.id, baseline(remote)).await?)
    }

    /// A number that should be on the list, is gone, and is about to be sent again: the tenant may still know the key
    /// of the first time and take the new entry for a repeat, so it gets a new one.
    async fn begin_lost_generations(
        &self,
        list: &DncList,
        intents: &Intents,
        remote: &[RemoteEntry],
    ) -> Result<(), OpsError> {
        let profile = &self.profile().name;
        let expected = self.ledger.expected(profile, &list.id).await?.unwrap_or_default();
        let there: HashSet<E164> = remote.iter().filter_map(|entry| entry.number).collect();
        let lost: Vec<E164> = intents
            .iter()
            .map(|intent| intent.number)
            .filter(|number| !there.contains(number))
            .filter(|number| expected.binary_search_by_key(number, |entry| entry.number).is_ok())
            .collect();
        if !lost.is_empty() {
            self.ledger.raise_generation(profile, &list.id, lost).await?;
        }
        Ok(())
    }

    pub(super) async fn note(
        &self,
        kind: &'static str,
        list: &ListId,
        effect: String,
        reason: Option<String>,
    ) -> Result<(), OpsError> {
        let event = NewEvent {
            at: Timestamp::now(),
            actor: self.actor.to_string(),
            kind,
            object: format!("list {list}"),
            effect,
            reason,
        };
        Ok(self.ledger.note(event).await?)
    }

    /// Approves a stored plan. The OS user is recorded; `claimed` is only a claim.
    pub async fn approve(
        &self,
        plan: &str,
        reason: &str,
        claimed: Option<&str>,
    ) -> Result<(PlanSummary, Approval), OpsError> {
        self.refuse_read_only("an approval")?;
        if reason.trim().is_empty() {
            return Err(OpsError::Approval {
                code: "reason-needed",
                message: "an approval needs a reason".into(),
                advice: "Say why with --reason TEXT.".into(),
            });
        }
        let plan = self.ledger.plan(plan).await?;
        if self.needs_second_person(&plan) && *plan.made_by == *self.actor {
            return Err(OpsError::Approval {
                code: "approval-needed",
                message: format!("plan {} was made by you, and this profile wants a second person", plan.id),
                advice: format!("Ask another person for `quietline approve {} --reason TEXT`.", plan.id),
            });
        }
        let approval = Approval {
            digest: plan.digest.clone(),
            by: self.actor.to_string(),
            claimed: claimed.map(str::to_owned),
            reason: reason.trim().to_owned(),
            at: Timestamp::now(),
        };
        self.ledger.approve(&plan, approval.clone()).await?;
        Ok((plan, approval))
    }

    /// Whether the profile's policy wants this plan approved by somebody else than its maker. The OS user decides.
    pub fn needs_second_person(&self, plan: &PlanSummary) -> bool {
        self.profile().four_eyes.demands(plan.counts.operations(), plan.counts.remove)
    }

    /// A plan that nobody else has approved is not launched where the policy wants a second person.
    pub fn refuse_without_second_person(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        if !self.needs_second_person(plan) {
            return Ok(());
        }
        let id = &plan.id;
        Err(OpsError::Approval {
            code: "approval-needed",
            message: format!("this profile wants a second person; plan {id} is stored, and nothing was sent"),
            advice: format!(
                "Ask another person for `quietline approve {id} --reason TEXT`, then `quietline upload {id}`."
            ),
        })
    }

    fn estimate(&self, counts: &Counts) -> Duration {
        let limits = self.client.limits();
        let per_call = limits.entries_per_call.max(1) as u64;
        // An update costs its share of a POST, and a read-back and a DELETE of its own.
        let calls = (counts.add + counts.update).div_ceil(per_call) + 2 * counts.update;
        let sending = calls as f64 / limits.entries_per_second.max(0.1);
        let cool_down = if counts.operations() == 0 { 0 } else { self.profile().cool_down_seconds };
        Duration::from_secs_f64(sending) + Duration::from_secs(cool_down)
    }
}

/// Active BLOCK rules that name the list, while the list itself is active.
pub(super) fn enforcing_rules<'a>(list: &DncList, rules: &'a [Rule]) -> Vec<&'a Rule> {
    let names_it =
        |rule: &&Rule| rule.active && rule.action == Action::Block && rule.lists.contains(&list.id);
    if list.active { rules.iter().filter(names_it).collect() } else { Vec::new() }
}

/// What to do for each number. Two records of one number, or a spelling that is not E.164, are replaced as a whole:
/// the list then holds exactly what the file says.
fn plan_rows(
    intents: impl Iterator<Item = Intent>,
    remote: &[RemoteEntry],
    generations: &HashMap<E164, u32>,
) -> (Vec<PlanRow>, u64) {
    let mut there: HashMap<E164, Vec<&RemoteEntry>> = HashMap::new();
    for entry in remote {
        if let Some(number) = entry.number {
            there.entry(number).or_default().push(entry);
        }
    }
    let mut shortened = 0;
    let rows = intents
        .map(|intent| {
            let records = there.get(&intent.number).map_or(&[][..], Vec::as_slice);
            let as_wanted =
                |entry: &&&RemoteEntry| entry.is_canonical() && intent.attributes.satisfied_by(entry);
            let (op, replaces) = if records.is_empty() {
                (Op::Add, Vec::new())
            } else if records.iter().any(|entry| as_wanted(&entry)) {
                (Op::Unchanged, Vec::new())
            } else {
                (Op::Update, records.iter().map(|entry| entry.id.clone()).collect())
            };
            if op == Op::Update && is_shortened(&intent, records) {
                shortened += 1;
            }
            PlanRow {
                number: intent.number,
                attributes: intent.attributes,
                op,
                row: intent.row,
                replaces,
                generation: generations.get(&intent.number).copied().unwrap_or(0),
                extra: Extra::default(),
            }
        })
        .collect();
    (rows, shortened)
}

/// Whether planning the same rows again, against the list as it is now, gives the same operations.
pub(super) fn is_fresh(rows: &[PlanRow], remote: &[RemoteEntry], generations: &HashMap<E164, u32>) -> bool {
    let intents = rows.iter().map(|row| Intent {
        number: row.number,
        attributes: row.attributes.clone(),
        row: row.row,
    });
    plan_rows(intents, remote, generations).0 == rows
}

fn is_shortened(intent: &Intent, records: &[&RemoteEntry]) -> bool {
    let Some(ours) = intent.attributes.expires else { return false };
    records.iter().any(|entry| entry.expires.is_none_or(|theirs| theirs > ours))
}

fn count(file: &CheckedFile, rows: &[PlanRow], shortened: u64) -> Counts {
    let of = |op: Op| rows.iter().filter(|row| row.op == op).count() as u64;
    Counts {
        rows: file.checked.rows,
        add: of(Op::Add),
        update: of(Op::Update),
        remove: 0,
        unchanged: of(Op::Unchanged),
        duplicates: file.checked.duplicates,
        removed: 0,
        rejected: file.checked.rejected,
        shortened,
    }
}

/// One expected entry per number. Where the tenant holds several records of a number, the E.164 spelling counts.
fn baseline(remote: &[RemoteEntry]) -> Vec<Expected> {
    let mut chosen: HashMap<E164, &RemoteEntry> = HashMap::new();
    for entry in remote {
        let Some(number) = entry.number else { continue };
        let better = chosen.get(&number).is_none_or(|have| !have.is_canonical() && entry.is_canonical());
        if better {
            chosen.insert(number, entry);
        }
    }
    let mut expected: Vec<Expected> = chosen
        .into_iter()
        .map(|(number, entry)| Expected {
            number,
            attributes: ExpectedAttributes {
                jurisdiction: entry.jurisdiction.clone(),
                expires: entry.expires,
                source: entry.source.clone(),
            },
        })
        .collect();
    expected.sort_unstable_by_key(|entry| entry.number);
    expected
}

fn effect_sentence(counts: &Counts, enforcing: &[&Rule], environment: &str, takes: Duration) -> String {
    if counts.operations() == 0 {
        return format!("nothing to send: the list in {environment} already holds every number of the file");
    }
    let covered: Vec<&str> = Channel::ALL
        .into_iter()
        .filter(|channel| enforcing.iter().any(|rule| rule.scope.covers(*channel)))
        .map(Channel::as_str)
        .collect();
    let changes = match counts.update {
        0 => String::new(),
        n => format!(", change {}", thousands(n)),
    };
    let shorter = match counts.shortened {
        0 => String::new(),
        n => format!(" ({} of them will expire earlier than now)", thousands(n)),
    };
    let time = crate::domain::progress::say_eta(takes);
    if covered.is_empty() {
        return format!(
            "store {} more numbers{changes}{shorter} in {environment} on a list that no active rule enforces: \
             nothing will be suppressed; takes {time}",
            thousands(counts.add)
        );
    }
    let channels = covered.join(" and ");
    format!(
        "suppress {} more numbers{changes}{shorter} for {channels} in {environment}; takes {time}",
        thousands(counts.add)
    )
}

#[cfg(test)]
mod tests;
