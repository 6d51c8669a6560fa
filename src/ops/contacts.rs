//! Contacts: ask the tenant about the numbers of each contact, and write what it says into the contact's own record.
//!
//! ```text
//! file ─▶ contacts ─▶ as many as one query holds ─▶ record query ─▶ PATCH each ─▶ noted ─▶ the next …
//! ```
//!
//! What is written was asked a moment ago, also at the end of a file that takes hours.

mod read;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Input, Ops, OpsError, OpsEvent, Sink};
use crate::api::{Error, Scopes};
use crate::domain::contact::Standing;
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::progress::{Phase, Progress};
use crate::ledger::NewEvent;

/// What a sync locks in the place of a list. No list has such a key: those of other kinds have a prefix and an id behind it.
const LOCKED: &str = "contacts/";

/// What to sync.
#[derive(Clone, Debug)]
pub struct ContactSync {
    /// Field of the contact record; `None` = the profile's.
    pub field: Option<String>,
    /// Column of the contacts' ids, by name; `None` = found by its name.
    pub id_column: Option<String>,
}

/// A contact, or a row, that was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotWritten {
    /// The first row that names it.
    pub row: u64,
    /// Its id; empty where the row has none.
    pub contact: String,
    /// `no-contact-id`, `unusable-contact-id`, `no-number`, `not-found`, …
    pub code: &'static str,
    /// Why, in a sentence without numbers.
    pub why: String,
}

/// Why a sync ended before its last contact. The same sync once more goes on behind what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// The code of the error.
    pub code: &'static str,
    /// The error in a sentence.
    pub message: String,
    /// The exit code that belongs to it.
    pub exit_code: u8,
}

/// What a sync did. `contacts = updated + unchanged + failed`, and those that it did not come to where it was cut off.
#[derive(Clone, Debug, Default)]
pub struct SyncedContacts {
    /// Data rows of the file.
    pub rows: u64,
    /// Different contacts with a number.
    pub contacts: u64,
    /// Written now.
    pub updated: u64,
    /// Written with the same value before this sync was cut off.
    pub unchanged: u64,
    /// Contacts by what was written.
    pub standings: BTreeMap<Standing, u64>,
    /// Rows without a contact or without a number.
    pub rejected: Vec<NotWritten>,
    /// Contacts that the tenant did not take.
    pub failed: Vec<NotWritten>,
    /// It ended too early.
    pub cut_off: Option<CutOff>,
    /// How long it took.
    pub seconds: f64,
}

struct Contact {
    row: u64,
    numbers: Vec<E164>,
    /// Another row of it holds a number that cannot be read: nobody knows what the tenant says of that one.
    unreadable: bool,
}

impl Ops {
    /// Writes the standing of every contact of a file into its record: the strongest of what the tenant says of its numbers.
    /// May be repeated: a sync that was cut off goes on where it was.
    pub async fn sync_contacts(
        &self,
        path: &Path,
        input: &Input,
        wish: &ContactSync,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<SyncedContacts, OpsError> {
        self.refuse_read_only("writing contacts")?;
        let begun = Instant::now();
        let field = wish.field.clone().unwrap_or_else(|| self.profile().upload.contact_field.clone());
        let (mut done, contacts, sha256) = self.read_contacts(path, input, wish, stop).await?;
        let profile = &self.profile().name;
        // Two at once would write every contact twice, and go over the tenant's limits together.
        let _lock = self.lock(&ListId(LOCKED.into()), "writing contacts", &*sink, stop).await?;
        let sync = format!("{sha256}:{field}");
        let written = self.ledger.written_contacts(profile, &sync).await?;
        done.contacts = contacts.len() as u64;
        let writer = Writer { ops: self.for_contacts(), field: &field, sync: &sync, written, sink, stop };
        let mut queue = contacts.into_iter().peekable();
        while let Some(chunk) = next_chunk(&mut queue, writer.ops.client.limits().query_per_call) {
            if let Err(error) = writer.see_to(chunk, &mut done).await {
                if matches!(error, OpsError::Ledger(_)) {
                    return Err(error);
                }
                let (code, message, exit_code) = (error.code(), error.to_string(), error.exit_code());
                done.cut_off = Some(CutOff { code, message, exit_code });
                break;
            }
        }
        done.failed.sort_by_key(|failed| failed.row);
        done.seconds = begun.elapsed().as_secs_f64();
        let object = format!("file {}", sha256.get(..12).unwrap_or_default());
        let (at, actor) = (Timestamp::now(), self.actor.to_string());
        if let Some(cut_off) = &done.cut_off {
            let effect = format!(
                "{} contacts written of {}, field {field}",
                done.updated + done.unchanged,
                done.contacts
            );
            let reason = Some(cut_off.code.to_owned());
            let kind = "contacts.cut-off";
            self.ledger.note(NewEvent { at, actor, kind, object, effect, reason }).await?;
            return Ok(done);
        }
        if done.updated + done.unchanged + done.failed.len() as u64 != done.contacts {
            return Err(OpsError::Internal("the contacts of a sync do not add up".into()));
        }
        let event = NewEvent {
            at,
            actor,
            kind: "contacts.synced",
            object,
            effect: format!(
                "{} contacts written, {} not taken, field {field}",
                done.updated + done.unchanged,
                done.failed.len()
            ),
            reason: None,
        };
        self.ledger.end_contacts(profile, &sync, event).await?;
        Ok(done)
    }

    /// The same for a sync: its calls share a budget of repeats.
    fn for_contacts(&self) -> Self {
        Self { client: self.client.asking(Scopes::CONTACTS).for_a_job(), ..self.clone() }
    }

    /// What the tenant says of each number.
    async fn standings_of(&self, chunk: &[(String, Contact)]) -> Result<HashMap<E164, Standing>, OpsError> {
        let numbers: Vec<E164> = chunk.iter().flat_map(|(_, contact)| contact.numbers.clone()).collect();
        let records = self.client.query_records(&numbers).await?;
        Ok(numbers.into_iter().map(|number| (number, Standing::of(&records, number))).collect())
    }
}

/// The next contacts whose numbers fit into one query; at least one.
fn next_chunk(
    queue: &mut Peekable<impl Iterator<Item = (String, Contact)>>,
    most: usize,
) -> Option<Vec<(String, Contact)>> {
    let mut chunk = vec![queue.next()?];
    let mut numbers: HashSet<E164> = chunk[0].1.numbers.iter().copied().collect();
    let fits = |(_, contact): &(String, Contact), numbers: &mut HashSet<E164>| {
        let new = contact.numbers.iter().filter(|number| !numbers.contains(*number)).count();
        let fits = numbers.len() + new <= most;
        if fits {
            numbers.extend(&contact.numbers);
        }
        fits
    };
    while let Some(next) = queue.next_if(|next| fits(next, &mut numbers)) {
        chunk.push(next);
    }
    Some(chunk)
}

/// What writes the contacts of one sync.
struct Writer<'a> {
    ops: Ops,
    field: &'a str,
    sync: &'a str,
    /// What this sync has written before it was cut off.
    written: HashMap<String, String>,
    sink: Arc<dyn Sink>,
    stop: &'a CancellationToken,
}

impl Writer<'_> {
    /// Asks about the numbers of these contacts, and writes what was told.
    async fn see_to(&self, chunk: Vec<(String, Contact)>, done: &mut SyncedContacts) -> Result<(), OpsError> {
        if self.stop.is_cancelled() {
            return Err(OpsError::Stopped);
        }
        let standings = self.ops.standings_of(&chunk).await?;
        self.write(chunk, &standings, done).await
    }

    /// Writes what was just read of these contacts. All that were begun are finished, also on a stop.
    async fn write(
        &self,
        chunk: Vec<(String, Contact)>,
        standings: &HashMap<E164, Standing>,
        done: &mut SyncedContacts,
    ) -> Result<(), OpsError> {
        let mut queue = chunk.into_iter();
        let mut flying = FuturesUnordered::new();
        let mut trouble = None;
        loop {
            // The client lets only so many out at once; a few more wait here for their turn.
            while trouble.is_none() && !self.stop.is_cancelled() && flying.len() < 16 {
                let Some((id, contact)) = queue.next() else { break };
                let standing = contact.standing(standings);
                *done.standings.entry(standing).or_default() += 1;
                if self.written.get(&id).is_some_and(|value| value == standing.as_str()) {
                    done.unchanged += 1;
                    continue;
                }
                flying.push(self.write_one(id, contact.row, standing));
            }
            let Some((contact, row, result)) = flying.next().await else { break };
            match result {
                Ok(()) => done.updated += 1,
                Err(OpsError::Api(error)) if is_about_one(&error) => {
                    let (code, why) = (error.code(), error.to_string());
                    done.failed.push(NotWritten { row, contact, code, why });
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
            let settled = done.updated + done.unchanged + done.failed.len() as u64;
            let (phase, total) = (Phase::Send, Some(done.contacts));
            let progress = Progress { phase, done: settled, total, rate: None, eta: None };
            self.sink.event(OpsEvent::Progress(progress));
        }
        match trouble {
            Some(error) => Err(error),
            None if self.stop.is_cancelled() => Err(OpsError::Stopped),
            None => Ok(()),
        }
    }

    /// Writes one contact, and notes that it is written.
    async fn write_one(
        &self,
        id: String,
        row: u64,
        standing: Standing,
    ) -> (String, u64, Result<(), OpsError>) {
        let (client, ledger, profile) = (&self.ops.client, &self.ops.ledger, &self.ops.profile().name);
        let result = match client.update_contact(&id, self.field, standing.as_str()).await {
            Ok(()) => {
                ledger.note_contact(profile, self.sync, &id, standing.as_str()).await.map_err(Into::into)
            }
            Err(error) => Err(error.into()),
        };
        (id, row, result)
    }
}

impl Contact {
    /// The strongest of what is said of its numbers.
    fn standing(&self, standings: &HashMap<E164, Standing>) -> Standing {
        let of = |number: &E164| standings.get(number).copied().unwrap_or(Standing::Unknown);
        let read = self.numbers.iter().map(of).max().unwrap_or(Standing::Unknown);
        if self.unreadable { read.max(Standing::Unknown) } else { read }
    }
}

/// Whether an error is about this contact alone, so that the others go on.
fn is_about_one(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. } | Error::Rejected { .. } | Error::Conflict { .. } | Error::TooLarge
    )
}
