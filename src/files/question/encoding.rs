//! Which encoding, with the first words as each would read them.

use encoding_rs::Encoding;

use super::{Answer, Question, VALUES};
use crate::files::kind::wide_without_mark;
use crate::files::{Document, text};

/// Encodings that are offered at most.
pub(super) const ENCODINGS: usize = 6;
/// The encodings that are offered where the content does not tell, the most likely ones first.
const LEGACY: &[(&str, &str)] = &[
    ("windows-1252", "Western Europe"),
    ("windows-1250", "Central Europe"),
    ("windows-1251", "Cyrillic"),
    ("Shift_JIS", "Japan"),
    ("GBK", "China"),
    ("Big5", "Taiwan"),
    ("EUC-KR", "Korea"),
];

pub(super) fn encodings(head: &[u8], whole: bool, now: Option<&Document>) -> Question {
    let wide = wide_without_mark(head);
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut offer = |name: &'static str, about: &'static str| {
        if !names.iter().any(|(known, _)| *known == name) {
            names.push((name, about));
        }
    };
    if let Some(now) = now {
        offer(now.format().encoding, about(now.format().encoding));
    }
    match wide {
        Some(likely) => {
            offer(if likely == "UTF-16BE" { "UTF-16BE" } else { "UTF-16LE" }, "two bytes a character");
            offer(if likely == "UTF-16BE" { "UTF-16LE" } else { "UTF-16BE" }, "two bytes a character");
        }
        None => {
            let guess = text::guess(head, whole).name();
            offer(guess, about(guess));
        }
    }
    offer("UTF-8", about("UTF-8"));
    // What a file cannot be read in without damage is not offered, unless it was likely for another reason.
    let sound = |name: &str| named(name).is_some_and(|encoding| !read_in(encoding, head, whole).1);
    LEGACY.iter().filter(|(name, _)| sound(name)).for_each(|(name, about)| offer(name, about));
    names.truncate(ENCODINGS);
    let answers = names
        .into_iter()
        .map(|(name, about)| {
            let (sample, broken) =
                named(name).map_or((String::new(), true), |encoding| read_in(encoding, head, whole));
            let damage = if broken { ", but some bytes are no text in it" } else { "" };
            Answer::new(name, format!("{name} ({about}{damage})"), sample)
        })
        .collect();
    Question {
        flag: "--encoding",
        title: "Which encoding?",
        sentence: "Nothing in the file says how its letters are stored. Choose the line that reads right."
            .into(),
        answers,
        proposed: 0,
    }
}

fn about(name: &str) -> &'static str {
    let known = [
        ("UTF-8", "any language"),
        ("UTF-16LE", "two bytes a character"),
        ("UTF-16BE", "two bytes a character"),
    ];
    let known = known.iter().chain(LEGACY).find(|(known, _)| *known == name);
    known.map_or("as the content looks", |(_, about)| about)
}

pub(super) fn named(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.as_bytes())
}

/// The first values beyond ASCII as an encoding reads them, and whether anything is no text in it.
fn read_in(encoding: &'static Encoding, head: &[u8], whole: bool) -> (String, bool) {
    let width = text::width_of(encoding).bytes();
    let end = if width == 2 {
        head.len() / 2 * 2
    } else if whole {
        head.len()
    } else {
        // The head may end inside a character; its last whole line does not.
        memchr::memrchr(b'\n', head).map_or(head.len(), |at| at + 1)
    };
    let (text, broken) = encoding.decode_without_bom_handling(&head[..end]);
    let cells = || {
        let cells = text.split(['\n', '\r', ',', ';', '\t', '|']);
        cells.map(|cell| cell.trim_matches(['"', ' ', '\u{feff}'])).filter(|cell| !cell.is_empty())
    };
    let beyond: Vec<&str> = cells().filter(|cell| !cell.is_ascii()).take(VALUES).collect();
    let sample = if beyond.is_empty() { cells().take(VALUES).collect() } else { beyond };
    (sample.join(" · "), broken)
}
