//! Reading what the tenant sends: tolerant of spelling (numbers as strings, unknown fields, envelopes), strict about
//! meaning (an array that is missing is not an empty one).

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::Error;

/// Says what is odd about an answer.
pub(super) fn odd(detail: impl Into<String>) -> Error {
    Error::Protocol { detail: detail.into() }
}

/// Reads a JSON body. The error says where it went wrong, never what stood there: that may be a number.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| {
        let text = body.trim_ascii_start();
        if text.is_empty() {
            odd(format!("the answer to {what} is empty"))
        } else if text.starts_with(b"<") {
            odd(format!("the answer to {what} is a web page: a portal or proxy may stand in between"))
        } else if e.is_data() {
            odd(format!(
                "the answer to {what} lacks a field or has one of another kind (line {}, column {})",
                e.line(),
                e.column()
            ))
        } else {
            odd(format!("the answer to {what} is broken JSON (line {}, column {})", e.line(), e.column()))
        }
    })
}

/// A text, however the tenant spells it: string, number or truth value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Text, E> {
                Ok(Text(v.to_owned()))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Text, E> {
                Ok(Text(v.to_string()))
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Text, E> {
                Ok(Text(v.to_string()))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Text, E> {
                Ok(Text(v.to_string()))
            }
            fn visit_bool<E: de::Error>(self, v: bool) -> Result<Text, E> {
                Ok(Text(v.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The text of an optional field; absent, null and blank are the same.
pub(super) fn text_of(field: Option<Text>) -> Option<String> {
    field.map(|text| text.0).filter(|text| !text.trim().is_empty())
}

/// A whole number of an optional field, also where it is spelled as a string.
pub(super) fn whole_of(field: Option<&Text>) -> Option<i64> {
    field.and_then(|text| text.0.trim().parse().ok())
}

/// A truth value of an optional field, also where it is spelled as a string or as 0 and 1.
pub(super) fn truth_of(field: Option<&Text>) -> Option<bool> {
    match field?.0.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The rows of an answer: a bare array, or one in an envelope under a name that the dialects use.
#[derive(Debug)]
pub(super) struct Rows<T>(pub(super) Vec<T>);

const ENVELOPES: [&str; 4] = ["entities", "data", "records", "items"];

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Rows<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array, or an object that holds one")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows<T>, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = seq.next_element()? {
                    rows.push(row);
                }
                Ok(Rows(rows))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<T>, A::Error> {
                let mut found = None;
                while let Some(name) = map.next_key::<String>()? {
                    if !ENVELOPES.contains(&name.as_str()) {
                        map.next_value::<IgnoredAny>()?;
                    } else if found.replace(map.next_value::<Vec<T>>()?).is_some() {
                        return Err(de::Error::custom("two arrays of rows"));
                    }
                }
                found.map(Rows).ok_or_else(|| de::Error::custom("no array of rows"))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// Reads an expiry: an instant, a date and time without a zone (UTC), or a date alone (the end of that day in UTC).
/// An expiry that cannot be read is an error: taking it for "never" would be a lie.
pub(super) fn expiry_of(field: Option<Text>, what: &str) -> Result<Option<Timestamp>, Error> {
    let Some(text) = text_of(field) else { return Ok(None) };
    let text = text.trim();
    let utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let read = match text.parse::<Timestamp>() {
        Ok(at) => Some(at),
        Err(_) if text.len() == 10 => text.parse::<Date>().ok().and_then(|day| utc(day.at(23, 59, 59, 0))),
        Err(_) => text.parse::<DateTime>().ok().and_then(utc),
    };
    read.map(Some).ok_or_else(|| odd(format!("an expiry of {what} cannot be read")))
}

/// Writes an expiry: as a date where it is the end of a day in UTC, else as an instant. The inverse of reading.
pub(super) fn expiry_text(at: Timestamp) -> String {
    let text = at.to_string();
    text.strip_suffix("T23:59:59Z").map_or(text.clone(), str::to_owned)
}

/// The tenant's own words in an error body, made fit for an error of ours: short, and without numbers of people.
pub(super) fn words_of(body: &[u8]) -> String {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Words {
        message: Option<Text>,
        #[serde(rename = "errorMessage")]
        error_message: Option<Text>,
        error_description: Option<Text>,
        detail: Option<Text>,
        title: Option<Text>,
        code: Option<Text>,
    }
    let Ok(words) = serde_json::from_slice::<Words>(body) else {
        return if body.trim_ascii().is_empty() { "no reason given" } else { "no reason that can be read" }
            .into();
    };
    [words.message, words.error_message, words.error_description, words.detail, words.title, words.code]
        .into_iter()
        .find_map(text_of)
        .map_or_else(|| "no reason given".into(), |text| without_people(&text, 200))
}

/// Cuts to `max` characters and replaces every run of seven or more digits (with the usual separators), and every word with
/// an `@` in it, by `…`.
pub(super) fn without_people(text: &str, max: usize) -> String {
    let text = without_addresses(text);
    let mut out = String::new();
    let mut run = String::new();
    let mut digits = 0;
    let close = |out: &mut String, run: &mut String, digits: &mut usize| {
        if *digits < 7 {
            out.push_str(run);
        } else {
            out.push('…');
            // A separator behind the number belongs to the sentence.
            let tail = run.trim_end_matches(|c: char| !c.is_numeric()).len();
            out.push_str(&run[tail..]);
        }
        run.clear();
        *digits = 0;
    };
    for c in text.chars() {
        let separator = matches!(c, '+' | '-' | '.' | '(' | ')' | ' ' | '/' | '\u{a0}');
        if c.is_numeric() || separator {
            digits += usize::from(c.is_numeric());
            run.push(c);
        } else {
            close(&mut out, &mut run, &mut digits);
            out.push(c);
        }
    }
    close(&mut out, &mut run, &mut digits);
    if out.chars().count() > max {
        out = out.chars().take(max.saturating_sub(1)).chain(['…']).collect();
    }
    out
}

fn without_addresses(text: &str) -> String {
    let ends_word = |c: char| c.is_whitespace() || "\"'“”‘’<>()[]{},;:|".contains(c);
    let words = text.split_inclusive(ends_word).map(|piece| {
        let word = piece.trim_end_matches(ends_word);
        if word.contains('@') { format!("…{}", &piece[word.len()..]) } else { piece.to_owned() }
    });
    words.collect()
}

#[cfg(test)]
mod tests;
