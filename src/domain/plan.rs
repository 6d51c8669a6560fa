//! Plans: what an upload would do, row by row, before anything is sent.

use std::fmt;

use super::entry::Attributes;
use super::list::ListId;
use super::phone::E164;

/// What a plan does with one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Not on the list: POST.
    Add,
    /// On the list with other attributes: POST the new record, read it back, DELETE the old one.
    Update,
    /// Already there with these attributes: nothing is sent.
    Unchanged,
}

/// One number of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// The number.
    pub number: E164,
    /// What the entry shall say.
    pub attributes: Attributes,
    /// What has to be done for that.
    pub op: Op,
    /// The data row of the file whose attributes won (the first of its number on a tie).
    pub row: u64,
    /// Ids of the records that an update replaces.
    pub replaces: Vec<String>,
    /// Repair counter of (list, number): part of the idempotency key.
    pub generation: u32,
}

/// The SHA-256 of a plan's content, in lower-case hex: what an approval is bound to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest(pub String);

impl Digest {
    /// The first twelve characters, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many rows a plan has of each kind. `rows = add + update + unchanged + duplicates + rejected` (+ `removed`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Physical data rows of the file.
    pub rows: u64,
    /// Numbers to add.
    pub add: u64,
    /// Numbers whose attributes change.
    pub update: u64,
    /// Numbers to take off.
    pub remove: u64,
    /// Numbers already as wanted.
    pub unchanged: u64,
    /// Rows whose number another row of the file carries.
    pub duplicates: u64,
    /// Rows scrubbed out before an outbound upload.
    pub removed: u64,
    /// Rows refused by validation.
    pub rejected: u64,
    /// Updates that bring an expiry forward: named in the confirmation.
    pub shortened: u64,
}

impl Counts {
    /// Numbers that something is sent for.
    pub fn operations(&self) -> u64 {
        self.add + self.update + self.remove
    }
}

/// What people see of a plan, and what the ledger keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary {
    /// Short id for people and commands: `p-3f9a12c4`.
    pub id: String,
    /// What an approval is bound to.
    pub digest: Digest,
    /// Profile it was made for.
    pub profile: String,
    /// Target list.
    pub list: ListId,
    /// Its name at the time.
    pub list_name: String,
    /// Absolute path of the input file.
    pub file: String,
    /// SHA-256 of the input file, lower-case hex.
    pub file_sha256: String,
    /// What it does.
    pub counts: Counts,
    /// When it was made.
    pub made_at: jiff::Timestamp,
    /// OS user who made it.
    pub made_by: String,
}
