//! Audit events: who did what to what, why, with which effect. No raw numbers in them. And what is known of their chain.

use std::fmt;

use jiff::Timestamp;

use super::identifier::masked_addresses;

/// Digits of a telephone number with its area code, at least; fewer are dates, tickets and amounts. More may be a day beside
/// a number, or two numbers.
const DIGITS: usize = 10;

/// A text that a person typed, as it may stand in the trail: telephone numbers keep their last two digits, addresses their
/// first letter.
pub fn masked(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || " ()+-./\u{a0}".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
        let (before, tail) = rest.split_at(from);
        out.push_str(before);
        let end = tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        // What separates words behind it is none of its own.
        let run = tail[..end].trim_end_matches(|c: char| !c.is_ascii_digit());
        let run = if run.is_empty() { &tail[..end] } else { run };
        let digits: Vec<char> = run.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= DIGITS {
            out.push_str("•••");
            out.extend(&digits[digits.len() - 2..]);
        } else {
            out.push_str(run);
        }
        rest = &tail[run.len()..];
    }
    out.push_str(rest);
    masked_addresses(&out)
}

/// One event of the trail, newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Position in the trail, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// OS user.
    pub actor: String,
    /// `plan.approved`, `run.started`, `run.state`, `list.reconciled`, …
    pub kind: String,
    /// What it is about: `run 7f3a91c2`, `list L-1`.
    pub object: String,
    /// One sentence with the effect. Numbers masked.
    pub effect: String,
    /// The reason a person gave.
    pub reason: Option<String>,
    /// Hash of the event, chained to the one before, lower-case hex.
    pub hash: String,
}

/// What a look at the trail found: the table held against its hashes, its mirror and its checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailReport {
    /// Events in the table.
    pub records: u64,
    /// Hash of the newest one.
    pub head: String,
    /// Events up to this one were not looked at again, since an earlier look had found them whole; 0 = all were.
    pub trusted: u64,
    /// The first place that is not what was written, if any. One that was acknowledged stays one.
    pub broken: Option<TrailBreak>,
    /// A person has acknowledged every break that there is, so runs may begin again.
    pub acknowledged: bool,
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
}

impl TrailReport {
    /// Whether everything that was looked at is what was written.
    pub fn is_intact(&self) -> bool {
        self.broken.is_none()
    }

    /// A break that nobody has acknowledged: no run begins.
    pub fn stops_runs(&self) -> Option<&TrailBreak> {
        self.broken.as_ref().filter(|_| !self.acknowledged)
    }
}

/// A place of the trail that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailBreak {
    /// Position of the event, from 1: the first that was changed, moved, or is gone.
    pub at: u64,
    /// What is off, as a clause.
    pub what: String,
}

impl fmt::Display for TrailBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} of the audit trail is not what was written: {}", self.at, self.what)
    }
}

/// A signed statement that the trail had so many events and this head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many events it covers.
    pub records: u64,
    /// Hash of the last of them.
    pub head: String,
    /// When it was signed.
    pub at: Timestamp,
    /// Public key that it was signed with (Ed25519), lower-case hex.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_reason_keeps_no_number_and_no_address_and_everything_else() {
        for (typed, kept) in [
            ("monthly load", "monthly load"),
            ("ticket 4711, asked on 2026-11-20 at 14:02", "ticket 4711, asked on 2026-11-20 at 14:02"),
            ("for +1 (202) 555-0101.", "for •••01."),
            ("2025550101 and 202.555.0102, both", "•••01 and •••02, both"),
            ("asked by a.person@example.com", "asked by a•••••••@example.com"),
            ("+ and ( and 3", "+ and ( and 3"),
            ("opted out 2026-11-30 202-555-0121", "opted out •••21"),
            ("202 555 0121 / 202 555 0122 asked", "•••22 asked"),
            ("", ""),
        ] {
            assert_eq!(masked(typed), kept, "{typed}");
        }
    }
}
