//! Rows that are settled long after their call was answered: items once they stand on the list, contacts once their job is
//! over, records once they stand there no more. Their batches wait as `Response` in the ledger, so a resumed run waits for the same.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use jiff::Timestamp;

use super::{Engine, Halt};
use crate::api::{self, FeedNews, FeedPace};
use crate::domain::job::{Job, JobError, JobId, JobStatus};
use crate::domain::phone::E164;
use crate::domain::plan::Destination;
use crate::domain::run::BatchState;
use crate::ledger::{Batch, Settlement};
use crate::ops::{JobNow, JobsNow, OpsEvent, Patience};

/// Jobs whose word is held against the list by one reading of it.
const READ_TOGETHER: usize = 32;

/// The jobs of a run's batches: those that are open, and what was heard of each.
#[derive(Default)]
struct Jobs {
    open: HashMap<JobId, Batch>,
    seen: BTreeMap<u32, JobNow>,
    /// Those that are over, until the list was asked.
    over: Vec<(Batch, Job)>,
    /// Since when a job tells nothing that anybody understands.
    odd: HashMap<JobId, Instant>,
}

impl Jobs {
    fn add(&mut self, id: JobId, batch: Batch) {
        let rows = batch.rows.len() as u64;
        let now = JobNow { id: id.clone(), rows, status: JobStatus::Queued, progress: 0 };
        self.seen.insert(batch.seq, now);
        self.open.insert(id, batch);
    }

    fn note(&mut self, job: &Job) {
        self.odd.remove(&job.id);
        if let Some(now) = self.seen.values_mut().find(|now| now.id == job.id) {
            (now.status, now.progress) = (job.status, job.progress);
        }
    }

    /// Takes out the batches whose jobs nobody has understood for too long: a state without a meaning is not waited for.
    fn long_odd(&mut self, patience: Patience) -> Vec<Batch> {
        let is_late = |since: &Instant| since.elapsed() >= patience.visible_within;
        let late: Vec<JobId> =
            self.odd.iter().filter(|(_, since)| is_late(since)).map(|(id, _)| id.clone()).collect();
        late.iter().filter_map(|id| self.open.remove(id)).collect()
    }

    fn shown(&self) -> Vec<JobNow> {
        self.seen.values().cloned().collect()
    }
}

impl Engine {
    /// Whether a batch is answered, and its rows are settled later.
    pub(super) fn waits(&self, batch: &Batch) -> bool {
        if self.takes_off(batch) {
            return batch.state == BatchState::Response;
        }
        matches!(self.plan.destination, Destination::Items | Destination::Outbound)
            && batch.state == BatchState::Response
            && batch.answer.as_ref().is_some_and(|(status, _)| (200..=204).contains(status))
    }

    /// Settles every batch that waits.
    pub(super) async fn settle_later(&self) -> Result<(), Halt> {
        let mut waiting = self.batches_in(&BatchState::ANSWERED, None, u32::MAX).await?;
        waiting.retain(|batch| self.waits(batch));
        let (removals, waiting): (Vec<Batch>, Vec<Batch>) =
            waiting.into_iter().partition(|batch| self.takes_off(batch));
        if !removals.is_empty() {
            self.confirm_removals(removals).await?;
        }
        match self.plan.destination {
            _ if waiting.is_empty() => Ok(()),
            Destination::Items => self.confirm_items(waiting).await,
            Destination::Outbound => self.follow_jobs(waiting).await,
            Destination::Entries | Destination::Suppression => Ok(()),
        }
    }

    /// Reads the list until every item stands on it, or patience with them ends: what is missing then is sent once more.
    async fn confirm_items(&self, mut waiting: Vec<Batch>) -> Result<(), Halt> {
        self.tell("the items are queued: reading the list until they stand on it".into());
        let begun = Instant::now();
        let mut pause = self.ops.patience.first_look;
        let mut is_first = true;
        loop {
            let rows: Vec<u32> = waiting.iter().flat_map(|batch| batch.rows.iter().copied()).collect();
            let there = self.done_of(&rows).await?;
            let parted = |rows: &[u32]| match &there {
                Some(there) => there.part(rows),
                None => (Vec::new(), rows.to_vec()),
            };
            if std::mem::take(&mut is_first) {
                self.note_unseen(parted(&rows).1.len());
            }
            let late = begun.elapsed() >= self.ops.patience.visible_within;
            let mut open = Vec::new();
            for batch in waiting {
                let (found, missing) = parted(&batch.rows);
                if missing.is_empty() || late {
                    self.settle_found(batch.seq, found, missing).await?;
                } else {
                    open.push(batch);
                }
            }
            waiting = open;
            if waiting.is_empty() {
                return Ok(());
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = self.ops.patience.longer(pause);
        }
    }

    /// Rows that stand there are accepted; the others are sent again until patience with them ends.
    async fn settle_found(&self, seq: u32, found: Vec<u32>, missing: Vec<u32>) -> Result<(), Halt> {
        let (again, given_up) = self.count_misses(missing);
        let settlement = Settlement {
            at: (!found.is_empty()).then(Timestamp::now),
            accepted: found,
            unaccounted: given_up,
            requeue: if again.is_empty() { Vec::new() } else { vec![again] },
            ..Settlement::default()
        };
        self.settle(seq, settlement).await
    }

    /// Follows the job of each batch to its end, or until there has been no news of it for so long that nobody expects any.
    async fn follow_jobs(&self, waiting: Vec<Batch>) -> Result<(), Halt> {
        let patience = self.ops.patience;
        let mut jobs = Jobs::default();
        for batch in waiting {
            let body = batch.answer.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
            // It was understood when it was journalled.
            jobs.add(api::read_bulk_answer(body)?, batch);
        }
        let pace = FeedPace {
            polling_first: patience.first_look,
            polling_longest: patience.longest_look,
            patience: patience.job_news_within,
            ..FeedPace::default()
        };
        let mut feed = self.ops.client.follow_at(jobs.open.keys().cloned().collect(), pace);
        while !jobs.open.is_empty() {
            let mut is_quiet = false;
            match tokio::time::timeout(patience.visible_within, feed.next(&self.stop)).await {
                Ok(Some(news)) => self.take_news(&mut jobs, news).await?,
                Ok(None) if self.stop.is_cancelled() => return Err(Halt::Stopped),
                Ok(None) => {
                    let detail = "the news of jobs came to an end before the jobs".into();
                    return Err(Halt::Trouble(api::Error::Protocol { detail }));
                }
                Err(_) => is_quiet = true,
            }
            for batch in jobs.long_odd(patience) {
                self.settle_lost(batch).await?;
            }
            let now = JobsNow { feed: feed.state(), jobs: jobs.shown() };
            self.sink.event(OpsEvent::Jobs { run: self.run.clone(), now });
            if jobs.open.is_empty() || is_quiet || jobs.over.len() >= READ_TOGETHER {
                self.settle_over(std::mem::take(&mut jobs.over)).await?;
            }
        }
        Ok(())
    }

    /// Jobs that are over. One that completed is held against the list: whoever is neither there nor refused by name has no
    /// verdict, and is not sent again by itself; where the list cannot be read there is nothing but the job's word. Of any
    /// other the list alone says who arrived, and the others are sent again.
    async fn settle_over(&self, over: Vec<(Batch, Job)>) -> Result<(), Halt> {
        let mut told = Vec::new();
        for (batch, job) in over {
            let word = match job.status {
                JobStatus::Completed => self.of_job(&batch, &job).await?,
                _ => None,
            };
            if word.is_none() {
                let (id, status) = (&job.id, job.status.as_str());
                self.tell(format!(
                    "job {id} ended as {status} and does not say who arrived: reading the list"
                ));
            }
            told.push((batch, word));
        }
        let open = |(batch, word): &(Batch, Option<Settlement>)| {
            word.as_ref().map_or_else(|| batch.rows.clone(), |word| word.accepted.clone())
        };
        let rows: Vec<u32> = told.iter().flat_map(open).collect();
        let there = if rows.is_empty() { None } else { self.done_awaited(&rows).await? };
        for (batch, word) in told {
            match (word, &there) {
                (Some(mut word), there) => {
                    if let Some(there) = there {
                        (word.accepted, word.unaccounted) = there.part(&word.accepted);
                    }
                    word.at = (!word.accepted.is_empty()).then(Timestamp::now);
                    self.settle(batch.seq, word).await?;
                }
                (None, Some(there)) => {
                    let (found, missing) = there.part(&batch.rows);
                    self.settle_found(batch.seq, found, missing).await?;
                }
                (None, None) => self.settle_unknown(batch.seq, Vec::new(), batch.rows).await?,
            }
        }
        Ok(())
    }

    async fn take_news(&self, jobs: &mut Jobs, news: FeedNews) -> Result<(), Halt> {
        match news {
            FeedNews::Job(job) => {
                jobs.note(&job);
                match jobs.open.remove(&job.id) {
                    Some(batch) if job.status.is_final() => {
                        kill_point!("K24");
                        jobs.over.push((batch, job));
                    }
                    Some(batch) => drop(jobs.open.insert(job.id, batch)),
                    None => {}
                }
                Ok(())
            }
            FeedNews::Lost(id) | FeedNews::OutOfPatience(id) => match jobs.open.remove(&id) {
                Some(batch) => self.settle_lost(batch).await,
                None => Ok(()),
            },
            FeedNews::Odd { job, error } => {
                match &job {
                    Some(id) => self.tell(format!("job {id}: {error}")),
                    None => self.tell(format!("jobs cannot be asked for: {error}")),
                }
                jobs.odd.extend(job.map(|id| (id, Instant::now())));
                Ok(())
            }
            FeedNews::Refused(error) => Err(Halt::Trouble(error)),
            FeedNews::State(_) => Ok(()),
        }
    }

    /// A job that vanished or stands still may yet go on: what is missing once nothing more comes has no verdict. It is not
    /// sent again by itself, for it may yet arrive.
    async fn settle_lost(&self, batch: Batch) -> Result<(), Halt> {
        self.tell(format!("the tenant does not tell how the job of batch {} goes on", batch.seq));
        let Some(there) = self.done_awaited(&batch.rows).await? else {
            return self.settle_unknown(batch.seq, Vec::new(), batch.rows).await;
        };
        let (found, missing) = there.part(&batch.rows);
        self.settle_unknown(batch.seq, found, missing).await
    }

    /// Rows that stand there are accepted; the others have no verdict.
    async fn settle_unknown(&self, seq: u32, found: Vec<u32>, unaccounted: Vec<u32>) -> Result<(), Halt> {
        let at = (!found.is_empty()).then(Timestamp::now);
        let settlement = Settlement { at, accepted: found, unaccounted, ..Settlement::default() };
        self.settle(seq, settlement).await
    }

    /// What a completed job says of each row; `None` where an error names no row of ours.
    async fn of_job(&self, batch: &Batch, job: &Job) -> Result<Option<Settlement>, Halt> {
        let mut dead: HashMap<u32, (String, String)> = HashMap::new();
        let planned = self.rows.pick(&batch.rows).await?;
        let numbers = batch.rows.iter().zip(&planned);
        let numbers: Vec<(u32, E164)> =
            numbers.filter_map(|(row, planned)| Some((*row, planned.identifier.phone()?))).collect();
        for error in &job.errors {
            let Some(row) = row_of(error, &numbers) else { return Ok(None) };
            dead.entry(row).or_insert_with(|| (error.code.clone(), error.message.clone()));
        }
        let accepted: Vec<u32> = batch.rows.iter().copied().filter(|row| !dead.contains_key(row)).collect();
        Ok(Some(Settlement {
            at: (!accepted.is_empty()).then(Timestamp::now),
            accepted,
            dead: dead.into_iter().map(|(row, (code, message))| (row, code, message)).collect(),
            ..Settlement::default()
        }))
    }

    /// Whether the outbound list can be read back: its jobs are listed and over, so that nothing is still on its way. Not
    /// where one of them stands still, or is in a state that nobody knows.
    pub(in crate::ops) async fn jobs_are_over(&self) -> Result<bool, Halt> {
        let list = self.plan.destination.list_of(&self.plan.list);
        let mut pause = self.ops.patience.first_look;
        let mut news = News::new();
        loop {
            match self.ops.client.jobs_of(&list).await {
                Ok(jobs) if jobs.iter().all(|job| job.status.is_final()) => return Ok(true),
                Ok(jobs) if news.is_over(&self.ops.patience, &jobs) => return Ok(false),
                Err(api::Error::Protocol { .. }) if news.is_nonsense(&self.ops.patience) => return Ok(false),
                Ok(_) | Err(api::Error::Protocol { .. }) => {}
                Err(api::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = self.ops.patience.longer(pause);
        }
    }
}

/// The row that an error of a job speaks of: by its number where one is told, in any spelling that keeps its digits; by its
/// position only where none is. `None` = by what is told it is none of ours.
pub(super) fn row_of(error: &JobError, rows: &[(u32, E164)]) -> Option<u32> {
    let Some(raw) = &error.raw else { return rows.get(error.index?).map(|(row, _)| *row) };
    let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
    let digits: u64 = digits.parse().ok()?;
    rows.iter().find(|(_, number)| number.digits() == digits).map(|(row, _)| *row)
}

/// What was told of jobs, and since when nothing else was.
struct News {
    told: Vec<(JobId, JobStatus, u8)>,
    since: Instant,
    /// Since when every answer has been one that nobody understands.
    nonsense: Option<Instant>,
}

impl News {
    fn new() -> Self {
        Self { told: Vec::new(), since: Instant::now(), nonsense: None }
    }

    /// Takes note of what is told now. Whether there has been nothing new for too long.
    fn is_over(&mut self, patience: &Patience, jobs: &[Job]) -> bool {
        self.nonsense = None;
        let told: Vec<_> = jobs.iter().map(|job| (job.id.clone(), job.status, job.progress)).collect();
        if told != self.told {
            self.told = told;
            self.since = Instant::now();
        }
        self.since.elapsed() >= patience.job_news_within
    }

    /// Takes note of an answer that nobody understands. Whether there has been nothing else for too long.
    fn is_nonsense(&mut self, patience: &Patience) -> bool {
        self.nonsense.get_or_insert_with(Instant::now).elapsed() >= patience.visible_within
    }
}
