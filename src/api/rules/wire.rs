//! DNC rules on the wire. A word that is not known is an error: guessing what a rule does is guessing who may be called.

use serde::Deserialize;
use serde_json::json;

use super::{NewRule, RuleChange};
use crate::api::Error;
use crate::api::wire::{Rows, Text, decode, odd, text_of, truth_of, whole_of, without_people};
use crate::domain::list::ListId;
use crate::domain::rule::{Action, Rule, Scope};

#[derive(Deserialize)]
struct WireRule {
    id: Option<Text>,
    name: Option<Text>,
    description: Option<Text>,
    scope: Option<Text>,
    priority: Option<Text>,
    #[serde(rename = "listIds")]
    list_ids: Option<Vec<Text>>,
    action: Option<Text>,
    #[serde(rename = "isActive")]
    is_active: Option<Text>,
}

/// Names the word that is not known, or its absence.
fn unknown(field: &str, word: &str) -> Error {
    if word.is_empty() {
        odd(format!("a rule has no {field}"))
    } else {
        odd(format!("a rule has the {field} “{}”, which is not known", without_people(word, 40)))
    }
}

impl WireRule {
    fn into_rule(self) -> Result<Rule, Error> {
        let id = text_of(self.id).ok_or_else(|| odd("a rule has no id"))?;
        let word = |field: Option<Text>| text_of(field).unwrap_or_default().trim().to_ascii_uppercase();
        let scope = match word(self.scope).as_str() {
            "INBOUND" => Scope::Inbound,
            "OUTBOUND" => Scope::Outbound,
            "BOTH" => Scope::Both,
            other => return Err(unknown("scope", other)),
        };
        let action = match word(self.action).as_str() {
            "BLOCK" => Action::Block,
            "ALLOW" => Action::Allow,
            other => return Err(unknown("action", other)),
        };
        Ok(Rule {
            id,
            name: text_of(self.name).unwrap_or_default(),
            description: text_of(self.description).unwrap_or_default(),
            scope,
            priority: whole_of(self.priority.as_ref())
                .ok_or_else(|| odd("a rule has no priority that is a whole number"))?,
            lists: self
                .list_ids
                .ok_or_else(|| odd("a rule does not name its lists"))?
                .into_iter()
                .map(|id| ListId(id.0))
                .collect(),
            action,
            active: truth_of(self.is_active.as_ref())
                .ok_or_else(|| odd("a rule does not say whether it is active"))?,
        })
    }
}

/// A page of rules.
pub(super) fn read_rules(body: &[u8]) -> Result<Vec<Rule>, Error> {
    let rows: Rows<WireRule> = decode(body, "the question for rules")?;
    rows.0.into_iter().map(WireRule::into_rule).collect()
}

/// One rule.
pub(super) fn read_rule(body: &[u8]) -> Result<Rule, Error> {
    decode::<WireRule>(body, "the question for a rule")?.into_rule()
}

/// The body of `POST /dnc/rules`.
pub(super) fn encode_rule(new: &NewRule) -> Vec<u8> {
    let ids: Vec<&str> = new.lists.iter().map(|list| list.0.as_str()).collect();
    let body = json!({
        "name": new.name,
        "description": new.description,
        "scope": new.scope.as_str(),
        "priority": new.priority,
        "listIds": ids,
        "action": new.action.as_str(),
        "isActive": new.active,
    });
    body.to_string().into_bytes()
}

/// The body of `PATCH /dnc/rules/{id}`.
pub(super) fn encode_change(change: &RuleChange) -> Vec<u8> {
    let mut body = serde_json::Map::new();
    let ids = |lists: &Vec<ListId>| json!(lists.iter().map(|list| list.0.as_str()).collect::<Vec<_>>());
    let mut put = |name: &str, value: Option<serde_json::Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("name", change.name.as_ref().map(|name| json!(name)));
    put("description", change.description.as_ref().map(|text| json!(text)));
    put("scope", change.scope.map(|scope| json!(scope.as_str())));
    put("priority", change.priority.map(|priority| json!(priority)));
    put("listIds", change.lists.as_ref().map(ids));
    put("action", change.action.map(|action| json!(action.as_str())));
    put("isActive", change.active.map(|active| json!(active)));
    serde_json::Value::Object(body).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"{"id":"R1","name":"National","scope":"BOTH","priority":10,"listIds":["L1",2],
        "action":"BLOCK","isActive":true}"#;

    fn with(from: &str, to: &str) -> Result<Vec<Rule>, Error> {
        assert!(RULE.contains(from));
        read_rules(format!("[{}]", RULE.replace(from, to)).as_bytes())
    }

    #[test]
    fn a_rule_is_read_with_its_lists_in_order() {
        let rule = with("10", r#""10""#).unwrap().remove(0);
        assert_eq!(rule.lists, [ListId("L1".into()), ListId("2".into())]);
        assert_eq!(
            (rule.scope, rule.action, rule.priority, rule.active),
            (Scope::Both, Action::Block, 10, true)
        );
        assert_eq!(with("BLOCK", "allow").unwrap()[0].action, Action::Allow);
    }

    #[test]
    fn an_unknown_word_is_named_and_nothing_is_guessed() {
        let error = with("BLOCK", "THROTTLE").unwrap_err();
        assert!(error.to_string().contains("THROTTLE"), "{error}");
        let error = with("BOTH", "SMS").unwrap_err();
        assert!(error.to_string().contains("SMS"), "{error}");
        for (from, to) in [
            (r#""scope":"BOTH","#, ""),
            (r#""action":"BLOCK","#, ""),
            (r#""priority":10,"#, ""),
            (r#","isActive":true"#, ""),
            (r#""isActive":true"#, r#""isActive":null"#),
            (r#""listIds":["L1",2],"#, ""),
            (r#""id":"R1","#, ""),
        ] {
            assert!(matches!(with(from, to), Err(Error::Protocol { .. })), "without {from}");
        }
    }

    #[test]
    fn a_change_names_only_what_changes() {
        let lists = Some(vec![ListId("L2".into()), ListId("L1".into())]);
        let change = RuleChange { lists, priority: Some(5), ..RuleChange::default() };
        let body: serde_json::Value = serde_json::from_slice(&encode_change(&change)).unwrap();
        assert_eq!(body, json!({"priority": 5, "listIds": ["L2", "L1"]}));
    }

    #[test]
    fn a_new_rule_is_written_in_full_and_reads_back_as_itself() {
        let new = NewRule {
            name: "National".into(),
            description: String::new(),
            scope: Scope::Both,
            priority: 10,
            lists: vec![ListId("L1".into())],
            action: Action::Block,
            active: true,
        };
        let mut body: serde_json::Value = serde_json::from_slice(&encode_rule(&new)).unwrap();
        body["id"] = json!("R9");
        let rule = read_rule(body.to_string().as_bytes()).unwrap();
        assert!(new.stands_in(&rule));
        assert!(!new.stands_in(&Rule { priority: 11, ..rule }));
    }
}
