//! Endpoint families, as limits, scopes and faults tell them apart.

use axum::http::Method;

use super::call::Call;

/// A family. Its word is that of the control routes, of the truth and of the flaky story's draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Token,
    Me,
    ListsRead,
    ListsWrite,
    RulesRead,
    RulesWrite,
    EntriesRead,
    EntriesWrite,
    Query,
    ItemsRead,
    ItemsWrite,
    SuppressionRead,
    SuppressionWrite,
    ContactsWrite,
    Bulk,
    /// Jobs, and the contacts of contact lists: what a bulk insert is read back by.
    JobsRead,
    /// The handshake of the events.
    Events,
    Other,
}

impl Family {
    pub(super) const ALL: [Self; 18] = [
        Self::Token,
        Self::Me,
        Self::ListsRead,
        Self::ListsWrite,
        Self::RulesRead,
        Self::RulesWrite,
        Self::EntriesRead,
        Self::EntriesWrite,
        Self::Query,
        Self::ItemsRead,
        Self::ItemsWrite,
        Self::SuppressionRead,
        Self::SuppressionWrite,
        Self::ContactsWrite,
        Self::Bulk,
        Self::JobsRead,
        Self::Events,
        Self::Other,
    ];

    pub(super) fn of(call: &Call) -> Self {
        let rest = match call.path.strip_prefix("/api/v2/") {
            None if call.path == "/oauth/token" => return Self::Token,
            None => return Self::Other,
            Some(rest) => rest,
        };
        let reads = call.method == Method::GET;
        match rest.split('/').collect::<Vec<_>>()[..] {
            ["users", "me", ..] => Self::Me,
            ["dnc", "lists", _, "items", ..] if reads => Self::ItemsRead,
            ["dnc", "lists", _, "items", ..] => Self::ItemsWrite,
            ["dnc", "lists", ..] if reads => Self::ListsRead,
            ["dnc", "lists", ..] => Self::ListsWrite,
            ["dnc", "rules", ..] if reads => Self::RulesRead,
            ["dnc", "rules", ..] => Self::RulesWrite,
            ["dnc", "entries", ..] if reads => Self::EntriesRead,
            ["dnc", "entries", ..] => Self::EntriesWrite,
            ["dnc", "records", ..] => Self::Query,
            ["lists", ..] if reads => Self::SuppressionRead,
            ["lists", ..] => Self::SuppressionWrite,
            ["contacts", ..] => Self::ContactsWrite,
            ["outbound", "contactlistitems", ..] => Self::Bulk,
            ["outbound", "jobs" | "contactlists", ..] => Self::JobsRead,
            ["events"] => Self::Events,
            _ => Self::Other,
        }
    }

    /// The word of the control route.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Me => "me",
            Self::ListsRead => "lists_read",
            Self::ListsWrite => "lists_write",
            Self::RulesRead => "rules_read",
            Self::RulesWrite => "rules_write",
            Self::EntriesRead => "entries_read",
            Self::EntriesWrite => "entries_write",
            Self::Query => "query",
            Self::ItemsRead => "items_read",
            Self::ItemsWrite => "items_write",
            Self::SuppressionRead => "suppression_read",
            Self::SuppressionWrite => "suppression_write",
            Self::ContactsWrite => "contacts_write",
            Self::Bulk => "bulk",
            Self::JobsRead => "jobs_read",
            Self::Events => "events",
            Self::Other => "other",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }

    /// Writes of many rows that carry no idempotency keys: two calls to one path are the same question only if their
    /// bodies are equal.
    pub(super) fn is_known_by_its_body(self) -> bool {
        matches!(self, Self::ItemsWrite | Self::SuppressionWrite | Self::ContactsWrite | Self::Bulk)
    }
}
