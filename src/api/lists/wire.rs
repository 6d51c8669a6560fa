//! DNC lists on the wire, in both dialects.

use serde::Deserialize;
use serde_json::json;

use super::{ListChange, ListDialect, NewList};
use crate::api::Error;
use crate::api::wire::{Rows, Text, decode, expiry_of, expiry_text, odd, text_of, truth_of, whole_of};
use crate::domain::list::{DncList, ListId};

/// A list in either dialect (`name` or `listName`, `type` or `sourceType`).
#[derive(Deserialize)]
struct WireList {
    id: Option<Text>,
    name: Option<Text>,
    #[serde(rename = "listName")]
    list_name: Option<Text>,
    description: Option<Text>,
    #[serde(rename = "type")]
    kind: Option<Text>,
    #[serde(rename = "sourceType")]
    source_type: Option<Text>,
    #[serde(rename = "isActive")]
    is_active: Option<Text>,
    #[serde(rename = "defaultExpirationDate")]
    default_expiration_date: Option<Text>,
    #[serde(rename = "entryCount")]
    entry_count: Option<Text>,
}

impl WireList {
    fn into_list(self) -> Result<DncList, Error> {
        let id = text_of(self.id).ok_or_else(|| odd("a list has no id"))?;
        let active = match &self.is_active {
            // One of the two dialects has no such field: its lists are always in use.
            None => true,
            told => truth_of(told.as_ref())
                .ok_or_else(|| odd("whether a list is active is neither true nor false"))?,
        };
        Ok(DncList {
            id: ListId(id),
            name: text_of(self.name).or_else(|| text_of(self.list_name)).unwrap_or_default(),
            description: text_of(self.description).unwrap_or_default(),
            kind: text_of(self.kind).or_else(|| text_of(self.source_type)).unwrap_or_default(),
            active,
            default_expires: expiry_of(self.default_expiration_date, "a list")?,
            entry_count: whole_of(self.entry_count.as_ref()).and_then(|n| u64::try_from(n).ok()),
        })
    }
}

/// A page of lists.
pub(super) fn read_lists(body: &[u8]) -> Result<Vec<DncList>, Error> {
    let rows: Rows<WireList> = decode(body, "the question for lists")?;
    rows.0.into_iter().map(WireList::into_list).collect()
}

/// One list.
pub(super) fn read_list(body: &[u8]) -> Result<DncList, Error> {
    decode::<WireList>(body, "the question for a list")?.into_list()
}

/// The body of `POST /dnc/lists`.
pub(super) fn encode_list(new: &NewList, dialect: ListDialect) -> Result<Vec<u8>, Error> {
    let body = match dialect {
        ListDialect::Entries => {
            let mut body = json!({
                "name": new.name,
                "description": new.description,
                "type": new.kind,
                "isActive": new.active,
            });
            if let Some(at) = new.default_expires {
                body["defaultExpirationDate"] = expiry_text(at).into();
            }
            body
        }
        // What this dialect cannot say must not get lost on the way.
        ListDialect::Items if new.default_expires.is_some() || !new.active => {
            let detail = "a list of the items dialect has neither a default expiry nor an inactive state";
            return Err(Error::Rejected { status: 400, detail: detail.into() });
        }
        ListDialect::Items => json!({
            "listName": new.name,
            "description": new.description,
            "sourceType": new.kind,
            "scope": "GLOBAL",
        }),
    };
    Ok(body.to_string().into_bytes())
}

/// The body of `PATCH /dnc/lists/{id}`.
pub(super) fn encode_change(change: &ListChange) -> Vec<u8> {
    let mut body = serde_json::Map::new();
    let ListChange { name, description, default_expires, active } = change;
    body.extend(name.as_ref().map(|name| ("name".to_owned(), json!(name))));
    body.extend(description.as_ref().map(|text| ("description".to_owned(), json!(text))));
    body.extend(default_expires.map(|at| ("defaultExpirationDate".to_owned(), json!(expiry_text(at)))));
    body.extend(active.map(|active| ("isActive".to_owned(), json!(active))));
    serde_json::Value::Object(body).to_string().into_bytes()
}

/// Reads the answer to a creation. It need not say more than the id: the rest is what was asked for.
pub(super) fn read_created(body: &[u8], new: &NewList) -> Result<DncList, Error> {
    let mut created: WireList = decode(body, "the creation of a list")?;
    created.is_active.get_or_insert_with(|| Text(new.active.to_string()));
    let mut list = created.into_list()?;
    let fill = |field: &mut String, asked: &str| {
        if field.is_empty() {
            asked.clone_into(field);
        }
    };
    fill(&mut list.name, &new.name);
    fill(&mut list.description, &new.description);
    fill(&mut list.kind, &new.kind);
    if list.name != new.name {
        return Err(odd("the list that was created carries another name"));
    }
    Ok(list)
}

/// The one list of exactly this name, if there is one.
pub(super) fn of_equal_name(found: Vec<DncList>, name: &str) -> Result<Option<DncList>, Error> {
    let mut equal = found.into_iter().filter(|list| list.name == name);
    let first = equal.next();
    if equal.any(|other| first.as_ref().is_some_and(|first| first.id != other.id)) {
        return Err(Error::Rejected { status: 409, detail: "several lists carry exactly this name".into() });
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_read() {
        let lists = read_lists(
            br#"{"entities":[
                {"id":"L1","name":"National","type":"SYSTEM","isActive":"false","entryCount":"12","x":{}},
                {"id":2,"listName":"Company","sourceType":"MANUAL","description":null,
                 "defaultExpirationDate":"2030-01-01"}]}"#,
        )
        .unwrap();
        assert_eq!(lists[0].name, "National");
        assert!(!lists[0].active);
        assert_eq!(lists[0].entry_count, Some(12));
        assert_eq!(lists[1].id, ListId("2".into()));
        assert_eq!((lists[1].name.as_str(), lists[1].kind.as_str()), ("Company", "MANUAL"));
        assert!(lists[1].active);
        assert_eq!(lists[1].default_expires.unwrap().to_string(), "2030-01-01T23:59:59Z");
    }

    #[test]
    fn a_list_that_cannot_be_told_apart_is_an_error() {
        assert!(read_lists(br#"[{"name":"no id"}]"#).is_err());
        assert!(read_lists(br#"[{"id":"1","isActive":"perhaps"}]"#).is_err());
    }

    #[test]
    fn the_name_must_be_equal_and_only_one() {
        let list = |id: &str, name: &str| {
            read_lists(format!(r#"[{{"id":"{id}","name":"{name}"}}]"#).as_bytes()).unwrap().remove(0)
        };
        let near = vec![list("1", "Opt-outs 2024"), list("2", "opt-outs")];
        assert_eq!(of_equal_name(near.clone(), "Opt-outs").unwrap(), None);
        let found = of_equal_name([near, vec![list("3", "Opt-outs")]].concat(), "Opt-outs").unwrap();
        assert_eq!(found.unwrap().id, ListId("3".into()));
        assert!(of_equal_name(vec![list("3", "A"), list("4", "A")], "A").is_err());
    }

    #[test]
    fn a_created_list_needs_no_more_than_its_id() {
        let new = NewList::manual("New", "why", false);
        let list = read_created(br#"{"id":"L9"}"#, &new).unwrap();
        assert_eq!((list.id.0.as_str(), list.name.as_str(), list.active), ("L9", "New", false));
        assert_eq!((list.kind.as_str(), list.description.as_str()), ("MANUAL", "why"));
        assert!(read_created(br#"{"id":"L9","name":"Other"}"#, &new).is_err());
    }

    #[test]
    fn each_dialect_writes_its_own_body_and_refuses_what_it_cannot_say() {
        let text = |new: &NewList, dialect| String::from_utf8(encode_list(new, dialect).unwrap()).unwrap();
        let plain = NewList::manual("A", "b", true);
        let entries: serde_json::Value = serde_json::from_str(&text(&plain, ListDialect::Entries)).unwrap();
        assert_eq!(entries, json!({"name": "A", "description": "b", "type": "MANUAL", "isActive": true}));
        let items: serde_json::Value = serde_json::from_str(&text(&plain, ListDialect::Items)).unwrap();
        assert_eq!(
            items,
            json!({"listName": "A", "description": "b", "sourceType": "MANUAL", "scope": "GLOBAL"})
        );
        let inactive = NewList { active: false, ..plain.clone() };
        assert!(encode_list(&inactive, ListDialect::Items).is_err());
        let ending = NewList { default_expires: Some("2030-01-01T23:59:59Z".parse().unwrap()), ..plain };
        assert!(encode_list(&ending, ListDialect::Items).is_err());
        assert!(text(&ending, ListDialect::Entries).contains(r#""defaultExpirationDate":"2030-01-01""#));
    }

    #[test]
    fn a_change_names_only_what_changes() {
        let change = ListChange { active: Some(true), ..ListChange::default() };
        assert_eq!(encode_change(&change), br#"{"isActive":true}"#);
    }
}
