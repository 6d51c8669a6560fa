//! DNC rules on the wire. A word that is not known is an error: guessing what a rule does is guessing who may be called.

use serde::Deserialize;

use super::Error;
use super::wire::{Rows, Text, decode, odd, text_of, truth_of, whole_of, without_numbers};
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
        odd(format!("a rule has the {field} “{}”, which is not known", without_numbers(word, 40)))
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
}
