//! The 34 points at which a kill hurts most, and where each has its place.
//!
//! Those of [`Place::Source`] stand in the program itself (`kill_point!`, one line each, nothing in a release). Those of
//! [`Place::Wire`] are done from the tenant's side: a relay between program and tenant sees how far a call has come, and
//! holds it there while the program is killed. [`Place::Harness`] needs neither.
//!
//! Where the program has no such step of its own, the point stands at the step that is lost in its place; `instead` says so.

use crate::job::Job;
use crate::wire::Stage;

/// Where a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Source,
    Wire(Stage),
    Harness,
}

/// A point.
pub struct Point {
    pub name: &'static str,
    pub when: &'static str,
    pub place: Place,
    /// What stands for it, where the program has no such step.
    pub instead: Option<&'static str>,
}

const fn source(name: &'static str, when: &'static str) -> Point {
    Point { name, when, place: Place::Source, instead: None }
}

const fn in_place(name: &'static str, when: &'static str, instead: &'static str) -> Point {
    Point { name, when, place: Place::Source, instead: Some(instead) }
}

const fn wire(name: &'static str, when: &'static str, stage: Stage) -> Point {
    Point { name, when, place: Place::Wire(stage), instead: None }
}

/// All of them, in order.
pub const POINTS: [Point; 34] = [
    in_place(
        "K1",
        "during the copy of the file",
        "no copy is made: the run is written as draft, the file not opened yet",
    ),
    in_place(
        "K2",
        "copied, and its hash not recorded",
        "no copy is made: the file is hashed, and nothing of it is stored",
    ),
    source("K3", "while the file is read"),
    source("K4", "in the middle of writing the plan, or the baseline before it"),
    source("K5", "the plan is written, and has not its name yet"),
    source("K6", "in the middle of the approval's transaction"),
    source("K7", "the list is locked, and nothing else"),
    source("K8", "a token has come, and is not kept"),
    source("K9", "the batches are queued"),
    source("K10", "an intent is written, and not committed"),
    source("K11", "the intent is on disk, and no byte is sent"),
    wire("K12", "the head of the call is sent", Stage::Head),
    wire("K13", "half of its body is sent", Stage::Half),
    wire("K14", "the whole call is sent, and nothing answered", Stage::Sent),
    wire("K15", "it took effect, and its answer is under way", Stage::Answered),
    wire("K16", "the head of the answer is read", Stage::AnswerHead),
    source("K17", "the answer is read, and not stored"),
    source("K18", "the answer is stored, and no row settled"),
    source("K19", "in the middle of the settling transaction"),
    in_place(
        "K20",
        "settled, and the trail's mirror not written",
        "that is M1; this is behind it: settled, and nobody told",
    ),
    in_place(
        "K21",
        "the outbox holds the news, and nothing is sent",
        "that is O1; this is before: the end is stored, and nobody told",
    ),
    in_place(
        "K22",
        "the news is sent, and not marked",
        "that is O2; this is the end of the run told on the screen, and the process not over",
    ),
    source("K23", "the id of a job is received, and not stored"),
    source("K24", "the end of a job is heard, and not applied"),
    source("K25", "while a batch that was too large is cut in two"),
    source("K26", "while a token is renewed"),
    source("K27", "in the cool-down"),
    source("K28", "in the middle of reading the list, behind a page"),
    source("K29", "while the log of the database is folded into it"),
    source("K30", "in the middle of the migration of the schema"),
    source("K31", "the export of dead letters is written, and has not its name yet"),
    in_place(
        "K32",
        "while a ledger is recovered",
        "nothing has to be recovered: in the marking of runs that a kill left",
    ),
    source("K33", "killed again while the first kill is mended"),
    Point { name: "K34", when: "asleep, and then killed", place: Place::Harness, instead: None },
];

/// Places beside the 34: of an update, whose old record is read back, named as going, gone; of numbers that come off, whose
/// intent is on disk, of whose records some are gone, all are answered for, all were looked for; of a stored plan, whose run
/// is written and its batches not queued; of the trail, whose mirror has no line yet of what is committed; and of the outbox,
/// whose message is claimed and not sent, sent and not marked.
pub const FURTHER: [&str; 11] = ["R1", "R2", "R3", "D1", "D2", "D3", "D4", "U1", "M1", "O1", "O2"];

/// What can be done where a point is passed, the first kinds of list apart: `case.rs` chooses one of these for each round.
pub fn jobs_of(point: &str) -> &'static [Job] {
    use Job::{Add, Deletions, Remove, Sync, Undo};
    match point {
        // Before there is a plan, and of a file.
        "K1" | "K2" | "K3" | "K7" | "K9" => &[Add, Remove, Sync, Deletions],
        "K11" | "K17" | "K18" | "K25" => &[Add, Sync, Undo],
        "R1" | "R2" | "R3" => &[Sync, Undo, Add],
        "D1" | "D2" | "D3" | "D4" => &[Remove, Sync, Undo, Deletions],
        "U1" => &[Undo, Sync, Remove],
        // Jobs that only these have, or a ledger that is not there yet.
        "K23" | "K24" | "K30" | "K31" => &[Add],
        _ => &[Add, Sync, Remove, Undo],
    }
}
