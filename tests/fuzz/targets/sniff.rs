//! What the first rows tell: encoding, separator, header, columns, layout. The file's name says an area code, the first byte
//! says what a person said, the second how often the rest is repeated, so that the head is filled and the end is cut off.
#![no_main]

#[path = "../../common/conservation.rs"]
mod conservation;
mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [said, times, text @ ..] = input else { return };
    if text.len() <= shared::LARGEST / 16 {
        let times = if *times < 200 { usize::from(times % 4) } else { 200 };
        let file = [text, &text.repeat(times)].concat();
        shared::held("2026-11-19_202.txt", &file, &conservation::options_of(*said));
    }
});
