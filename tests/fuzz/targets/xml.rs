//! The registry's XML. An even first byte: the rest is the document as it stands; an odd one: it stands inside a list.
#![no_main]

#[path = "../../common/conservation.rs"]
#[expect(dead_code, reason = "nobody says anything about such a file")]
mod conservation;
mod shared;

use libfuzzer_sys::fuzz_target;
use quietline::files::InputOptions;

fuzz_target!(|input: &[u8]| {
    let Some((&form, text)) = input.split_first() else { return };
    if text.len() <= shared::LARGEST {
        let document = match form & 1 {
            0 => [b"<?xml version='1.0'?>", text].concat(),
            _ => [b"<list val='202'>", text, b"</list>"].concat(),
        };
        shared::held("202.xml", &document, &InputOptions::default());
    }
});
