//! Properties of the tenant: what it is like for good, where an order is about one call. `--tenant` and the control route
//! set them by the same words.

use serde_json::{Map, Value};

/// What a tenant is like.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    /// One bad record refuses a whole call of suppression contacts with 422. Else the good ones are taken, with 201.
    pub(super) strict_suppression: bool,
    /// Contacts and jobs cannot be listed: that is 404.
    pub(super) unreadable_outbound: bool,
}

/// A property: its word, a value for the help, what it means, and how it is set.
pub(super) struct Property {
    pub(super) word: &'static str,
    pub(super) usual: &'static str,
    pub(super) does: &'static str,
    set: fn(&mut Properties, &str) -> Result<(), String>,
}

/// Every property.
pub(super) const PROPERTIES: [Property; 2] = [
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
}

/// `strictSuppression`, `strict-suppression` and `strict_suppression` are one word.
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
    }

    #[test]
    fn a_word_may_be_written_in_three_ways_and_one_mistake_sets_nothing() {
        let mut it = Properties::default();
        for word in ["strict_suppression", "strict-suppression", "strictSuppression"] {
            it.strict_suppression = false;
            it.set(word, "true").unwrap();
            assert!(it.strict_suppression, "{word}");
        }
        let fields = serde_json::json!({ "strictSuppression": false, "weather": "fine" });
        assert!(it.set_all(fields.as_object().unwrap()).is_err());
        assert!(it.strict_suppression);
    }
}
