//! Plan: what an upload would do, against the list as it is on the tenant now.

mod draft;
mod effect;
mod fit;
mod rows;
mod stored;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use draft::UNREAD;
pub(super) use draft::{Draft, PlannedRows, strongest};
pub(super) use effect::{barred_there, of_scrub};
use effect::{snapshot_leaves, that_end_sooner, that_stay_all_the_same, what_is_not_kept};
pub(super) use fit::refuse_request;
use fit::{read_for, refuse_file};
use rows::ALREADY;
pub(super) use rows::{Against, Planner, Tallies, Wanted, attributes_of, differing, is_shortened};

use super::check::{self, CheckedFile};
use super::extra;
use super::input::Input;
use super::records::Records;
use super::trail::others;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::beside::Beside;
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId};
use crate::domain::plan::{Counts, Destination, Operation, Origin, PlanSummary, REMOVED};
use crate::domain::progress::Phase;
use crate::domain::rule::{Action, Rule};
use crate::domain::run::RunSummary;
use crate::files::{Changes, CheckOptions, Checked, FileError};
use crate::ledger::{ApprovalStanding, NewEvent, PlanWriter, Whom};

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
    /// Its newest approval, whatever became of it.
    pub approval: Option<ApprovalStanding>,
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
        // What cannot be read is not known, and not empty.
        if let Some(there) = &read
            && !self.record_baseline(&list, there).await?
            && operation != Operation::Remove
        {
            self.begin_lost_generations(&list, &file.checked, there).await?;
        }
        // A row that cannot be read may mean any number that we keep there: then none of them is taken off.
        let stay = operation == Operation::Sync && file.checked.rejected > 0;
        let ours = operation == Operation::Sync && !stay;
        let there = read.clone().map(|read| read.in_force(to, Timestamp::now()));
        let against = self.against((to, operation), &list.id, there.as_ref(), ours).await?;

        let scrub = self.scrub(scrub, &*sink, stop).await?;
        let require_opt_in = self.profile().upload.require_opt_in;
        let draft = Draft {
            to,
            operation,
            origin: Origin::File,
            list,
            file: (file.document.path().display().to_string(), file.checked.sha256.clone()),
            duplicates: file.checked.duplicates,
            rejected: file.checked.rejected,
            scrub: scrub.lists.clone(),
            records: named(there.as_ref()).await?,
            checked: Some(file.clone()),
        };
        let writer = self.begin_rows(&draft).await?;
        let (checked, document, halt) = (file.checked.clone(), file.document.clone(), stop.clone());
        let (rows, tallies, clauses, extras) = off_thread(move || {
            let extras = extra::read(&document, &checked, to, require_opt_in, &halt)?;
            let wanted = checked.intents.iter().map(|intent| {
                let stays = kept.binary_search(&intent.identifier).is_ok().then(|| NAMED_OTHERWISE.into());
                let wanted = Wanted::of(intent, &extras, &scrub);
                Ok(Wanted { barred: wanted.barred.or(stays), ..wanted })
            });
            let (rows, tallies) = write_planned(writer, Planner::new(against, wanted), &halt)?;
            let barred = there.map(|there| barred_there(&scrub, &there)).transpose()?;
            let clauses = of_scrub(to, &scrub, &rows.removed, barred);
            Ok::<_, OpsError>((rows, tallies, clauses, extras))
        })
        .await??;
        let mut clauses = clauses;
        clauses.extend((tallies.ending > 0).then(|| that_end_sooner(tallies.ending)));
        clauses.extend(snapshot_leaves(stay.then_some(file.checked.rejected), tallies.foreign));
        clauses.extend((tallies.still_there > 0).then(|| that_stay_all_the_same(tallies.still_there)));
        clauses.extend(what_is_not_kept(to, &file, &extras));
        self.store_draft(draft, rows, tallies.shortened, clauses).await
    }

    /// What rows are held against: the list as it was read, and what the ledger knows of it.
    pub(super) async fn against(
        &self,
        (to, operation): (Destination, Operation),
        list: &ListId,
        there: Option<&Records>,
        with_ours: bool,
    ) -> Result<Against, OpsError> {
        let profile = &self.profile().name;
        let generations = self.ledger.generations(profile, list).await?.rows();
        let ours = match with_ours {
            true => self.ledger.ours(profile, list).await?,
            false => Box::new(std::iter::empty()),
        };
        Ok(Against {
            to,
            operation,
            there: there.map_or_else(|| Records::empty().beside(), Records::beside),
            generations: Beside::new(generations),
            ours: Beside::new(ours),
        })
    }

    /// The first time we see a list, what it holds becomes the baseline of every later reconciliation.
    pub(super) async fn record_baseline(&self, list: &DncList, there: &Records) -> Result<bool, OpsError> {
        let profile = &self.profile().name;
        self.ledger.store_baseline(profile, &list.id, baseline(there)).await
    }

    /// A number that should be on the list, is gone or was changed by somebody else, and is about to be sent again: the
    /// tenant may still know the key of the first time and take the new entry for a repeat, so it gets a new one.
    async fn begin_lost_generations(
        &self,
        list: &DncList,
        checked: &Arc<Checked>,
        there: &Records,
    ) -> Result<(), OpsError> {
        let profile = &self.profile().name;
        let Some(expected) = self.ledger.expected(profile, &list.id).await? else { return Ok(()) };
        let (checked, mut there, mut expected) = (checked.clone(), there.beside(), Beside::new(expected));
        let (told, mut lost) = mpsc::channel(1);
        let look = off_thread(move || {
            let mut part = Vec::new();
            for intent in checked.intents.iter() {
                let Some(number) = intent.identifier.phone() else { continue };
                let Some(expected) = expected.at(&intent.identifier)?.first() else { continue };
                // One that stands there as somebody else wrote it is not the one that we put there.
                let is_there =
                    matches!(there.at(&intent.identifier)?, [one] if expected.attributes.satisfied_by(one));
                if !is_there {
                    part.push(number);
                }
                if part.len() == RAISED_AT_ONCE && told.blocking_send(std::mem::take(&mut part)).is_err() {
                    // Whoever raises them has failed, and tells why.
                    return Ok(());
                }
            }
            let _ = told.blocking_send(part);
            Ok::<_, OpsError>(())
        });
        let raise = async move {
            while let Some(numbers) = lost.recv().await {
                if !numbers.is_empty() {
                    self.ledger.raise_generation(profile, &list.id, numbers).await?;
                }
            }
            Ok::<_, OpsError>(())
        };
        let (looked, raised) = tokio::join!(look, raise);
        raised.and(looked?)
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
        off_thread(move || {
            let mut barred = 0;
            for row in rows {
                barred += u64::from(row?.extra.get(REMOVED).is_some_and(|why| why.ends_with(ALREADY)));
            }
            Ok(barred)
        })
        .await?
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

/// Numbers that begin a new generation in one transaction.
const RAISED_AT_ONCE: usize = 10_000;

/// Why a number stays.
const NAMED_OTHERWISE: &str = "another row of the file names it, and does not take it off";

/// Active BLOCK rules that name the list, while the list itself is active.
pub(super) fn enforcing_rules<'a>(list: &DncList, rules: &'a [Rule]) -> Vec<&'a Rule> {
    let names_it =
        |rule: &&Rule| rule.active && rule.action == Action::Block && rule.lists.contains(&list.id);
    if list.active { rules.iter().filter(names_it).collect() } else { Vec::new() }
}

/// One expected entry per number or address, in order. Where the tenant holds several records of a number, the E.164
/// spelling counts.
fn baseline(there: &Records) -> impl Iterator<Item = Result<Expected, OpsError>> + Send + 'static {
    let mut there = there.beside();
    std::iter::from_fn(move || {
        let mut next = || {
            let Some(identifier) = there.next_whom()? else { return Ok(None) };
            let records = there.at(&identifier)?;
            let chosen = records.iter().find(|entry| entry.is_canonical()).or(records.first());
            let attributes = chosen.map(ExpectedAttributes::from).unwrap_or_default();
            Ok(Some(Expected { identifier, attributes }))
        };
        next().transpose()
    })
}

/// What stands on a list, for the plan that is made against it.
pub(super) async fn named(there: Option<&Records>) -> Result<String, OpsError> {
    match there {
        Some(there) => there.named().await,
        None => Ok(UNREAD.to_owned()),
    }
}

/// Writes everything that is planned, or nothing where it is stopped. Blocking.
pub(super) fn write_planned<W: Iterator<Item = Result<Wanted, OpsError>>>(
    writer: PlanWriter,
    mut planner: Planner<W>,
    stop: &CancellationToken,
) -> Result<(PlannedRows, Tallies), OpsError> {
    PlannedRows::write(writer, |push| {
        while let Some(row) = planner.next_row()? {
            if stop.is_cancelled() {
                return Err(OpsError::Stopped);
            }
            push(row)?;
        }
        Ok(planner.tallies)
    })
}

#[cfg(test)]
mod tests;
