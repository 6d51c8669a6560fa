//! Contact records: writing the status of a number into a field of the contact that carries it.

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::outcome::Write;
use super::scope::Family;
use super::wire::odd;

/// Whether the body of an answer can be that of an update that was made. A page to sign in is none.
fn says_done(body: &[u8]) -> bool {
    if body.trim_ascii().is_empty() {
        return true;
    }
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(body).ok();
    let is_told = |name: &str, object: &serde_json::Map<String, serde_json::Value>| {
        object
            .get(name)
            .is_some_and(|told| !told.is_null() && told.as_array().is_none_or(|all| !all.is_empty()))
    };
    object.is_some_and(|object| !is_told("error", &object) && !is_told("errors", &object))
}

impl Client {
    /// `PATCH /contacts/{id}`: one custom field to one value. Waits for its turn (only so many are out at once), and may be
    /// repeated: it is, with patience. Anything but a 200 without a body, or with an object that tells no error, says nothing.
    pub async fn update_contact(&self, id: &str, field: &str, value: &str) -> Result<(), Error> {
        let Ok(_out) = self.contacts_in_flight().acquire().await else {
            return Err(odd("contact updates have come to an end"));
        };
        let body = serde_json::json!({ "fields": { "custom": { field: value } } }).to_string().into_bytes();
        let path = ["contacts", id];
        let ask = Ask::patch(Family::Contacts, "the contact", &path, body);
        let answer = self.persist(Write::Contact, ask).await?;
        match says_done(&answer.body) {
            true => Ok(()),
            false => {
                Err(odd(format!("{} to a contact's update says something else than that", answer.status)))
            }
        }
    }
}
