//! What the tenant really holds of one list, told by the sandbox itself.

use std::collections::BTreeMap;

use quietline::domain::plan::Destination;
use serde_json::Value;

/// The records of each number, as the sandbox writes them.
pub type Records = BTreeMap<String, Vec<Value>>;

/// The list that a run writes to.
pub fn list_of(to: Destination) -> &'static str {
    match to {
        Destination::Entries | Destination::Items => "Internal_OptOuts",
        Destination::Suppression => "Compliance_Holds",
        Destination::Outbound => "cl-winback",
    }
}

/// Reads the records of that list out of the whole truth. Contacts by e-mail stand under their address.
pub fn records(to: Destination, truth: &Value) -> Records {
    let (kind, inner) = match to {
        Destination::Entries | Destination::Items => ("lists", "records"),
        Destination::Suppression => ("suppressionLists", "contacts"),
        Destination::Outbound => ("contactLists", "contacts"),
    };
    let lists = truth[kind].as_array().unwrap();
    let list = lists.iter().find(|list| [&list["id"], &list["name"]].iter().any(|it| **it == list_of(to)));
    let mut records = Records::new();
    for record in list.unwrap()[inner].as_array().unwrap() {
        let who = record["phoneNumber"].as_str().or_else(|| record["email"].as_str()).unwrap();
        records.entry(who.to_owned()).or_default().push(record.clone());
    }
    records
}
