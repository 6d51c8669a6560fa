//! Whose turn it is: the locks of lists, waiting for them, and the word to a run that another process works on.
//!
//! ```text
//!  pause, cancel ─▶ lock free? ─ yes ─▶ do it here
//!                      │ no: a wish in the ledger ◀─ looked for twice a second ─ the holder ─▶ stops as by Ctrl-C
//!                      └──────────── wait, ask again ◀───────────────────────── lets go of the lock
//! ```
//!
//! Nobody but the holder of its lock ever moves a run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::engine::Halt;
use super::{Ops, OpsError, OpsEvent, Sink, off_thread};
use crate::domain::list::ListId;
use crate::domain::run::{BatchState, RunState, RunSummary, Wish};
use crate::ledger::{self, ListLock, NewEvent, OpenWish, may_work_on};

/// Between two looks for a wish.
const HEED: Duration = Duration::from_millis(500);
/// Between two attempts at a lock that somebody holds.
const ASK: Duration = Duration::from_millis(200);

/// What a person wants of a run, wherever it is worked on.
#[derive(Clone, Debug, Default)]
pub struct CallOff {
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// How long the process that works on it may take to stop.
    pub wait: Duration,
    /// Cancel although the tenant cannot say what arrived.
    pub force: bool,
}

impl Ops {
    /// The same, waiting so long for a list that another process works on. Without it, nobody waits.
    #[must_use]
    pub fn waiting_for_locks(self, wait: Duration) -> Self {
        Self { lock_wait: wait, ..self }
    }

    /// What the locks of its lists go by: profiles that speak to one address exclude each other, whatever they call the
    /// tenant there.
    pub fn lock_scope(&self) -> String {
        self.profile().origin()
    }

    /// Takes the lock of a list for something (`run 7f3a91c2`), and says whom it waits for.
    pub(super) async fn lock(
        &self,
        list: &ListId,
        doing: &str,
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<ListLock, OpsError> {
        let begun = Instant::now();
        let mut told = String::new();
        loop {
            let error = match self.lock_now(list, doing).await {
                Err(OpsError::Ledger(error)) => error,
                other => return other,
            };
            let ledger::Error::Locked { what, holder } = &error else { return Err(error.into()) };
            let left = self.lock_wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(error.into());
            }
            if told != *holder {
                sink.event(OpsEvent::Note(format!("waiting for {what}: in use by {holder}")));
                told.clone_from(holder);
            }
            tokio::select! {
                () = tokio::time::sleep(ASK.min(left)) => {}
                () = stop.cancelled() => return Err(OpsError::Stopped),
            }
        }
    }

    async fn lock_now(&self, list: &ListId, doing: &str) -> Result<ListLock, OpsError> {
        let (ledger, scope, list) = (self.ledger.clone(), self.lock_scope(), list.clone());
        let holder = self.holder(doing);
        Ok(off_thread(move || ledger.lock_list(&scope, &list, &holder)).await??)
    }

    /// What the lock's file says of us.
    pub(super) fn holder(&self, doing: &str) -> String {
        let since = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ");
        let host = whoami::hostname().unwrap_or_else(|_| "this machine".into());
        format!("{} (pid {} on {host}, {doing}, since {since})", self.actor, std::process::id())
    }

    /// A run that is ours and has not ended, with the lock of its list. Looked at again under the lock: whoever held it
    /// may have brought the run to its end in the meantime, or died at it.
    pub(super) async fn take(
        &self,
        run: RunSummary,
        lock: ListLock,
        nothing: impl Fn(String) -> OpsError,
    ) -> Result<(RunSummary, Held), OpsError> {
        let mut held = Held { lock, before: None };
        // Its profile may have meant another tenant when it was launched: whoever works on it since then holds that lock.
        let key = self.ledger.lock_key(&run.id).await?;
        if key != held.lock.key() {
            let (ledger, list, holder) =
                (self.ledger.clone(), run.list.clone(), self.holder(&of_run(&run.id)));
            held.before = Some(off_thread(move || ledger.lock_by_key(&key, &list, &holder)).await??);
            self.ledger.note_lock(&run.id, &held.lock).await?;
        }
        let run = self.ledger.run(&run.id).await?;
        if run.state.is_final() {
            return Err(nothing(format!("run {} has ended: {}", run.id, run.state)));
        }
        let run = match self.ledger.interrupt(&run, Timestamp::now()).await? {
            Some(interrupted) => interrupted,
            None => run,
        };
        Ok((run, held))
    }

    /// Refuses a run of another profile.
    pub(super) fn refuse_foreign(
        &self,
        run: &RunSummary,
        nothing: impl Fn(String) -> OpsError,
    ) -> Result<(), OpsError> {
        if run.profile == self.profile().name {
            return Ok(());
        }
        Err(nothing(format!("run {} belongs to profile {}", run.id, run.profile)))
    }

    /// Stops a run that another process works on, so that it can be resumed. Returns it as it is once that process has
    /// let go of it.
    pub async fn pause(
        &self,
        run: &str,
        how: &CallOff,
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        self.refuse_read_only("pausing a run")?;
        let nothing = |message: String| OpsError::Nothing {
            code: "nothing-to-pause",
            message,
            advice: "`quietline runs` shows every run with its state.".into(),
        };
        let run = self.ledger.run(run).await?;
        self.refuse_foreign(&run, nothing)?;
        if run.state.is_final() {
            return Err(nothing(format!("run {} has ended: {}", run.id, run.state)));
        }
        if self.ledger.holder_of(&run.id).await?.is_none() {
            self.ledger.mark_interrupted(Timestamp::now()).await?;
            let state = self.ledger.run(&run.id).await?.state;
            return Err(nothing(format!("nobody works on run {}: it is {state}", run.id)));
        }
        self.wish_until_free(&run, Wish::Pause, how, sink, stop).await?;
        self.ledger.mark_interrupted(Timestamp::now()).await?;
        Ok(self.ledger.run(&run.id).await?)
    }

    /// Stops a run for good, wherever it is worked on. What is on its way is read back first, so that the ledger knows what
    /// arrived; where the tenant cannot say, only with `force`.
    pub async fn call_off(
        &self,
        run: &str,
        how: &CallOff,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        self.refuse_read_only("cancelling a run")?;
        self.begin_deliveries().await?;
        let nothing = |message: String| OpsError::Nothing {
            code: "nothing-to-cancel",
            message,
            advice: "`quietline runs` shows every run with its state.".into(),
        };
        let run = self.ledger.run(run).await?;
        self.refuse_foreign(&run, nothing)?;
        let lock = loop {
            match self.lock_now(&run.list, &of_run(&run.id)).await {
                Ok(lock) => break lock,
                // Where another run is at work on the list, reading it back now would say little.
                Err(OpsError::Ledger(ledger::Error::Locked { holder, .. }))
                    if may_work_on(&holder, &run.id) && !how.wait.is_zero() =>
                {
                    self.wish_until_free(&run, Wish::Cancel, how, &*sink, stop).await?;
                }
                Err(error) => return Err(error),
            }
        };
        let (run, _held) = self.take(run, lock, nothing).await?;
        let ops = self.for_a_run(run.destination);
        if let Err(halt) = ops.read_what_is_open(&run, &sink, stop).await {
            let error = match halt {
                Halt::Stopped => return Err(OpsError::Stopped),
                Halt::Ops(error @ OpsError::Ledger(_)) => return Err(error),
                Halt::Ops(error) => error,
                Halt::Trouble(error) => error.into(),
                Halt::KeyConflict => OpsError::Internal("a key was used twice".into()),
            };
            ops.give_up_unread(&run, how, &error).await?;
        }
        if how.reason.is_some() {
            let effect = "the run was cancelled for good".to_owned();
            self.ledger.note(self.about(&run, "run.cancelled", effect, how.reason.clone())).await?;
        }
        let ended = self.ledger.set_state(&run.id, RunState::Cancelled, None, Timestamp::now()).await?;
        sink.event(OpsEvent::Run(Box::new(ended.clone())));
        Ok(ended)
    }

    /// Cancels a run that nobody works on.
    pub async fn cancel(&self, run: &str) -> Result<RunSummary, OpsError> {
        let never = CancellationToken::new();
        self.call_off(run, &CallOff::default(), Arc::new(super::Silent), &never).await
    }

    /// What may have arrived is read back and settled, and what was begun of replacements is finished.
    async fn read_what_is_open(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        let sent = self.ledger.batches_in(&run.id, &BatchState::SENT, None, 1).await?;
        let replaced = self.ledger.replacements_left(&run.id).await?;
        if replaced == 0 && sent.is_empty() {
            return Ok(());
        }
        let words = format!("reading back what may have arrived before run {} is cancelled", run.id);
        sink.event(OpsEvent::Note(words));
        let engine = self.engine(run, Default::default(), sink, stop).await?;
        let stayed = engine.settle_open().await?;
        if stayed > 0 {
            engine.tell(format!("{stayed} old records stay: their replacements could not be read back"));
            let effect = format!("{stayed} old records stay beside what should have replaced them");
            self.ledger.note(self.about(run, "run.replacements-stay", effect, None)).await?;
        }
        Ok(())
    }

    /// A person cancels although nobody knows what arrived: recorded, and nothing is proven of the list until it is read.
    async fn give_up_unread(
        &self,
        run: &RunSummary,
        how: &CallOff,
        error: &OpsError,
    ) -> Result<(), OpsError> {
        let sent = self.ledger.batches_in(&run.id, &BatchState::SENT, None, u32::MAX).await?;
        let rows: usize = sent.iter().map(|batch| batch.rows.len()).sum();
        let replaced = self.ledger.replacements_left(&run.id).await?;
        let what =
            format!("{rows} rows of run {} may have arrived, {replaced} old records may stand", run.id);
        if !how.force {
            return Err(OpsError::Unread { what, exit: error.exit_code(), why: error.to_string() });
        }
        let effect = format!("{what}; cancelled without a reading ({})", error.code());
        let event = self.about(run, "run.cancel-forced", effect, how.reason.clone());
        self.ledger.note(event).await?;
        let why =
            format!("Run {} was cancelled before anybody read what had arrived: reconcile the list.", run.id);
        Ok(self.ledger.doubt(&run.profile, &run.list, &why, Timestamp::now()).await?)
    }

    fn about(
        &self,
        run: &RunSummary,
        kind: &'static str,
        effect: String,
        reason: Option<String>,
    ) -> NewEvent {
        let (at, actor) = (Timestamp::now(), self.actor.to_string());
        NewEvent { at, actor, kind, object: format!("run {}", run.id), effect, reason }
    }

    /// Asks the process that works on a run to stop, until it has.
    async fn wish_until_free(
        &self,
        run: &RunSummary,
        wish: Wish,
        how: &CallOff,
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<(), OpsError> {
        let begun = Instant::now();
        let mut told = false;
        while let Some(holder) = self.ledger.holder_of(&run.id).await? {
            if begun.elapsed() >= how.wait {
                return Err(OpsError::Unheard { run: run.id.clone(), holder, is_asked: told });
            }
            if !std::mem::replace(&mut told, true) {
                sink.event(OpsEvent::Note(format!("waiting for run {}: in the hands of {holder}", run.id)));
            }
            let (by, at) = (self.actor.to_string(), Timestamp::now());
            let open = OpenWish { wish, by, at, reason: how.reason.clone() };
            match self.ledger.wish(&run.id, open).await {
                // It ended meanwhile: whoever holds the lock lets go of it in a moment.
                Ok(()) | Err(ledger::Error::IllegalTransition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            tokio::select! {
                () = tokio::time::sleep(ASK) => {}
                () = stop.cancelled() => return Err(OpsError::Stopped),
            }
        }
        Ok(())
    }

    /// Looks for wishes of others while a run is worked on here, and stops it by `told`. Ends only with its run.
    pub(super) async fn heed(
        &self,
        run: &str,
        told: &CancellationToken,
        sink: &dyn Sink,
    ) -> std::convert::Infallible {
        loop {
            // A ledger that cannot be read stops the run by itself.
            if let Ok(Some(open)) = self.ledger.open_wish(run).await
                && !told.is_cancelled()
            {
                let reason = open.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                let words = format!("{} wishes to {} run {run}{reason}", open.by, open.wish.as_str());
                sink.event(OpsEvent::Note(words));
                told.cancel();
            }
            tokio::time::sleep(HEED).await;
        }
    }
}

/// What the holder of a lock says of itself where it works on a run.
pub(super) fn of_run(run: &str) -> String {
    format!("run {run}")
}

/// The locks under which a run is worked on.
pub(super) struct Held {
    lock: ListLock,
    before: Option<ListLock>,
}
