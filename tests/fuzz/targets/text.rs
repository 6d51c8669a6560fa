//! Delimited text. The first byte is what a person said about the file, the rest is the file.
#![no_main]

#[path = "../../common/conservation.rs"]
mod conservation;
mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&said, text)) = input.split_first() else { return };
    if text.len() <= shared::LARGEST {
        shared::held("list.csv", text, &conservation::options_of(said));
    }
});
