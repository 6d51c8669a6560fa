//! What happens in one run: a function of its seed. Its `Display` is what a failing run prints.

use std::fmt;

use fastrand::Rng;
use quietline::domain::plan::Destination;
use quietline::sandbox::Story;
use serde_json::{Value, json};

/// Rows of a file at most.
const MOST_ROWS: usize = 120;

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub to: Destination,
    pub rows: Vec<Row>,
    pub per_call: usize,
    pub story: Story,
    /// What is ordered of the tenant before the run, in this order: lever and order.
    pub orders: Vec<(&'static str, Value)>,
    /// One for each of the first lives of the run.
    pub lives: Vec<Life>,
    /// Whether a tenant refuses a whole call of suppression contacts for one bad record.
    pub strict: bool,
    /// Whether the tenant lets nobody read its contact lists.
    pub unreadable: bool,
}

/// What cuts a life of the run short, counted in settled batches.
#[derive(Clone, Copy, Debug)]
pub enum Life {
    /// A person stops it.
    Stopped(u32),
    /// No token is accepted any more.
    Revoked(u32),
    /// The tenant forgets the idempotency keys.
    Forgotten(u32),
}

/// A data row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A number that stands nowhere; `kind` chooses what is said of it.
    Fresh { number: u16, kind: u8 },
    /// The number of an earlier row in another spelling.
    Again { row: u16 },
    /// A number that the list holds already, as it stands there or with something else said of it.
    There { nth: u16, changed: bool },
    /// A number that the tenant takes on no list.
    Unwanted { number: u16 },
    /// No number.
    Bad(u8),
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let to = Destination::ALL[chance.usize(..Destination::ALL.len())].0;
        let rows = rows(&mut chance);
        let batches = chance.usize(1..=12);
        let per_call = chance.usize(1..=1 + rows.len() / batches);
        let story = if chance.u8(..3) == 0 { Story::Flaky } else { Story::Calm };
        let mut plan = Self {
            seed,
            to,
            rows,
            per_call,
            story,
            orders: Vec::new(),
            lives: Vec::new(),
            strict: chance.bool(),
            unreadable: to == Destination::Outbound && chance.u8(..3) == 0,
        };
        for _ in 0..chance.usize(0..=6) {
            let order = order(&mut chance, to);
            // Where the list cannot be read, a job's word is all there is.
            if !(plan.unreadable && order.1["do"] == "quiet_loss") {
                plan.orders.push(order);
            }
        }
        if chance.u8(..2) == 0 {
            for _ in 0..chance.usize(1..=3) {
                let settled = chance.u32(0..5);
                plan.lives.push(match chance.u8(..5) {
                    0 => Life::Revoked(settled),
                    1 => Life::Forgotten(settled),
                    _ => Life::Stopped(settled),
                });
            }
        }
        // Keys are forgotten after a day, and no call is on its way for so long.
        if plan.lives.iter().any(|life| matches!(life, Life::Forgotten(_))) {
            let is_late = |word: Option<&str>| matches!(word, Some("late_commit" | "late_reset"));
            plan.orders.retain(|(_, order)| !is_late(order["do"].as_str()));
        }
        plan
    }

    /// Whether anything at all may go wrong.
    pub fn is_calm(&self) -> bool {
        self.story == Story::Calm && self.orders.is_empty() && !self.unreadable
    }

    /// Whether the tenant may say what is not so: that it took what it did not take, or that it does not hold what it holds.
    pub fn may_be_told_untruths(&self) -> bool {
        self.orders.iter().any(|(lever, order)| match (*lever, order["do"].as_str()) {
            ("fault", Some("lie" | "omit" | "repeat_page" | "reorder_page" | "clamp_page")) => true,
            ("fault", Some("status")) => {
                let status = order["status"].as_u64().unwrap_or_default();
                // Of a write that was not looked at, or of a thing that stands there.
                (200..300).contains(&status) || matches!(status, 404 | 410)
            }
            _ => false,
        })
    }
}

fn rows(chance: &mut Rng) -> Vec<Row> {
    let count = chance.usize(1..=MOST_ROWS);
    let mut fresh: Vec<u16> = (0..500).collect();
    chance.shuffle(&mut fresh);
    let mut rows: Vec<Row> = Vec::new();
    // The first is a good one: a file without any number is no upload.
    for (n, number) in fresh.into_iter().take(count).enumerate() {
        let row = match chance.u8(..20) {
            _ if n == 0 => Row::Fresh { number, kind: chance.u8(..) },
            0 | 1 => Row::Again { row: chance.u16(..n as u16) },
            2 => Row::Bad(chance.u8(..)),
            3 => Row::Unwanted { number: number % 100 },
            4 | 5 => Row::There { nth: chance.u16(..), changed: chance.bool() },
            _ => Row::Fresh { number, kind: chance.u8(..) },
        };
        rows.push(row);
    }
    rows
}

/// Words of the sandbox's faults that any call may meet.
const FAULTS: [&str; 19] = [
    "throttle",
    "throttle_date",
    "unavailable",
    "unavailable_after",
    "unauthorised",
    "too_large",
    "reset_before",
    "reset_midway",
    "reset_after",
    "error_after",
    "truncate",
    "html",
    "status",
    "drip",
    "length_over",
    "length_under",
    "truncate_json",
    "late_commit",
    "late_reset",
];
const STATUSES: [u16; 41] = [
    200, 201, 202, 203, 204, 206, 207, 226, 300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406,
    407, 408, 409, 410, 412, 413, 415, 418, 422, 423, 425, 428, 429, 451, 500, 501, 502, 504, 599, 999,
];
const FATES: [&str; 7] = ["complete", "fail", "abort", "lose", "stuck", "odd", "quiet_loss"];
const FEEDS: [&str; 13] = [
    "mute",
    "no_pong",
    "skip",
    "duplicate",
    "out_of_order",
    "unknown_status",
    "foreign_job",
    "bad_json",
    "binary",
    "huge",
    "close",
    "drop",
    "refuse",
];

fn order(chance: &mut Rng, to: Destination) -> (&'static str, Value) {
    if to == Destination::Outbound {
        match chance.u8(..8) {
            0..=2 => {
                let (fate, next) = (pick(chance, &FATES), chance.u8(1..=2));
                let mut order = json!({"do": fate, "next": next});
                if fate == "quiet_loss" {
                    order["rows"] = chance.u8(1..=3).into();
                }
                return ("jobs", order);
            }
            3 => {
                let status = pick(chance, &[401, 403, 404, 426, 302, 500, 503]);
                return ("feed", json!({"do": pick(chance, &FEEDS), "next": 1, "status": status}));
            }
            _ => {}
        }
    }
    let (writes, reads): (&str, &[&str]) = match to {
        Destination::Entries => ("entries_write", &["entries_read", "lists_read", "rules_read", "query"]),
        Destination::Items => ("items_write", &["items_read", "lists_read", "rules_read", "query"]),
        Destination::Suppression => ("suppression_write", &["suppression_read"]),
        Destination::Outbound => ("bulk", &["jobs_read"]),
    };
    let on = match chance.u8(..10) {
        0..=5 => writes,
        6..=7 => pick(chance, reads),
        8 => "token",
        _ => "any",
    };
    let mut order = json!({"on": on, "skip": chance.u8(..6), "next": chance.u8(1..=3)});
    order["do"] = match chance.u8(..8) {
        0 if on == writes => pick(chance, &["omit", "lie"]).into(),
        // A page of contacts that leaves one out cannot be told from a list without it: it would be sent again.
        0 if on != "any" && to != Destination::Outbound => {
            pick(chance, &["omit", "clamp_page", "repeat_page", "reorder_page"]).into()
        }
        0 if on != "any" => pick(chance, &["clamp_page", "repeat_page", "reorder_page"]).into(),
        _ => pick(chance, &FAULTS).into(),
    };
    if order["do"] == "status" {
        order["status"] = pick(chance, &STATUSES).into();
    }
    match order["do"].as_str() {
        Some("drip") => (order["bytes"], order["ms"]) = (4_096.into(), 5.into()),
        // Within the time that a call is given to be served after its answer was given up.
        Some("late_commit" | "late_reset") => order["ms"] = 100.into(),
        _ => {}
    }
    ("fault", order)
}

fn pick<T: Copy>(chance: &mut Rng, from: &[T]) -> T {
    from[chance.usize(..from.len())]
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&Row) -> bool| self.rows.iter().filter(|row| is(row)).count();
        write!(
            f,
            "seed {}: {} rows ({} fresh, {} again, {} there, {} unwanted, {} bad) to {}, {} a call, {:?}",
            self.seed,
            self.rows.len(),
            count(|row| matches!(row, Row::Fresh { .. })),
            count(|row| matches!(row, Row::Again { .. })),
            count(|row| matches!(row, Row::There { .. })),
            count(|row| matches!(row, Row::Unwanted { .. })),
            count(|row| matches!(row, Row::Bad(_))),
            self.to,
            self.per_call,
            self.story,
        )?;
        if self.strict && self.to == Destination::Suppression {
            f.write_str(", strict")?;
        }
        if self.unreadable {
            f.write_str(", unreadable")?;
        }
        for (lever, order) in &self.orders {
            write!(f, "; {lever} {order}")?;
        }
        for life in &self.lives {
            write!(f, "; {life:?}")?;
        }
        Ok(())
    }
}
