//! Taking back what a run did: a plan like any other, whose rows the ledger knows.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::engine::idempotency_key;
use super::input::Input;
use super::plan::{Draft, Planned, PlannedRows, attributes_of, is_shortened, named, strongest};
use super::records::Records;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::beside::Beside;
use crate::domain::diff::ExpectedAttributes;
use crate::domain::entry::RemoteEntry;
use crate::domain::list::DncList;
use crate::domain::plan::{Destination, Op, Operation, Origin, PlanRow, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::run::{BatchState, RunSummary};
use crate::domain::text::{counted, thousands};
use crate::ledger::{Done, Generation, Rows, Since};

/// Takes a run back, row by row, against the list as it is now: nothing but the row is in memory.
pub(super) struct TakeBack {
    done: Rows<Done>,
    there: Beside<RemoteEntry, Rows<RemoteEntry>>,
    generations: Beside<Generation, Rows<Generation>>,
    is_ours: IsOurs,
    now: Timestamp,
    told: Told,
}

/// Whether a record is what a row of ours wrote.
type IsOurs = Box<dyn Fn(&PlanRow, &RemoteEntry) -> bool + Send>;

/// What there is to say of it.
#[derive(Clone, Copy, Default)]
struct Told {
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
    /// Numbers that had several records, of which the strongest comes back.
    several: u64,
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
        let unaccounted = run.buckets.unaccounted;
        let draft = Draft {
            to,
            operation: Operation::Remove,
            origin: Origin::Undo(run.id.clone()),
            list,
            file: (plan.file, plan.file_sha256),
            duplicates: 0,
            rejected: 0,
            scrub: Vec::new(),
            records: named(remote.as_ref()).await?,
            checked: None,
        };
        let writer = self.begin_rows(&draft).await?;
        let mut undo = self.take_back(&run, &remote.unwrap_or_else(Records::empty)).await?;
        let (rows, told) = off_thread(move || {
            PlannedRows::write(writer, |push| {
                while let Some(row) = undo.next_row()? {
                    push(row)?;
                }
                Ok(undo.told)
            })
        })
        .await??;
        let mut clauses = told.clauses();
        if rows.counts().operations() == 0 {
            let why = match clauses.join("; ") {
                none if none.is_empty() => "the tenant took no row of it".to_owned(),
                why => why,
            };
            return Err(nothing(
                "nothing-to-undo",
                format!("nothing of run {} can be taken back: {why}", run.id),
            ));
        }
        clauses.extend((unaccounted > 0).then(|| {
            let n = thousands(unaccounted);
            format!("{n} rows of the run have no verdict, and are left as they are")
        }));
        self.store_of_run(draft, rows, told.shortened, clauses, stop).await
    }

    /// What takes a run back, against the list as it is now.
    pub(super) async fn take_back(&self, run: &RunSummary, there: &Records) -> Result<TakeBack, OpsError> {
        let (to, tenant, list) = (run.destination, self.profile().tenant.clone(), run.list.0.clone());
        let is_ours = move |row: &PlanRow, record: &RemoteEntry| {
            row.stands_as(to, record)
                && match to {
                    // Where the tenant tells the key of a record, another one's is not ours, whatever it says.
                    Destination::Entries => {
                        let key = || idempotency_key(&tenant, &list, row);
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
        let generations = self.ledger.generations(&run.profile, &run.list).await?;
        Ok(TakeBack {
            done: self.ledger.done_by(&run.id).await?,
            there: there.beside(),
            generations: Beside::new(generations.rows()),
            is_ours: Box::new(is_ours),
            now: Timestamp::now(),
            told: Told::default(),
        })
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
        let is_sent = !self.ledger.batches_in(&run.id, &BatchState::SENT, None, 1).await?.is_empty();
        let is_open = !self.ledger.batches_in(&run.id, &BatchState::OPEN, None, 1).await?.is_empty();
        if is_open && (is_sent || !run.state.is_final()) {
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
    ) -> Result<(DncList, Option<Records>), OpsError> {
        let list = self.find_target(to, &to.list_of(&run.list).0).await?;
        let told = (list.entry_count, Phase::Plan);
        let read = self.read_if_readable(to, &list.id, told, sink, stop).await?;
        Ok((list, read.map(|read| read.in_force(to, Timestamp::now()))))
    }

    /// Stores a plan that no file stands behind.
    pub(super) async fn store_of_run(
        &self,
        draft: Draft,
        rows: PlannedRows,
        shortened: u64,
        clauses: Vec<String>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let planned = self.store_draft(draft, rows, shortened, clauses).await?;
        self.store_pseudonyms(&planned, &Input::default(), stop).await?;
        Ok(planned)
    }
}

pub(super) fn nothing(code: &'static str, message: String) -> OpsError {
    OpsError::Nothing { code, message, advice: "`quietline runs` shows every run with its state.".into() }
}

impl Told {
    fn clauses(&self) -> Vec<String> {
        let told = [
            (self.changed, "because others changed their records since"),
            (self.later, "because a later run changed them"),
            (self.wanted, "because a later file has them too"),
            (self.lost, "because what stood there before is over or cannot be written again"),
        ];
        let told = told.into_iter().filter(|(n, _)| *n > 0);
        let told = told.map(|(n, why)| format!("{} {why}", counted(n, "number stays", "numbers stay")));
        let several = (self.several > 0).then(|| {
            let n = counted(self.several, "number had", "numbers had");
            format!("{n} several records: the strongest alone comes back")
        });
        told.chain(several).collect()
    }
}

impl TakeBack {
    /// The next row, in order; `None` = that was all. Blocking.
    pub(super) fn next_row(&mut self) -> Result<Option<PlanRow>, OpsError> {
        loop {
            let Some(Done { row, since }) = self.done.next().transpose()? else { return Ok(None) };
            match since {
                Since::Untouched => return self.inverse(&row).map(Some),
                Since::Changed => self.told.later += 1,
                Since::Wanted => self.told.wanted += 1,
            }
        }
    }

    fn inverse(&mut self, row: &PlanRow) -> Result<PlanRow, OpsError> {
        let generation = self.generations.at(&row.identifier)?.first().map_or(0, |it| it.generation);
        let records = self.there.at(&row.identifier)?;
        // What the row made of the number.
        let is_written =
            |record: &&RemoteEntry| !row.replaces.contains(&record.id) && (self.is_ours)(row, record);
        let written: Vec<&RemoteEntry> = records.iter().filter(is_written).collect();
        let ids = || written.iter().map(|record| record.id.clone()).collect::<Vec<_>>();
        let kept = PlanRow {
            op: Op::Unchanged,
            replaces: Vec::new(),
            before: None,
            generation: 0,
            extra: Default::default(),
            ..row.clone()
        };
        let restored = |said: &ExpectedAttributes| {
            let is_over = said.expires.is_some_and(|at| at <= self.now);
            attributes_of(&row.identifier, said).filter(|_| !is_over)
        };
        let before = row.before.as_deref();
        let is_back = |record: &RemoteEntry| {
            record.is_canonical() && before.is_some_and(|before| before.satisfied_by(record))
        };
        match (row.op, strongest(written.iter().copied())) {
            // Taken off: it comes back where nobody has put it there since.
            // A snapshot took only ours: what stood beside it stands there still, and is no reason to leave ours out.
            (Op::Remove, _) => match before.and_then(restored) {
                Some(attributes) if records.is_empty() || (row.row == 0 && !records.iter().any(is_back)) => {
                    self.told.several += u64::from(row.replaces.len() > 1);
                    return Ok(PlanRow { op: Op::Add, attributes, generation, ..kept });
                }
                _ if !records.is_empty() => self.told.changed += 1,
                Some(_) => {}
                None => self.told.lost += 1,
            },
            (_, None) => self.told.changed += 1,
            (Op::Add, Some(ours)) => {
                return Ok(PlanRow { op: Op::Remove, replaces: ids(), before: Some(Box::new(ours)), ..kept });
            }
            (_, Some(ours)) => match before.and_then(restored) {
                Some(attributes) => {
                    self.told.several += u64::from(row.replaces.len() > 1);
                    self.told.shortened += u64::from(is_shortened(&attributes, written.iter().copied()));
                    let (replaces, before) = (ids(), Some(Box::new(ours)));
                    return Ok(PlanRow { op: Op::Update, attributes, replaces, before, generation, ..kept });
                }
                None => self.told.lost += 1,
            },
        }
        Ok(kept)
    }
}
