//! The file of a run and what it means, and whoever stands on the list before it. All numbers are of the ranges that are
//! nobody's, and of area codes that the seeded world leaves free.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::checker::{Fate, Kind, Meaning, Records};

/// Area codes, with their states.
pub(crate) const AREAS: [(u64, &str); 5] =
    [(201, "US-NJ"), (203, "US-CT"), (205, "US-AL"), (207, "US-ME"), (209, "US-CA")];
const REASONS: [&str; 4] = ["DNC", "BOUNCE", "COMPLIANCE", "CUSTOMER_REQUEST"];
/// Those that stand on the list before, in an area of their own. The first are meant to be changed, the next to stay as
/// they are, and the last are not in the file.
pub(crate) const BEFORE: u64 = 9;
pub(crate) const EACH: u64 = 3;
pub(crate) const DAY: &str = "2035-06-30";

/// A file and its meaning.
pub struct File {
    pub text: String,
    pub meaning: Meaning,
}

pub(crate) fn whole(area: u64, line: u64) -> String {
    format!("+1{area}5550{}", 100 + line)
}

pub(crate) fn before(n: u64) -> String {
    whole(213, n)
}

/// What puts somebody on the list before the run: path below the API, and body. Nothing where the world has put them there.
pub fn prior(kind: Kind, list_id: &str) -> Option<(String, Value)> {
    let all = 0..BEFORE;
    match kind {
        Kind::Entries => {
            let rows: Vec<Value> = all
                .map(|n| {
                    json!({"phoneNumber": before(n), "listId": list_id, "jurisdiction": "US-CA", "source": "before",
                           "idempotencyKey": format!("prior-{n}")})
                })
                .collect();
            Some(("/dnc/entries".into(), json!({ "data": rows })))
        }
        Kind::Items => {
            let rows: Vec<Value> =
                all.map(|n| json!({"phoneNumber": before(n), "notes": "before"})).collect();
            Some((format!("/dnc/lists/{list_id}/items"), rows.into()))
        }
        Kind::Suppression => {
            let rows: Vec<Value> = all.map(|n| json!({"phoneNumber": before(n), "reason": "DNC"})).collect();
            Some((format!("/lists/{list_id}/contacts"), json!({ "contacts": rows })))
        }
        Kind::Outbound => None,
    }
}

impl File {
    /// So many new numbers, and of those that stand there already some of each sort.
    pub fn of(kind: Kind, fresh: u64, there: &Records) -> Self {
        let header = match kind {
            Kind::Entries => "phone,jurisdiction,expires,source\n",
            Kind::Items => "phone,notes\n",
            Kind::Suppression => "phone,reason,expires\n",
            Kind::Outbound => "phone,firstName,e-mail,plan\n",
        };
        let mut file = Self { text: header.into(), meaning: Meaning::default() };
        for n in 0..fresh {
            let (area, place) = AREAS[(n % 5) as usize];
            let (line, kept) = (n / 5, n % 3 == 1);
            let reason = REASONS[(n % 4) as usize];
            let (cells, fields) = row(kind, place, if kept { DAY } else { "" }, "kill", reason);
            file.add(&format!("({area}) 555-0{}", 100 + line), &cells);
            file.meaning.fates.insert(whole(area, line), Fate::Stands(fields));
            if n % 8 == 3 {
                // The same number in another spelling.
                file.add(&format!("1-{area}-555-0{}", 100 + line), &cells);
                file.meaning.duplicates += 1;
            }
            if n % 10 == 7 {
                file.add("n/a", &cells);
                file.meaning.rejected += 1;
            }
        }
        let (cells, _) = row(kind, "US-NJ", "", "kill", "DNC");
        file.add("800-555-0150", &cells);
        file.meaning.fates.insert("+18005550150".into(), Fate::Refused);
        file.add_those_there(kind, there);
        file
    }

    /// Takes out whom the tenant takes on no list.
    pub fn leave_out_the_refused(&mut self) {
        let all = self.text.lines().count();
        self.text = self
            .text
            .lines()
            .filter(|line| !line.starts_with("800-"))
            .map(|line| format!("{line}\n"))
            .collect();
        self.meaning.rows -= (all - self.text.lines().count()) as u64;
        self.meaning.fates.retain(|_, fate| !matches!(fate, Fate::Refused));
    }

    fn add_those_there(&mut self, kind: Kind, there: &Records) {
        if kind == Kind::Outbound {
            // Whoever stands on a list to be called is not put there again, whatever is said of them.
            let (cells, _) = row(kind, "", "", "kill", "DNC");
            for who in there.keys().take(EACH as usize) {
                self.add(who, &cells);
                self.meaning.fates.insert(who.clone(), Fate::Unchanged);
            }
            return;
        }
        for n in 0..2 * EACH {
            let changes = n < EACH && kind != Kind::Items;
            let (until, reason) = if changes { (DAY, "COMPLIANCE") } else { ("", "DNC") };
            let (cells, fields) = row(kind, "US-CA", until, "before", reason);
            self.add(&before(n), &cells);
            let fate = if changes { Fate::Stands(fields) } else { Fate::Unchanged };
            self.meaning.fates.insert(before(n), fate);
        }
    }

    pub(crate) fn add(&mut self, number: &str, cells: &[String]) {
        self.meaning.rows += 1;
        let _ = writeln!(self.text, "{number},{}", cells.join(","));
    }
}

/// The other cells of a row, and what a record has to say then.
pub(crate) fn row(
    kind: Kind,
    place: &str,
    until: &str,
    source: &str,
    reason: &str,
) -> (Vec<String>, BTreeMap<&'static str, Value>) {
    let end = if until.is_empty() { Value::Null } else { json!(format!("{until}T23:59:59Z")) };
    let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    match kind {
        Kind::Entries => (
            cells(&[place, until, source]),
            BTreeMap::from([
                ("jurisdiction", json!(place)),
                ("expirationDate", end),
                ("source", json!(source)),
            ]),
        ),
        Kind::Items => (cells(&["by kill"]), BTreeMap::from([("notes", json!("by kill"))])),
        Kind::Suppression => {
            (cells(&[reason, until]), BTreeMap::from([("reason", json!(reason)), ("suppressUntil", end)]))
        }
        Kind::Outbound => (
            cells(&["Ada", "ada@example.com", "gold"]),
            BTreeMap::from([("firstName", json!("Ada")), ("email", json!("ada@example.com"))]),
        ),
    }
}
