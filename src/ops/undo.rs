//! Taking back what a run did: a plan like any other, whose rows the ledger knows.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::engine::idempotency_key;
use super::input::Input;
use super::plan::{Draft, Planned, attributes_of, by_identifier, is_shortened, strongest};
use super::target::in_force;
use super::{Ops, OpsError, Sink};
use crate::domain::diff::ExpectedAttributes;
use crate::domain::entry::RemoteEntry;
use crate::domain::list::DncList;
use crate::domain::phone::E164;
use crate::domain::plan::{Destination, Op, Operation, Origin, PlanRow, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::run::{BatchState, RunSummary};
use crate::domain::text::thousands;
use crate::ledger::Done;

/// What taking a run back comes to.
#[derive(Default)]
pub(super) struct Undone {
    pub(super) rows: Vec<PlanRow>,
    /// Records that end earlier again than they do now.
    shortened: u64,
    /// Records that somebody else has changed since.
    changed: u64,
    /// Records that cannot be written again: over by now, without a jurisdiction, or of a plan that did not keep them.
    lost: u64,
    /// Rows of which later runs of ours have the last word.
    later: u64,
    /// Rows that a later file of ours wants to stand there.
    wanted: u64,
}

impl Ops {
    /// Plans to take back what a run did: its additions go, what it replaced or took off comes back. What others, or later
    /// runs, have changed since stays, and is counted.
    pub async fn plan_undo(
        &self,
        run: &str,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        self.refuse_read_only("undoing a run")?;
        let (run, plan) = self.ended_run(run, "nothing-to-undo").await?;
        if !plan.destination.is_dnc_list() {
            return Err(OpsError::Nothing {
                code: "nothing-to-undo",
                message: format!("what went to {} cannot be taken off by a call", plan.destination),
                advice: "Take these contacts off at the tenant.".into(),
            });
        }
        let to = Destination::Entries;
        let (list, remote) = self.list_of_run(to, &run, &*sink, stop).await?;
        let undone = self.undo_rows(&run, &remote.unwrap_or_default()).await?;
        if undone.rows.iter().all(|row| row.op == Op::Unchanged) {
            let why = match undone.clauses().join("; ") {
                none if none.is_empty() => "the tenant took no row of it".to_owned(),
                why => why,
            };
            return Err(nothing(
                "nothing-to-undo",
                format!("nothing of run {} can be taken back: {why}", run.id),
            ));
        }
        let unknown = (run.buckets.unaccounted > 0).then(|| {
            let n = thousands(run.buckets.unaccounted);
            format!("{n} rows of the run have no verdict, and are left as they are")
        });
        let draft = Draft {
            to,
            operation: Operation::Remove,
            origin: Origin::Undo(run.id.clone()),
            list,
            file: (plan.file, plan.file_sha256),
            duplicates: 0,
            rejected: 0,
            shortened: undone.shortened,
            scrub: Vec::new(),
            clauses: undone.clauses().into_iter().chain(unknown).collect(),
            rows: undone.rows,
            checked: None,
        };
        self.store_of_run(draft, stop).await
    }

    /// The rows of an undo against the list as it is now.
    pub(super) async fn undo_rows(
        &self,
        run: &RunSummary,
        remote: &[RemoteEntry],
    ) -> Result<Undone, OpsError> {
        let done = self.ledger.done_by(&run.id).await?;
        let generations: HashMap<E164, u32> =
            self.ledger.generations(&run.profile, &run.list).await?.into_iter().collect();
        let to = run.destination;
        let is_ours = |row: &PlanRow, record: &RemoteEntry| {
            row.stands_as(to, record)
                && match to {
                    // Where the tenant tells the key of a record, another one's is not ours, whatever it says.
                    Destination::Entries => {
                        let key = || idempotency_key(&self.profile().tenant, &run.list.0, row);
                        record.key.as_ref().is_none_or(|known| *known == key())
                    }
                    // An item says no more than its source: a record that does is somebody else's entry by now.
                    _ => {
                        let source = row.attributes.source.as_deref();
                        let is_plain = record.key.is_none() && record.expires.is_none();
                        is_plain && record.source.as_deref().is_none_or(|theirs| Some(theirs) == source)
                    }
                }
        };
        Ok(take_back(done, remote, &generations, Timestamp::now(), &is_ours))
    }

    /// A run of this profile of which nothing is on its way any more, and its plan.
    pub(super) async fn ended_run(
        &self,
        run: &str,
        code: &'static str,
    ) -> Result<(RunSummary, PlanSummary), OpsError> {
        let run = self.ledger.run(run).await?;
        if run.profile != self.profile().name {
            return Err(nothing(code, format!("run {} belongs to profile {}", run.id, run.profile)));
        }
        let Some(plan) = &run.plan else {
            return Err(nothing(code, format!("run {} was never planned", run.id)));
        };
        let plan = self.ledger.plan(plan).await?;
        // What an ended run has not sent is not sent any more; what may have arrived has to be known.
        let open = self.ledger.open_batches(&run.id).await?;
        let is_over = run.state.is_final() && open.iter().all(|batch| batch.state == BatchState::Queued);
        if !open.is_empty() && !is_over {
            return Err(OpsError::Nothing {
                code,
                message: format!("run {} has not ended: some of it is still to be sent or read back", run.id),
                advice: format!("Finish it with `quietline resume {}` first.", run.id),
            });
        }
        Ok((run, plan))
    }

    /// The list of a run, with everything that stands on it; `None` where nobody can read that.
    pub(super) async fn list_of_run(
        &self,
        to: Destination,
        run: &RunSummary,
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<(DncList, Option<Vec<RemoteEntry>>), OpsError> {
        let list = self.find_target(to, &to.list_of(&run.list).0).await?;
        let told = (list.entry_count, Phase::Plan);
        let read = self.read_if_readable(to, &list.id, told, sink, stop).await?;
        Ok((list, read.map(|read| in_force(to, read, Timestamp::now()))))
    }

    /// Stores a plan that no file stands behind.
    pub(super) async fn store_of_run(
        &self,
        draft: Draft,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let planned = self.store_draft(draft).await?;
        self.store_pseudonyms(&planned, &Input::default(), stop).await?;
        Ok(planned)
    }
}

pub(super) fn nothing(code: &'static str, message: String) -> OpsError {
    OpsError::Nothing { code, message, advice: "`quietline runs` shows every run with its state.".into() }
}

impl Undone {
    fn clauses(&self) -> Vec<String> {
        let told = [
            (self.changed, "stay because others changed their records since"),
            (self.later, "stay because a later run changed them"),
            (self.wanted, "stay because a later file has them too"),
            (self.lost, "stay because what stood there before is over or cannot be written again"),
        ];
        let told = told.into_iter().filter(|(n, _)| *n > 0);
        told.map(|(n, why)| format!("{} numbers {why}", thousands(n))).collect()
    }
}

/// What takes these rows back, given what stands on the list.
fn take_back(
    done: Done,
    remote: &[RemoteEntry],
    generations: &HashMap<E164, u32>,
    now: Timestamp,
    is_ours: &dyn Fn(&PlanRow, &RemoteEntry) -> bool,
) -> Undone {
    let there = by_identifier(remote);
    let mut undone = Undone { later: done.changed_since, wanted: done.wanted_since, ..Undone::default() };
    for row in done.rows {
        let records = there.get(&row.identifier).map_or(&[][..], Vec::as_slice);
        let generation = row.identifier.phone().and_then(|number| generations.get(&number)).copied();
        let is_written = |record: &&RemoteEntry| !row.replaces.contains(&record.id) && is_ours(&row, record);
        let written: Vec<&RemoteEntry> = records.iter().copied().filter(is_written).collect();
        let inverse = inverse(row, records, &written, generation.unwrap_or(0), now, &mut undone);
        undone.rows.push(inverse);
    }
    undone
}

/// `records`: everything of the number; `written`: what the row made of it.
fn inverse(
    row: PlanRow,
    records: &[&RemoteEntry],
    written: &[&RemoteEntry],
    generation: u32,
    now: Timestamp,
    undone: &mut Undone,
) -> PlanRow {
    let (op, before) = (row.op, row.before.as_deref().cloned());
    let kept = PlanRow {
        op: Op::Unchanged,
        replaces: Vec::new(),
        before: None,
        generation: 0,
        extra: Default::default(),
        ..row
    };
    let restored = |said: &ExpectedAttributes| {
        let is_over = said.expires.is_some_and(|at| at <= now);
        attributes_of(&kept.identifier, said).filter(|_| !is_over)
    };
    let ids = || written.iter().map(|record| record.id.clone()).collect::<Vec<_>>();
    match (op, strongest(written.iter().copied())) {
        // Taken off: it comes back where nobody has put it there since.
        (Op::Remove, _) => match before.as_ref().and_then(restored) {
            _ if !records.is_empty() => undone.changed += 1,
            Some(attributes) => return PlanRow { op: Op::Add, attributes, generation, ..kept },
            None => undone.lost += 1,
        },
        (_, None) => undone.changed += 1,
        (Op::Add, Some(ours)) => {
            return PlanRow { op: Op::Remove, replaces: ids(), before: Some(Box::new(ours)), ..kept };
        }
        (_, Some(ours)) => match before.as_ref().and_then(restored) {
            Some(attributes) => {
                undone.shortened += u64::from(is_shortened(&attributes, written));
                let (replaces, before) = (ids(), Some(Box::new(ours)));
                return PlanRow { op: Op::Update, attributes, replaces, before, generation, ..kept };
            }
            None => undone.lost += 1,
        },
    }
    kept
}
