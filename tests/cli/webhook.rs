//! Whoever listens to a profile's runs, from the command line: told when a run ends, never unsigned, and seen in `runs` and
//! `doctor`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Desk, Ended, Tenant, typed};

const LIST: &str = "Internal_OptOuts";

/// A desk whose profile names the sandbox's receiver.
fn listened(tenant: &Tenant) -> Desk {
    let desk = Desk::on(tenant);
    let config = fs::read_to_string(desk.config()).unwrap();
    let upload = "[profiles.desk.upload]\n";
    assert!(config.contains(upload), "{config}");
    let webhook = format!("{upload}webhook = \"{}\"\n", tenant.text("webhook_url"));
    fs::write(desk.config(), config.replace(upload, &webhook)).unwrap();
    desk
}

/// What came to the receiver.
fn received(tenant: &Tenant) -> Vec<Value> {
    let url = tenant.text("webhook_url");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let told: Value = runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(url).send().await.unwrap().json().await.unwrap()
    });
    told["received"].as_array().unwrap().clone()
}

/// Types a command with the webhook's secret in the environment.
fn signed(desk: &Desk, tenant: &Tenant, arguments: &[&str]) -> Ended {
    let mut command = desk.command(arguments);
    command.env("QUIETLINE_WEBHOOK_SECRET", tenant.text("webhook_secret"));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let typed = typed(&command);
    let ended = Ended::finish(typed, command.spawn().unwrap());
    let secret = tenant.text("webhook_secret");
    assert!(!ended.stdout.contains(&secret) && !ended.stderr.contains(&secret), "told{}", ended.all());
    ended
}

#[test]
fn a_run_is_told_before_the_program_ends_and_says_what_its_calls_took() {
    let tenant = Tenant::calm();
    let desk = listened(&tenant);
    desk.write("f.csv", "phone\n(415) 555-0187\n4155550188\n415-555-0187\n");
    let upload = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes", "--json"];
    let run = signed(&desk, &tenant, &upload).exits(0).json();

    let received = received(&tenant);
    let kinds: Vec<&Value> = received.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, [&json!("dnc.ingestion.complete"), &json!("dnc.ingestion.ready")]);
    assert!(received.iter().all(|message| message["verified"] == true), "{received:?}");
    assert_eq!(received[1]["body"]["data"]["run"], run["run"]);

    let id = run["run"].as_str().unwrap();
    let shown = desk.run(["runs", id, "--json"]).exits(0).json();
    assert_eq!((&shown["webhook"]["delivered"], &shown["webhook"]["waiting"]), (&json!(2), &json!(0)));
    let metrics = &shown["metrics"];
    assert_eq!(metrics["duplicates"], json!({"in_file": 1, "already_on_list": 0, "not_yet_visible": 0}));
    let writes = metrics["latency"].as_array().unwrap().iter();
    let writes: Vec<&Value> = writes.filter(|calls| calls["kind"] == "write").collect();
    assert_eq!((writes.len(), &writes[0]["family"], &writes[0]["calls"]), (1, &json!("entries"), &json!(1)));
    let [p50, p90, p99, max] =
        ["p50_ms", "p90_ms", "p99_ms", "max_ms"].map(|name| writes[0][name].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max, "{metrics}");
    for rate in ["rows_per_second", "calls_per_second"] {
        assert!(metrics[rate].as_f64().unwrap() > 0.0, "{metrics}");
    }
    assert_eq!(metrics["retries"], run["retries"]);
    let people = desk.run(["runs", id]).exits(0);
    people.says("webhook: 2 delivered").says("calls entries write: 1").says("duplicates: 1 in the file");
}

#[test]
fn without_a_secret_nothing_is_sent_and_the_next_run_with_one_tells_all() {
    let tenant = Tenant::calm();
    let desk = listened(&tenant);
    desk.write("f.csv", "phone\n(415) 555-0187\n");
    let upload = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes"];
    desk.run(upload).exits(0).says("nothing is told to the webhook").says("webhook: 2 waiting");
    assert!(received(&tenant).is_empty());
    let doctor = desk.run(["doctor", "--json"]).exits(0).json();
    let findings = doctor["findings"].as_array().unwrap();
    let webhook = findings.iter().find(|finding| finding["subject"] == "webhook").unwrap();
    assert_eq!(webhook["health"], "attention", "{webhook}");
    assert!(webhook["advice"].as_str().unwrap().contains("quietline auth webhook"), "{webhook}");

    signed(&desk, &tenant, &upload).exits(0);
    let received = received(&tenant);
    assert_eq!(received.len(), 4, "{received:?}");
    assert!(received.iter().all(|message| message["verified"] == true), "{received:?}");
    signed(&desk, &tenant, &["doctor"]).exits(0).says("4 delivered");
}

#[test]
fn a_message_that_was_left_is_told_by_a_resume_that_has_nothing_to_go_on_with() {
    let tenant = Tenant::calm();
    let desk = listened(&tenant);
    desk.write("f.csv", "phone\n(415) 555-0187\n");
    desk.run(["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes"]).exits(0);
    assert!(received(&tenant).is_empty());

    signed(&desk, &tenant, &["resume"]).fails(1, "nothing-to-resume");
    assert_eq!(received(&tenant).len(), 2);
}

#[test]
fn a_secret_that_is_none_holds_up_no_run_and_is_not_stored() {
    let tenant = Tenant::calm();
    let desk = listened(&tenant);
    desk.write("f.csv", "phone\n(415) 555-0187\n");
    let mut command = desk.command(["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes"]);
    command.env("QUIETLINE_WEBHOOK_SECRET", "canary-4711");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let ended = Ended::finish(typed(&command), command.spawn().unwrap()).exits(0);
    assert!(
        !ended.stderr.contains("canary-4711") && !ended.stdout.contains("canary-4711"),
        "{}",
        ended.all()
    );
    ended.says("is no webhook secret").says("READY");

    let stored = desk.run_with_input(["auth", "webhook"], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    stored.fails(4, "no-keyring").says("QUIETLINE_WEBHOOK_SECRET");
    let keyring = Desk::new();
    keyring.run(["profile", "add", "acme", "--preset", "my", "--tenant", "acme"]).exits(0);
    keyring.run_with_input(["auth", "webhook"], "canary-4711\n").fails(4, "bad-secret");
    keyring.run_with_input(["auth", "webhook"], "\n").fails(4, "no-credentials");
    let good = keyring.run_with_input(["auth", "webhook"], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    good.exits(4).says("keyring");
}
