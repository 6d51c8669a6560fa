//! Families of calls: which limiter they share and which scopes they need.

/// A family of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `dnc/entries`.
    Entries,
    /// `dnc/records/query`.
    Query,
    /// `dnc/lists`.
    Lists,
    /// `dnc/rules`.
    Rules,
    /// `users/me`.
    Me,
}

/// Everything that the families of this release need: the token is asked for these and no more.
pub(super) const ASKED: &str = "dnc:read dnc:write tenant:read contacts:read compliance:read";

impl Family {
    /// The scopes that a call of the family needs, for the person who has to grant them.
    pub(super) fn needed(self) -> &'static str {
        match self {
            Self::Entries | Self::Rules => "dnc:read dnc:write tenant:read",
            Self::Query => "dnc:read contacts:read",
            Self::Lists => "dnc:read dnc:write compliance:read",
            Self::Me => "tenant:read",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_asked_for_exactly_what_the_families_need() {
        let mut needed: Vec<&str> =
            [Family::Entries, Family::Query, Family::Lists, Family::Rules, Family::Me]
                .iter()
                .flat_map(|family| family.needed().split(' '))
                .collect();
        needed.sort_unstable();
        needed.dedup();
        let mut asked: Vec<&str> = ASKED.split(' ').collect();
        asked.sort_unstable();
        assert_eq!(needed, asked);
    }
}
