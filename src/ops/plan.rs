//! Plan: what an upload would do, against the list as it is on the tenant now.

mod draft;
mod effect;
mod fit;
mod rows;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

pub(super) use draft::{Draft, strongest};
pub(super) use effect::of_scrub;
use effect::{snapshot_leaves, that_end_sooner, what_is_not_kept};
pub(super) use fit::refuse_request;
use fit::{read_for, refuse_file};
use rows::ALREADY;
pub(super) use rows::{
    Against, PlannedRows, Wanted, attributes_of, by_identifier, differing, is_shortened, plan_rows,
    planned_otherwise,
};

use super::check::{self, CheckedFile};
use super::extra;
use super::input::Input;
use super::target::in_force;
use super::trail::others;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::E164;
use crate::domain::plan::{Counts, Destination, Operation, Origin, PlanRow, PlanSummary, REMOVED};
use crate::domain::progress::Phase;
use crate::domain::rule::{Action, Rule};
use crate::domain::run::RunSummary;
use crate::files::{Changes, CheckOptions, FileError, Intents};
use crate::ledger::{NewEvent, Whom};

/// What to plan.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The file.
    pub file: PathBuf,
    /// Where its numbers go.
    pub to: Destination,
    /// What is done with them.
    pub operation: Operation,
    /// List of that kind by id or equal name.
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
    /// The file behind it; none where its rows come from a run.
    pub file: Option<CheckedFile>,
    /// The target.
    pub list: DncList,
    /// Active BLOCK rules that enforce the list, by name; empty = UNBOUND, and the confirmation says so.
    pub enforced_by: Vec<String>,
    /// `suppress 48,211 more numbers for OUTBOUND and INBOUND in PRODUCTION; takes about 10 min`.
    pub effect: String,
    /// Estimate at the allowed rate, cool-down included.
    pub takes: Duration,
    /// Whom it takes off the list, sorted: they may be called then.
    pub comes_off: Vec<Identifier>,
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
        let list = self.find_target(request.to, &request.list).await?;
        self.plan_for(list, request, sink, stop).await
    }

    pub(super) async fn plan_for(
        &self,
        list: DncList,
        request: &PlanRequest,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let (to, operation) = (request.to, request.operation);
        let input = Input {
            options: Box::new(read_for(to, operation, &request.input.options)),
            ..request.input.clone()
        };
        refuse_request(request)?;
        let options = self.check_options(operation, &input);
        let file = check::check(&request.file, &input, options.clone(), sink.clone(), stop).await?;
        kill_point!("K2");
        let kept = match input.options.changes {
            Some(Changes::Deletions) => self.named_otherwise(&file, options, stop).await?,
            _ => Vec::new(),
        };
        if request.shown.as_ref().is_some_and(|shown| *shown != file.checked.sha256) {
            return Err(FileError::Changed { path: request.file.clone() }.into());
        }
        let scrub = &request.input.scrub;
        let planned = self.plan_checked((to, operation), (scrub, kept), list, file, sink, stop).await?;
        self.store_pseudonyms(&planned, &input, stop).await?;
        Ok(planned)
    }

    /// A number that is ours may not be suppressed; taking it off is well.
    fn check_options(&self, operation: Operation, input: &Input) -> CheckOptions {
        let mut profile = self.profile().clone();
        if operation == Operation::Remove {
            profile.own_numbers.clear();
        }
        check::check_options(Some(&profile), input, Timestamp::now())
    }

    /// Whoever a list of changes names in a row that is not taken off: additions, and rows that cannot be read. They stay,
    /// whatever the order of its rows, and whatever else is wrong with the row that adds them.
    async fn named_otherwise(
        &self,
        file: &CheckedFile,
        options: CheckOptions,
        stop: &CancellationToken,
    ) -> Result<Vec<Identifier>, OpsError> {
        let (document, checked, stop) = (file.document.clone(), file.checked.clone(), stop.clone());
        off_thread(move || {
            let mut named = Vec::new();
            others::tell(&document, &checked, &options, &stop, &mut |row| {
                if let (Some(_), Whom::Known(identifier)) = (row.rejected, row.whom) {
                    named.push(identifier);
                }
                Ok(())
            })?;
            named.sort_unstable();
            Ok(named)
        })
        .await?
    }

    /// Plans a file that is checked.
    async fn plan_checked(
        &self,
        (to, operation): (Destination, Operation),
        (scrub, kept): (&[String], Vec<Identifier>),
        list: DncList,
        file: CheckedFile,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        refuse_file(to, operation, &file)?;
        let told = (list.entry_count, Phase::Plan);
        let read = self.read_if_readable(to, &list.id, told, &*sink, stop).await?;
        let profile = &self.profile().name;
        // What cannot be read is not known, and not empty.
        if let Some(remote) = &read
            && !self.record_baseline(&list, remote).await?
            && operation != Operation::Remove
        {
            self.begin_lost_generations(&list, &file.checked.intents, remote).await?;
        }
        let generations: HashMap<E164, u32> =
            self.ledger.generations(profile, &list.id).await?.into_iter().collect();
        // A row that cannot be read may mean any number that we keep there: then none of them is taken off.
        let (ours, stay) = match operation {
            Operation::Sync if file.checked.rejected == 0 => {
                (self.ledger.ours(profile, &list.id).await?, false)
            }
            _ => (Vec::new(), operation == Operation::Sync),
        };

        let scrub = self.scrub(scrub, &*sink, stop).await?;
        let (checked, document, halt) = (file.checked.clone(), file.document.clone(), stop.clone());
        let require_opt_in = self.profile().upload.require_opt_in;
        let (PlannedRows { rows, shortened, ending, foreign }, mut clauses, lists, extras) =
            off_thread(move || {
                let extras = extra::read(&document, &checked, to, require_opt_in, &halt)?;
                let wanted = checked.intents.iter().map(|intent| {
                    let stays =
                        kept.binary_search(&intent.identifier).is_ok().then(|| NAMED_OTHERWISE.into());
                    let wanted = Wanted::of(intent, &extras, &scrub);
                    Wanted { barred: wanted.barred.or(stays), ..wanted }
                });
                let remote = read.map(|read| in_force(to, read, Timestamp::now()));
                let there = remote.as_deref().unwrap_or_default();
                let against =
                    Against { to, operation, remote: there, generations: &generations, ours: &ours };
                let planned = plan_rows(&against, wanted);
                let said = of_scrub(to, &scrub, &planned.rows, remote.as_deref());
                Ok::<_, OpsError>((planned, said, scrub.lists, extras))
            })
            .await??;
        clauses.extend((ending > 0).then(|| that_end_sooner(ending)));
        clauses.extend(snapshot_leaves(stay.then_some(file.checked.rejected), foreign));
        clauses.extend(what_is_not_kept(to, &file, &extras));
        let draft = Draft {
            to,
            operation,
            origin: Origin::File,
            list,
            file: (file.document.path().display().to_string(), file.checked.sha256.clone()),
            rows,
            duplicates: file.checked.duplicates,
            rejected: file.checked.rejected,
            shortened,
            scrub: lists,
            clauses,
            checked: Some(file),
        };
        self.store_draft(draft).await
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

    /// A number that should be on the list, is gone or was changed by somebody else, and is about to be sent again: the
    /// tenant may still know the key of the first time and take the new entry for a repeat, so it gets a new one.
    async fn begin_lost_generations(
        &self,
        list: &DncList,
        intents: &Intents,
        remote: &[RemoteEntry],
    ) -> Result<(), OpsError> {
        let profile = &self.profile().name;
        let expected = self.ledger.expected(profile, &list.id).await?.unwrap_or_default();
        let there = by_identifier(remote);
        let lost: Vec<E164> = intents
            .iter()
            .filter_map(|intent| intent.identifier.phone())
            .filter(|number| {
                let wanted = Identifier::from(*number);
                let found = expected.binary_search_by(|entry| entry.identifier.cmp(&wanted)).ok();
                // One that stands there as somebody else wrote it is not the one that we put there.
                found.and_then(|at| expected.get(at)).is_some_and(|entry| {
                    !matches!(there.get(&wanted).map(Vec::as_slice), Some([one]) if entry.attributes.satisfied_by(one))
                })
            })
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

    /// Contacts of a run's file that were left out because they must not be called, and that stood on the list all the same
    /// when it was planned: the upload does not take them off.
    pub async fn barred_on_list(&self, run: &RunSummary) -> Result<u64, OpsError> {
        let (Destination::Outbound, Some(plan)) = (run.destination, &run.plan) else { return Ok(0) };
        if run.buckets.removed == 0 {
            return Ok(0);
        }
        let rows = self.ledger.plan_rows(&self.ledger.plan(plan).await?).await?;
        let is_barred = |row: &&PlanRow| row.extra.get(REMOVED).is_some_and(|why| why.ends_with(ALREADY));
        Ok(rows.iter().filter(is_barred).count() as u64)
    }

    /// Rows of one call to this destination, as far as the tenant takes them: what a run has learned holds for a day, since limits are raised again.
    pub(super) async fn rows_of_a_call(&self, to: Destination) -> Result<usize, OpsError> {
        let since = Timestamp::now() - SignedDuration::from_hours(24);
        let learned = self.ledger.learned_size(&self.profile().name, to, since).await?;
        Ok(learned.map_or(self.per_call(to), |most| most.min(self.per_call(to))))
    }

    /// Rows of one call to this destination, by the profile.
    pub(super) fn per_call(&self, to: Destination) -> usize {
        let limits = self.client.limits();
        match to {
            Destination::Entries => limits.entries_per_call,
            Destination::Items => limits.items_per_call,
            Destination::Suppression => limits.suppression_per_call,
            Destination::Outbound => limits.bulk_per_call,
        }
    }

    fn estimate(&self, to: Destination, counts: &Counts) -> Duration {
        let limits = self.client.limits();
        let per_second = match to {
            Destination::Entries => limits.entries_per_second,
            Destination::Items => limits.items_per_minute / 60.0,
            Destination::Suppression => limits.suppression_per_minute / 60.0,
            Destination::Outbound => limits.bulk_per_minute / 60.0,
        };
        let posts = (counts.add + counts.update).div_ceil(self.per_call(to).max(1) as u64);
        // An update of an entry costs its share of a POST, and a read-back and a DELETE of its own; a removal a DELETE.
        let calls = posts + if to == Destination::Entries { 2 * counts.update + counts.remove } else { 0 };
        let sending = calls as f64 / per_second.max(0.01);
        let waits = counts.operations() > 0 && to != Destination::Outbound;
        let cool_down = if waits { self.profile().cool_down_seconds } else { 0 };
        Duration::from_secs_f64(sending) + Duration::from_secs(cool_down)
    }
}

/// Why a number stays.
const NAMED_OTHERWISE: &str = "another row of the file names it, and does not take it off";

/// Active BLOCK rules that name the list, while the list itself is active.
pub(super) fn enforcing_rules<'a>(list: &DncList, rules: &'a [Rule]) -> Vec<&'a Rule> {
    let names_it =
        |rule: &&Rule| rule.active && rule.action == Action::Block && rule.lists.contains(&list.id);
    if list.active { rules.iter().filter(names_it).collect() } else { Vec::new() }
}

/// One expected entry per number or address. Where the tenant holds several records of a number, the E.164 spelling counts.
fn baseline(remote: &[RemoteEntry]) -> Vec<Expected> {
    let mut chosen: HashMap<&Identifier, &RemoteEntry> = HashMap::new();
    for entry in remote {
        let Some(identifier) = &entry.identifier else { continue };
        let better = chosen.get(identifier).is_none_or(|have| !have.is_canonical() && entry.is_canonical());
        if better {
            chosen.insert(identifier, entry);
        }
    }
    let mut expected: Vec<Expected> = chosen
        .into_iter()
        .map(|(identifier, entry)| Expected {
            identifier: identifier.clone(),
            attributes: ExpectedAttributes::from(entry),
        })
        .collect();
    expected.sort_unstable_by(|a, b| a.identifier.cmp(&b.identifier));
    expected
}

#[cfg(test)]
mod tests;
