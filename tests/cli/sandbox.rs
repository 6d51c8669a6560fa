//! The simulated tenant on the command line: what can be ordered of it, how it is told, and that it happens.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Desk, Tenant};

const LIST: &str = "Internal_OptOuts";

/// Runs something that talks to a tenant.
fn talking<T>(talk: impl Future<Output = T>) -> T {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(talk)
}

fn truth(tenant: &Tenant, what: &str) -> Value {
    let url = format!("{}/__sandbox/{what}", tenant.text("api_url").replace("/api/v2", ""));
    talking(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(url).send().await.unwrap().json().await.unwrap()
    })
}

/// What the program says of an option of `sandbox serve` that it does not understand.
fn refusal(desk: &Desk, option: &str, value: &str) -> String {
    let ended = desk.run(["sandbox", "serve", option, value, "--json"]).fails_in_json(2, "usage");
    ended.json()["error"]["message"].as_str().unwrap().to_owned()
}

/// The words of a list with commas, from the place where it begins in a sentence to the next semicolon.
fn words<'a>(sentence: &'a str, begins: &str) -> Vec<&'a str> {
    let (_, list) = sentence.split_once(begins).unwrap_or_else(|| panic!("{begins}: {sentence}"));
    list.split(';').next().unwrap().split(", ").map(str::trim).collect()
}

#[test]
fn help_holds_every_word_that_can_be_ordered() {
    let desk = Desk::new();
    let help = desk.run(["sandbox", "serve", "--help"]).exits(0).stdout;
    assert!(desk.run(["sandbox", "--help"]).exits(0).stdout.contains("Words of do= for a call"));
    // A word that explains itself stands at the beginning of a line; a family stands among others.
    let explained = |word: &str| {
        let line = help.lines().find(|line| line.split([' ', '=']).find(|w| !w.is_empty()) == Some(word));
        line.is_some_and(|line| line.split_whitespace().count() > 1)
    };
    let unknown = refusal(&desk, "--fault", "do=explode");
    let (calls, sockets, jobs) =
        (words(&unknown, "calls: "), words(&unknown, "sockets: "), words(&unknown, "jobs: "));
    for word in calls.into_iter().chain(sockets).chain(jobs) {
        assert!(explained(word), "{word} is not explained\n{help}");
        // Understood, but for what no word takes; a word that needs a number has got it.
        let refused = refusal(&desk, "--fault", &format!("do={word} status=418 nonsense=1"));
        assert!(refused.contains("takes no nonsense"), "{refused}");
    }
    let properties = refusal(&desk, "--tenant", "weather=fine");
    for word in words(&properties, "there are: ") {
        assert!(explained(word), "{word} is not explained\n{help}");
    }
    let stories = refusal(&desk, "--story", "comedy");
    for word in words(&stories, "one of: ") {
        assert!(explained(word), "{word} is not explained\n{help}");
    }
    let families = refusal(&desk, "--fault", "at=everywhere do=lie");
    for word in words(&families, "there are: ") {
        assert!(help.split_whitespace().any(|told| told == word), "{word}\n{help}");
    }
}

#[test]
fn what_is_no_order_is_a_mistake_of_usage_that_says_what_there_is() {
    let desk = Desk::new();
    for (option, value, told) in [
        ("--fault", "at=entries#17", "do=WORD is needed"),
        ("--fault", "at=entries#17 do=apply-then-explode", "reset_after"),
        ("--fault", "at=entrys do=lie", "entries_write"),
        ("--fault", "at=entries#zero do=lie", "from 1"),
        ("--fault", "do=status", "200 to 999"),
        ("--fault", "at=entries do=mute", "at=events"),
        ("--fault", "anything", "NAME=VALUE"),
        ("--tenant", "token_life", "KEY=VALUE"),
        ("--tenant", "token_life=long", "whole number"),
        ("--tenant", "scopes=dnc:everything", "dnc:write"),
        ("--tenant", "enforcement=perhaps", "true or false"),
    ] {
        let refused = refusal(&desk, option, value);
        assert!(refused.contains(told), "{option} {value}: {refused}");
        desk.run(["sandbox", "serve", option, value]).fails(2, "usage").says(told);
    }
    assert!(desk.files().is_empty());
}

#[test]
fn a_write_that_takes_effect_late_and_one_whose_answer_is_lost_double_nothing() {
    let tenant = Tenant::start(&[
        "--fault",
        "at=entries-write#1 do=late-commit ms=1000",
        "--fault",
        "at=entries_write#2 do=apply-then-reset",
    ]);
    let desk = Desk::on(&tenant);
    let mut file = "phone\n".to_owned();
    for n in 0..150 {
        writeln!(file, "415556{n:04}").unwrap();
    }
    desk.write("f.csv", file);
    let upload = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes", "--json"];
    let run = desk.run(upload).exits(0).json();
    assert_eq!((&run["state"], &run["accepted"]), (&json!("ready"), &json!(150)), "{run}");

    let begin = Instant::now();
    let committed = loop {
        let log = truth(&tenant, "log");
        let lines = log.as_array().unwrap().clone();
        if lines.iter().any(|line| line["fault"] == "committed_late") {
            break lines;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing took effect late: {log}");
    };
    for fault in ["late_commit", "reset_after"] {
        assert_eq!(committed.iter().filter(|line| line["fault"] == fault).count(), 1, "{fault}");
    }
    let state = truth(&tenant, "state");
    assert_eq!(state["duplicates"], json!([]));
    let list = state["lists"].as_array().unwrap().iter().find(|list| list["name"] == LIST).unwrap();
    let numbers = list["records"].as_array().unwrap().iter().map(|record| record["phoneNumber"].as_str());
    assert_eq!(numbers.flatten().filter(|number| number.starts_with("+1415556")).count(), 150);
}

#[test]
fn a_doctor_sees_a_clock_that_is_wrong_and_scopes_that_are_not_granted() {
    let tenant = Tenant::start(&["--tenant", "clock-skew=-3600", "--tenant", "scopes=dnc:read,tenant:read"]);
    let seen = Desk::on(&tenant).run(["doctor", "--json"]).json();
    let of = |subject: &str| {
        let findings = seen["findings"].as_array().unwrap();
        findings
            .iter()
            .find(|finding| finding["subject"] == subject)
            .unwrap_or_else(|| panic!("{seen}"))
            .clone()
    };
    assert_eq!(of("clock")["health"], "attention", "{seen}");
    assert_eq!(of("scopes")["health"], "attention", "{seen}");
    let scopes = of("scopes")["seen"].as_str().unwrap().to_owned();
    assert!(scopes.contains("dnc:write") && !scopes.contains("tenant:read"), "{scopes}");
}

#[test]
fn jobs_and_sockets_go_wrong_as_ordered_from_the_first_on() {
    let tenant = Tenant::start(&[
        "--fault",
        "at=bulk#2 do=quiet-loss rows=3",
        "--fault",
        "at=events#2 do=refuse status=503",
        "--tenant",
        "bare-numbers=true",
    ]);
    let api = tenant.text("api_url");
    let (handshakes, contacts) = talking(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", tenant.text("client_id")),
            ("client_secret", tenant.text("client_secret")),
            ("scope", "outbound:contactlistitem:write outbound:job:read events:subscribe".to_owned()),
        ];
        let token: Value =
            http.post(tenant.text("token_url")).form(&form).send().await.unwrap().json().await.unwrap();
        let token = token["access_token"].as_str().unwrap();
        let get = |path: String| http.get(format!("{api}/{path}")).bearer_auth(token);
        let mut handshakes = Vec::new();
        for _ in 0..3 {
            let shake = get("events".into())
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            handshakes.push(shake.send().await.unwrap().status().as_u16());
        }
        for from in [100, 200] {
            let items: Vec<Value> =
                (from..from + 10).map(|n| json!({ "phoneNumber": format!("+1415556{n:04}") })).collect();
            let job: Value = http
                .post(format!("{api}/outbound/contactlistitems/bulkinsert"))
                .bearer_auth(token)
                .json(&json!({ "contactListId": "cl-winback", "items": items }))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            loop {
                let path = format!("outbound/jobs/{}", job["id"].as_str().unwrap());
                let job: Value = get(path).send().await.unwrap().json().await.unwrap();
                if job["status"] == "COMPLETED" {
                    assert_eq!(job["errors"], json!([]));
                    break;
                }
            }
        }
        let path = "outbound/contactlists/cl-winback/contacts?pageSize=1000".to_owned();
        let contacts: Value = get(path).send().await.unwrap().json().await.unwrap();
        (handshakes, contacts["entities"].as_array().unwrap().clone())
    });
    assert_eq!(handshakes, [101, 503, 101]);
    let of = |range: &str| {
        contacts.iter().filter(|it| it["phoneNumber"].as_str().unwrap().starts_with(range)).count()
    };
    assert_eq!((of("141555601"), of("141555602")), (10, 7), "{contacts:?}");
}
