//! Properties of the tenant: what it is like for good, where an order is about one call. `--tenant` and the control route
//! set them by the same words.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::auth::SCOPES;
use super::check::Millis;

/// What a tenant is like.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    /// One bad record refuses a whole call of suppression contacts with 422. Else the good ones are taken, with 201.
    pub(super) strict_suppression: bool,
    /// Contacts and jobs cannot be listed: that is 404.
    pub(super) unreadable_outbound: bool,
    /// Seconds by which its clock is ahead.
    clock_skew: i64,
    /// Seconds.
    pub(super) token_life: Option<u32>,
    /// `None` = whatever is asked for.
    pub(super) scopes: Option<Vec<String>>,
    /// Seconds.
    key_retention: Option<u32>,
    /// What is written is never enforced.
    pub(super) never_enforces: bool,
    /// Somebody else writes at one call in so many; 0 = nobody does.
    pub(super) other_writer: u64,
    /// Numbers of contacts are given back without their `+`.
    pub(super) bare_numbers: bool,
}

/// A property: its word, a value for the help, what it means, and how it is set.
pub(super) struct Property {
    pub(super) word: &'static str,
    pub(super) usual: &'static str,
    pub(super) does: &'static str,
    set: fn(&mut Properties, &str) -> Result<(), String>,
}

/// Every property.
pub(super) const PROPERTIES: [Property; 9] = [
    Property {
        word: "clock_skew",
        usual: "0",
        does: "seconds by which the tenant's clock is ahead (below 0: behind), in Date and Retry-After",
        set: |it, value| number(value, -315_576_000..=315_576_000).map(|n| it.clock_skew = n),
    },
    Property {
        word: "token_life",
        usual: "3600",
        does: "seconds that a token lives",
        set: |it, value| number(value, 0..=86_400).map(|n| it.token_life = Some(n)),
    },
    Property {
        word: "scopes",
        usual: "all",
        does: "scopes that are granted, with commas between them; what needs another is 403 and names none",
        set: |it, value| scopes(value).map(|scopes| it.scopes = scopes),
    },
    Property {
        word: "key_retention",
        usual: "unlimited",
        does: "seconds after which an idempotency key is forgotten",
        set: |it, value| {
            it.key_retention = match value {
                "unlimited" => None,
                value => Some(number(value, 0..=31_557_600)?),
            };
            Ok(())
        },
    },
    Property {
        word: "enforcement",
        usual: "true",
        does: "false: what is written is never enforced, and the record query says PENDING for ever",
        set: |it, value| truth(value).map(|yes| it.never_enforces = !yes),
    },
    Property {
        word: "other_writer",
        usual: "0",
        does: "somebody else adds or removes an entry of the list before one call in so many on entries or items",
        set: |it, value| number(value, 0..=1_000_000).map(|n| it.other_writer = n),
    },
    Property {
        word: "bare_numbers",
        usual: "false",
        does: "true: numbers of outbound contacts are given back without their +",
        set: |it, value| truth(value).map(|yes| it.bare_numbers = yes),
    },
    Property {
        word: "readable_outbound",
        usual: "true",
        does: "false: neither jobs nor contacts of a contact list can be listed (404)",
        set: |it, value| truth(value).map(|yes| it.unreadable_outbound = !yes),
    },
    Property {
        word: "strict_suppression",
        usual: "false",
        does: "true: one bad record refuses a whole call of suppression contacts with 422",
        set: |it, value| truth(value).map(|yes| it.strict_suppression = yes),
    },
];

fn truth(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "true or false is expected".to_owned())
}

fn number<N>(value: &str, bounds: std::ops::RangeInclusive<N>) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    value
        .parse()
        .ok()
        .filter(|n| bounds.contains(n))
        .ok_or_else(|| format!("a whole number from {} to {} is expected", bounds.start(), bounds.end()))
}

fn scopes(value: &str) -> Result<Option<Vec<String>>, String> {
    if value == "all" {
        return Ok(None);
    }
    let scopes: Vec<String> =
        value.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    match scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        Some(unknown) => Err(format!("unknown scope {unknown}; there are: all, {}", SCOPES.join(", "))),
        None => Ok(Some(scopes)),
    }
}

impl Properties {
    /// Sets a property by its word. The error is a sentence that names what there is.
    pub fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        let known = snake_case(word);
        let property = PROPERTIES.iter().find(|property| property.word == known).ok_or_else(|| {
            let words: Vec<&str> = PROPERTIES.iter().map(|property| property.word).collect();
            format!("unknown property {word}; there are: {}", words.join(", "))
        })?;
        (property.set)(self, value).map_err(|error| format!("{word}: {error}"))
    }

    /// Sets all of them, or none.
    pub(super) fn set_all(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        let mut changed = self.clone();
        for (word, value) in fields {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(format!("{word} must be one plain value")),
            };
            changed.set(word, &value)?;
        }
        *self = changed;
        Ok(())
    }

    /// What the tenant's clock says at this instant.
    pub(super) fn clock(&self, at: SystemTime) -> SystemTime {
        let skew = Duration::from_secs(self.clock_skew.unsigned_abs());
        let told = if self.clock_skew < 0 { at.checked_sub(skew) } else { at.checked_add(skew) };
        told.unwrap_or(at)
    }

    /// The `Date` of an answer where it is not the usual one.
    pub(super) fn date(&self, at: SystemTime) -> Option<String> {
        (self.clock_skew != 0).then(|| httpdate::fmt_http_date(self.clock(at)))
    }

    /// Whether a key that was first used at an instant is forgotten.
    pub(super) fn forgets(&self, used: Millis, now: Millis) -> bool {
        self.key_retention.is_some_and(|seconds| now - used >= Millis::from(seconds) * 1_000)
    }
}

/// `otherWriter`, `other-writer` and `other_writer` are one word.
fn snake_case(word: &str) -> String {
    let mut snake = String::new();
    for letter in word.chars() {
        match letter {
            '-' => snake.push('_'),
            letter if letter.is_ascii_uppercase() => snake.extend(['_', letter.to_ascii_lowercase()]),
            letter => snake.push(letter),
        }
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_takes_its_usual_value_and_none_takes_nonsense() {
        for property in PROPERTIES {
            let mut it = Properties::default();
            assert_eq!(it.set(property.word, property.usual), Ok(()), "{}", property.word);
            let error = it.set(property.word, "perhaps").unwrap_err();
            assert!(error.starts_with(property.word), "{error}");
        }
        let mut it = Properties::default();
        let error = it.set("weather", "fine").unwrap_err();
        assert!(PROPERTIES.iter().all(|property| error.contains(property.word)), "{error}");
        assert!(it.set("scopes", "dnc:read,dnc:nothing").unwrap_err().contains("lists:contacts:read"));
    }

    #[test]
    fn a_word_may_be_written_in_three_ways_and_one_mistake_sets_nothing() {
        let mut it = Properties::default();
        for word in ["token_life", "token-life", "tokenLife"] {
            it.token_life = None;
            it.set(word, "5").unwrap();
            assert_eq!(it.token_life, Some(5), "{word}");
        }
        let fields = serde_json::json!({ "tokenLife": 9, "bareNumbers": true, "otherWriter": -1 });
        assert!(it.set_all(fields.as_object().unwrap()).is_err());
        assert_eq!((it.token_life, it.bare_numbers), (Some(5), false));
    }

    #[test]
    fn the_clock_may_be_ahead_and_behind() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let mut it = Properties::default();
        assert_eq!((it.clock(at), it.date(at)), (at, None));
        it.set("clock_skew", "90").unwrap();
        assert_eq!(it.clock(at), at + Duration::from_secs(90));
        it.set("clock_skew", "-90").unwrap();
        assert_eq!(it.date(at).as_deref(), Some("Mon, 12 Jan 1970 13:45:10 GMT"));
    }
}
