//! Tokens: one for each set of scopes, fetched once however many tasks want it, renewed before it ends. The endpoint
//! behind them is one, and so is the patience with it: whoever is refused keeps all others from asking.
//!
//! ```text
//! fresh ──80 %──▶ due (still used when the renewal fails) ──end──▶ gone
//!   │ 401                                    │ refused
//!   └──▶ one forced renewal ──401 again──▶ Unauthorised      └──▶ blocked: nobody hammers the endpoint
//! ```

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::clock::{Clock, lock};
use super::retry::{Backoff, Patience};
use super::scope::Scopes;
use super::transport::{Answer, Broke, Transport};
use super::wire::{Text, decode, odd, text_of};
use super::{Credentials, Error};

/// Life of a token whose answer does not tell it.
const UNTOLD_LIFE: Duration = Duration::from_secs(300);
/// No token is believed for longer.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Attempts to get a token while somebody waits for it.
const ATTEMPTS: u32 = 4;
/// After a refusal the endpoint is left alone: accounts get locked. Doubles with each refusal.
const AFTER_REFUSAL: Duration = Duration::from_secs(60);
const LONGEST_AFTER_REFUSAL: Duration = Duration::from_secs(900);

/// A bearer token, ready for the header. Its `Debug` does not show it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    /// What it may do: as the answer tells, else what was asked for.
    pub(super) granted: Scopes,
    generation: u64,
}

#[derive(Debug)]
struct Held {
    token: Token,
    refresh_at: Duration,
    expires_at: Duration,
    /// Fetched because its predecessor was refused.
    forced: bool,
    /// A call went well with it.
    proven: bool,
}

#[derive(Debug)]
struct Blocked {
    /// Only a token for this set was refused; `None` = every one.
    scopes: Option<Scopes>,
    since: Duration,
    until: Duration,
    error: Error,
    /// It will not go better by itself: a refusal, or no connection that can be trusted.
    is_final: bool,
}

#[derive(Debug)]
struct State {
    held: HashMap<Scopes, Held>,
    /// The last failure, of whichever set.
    blocked: Option<Blocked>,
    generation: u64,
    refusals: u32,
    backoff: Backoff,
}

/// The tokens of one profile.
#[derive(Debug)]
pub(super) struct Tokens {
    transport: Transport,
    credentials: Credentials,
    clock: Clock,
    longest_pause: Duration,
    /// Single flight: whoever holds it may fetch.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl Tokens {
    pub(super) fn new(
        transport: Transport,
        credentials: Credentials,
        clock: Clock,
        patience: Patience,
        seed: u64,
    ) -> Self {
        let backoff = Backoff::within(patience.first_pause, patience.longest_pause, seed);
        let state = State { held: HashMap::new(), blocked: None, generation: 0, refusals: 0, backoff };
        Self {
            transport,
            credentials,
            clock,
            longest_pause: patience.longest_pause,
            turn: tokio::sync::Mutex::new(()),
            state: Mutex::new(state),
        }
    }

    /// The token to use now for a job that needs these scopes.
    pub(super) async fn get(&self, scopes: Scopes) -> Result<Token, Error> {
        let asked = self.clock.now();
        if let Some(token) = self.usable(scopes, asked, true) {
            return Ok(token);
        }
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        if let Some(token) = self.usable(scopes, now, true) {
            return Ok(token);
        }
        // One that is due but not over bridges an endpoint that is down for a moment.
        let bridge = self.usable(scopes, now, false);
        let result = match self.blocked(scopes, asked, now) {
            Some(error) => Err(error),
            None => self.fetch(scopes, false, if bridge.is_some() { 1 } else { ATTEMPTS }).await,
        };
        match (result, bridge) {
            (Err(Error::Unreachable { .. } | Error::Throttled { .. }), Some(old)) => Ok(old),
            (result, _) => result,
        }
    }

    /// A token to repeat a call with that was answered 401. At most one renewal, whoever asks for it.
    pub(super) async fn renew(&self, scopes: Scopes, refused: &Token) -> Result<Token, Error> {
        let asked = self.clock.now();
        let _turn = self.turn.lock().await;
        {
            let state = lock(&self.state);
            if let Some(held) = state.held.get(&scopes) {
                if held.token.generation != refused.generation {
                    return Ok(held.token.clone());
                }
                if held.forced && !held.proven {
                    return Err(refused_twice());
                }
            }
        }
        match self.blocked(scopes, asked, self.clock.now()) {
            Some(error) => Err(error),
            None => {
                kill_point!("K26");
                self.fetch(scopes, true, ATTEMPTS).await
            }
        }
    }

    /// A call was answered with anything but 401: the token is good.
    pub(super) fn proven(&self, token: &Token) {
        let mut state = lock(&self.state);
        if let Some(held) = state.held.values_mut().find(|held| held.token.generation == token.generation) {
            held.proven = true;
        }
    }

    /// Whether the last token was failed for good: trying again soon is of no use.
    pub(super) fn gave_up(&self) -> bool {
        lock(&self.state).blocked.as_ref().is_some_and(|blocked| blocked.is_final)
    }

    /// Seconds until the token that was fetched last is due, for the header of the console.
    pub(super) fn seconds_left(&self) -> Option<u64> {
        let now = self.clock.now();
        let state = lock(&self.state);
        let newest = state.held.values().max_by_key(|held| held.token.generation)?;
        Some(newest.refresh_at.saturating_sub(now).as_secs())
    }

    fn usable(&self, scopes: Scopes, now: Duration, fresh: bool) -> Option<Token> {
        let state = lock(&self.state);
        let held = state.held.get(&scopes)?;
        let until = if fresh { held.refresh_at } else { held.expires_at };
        (now < until).then(|| held.token.clone())
    }

    /// The last failure, where it still stands or happened while the caller waited for its turn.
    fn blocked(&self, scopes: Scopes, asked: Duration, now: Duration) -> Option<Error> {
        let state = lock(&self.state);
        let blocked = state.blocked.as_ref()?;
        if blocked.scopes.is_some_and(|refused| refused != scopes) {
            return None;
        }
        (now < blocked.until || blocked.since >= asked).then(|| blocked.error.clone())
    }

    async fn fetch(&self, scopes: Scopes, forced: bool, attempts: u32) -> Result<Token, Error> {
        let wanted = scopes.to_string();
        for attempt in 1.. {
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", self.credentials.client_id.as_str()),
                ("client_secret", self.credentials.client_secret.expose_secret()),
                ("scope", wanted.as_str()),
            ];
            let request = self.transport.form(&fields)?;
            let asked = self.clock.now();
            let sent = self.transport.send(request).await;
            let now = self.clock.now();
            let (error, after) = match sent {
                Ok(answer) if answer.status() == 200 => {
                    // The life counts from the question: the tenant may have started it as soon as it heard it, and its
                    // answer may have been long on the way.
                    kill_point!("K8");
                    return match read_token(&answer.raw.body) {
                        Ok(read) => Ok(self.keep(scopes, read, asked, forced)),
                        Err(error) => Err(self.block_refused(error, None, now)),
                    };
                }
                Ok(answer) => match refusal(&answer, scopes) {
                    Some((error, of)) => return Err(self.block_refused(error, of, now)),
                    None if answer.status() == 429 => {
                        (Error::Throttled { after: answer.after }, answer.after)
                    }
                    None => {
                        let detail = format!("the token endpoint answered {}", answer.status());
                        (Error::Unreachable { detail }, answer.after)
                    }
                },
                Err(fault) if fault.broke == Broke::Passing => (fault.error(), None),
                Err(fault) => return Err(self.block_refused(fault.error(), None, now)),
            };
            let pause = lock(&self.state).backoff.next(after);
            if attempt >= attempts || pause > self.longest_pause {
                let until = now + pause;
                let blocked =
                    Blocked { scopes: None, since: now, until, error: error.clone(), is_final: false };
                lock(&self.state).blocked = Some(blocked);
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
        Err(refused_twice())
    }

    /// Keeps a token whose life began at `since`.
    fn keep(&self, scopes: Scopes, read: ReadToken, since: Duration, forced: bool) -> Token {
        let mut state = lock(&self.state);
        state.generation += 1;
        state.blocked = None;
        state.refusals = 0;
        state.backoff.reset();
        let ReadToken { header, life, told } = read;
        let token = Token { header, granted: told.unwrap_or(scopes), generation: state.generation };
        let held = Held {
            token: token.clone(),
            refresh_at: since + refresh_after(life),
            expires_at: since + life,
            forced,
            proven: false,
        };
        state.held.insert(scopes, held);
        token
    }

    fn block_refused(&self, error: Error, scopes: Option<Scopes>, now: Duration) -> Error {
        let mut state = lock(&self.state);
        let pause = AFTER_REFUSAL.saturating_mul(1 << state.refusals.min(10)).min(LONGEST_AFTER_REFUSAL);
        state.refusals += 1;
        let until = now + pause;
        state.blocked = Some(Blocked { scopes, since: now, until, error: error.clone(), is_final: true });
        error
    }
}

fn refused_twice() -> Error {
    Error::Unauthorised { detail: "the tenant refuses the token, a fresh one too".into() }
}

/// When a token of this life is renewed: at 80 % of it, and at least a minute before a long one ends.
fn refresh_after(life: Duration) -> Duration {
    let most = life.mul_f64(0.8);
    let minute = Duration::from_secs(60);
    if life > minute * 2 { most.min(life - minute) } else { most }
}

/// What a refusal means, in words of our own (the body may repeat the credentials), and which set of scopes alone it is
/// about. `None` = it may pass.
fn refusal(answer: &Answer, scopes: Scopes) -> Option<(Error, Option<Scopes>)> {
    #[derive(Deserialize, Default)]
    struct Body {
        error: Option<Text>,
    }
    let unauthorised = |detail: String| Some((Error::Unauthorised { detail }, None));
    let status = answer.status();
    let code = serde_json::from_slice::<Body>(&answer.raw.body).unwrap_or_default().error.unwrap_or_default();
    match (status, code.0.as_str()) {
        (408 | 425 | 429 | 500.., _) => None,
        (_, "invalid_client") => unauthorised("the client id or the client secret is wrong".into()),
        (_, "invalid_scope") => {
            let detail = format!("the client may not have all the scopes it asks for ({scopes})");
            Some((Error::Unauthorised { detail }, Some(scopes)))
        }
        (_, "unauthorized_client") => {
            unauthorised("the client may not use the client-credentials grant".into())
        }
        (_, "unsupported_grant_type" | "invalid_grant" | "invalid_request") => {
            unauthorised("the token endpoint does not accept the client-credentials request".into())
        }
        (300..=399, _) => {
            let to = answer.redirect.as_deref().unwrap_or("another address");
            let detail = format!("the token endpoint redirects to {to}; secrets are never sent on");
            Some((odd(detail), None))
        }
        // It speaks another language than that of tokens, or is something else: no credentials would help.
        (404..=406 | 410 | 415, _) => {
            Some((odd(format!("{status} is no answer of a token endpoint: its address may be wrong")), None))
        }
        (400..=499, _) => unauthorised(format!("the token endpoint answered {status}")),
        _ => Some((odd(format!("the token endpoint answered {status}")), None)),
    }
}

/// What an answer of the token endpoint holds.
#[derive(Debug)]
struct ReadToken {
    header: HeaderValue,
    life: Duration,
    /// The scopes that were granted, where the answer says so (RFC 6749 §5.1: it must where they are not those asked for).
    told: Option<Scopes>,
}

/// Reads the token and its life.
fn read_token(body: &[u8]) -> Result<ReadToken, Error> {
    #[derive(Deserialize)]
    struct Body {
        access_token: Option<String>,
        token_type: Option<String>,
        expires_in: Option<Text>,
        scope: Option<Text>,
    }
    let body: Body = decode(body, "the token request")?;
    if !body.token_type.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("bearer")) {
        return Err(odd("the token is not of type Bearer"));
    }
    let token = body.access_token.unwrap_or_default();
    let sound = (1..=16_384).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    let header = sound.then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok()).flatten();
    let Some(mut header) = header else {
        return Err(odd("the token endpoint sent no usable token"));
    };
    header.set_sensitive(true);
    // An answer without one word that we know (`openid`) tells nothing of ours.
    let told =
        text_of(body.scope).map(|words| Scopes::read(&words)).filter(|scopes| *scopes != Scopes::default());
    Ok(ReadToken { header, life: life_of(body.expires_in.as_ref())?, told })
}

fn life_of(expires_in: Option<&Text>) -> Result<Duration, Error> {
    let Some(text) = expires_in else { return Ok(UNTOLD_LIFE) };
    match text.0.trim().parse::<f64>() {
        Ok(seconds) if seconds > 0.0 => Ok(Duration::from_secs_f64(seconds.min(LONGEST_LIFE.as_secs_f64()))),
        Ok(_) => Err(odd("the token is over before it can be used")),
        Err(_) => Err(odd("the life of the token cannot be read")),
    }
}

#[cfg(test)]
mod tests;
