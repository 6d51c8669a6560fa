//! Locks, pause and cancel from another process.

use std::fs;

use crate::desk::{
    FAST, LIST, Running, SLOW, UPLOAD, assert_whole, at_work, newest, on_the_list, set_limits, state,
    under_way, until,
};
use crate::support::{Desk, Tenant};

/// A second profile on the same tenant.
fn add_profile(desk: &Desk, tenant: &Tenant) {
    let (token, api) = (tenant.text("token_url"), tenant.text("api_url"));
    let add = ["profile", "add", "other", "--preset", "sandbox", "--credentials", "env", "--cool-down", "1"];
    let urls = ["--tenant", "another-name", "--token-url", &token, "--api-url", &api];
    desk.run(add.into_iter().chain(urls)).exits(0);
}

#[test]
fn two_profiles_of_one_tenant_exclude_each_other_and_one_may_wait() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    add_profile(&desk, &tenant);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);

    let user = whoami::username().unwrap();
    let other = ["--profile", "other", "reconcile", "--list", LIST];
    let refused = desk
        .run(other)
        .fails(6, "locked")
        .says(&format!("is in use by {user} (pid {} on ", upload.child.id()));
    assert!(refused.stderr.contains(&format!(", run {run}, since 20")), "{}", refused.all());
    desk.run(["reconcile", "--list", LIST, "--json"]).fails_in_json(6, "locked");

    let waiting = Running::start(&desk, other.into_iter().chain(["--wait-lock", "120", "--json=lines"]));
    until("the wait is told", || {
        let told = fs::read_to_string(desk.work().join("stderr")).unwrap();
        let _ = &waiting;
        (told.contains("waiting for list") || newest(&desk)["accepted"].as_u64() > Some(8)).then_some(())
    });
    let paused = desk.run(["pause", &run, "--reason", "lunch", "--json"]).exits(0).json();
    assert_eq!((paused["state"].as_str(), paused["unaccounted"].as_u64() > Some(0)), (Some("paused"), true));
    let said = upload.ends(130);
    assert!(said.contains("PAUSED"), "{said}");
    let lines = waiting.ends(0);
    assert!(
        lines.lines().next().unwrap().contains("waiting for list"),
        "whom it waits for comes first: {lines}"
    );

    set_limits(&desk, FAST);
    desk.run(["resume", &run, "--until", "uploaded"]).exits(0);
    assert_whole(&tenant);
}

#[test]
fn pausing_says_where_nobody_works() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);
    upload.signal("KILL");
    drop(upload);
    desk.run(["pause", &run]).fails(1, "nothing-to-pause").says("it is interrupted");
    desk.run(["pause", "0000beef"]).fails(2, "not-found");
}

#[test]
fn a_run_is_cancelled_from_another_process_and_the_ledger_knows_what_arrived() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);
    let cancelled = desk.run(["cancel", &run, "--reason", "wrong file", "--json"]).exits(0).json();
    upload.ends(130);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(cancelled["accepted"], on_the_list(&tenant).len());
    assert_eq!(state(&desk, &run)["state"], "cancelled");
    desk.run(["resume", &run]).fails(1, "nothing-to-resume");
    desk.run(["cancel", &run]).fails(1, "nothing-to-cancel");
}

/// Killed in mid-call: what arrived is read back before the run is given up. A reader finds no surprise on the list.
#[test]
fn a_killed_run_is_read_back_before_it_is_cancelled() {
    // The sixth call arrives, and its answer never ends.
    let tenant = Tenant::start(&["--fault", "at=entries_write#6 do=drip_endless"]);
    let desk = at_work(&tenant, SLOW);
    desk.run(["reconcile", "--list", LIST]).exits(0);
    let upload = Running::start(&desk, UPLOAD);
    let run = until("the calls behind the sixth are answered", || {
        let run = newest(&desk);
        (run["accepted"].as_u64() > Some(8)).then(|| run["run"].as_str().unwrap().to_owned())
    });
    upload.signal("KILL");
    drop(upload);
    let cancelled = desk.run(["cancel", &run, "--json"]).exits(0).json();
    assert_eq!(cancelled["accepted"], on_the_list(&tenant).len(), "{cancelled}");
    desk.run(["reconcile", "--list", LIST]).exits(0).says("Clean");
}

#[test]
fn without_a_tenant_only_force_cancels_and_leaves_the_list_in_doubt() {
    let tenant = Tenant::start(&["--fault", "at=entries_write#6 do=drip_endless"]);
    let desk = at_work(&tenant, SLOW);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);
    upload.signal("KILL");
    drop(upload);
    drop(tenant);
    desk.run(["cancel", &run, "--reason", "no tenant", "--json"]).fails_in_json(5, "unread");
    assert_eq!(state(&desk, &run)["state"], "interrupted", "refused: nothing changed");
    desk.run(["cancel", &run, "--force"]).fails(2, "usage");
    let forced =
        desk.run(["cancel", &run, "--force", "--reason", "the tenant is gone", "--json"]).exits(0).json();
    assert_eq!(forced["state"], "cancelled");
    let events = trail(&desk);
    let event = events.iter().find(|(kind, ..)| kind == "run.cancel-forced").unwrap();
    assert!(event.1.contains("rows of run"), "{event:?}");
    assert_eq!(event.2.as_deref(), Some("the tenant is gone"));
}

/// Kind, effect and reason of every event.
fn trail(desk: &Desk) -> Vec<(String, String, Option<String>)> {
    let data = desk.files().into_iter().find(|file| file.ends_with("/ledger.db")).unwrap();
    let path = desk.work().parent().unwrap().join(data);
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT kind, effect, reason FROM events ORDER BY seq").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
