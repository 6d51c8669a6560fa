//! What the program says of the run: its buckets, its states, its gate, and what it lets be seen.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::list::stands;
use super::{Evidence, Fate, Faults, Kind, digits, trail};

const BUCKETS: [&str; 7] =
    ["accepted", "unchanged", "duplicates", "removed", "rejected", "dead_letters", "unaccounted"];

pub(super) fn check(evidence: &Evidence, faults: &mut Faults) {
    buckets(evidence, faults);
    greens(evidence, faults);
    gates(evidence, faults);
    totals(evidence, faults);
    answers(evidence, faults);
    modes(evidence, faults);
    canaries(evidence, faults);
    let (tokens, most) = evidence.tokens;
    faults.claim(tokens <= most, "I9", || format!("{tokens} tokens were asked for, {most} are enough"));
    let lives = evidence.said.len();
    faults.claim(lives <= evidence.most_lives, "I13", || format!("it took {lives} lives"));
}

fn of(run: &Value, bucket: &str) -> u64 {
    run[bucket].as_u64().unwrap_or(u64::MAX)
}

fn buckets(evidence: &Evidence, faults: &mut Faults) {
    let (run, meaning) = (&evidence.run, &evidence.meaning);
    let sum = BUCKETS.iter().fold(0_u64, |sum, bucket| sum.saturating_add(of(run, bucket)));
    faults.claim(sum == of(run, "rows"), "I3", || format!("the buckets add up to {sum}: {run}"));
    for (bucket, wanted) in [
        ("rows", meaning.rows),
        ("rejected", meaning.rejected),
        ("duplicates", meaning.duplicates),
        ("accepted", meaning.sent() + meaning.gone()),
        ("unchanged", meaning.unchanged()),
        ("dead_letters", meaning.refused()),
        ("removed", 0),
        ("unaccounted", 0),
    ] {
        let told = of(run, bucket);
        faults.claim(told == wanted, "I4", || format!("{bucket} is {told} and not {wanted}"));
    }
}

/// What is called accepted stands there by an effect of this run, and what is called well is well.
fn greens(evidence: &Evidence, faults: &mut Faults) {
    let run = &evidence.run;
    let well = match evidence.kind {
        Kind::Outbound => "uploaded",
        _ if evidence.meaning.differs => "discrepant",
        _ => "ready",
    };
    faults.claim(run["state"] == well, "I13", || format!("it ended as {}: {}", run["state"], run["error"]));
    let effects = |who: &str, is: fn(&Value) -> bool| {
        evidence.effects.iter().any(|it| it["who"] == who && is(&it["change"]))
    };
    let stands_by_us = |(who, fate): &(&String, &Fate)| match fate {
        Fate::Stands(wanted) => {
            effects(who, |change| change != "-") && stands(evidence.after.get(*who), wanted)
        }
        Fate::Gone => effects(who, |change| change == "-") && !evidence.after.contains_key(*who),
        Fate::Unchanged | Fate::Refused => false,
    };
    let standing = evidence.meaning.fates.iter().filter(stands_by_us).count() as u64;
    let accepted = of(run, "accepted");
    faults.claim(accepted <= standing, "I7", || {
        format!("FALSE GREEN: {accepted} rows are called accepted, {standing} are as meant")
    });
    if let Some(reconciled) = &evidence.reconciled {
        let clean = reconciled["clean"] == true;
        faults.claim(clean || run["state"] != "ready", "I7", || {
            format!("FALSE GREEN: called ready, and read back it is {reconciled}")
        });
        faults.claim(!clean || !evidence.meaning.differs, "I7", || {
            "FALSE GREEN: others have changed what is ours, and nothing of it is told".into()
        });
        let there: usize = evidence.after.values().map(Vec::len).sum();
        let remote = reconciled["remote"].as_u64();
        // Of an entry that has expired nothing is said there.
        faults.claim(remote <= Some(there as u64), "I12", || {
            format!("{there} records stand there, {remote:?} are told")
        });
    }
}

fn gates(evidence: &Evidence, faults: &mut Faults) {
    let effects: Vec<Timestamp> =
        evidence.effects.iter().map(|effect| effect["time"].as_str().unwrap().parse().unwrap()).collect();
    for gate in &evidence.gates {
        let ready = gate.said["state"] == "READY";
        faults.claim(ready == (gate.code == Some(0)), "I11", || {
            format!("the gate ends with {:?}: {}", gate.code, gate.said)
        });
        faults.claim(!ready || !gate.is_touched || gate.is_as_intended, "I7", || {
            format!("FALSE GREEN: READY at {}, and the list was not as intended", gate.asked)
        });
        faults.claim(!ready || !gate.is_touched || !evidence.meaning.differs, "I7", || {
            format!("FALSE GREEN: READY at {}, and others have changed what is ours", gate.asked)
        });
        let last = effects.iter().filter(|at| **at <= gate.asked).max();
        let early = last.is_some_and(|last| gate.asked < *last + evidence.cool_down);
        faults.claim(!(ready && early), "I11", || {
            format!("READY at {}, the last effect was at {last:?}", gate.asked)
        });
    }
}

/// The run as it told itself at its end, as the journal tells it, and as it stands in the file.
fn totals(evidence: &Evidence, faults: &mut Faults) {
    let run = &evidence.run;
    let listed = evidence.runs.as_array().and_then(|runs| runs.iter().find(|it| it["run"] == run["run"]));
    // At its end a run tells more of itself than the list of all runs does; what both tell is the same.
    let is_the_same = listed.and_then(Value::as_object).is_some_and(|listed| {
        !listed.is_empty() && listed.iter().all(|(name, value)| run.get(name) == Some(value))
    });
    faults.claim(is_the_same, "I12", || format!("told {run}, listed {listed:?}"));
    let letters = evidence.dead_letters.as_array().map_or(0, Vec::len) as u64;
    faults.claim(letters == of(run, "dead_letters"), "I12", || {
        format!("{letters} dead letters are shown: {run}")
    });
    let Some(db) = trail::open(&evidence.ledger) else { return };
    let columns = "file_rows, accepted, unchanged, duplicates, removed, rejected, dead_letters, unaccounted, batches, batches_done";
    let stored: Vec<u64> = db
        .query_row(&format!("SELECT {columns} FROM runs WHERE id = ?1"), [run["run"].as_str()], |row| {
            (0..10).map(|n| row.get::<_, i64>(n).map(|count| count as u64)).collect()
        })
        .unwrap_or_default();
    let told: Vec<u64> =
        ["rows"].iter().chain(&BUCKETS).chain(&["batches", "batches_done"]).map(|it| of(run, it)).collect();
    faults.claim(stored == told, "I12", || format!("stored {stored:?}, told {told:?}"));
}

/// What is stored as the answer to a call is one that the tenant gave. Of a call that was refused whole the status is enough.
fn answers(evidence: &Evidence, faults: &mut Faults) {
    let Some(db) = trail::open(&evidence.ledger) else { return };
    let sql = "SELECT seq, answer_sha256, body_sha256 FROM batches
               WHERE answer_sha256 IS NOT NULL AND status NOT IN (400, 413)";
    let mut statement = db.prepare(sql).unwrap();
    let stored = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)));
    // What takes off has a call for each record, and none of those is refused here.
    let all_gone: String =
        Sha256::digest(br#"{"refused":[]}"#).iter().map(|byte| format!("{byte:02x}")).collect();
    for (seq, hash, body) in stored.unwrap().flatten() {
        let is_given = match evidence.taken_off.contains(&body) {
            true => hash == all_gone,
            false => evidence.answers.contains(&hash),
        };
        faults.claim(is_given, "I6", || format!("nobody gave the answer that batch {seq} holds"));
    }
}

#[cfg(unix)]
fn modes(evidence: &Evidence, faults: &mut Faults) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut all = vec![evidence.ledger.clone()];
    all.extend(files_below(&evidence.ledger, true));
    for path in all {
        let meta = fs::metadata(&path).unwrap();
        let (mode, wanted) = (meta.permissions().mode() & 0o777, if meta.is_dir() { 0o700 } else { 0o600 });
        faults.claim(mode == wanted, "I10", || format!("{} has mode {mode:o}", path.display()));
    }
}

#[cfg(not(unix))]
fn modes(_: &Evidence, _: &mut Faults) {}

fn files_below(folder: &Path, folders_too: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path, folders_too));
        }
        if folders_too || path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Numbers and secrets are looked for wherever they must not be.
fn canaries(evidence: &Evidence, faults: &mut Faults) {
    for path in files_below(&evidence.home, false) {
        let is_half = path.extension().is_some_and(|it| it == "part");
        faults.claim(!is_half, "I10", || format!("{} was left half written", path.display()));
    }
    let numbers = digits(&evidence.meaning);
    let mut seen = |place: &str, text: &str, numbers_too: bool| {
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let shown = numbers.iter().find(|number| numbers_too && plain.contains(**number));
        faults.claim(shown.is_none(), "I14", || format!("a number of the file stands in {place}"));
        let told = evidence.secrets.iter().find(|secret| text.contains(secret.as_str()));
        faults.claim(told.is_none(), "I14", || format!("a secret stands in {place}"));
    };
    for said in &evidence.said {
        seen(&format!("the messages of {}", said.command), &said.stderr, true);
        // Dead letters and differences name the number: they were asked for.
        let is_of_run =
            ["upload", "resume", "runs", "gate"].iter().any(|word| said.command.starts_with(word))
                || said.command.starts_with("undo") && said.command.contains("--yes");
        seen(&format!("the answer of {}", said.command), &said.stdout, is_of_run);
    }
    if let Some(db) = trail::open(&evidence.ledger) {
        for event in trail::events(&db) {
            let reason = event.reason.as_deref().unwrap_or_default();
            seen("the trail", &format!("{} {reason}", event.words.join(" ")), true);
        }
    }
    for path in files_below(&evidence.home, false) {
        let is_ledger = path.starts_with(&evidence.ledger);
        let is_file = path.extension().is_some_and(|it| it == "csv");
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
        seen(&path.display().to_string(), &text, !is_ledger && !is_file);
    }
}
