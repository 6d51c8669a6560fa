//! Making a call: circuit, token, place, send; a 401 is repeated once with a new token. Reads are repeated here, with
//! patience; a write is one attempt, and whoever journals it decides.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Request;
use reqwest::header::AUTHORIZATION;
use tokio::sync::watch;

use super::breaker::{Breaker, Pass};
use super::client::Gauges;
use super::clock::{Clock, lock};
use super::limiter::Until;
use super::limits::Limiters;
use super::outcome::{Stage, read_may_repeat};
use super::pace::Place;
use super::retry::{Backoff, Budget, Patience};
use super::scope::{Access, Family, Scopes};
use super::tally::Tally;
use super::token::{Token, Tokens};
use super::transport::{Answer, Broke, Fault, Transport};
use super::wire::{odd, words_of};
use super::{Credentials, Deadlines, Endpoints, Error, Limits};

/// No answer has told the tenant's time yet.
const UNTOLD: i64 = i64::MIN;

/// What came of one sending (with its one repeat after a 401).
#[derive(Debug)]
pub(super) enum Sent {
    /// A whole answer.
    Answer(Answer),
    /// None, or half of one.
    Fault(Fault),
    /// Nothing was sent: no token, no place, an open circuit, or stopped.
    Nothing {
        error: Error,
        /// Whether the same may be sent later.
        retry: bool,
        after: Option<Duration>,
    },
}

/// A call to make.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) family: Family,
    pub(super) access: Access,
    /// What the job behind it asks for.
    pub(super) scopes: Scopes,
    /// What the job may still repeat; `None` = a person waits, and patience alone ends it.
    pub(super) budget: Option<Arc<Budget>>,
    /// What the job behind it counts its calls with.
    pub(super) tally: Option<Arc<Tally>>,
    /// The thing asked for, for `NotFound`: `the list`, `the entry`.
    pub(super) what: &'static str,
    pub(super) request: Request,
}

impl Call {
    /// Takes a repeat out of the job's budget; `false` = there is none left.
    fn may_repeat(&self) -> bool {
        self.budget.as_ref().is_none_or(|budget| budget.take())
    }
}

/// The job has repeated so many of its calls that going on would be hammering.
pub(super) fn worn_out(last: &Error) -> Error {
    Error::Unreachable {
        detail: format!("too many calls of this job had to be repeated; the last time: {last}"),
    }
}

/// What a call needs before its first byte.
#[derive(Debug)]
struct Ready {
    token: Token,
    pass: Pass,
    place: Place,
}

/// Counts a call that is out, also when its caller goes away.
struct Out<'a>(&'a AtomicUsize);

impl<'a> Out<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the clones of a client share.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) api: Transport,
    pub(super) tokens: Tokens,
    limiters: Limiters,
    pub(super) deadlines: Deadlines,
    breaker: Mutex<Breaker>,
    in_flight: AtomicUsize,
    /// Seconds by which the tenant's clock is ahead, by its last answer; `UNTOLD` before there is one.
    skew: AtomicI64,
    clock: Clock,
    pub(super) patience: Patience,
    pub(super) gauges: watch::Sender<Gauges>,
}

impl Wire {
    pub(super) fn new(
        endpoints: &Endpoints,
        limits: &Limits,
        deadlines: Deadlines,
        patience: Patience,
        credentials: Credentials,
    ) -> Result<Self, Error> {
        let clock = Clock::start();
        let api = Transport::new(&endpoints.api_url, "API address", deadlines)?;
        let token_way = Transport::new(&endpoints.token_url, "token address", deadlines)?;
        let limiters = Limiters::new(limits, patience, clock);
        let (gauges, _) = watch::channel(Gauges { families: limiters.gauges(), ..Gauges::default() });
        Ok(Self {
            api,
            tokens: Tokens::new(token_way, credentials, clock, patience, fastrand::u64(..)),
            limiters,
            deadlines,
            breaker: Mutex::new(Breaker::new(patience.circuit_pause)),
            in_flight: AtomicUsize::new(0),
            skew: AtomicI64::new(UNTOLD),
            clock,
            patience,
            gauges,
        })
    }

    /// What of these scopes the tenant does not grant, as far as its token endpoint tells.
    pub(super) async fn lacks(&self, scopes: Scopes) -> Result<Scopes, Error> {
        Ok(self.tokens.get(scopes).await?.granted.lacks(scopes))
    }

    /// When the patience for a call that starts now ends.
    pub(super) fn deadline(&self) -> Duration {
        self.clock.now() + self.patience.budget
    }

    /// Whether a pause from now would end behind the deadline.
    pub(super) fn is_past(&self, deadline: Duration, pause: Duration) -> bool {
        self.clock.now() + pause > deadline
    }

    /// A read: repeated with patience, decoded by the caller. Only 200 and 201 are answers.
    pub(super) async fn read(&self, call: &Call) -> Result<Answer, Error> {
        let deadline = self.deadline();
        let mut backoff =
            Backoff::within(self.patience.first_pause, self.patience.longest_pause, fastrand::u64(..));
        for attempt in 1.. {
            let (error, pause) = match self.send(call, Until::Deadline(deadline)).await {
                Sent::Answer(answer) if matches!(answer.status(), 200 | 201) => return Ok(answer),
                Sent::Answer(answer) => {
                    let error = error_of(call, &answer);
                    if !read_may_repeat(answer.status()) {
                        return Err(error);
                    }
                    // After a 429 the whole family pauses: the wait for a place is the pause.
                    let pause =
                        if answer.status() == 429 { Duration::ZERO } else { backoff.next(answer.after) };
                    (error, pause)
                }
                Sent::Fault(fault) if fault.broke != Broke::Passing => return Err(fault.error()),
                Sent::Fault(fault) if fault.status == Some(429) => (fault.error(), Duration::ZERO),
                Sent::Fault(fault) => (fault.error(), backoff.next(fault.after)),
                Sent::Nothing { error, .. } => return Err(error),
            };
            if attempt >= self.patience.attempts || self.clock.now() + pause > deadline {
                return Err(error);
            }
            self.repeat(call, &error)?;
            tokio::time::sleep(pause).await;
        }
        Err(odd("no attempt was made"))
    }

    /// Before a call is made again: takes the repeat out of the job's budget, and counts it. What it says instead of going on,
    /// where none is left.
    pub(super) fn repeat(&self, call: &Call, last: &Error) -> Result<(), Error> {
        if !call.may_repeat() {
            return Err(worn_out(last));
        }
        self.repeated(call.tally.as_deref());
        Ok(())
    }

    /// Counts a call that is made again.
    pub(super) fn repeated(&self, tally: Option<&Tally>) {
        self.gauges.send_modify(|gauges| gauges.retries += 1);
        if let Some(tally) = tally {
            tally.repeated();
        }
    }

    /// Sends once. A 401 renews the token and repeats the same request once.
    pub(super) async fn send(&self, call: &Call, until: Until<'_>) -> Sent {
        let mut repeated = false;
        loop {
            let ready = match self.prepare(call, until).await {
                Ok(ready) => ready,
                Err(error) => return self.nothing(error),
            };
            let token = &ready.token;
            let sent = match self.transmit(call, &ready).await {
                Ok(answer) => answer,
                Err(fault) => return Sent::Fault(fault),
            };
            if sent.status() < 500
                && sent.status() != 429
                && let Some(budget) = &call.budget
            {
                budget.earn();
            }
            if sent.status() != 401 {
                self.tokens.proven(token);
                return Sent::Answer(sent);
            }
            if repeated {
                return Sent::Answer(sent);
            }
            repeated = true;
            // Not given up on a stop: a token that is half fetched serves nobody, and the wait is short.
            if let Err(error) = self.in_time(until, self.tokens.renew(call.scopes, token)).await {
                return self.nothing(error);
            }
            self.repeated(call.tally.as_deref());
        }
    }

    /// Everything before the first byte: the token first, so that a place is not aged by waiting for it.
    async fn prepare(&self, call: &Call, until: Until<'_>) -> Result<Ready, Error> {
        if let Some(retry_in) = lock(&self.breaker).blocked_for(self.clock.now()) {
            return Err(Error::CircuitOpen { retry_in });
        }
        // Where the tenant tells that it granted less, the call is not made: it would be refused, and be counted.
        let needed = call.family.needed(call.access);
        let granted = self.token(call.scopes, until).await?.granted;
        if !granted.covers(needed) {
            return Err(Error::Forbidden {
                needed: granted.lacks(needed).to_string(),
                asked: call.scopes.to_string(),
            });
        }
        let place = self.limiters.of(call.family).acquire(until).await?;
        let token = self.token(call.scopes, until).await?;
        let now = self.clock.now();
        let pass = lock(&self.breaker).allow(now).map_err(|retry_in| Error::CircuitOpen { retry_in })?;
        Ok(Ready { token, pass, place })
    }

    /// Nothing was sent: what may be tried again is decided by the error. Before the call itself only the token endpoint is
    /// spoken to, and one that cannot be trusted is not waited for.
    fn nothing(&self, error: Error) -> Sent {
        let (retry, after) = match &error {
            Error::Throttled { after } => (true, *after),
            Error::CircuitOpen { retry_in } => (true, Some(*retry_in)),
            Error::Unreachable { .. } => (!self.tokens.gave_up(), None),
            Error::Stopped => (true, None),
            _ => (false, None),
        };
        Sent::Nothing { error, retry, after }
    }

    async fn token(&self, scopes: Scopes, until: Until<'_>) -> Result<Token, Error> {
        let token = self.in_time(until, self.tokens.get(scopes));
        match until {
            Until::Stopped(stop) => tokio::select! {
                biased;
                () = stop.cancelled() => Err(Error::Stopped),
                token = token => token,
            },
            Until::Deadline(_) => token.await,
        }
    }

    /// A token, in the time that one call has: an endpoint that keeps silent is tried again for each of its attempts, and
    /// nobody waits for all of them.
    async fn in_time(
        &self,
        until: Until<'_>,
        token: impl Future<Output = Result<Token, Error>>,
    ) -> Result<Token, Error> {
        let latest = self.clock.now() + self.deadlines.total;
        let at = match until {
            Until::Deadline(at) => at.min(latest),
            Until::Stopped(_) => latest,
        };
        let late = |_| Error::Unreachable { detail: "the token endpoint gave no token in time".into() };
        tokio::time::timeout_at(self.clock.instant(at), token).await.map_err(late)?
    }

    async fn transmit(&self, call: &Call, ready: &Ready) -> Result<Answer, Fault> {
        let pass = ready.pass;
        let Some(mut request) = call.request.try_clone() else {
            return Err(Fault {
                stage: Stage::BeforeSend,
                broke: Broke::Passing,
                status: None,
                after: None,
                detail: "the request cannot be repeated".into(),
            });
        };
        request.headers_mut().insert(AUTHORIZATION, ready.token.header.clone());
        let limiter = self.limiters.of(call.family);
        self.show(|gauges| gauges.calls += 1);
        let sent_at = self.clock.now();
        let mut result = {
            let _out = Out::new(&self.in_flight);
            self.api.send(request).await
        };
        let now = self.clock.now();
        // Family, outcome and time only: addresses and bodies hold numbers.
        let took = now.saturating_sub(sent_at);
        match &result {
            Ok(answer) => tracing::debug!(family = ?call.family, status = answer.status(), ?took, "answered"),
            Err(fault) => tracing::debug!(family = ?call.family, fault = %fault.detail, ?took, "broken"),
        }
        if let Some(skew) = result.as_ref().ok().and_then(|answer| answer.skew) {
            self.skew.store(skew, Ordering::Relaxed);
        }
        let mut throttled = false;
        match &mut result {
            Ok(answer) => {
                let healthy = answer.status() < 500 || answer.status() == 501;
                lock(&self.breaker).note(pass, healthy, now);
                throttled = answer.status() == 429;
                limiter.answered(ready.place, took, throttled);
                if throttled {
                    answer.after = Some(limiter.throttled(answer.after));
                }
            }
            // Half of a 429 asks for patience as a whole one does.
            Err(fault) if fault.status == Some(429) => {
                lock(&self.breaker).note(pass, true, now);
                throttled = true;
                fault.after = Some(limiter.throttled(fault.after));
            }
            // A tenant that was not reached is told by its own error; it says nothing of the tenant's health.
            Err(fault) if fault.stage == Stage::BeforeSend && !pass.is_probe() => {}
            Err(_) => lock(&self.breaker).note(pass, false, now),
        }
        self.show(|gauges| gauges.throttled += u64::from(throttled));
        if let Some(tally) = &call.tally {
            tally.note(call, took, throttled);
        }
        result
    }

    /// Publishes the gauges after `change`.
    fn show(&self, change: impl FnOnce(&mut Gauges)) {
        let families = self.limiters.gauges();
        let circuit = lock(&self.breaker).circuit(self.clock.now());
        let token_seconds = self.tokens.seconds_left();
        self.gauges.send_modify(|gauges| {
            change(gauges);
            gauges.families = families;
            gauges.circuit = circuit;
            gauges.token_seconds = token_seconds;
        });
    }

    /// Seconds by which the tenant's clock is ahead of ours, by the `Date` of the last answer that told one.
    pub(super) fn clock_skew(&self) -> Option<i64> {
        Some(self.skew.load(Ordering::Relaxed)).filter(|skew| *skew != UNTOLD)
    }

    /// Whether no call is out at present.
    pub(super) fn is_quiet(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) == 0
    }

    /// Publishes the gauges as they are now.
    pub(super) fn refresh_gauges(&self) {
        self.show(|_| {});
    }
}

/// What an answer that is none means, by what the caller must do.
pub(super) fn error_of(call: &Call, answer: &Answer) -> Error {
    let status = answer.status();
    let told = || {
        let words = words_of(&answer.raw.body);
        match &answer.raw.request_id {
            Some(id) => format!("{words} (request {id})"),
            None => words,
        }
    };
    match status {
        200..=299 => odd(format!("{status} where an answer with content is due")),
        304 => odd("304 where nothing was asked that could be unchanged"),
        300..=399 => odd(format!(
            "it redirects to {}; redirects are never followed",
            answer.redirect.as_deref().unwrap_or("another address")
        )),
        401 => Error::Unauthorised { detail: "the tenant refuses the token, a fresh one too".into() },
        403 => Error::Forbidden {
            needed: call.family.needed(call.access).to_string(),
            asked: call.scopes.to_string(),
        },
        404 | 410 => Error::NotFound { what: call.what.into() },
        412 => Error::Conflict { what: call.what.into() },
        413 => Error::TooLarge,
        429 => Error::Throttled { after: answer.after },
        408 | 500 | 502..=599 => Error::Unreachable { detail: format!("it answered {status}: {}", told()) },
        400..=499 | 501 => Error::Rejected { status, detail: told() },
        _ => odd(format!("it answered {status}, which is no status")),
    }
}
