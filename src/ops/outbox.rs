//! The courier: carries what stands in the outbox to the profile's receiver, beside everything else and never in its way.
//!
//! ```text
//! ledger: outbox ─▶ claim (lease) ─▶ one signed try ─▶ delivered │ again later │ given up
//! ```
//!
//! A kill between the change and the try: the message waits in the ledger. Between the try and its mark: it is sent once
//! more, under the same id. A receiver that is dead or slow costs a run nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Ops, OpsError, OpsEvent, Sink};
use crate::api::{Receiver, WebhookSecret};
use crate::domain::delivery::{Outcome, next};
use crate::domain::text::hex;
use crate::ledger::{Ledger, Message};

/// How often the outbox is looked at where nobody says that something was put into it.
const LOOK: Duration = Duration::from_secs(1);
/// How long a message belongs to whoever claimed it, in times of a try: one to make it, one to mark it.
const LEASE: u32 = 2;
/// How long whoever has finished waits for the last messages of its run.
const GRACE: Duration = Duration::from_secs(3);
/// Between two looks at whether they are gone.
const STEP: Duration = Duration::from_millis(20);

/// Who listens to the runs of a profile.
enum Listener {
    /// Nobody.
    None,
    /// Somebody to whom nothing can be sent, and why.
    Mute(String),
    /// A receiver.
    Ready(Receiver),
}

/// The listener of a profile, and the courier on its way to it, which ends with the last who knows of it.
pub(super) struct Outbox {
    listener: Listener,
    is_carried: AtomicBool,
    news: Arc<Notify>,
    stop: CancellationToken,
    _stop_with_it: DropGuard,
}

impl Outbox {
    fn new(listener: Listener) -> Arc<Self> {
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let news = Arc::default();
        Arc::new(Self { listener, is_carried: AtomicBool::new(false), news, stop, _stop_with_it: guard })
    }

    /// One that tells nobody.
    pub(super) fn none() -> Arc<Self> {
        Self::new(Listener::None)
    }
}

/// What came of looking for the secret of a webhook.
pub type FoundSecret = Result<Option<WebhookSecret>, OpsError>;

impl Ops {
    /// The same with the secret of the profile's webhook. Whatever is wrong with it holds up no run: it is said instead.
    #[must_use]
    pub fn with_webhook(self, secret: FoundSecret) -> Self {
        let listener = match (&self.profile().upload.webhook, secret) {
            (None, _) => Listener::None,
            (Some(_), Err(error)) => Listener::Mute(format!("its secret cannot be had: {error}")),
            (Some(_), Ok(None)) => Listener::Mute("there is no secret to sign with".into()),
            (Some(url), Ok(Some(secret))) => match Receiver::new(url, secret, self.patience.delivered_within)
            {
                Ok(receiver) => Listener::Ready(receiver),
                Err(error) => Listener::Mute(error.to_string()),
            },
        };
        Self { outbox: Outbox::new(listener), ..self }
    }

    /// Writes down who listens, and sends a courier on his way, once. What can be told to nobody waits in the ledger.
    pub async fn begin_deliveries(&self) -> Result<(), OpsError> {
        if self.read_only {
            return Ok(());
        }
        let (profile, url) = (self.profile().name.clone(), &self.profile().upload.webhook);
        // Only whether it is the same receiver is asked of it, and its address may hold what opens it.
        let receiver = url.as_ref().map(|url| hex(&Sha256::digest(url)));
        self.ledger.set_receiver(&profile, receiver).await?;
        let Listener::Ready(receiver) = &self.outbox.listener else { return Ok(()) };
        if self.outbox.is_carried.swap(true, Ordering::Relaxed) {
            self.outbox.news.notify_one();
            return Ok(());
        }
        let courier = Courier {
            ledger: self.ledger.clone(),
            receiver: receiver.clone(),
            profile,
            actor: self.actor.clone(),
            schedule: self.patience.delivery_schedule,
            lease: self.patience.delivered_within * LEASE,
            news: self.outbox.news.clone(),
            stop: self.outbox.stop.clone(),
        };
        tokio::spawn(courier.carry());
        Ok(())
    }

    /// Says once per run that nobody can be told of it.
    pub(super) async fn announce_deliveries(&self, sink: &Arc<dyn Sink>) -> Result<(), OpsError> {
        self.begin_deliveries().await?;
        let why = match &self.outbox.listener {
            Listener::None => return Ok(()),
            Listener::Mute(why) => why.clone(),
            Listener::Ready(_) => match self.ledger.receiver_gone(&self.profile().name).await? {
                Some(_) => "its receiver has answered 410: gone".to_owned(),
                None => return Ok(()),
            },
        };
        let next = "`quietline auth webhook` stores its secret";
        sink.event(OpsEvent::Note(format!("nothing is told to the webhook: {why}; {next}")));
        Ok(())
    }

    /// Waits a moment for what can be sent now, and then ends the deliveries of this process: what is left waits for the
    /// next one.
    pub async fn end_deliveries(&self) {
        if !self.outbox.is_carried.load(Ordering::Relaxed) {
            return;
        }
        self.outbox.news.notify_one();
        let until = tokio::time::Instant::now() + GRACE;
        while tokio::time::Instant::now() < until && self.has_fresh_messages().await {
            tokio::time::sleep(STEP).await;
        }
        self.outbox.stop.cancel();
        // A try that is broken off gives its message back, which is one write.
        tokio::time::sleep(STEP).await;
    }

    /// Whether a message waits that was never tried to its end.
    async fn has_fresh_messages(&self) -> bool {
        matches!(self.ledger.has_fresh_messages(&self.profile().name, Timestamp::now()).await, Ok(true))
    }
}

/// On the way to one receiver.
struct Courier {
    ledger: Ledger,
    receiver: Receiver,
    profile: String,
    actor: Arc<str>,
    schedule: &'static [Duration],
    lease: Duration,
    news: Arc<Notify>,
    stop: CancellationToken,
}

impl Courier {
    /// Goes until it is stopped. A ledger that fails is the run's to tell of; here it is looked at again later.
    async fn carry(self) {
        while !self.stop.is_cancelled() {
            let now = Timestamp::now();
            let pause = match self.ledger.next_delivery(&self.profile).await {
                Ok(Some(at)) if at <= now => {
                    if self.carry_one(now).await.is_ok_and(|carried| carried) {
                        continue;
                    }
                    LOOK
                }
                Ok(Some(at)) => Duration::try_from(at.duration_since(now)).unwrap_or_default().min(LOOK),
                Ok(None) | Err(_) => LOOK,
            };
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.news.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One message, where there still is one.
    async fn carry_one(&self, now: Timestamp) -> Result<bool, OpsError> {
        let Some(message) = self.ledger.claim(&self.profile, self.lease, now).await? else {
            return Ok(false);
        };
        kill_point!("O1");
        let outcome = tokio::select! {
            biased;
            () = self.stop.cancelled() => {
                self.ledger.release(&message).await?;
                return Ok(true);
            }
            outcome = self.receiver.deliver(&message.id, &message.kind, message.body.clone(), Timestamp::now()) => outcome,
        };
        kill_point!("O2");
        self.mark(&message, outcome).await?;
        Ok(true)
    }

    async fn mark(&self, message: &Message, outcome: Outcome) -> Result<(), OpsError> {
        let at = Timestamp::now();
        match outcome {
            Outcome::Delivered => {
                self.ledger.delivered(message, &self.actor, at).await?;
            }
            Outcome::Gone => self.ledger.receiver_has_gone(message, &self.actor, at).await?,
            Outcome::Failed { why, after } => {
                let follows = next(self.schedule, message.tries, after, at);
                let pause = after.and_then(|after| at.checked_add(after).ok());
                tracing::debug!(event = %message.kind, tries = message.tries, %why, "not delivered");
                self.ledger.not_delivered(message, (why, follows), pause, &self.actor, at).await?;
            }
        }
        Ok(())
    }
}
