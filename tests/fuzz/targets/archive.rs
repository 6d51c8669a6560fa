//! Archives. The first byte says what the rest is: the archive as stored, or what is packed into a sound one.
#![no_main]

#[path = "../../common/conservation.rs"]
#[expect(dead_code, reason = "nobody says anything about such a file")]
mod conservation;
mod shared;

#[path = "../../common/pack.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod pack;

use libfuzzer_sys::fuzz_target;
use pack::{gzip, zip_with, zstd};
use quietline::files::InputOptions;
use zip::CompressionMethod::Stored;

fuzz_target!(|input: &[u8]| {
    let Some((&form, rest)) = input.split_first() else { return };
    if rest.len() > shared::LARGEST {
        return;
    }
    let (first, second) = rest.split_at(rest.len() / 2);
    let file = match form % 8 {
        0 => [b"\x1f\x8b", rest].concat(),
        1 => [b"\x28\xb5\x2f\xfd", rest].concat(),
        2 => [b"PK\x03\x04", rest].concat(),
        3 => gzip(rest),
        4 => zstd(rest),
        5 => zip_with(&[("a.csv", rest)], Stored),
        6 => zip_with(&[("a.csv", first), ("b/c.txt", second)], Stored),
        // A sound archive with bytes changed: the rest says where and how.
        _ => {
            let mut bytes = gzip(b"phone,state\n2025550101,US-DC\n2025550102,US-DC\n");
            rest.chunks_exact(2).for_each(|pair| {
                let at = usize::from(pair[0]) % bytes.len();
                bytes[at] ^= pair[1];
            });
            bytes
        }
    };
    shared::held("list", &file, &InputOptions::default());
});
