//! After the last row: wait out the cool-down, probe whether the platform enforces, read the list back.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::engine::Halt;
use super::plan::enforcing_rules;
use super::{Ops, OpsError, OpsEvent, Sink};
use crate::domain::list::DncList;
use crate::domain::phone::E164;
use crate::domain::progress::{Phase, Progress};
use crate::domain::rule::{Channel, Ruling, decide};
use crate::domain::run::{RunState, RunSummary};
use crate::domain::verdict::{DncRecord, RecordStatus};

/// Numbers whose enforcement is probed.
const PROBES: usize = 20;
/// How long after the cool-down enforcement may still lag, in cool-downs (at least a minute).
const PATIENCE: u32 = 3;

/// What probing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probed {
    /// Every probed number reads as suppressed, or an exception rule says why not.
    Agree,
    /// Some do not yet.
    NotYet,
    /// There is nothing to probe.
    Nothing,
}

impl Ops {
    /// From `Uploaded` to `Ready` or `Discrepant`.
    pub(super) async fn settle_and_prove(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        self.go(&run.id, RunState::CoolingDown, sink).await?;
        self.cool_down(run, sink, stop).await?;
        let list = self.find_list(&run.list.0).await?;
        let rules = self.client.rules().await?;
        let enforced = !enforcing_rules(&list, &rules).is_empty();
        let agreed = !enforced || self.wait_for_probes(run, &list, sink, stop).await?;

        self.go(&run.id, RunState::Reconciling, sink).await?;
        let result = self.compare_with_expected(&list, Some(&run.id), sink, stop).await?;
        let after = self.ledger.run(&run.id).await?;
        let trouble = if after.buckets.unaccounted > 0 {
            Some(("unaccounted", "some rows have no verdict of the tenant"))
        } else if !result.diff.is_clean() {
            Some(("differences", "the list is not as intended"))
        } else if !enforced {
            Some(("not-enforced", "no active rule enforces the list: nothing is suppressed by it"))
        } else if !agreed {
            Some(("not-enforced", "the platform does not suppress the probed numbers yet"))
        } else {
            None
        };
        let (state, error) = match trouble {
            None => (RunState::Ready, None),
            Some((code, words)) => (RunState::Discrepant, Some((code.to_owned(), words.to_owned()))),
        };
        self.ledger.set_state(&run.id, state, error, Timestamp::now()).await?;
        Ok(())
    }

    /// Waits until the cool-down of the *last accepted row* is over. The end is on disk, so a restart neither shortens
    /// nor repeats it.
    async fn cool_down(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        let facts = self.ledger.list_facts(&run.profile, &run.list).await?;
        let Some(last) = facts.last_accepted else { return Ok(()) };
        let seconds = self.profile().cool_down_seconds;
        let until = last + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX / 2));
        self.ledger.set_cool_down(&run.id, until).await?;
        let summary = self.ledger.run(&run.id).await?;
        let until = summary.cool_down_until.unwrap_or(until);
        sink.event(OpsEvent::Run(Box::new(summary)));
        loop {
            let left = until.duration_since(Timestamp::now());
            let left_s = u64::try_from(left.as_secs()).unwrap_or(0) + u64::from(left.subsec_nanos() > 0);
            let done = seconds.saturating_sub(left_s);
            let eta = Some(Duration::from_secs(left_s));
            let progress = Progress { phase: Phase::Settle, done, total: Some(seconds), rate: None, eta };
            sink.event(OpsEvent::Progress(progress));
            if left <= SignedDuration::ZERO {
                return Ok(());
            }
            let step = Duration::try_from(left).unwrap_or_default().min(Duration::from_secs(1));
            self.sleep(step, stop).await?;
        }
    }

    async fn sleep(&self, time: Duration, stop: &CancellationToken) -> Result<(), Halt> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = stop.cancelled() => Err(Halt::Stopped),
        }
    }

    /// Asks until the probes agree, or until patience with the platform's lag ends.
    async fn wait_for_probes(
        &self,
        run: &RunSummary,
        list: &DncList,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<bool, Halt> {
        let numbers = self.numbers_to_probe(list).await?;
        let patience = Duration::from_secs(self.profile().cool_down_seconds.max(20)) * PATIENCE;
        let begun = std::time::Instant::now();
        let mut wait = Duration::from_secs(1);
        loop {
            match self.probe(list, &numbers).await? {
                Probed::Agree | Probed::Nothing => return Ok(true),
                Probed::NotYet if begun.elapsed() >= patience => return Ok(false),
                Probed::NotYet => {
                    let note = format!("{}: not every probed number is enforced yet", run.id);
                    sink.event(OpsEvent::Note(note));
                }
            }
            self.sleep(wait, stop).await?;
            wait = (wait * 2).min(Duration::from_secs(30));
        }
    }

    /// A spread of numbers that the list should suppress now.
    pub(super) async fn numbers_to_probe(&self, list: &DncList) -> Result<Vec<E164>, OpsError> {
        let now = Timestamp::now();
        let expected = self.ledger.expected(&self.profile().name, &list.id).await?.unwrap_or_default();
        let live: Vec<E164> = expected
            .iter()
            .filter(|entry| entry.attributes.expires.is_none_or(|at| at > now))
            .map(|entry| entry.number)
            .collect();
        let step = live.len().div_ceil(PROBES).max(1);
        Ok(live.into_iter().step_by(step).collect())
    }

    /// Whether the record query says SUPPRESSED for each number. One that an exception rule lets through is explained,
    /// not missing: the rules decide that, not the upload.
    pub(super) async fn probe(&self, list: &DncList, numbers: &[E164]) -> Result<Probed, OpsError> {
        if numbers.is_empty() {
            return Ok(Probed::Nothing);
        }
        let records = self.client.query_records(numbers).await?;
        let open: Vec<E164> =
            numbers.iter().copied().filter(|number| !is_suppressed(*number, &records)).collect();
        if open.is_empty() {
            return Ok(Probed::Agree);
        }
        let pending =
            |number: &E164| records.iter().any(|r| r.number == *number && r.status == RecordStatus::Pending);
        if open.iter().any(pending) {
            return Ok(Probed::NotYet);
        }
        let lists = self.client.lists().await?;
        let rules = self.client.rules().await?;
        let now = Timestamp::now();
        for number in open {
            let entries = self.client.entries_of(number, None).await?;
            let holds = entries.iter().any(|entry| entry.list == list.id && entry.is_live(now));
            let member = |id: &crate::domain::list::ListId| {
                let active = lists.iter().find(|l| l.id == *id).map(|l| l.active);
                let live = entries.iter().any(|entry| entry.list == *id && entry.is_live(now));
                Some(live && active.unwrap_or(false))
            };
            let excepted = Channel::ALL.into_iter().any(|channel| {
                let decision = decide(&rules, channel, &member);
                decision.ruling == Ruling::Allowed && decision.decided_by.is_some()
            });
            if holds && !excepted {
                return Ok(Probed::NotYet);
            }
        }
        Ok(Probed::Agree)
    }
}

fn is_suppressed(number: E164, records: &[DncRecord]) -> bool {
    records.iter().any(|record| record.number == number && record.status == RecordStatus::Suppressed)
}
