//! The main job, headless, against a tenant in a process of its own: the JSON that scripts rely on, and the exit codes.

use serde_json::{Value, json};

use crate::support::{Desk, Tenant};

const LIST: &str = "Internal_OptOuts";
const FILE: &str = "phone,source\n(415) 555-0187,web\n4155550188,web\nn/a,web\n415-555-0187,call\n";

/// The fields of the contract are there; more may be.
#[track_caller]
fn assert_fields(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no {field} in {value}");
    }
}

const RUN_FIELDS: &[&str] = &[
    "run",
    "plan",
    "list",
    "state",
    "rows",
    "accepted",
    "unchanged",
    "duplicates",
    "removed",
    "rejected",
    "dead_letters",
    "unaccounted",
    "batches",
    "retries",
    "throttled",
    "seconds",
];

#[track_caller]
fn assert_conserved(run: &Value) {
    let buckets =
        ["accepted", "unchanged", "duplicates", "removed", "rejected", "dead_letters", "unaccounted"];
    let sum: u64 = buckets.iter().map(|bucket| run[bucket].as_u64().unwrap()).sum();
    assert_eq!(run["rows"], sum, "the buckets do not add up: {run}");
}

#[test]
fn from_a_file_to_a_list_that_is_ready() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", FILE);

    let planned = desk.run(["plan", "f.csv", "--list", LIST, "--json"]).exits(1).json();
    assert_fields(
        &planned,
        &[
            "plan",
            "digest",
            "list",
            "add",
            "update",
            "remove",
            "unchanged",
            "duplicates",
            "removed",
            "rejected",
        ],
    );
    assert_eq!(
        (&planned["add"], &planned["duplicates"], &planned["rejected"]),
        (&json!(2), &json!(1), &json!(1))
    );
    desk.run(["plan", "f.csv", "--list", LIST, "--allow-rejects"]).exits(0).says("suppress 2 more numbers");

    let upload = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes"];
    let ended = desk.run(upload.iter().chain(&["--json"])).exits(1);
    let run = ended.json();
    assert_fields(&run, RUN_FIELDS);
    assert_conserved(&run);
    assert_eq!((&run["state"], &run["accepted"], &run["rejected"]), (&json!("ready"), &json!(2), &json!(1)));
    assert!(run.get("error").is_none(), "{run}");

    let again = desk.run(upload.iter().chain(&["--json", "--allow-rejects"])).exits(0).json();
    assert_eq!(
        (&again["accepted"], &again["unchanged"]),
        (&json!(0), &json!(2)),
        "the second time nothing is sent"
    );

    let runs = desk.run(["runs", "--json"]).exits(0).json();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    assert_eq!(runs[1]["run"], run["run"], "newest first");
    let id = run["run"].as_str().unwrap();
    assert_eq!(desk.run(["runs", id, "--json"]).exits(0).json()["accepted"], 2);
    desk.run(["runs"]).exits(0).says(id);
    desk.run(["runs", "ffffffff"]).exits(2);

    let gate = desk.run(["gate", "--list", LIST, "--wait", "30", "--json"]).exits(0).json();
    assert_fields(&gate, &["list", "state", "because", "seconds_left"]);
    assert_eq!(gate["state"], "READY");

    let diff = desk.run(["reconcile", "--list", LIST, "--json", "--export", "diff.csv"]).exits(0).json();
    assert_fields(&diff, &["list", "baseline", "remote", "expected", "matching"]);
    for kind in ["missing", "unexpected", "changed", "remote_duplicates", "malformed"] {
        assert_eq!(diff[kind], json!([]), "{diff}");
    }
    assert_eq!(diff["clean"], true);
    assert!(
        std::fs::read_to_string(desk.work().join("diff.csv")).unwrap().starts_with("kind,number,raw,fields")
    );

    assert_eq!(desk.run(["dead-letters", "--json"]).exits(0).json(), json!([]));
    desk.run(["resume", "--json"]).fails_in_json(1, "nothing-to-resume");
    for file in desk.files() {
        let known = file.starts_with(".config/quietline/") || file.starts_with(".local/share/quietline/");
        assert!(known || ["work/f.csv", "work/diff.csv"].contains(&file.as_str()), "{file} is out of place");
    }
}

#[test]
fn a_stored_plan_is_launched_only_once_it_is_approved() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", "phone\n4155550187\n");
    let planned = desk.run(["plan", "f.csv", "--list", LIST, "--json"]).exits(0).json();
    let plan = planned["plan"].as_str().unwrap();
    let upload = ["upload", plan, "--reason", "test", "--yes", "--json"];
    let waits = || desk.run(["plans", "--json"]).exits(0).json();
    assert_eq!((&waits()[0]["plan"], &waits()[0]["approval"]), (&planned["plan"], &json!("none")));
    desk.run(["plans"]).exits(0).says(plan).says("not approved").says(LIST);
    desk.run(["plans", plan]).exits(0).says("made by").says("suppress 1 more number for");
    assert_eq!(desk.run(["plans", plan, "--json"]).exits(0).json()["effect"], planned["effect"]);
    desk.run(upload).fails_in_json(4, "approval-needed");
    let approved =
        desk.run(["approve", plan, "--reason", "checked", "--as", "M. Ortiz", "--json"]).exits(0).json();
    assert_eq!((&approved["claimed"], &approved["digest"]), (&json!("M. Ortiz"), &planned["digest"]));
    assert!(approved["by"].as_str().is_some_and(|by| !by.is_empty() && by != "M. Ortiz"), "{approved}");
    assert_eq!((&waits()[0]["approval"], &waits()[0]["until"]), (&json!("holds"), &approved["until"]));
    desk.run(["plans"]).exits(0).says("approved by");
    desk.run(["approve", plan, "--reason", "once more"]).exits(0).says("its time begins anew");
    assert_eq!(desk.run(upload).exits(0).json()["state"], "ready");
    assert_eq!(waits(), json!([]));
    desk.run(upload).fails_in_json(4, "approval-used");
    desk.run(["approve", "p-00000000", "--reason", "r"]).exits(2);
}

#[test]
fn under_four_eyes_a_file_is_planned_and_nothing_is_sent() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let text = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(
        desk.config(),
        text.replace("cool_down_seconds = 1", "cool_down_seconds = 1\nfour_eyes = \"always\""),
    )
    .unwrap();
    desk.write("f.csv", "phone\n4155550187\n");
    let ended = desk
        .run(["upload", "f.csv", "--list", LIST, "--reason", "r", "--yes", "--json"])
        .fails_in_json(4, "approval-needed");
    let plan: String = ended.json()["error"]["message"]
        .as_str()
        .unwrap()
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .find(|word| word.starts_with("p-"))
        .unwrap()
        .to_owned();
    desk.run(["approve", &plan, "--reason", "r"]).fails(4, "approval-needed").says("second person");
    assert_eq!(desk.run(["runs", "--json"]).exits(0).json(), json!([]), "no run came about");
}

#[test]
fn json_lines_tell_each_step_and_end_with_the_run() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", "phone\n4155550187\n");
    let ended =
        desk.run(["upload", "f.csv", "--list", LIST, "--reason", "r", "--yes", "--json=lines"]).exits(0);
    let lines: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["state"], "ready", "{}", ended.all());
    let states: Vec<&str> =
        lines.iter().filter(|l| l["event"] == "run").map(|l| l["run"]["state"].as_str().unwrap()).collect();
    for state in ["draft", "approved", "uploading", "ready"] {
        assert!(states.contains(&state), "{state} is missing{}", ended.all());
    }
}

#[test]
fn a_look_up_answers_each_number_with_its_reason() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let ended = desk.run_with_input(["lookup", "-", "--json"], "202-555-0101\n\nn/a\n").exits(1);
    let answers = ended.json();
    assert_eq!(answers.as_array().unwrap().len(), 2, "{}", ended.all());
    for answer in answers.as_array().unwrap() {
        assert_fields(
            answer,
            &["input", "number", "verdict", "jurisdiction", "records", "lists", "rules", "because"],
        );
    }
    let first = &answers[0];
    assert_eq!((&first["number"], &first["verdict"]), (&json!("+12025550101"), &json!("suppressed")));
    assert_eq!(first["jurisdiction"], "US-DC");
    assert!(first["rules"][0]["rule"].is_string() && first["lists"][0]["name"].is_string(), "{first}");
    assert_eq!((&answers[1]["number"], &answers[1]["verdict"]), (&Value::Null, &json!("invalid")));
    desk.run(["lookup", "2025550101"]).exits(1).says("DO NOT CALL");
    let offline = desk.run(["lookup", "2025550101", "--offline", "--json"]).exits(1).json();
    assert_ne!(offline[0]["verdict"], "allowed", "what was not asked is not allowed");
}

#[test]
fn lists_are_shown_made_and_found_by_their_exact_name() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let lists = desk.run(["lists", "--json"]).exits(0).json();
    assert!(lists.as_array().unwrap().len() >= 6);
    assert_fields(&lists[0], &["id", "name", "type", "active", "state", "because", "enforced_by"]);
    let made = desk.run(["lists", "create", "New one", "--inactive", "--json"]).exits(0).json();
    assert_eq!((&made["name"], &made["active"]), (&json!("New one"), &json!(false)));
    let again = desk.run(["lists", "create", "New one", "--json"]).exits(0).json();
    assert_eq!(again["id"], made["id"], "a list of that name is found, not doubled");
    assert_eq!(desk.run(["lists", "show", "New one", "--json"]).exits(0).json()["id"], made["id"]);
    desk.run(["lists", "show", "new one"]).fails(2, "unknown-list");
    let rules = desk.run(["rules", "ls", "--json"]).exits(0).json();
    assert!(rules.as_array().unwrap().len() >= 5);
    assert_fields(&rules[0], &["id", "name", "priority", "scope", "action", "active", "lists"]);
    desk.run(["gate", "--list", "New one", "--json"]).exits(1).says("UNBOUND");
    desk.run(["doctor"]).exits(0).says("lists and");
}

#[test]
fn a_list_is_bound_to_a_rule_only_by_whoever_says_why_and_agrees() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let rules = desk.run(["rules", "ls", "--json"]).exits(0).json();
    let named = |rules: &Value, name: &str| {
        let rule = rules.as_array().unwrap().iter().find(|rule| rule["name"] == name).unwrap();
        rule["lists"].as_array().unwrap().len()
    };
    let rule = "National_DNC_Enforcement";
    let before = named(&rules, rule);
    let create = |more: &[&str]| desk.run(["lists", "create", "Bound"].iter().chain(more));
    create(&["--bind", rule]).exits(2).says("--reason");
    create(&["--bind", rule, "--yes"]).exits(2).says("--reason");
    create(&["--bind", rule, "--reason", " ", "--yes"]).fails(2, "usage").says("--reason is empty");
    create(&["--bind", rule, "--reason", "why"]).fails(2, "usage").says("nobody is here to ask");
    let allow = rules.as_array().unwrap().iter().find(|rule| rule["action"] == "ALLOW").unwrap();
    let allow = allow["name"].as_str().unwrap();
    create(&["--bind", allow, "--reason", "why", "--yes"])
        .fails(5, "tenant-refused")
        .says("lets its numbers through");
    create(&["--bind", "No such rule", "--reason", "why", "--yes"])
        .fails(5, "not-found")
        .says("does not exist");
    desk.run(["lists", "show", "Bound"]).fails(2, "unknown-list");
    assert_eq!(named(&desk.run(["rules", "ls", "--json"]).exits(0).json(), rule), before);

    let made = create(&["--bind", rule, "--reason", "why", "--yes"]).exits(0);
    for words in [&format!("Rule “{rule}”"), "holds no number yet", "takes effect at once"] {
        assert!(made.stderr.contains(words), "{words}: {}", made.stderr);
    }
    assert_eq!(named(&desk.run(["rules", "ls", "--json"]).exits(0).json(), rule), before + 1);
    let again = create(&["--bind", rule, "--reason", "why", "--yes"]).exits(0);
    assert!(!again.stderr.contains("takes effect"), "it changes nothing: {}", again.stderr);
}

#[test]
fn a_list_of_another_kind_is_not_taken_for_ours_because_of_its_name() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let lists = desk.run(["lists", "--json"]).exits(0).json();
    let theirs = lists.as_array().unwrap().iter().find(|list| list["type"] == "SYSTEM").unwrap();
    desk.run(["lists", "create", theirs["name"].as_str().unwrap(), "--json"])
        .fails_in_json(5, "tenant-refused")
        .says("SYSTEM");
}

#[test]
fn a_row_without_a_contact_or_a_number_is_named_and_a_label_opens_no_gate() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write(
        "contacts.csv",
        "contactId,phone\nc-000001,202-555-0101\n,415-555-0187\nc-000002,\nc-000003,n/a\nc-none,415-555-0188\n",
    );
    let done = desk.run(["contacts", "sync", "contacts.csv", "--yes", "--json"]).exits(1).json();
    let named = |what: &str| -> Vec<(u64, String)> {
        let rows = done[what].as_array().unwrap().iter();
        rows.map(|it| (it["row"].as_u64().unwrap(), it["code"].as_str().unwrap().to_owned())).collect()
    };
    let rows = |rows: &[(u64, &str)]| -> Vec<(u64, String)> {
        rows.iter().map(|(row, code)| (*row, (*code).to_owned())).collect()
    };
    assert_eq!(named("rejected"), rows(&[(2, "no-contact-id"), (3, "no-number"), (4, "no-number")]));
    assert_eq!(named("failed"), rows(&[(5, "not-found")]));
    assert_eq!((&done["rows"], &done["updated"]), (&json!(5), &json!(1)), "every row is one of them: {done}");
    // The contact is marked as suppressed now, which puts nobody on a list.
    desk.run(["gate", "--list", LIST, "--json"]).exits(1).says("UNVERIFIED");
}

#[test]
fn a_contact_with_a_number_that_cannot_be_read_is_not_written_as_not_suppressed() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("contacts.csv", "contactId,phone\nc-000002,(415) 555-0287\nc-000002,415-555-O288\n");
    let done = desk.run(["contacts", "sync", "contacts.csv", "--yes", "--json"]).exits(1).json();
    assert_eq!((&done["updated"], &done["standings"]), (&json!(1), &json!({"UNKNOWN": 1})), "{done}");
}
