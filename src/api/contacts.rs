//! Contact records: writing the status of a number into a field of the contact that carries it.

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::outcome::Write;
use super::scope::Family;
use super::wire::odd;

impl Client {
    /// `PATCH /contacts/{id}`: one custom field to one value. Waits for its turn (only so many are out at once), and may be
    /// repeated: it is, with patience.
    pub async fn update_contact(&self, id: &str, field: &str, value: &str) -> Result<(), Error> {
        let Ok(_out) = self.contacts_in_flight().acquire().await else {
            return Err(odd("contact updates have come to an end"));
        };
        let body = serde_json::json!({ "fields": { "custom": { field: value } } }).to_string().into_bytes();
        let path = ["contacts", id];
        let ask = Ask::patch(Family::Contacts, "the contact", &path, body);
        self.persist(Write::Contact, ask).await.map(drop)
    }
}
