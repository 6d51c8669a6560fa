//! The file of a run, and what it means: which number shall stand on the list, and what shall be said of it there. Written
//! from the plan and from what the list holds, without any code of the product.

use std::collections::{BTreeMap, BTreeSet};

use quietline::domain::plan::Destination;
use serde_json::Value;

use crate::plan::{Plan, Row};
use crate::truth::Records;

/// Area codes whose fictional numbers the seeded world leaves free, with their states.
const AREAS: [(u64, &str); 5] =
    [(201, "US-NJ"), (203, "US-CT"), (205, "US-AL"), (207, "US-ME"), (209, "US-CA")];
const REASONS: [&str; 4] = ["DNC", "BOUNCE", "COMPLIANCE", "CUSTOMER_REQUEST"];
const NO_NUMBERS: [&str; 6] = ["n/a", "911", "999-999-9999", "", "555-0101", "202-555-0101 / 202-555-0102"];

/// What is said of a number; each destination keeps other parts of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub jurisdiction: String,
    /// A day; the end of it is meant.
    pub expires: Option<String>,
    pub source: String,
    pub reason: String,
    pub notes: String,
}

/// Whom a row means.
#[derive(Clone, Copy)]
struct Who {
    number: u64,
    /// By an address that is made of the number.
    by_mail: bool,
}

impl Who {
    fn name(self) -> String {
        match self.by_mail {
            true => format!("p{}@example.com", self.number),
            false => format!("+{}", self.number),
        }
    }
}

/// The file and its meaning.
pub struct File {
    pub text: String,
    pub rows: u64,
    pub rejected: u64,
    pub duplicates: u64,
    /// Every number in E.164, and every address, with what shall be said of it.
    pub intended: BTreeMap<String, Said>,
    /// Those that the tenant takes on no list.
    pub unwanted: BTreeSet<String>,
}

impl File {
    pub fn of(plan: &Plan, before: &Records) -> Self {
        let mut file = Self {
            text: header(plan.to).to_owned(),
            rows: 0,
            rejected: 0,
            duplicates: 0,
            intended: BTreeMap::new(),
            unwanted: BTreeSet::new(),
        };
        // Whom the rows so far mean; nobody for those that are no number.
        let mut whom: Vec<Option<Who>> = Vec::new();
        for (nth, row) in plan.rows.iter().enumerate() {
            let meant = match *row {
                Row::Again { row } => whom[usize::from(row)].map(|who| (who, Said::default())),
                Row::Bad(_) => None,
                Row::Fresh { number, kind } => {
                    let (area, place) = AREAS[usize::from(number) / 100];
                    let number = 10_000_000_000 + area * 10_000_000 + 5_550_100 + u64::from(number) % 100;
                    // A suppression list knows some people by their address alone.
                    let by_mail = plan.to == Destination::Suppression && number % 3 == 0;
                    Some((Who { number, by_mail }, fresh(place, kind)))
                }
                Row::Unwanted { number } => {
                    let number = 18_005_550_100 + u64::from(number);
                    file.unwanted.insert(format!("+{number}"));
                    Some((Who { number, by_mail: false }, fresh("US-NJ", 0)))
                }
                Row::There { nth, changed } => there(plan.to, before, usize::from(nth), changed)
                    .map(|(number, said)| (Who { number, by_mail: false }, said)),
            };
            whom.push(meant.as_ref().map(|(who, _)| *who));
            file.add(plan.to, nth, row, meant);
        }
        file
    }

    fn add(&mut self, to: Destination, nth: usize, row: &Row, meant: Option<(Who, Said)>) {
        self.rows += 1;
        let (spelled, email, said) = match meant {
            None => {
                self.rejected += 1;
                let code = if let Row::Bad(kind) = row { usize::from(*kind) } else { 0 };
                (NO_NUMBERS[code % NO_NUMBERS.len()].to_owned(), String::new(), fresh("US-NJ", 0))
            }
            Some((who, said)) => {
                let name = who.name();
                let said = match self.intended.get_mut(&name) {
                    None => self.intended.entry(name.clone()).or_insert(said).clone(),
                    Some(first) => {
                        self.duplicates += 1;
                        // A second row may say more: no end is the strongest end.
                        if nth.is_multiple_of(2) && to == Destination::Entries {
                            first.expires = None;
                        }
                        first.clone()
                    }
                };
                match who.by_mail {
                    // Capital letters tell nobody apart.
                    true if nth.is_multiple_of(2) => (String::new(), name.to_uppercase(), said),
                    true => (String::new(), name, said),
                    false => (spell(who.number, nth), String::new(), said),
                }
            }
        };
        let cells: Vec<&str> = match to {
            Destination::Entries => {
                vec![&spelled, &said.jurisdiction, said.expires.as_deref().unwrap_or(""), &said.source]
            }
            Destination::Items => vec![&spelled, &said.notes],
            Destination::Suppression => {
                vec![&spelled, &email, &said.reason, said.expires.as_deref().unwrap_or("")]
            }
            Destination::Outbound => vec![&spelled, &said.reason, &said.source, &said.notes],
        };
        let cells: Vec<String> = cells.iter().map(|cell| format!("\"{cell}\"")).collect();
        self.text.push_str(&cells.join(","));
        self.text.push('\n');
    }
}

fn header(to: Destination) -> &'static str {
    match to {
        Destination::Entries => "phone,jurisdiction,expires,source\n",
        Destination::Items => "phone,notes\n",
        Destination::Suppression => "phone,email,reason,expires\n",
        Destination::Outbound => "phone,firstName,e-mail,plan\n",
    }
}

fn fresh(place: &str, kind: u8) -> Said {
    Said {
        jurisdiction: place.into(),
        expires: (kind % 3 == 1).then(|| format!("20{}-05-1{}", 31 + kind % 7, kind % 10)),
        source: format!("p{kind}@example.com"),
        reason: REASONS[usize::from(kind) % REASONS.len()].into(),
        notes: format!("plan {}", kind % 5),
    }
}

/// The nth number that the list holds for ever in one record, and what stands there or something else.
fn there(to: Destination, before: &Records, nth: usize, changed: bool) -> Option<(u64, Said)> {
    let steady: Vec<(&String, &Value)> = before
        .iter()
        .filter(|(who, records)| who.starts_with('+') && records.len() == 1)
        .map(|(who, records)| (who, &records[0]))
        .filter(|(_, it)| it["expirationDate"].is_null() && it["suppressUntil"].is_null())
        .collect();
    let (who, record) = steady.get(nth % steady.len().max(1))?;
    let word = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let mut said = Said {
        jurisdiction: word("jurisdiction"),
        expires: None,
        source: word("source"),
        reason: word("reason"),
        notes: "there already".into(),
    };
    if changed {
        said.expires = Some("2035-06-30".into());
    }
    if to == Destination::Outbound {
        said = fresh("US-NJ", 9);
    }
    Some((who[1..].parse().unwrap(), said))
}

fn spell(number: u64, style: usize) -> String {
    let (area, exchange, line) = (number / 10_000_000 % 1_000, number / 10_000 % 1_000, number % 10_000);
    match style % 5 {
        0 => format!("({area}) {exchange}-{line:04}"),
        1 => format!("{area}.{exchange}.{line:04}"),
        2 => format!("+1 {area} {exchange} {line:04}"),
        3 => format!("1-{area}-{exchange}-{line:04}"),
        _ => format!("{area}{exchange}{line:04}"),
    }
}
