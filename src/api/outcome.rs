//! The outcome table: kind of write × status × stage → applied, not applied, indeterminate, and the reaction. Data, not
//! branches.
//!
//! ```text
//! find the first line of the kind that names the status, else the first of all kinds, else: it may have arrived
//! ```

/// Where a transport error struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Name look-up, connect, TLS: nothing left this machine.
    BeforeSend,
    /// From the first byte sent to the last byte received: it may have arrived.
    AfterSend,
}

/// What a status or transport error says about a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// There is an answer that says what took effect.
    Applied,
    /// It certainly did not take effect.
    NotApplied,
    /// It may have.
    Indeterminate,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// Read what the answer says.
    Read,
    /// Send the same again, after a pause.
    Retry,
    /// Read back, then send what is missing.
    ReadBack,
    /// Refresh the token, once.
    Refresh,
    /// Halve the batch.
    Bisect,
    /// Somebody else was faster: find what stands there, compare, and let a person decide.
    Compare,
    /// Stop and tell the person.
    Stop,
}

/// What is written. Each has its own ways of saying yes, and not each may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// `POST dnc/entries`: verdicts on rows; a new key would make a second record.
    Entries,
    /// `POST dnc/lists/{id}/items`: queued without verdicts; a repeat makes no new item.
    Items,
    /// `POST lists/{id}/contacts`: the identifier is the key; a repeat changes nothing.
    SuppressionContacts,
    /// `POST outbound/…/bulkinsert`: a job; a repeat makes every contact twice.
    Bulk,
    /// `PATCH contacts/{id}`: one field to one value; a repeat changes nothing.
    Contact,
    /// `POST` of a list or a rule: found by its name before it is made again.
    Create,
    /// `PATCH` of a list or a rule, with `If-Match` where there is a version.
    Change,
    /// `DELETE` of one thing by its id: gone is gone, whoever removed it.
    Removal,
}

impl Write {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Entries,
        Self::Items,
        Self::SuppressionContacts,
        Self::Bulk,
        Self::Contact,
        Self::Create,
        Self::Change,
        Self::Removal,
    ];

    /// Whether the very same call may be sent again when nobody knows whether it arrived.
    pub fn may_repeat(self) -> bool {
        matches!(self, Self::Items | Self::SuppressionContacts | Self::Contact | Self::Removal)
    }
}

/// One line of the table: from, to (both included), what it says of the write, what to do.
type Line = (u16, u16, Effect, Reaction);

/// What statuses mean where the kind of write does not say otherwise. What no line names may have arrived and is read
/// back: that is the safe side for codes nobody has heard of, for 1xx as a final answer and for numbers outside 100–599.
const COMMON: &[Line] = &[
    // A redirect is never followed: who sends one away has not taken the rows. 302 and 303 fall through: a server may have
    // worked on the call and point to where its result stands (303 says just that, and 302 is sent in its place).
    (300, 301, Effect::NotApplied, Reaction::Stop),
    (304, 399, Effect::NotApplied, Reaction::Stop),
    // The whole batch was refused: halving finds the row that the tenant cannot read.
    (400, 400, Effect::NotApplied, Reaction::Bisect),
    (401, 401, Effect::NotApplied, Reaction::Refresh),
    (402, 407, Effect::NotApplied, Reaction::Stop),
    // 408 falls through: the server gave up waiting, it may have read enough.
    (409, 412, Effect::NotApplied, Reaction::Stop),
    // Too many rows: discarded as a whole.
    (413, 413, Effect::NotApplied, Reaction::Bisect),
    (414, 417, Effect::NotApplied, Reaction::Stop),
    (421, 422, Effect::NotApplied, Reaction::Stop),
    (423, 423, Effect::NotApplied, Reaction::Retry),
    (424, 424, Effect::NotApplied, Reaction::Stop),
    (425, 425, Effect::NotApplied, Reaction::Retry),
    (426, 426, Effect::NotApplied, Reaction::Stop),
    (428, 428, Effect::NotApplied, Reaction::Stop),
    (429, 429, Effect::NotApplied, Reaction::Retry),
    (431, 431, Effect::NotApplied, Reaction::Stop),
    (451, 451, Effect::NotApplied, Reaction::Stop),
    // Not implemented: nobody worked on it. Every other 5xx may come from behind the commit.
    (501, 501, Effect::NotApplied, Reaction::Stop),
];

/// What one kind of write says in its own way.
const OWN: &[(Write, Line)] = &[
    // Verdicts on rows. 202 and 204 have none.
    (Write::Entries, (200, 201, Effect::Applied, Reaction::Read)),
    // Taken into a queue; which items stand on the list is read there.
    (Write::Items, (200, 204, Effect::Indeterminate, Reaction::ReadBack)),
    // What may be repeated need not be read back behind a redirect; to repeat it at once would be redirected again.
    (Write::Items, (302, 303, Effect::NotApplied, Reaction::Stop)),
    (Write::SuppressionContacts, (200, 201, Effect::Applied, Reaction::Read)),
    (Write::SuppressionContacts, (302, 303, Effect::NotApplied, Reaction::Stop)),
    // Records refused, and nothing of the call applied: the others are sent again.
    (Write::SuppressionContacts, (422, 422, Effect::NotApplied, Reaction::Read)),
    // The id of a job.
    (Write::Bulk, (200, 202, Effect::Applied, Reaction::Read)),
    // Contacts have no keys: where any doubt is left, they are looked for before anybody sends them again.
    (Write::Bulk, (300, 399, Effect::Indeterminate, Reaction::ReadBack)),
    // One thing, one status.
    (Write::Contact, (200, 200, Effect::Applied, Reaction::Read)),
    (Write::Contact, (204, 204, Effect::Applied, Reaction::Read)),
    (Write::Contact, (302, 303, Effect::NotApplied, Reaction::Stop)),
    // There is nothing to halve in these.
    (Write::Contact, (400, 400, Effect::NotApplied, Reaction::Stop)),
    (Write::Contact, (413, 413, Effect::NotApplied, Reaction::Stop)),
    (Write::Create, (200, 201, Effect::Applied, Reaction::Read)),
    (Write::Create, (400, 400, Effect::NotApplied, Reaction::Stop)),
    (Write::Create, (409, 409, Effect::NotApplied, Reaction::Compare)),
    (Write::Create, (413, 413, Effect::NotApplied, Reaction::Stop)),
    (Write::Change, (200, 200, Effect::Applied, Reaction::Read)),
    (Write::Change, (204, 204, Effect::Applied, Reaction::Read)),
    (Write::Change, (400, 400, Effect::NotApplied, Reaction::Stop)),
    (Write::Change, (409, 409, Effect::NotApplied, Reaction::Compare)),
    (Write::Change, (412, 412, Effect::NotApplied, Reaction::Compare)),
    (Write::Change, (413, 413, Effect::NotApplied, Reaction::Stop)),
    (Write::Removal, (200, 200, Effect::Applied, Reaction::Read)),
    (Write::Removal, (204, 204, Effect::Applied, Reaction::Read)),
    (Write::Removal, (302, 303, Effect::NotApplied, Reaction::Stop)),
    (Write::Removal, (400, 400, Effect::NotApplied, Reaction::Stop)),
    (Write::Removal, (404, 404, Effect::Applied, Reaction::Read)),
    (Write::Removal, (409, 409, Effect::NotApplied, Reaction::Compare)),
    (Write::Removal, (410, 410, Effect::Applied, Reaction::Read)),
    (Write::Removal, (412, 412, Effect::NotApplied, Reaction::Compare)),
    (Write::Removal, (413, 413, Effect::NotApplied, Reaction::Stop)),
];

/// What a status says about a write. Total: every number has an answer for every kind.
pub fn classify_status(write: Write, status: u16) -> (Effect, Reaction) {
    let names = |(from, to, ..): &Line| (*from..=*to).contains(&status);
    let own = OWN.iter().filter(|(kind, _)| *kind == write).map(|(_, line)| line);
    match own.chain(COMMON).find(|line| names(line)) {
        Some(&(_, _, effect, reaction)) => (effect, reaction),
        None => unsure(write),
    }
}

/// What a transport error says about a write.
pub fn classify_transport(write: Write, stage: Stage) -> (Effect, Reaction) {
    match stage {
        Stage::BeforeSend => (Effect::NotApplied, Reaction::Retry),
        Stage::AfterSend => unsure(write),
    }
}

/// It may have arrived: what may be repeated is repeated, the rest is read back.
fn unsure(write: Write) -> (Effect, Reaction) {
    let reaction = if write.may_repeat() { Reaction::Retry } else { Reaction::ReadBack };
    (Effect::Indeterminate, reaction)
}

/// Whether a read may be repeated after this status.
pub(super) fn read_may_repeat(status: u16) -> bool {
    matches!(status, 408 | 423 | 425 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests;
