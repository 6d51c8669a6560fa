//! Endpoint families, as limits, scopes and faults tell them apart.

use axum::http::Method;

use super::call::Call;

/// A family. Its word is that of orders, of the truth and of the flaky story's draws.
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

    /// Its word.
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

    /// Writes of many rows that carry no idempotency keys: two calls to one path are the same question only if their
    /// bodies are equal.
    pub(super) fn is_known_by_its_body(self) -> bool {
        matches!(self, Self::ItemsWrite | Self::SuppressionWrite | Self::ContactsWrite | Self::Bulk)
    }
}

/// Where an order strikes: a family, the reads and writes of one thing, or anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(&'static str);

impl Place {
    const ANY: &'static str = "any";

    /// Every word that names a place.
    pub(super) fn words() -> Vec<&'static str> {
        let mut words = vec![Self::ANY];
        for family in Family::ALL {
            let (word, thing) = (family.word(), thing(family));
            for word in [thing, word] {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        words
    }

    pub(super) fn of(family: Family) -> Self {
        Self(family.word())
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::words().into_iter().find(|known| *known == word.replace('-', "_")).map(Self)
    }

    pub(super) fn word(self) -> &'static str {
        self.0
    }

    pub(super) fn takes(self, family: Family) -> bool {
        [Self::ANY, family.word(), thing(family)].contains(&self.0)
    }
}

/// What a family reads or writes.
fn thing(family: Family) -> &'static str {
    let word = family.word();
    word.strip_suffix("_read").or_else(|| word.strip_suffix("_write")).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_family_or_both_sides_of_one_thing_or_anywhere() {
        let takes = |word: &str| -> Vec<&'static str> {
            let place = Place::from_word(word).unwrap();
            assert_eq!(place.word(), word.replace('-', "_"));
            Family::ALL.into_iter().filter(|family| place.takes(*family)).map(Family::word).collect()
        };
        assert_eq!(takes("entries-write"), ["entries_write"]);
        assert_eq!(takes("entries"), ["entries_read", "entries_write"]);
        assert_eq!(takes("jobs"), ["jobs_read"]);
        assert_eq!(takes("query"), ["query"]);
        assert_eq!(takes("any").len(), Family::ALL.len());
        assert_eq!(Place::from_word("entry"), None);
        let mut words = Place::words();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Place::words().len(), "each word once");
    }
}
