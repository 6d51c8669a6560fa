//! Suppression lists: e-mail addresses and numbers that are left alone until a day. The identifier is the key; whoever
//! writes last wins.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Value, json};

use super::check::{self, Millis};
use super::effects::{Change, Effect};

/// Reasons that a contact may be suppressed for.
pub(super) const REASONS: [&str; 5] = ["DNC", "BOUNCE", "UNSUBSCRIBE", "COMPLIANCE", "CUSTOMER_REQUEST"];

/// Who is suppressed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identifier {
    Phone(u64),
    /// In lower case: two spellings of one address are one address.
    Email(String),
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => write!(f, "+{number}"),
            Self::Email(address) => f.write_str(address),
        }
    }
}

/// A contact on a suppression list.
#[derive(Clone, Debug)]
pub(super) struct Suppressed {
    pub(super) who: Identifier,
    pub(super) reason: String,
    /// `None` = for ever.
    pub(super) until: Option<Millis>,
    pub(super) version: u64,
}

impl Suppressed {
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({ "reason": self.reason, "version": self.version });
        match &self.who {
            Identifier::Phone(number) => json["phoneNumber"] = format!("+{number}").into(),
            Identifier::Email(address) => json["email"] = address.as_str().into(),
        }
        if let Some(at) = self.until {
            json["suppressUntil"] = check::written(at).into();
        }
        json
    }
}

/// A suppression list. Contacts stand in the order in which they first came.
#[derive(Clone, Debug)]
pub(super) struct SuppressionList {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    /// Rises with every change of the list's own fields; the ETag is made of it.
    pub(super) version: u64,
    pub(super) contacts: Vec<Suppressed>,
    places: HashMap<Identifier, usize>,
}

impl SuppressionList {
    pub(super) fn new(id: String, name: String, description: String) -> Self {
        Self { id, name, description, version: 1, contacts: Vec::new(), places: HashMap::new() }
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{}-{}\"", self.id, self.version)
    }

    /// Puts a contact on the list, in the place of the one of the same identifier. What that did, for the effect log.
    pub(super) fn put(&mut self, contact: Suppressed, now: Millis) -> Effect {
        let effect = Effect {
            at: now,
            list: self.id.clone(),
            who: contact.who.to_string(),
            record: None,
            change: if self.places.contains_key(&contact.who) { Change::Changed } else { Change::Came },
            key: None,
        };
        match self.places.get(&contact.who) {
            Some(place) => self.contacts[*place] = contact,
            None => {
                self.places.insert(contact.who.clone(), self.contacts.len());
                self.contacts.push(contact);
            }
        }
        effect
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "listType": "suppression",
            "contactCount": self.contacts.len(),
            "version": self.version,
        })
    }
}

/// All suppression lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Suppression {
    pub(super) lists: Vec<SuppressionList>,
}

impl Suppression {
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.lists.iter().position(|list| list.id == id)
    }
}
