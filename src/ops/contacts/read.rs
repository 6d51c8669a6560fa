//! Reading the contacts of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Contact, ContactSync, NotWritten, SyncedContacts};
use crate::api::fits_into_address;
use crate::domain::problem::Code;
use crate::files::{self, Document, FileError, reduced_name};
use crate::ops::{Input, Ops, OpsError, check_options, off_thread};

/// Rows that are read at once.
const PAGE: usize = 1_000;
/// Names of the column that holds the contacts' ids, reduced to their letters.
const ID_NAMES: [&str; 3] = ["contactid", "contact", "id"];

impl Ops {
    /// The contacts of a file, by id, each with its numbers; what is left out is told.
    pub(super) async fn read_contacts(
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
                    } else if !fits_into_address(&contact) {
                        read.rejected
                            .push(reject("unusable-contact-id", "no address can hold the contact's id"));
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

fn id_column_of(document: &Document, wanted: Option<&str>) -> Result<usize, OpsError> {
    let columns = document.columns();
    // Of two columns of one name nobody knows which is meant.
    let only = |is_it: &dyn Fn(&str) -> bool| {
        let mut found = columns.iter().enumerate().filter(|(_, name)| is_it(name)).map(|(at, _)| at);
        (found.next(), found.next())
    };
    let found = match wanted {
        Some(wanted) => only(&|name| name.trim() == wanted.trim()),
        None => ID_NAMES
            .iter()
            .map(|known| only(&|name| reduced_name(name) == *known))
            .find(|found| found.0.is_some())
            .unwrap_or_default(),
    };
    if let (Some(column), None) = found {
        return Ok(column);
    }
    Err({
        let question = match wanted {
            _ if found.1.is_some() => "several columns are called like the ids of contacts".into(),
            Some(_) => "no column has the name that was given for the contacts' ids".into(),
            None => "no column is called like the ids of contacts".into(),
        };
        FileError::NeedsChoice { path: document.path().into(), question, flag: "--id COLUMN".into() }.into()
    })
}
