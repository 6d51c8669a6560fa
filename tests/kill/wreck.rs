//! What a kill at a point leaves on disk: the journal is exactly so far, and no farther. Looked at in the ledger's file, before
//! anybody mends anything.

use rusqlite::Connection;

use crate::case::Case;
use crate::checker::{Kind, trail};
use crate::job::Job;
use crate::points::FURTHER;
use crate::stage::Desk;

/// What is asked of the ledger: a count, and its bounds. `n` is the passage at which it was killed.
struct Claim {
    what: &'static str,
    sql: &'static str,
    least: i64,
    most: i64,
}

const PLANS: &str = "SELECT count(*) FROM plans";
const APPROVALS: &str = "SELECT count(*) FROM approvals";
const RUNS: &str = "SELECT count(*) FROM runs";
const BATCHES: &str = "SELECT count(*) FROM batches";
const TRIED: &str = "SELECT count(*) FROM batches WHERE attempt > 0";
const ANSWERED: &str =
    "SELECT count(*) FROM batches WHERE state IN ('response', 'settled') AND answer_sha256 IS NOT NULL";
const BEYOND: &str = "SELECT count(*) FROM batches WHERE state IN ('response', 'settled')";
const SETTLED: &str = "SELECT count(*) FROM batches WHERE state = 'settled'";
const SENT: &str = "SELECT count(*) FROM batches WHERE state = 'intent' AND attempt > 0";
const HEARD: &str = "SELECT count(*) FROM batches WHERE state = 'response'";
const UNBOUND: &str = "SELECT count(*) FROM runs WHERE bound = 0 AND plan IS NOT NULL";
const CLAIMED: &str = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND lease IS NOT NULL";
const OPEN: &str = "SELECT count(*) FROM replacements WHERE done = 0";

fn claims(point: &str, n: i64) -> Vec<Claim> {
    let claim = |what, sql, least, most| Claim { what, sql, least, most };
    let any = i64::MAX;
    match point {
        "K1" | "K2" | "K3" | "K4" | "K5" => vec![claim("runs", RUNS, 1, 1), claim("plans", PLANS, 0, 0)],
        "K6" => vec![claim("plans", PLANS, 1, 1), claim("approvals", APPROVALS, 0, 0)],
        "K7" => vec![claim("runs", RUNS, 0, 0)],
        "K9" => vec![
            claim("approvals", APPROVALS, 1, 1),
            claim("batches", BATCHES, 1, any),
            claim("batches that were tried", TRIED, 0, 0),
        ],
        "K10" => vec![claim("batches that were tried", TRIED, 0, n - 1)],
        "K11" | "K12" | "K13" | "K14" | "K15" | "K16" => {
            vec![claim("batches that were tried", TRIED, n, any)]
        }
        // Read, and not stored: of this one nothing is known yet.
        "K17" | "K23" => {
            vec![
                claim("batches that were tried", TRIED, n, any),
                claim("batches beyond their call", BEYOND, 0, n - 1),
            ]
        }
        "K18" => vec![claim("stored answers", ANSWERED, n, any), claim("settled batches", SETTLED, 0, n - 1)],
        "K19" => vec![claim("stored answers", ANSWERED, n, any), claim("settled batches", SETTLED, 0, n - 1)],
        "K20" => vec![claim("settled batches", SETTLED, n, any), claim("stored answers", ANSWERED, n, any)],
        "D1" | "D2" => vec![claim("batches between intent and answer", SENT, 1, any)],
        "D3" | "D4" => vec![claim("batches with an answer that settles nothing", HEARD, 1, any)],
        "U1" => vec![claim("runs without batches", UNBOUND, 1, 1)],
        "O1" | "O2" => vec![claim("messages that wait for their mark", CLAIMED, 1, any)],
        "R1" | "R2" | "R3" => vec![claim("old records that stand", OPEN, 1, any)],
        _ => Vec::new(),
    }
}

fn count(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or(-1)
}

/// Looks at what the first life left that was killed at a point.
pub fn look(desk: &Desk, case: &Case, point: &str, passage: u64) -> Result<(), String> {
    // A call of items that holds one which cannot be taken is refused whole, answered, and cut in two: those are counted too.
    // Behind a first run its plan, its run and its batches are there as well.
    if case.kind == Kind::Items || (case.job != Job::Add && !FURTHER.contains(&point)) {
        return Ok(());
    }
    let claims = claims(point, passage as i64);
    let Some(db) = trail::open(&desk.ledger()) else {
        return if claims.is_empty() { Ok(()) } else { Err(format!("{point} left no ledger")) };
    };
    for Claim { what, sql, least, most } in claims {
        let found = count(&db, sql);
        if !(least..=most).contains(&found) {
            return Err(format!("I6: {point}#{passage} left {found} {what}, not {least} to {most}"));
        }
    }
    Ok(())
}
