//! After the last row: wait out the cool-down, probe whether the platform enforces, read the list back.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::engine::Halt;
use super::gate::end_of_cool_down;
use super::lookup::membership;
use super::plan::enforcing_rules;
use super::{Ops, OpsError, OpsEvent, Sink, off_thread};
use crate::api;
use crate::config::Environment;
use crate::domain::beside::Beside;
use crate::domain::diff::Expected;
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::E164;
use crate::domain::plan::{Op, PlanSummary};
use crate::domain::progress::{Phase, Progress};
use crate::domain::readiness::Probes;
use crate::domain::rule::{Channel, Membership, Rule, Ruling, decide};
use crate::domain::run::{RunState, RunSummary};
use crate::domain::verdict::{Asked, DncRecord, RecordStatus};
use crate::ledger::{self, Rows};

/// Numbers whose enforcement is probed.
const PROBES: usize = 20;
/// How long after the cool-down enforcement may still lag, in cool-downs (at least a minute, but for a sandbox).
const PATIENCE: u32 = 3;

impl Ops {
    /// From `Uploaded` to `Ready` or `Discrepant`.
    pub(super) async fn settle_and_prove(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        if run.state != RunState::Reconciling {
            self.go(&run.id, RunState::CoolingDown, sink).await?;
        }
        self.cool_down(run, sink, stop).await?;
        let to = run.destination;
        let mut list = self.find_target(to, &run.list.0).await?;
        if run.activates && to.is_dnc_list() && !list.active {
            self.go(&run.id, RunState::Reconciling, sink).await?;
            let result = self.compare_with_expected(to, &list, Some(&run.id), sink, stop).await?;
            // Proven is what was asked for: a row without a verdict, or an old record that had to stay, is not.
            let unaccounted = self.ledger.run(&run.id).await?.buckets.unaccounted;
            let records = self.ledger.replacements_left(&run.id).await?;
            if result.diff.is_clean() && unaccounted == 0 && records == 0 {
                list = self.switch_on(&list, Some(&run.reason)).await?;
            }
        }
        let probes = match to.is_dnc_list() {
            true => self.probe_run(run, &list, sink, stop).await?,
            // No rules stand behind a suppression list: that its contacts are on it is all there is to prove.
            false => Some(Probes::Nothing),
        };

        self.go(&run.id, RunState::Reconciling, sink).await?;
        let result = self.compare_with_expected(to, &list, Some(&run.id), sink, stop).await?;
        let after = self.ledger.run(&run.id).await?;
        let trouble = if after.buckets.unaccounted > 0 {
            Some(("unaccounted", "some rows have no verdict of the tenant"))
        } else if !result.diff.is_clean() {
            Some(("differences", "the list is not as intended"))
        } else if self.ledger.replacements_left(&run.id).await? > 0 {
            Some((
                "replacements",
                "some old records still stand, because their replacements cannot be read back",
            ))
        } else {
            match probes {
                None => Some("no active rule enforces the list for OUTBOUND: it holds no campaign back"),
                Some(Probes::Agree | Probes::PartlyExcepted | Probes::Nothing) => None,
                Some(Probes::NotYet | Probes::Gone) => {
                    Some("the platform does not suppress the probed numbers yet")
                }
                Some(Probes::Excepted) => Some("an exception rule lets every probed number through"),
            }
            .map(|words| ("not-enforced", words))
        };
        let (state, error) = match trouble {
            None => (RunState::Ready, None),
            Some((code, words)) => (RunState::Discrepant, Some((code.to_owned(), words.to_owned()))),
        };
        self.ledger.set_state(&run.id, state, error, Timestamp::now()).await?;
        Ok(())
    }

    /// What probing says of an enforced list; `None` where no active rule enforces it.
    async fn probe_run(
        &self,
        run: &RunSummary,
        list: &DncList,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Option<Probes>, Halt> {
        let rules = self.client.rules().await?;
        // As the gate sees it: a campaign calls out, and a list that blocks callers only holds no campaign back.
        let outbound = |rule: &&Rule| rule.scope.covers(Channel::Outbound);
        if !enforcing_rules(list, &rules).iter().any(outbound) {
            return Ok(None);
        }
        self.wait_for_probes(run, list, sink, stop).await.map(Some)
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
        let until = end_of_cool_down(last, seconds);
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
            kill_point!("K27");
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

    /// Asks until waiting changes nothing any more, or until patience with the platform's lag ends.
    async fn wait_for_probes(
        &self,
        run: &RunSummary,
        list: &DncList,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Probes, Halt> {
        let numbers = self.numbers_of_run_to_probe(run, list).await?;
        // What is not real enforces within seconds, and nobody learns anything by waiting for it as for a tenant.
        let least = if self.profile().environment == Environment::Sandbox { 2 } else { 20 };
        let patience = Duration::from_secs(self.profile().cool_down_seconds.max(least)) * PATIENCE;
        let begun = std::time::Instant::now();
        let mut wait = Duration::from_secs(1);
        loop {
            match self.probe(list, &numbers).await? {
                Probes::NotYet if begun.elapsed() < patience => {
                    let note = format!("{}: not every probed number is enforced yet", run.id);
                    sink.event(OpsEvent::Note(note));
                }
                settled => return Ok(settled),
            }
            self.sleep(wait, stop).await?;
            wait = (wait * 2).min(Duration::from_secs(30));
        }
    }

    /// A spread of numbers that the list should suppress now.
    pub(super) async fn numbers_to_probe(&self, list: &DncList) -> Result<Vec<E164>, OpsError> {
        let counted = self.live_numbers(list).await?;
        let count = off_thread(move || {
            let mut spread = Spread::default();
            for number in counted {
                number?;
                spread.all += 1;
            }
            Ok::<_, OpsError>(spread)
        });
        let mut spread = count.await??;
        let live = self.live_numbers(list).await?;
        off_thread(move || {
            for number in live {
                spread.take(number?);
            }
            Ok(spread.taken)
        })
        .await?
    }

    /// The same of what the run has sent, else of what its file found there. Where it only took numbers off, what else we keep
    /// there tells whether the list still works: when somebody else's numbers do is not this run's to prove.
    async fn numbers_of_run_to_probe(&self, run: &RunSummary, list: &DncList) -> Result<Vec<E164>, OpsError> {
        let plan = self.ledger.plan(run.plan.as_deref().unwrap_or_default()).await?;
        let is_removal = plan.counts.remove > 0;
        let counted = self.kinds_of_numbers(&plan, list).await?;
        let count = off_thread(move || {
            let mut spreads = [(); 4].map(|()| Spread::default());
            for told in counted {
                told?.1.into_iter().for_each(|kind| spreads[kind as usize].all += 1);
            }
            let kind = [Kind::Sent, Kind::Found].into_iter().find(|kind| spreads[*kind as usize].all > 0);
            let kind = kind.unwrap_or(if is_removal { Kind::Ours } else { Kind::Any });
            Ok::<_, OpsError>((kind, std::mem::take(&mut spreads[kind as usize])))
        });
        let (kind, mut spread) = count.await??;
        let live = self.kinds_of_numbers(&plan, list).await?;
        off_thread(move || {
            for told in live {
                let (number, kinds) = told?;
                if kinds.contains(&kind) {
                    spread.take(number);
                }
            }
            Ok(spread.taken)
        })
        .await?
    }

    /// The live numbers with what they are to a plan. Blocking.
    async fn kinds_of_numbers(
        &self,
        plan: &PlanSummary,
        list: &DncList,
    ) -> Result<impl Iterator<Item = Result<(E164, Vec<Kind>), ledger::Error>> + Send + 'static, OpsError>
    {
        let live = self.live_numbers(list).await?;
        let mut rows = Beside::new(self.ledger.plan_rows(plan).await?);
        // Only where a removal has nothing else to show.
        let mut ours = Beside::new(match plan.counts.remove {
            0 => Box::new(std::iter::empty()) as Rows<Expected>,
            _ => self.ledger.ours(&plan.profile, &list.id).await?,
        });
        Ok(live.map(move |number| {
            let number = number?;
            let whom = Identifier::from(number);
            let mut kinds = vec![Kind::Any];
            match rows.at(&whom)?.first().map(|row| row.op) {
                Some(op) if op.is_sent() => kinds.push(Kind::Sent),
                Some(Op::Unchanged) => kinds.push(Kind::Found),
                _ => {}
            }
            if !ours.at(&whom)?.is_empty() {
                kinds.push(Kind::Ours);
            }
            Ok((number, kinds))
        }))
    }

    /// Numbers that the list should hold now, in order. Blocking.
    async fn live_numbers(&self, list: &DncList) -> Result<Rows<E164>, OpsError> {
        let now = Timestamp::now();
        let expected = self.ledger.expected(&self.profile().name, &list.id).await?;
        let live = move |entry: Result<Expected, _>| match entry {
            Ok(entry) if entry.attributes.expires.is_none_or(|at| at > now) => {
                entry.identifier.phone().map(Ok)
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        let expected = expected.unwrap_or_else(|| Box::new(std::iter::empty()));
        Ok(Box::new(expected.filter_map(live)))
    }

    /// Whether the record query says SUPPRESSED for each number, twice in a row.
    pub(super) async fn probe(&self, list: &DncList, numbers: &[E164]) -> Result<Probes, OpsError> {
        if numbers.is_empty() {
            return Ok(Probes::Nothing);
        }
        let records = self.steady_records(numbers).await?;
        self.judge(list, numbers, &records).await
    }

    /// What the record query says, where two readings in a row agree on what is suppressed. A platform of several replicas
    /// may show a write on one and not yet on another, and a campaign may meet either.
    pub(super) async fn steady_records(&self, numbers: &[E164]) -> Result<Vec<DncRecord>, api::Error> {
        let is_suppressed = |record: &DncRecord| record.status == RecordStatus::Suppressed;
        let mut records = self.client.query_records_apart(numbers).await?;
        let seen: HashSet<E164> = records.iter().filter(|r| is_suppressed(r)).map(|r| r.number).collect();
        let seen: Vec<E164> = seen.into_iter().collect();
        let again = self.client.query_records_apart(&seen).await?;
        let (still, other): (Vec<DncRecord>, Vec<DncRecord>) = again.into_iter().partition(is_suppressed);
        let still: HashSet<E164> = still.into_iter().map(|record| record.number).collect();
        records.retain(|record| !is_suppressed(record) || still.contains(&record.number));
        records.extend(other);
        Ok(records)
    }

    /// What the records of the numbers mean for the list. A number that an exception rule lets through is explained, not
    /// missing: the rules decide that, not the upload.
    pub(super) async fn judge(
        &self,
        list: &DncList,
        numbers: &[E164],
        records: &[DncRecord],
    ) -> Result<Probes, OpsError> {
        if numbers.is_empty() {
            return Ok(Probes::Nothing);
        }
        let says = |number: &E164, status: RecordStatus| {
            records.iter().any(|record| record.number == *number && record.status == status)
        };
        let open: Vec<E164> =
            numbers.iter().copied().filter(|number| !says(number, RecordStatus::Suppressed)).collect();
        if open.is_empty() {
            return Ok(Probes::Agree);
        }
        if open.iter().any(|number| says(number, RecordStatus::Pending)) {
            return Ok(Probes::NotYet);
        }
        let lists = Asked::Answered(self.client.lists().await?);
        let rules = self.client.rules().await?;
        let now = Timestamp::now();
        let mut late = false;
        for number in &open {
            let entries = self.client.entries_of(*number, None).await?;
            if !entries.iter().any(|entry| entry.list == list.id && entry.is_live(now)) {
                return Ok(Probes::Gone);
            }
            let entries = Asked::Answered(entries);
            late |= !is_excepted(&rules, &|id| membership(id, &entries, &lists, now));
        }
        Ok(match late {
            true => Probes::NotYet,
            false if open.len() == numbers.len() => Probes::Excepted,
            false => Probes::PartlyExcepted,
        })
    }
}

/// What a live number is to a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The plan sent something for it.
    Sent,
    /// The plan found it there as its file wants it.
    Found,
    /// A run of ours put it there.
    Ours,
    Any,
}

/// A spread over all of many numbers, which are counted first and then taken in the same order.
#[derive(Default)]
struct Spread {
    all: usize,
    seen: usize,
    taken: Vec<E164>,
}

impl Spread {
    fn take(&mut self, number: E164) {
        let step = self.all.div_ceil(PROBES).max(1);
        if self.seen.is_multiple_of(step) {
            self.taken.push(number);
        }
        self.seen += 1;
    }
}

/// Whether an exception rule is why the number is not suppressed: it decides somewhere, and nothing blocks elsewhere.
fn is_excepted(rules: &[Rule], member: &dyn Fn(&ListId) -> Membership) -> bool {
    let decisions = Channel::ALL.map(|channel| decide(rules, channel, member));
    decisions.iter().all(|decision| decision.ruling == Ruling::Allowed)
        && decisions.iter().any(|decision| decision.decided_by.is_some())
}
