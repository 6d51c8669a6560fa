//! What a plan was made under: the options that decide what its rows say, and where they go.

use std::collections::BTreeMap;
use std::collections::btree_map::Iter;

/// Options by name, each with what it said when a plan was made. Sorted, so two that say the same are written the same. Part
/// of the plan's digest; empty for plans from before it was kept. Values are words or digests, never secrets or numbers.
/// What stood on the list then is among them, and is not compared: a launch plans every row against the list itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeUnder(BTreeMap<String, String>);

impl MadeUnder {
    /// Notes what an option says.
    #[must_use]
    pub fn with(mut self, name: &str, says: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), says.into());
        self
    }

    /// What an option said.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every option with what it said, sorted by name.
    pub fn iter(&self) -> Iter<'_, String, String> {
        self.0.iter()
    }

    /// The first option that is not what it was: its name, what it said, what it says now. What `now` does not name is not
    /// compared.
    pub fn changed<'a>(&'a self, now: &'a Self) -> Option<(&'a str, &'a str, &'a str)> {
        let differs = |(name, said): (&'a String, &'a String)| {
            let says = now.get(name)?;
            (says != said).then_some((name.as_str(), said.as_str(), says))
        };
        self.0.iter().find_map(differs)
    }
}

impl FromIterator<(String, String)> for MadeUnder {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(options: T) -> Self {
        Self(options.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_something_else_is_named_and_what_nobody_says_any_more_is_not() {
        let then = MadeUnder::default().with("region", "US").with("phone_policy", "possible");
        let now = MadeUnder::default().with("region", "GB").with("tenant", "acme");
        assert_eq!(then.changed(&now), Some(("region", "US", "GB")));
        assert_eq!(then.changed(&then), None);
        assert_eq!(MadeUnder::default().changed(&now), None, "a plan of old");
    }
}
