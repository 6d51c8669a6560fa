//! Where numbers go: lists of every kind, found and read in one way.

use tokio_util::sync::CancellationToken;

use super::records::Records;
use super::walk::{self, Proof, Walked};
use super::{Ops, OpsError, Sink};
use crate::api::{self, Client, Scopes, SuppressionList};
use crate::domain::contact::RemoteContact;
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId, resolve};
use crate::domain::plan::Destination;
use crate::domain::progress::Phase;
use crate::ledger::Ledger;

/// Contacts or items of one page.
const PAGE: usize = 1_000;

/// What a job that only looks at lists of a kind asks for.
pub(super) fn look_scopes(to: Destination) -> Scopes {
    match to {
        Destination::Entries | Destination::Items => Scopes::LOOK,
        Destination::Suppression => Scopes::SUPPRESSION_LOOK,
        Destination::Outbound => Scopes::LOOK.and(Scopes::OUTBOUND_LOOK),
    }
}

/// What a job that writes to lists of a kind asks for.
pub(super) fn change_scopes(to: Destination) -> Scopes {
    match to {
        Destination::Entries | Destination::Items => Scopes::CHANGE,
        Destination::Suppression => Scopes::SUPPRESSION,
        Destination::Outbound => Scopes::LOOK.and(Scopes::OUTBOUND),
    }
}

/// A list of another kind in the shape that all of them are shown in, under the name that the ledger gives it.
fn shown(to: Destination, id: &ListId, name: String, description: String, count: Option<u64>) -> DncList {
    DncList {
        id: to.key_of(id),
        name,
        description,
        kind: to.as_str().into(),
        active: true,
        default_expires: None,
        entry_count: count,
    }
}

impl From<SuppressionList> for DncList {
    fn from(list: SuppressionList) -> Self {
        shown(Destination::Suppression, &list.id, list.name, list.description, list.contact_count)
    }
}

impl Ops {
    /// A list of a kind, by id first, then by its *equal* name, with the id that the ledger gives it. An outbound list is
    /// taken at its word: no endpoint lists them.
    pub async fn find_target(&self, to: Destination, wanted: &str) -> Result<DncList, OpsError> {
        match to {
            Destination::Entries | Destination::Items => self.find_list(wanted).await,
            Destination::Suppression => self.find_suppression_list(wanted).await,
            Destination::Outbound => {
                let id = to.list_of(&ListId(wanted.into()));
                Ok(shown(to, &id, id.0.clone(), String::new(), None))
            }
        }
    }

    async fn find_suppression_list(&self, wanted: &str) -> Result<DncList, OpsError> {
        let to = Destination::Suppression;
        let client = self.client.asking(self.client.scopes().and(look_scopes(to)));
        let id = to.list_of(&ListId(wanted.into()));
        match client.suppression_list(&id).await {
            Ok(found) => return Ok(found.now.into()),
            Err(api::Error::NotFound { .. } | api::Error::Rejected { status: 400, .. }) => {}
            // What cannot be part of an address is no id.
            Err(api::Error::Protocol { .. }) if matches!(id.0.as_str(), "" | "." | "..") => {}
            Err(error) => return Err(error.into()),
        }
        let lists = client.suppression_lists().await?;
        let lists: Vec<DncList> = lists.into_iter().map(DncList::from).collect();
        Ok(resolve(&lists, wanted)?.clone())
    }

    /// Everything that stands on a list ([`read_target`]); `None` where it is an outbound list that the tenant lets nobody
    /// read: what it holds is not known then. A list that is not there at all refuses the upload itself.
    pub(super) async fn read_if_readable(
        &self,
        to: Destination,
        key: &ListId,
        told: (Option<u64>, Phase),
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<Option<Records>, OpsError> {
        match read_target((&self.client, &self.ledger), to, key, Proof::Once, told, sink, stop).await {
            Err(OpsError::Api(api::Error::NotFound { .. })) if to == Destination::Outbound => Ok(None),
            read => read.map(Some),
        }
    }
}

/// Everything that stands on a list, in the one shape that plans and reconciliations compare. What a kind does not tell of
/// its numbers is left out; entries and items of a DNC list are the same numbers, of which entries say more. `expected` is a
/// guess of how many there are, for the progress only.
pub(super) async fn read_target(
    (client, ledger): (&Client, &Ledger),
    to: Destination,
    key: &ListId,
    proof: Proof,
    (expected, phase): (Option<u64>, Phase),
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<Records, OpsError> {
    let list = to.list_of(key);
    if to.is_dnc_list() {
        match walk::read_list((client, ledger), &list, expected, phase, sink, stop).await {
            // A tenant that knows items alone: they say no expiry, so nobody can tell which of them are over.
            Err(OpsError::Api(api::Error::NotFound { .. })) if to == Destination::Items => {}
            read => return read,
        }
    }
    let client = client.asking(client.scopes().and(look_scopes(to)));
    // Whoever is missed on a contact list is put there twice.
    let proof = if to == Destination::Outbound { Proof::Twice } else { proof };
    let page = |number| page_of(&client, to, &list, number);
    walk::read_pages(ledger, page, proof, (expected, phase), sink, stop).await
}

async fn page_of(
    client: &Client,
    to: Destination,
    list: &ListId,
    number: u64,
) -> Result<Vec<Walked>, api::Error> {
    let items = match to {
        Destination::Suppression => {
            let contacts = client.suppression_contacts_page(list, number, PAGE).await?;
            return Ok(contacts.into_iter().map(|contact| of_contact(list, contact)).collect());
        }
        Destination::Outbound => client.outbound_contacts_page(list, number, PAGE).await?,
        Destination::Items | Destination::Entries => client.items_page(list, number, PAGE).await?,
    };
    Ok(items.into_iter().map(|item| walked(list, item.raw, item.number.map(Identifier::from))).collect())
}

/// A number that is told without a record of its own.
fn walked(list: &ListId, raw: String, identifier: Option<Identifier>) -> Walked {
    let entry = RemoteEntry {
        id: String::new(),
        list: list.clone(),
        identifier,
        raw: raw.clone(),
        jurisdiction: None,
        expires: None,
        source: None,
        key: None,
    };
    Walked { key: raw, entry: Some(entry) }
}

/// A contact of a suppression list: its end stands for the expiry, its reason for the source.
fn of_contact(list: &ListId, contact: RemoteContact) -> Walked {
    let is_known = contact.identifier.is_some();
    let mut walked = walked(list, contact.raw, contact.identifier);
    if let Some(entry) = walked.entry.as_mut().filter(|_| is_known) {
        entry.expires = contact.until;
        entry.source = contact.reason;
    }
    walked
}
