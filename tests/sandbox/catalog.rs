//! Tokens, scopes, lists, rules.

use super::*;

#[tokio::test]
async fn the_wrong_secret_gets_no_token_and_no_token_gets_nothing() {
    let talk = talk(small()).await;
    let (status, body) = read(talk.ask_token("wrong", ALL_SCOPES).await.unwrap()).await;
    assert_eq!((status, &body), (401, &json!({ "error": "invalid_client" })));

    let (status, body) = read(talk.ask_token(talk.sandbox.client_secret(), "dnc:read").await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));

    assert_eq!(talk.get("users/me").await.0, 200);
    let bare = talk.http.get(format!("{}/users/me", talk.sandbox.api_url()));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let wrong = talk.http.get(format!("{}/users/me", talk.sandbox.api_url())).bearer_auth("sbx.wrong");
    assert_eq!(wrong.send().await.unwrap().status(), 401);

    talk.control("revoke", &json!({})).await;
    assert_eq!(talk.get("users/me").await.0, 401);
}

#[tokio::test]
async fn each_family_asks_for_its_scopes() {
    let mut talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;

    talk.token = talk.token_for("dnc:read").await;
    assert_eq!(talk.get("dnc/lists").await.0, 200);
    assert_eq!(talk.get("dnc/entries?limit=1").await.0, 200);
    assert_eq!(talk.get("dnc/rules").await.0, 403);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": [] })).await.0, 403);
    let (status, body) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().contains("dnc:write"));

    talk.token = talk.token_for("dnc:read tenant:read").await;
    assert_eq!(talk.get("dnc/rules").await.0, 200);
}

#[tokio::test]
async fn lists_are_made_in_both_dialects_and_a_name_only_once() {
    let talk = talk(small()).await;
    let (status, made) = talk.post("dnc/lists", &json!({ "name": "Spring", "type": "MANUAL" })).await;
    assert_eq!((status, &made["isActive"]), (201, &json!(true)));
    assert_eq!(talk.post("dnc/lists", &json!({ "name": "Spring" })).await.0, 409);
    assert_eq!(talk.post("dnc/lists", &json!({ "listName": "Spring" })).await.0, 409);
    let items = json!({ "listName": "Autumn", "sourceType": "REGULATORY", "scope": "REGION" });
    let (status, made) = talk.post("dnc/lists", &items).await;
    assert_eq!((status, &made["listName"], &made["scope"]), (201, &json!("Autumn"), &json!("REGION")));
    assert_eq!(talk.post("dnc/lists", &json!({ "description": "no name" })).await.0, 400);

    let path = format!("dnc/lists/{}", made["id"].as_str().unwrap());
    let change = talk.call(Method::PATCH, &path).json(&json!({ "isActive": false }));
    assert_eq!(change.send().await.unwrap().status(), 200);
    assert_eq!(talk.get(&path).await.1["isActive"], false);
    assert_eq!(talk.get("dnc/lists/nothing").await.0, 404);
}

#[tokio::test]
async fn a_search_may_hit_the_wrong_list_first_and_pages_cover_all() {
    let talk = talk(small()).await;
    let (_, found) = talk.get("dnc/lists?query=state_tx_dnc").await;
    assert_eq!(found["entities"][0]["name"], "State_TX_DNC_2023");
    assert_eq!(found["entities"][1]["name"], "State_TX_DNC");

    let mut names = HashSet::new();
    for page in 1..=3 {
        let (_, body) = talk.get(&format!("dnc/lists?pageNumber={page}&pageSize=3")).await;
        names.extend(body["entities"].as_array().unwrap().iter().map(|l| l["name"].to_string()));
    }
    assert_eq!(names.len(), 8);
    assert_eq!(talk.get("dnc/lists?pageSize=1000").await.0, 400);
}

#[tokio::test]
async fn a_rule_changes_only_for_whoever_saw_its_last_version() {
    let talk = talk(small()).await;
    let list = talk.list_id("Trial_Imports").await;
    let body =
        json!({ "name": "Trial", "scope": "BOTH", "priority": 60, "listIds": [list], "action": "BLOCK" });
    let made = talk.call(Method::POST, "dnc/rules").json(&body).send().await.unwrap();
    let first = made.headers()["etag"].clone();
    let (status, rule) = read(made).await;
    assert_eq!(status, 201);
    let path = format!("dnc/rules/{}", rule["id"].as_str().unwrap());

    let change = |tag: Option<reqwest::header::HeaderValue>| {
        let call = talk.call(Method::PATCH, &path).json(&json!({ "priority": 61 }));
        if let Some(tag) = tag { call.header("If-Match", tag) } else { call }.send()
    };
    assert_eq!(change(None).await.unwrap().status(), 428);
    let changed = change(Some(first.clone())).await.unwrap();
    let second = changed.headers()["etag"].clone();
    assert_eq!(changed.status(), 200);
    assert_ne!(first, second);
    assert_eq!(change(Some(first.clone())).await.unwrap().status(), 412);

    let remove = |tag| talk.call(Method::DELETE, &path).header("If-Match", tag).send();
    assert_eq!(remove(first).await.unwrap().status(), 412);
    assert_eq!(talk.get(&path).await.1["priority"], 61);
    assert_eq!(remove(second).await.unwrap().status(), 204);
    assert_eq!(talk.get(&path).await.0, 404);
    let unknown = json!({ "name": "X", "scope": "BOTH", "priority": 1, "listIds": ["?"], "action": "BLOCK" });
    assert_eq!(talk.post("dnc/rules", &unknown).await.0, 400);
}

#[tokio::test]
async fn the_world_has_one_exception_ahead_of_a_wider_block() {
    let talk = talk(small()).await;
    let (_, body) = talk.get("dnc/rules").await;
    let rules = body["entities"].as_array().unwrap();
    assert!(rules.len() >= 5);
    let inversions =
        rules.iter().flat_map(|allow| rules.iter().map(move |block| (allow, block))).filter(|(a, b)| {
            a["action"] == "ALLOW"
                && b["action"] == "BLOCK"
                && b["isActive"] == true
                && a["scope"] == "OUTBOUND"
                && b["scope"] == "BOTH"
                && a["priority"].as_i64() < b["priority"].as_i64()
        });
    assert_eq!(inversions.count(), 1);
}
