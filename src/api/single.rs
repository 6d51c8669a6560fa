//! Making and changing one thing of the tenant while a person waits: a list, a rule. A lost answer is settled by looking,
//! before anything is sent again, so that nothing is made twice and nothing of somebody else is written over.

use std::time::Duration;

use super::Error;
use super::ask::Ask;
use super::call::{Call, Sent, error_of};
use super::client::Client;
use super::outcome::{Effect, Reaction, Write, classify_status};
use super::transport::{Answer, Broke};
use super::wire::odd;
use super::write::classify_fault;

/// Whether a field is as wanted; `None` = it may be anything.
pub(super) fn is<T: PartialEq>(wanted: Option<&T>, there: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == there)
}

/// The names of the fields that are not as wanted.
pub(super) fn unlike<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, is)| !is).map(|(name, _)| name).collect()
}

/// What came of one attempt, by what is to be done about it.
enum Came {
    /// It took effect; the answer says what stands there now.
    Done(Answer),
    /// Something that is there already stands in the way.
    Clash(Error),
    /// It did not take effect, and may be tried again.
    Again(Error, Option<Duration>),
    /// It may have taken effect.
    Lost(Error, Option<Duration>),
    /// It did not, and will not.
    Refused(Error),
}

fn came(write: Write, call: &Call, sent: Sent) -> Came {
    match sent {
        Sent::Answer(answer) => {
            let error = error_of(call, &answer);
            match classify_status(write, answer.status()) {
                (Effect::Applied, _) => Came::Done(answer),
                (_, Reaction::Compare) => Came::Clash(error),
                (Effect::Indeterminate, _) => Came::Lost(error, answer.after),
                (_, Reaction::Retry) => Came::Again(error, answer.after),
                _ => Came::Refused(error),
            }
        }
        Sent::Fault(fault) if fault.broke == Broke::Certificate => Came::Refused(fault.error()),
        Sent::Fault(fault) => match classify_fault(write, &fault) {
            (Effect::NotApplied, Reaction::Compare) => Came::Clash(fault.error()),
            (Effect::NotApplied, Reaction::Retry) => Came::Again(fault.error(), fault.after),
            (Effect::NotApplied, _) => Came::Refused(fault.error()),
            _ => Came::Lost(fault.error(), fault.after),
        },
        Sent::Nothing { error, .. } => Came::Refused(error),
    }
}

/// Says of an error that ends a creation that the thing may be there all the same: some answer to it was lost, and looking
/// did not find it.
fn may_be_there(error: Error, what: &str) -> Error {
    let told = |detail: String| format!("{detail}; {what} may have been made all the same");
    match error {
        Error::Protocol { detail } => Error::Protocol { detail: told(detail) },
        Error::Unauthorised { detail } => Error::Unauthorised { detail: told(detail) },
        Error::Unreachable { detail } => Error::Unreachable { detail: told(detail) },
        other => Error::Unreachable { detail: told(other.to_string()) },
    }
}

impl Client {
    /// Makes a thing, or finds the one that stands in its way. The boolean says whether it was made by this call. What is
    /// there before must have been looked for before: whatever is found after a lost answer counts as made by it.
    ///
    /// `made` reads the answer to the creation; `find` looks for what is there by now. Where a lost answer is the last, and
    /// looking finds nothing, the error says that it may have been made.
    pub(super) async fn create<'a, T, M, F>(
        &self,
        what: &'static str,
        ask: impl Fn() -> Ask<'a>,
        made: impl Fn(Vec<u8>) -> M,
        find: impl Fn() -> F,
    ) -> Result<(T, bool), Error>
    where
        M: Future<Output = Result<T, Error>>,
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let (mut pauses, attempts) = self.patience();
        let mut lost = false;
        let failed = |error, lost| Err(if lost { may_be_there(error, what) } else { error });
        for attempt in 1..=attempts {
            let (call, sent) = self.send(ask()).await?;
            let (error, after) = match came(Write::Create, &call, sent) {
                Came::Done(answer) => return Ok((made(answer.raw.body).await?, true)),
                Came::Clash(error) => return find().await?.map(|found| (found, lost)).ok_or(error),
                Came::Again(error, after) => (error, after),
                Came::Lost(error, after) => {
                    lost = true;
                    (error, after)
                }
                Came::Refused(error) => return failed(error, lost),
            };
            if attempt == attempts && !lost {
                return Err(error);
            }
            tokio::time::sleep(pauses.next(after)).await;
            match if lost { find().await } else { Ok(None) } {
                Ok(Some(found)) => return Ok((found, true)),
                Ok(None) if attempt < attempts => {}
                Ok(None) | Err(_) => return failed(error, lost),
            }
            if let Err(worn_out) = self.wire().repeat(&call, &error) {
                return failed(worn_out, lost);
            }
        }
        Err(odd("no attempt was made"))
    }

    /// Changes a thing on the version that `ask` names, and reads what stands there then: a tenant that says yes and keeps
    /// what was there is not believed. A change of somebody else is [`Error::Conflict`], and theirs stays.
    ///
    /// `now` reads the thing; `differs` names the fields that are not as wanted.
    pub(super) async fn change<'a, T, F: Future<Output = Result<T, Error>>>(
        &self,
        what: &'static str,
        ask: impl Fn() -> Ask<'a>,
        now: impl Fn() -> F,
        differs: impl Fn(&T) -> Vec<&'static str>,
    ) -> Result<T, Error> {
        let (mut pauses, attempts) = self.patience();
        for attempt in 1.. {
            let (call, sent) = self.send(ask()).await?;
            let (error, after) = match came(Write::Change, &call, sent) {
                Came::Done(_) => return self.read_changed(what, now, differs).await,
                Came::Clash(_) => (Error::Conflict { what: what.into() }, None),
                Came::Again(error, after) | Came::Lost(error, after) => (error, after),
                Came::Refused(error) => return Err(error),
            };
            let conflict = matches!(error, Error::Conflict { .. });
            // A conflict behind a lost answer may be with our own change.
            if attempt > 1 || !conflict {
                let there = now().await?;
                if differs(&there).is_empty() {
                    return Ok(there);
                }
            }
            if attempt >= attempts || conflict {
                return Err(error);
            }
            self.wire().repeat(&call, &error)?;
            tokio::time::sleep(pauses.next(after)).await;
        }
        Err(odd("no attempt was made"))
    }

    /// What stands there once the tenant has said that it was made. It is given time, since another replica may answer.
    pub(super) async fn read_made<T, F: Future<Output = Result<T, Error>>>(
        &self,
        what: &'static str,
        now: impl Fn() -> F,
    ) -> Result<T, Error> {
        let (mut pauses, attempts) = self.patience();
        for _ in 1..attempts {
            match now().await {
                Err(Error::NotFound { .. }) => tokio::time::sleep(pauses.next(None)).await,
                read => return read,
            }
        }
        match now().await {
            Err(Error::NotFound { .. }) => {
                Err(odd(format!("it says that {what} was made, and it is not there")))
            }
            read => read,
        }
    }

    /// What stands there once the tenant has said yes to a change. It is given time, since another replica may answer.
    async fn read_changed<T, F: Future<Output = Result<T, Error>>>(
        &self,
        what: &'static str,
        now: impl Fn() -> F,
        differs: impl Fn(&T) -> Vec<&'static str>,
    ) -> Result<T, Error> {
        let (mut pauses, attempts) = self.patience();
        for attempt in 1.. {
            let there = now().await?;
            let fields = differs(&there);
            if fields.is_empty() {
                return Ok(there);
            }
            if attempt >= attempts {
                let fields = fields.join(", ");
                return Err(odd(format!(
                    "it took a change of {what}, and what stands there differs in {fields}"
                )));
            }
            tokio::time::sleep(pauses.next(None)).await;
        }
        Err(odd("nothing was read"))
    }
}
