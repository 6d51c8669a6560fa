//! Watching a run that another process works on: all of it stands in the ledger.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::upload::Until;
use super::{Ops, OpsError, OpsEvent, Sink};
use crate::domain::progress::{Phase, Progress, RateMeter};
use crate::domain::run::{RunState, RunSummary};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// How a resumption went.
#[derive(Clone, Debug)]
pub enum Resumed {
    /// Here, or under the eyes of the person in the process that works on it.
    Through(RunSummary),
    /// The person stopped watching; the run goes on, and whoever has it says who that is.
    Left(RunSummary, String),
}

impl Ops {
    /// Goes on with a run, or watches the process that does.
    pub async fn resume_or_follow(
        &self,
        run: Option<&str>,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Resumed, OpsError> {
        self.refuse_read_only("resuming a run")?;
        // What a process that died has left to tell is told, also where no run is left to go on with.
        self.begin_deliveries().await?;
        let wanted = self.resumable(run).await;
        let holder = match &wanted {
            Ok(run) if run.profile == self.profile().name => self.ledger.holder_of(&run.id).await?,
            _ => None,
        };
        let Some(holder) = holder else {
            // Watching changes nothing; going on does.
            self.refuse_broken_trail().await?;
            return self.resume(Some(&wanted?.id), until, sink, stop).await.map(Resumed::Through);
        };
        match self.follow(&wanted?.id, holder, &*sink, stop).await? {
            // Its process was to send only, and has. What was asked for here is more.
            Resumed::Through(run)
                if until == Until::Ready && run.state == RunState::Uploaded && run.is_resumable() =>
            {
                self.resume(Some(&run.id), until, sink, stop).await.map(Resumed::Through)
            }
            ended => Ok(ended),
        }
    }

    /// Watches a run until its process lets go of it.
    async fn follow(
        &self,
        run: &str,
        mut holder: String,
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<Resumed, OpsError> {
        sink.event(OpsEvent::Note(format!(
            "following run {run}, which {holder} works on; Ctrl-C only stops watching"
        )));
        let mut meter = RateMeter::new(Duration::from_secs(8));
        let begun = std::time::Instant::now();
        let mut last: Option<RunSummary> = None;
        loop {
            let now = self.ledger.run(run).await?;
            if last.as_ref() != Some(&now) {
                sink.event(OpsEvent::Run(Box::new(now.clone())));
            }
            if let Some(progress) = progress(&now, &mut meter, begun.elapsed()) {
                sink.event(OpsEvent::Progress(progress));
            }
            match self.ledger.holder_of(run).await? {
                Some(found) => holder = found,
                None => {
                    self.ledger.mark_interrupted(Timestamp::now()).await?;
                    return Ok(Resumed::Through(self.ledger.run(run).await?));
                }
            }
            last = Some(now);
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return Ok(Resumed::Left(self.ledger.run(run).await?, holder)),
            }
        }
    }
}

/// What the ledger tells of how far a run is. Reading it back leaves no trace before it is through.
fn progress(run: &RunSummary, meter: &mut RateMeter, at: Duration) -> Option<Progress> {
    match run.state {
        RunState::Uploading => {
            let b = &run.buckets;
            let (done, total) = (b.accepted + b.dead_letters, b.accepted + b.dead_letters + b.unaccounted);
            meter.note(at, done);
            let eta = meter.eta(total - done);
            Some(Progress { phase: Phase::Send, done, total: Some(total), rate: None, eta })
        }
        RunState::CoolingDown => {
            let left = run.cool_down_until?.duration_since(Timestamp::now()).as_secs();
            let eta = Duration::from_secs(u64::try_from(left).unwrap_or(0));
            Some(Progress { phase: Phase::Settle, done: 0, total: None, rate: None, eta: Some(eta) })
        }
        _ => None,
    }
}
