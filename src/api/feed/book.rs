//! What is known of each job that is followed, and when to ask for it. Pure: time is an argument, the asking is elsewhere.
//!
//! Events are hints and the job endpoint is the truth. An event may move a job on; that it is over counts only from the
//! endpoint's mouth, which has the rows that were not taken. Nothing moves a job back.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::super::Error;
use super::super::retry::Backoff;
use super::FeedNews;
use super::event::JobEvent;
use super::pace::FeedPace;
use crate::domain::job::{Job, JobId};

/// Questions that are out at once. A few, so that one slow answer does not hold up the others; not more, because the bulk
/// inserts wait for places of the same limit.
const AT_ONCE: usize = 2;

/// A question for a job that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// None.
    No,
    /// One.
    Out,
    /// One that was sent before the latest reason to ask: its answer may be too old.
    OutTooEarly,
}

#[derive(Debug)]
struct Followed {
    /// As it was told last.
    told: Option<Job>,
    asked: Asked,
    due: Duration,
    /// The next pause between two questions without a socket.
    pause: Duration,
    /// An event said more than an event can prove: ask soon, and often until the endpoint agrees.
    hinted: bool,
    /// Not held up by the pauses between routine questions.
    urgent: bool,
    /// When it last moved.
    moved_at: Duration,
    /// What was last told as odd, to tell it once.
    odd: Option<String>,
}

impl Followed {
    fn ask_at(&mut self, at: Duration) {
        match self.asked {
            Asked::No => self.due = self.due.min(at),
            Asked::Out | Asked::OutTooEarly => self.asked = Asked::OutTooEarly,
        }
    }

    /// Whether the oddity is a new one.
    fn is_news(&mut self, error: &Error) -> bool {
        let text = error.to_string();
        let new = self.odd.as_ref() != Some(&text);
        self.odd = Some(text);
        new
    }
}

/// What an event was good for.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something to tell.
    News(FeedNews),
    /// Nothing: it is old news, or the endpoint is asked first.
    Nothing,
    /// It is of a job that is not followed.
    Foreign,
}

/// The jobs of one feed.
#[derive(Debug)]
pub(super) struct Book {
    pace: FeedPace,
    open: BTreeMap<JobId, Followed>,
    /// Over, lost or given up.
    closed: HashSet<JobId>,
    out: usize,
    /// Between two routine questions, so that they leave room for everything else.
    gap: Duration,
    next_routine: Duration,
    /// The code of the trouble that all questions have at present, to tell it once.
    trouble: Option<&'static str>,
    paused_until: Duration,
    backoff: Backoff,
}

impl Book {
    /// `gap` stands between two routine questions; `backoff` between two while the tenant is in trouble.
    pub(super) fn new(pace: FeedPace, gap: Duration, backoff: Backoff) -> Self {
        Self {
            pace,
            open: BTreeMap::new(),
            closed: HashSet::new(),
            out: 0,
            gap,
            next_routine: Duration::ZERO,
            trouble: None,
            paused_until: Duration::ZERO,
            backoff,
        }
    }

    /// Follows a job from now on, and asks for it at `due`. Returns whether it is a new one.
    pub(super) fn add(&mut self, job: JobId, due: Duration, now: Duration) -> bool {
        if self.closed.contains(&job) || self.open.contains_key(&job) {
            return false;
        }
        let followed = Followed {
            told: None,
            asked: Asked::No,
            due,
            pause: self.pace.polling_first,
            hinted: false,
            urgent: false,
            moved_at: now,
            odd: None,
        };
        self.open.insert(job, followed);
        true
    }

    /// The jobs that are not over.
    pub(super) fn open(&self) -> impl Iterator<Item = &JobId> {
        self.open.keys()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Events may have been missed: ask for every job.
    pub(super) fn catch_up(&mut self, now: Duration) {
        for followed in self.open.values_mut() {
            followed.ask_at(now);
        }
    }

    /// No events come any more: ask at short intervals.
    pub(super) fn unplugged(&mut self, now: Duration) {
        for followed in self.open.values_mut() {
            followed.pause = self.pace.polling_first;
            followed.due = followed.due.min(now + self.pace.polling_first);
        }
    }

    /// Takes in an event.
    pub(super) fn hear(&mut self, event: JobEvent, now: Duration) -> Heard {
        let JobEvent { job, told } = event;
        let Some(followed) = self.open.get_mut(&job) else {
            return if self.closed.contains(&job) { Heard::Nothing } else { Heard::Foreign };
        };
        let (status, progress) = match told {
            Ok(told) if !told.0.is_final() => told,
            told => {
                // Whatever it says more often than once is no reason to ask more often.
                if !followed.hinted {
                    followed.hinted = true;
                    followed.urgent = true;
                    followed.pause = self.pace.polling_first;
                    followed.ask_at(now);
                }
                return match told.err().filter(|error| followed.is_news(error)) {
                    Some(error) => Heard::News(FeedNews::Odd { job: Some(job), error }),
                    None => Heard::Nothing,
                };
            }
        };
        let moved = match &mut followed.told {
            Some(known) => known.advance(status, progress),
            None => {
                followed.told = Some(Job { id: job, status, progress, errors: Vec::new() });
                true
            }
        };
        match &followed.told {
            Some(known) if moved => {
                followed.moved_at = now;
                Heard::News(FeedNews::Job(known.clone()))
            }
            _ => Heard::Nothing,
        }
    }

    /// The next job to ask for now. It counts as asked until its answer is in.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<JobId> {
        if self.out >= self.at_once() {
            return None;
        }
        let waiting = self.open.iter().filter(|(_, it)| it.asked == Asked::No && self.due(it) <= now);
        let job = waiting.min_by_key(|(_, it)| (!it.urgent, it.due))?.0.clone();
        let followed = self.open.get_mut(&job)?;
        if !followed.urgent {
            self.next_routine = now + self.gap;
        }
        followed.urgent = false;
        followed.asked = Asked::Out;
        self.out += 1;
        Some(job)
    }

    /// When there may be a job to ask for; `None` = not by the clock.
    pub(super) fn next_due(&self) -> Option<Duration> {
        if self.out >= self.at_once() {
            return None;
        }
        self.open.values().filter(|it| it.asked == Asked::No).map(|it| self.due(it)).min()
    }

    /// When a job is asked for: as planned, after what holds all questions up; at the end of its patience whatever does.
    fn due(&self, it: &Followed) -> Duration {
        let routine = if it.urgent { Duration::ZERO } else { self.next_routine };
        it.due.max(routine).max(self.paused_until).min(it.moved_at + self.pace.patience)
    }

    /// While the tenant is in trouble, one question at a time shows whether it still is.
    fn at_once(&self) -> usize {
        if self.trouble.is_some() { 1 } else { AT_ONCE }
    }

    /// Takes in the answer to a question. What it means for the feed is told in order.
    pub(super) fn answered(
        &mut self,
        id: &JobId,
        answer: Result<Job, Error>,
        now: Duration,
        live: bool,
    ) -> Vec<FeedNews> {
        self.out = self.out.saturating_sub(1);
        let mut news = Vec::new();
        match answer {
            Err(error @ (Error::Unauthorised { .. } | Error::Forbidden { .. })) => {
                return vec![FeedNews::Refused(error)];
            }
            Err(
                error @ (Error::Unreachable { .. } | Error::Throttled { .. } | Error::CircuitOpen { .. }),
            ) => {
                self.trouble(error, now, &mut news);
                self.put_off(id, now, live);
                // Whoever's patience is over need not wait for a turn that brings the same.
                self.give_up(now, None, &mut news);
            }
            Err(Error::NotFound { .. }) => {
                self.clear_trouble();
                if self.close(id) {
                    news.push(FeedNews::Lost(id.clone()));
                }
            }
            Err(error) => {
                self.clear_trouble();
                if self.open.get_mut(id).is_some_and(|followed| followed.is_news(&error)) {
                    news.push(FeedNews::Odd { job: Some(id.clone()), error });
                }
                self.put_off(id, now, live);
                self.give_up(now, Some(id), &mut news);
            }
            Ok(job) => {
                self.clear_trouble();
                self.put_off(id, now, live);
                if let Some(job) = self.take_over(id, job, now) {
                    if job.status.is_final() {
                        self.close(id);
                    }
                    news.push(FeedNews::Job(job));
                }
                self.give_up(now, Some(id), &mut news);
            }
        }
        news
    }

    /// What the endpoint says, where it moves the job on, or is understood again after something odd.
    fn take_over(&mut self, id: &JobId, job: Job, now: Duration) -> Option<Job> {
        let followed = self.open.get_mut(id)?;
        let was_odd = followed.odd.take().is_some();
        match &mut followed.told {
            Some(known) => {
                if !known.advance(job.status, job.progress) {
                    return was_odd.then(|| known.clone());
                }
                known.errors = job.errors;
            }
            None => followed.told = Some(job),
        }
        followed.moved_at = now;
        followed.told.clone()
    }

    /// The question is answered; when to ask the next one.
    fn put_off(&mut self, id: &JobId, now: Duration, live: bool) {
        let Some(followed) = self.open.get_mut(id) else { return };
        let wait = if live && !followed.hinted {
            self.pace.live
        } else {
            let pause = followed.pause;
            followed.pause = (pause * 2).min(self.pace.polling_longest);
            pause
        };
        followed.due = if followed.asked == Asked::OutTooEarly { now } else { now + wait };
        followed.asked = Asked::No;
    }

    fn trouble(&mut self, error: Error, now: Duration, news: &mut Vec<FeedNews>) {
        let after = match &error {
            Error::Throttled { after } => *after,
            Error::CircuitOpen { retry_in } => Some(*retry_in),
            _ => None,
        };
        self.paused_until = now + self.backoff.next(after);
        if self.trouble.replace(error.code()) != Some(error.code()) {
            news.push(FeedNews::Odd { job: None, error });
        }
    }

    fn clear_trouble(&mut self) {
        self.trouble = None;
        self.paused_until = Duration::ZERO;
        self.backoff.reset();
    }

    /// Gives up the jobs that did not move for too long: this one, or all. Never without having asked: whoever comes back
    /// after a long time must not find everything given up.
    fn give_up(&mut self, now: Duration, only: Option<&JobId>, news: &mut Vec<FeedNews>) {
        let over = |it: &Followed| now >= it.moved_at + self.pace.patience;
        let given_up: Vec<JobId> = self
            .open
            .iter()
            .filter(|(id, it)| only.is_none_or(|only| only == *id) && over(it))
            .map(|(id, _)| id.clone())
            .collect();
        for id in given_up {
            self.close(&id);
            news.push(FeedNews::OutOfPatience(id));
        }
    }

    fn close(&mut self, id: &JobId) -> bool {
        let known = self.open.remove(id).is_some();
        self.closed.insert(id.clone());
        known
    }
}

#[cfg(test)]
mod tests;
