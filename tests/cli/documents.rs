//! The whole job of each of the five reference documents, as one line of the shell against `sandbox serve`. The README
//! shows these lines.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Desk, Tenant};

const README: &str = include_str!("../../README.md");

/// Runs a line as a shell does, with the program in the path, and gives what its last command printed.
#[track_caller]
fn line(desk: &Desk, line: &str) -> String {
    assert!(README.contains(line), "the README does not show: {line}");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_quietline")).parent().unwrap();
    let mut shell = Command::new("sh");
    // What the program is given is what a shell gives it: the environment of the desk.
    let typed = desk.command([""; 0]);
    shell.args(["-ec", line]).current_dir(desk.work()).env_clear();
    shell.envs(typed.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let ended = shell.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{line}\n{out}\n{err}");
    out.into_owned()
}

fn state(tenant: &Tenant) -> Value {
    let origin = tenant.text("api_url").replace("/api/v2", "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(format!("{origin}/__sandbox/state")).send().await.unwrap().json().await.unwrap()
    })
}

fn of<'a>(lists: &'a Value, name: &str) -> &'a Value {
    let found = lists.as_array().unwrap().iter().find(|list| list["name"] == name || list["id"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn document_000_writes_the_status_of_each_contact() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    // Suppressed, clean, pending by the seeded world; the last one is not known to the tenant.
    desk.write(
        "contacts.csv",
        "contactId,phone\nc-000001,202-555-0101\nc-000002,(415) 555-0287\nc-000003,+1 212 555 0123\nc-000010,512-555-0199\n",
    );
    let said = line(&desk, "quietline contacts sync contacts.csv --yes");
    assert!(said.contains("4 written"), "{said}");
    let again = desk.run(["contacts", "sync", "contacts.csv", "--yes", "--json"]).exits(0).json();
    assert_eq!((&again["updated"], &again["contacts"]), (&json!(4), &json!(4)));
    let standings = json!({"NOT_SUPPRESSED": 1, "PENDING": 1, "SUPPRESSED": 1, "UNKNOWN": 1});
    assert_eq!(again["standings"], standings);
}

#[test]
fn document_001_makes_a_list_and_fills_it_with_items() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    desk.write(
        "optouts.csv",
        "phone,source,notes\n415-555-0187,web,asked twice\n(415) 555-0188,call,\n4155550187,call,\n",
    );
    line(
        &desk,
        "quietline lists create Opt-outs --bind National_DNC_Enforcement --reason weekly --yes && quietline upload optouts.csv --to items --list Opt-outs --reason weekly --yes",
    );
    let state = state(&tenant);
    let records = of(&state["lists"], "Opt-outs")["records"].as_array().unwrap().clone();
    let numbers: Vec<&str> = records.iter().map(|record| record["phoneNumber"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["+14155550187", "+14155550188"]);
}

#[test]
fn document_002_fills_a_suppression_list() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    desk.write(
        "held.csv",
        "phone,email,reason,expires\n415-555-0187,,DNC,2031-05-01\n,ann@example.com,UNSUBSCRIBE,\n415-555-0188,,COMPLIANCE,\n",
    );
    line(
        &desk,
        "quietline lists create Held --to suppression && quietline upload held.csv --to suppression --list Held --reason monthly --yes",
    );
    let state = state(&tenant);
    let contacts = of(&state["suppressionLists"], "Held")["contacts"].as_array().unwrap().clone();
    let of = |field: &str| contacts.iter().map(|contact| contact[field].as_str()).collect::<Vec<_>>();
    assert_eq!(of("phoneNumber"), [Some("+14155550187"), Some("+14155550188"), None]);
    assert_eq!(of("email"), [None, None, Some("ann@example.com")]);
    assert_eq!(of("reason"), [Some("DNC"), Some("COMPLIANCE"), Some("UNSUBSCRIBE")]);
    assert_eq!(contacts[0]["suppressUntil"], "2031-05-01T23:59:59Z");
}

#[test]
fn document_003_scrubs_contacts_and_inserts_the_rest() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    // The first number stands on the national list of the seeded world.
    desk.write(
        "campaign.csv",
        "phone,firstName,optIn\n202-555-0101,Ann,yes\n415-555-0187,Ben,yes\n415-555-0188,Cy,yes\n",
    );
    let said = line(
        &desk,
        "quietline upload campaign.csv --to outbound --list cl-winback --scrub TCPA_National_Suppression_v2 --reason spring --yes",
    );
    assert!(said.contains("UPLOADED"), "{said}");
    let state = state(&tenant);
    let contacts = of(&state["contactLists"], "cl-winback")["contacts"].as_array().unwrap().clone();
    let ours = |number: &str| contacts.iter().find(|contact| contact["phoneNumber"] == number).cloned();
    assert!(ours("+12025550101").is_none(), "it must not be called");
    assert_eq!(ours("+14155550187").unwrap()["customFields"], json!({"optIn": "yes"}));
}

#[test]
fn document_004_proves_an_inactive_list_before_it_is_switched_on() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    desk.write(
        "state_ca.csv",
        "phone,jurisdiction,expires\n415-555-0187,US-CA,2031-05-01\n415-555-0188,US-CA,\n",
    );
    line(
        &desk,
        "quietline lists create State_CA --inactive --bind National_DNC_Enforcement --reason quarterly --yes && quietline upload state_ca.csv --list State_CA --activate --reason quarterly --yes && quietline gate --list State_CA",
    );
    let state = state(&tenant);
    let list = of(&state["lists"], "State_CA");
    assert_eq!((&list["isActive"], list["records"].as_array().unwrap().len()), (&json!(true), 2));
    desk.run(["lists", "activate", "State_CA"]).exits(0);
}

#[test]
fn a_list_that_is_not_proven_is_not_switched_on_without_a_reason() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    desk.run(["lists", "create", "Fresh", "--inactive"]).exits(0);
    let refused = desk.run(["lists", "activate", "Fresh", "--json"]).exits(1).json();
    assert_eq!(refused["error"]["code"], "not-ready");
    desk.run(["lists", "activate", "Fresh", "--force"]).exits(2);
    desk.run(["lists", "activate", "Fresh", "--force", "--reason", "a drill"]).exits(0);
    desk.run(["--read-only", "lists", "activate", "Fresh"]).exits(2);
}

/// A scrub leaves out who must not be called; whoever is on the list since before is not taken off by it.
#[test]
fn whoever_must_not_be_called_and_is_on_the_list_already_is_no_success() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    desk.write("march.csv", "phone\n415-555-0187\n415-555-0188\n");
    let upload = |file: &str, to: &str, list: &str| {
        let flags = ["--to", to, "--list", list, "--reason", "x", "--yes", "--quiet"];
        desk.run(["upload", file].into_iter().chain(flags)).exits(0);
    };
    upload("march.csv", "outbound", "cl-winback");
    desk.write("optouts.csv", "phone\n415-555-0187\n");
    upload("optouts.csv", "suppression", "Compliance_Holds");
    desk.write("april.csv", "phone\n415-555-0187\n415-555-0189\n");
    let flags = ["--to", "outbound", "--list", "cl-winback", "--scrub", "Compliance_Holds"];
    desk.run(["upload", "april.csv"].into_iter().chain(flags).chain(["--reason", "x", "--yes", "--quiet"]))
        .exits(1)
        .says("1 contacts that must not be called stand on cl-winback already");
}
