//! `/dnc/rules`. Every rule carries an ETag; a change must name the one it was made on.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::state::{Rule, State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleBody {
    name: Option<String>,
    description: Option<String>,
    scope: Option<String>,
    priority: Option<i64>,
    list_ids: Option<Vec<String>>,
    action: Option<String>,
    is_active: Option<bool>,
}

impl RuleBody {
    /// Everything that can be wrong with what is given.
    fn check(&self, state: &State) -> Result<(), Reply> {
        let wrong = |code: &str, message: &str| Err(Reply::error(400, code, message));
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return wrong("INVALID_NAME", "a rule needs a name");
        }
        if self.scope.as_deref().is_some_and(|s| !["INBOUND", "OUTBOUND", "BOTH"].contains(&s)) {
            return wrong("INVALID_SCOPE", "scope must be INBOUND, OUTBOUND or BOTH");
        }
        if self.action.as_deref().is_some_and(|a| !["BLOCK", "ALLOW"].contains(&a)) {
            return wrong("INVALID_ACTION", "action must be BLOCK or ALLOW");
        }
        if self.list_ids.iter().flatten().any(|id| state.list_index(id).is_none()) {
            return wrong("LIST_NOT_FOUND", "listIds names a list that does not exist");
        }
        Ok(())
    }

    fn put_into(self, rule: &mut Rule) {
        rule.name = self.name.unwrap_or_else(|| std::mem::take(&mut rule.name));
        rule.description = self.description.unwrap_or_else(|| std::mem::take(&mut rule.description));
        rule.scope = self.scope.unwrap_or_else(|| std::mem::take(&mut rule.scope));
        rule.priority = self.priority.unwrap_or(rule.priority);
        rule.lists = self.list_ids.unwrap_or_else(|| std::mem::take(&mut rule.lists));
        rule.blocks = self.action.map_or(rule.blocks, |action| action == "BLOCK");
        rule.active = self.is_active.unwrap_or(rule.active);
    }
}

pub(super) fn to_json(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "scope": rule.scope,
        "priority": rule.priority,
        "listIds": rule.lists,
        "action": if rule.blocks { "BLOCK" } else { "ALLOW" },
        "isActive": rule.active,
        "version": rule.version,
    })
}

fn answer(status: u16, rule: &Rule) -> Reply {
    Reply::json(status, &to_json(rule)).with("ETag", rule.etag())
}

fn find(state: &State, id: &str) -> Result<usize, Reply> {
    state.rules.iter().position(|rule| rule.id == id).ok_or_else(|| Reply::not_found("rule"))
}

fn matches(call: &Call, rule: &Rule) -> Result<(), Reply> {
    match call.header("if-match") {
        "" => Err(Reply::error(428, "PRECONDITION_REQUIRED", "name the ETag that you change in If-Match")),
        given if given == rule.etag() => Ok(()),
        _ => Err(Reply::error(412, "PRECONDITION_FAILED", "somebody else changed the rule")
            .with("ETag", rule.etag())),
    }
}

/// Rules in the order they were made: the order of decision is the reader's to find. One page unless asked otherwise.
pub(super) fn page(state: &State, call: &Call) -> Result<Reply, Reply> {
    let number = call.number("pageNumber", 1, (1, 1_000_000))?;
    let size = call.number("pageSize", 1_000, (1, 1_000))?;
    let entities: Vec<Value> = state.rules.iter().skip((number - 1) * size).take(size).map(to_json).collect();
    let total = state.rules.len();
    let body = json!({ "entities": entities, "pageNumber": number, "pageSize": size, "total": total });
    Ok(Reply::json(200, &body))
}

pub(super) fn get(state: &State, id: &str) -> Result<Reply, Reply> {
    Ok(answer(200, &state.rules[find(state, id)?]))
}

pub(super) fn create(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: RuleBody = call.json()?;
    if body.name.is_none() || body.scope.is_none() || body.priority.is_none() || body.action.is_none() {
        return Err(Reply::error(400, "INVALID_RULE", "name, scope, priority and action are needed"));
    }
    body.check(state)?;
    let mut rule = Rule {
        id: format!("rule-{}", state.next_rule),
        name: String::new(),
        description: String::new(),
        scope: String::new(),
        priority: 0,
        lists: Vec::new(),
        blocks: true,
        active: true,
        version: 1,
    };
    state.next_rule += 1;
    body.put_into(&mut rule);
    let reply = answer(201, &rule);
    state.rules.push(rule);
    Ok(reply)
}

pub(super) fn change(state: &mut State, call: &Call, id: &str) -> Result<Reply, Reply> {
    let at = find(state, id)?;
    matches(call, &state.rules[at])?;
    let body: RuleBody = call.json()?;
    body.check(state)?;
    let rule = &mut state.rules[at];
    body.put_into(rule);
    rule.version += 1;
    Ok(answer(200, rule))
}

pub(super) fn remove(state: &mut State, call: &Call, id: &str) -> Result<Reply, Reply> {
    let at = find(state, id)?;
    matches(call, &state.rules[at])?;
    state.rules.remove(at);
    Ok(Reply::empty(204))
}
