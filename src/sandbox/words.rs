//! Words that something can be ordered by: one table per kind, which the reader, the truth log and the help share, so that
//! none of them can know a word that the others do not.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::ops::RangeInclusive;

/// A word, what it does, and how it is made of the numbers that stand beside it.
#[derive(Debug)]
pub(super) struct Word<T> {
    pub(super) word: &'static str,
    /// For people; names the numbers that the word takes, with their defaults.
    pub(super) does: &'static str,
    pub(super) make: fn(&mut Numbers) -> Result<T, String>,
}

/// The word of a table that a value was made by, whatever its numbers.
pub(super) fn word_of<T>(table: &[Word<T>], value: &T) -> &'static str {
    let same = |word: &&Word<T>| {
        let sample = (word.make)(&mut Numbers::sample());
        sample.is_ok_and(|sample| discriminant(&sample) == discriminant(value))
    };
    table.iter().find(same).map_or("", |word| word.word)
}

/// The entry of a table; hyphens are as good as underscores.
pub(super) fn find<'a, T>(table: &'a [Word<T>], word: &str) -> Option<&'a Word<T>> {
    table.iter().find(|known| known.word == word.replace('-', "_"))
}

/// Numbers beside a word. Each is taken once; what is left was not understood.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<String, String>);

impl Numbers {
    /// Enough for every word.
    pub(super) fn sample() -> Self {
        Self([("status".to_owned(), "200".to_owned())].into())
    }

    /// Adds what stands in an order; `false` = it stands there already.
    pub(super) fn put(&mut self, name: &str, value: String) -> bool {
        self.0.insert(name.to_owned(), value).is_none()
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A whole number within bounds; `default` where it is not given, which is an error where there is no default.
    pub(super) fn take<N>(
        &mut self,
        name: &str,
        default: Option<N>,
        bounds: RangeInclusive<N>,
    ) -> Result<N, String>
    where
        N: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let wrong = || format!("{name} must be a number from {} to {}", bounds.start(), bounds.end());
        let given = match (self.text(name), default) {
            (Some(text), _) => text.parse().map_err(|_| wrong())?,
            (None, Some(default)) => default,
            (None, None) => return Err(wrong()),
        };
        if bounds.contains(&given) { Ok(given) } else { Err(wrong()) }
    }

    /// The first name that nobody took.
    pub(super) fn left(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }
}
