//! Contacts: ask the tenant about the numbers of each contact, and write what it says into the contact's own record.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Input, Ops, OpsError, OpsEvent, Sink, check_options, off_thread};
use crate::api::{Error, Scopes};
use crate::domain::contact::Standing;
use crate::domain::phone::E164;
use crate::domain::problem::Code;
use crate::domain::progress::{Phase, Progress};
use crate::files::{self, Document, FileError, reduced_name};
use crate::ledger::NewEvent;

/// Rows that are read at once.
const PAGE: usize = 1_000;
/// Names of the column that holds the contacts' ids, reduced to their letters.
const ID_NAMES: [&str; 3] = ["contactid", "contact", "id"];

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
    /// `no-contact-id`, `no-number`, `not-found`, …
    pub code: &'static str,
    /// Why, in a sentence without numbers.
    pub why: String,
}

/// What a sync did. `contacts = updated + unchanged + failed`.
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
        let ops = self.asking(Scopes::CONTACTS);
        let mut numbers: Vec<E164> = contacts.values().flat_map(|contact| contact.numbers.clone()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let standings = ops.standings_of(&numbers, &sink, stop).await?;

        let sync = format!("{sha256}:{field}");
        let profile = &self.profile().name;
        let written = self.ledger.written_contacts(profile, &sync).await?;
        done.contacts = contacts.len() as u64;
        let mut queue = contacts.into_iter();
        let mut flying = FuturesUnordered::new();
        let mut trouble = None;
        let mut settled = 0_u64;
        loop {
            // The client lets only so many out at once; a few more wait here for their turn.
            while trouble.is_none() && !stop.is_cancelled() && flying.len() < 16 {
                let Some((id, contact)) = queue.next() else { break };
                let standing = contact.standing(&standings);
                *done.standings.entry(standing).or_default() += 1;
                if written.get(&id).is_some_and(|value| value == standing.as_str()) {
                    done.unchanged += 1;
                    settled += 1;
                    continue;
                }
                let (ops, field, sync) = (&ops, &field, &sync);
                flying.push(async move {
                    let result = ops.client.update_contact(&id, field, standing.as_str()).await;
                    let noted = match &result {
                        Ok(()) => {
                            let profile = &ops.profile().name;
                            ops.ledger.note_contact(profile, sync, &id, standing.as_str()).await
                        }
                        Err(_) => Ok(()),
                    };
                    (id, contact.row, result, noted)
                });
            }
            let Some((contact, row, result, noted)) = flying.next().await else { break };
            settled += 1;
            noted?;
            match result {
                Ok(()) => done.updated += 1,
                Err(error) if is_about_one(&error) => {
                    let (code, why) = (error.code(), error.to_string());
                    done.failed.push(NotWritten { row, contact, code, why });
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
            let progress = Progress {
                phase: Phase::Send,
                done: settled,
                total: Some(done.contacts),
                rate: None,
                eta: None,
            };
            sink.event(OpsEvent::Progress(progress));
        }
        if let Some(error) = trouble {
            return Err(error.into());
        }
        if stop.is_cancelled() {
            return Err(OpsError::Stopped);
        }
        done.failed.sort_by_key(|failed| failed.row);
        done.seconds = begun.elapsed().as_secs_f64();
        if done.updated + done.unchanged + done.failed.len() as u64 != done.contacts {
            return Err(OpsError::Internal("the contacts of a sync do not add up".into()));
        }
        let event = NewEvent {
            at: Timestamp::now(),
            actor: self.actor.to_string(),
            kind: "contacts.synced",
            object: format!("file {}", sha256.get(..12).unwrap_or_default()),
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

    /// What the tenant says of each number.
    async fn standings_of(
        &self,
        numbers: &[E164],
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<HashMap<E164, Standing>, OpsError> {
        let mut standings = HashMap::with_capacity(numbers.len());
        let total = numbers.len() as u64;
        for chunk in numbers.chunks(self.client.limits().query_per_call.max(1)) {
            if stop.is_cancelled() {
                return Err(OpsError::Stopped);
            }
            let records = self.client.query_records(chunk).await?;
            standings.extend(chunk.iter().map(|number| (*number, Standing::of(&records, *number))));
            let done = standings.len() as u64;
            let progress = Progress { phase: Phase::Plan, done, total: Some(total), rate: None, eta: None };
            sink.event(OpsEvent::Progress(progress));
        }
        Ok(standings)
    }

    /// The contacts of a file, by id, each with its numbers; what is left out is told.
    async fn read_contacts(
        &self,
        path: &Path,
        input: &Input,
        wish: &ContactSync,
        stop: &CancellationToken,
    ) -> Result<(SyncedContacts, BTreeMap<String, Contact>, String), OpsError> {
        let options = check_options(Some(self.profile()), input, Timestamp::now());
        let (path, open, id_column, halt) =
            (path.to_owned(), input.options.clone(), wish.id_column.clone(), stop.clone());
        off_thread(move || {
            let document = Document::open_with(&path, &open, &halt, &mut |_| ())?;
            let column = id_column_of(&document, id_column.as_deref())?;
            let mut read = SyncedContacts::default();
            let mut contacts: BTreeMap<String, Contact> = BTreeMap::new();
            let mut unreadable: BTreeSet<String> = BTreeSet::new();
            let mut first = 1;
            loop {
                if halt.is_cancelled() {
                    return Err(OpsError::Stopped);
                }
                let records = document.rows(first, PAGE)?;
                let Some(last) = records.last() else { break };
                first = last.place.row + 1;
                for record in &records {
                    read.rows += 1;
                    let row = record.place.row;
                    let contact =
                        record.fields.get(column).map(|id| id.trim().to_owned()).unwrap_or_default();
                    let found = document.interpret(record, &options);
                    let mut numbers = Vec::new();
                    let mut bad = None;
                    for whom in std::iter::once(found.whom).chain(found.more) {
                        match whom {
                            Ok(whom) => numbers.extend(whom.phone()),
                            Err(why) => bad = bad.or(Some(why.code)),
                        }
                    }
                    let reject = |code, why: &str| {
                        let (contact, why) = (contact.clone(), why.to_owned());
                        NotWritten { row, contact, code, why }
                    };
                    // One number that cannot be read may be the one that must not be called.
                    if contact.is_empty() {
                        read.rejected.push(reject("no-contact-id", "the row names no contact"));
                    } else if let Some(why) = bad {
                        read.rejected.push(reject("no-number", why.title()));
                        if why != Code::MissingNumber {
                            unreadable.insert(contact);
                        }
                    } else {
                        let new = Contact { row, numbers: Vec::new(), unreadable: false };
                        contacts.entry(contact).or_insert(new).numbers.extend(numbers);
                    }
                }
            }
            for id in &unreadable {
                if let Some(contact) = contacts.get_mut(id) {
                    contact.unreadable = true;
                }
            }
            let sha256 = files::sha256_of(&path)?;
            Ok((read, contacts, sha256))
        })
        .await?
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

fn id_column_of(document: &Document, wanted: Option<&str>) -> Result<usize, OpsError> {
    let columns = document.columns();
    let found = match wanted {
        Some(wanted) => columns.iter().position(|name| name.trim() == wanted.trim()),
        None => {
            ID_NAMES.iter().find_map(|known| columns.iter().position(|name| reduced_name(name) == *known))
        }
    };
    found.ok_or_else(|| {
        let question = match wanted {
            Some(_) => "no column has the name that was given for the contacts' ids".into(),
            None => "no column is called like the ids of contacts".into(),
        };
        FileError::NeedsChoice { path: document.path().into(), question, flag: "--id COLUMN".into() }.into()
    })
}
