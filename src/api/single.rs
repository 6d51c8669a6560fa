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

/// What came of one attempt, by what is to be done about it.
enum Came {
    /// It took effect; the answer says what stands there now.
    Done(Answer),
    /// Something that is there already stands in the way.
    Clash(Error),
    /// It may have taken effect, or may be tried again.
    Unsure(Error, Option<Duration>),
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
                (_, Reaction::Retry) | (Effect::Indeterminate, _) => Came::Unsure(error, answer.after),
                _ => Came::Refused(error),
            }
        }
        Sent::Fault(fault) if fault.broke == Broke::Certificate => Came::Refused(fault.error()),
        Sent::Fault(fault) => Came::Unsure(fault.error(), None),
        Sent::Nothing { error, .. } => Came::Refused(error),
    }
}

impl Client {
    /// Makes a thing, or finds the one that stands in its way. The boolean says whether it was made by this call.
    ///
    /// `made` reads the answer to the creation; `find` looks for what is there by now.
    pub(super) async fn create<'a, T, M, F>(
        &self,
        ask: impl Fn() -> Ask<'a>,
        made: impl Fn(Vec<u8>) -> M,
        find: impl Fn() -> F,
    ) -> Result<(T, bool), Error>
    where
        M: Future<Output = Result<T, Error>>,
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let (mut pauses, attempts) = self.patience();
        for attempt in 1.. {
            let (call, sent) = self.send(ask()).await?;
            let (error, after) = match came(Write::Create, &call, sent) {
                Came::Done(answer) => return Ok((made(answer.raw.body).await?, true)),
                Came::Clash(error) => return find().await?.map(|found| (found, false)).ok_or(error),
                Came::Unsure(error, after) => (error, after),
                Came::Refused(error) => return Err(error),
            };
            if attempt >= attempts {
                return Err(error);
            }
            tokio::time::sleep(pauses.next(after)).await;
            if let Some(found) = find().await? {
                return Ok((found, true));
            }
        }
        Err(odd("no attempt was made"))
    }

    /// Changes a thing on the version that `ask` names, and reads what stands there then. A change of somebody else is
    /// [`Error::Conflict`], and theirs stays.
    ///
    /// `now` reads the thing; `stands` says whether it is as wanted.
    pub(super) async fn change<'a, T, F: Future<Output = Result<T, Error>>>(
        &self,
        what: &'static str,
        ask: impl Fn() -> Ask<'a>,
        now: impl Fn() -> F,
        stands: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        let (mut pauses, attempts) = self.patience();
        for attempt in 1.. {
            let (call, sent) = self.send(ask()).await?;
            let (error, after) = match came(Write::Change, &call, sent) {
                Came::Done(_) => return now().await,
                Came::Clash(_) => (Error::Conflict { what: what.into() }, None),
                Came::Unsure(error, after) => (error, after),
                Came::Refused(error) => return Err(error),
            };
            let conflict = matches!(error, Error::Conflict { .. });
            // A conflict behind a lost answer may be with our own change.
            if attempt > 1 || !conflict {
                let there = now().await?;
                if stands(&there) {
                    return Ok(there);
                }
            }
            if attempt >= attempts || conflict {
                return Err(error);
            }
            tokio::time::sleep(pauses.next(after)).await;
        }
        Err(odd("no attempt was made"))
    }
}
