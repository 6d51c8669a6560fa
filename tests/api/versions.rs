//! Changes on the version that was looked at: nothing of somebody else is ever written over, and a lost answer is looked
//! up before anything is sent again.

use std::sync::atomic::{AtomicBool, Ordering};

use quietline::api::{Error, ListChange, NewRule, RuleChange, Scopes, SuppressionListChange};
use quietline::domain::list::ListId;
use quietline::domain::rule::{Action, Scope};

use crate::tenant::{Reply, Tenant, json, with};

fn rule(priority: i64) -> String {
    format!(
        r#"{{"id":"R1","name":"National","description":"","scope":"BOTH","priority":{priority},"listIds":["L1"],
            "action":"BLOCK","isActive":true}}"#
    )
}

fn five() -> RuleChange {
    RuleChange { priority: Some(5), ..RuleChange::default() }
}

#[tokio::test]
async fn a_change_of_a_rule_names_the_version_that_was_read() {
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "GET" => Reply::Full(
            200,
            vec![("etag", format!("\"v{}\"", seen.nth))],
            rule(if seen.nth == 0 { 10 } else { 5 }),
        ),
        _ => json(200, "{}"),
    })
    .await;
    let client = tenant.client();
    let seen = client.rule("R1").await.unwrap();
    assert_eq!((seen.now.priority, seen.version.as_deref()), (10, Some("\"v0\"")));
    let changed = client.change_rule("R1", seen.version.as_deref(), &five()).await.unwrap();
    assert_eq!(changed.now.priority, 5);
    let calls = tenant.calls();
    assert_eq!(calls[1].headers["if-match"], "\"v0\"");
    assert_eq!(calls[1].body, r#"{"priority":5}"#);
}

#[tokio::test]
async fn a_yes_to_a_change_that_nothing_comes_of_is_not_believed() {
    let tenant = Tenant::start(|seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("PATCH", _) => json(200, "{}"),
        (_, "/api/v2/dnc/rules/R1") => json(200, &rule(10)),
        _ => json(200, r#"{"id":"L1","name":"A","isActive":false}"#),
    })
    .await;
    let client = tenant.client();
    let error = client.change_rule("R1", None, &five()).await.unwrap_err();
    assert!(matches!(&error, Error::Protocol { detail } if detail.contains("priority")), "{error:?}");
    let change = ListChange { active: Some(true), ..ListChange::default() };
    let error = client.change_list(&ListId("L1".into()), &change).await.unwrap_err();
    assert!(matches!(&error, Error::Protocol { detail } if detail.contains("isActive")), "{error:?}");
    let client = client.asking(Scopes::SUPPRESSION);
    let change = SuppressionListChange { name: Some("New".into()), description: None };
    let error = client.change_suppression_list(&ListId("L1".into()), "v", &change).await.unwrap_err();
    assert!(matches!(&error, Error::Protocol { detail } if detail.contains("name")), "{error:?}");
    assert_eq!(tenant.calls().iter().filter(|call| call.method == "PATCH").count(), 3, "none is repeated");
}

/// Replicas: the one that is asked may not know yet what the other took.
#[tokio::test]
async fn a_change_that_is_seen_a_moment_later_stands() {
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "PATCH" => json(200, "{}"),
        _ => json(200, &rule(if seen.nth < 3 { 10 } else { 5 })),
    })
    .await;
    assert_eq!(tenant.client().change_rule("R1", None, &five()).await.unwrap().now.priority, 5);
}

/// H409
#[tokio::test]
async fn what_somebody_else_changed_stays_as_they_left_it() {
    for status in [409, 412] {
        let tenant = Tenant::start(move |seen| match seen.method.as_str() {
            "GET" => Reply::Full(200, vec![("etag", "\"v9\"".into())], rule(7)),
            _ => json(status, "{}"),
        })
        .await;
        let client = tenant.client().asking(Scopes::CHANGE);
        let changed = client.change_rule("R1", Some("\"v1\""), &five()).await;
        assert!(matches!(changed, Err(Error::Conflict { .. })), "{changed:?}");
        let patches = tenant.calls().iter().filter(|call| call.method == "PATCH").count();
        assert_eq!(patches, 1, "never sent a second time");

        let client = client.asking(Scopes::SUPPRESSION);
        let change = SuppressionListChange { name: Some("New".into()), description: None };
        let changed = client.change_suppression_list(&ListId("S".into()), "\"v1\"", &change).await;
        assert!(matches!(changed, Err(Error::Conflict { .. })), "{changed:?}");
    }
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_looked_up_and_not_made_twice() {
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "GET" => Reply::Full(200, vec![("etag", "\"v2\"".into())], rule(5)),
        _ => Reply::Reset,
    })
    .await;
    let changed = tenant.client().change_rule("R1", Some("\"v1\""), &five()).await.unwrap();
    assert_eq!(changed.version.as_deref(), Some("\"v2\""));
    assert_eq!(tenant.calls().iter().filter(|call| call.method == "PATCH").count(), 1);
}

#[tokio::test]
async fn a_rule_whose_creation_got_no_answer_is_not_made_twice() {
    let tenant = Tenant::start(|seen| match (seen.method.as_str(), seen.nth) {
        ("POST", _) => Reply::Reset,
        (_, 0) => json(200, r#"{"entities":[]}"#),
        _ => json(200, &format!("[{}]", rule(10))),
    })
    .await;
    let new = NewRule {
        name: "National".into(),
        description: String::new(),
        scope: Scope::Both,
        priority: 10,
        lists: vec![ListId("L1".into())],
        action: Action::Block,
        active: true,
    };
    let client = tenant.client();
    let (rule, made) = client.create_rule(&new).await.unwrap();
    assert_eq!((rule.id.as_str(), made), ("R1", true));
    // Whoever was told nothing and tries again makes no twin.
    let (rule, made) = client.create_rule(&new).await.unwrap();
    assert_eq!((rule.id.as_str(), made), ("R1", false));
    assert_eq!(tenant.calls().iter().filter(|call| call.method == "POST").count(), 1);
}

#[tokio::test]
async fn a_suppression_list_is_found_by_its_equal_name_before_it_is_made() {
    let made = AtomicBool::new(false);
    let tenant = Tenant::start(move |seen| match seen.method.as_str() {
        "POST" => {
            made.store(true, Ordering::SeqCst);
            json(201, r#"{"id":"S2"}"#)
        }
        _ if made.load(Ordering::SeqCst) => {
            json(200, r#"{"entities":[{"id":"S1","name":"Bounces 2024"},{"id":"S2","name":"Bounces"}]}"#)
        }
        _ => json(200, r#"{"entities":[{"id":"S1","name":"Bounces 2024"}]}"#),
    })
    .await;
    let client = tenant.client().asking(Scopes::SUPPRESSION);
    let (found, made) = client.create_suppression_list("Bounces 2024").await.unwrap();
    assert_eq!((found.id.0.as_str(), made), ("S1", false));
    let (list, made) = client.create_suppression_list("Bounces").await.unwrap();
    assert_eq!((list.id.0.as_str(), made), ("S2", true));
    let calls = tenant.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.method == "POST" || call.query("listType").as_deref() == Some("suppression"))
    );
    assert_eq!(
        calls.iter().find(|call| call.method == "POST").unwrap().body,
        r#"{"listType":"suppression","name":"Bounces"}"#
    );
}

#[tokio::test]
async fn a_list_is_switched_on_and_read_back() {
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "PATCH" if seen.nth == 0 => with(503, "retry-after", "0"),
        "PATCH" => json(200, "{}"),
        _ => json(200, &format!(r#"{{"id":"L1","name":"A","isActive":{}}}"#, seen.nth > 2)),
    })
    .await;
    let change = ListChange { active: Some(true), ..ListChange::default() };
    let list = tenant.client().change_list(&ListId("L1".into()), &change).await.unwrap();
    assert!(list.active);
    let patches: Vec<String> =
        tenant.calls().into_iter().filter(|call| call.method == "PATCH").map(|call| call.body).collect();
    assert_eq!(patches, [r#"{"isActive":true}"#, r#"{"isActive":true}"#]);
}
