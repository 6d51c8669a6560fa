//! DNC lists of the tenant.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;

/// The tenant's id of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub String);

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A DNC list as the tenant describes it. Strings are the tenant's own and are escaped where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DncList {
    /// The tenant's id.
    pub id: ListId,
    /// The name people know it by.
    pub name: String,
    /// Free text.
    pub description: String,
    /// `MANUAL`, `SYSTEM`, …: the tenant's word.
    pub kind: String,
    /// Whether the platform uses the list at all.
    pub active: bool,
    /// Expiry that entries get which bring none.
    pub default_expires: Option<Timestamp>,
    /// Number of entries, where the tenant says it.
    pub entry_count: Option<u64>,
}

/// Why a name or id does not resolve to one list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No list has that id or that exact name; the nearest names follow.
    #[error("no list has the id or name “{wanted}”")]
    None {
        /// What was asked for.
        wanted: String,
        /// Names that are close, best first.
        near: Vec<String>,
    },
    /// Several lists carry exactly that name.
    #[error("{} lists are named “{wanted}”: name one by its id", ids.len())]
    Several {
        /// What was asked for.
        wanted: String,
        /// The ids that carry the name.
        ids: Vec<ListId>,
    },
}

/// Finds a list: id first, then the *equal* name. None or two is an error, never the first that looks alike.
pub fn resolve<'a>(lists: &'a [DncList], wanted: &str) -> Result<&'a DncList, Unresolved> {
    if let Some(list) = lists.iter().find(|list| list.id.0 == wanted) {
        return Ok(list);
    }
    let mut named = lists.iter().filter(|list| list.name == wanted);
    match (named.next(), named.next()) {
        (Some(list), None) => Ok(list),
        (None, _) => Err(Unresolved::None { wanted: wanted.to_owned(), near: near(lists, wanted) }),
        (Some(_), Some(_)) => Err(Unresolved::Several {
            wanted: wanted.to_owned(),
            ids: lists.iter().filter(|list| list.name == wanted).map(|list| list.id.clone()).collect(),
        }),
    }
}

/// At most three names that a person may have meant: the same but for case, or containing what was typed, or few
/// typing mistakes away.
fn near(lists: &[DncList], wanted: &str) -> Vec<String> {
    let wanted = simple(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = lists
        .iter()
        .filter_map(|list| {
            let name = simple(&list.name);
            let distance = distance(&wanted, &name);
            let close = distance <= wanted.len().max(name.len()) / 3;
            let part = contains(&name, &wanted) || (!name.is_empty() && contains(&wanted, &name));
            // A part of the name ranks behind every mere typing mistake.
            (close || part).then_some((if close { distance } else { 1_000 + distance }, list.name.as_str()))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Lower case, at most 80 characters: names are the tenant's and may be of any length.
fn simple(name: &str) -> Vec<char> {
    name.chars().take(80).flat_map(char::to_lowercase).collect()
}

fn contains(name: &[char], part: &[char]) -> bool {
    name.windows(part.len()).any(|window| window == part)
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
