//! Outbound: contacts, the contact lists that they stand on, and the jobs of bulk inserts.
//!
//! What a job has come to is a function of the present and of the job's start:
//!
//! ```text
//! tenth of its time   0        1 … 9              10
//! status, progress    QUEUED   RUNNING, 10 … 90   COMPLETED, 100
//! ```
//!
//! Its contacts come onto the list as it goes, so a job that fails half way leaves some of them there.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};

use super::Options;
use super::check::{self, Millis};
use super::effects::{Change, Effect, Effects};
use super::family::Family;
use super::order::Script;
#[cfg(test)]
use super::order::Turn;
use super::rng::{self, Rng};
use super::words::{Word, word_of};

/// Tenths of a job's time after which something befalls a job that does not end well.
const CRISIS: i64 = 6;

/// A contact. One number may be several contacts, on one list too.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) list: usize,
    /// The digits of the E.164 number.
    pub(super) number: u64,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) email: Option<String>,
    pub(super) custom: Map<String, Value>,
}

impl Contact {
    /// The contact as the tenant writes it. Some tenants leave out the `+` of numbers.
    pub(super) fn to_json(&self, plus: bool) -> Value {
        let mut json = json!({
            "id": self.id,
            "phoneNumber": format!("{}{}", if plus { "+" } else { "" }, self.number),
            "customFields": self.custom,
        });
        for (name, value) in [("firstName", &self.first), ("lastName", &self.last), ("email", &self.email)] {
            if let Some(value) = value {
                json[name] = value.as_str().into();
            }
        }
        json
    }
}

/// A contact list.
#[derive(Clone, Debug)]
pub(super) struct ContactList {
    pub(super) id: String,
    pub(super) name: String,
    /// Where its contacts are, in the order in which they came.
    pub(super) contacts: Vec<usize>,
}

/// How a job ends; [`FATES`] says what each means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    #[default]
    Completes,
    Fails,
    Aborts,
    Lost,
    Stuck,
    Odd,
    /// Contacts that are left out.
    QuietLoss(usize),
}

/// Every fate.
pub(super) const FATES: [Word<Fate>; 7] = [
    Word { word: "complete", does: "it ends well, as without an order", make: |_| Ok(Fate::Completes) },
    Word { word: "fail", does: "it fails half way; what it has done stays", make: |_| Ok(Fate::Fails) },
    Word { word: "abort", does: "the same, and says that somebody stopped it", make: |_| Ok(Fate::Aborts) },
    Word {
        word: "lose",
        does: "it does its work, and nobody can ask for it (404)",
        make: |_| Ok(Fate::Lost),
    },
    Word { word: "stuck", does: "it runs for ever", make: |_| Ok(Fate::Stuck) },
    Word { word: "odd", does: "it ends in a status that nobody knows", make: |_| Ok(Fate::Odd) },
    Word {
        word: "quiet_loss",
        does: "it says COMPLETED without an error, and rows=1 of its contacts are not there",
        make: |numbers| numbers.take("rows", Some(1), 1..=10_000).map(Fate::QuietLoss),
    },
];

impl Fate {
    /// The word of the orders and of the truth.
    pub(super) fn word(self) -> &'static str {
        word_of(&FATES, &self)
    }
}

/// What a job has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) status: &'static str,
    pub(super) progress: u8,
}

impl Moment {
    /// Whether nothing comes after it.
    pub(super) fn is_last(self) -> bool {
        matches!(self.status, "COMPLETED" | "FAILED" | "ABORTED" | "HIBERNATING")
    }
}

/// A row of a bulk insert, read.
#[derive(Clone, Debug)]
pub(super) enum Row {
    Taken(Box<Contact>),
    /// Number as given, code, message.
    Refused(Option<String>, &'static str, &'static str),
    /// Lost on the way, and nothing is said of it.
    Dropped,
}

/// A bulk insert.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) list: usize,
    made: Millis,
    duration: Millis,
    pub(super) fate: Fate,
    pub(super) sent: usize,
    /// Rows that are not on the list yet.
    rows: VecDeque<Row>,
    /// Rows that have had their turn.
    reached: usize,
    pub(super) applied: usize,
    errors: Vec<Value>,
}

impl Job {
    /// What it has come to.
    pub(super) fn at(&self, now: Millis) -> Moment {
        let step = match self.duration {
            0 => 10,
            duration => ((now - self.made).max(0).saturating_mul(10) / duration).min(10),
        };
        let calm = matches!(self.fate, Fate::Completes | Fate::Lost | Fate::QuietLoss(_));
        let step = if calm { step } else { step.min(CRISIS) };
        let status = match (step, self.fate) {
            (0, _) => "QUEUED",
            (10, _) => "COMPLETED",
            (CRISIS, Fate::Fails) => "FAILED",
            (CRISIS, Fate::Aborts) => "ABORTED",
            (CRISIS, Fate::Odd) => "HIBERNATING",
            _ => "RUNNING",
        };
        Moment { status, progress: u8::try_from(step * 10).unwrap_or(100) }
    }

    /// When it next comes to something else; `None` = never.
    pub(super) fn next_change(&self, now: Millis) -> Option<Millis> {
        let present = self.at(now);
        if present.is_last() || (self.fate == Fate::Stuck && i64::from(present.progress) >= CRISIS * 10) {
            return None;
        }
        let step = i64::from(present.progress) / 10 + 1;
        // Rounded up: at that instant the step has been taken.
        Some(self.made + (step * self.duration + 9) / 10)
    }

    pub(super) fn to_json(&self, now: Millis) -> Value {
        let moment = self.at(now);
        let mut errors = self.errors.clone();
        match moment.status {
            "FAILED" => errors.push(json!({ "code": "JOB_FAILED", "message": "the import broke off" })),
            "ABORTED" => {
                errors.push(json!({ "code": "JOB_ABORTED", "message": "somebody stopped the import" }));
            }
            _ => {}
        }
        json!({ "id": self.id, "status": moment.status, "progress": moment.progress, "errors": errors })
    }
}

/// Everything outbound.
#[derive(Clone, Debug)]
pub(super) struct Outbound {
    pub(super) lists: Vec<ContactList>,
    pub(super) contacts: Vec<Contact>,
    pub(super) by_id: HashMap<String, usize>,
    pub(super) jobs: Vec<Job>,
    /// Fates that were ordered for the jobs to come.
    pub(super) fates: Script<Fate>,
    effects: Effects,
    seed: u64,
    duration: Millis,
    /// Jobs that were answered for and never made.
    lies: u64,
}

impl Outbound {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            lists: Vec::new(),
            contacts: Vec::new(),
            by_id: HashMap::new(),
            jobs: Vec::new(),
            fates: Script::default(),
            effects: Effects::default(),
            seed: options.seed,
            duration: check::millis(options.job_duration),
            lies: 0,
        }
    }

    /// The same, with a hand on the log of effects.
    pub(super) fn telling(self, effects: Effects) -> Self {
        Self { effects, ..self }
    }

    pub(super) fn list(&self, id: &str) -> Option<usize> {
        self.lists.iter().position(|list| list.id == id)
    }

    /// A job that can be asked for.
    pub(super) fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id && job.fate != Fate::Lost)
    }

    /// Adds a contact, always a new one, and gives it its id.
    pub(super) fn add(&mut self, mut contact: Contact) {
        let place = self.contacts.len();
        contact.id = format!("c-{:06}", place + 1);
        self.by_id.insert(contact.id.clone(), place);
        let list = &mut self.lists[contact.list];
        list.contacts.push(place);
        self.effects.note(Effect {
            at: check::now(),
            list: list.id.clone(),
            who: format!("+{}", contact.number),
            record: Some(contact.id.clone()),
            change: Change::Came,
            key: None,
        });
        self.contacts.push(contact);
    }

    /// Makes a job and tells its id.
    pub(super) fn start(&mut self, list: usize, mut rows: Vec<Row>, now: Millis) -> String {
        let nth = self.jobs.len() as u64;
        let id = rng::uuid(self.seed, (10, 11), nth);
        let fate = self.fates.take(Family::Bulk).unwrap_or_default();
        if let Fate::QuietLoss(lost) = fate {
            let mut taken: Vec<&mut Row> =
                rows.iter_mut().filter(|row| matches!(row, Row::Taken(_))).collect();
            Rng::new(rng::draw(self.seed, 15, nth)).shuffle(&mut taken);
            taken.into_iter().take(lost).for_each(|row| *row = Row::Dropped);
        }
        self.jobs.push(Job {
            id: id.clone(),
            list,
            made: now,
            duration: self.duration,
            fate,
            sent: rows.len(),
            rows: rows.into(),
            reached: 0,
            applied: 0,
            errors: Vec::new(),
        });
        id
    }

    /// An id with no job behind it.
    pub(super) fn pretended(&mut self) -> String {
        self.lies += 1;
        rng::uuid(self.seed, (12, 13), self.lies)
    }

    /// The next job ends so.
    #[cfg(test)]
    pub(super) fn order(&mut self, fate: Fate) {
        self.fates.push(fate, Turn::next(Family::Bulk));
    }

    /// Lets jobs do what they have had time for. Asked for whenever somebody looks, so that nobody sees a difference
    /// to contacts that come by themselves.
    pub(super) fn advance(&mut self, now: Millis) {
        for n in 0..self.jobs.len() {
            let job = &mut self.jobs[n];
            let due = job.sent * usize::from(job.at(now).progress) / 100;
            let mut taken = Vec::new();
            while job.reached < due
                && let Some(row) = job.rows.pop_front()
            {
                match row {
                    Row::Taken(contact) => taken.push(contact),
                    Row::Dropped => {}
                    Row::Refused(number, code, message) => job.errors.push(json!({
                        "index": job.reached,
                        "phoneNumber": number,
                        "code": code,
                        "message": message,
                    })),
                }
                job.reached += 1;
            }
            job.applied += taken.len();
            for contact in taken {
                self.add(*contact);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn job(fate: Fate, duration: u64) -> (Outbound, String) {
        let options = Options { job_duration: Duration::from_millis(duration), ..Options::default() };
        let mut outbound = Outbound::new(&options);
        outbound.lists.push(ContactList { id: "cl".into(), name: "cl".into(), contacts: Vec::new() });
        outbound.order(fate);
        let contact = Contact {
            id: String::new(),
            list: 0,
            number: 12_025_550_101,
            first: None,
            last: None,
            email: None,
            custom: Map::new(),
        };
        let rows = (0..10).map(|_| Row::Taken(Box::new(contact.clone()))).collect();
        let id = outbound.start(0, rows, 1_000);
        (outbound, id)
    }

    /// Every moment that a watcher sees who sleeps until the next change.
    fn seen(job: &Job) -> Vec<(&'static str, u8)> {
        let (mut at, mut seen) = (1_000, Vec::new());
        loop {
            let moment = job.at(at);
            assert!(seen.last() != Some(&(moment.status, moment.progress)), "woken for nothing at {at}");
            seen.push((moment.status, moment.progress));
            match job.next_change(at) {
                Some(next) => {
                    assert!(next > at);
                    at = next;
                }
                None => return seen,
            }
        }
    }

    #[test]
    fn a_job_goes_through_its_tenths_and_each_is_announced_once() {
        for duration in [1_000, 7, 33, 10_001] {
            let (outbound, _) = job(Fate::Completes, duration);
            let seen = seen(&outbound.jobs[0]);
            assert_eq!(seen.first(), Some(&("QUEUED", 0)), "{duration}");
            assert_eq!(seen.last(), Some(&("COMPLETED", 100)), "{duration}");
            assert!(seen.windows(2).all(|w| w[0].1 < w[1].1));
        }
        let (outbound, _) = job(Fate::Completes, 1_000);
        assert_eq!(seen(&outbound.jobs[0]).len(), 11);
        assert_eq!(job(Fate::Completes, 0).0.jobs[0].at(1_000).status, "COMPLETED");
    }

    #[test]
    fn each_fate_ends_in_its_own_way() {
        let end = |fate| *seen(&job(fate, 1_000).0.jobs[0]).last().unwrap();
        assert_eq!(end(Fate::Fails), ("FAILED", 60));
        assert_eq!(end(Fate::Aborts), ("ABORTED", 60));
        assert_eq!(end(Fate::Odd), ("HIBERNATING", 60));
        assert_eq!(end(Fate::Stuck), ("RUNNING", 60));
        let (outbound, id) = job(Fate::Lost, 1_000);
        assert_eq!(seen(&outbound.jobs[0]).last(), Some(&("COMPLETED", 100)));
        assert!(outbound.job(&id).is_none());
    }

    #[test]
    fn a_quiet_loss_is_one_of_the_seed_and_nothing_says_so() {
        let left = |fate| {
            let (mut outbound, id) = job(fate, 1_000);
            for (n, row) in outbound.jobs[0].rows.iter_mut().enumerate() {
                if let Row::Taken(contact) = row {
                    contact.number += n as u64;
                }
            }
            outbound.advance(9_000);
            let told = outbound.job(&id).unwrap().to_json(9_000);
            assert_eq!((&told["status"], &told["errors"]), (&json!("COMPLETED"), &json!([])));
            outbound.contacts.iter().map(|contact| contact.number).collect::<Vec<_>>()
        };
        assert_eq!(left(Fate::QuietLoss(3)).len(), 7);
        assert_eq!(left(Fate::QuietLoss(3)), left(Fate::QuietLoss(3)));
        assert!(left(Fate::QuietLoss(99)).is_empty());
    }

    #[test]
    fn contacts_come_as_the_job_goes_and_those_of_a_failed_one_stay() {
        let (mut outbound, _) = job(Fate::Completes, 1_000);
        for (at, there) in [(1_000, 0), (1_350, 3), (1_350, 3), (1_999, 9), (2_000, 10), (9_000, 10)] {
            outbound.advance(at);
            assert_eq!(outbound.lists[0].contacts.len(), there, "at {at}");
        }
        let (mut outbound, _) = job(Fate::Fails, 1_000);
        outbound.advance(9_000);
        assert_eq!((outbound.contacts.len(), outbound.jobs[0].applied), (6, 6));
    }
}
