//! A contact list as it comes: mixed spellings, bad rows, line breaks inside quotes, numbers twice.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Area codes with the jurisdiction they stand for.
const AREAS: [(u64, &str); 40] = [
    (201, "US-NJ"),
    (202, "US-DC"),
    (203, "US-CT"),
    (205, "US-AL"),
    (206, "US-WA"),
    (207, "US-ME"),
    (208, "US-ID"),
    (209, "US-CA"),
    (210, "US-TX"),
    (212, "US-NY"),
    (213, "US-CA"),
    (214, "US-TX"),
    (215, "US-PA"),
    (216, "US-OH"),
    (217, "US-IL"),
    (218, "US-MN"),
    (219, "US-IN"),
    (225, "US-LA"),
    (228, "US-MS"),
    (229, "US-GA"),
    (231, "US-MI"),
    (239, "US-FL"),
    (240, "US-MD"),
    (252, "US-NC"),
    (256, "US-AL"),
    (262, "US-WI"),
    (270, "US-KY"),
    (276, "US-VA"),
    (301, "US-MD"),
    (302, "US-DE"),
    (303, "US-CO"),
    (304, "US-WV"),
    (305, "US-FL"),
    (307, "US-WY"),
    (308, "US-NE"),
    (309, "US-IL"),
    (312, "US-IL"),
    (415, "US-CA"),
    (617, "US-MA"),
    (702, "US-NV"),
];
/// Exchanges of an area code that are used: 320 and the following.
const EXCHANGES: u64 = 200;
const LINES: u64 = 10_000;
/// Every number there is room for; far more than the rows of a file.
const NUMBERS: u64 = AREAS.len() as u64 * EXCHANGES * LINES;
/// Steps through all of them in no order that helps anybody: it shares no factor with their count.
const STEP: u64 = 48_271_123;

/// What is in a file that was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    pub bad: u64,
    pub repeats: u64,
}

/// Writes `rows` rows of about 64 bytes: three in a hundred are bad, four have a line break inside quotes, two repeat an
/// earlier number in another spelling. The same rows each time.
pub fn write(path: &Path, rows: u64) -> io::Result<Written> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut written = Written { rows, ..Written::default() };
    let mut chance = fastrand::Rng::with_seed(7);
    out.write_all(b"phone,jurisdiction,expirationDate,source,notes\n")?;
    for row in 0..rows {
        let number = row * STEP % NUMBERS;
        match row % 100 {
            13 | 47 | 81 => {
                written.bad += 1;
                bad(&mut out, row, &mut chance)?;
            }
            29 | 63 if row > 100 => {
                written.repeats += 1;
                // The row before it, which is neither bad nor a repeat, in another spelling.
                good(&mut out, row, (row - 1) * STEP % NUMBERS, 1, &mut chance)?;
            }
            _ => good(&mut out, row, number, 0, &mut chance)?,
        }
    }
    out.flush()?;
    Ok(written)
}

fn good(
    out: &mut impl Write,
    row: u64,
    number: u64,
    other: u64,
    chance: &mut fastrand::Rng,
) -> io::Result<()> {
    let (area, place) = AREAS[(number / LINES / EXCHANGES) as usize];
    let (exchange, line) = (320 + number / LINES % EXCHANGES, number % LINES);
    match (row - other + other * 3) % 6 {
        0 => write!(out, "({area}) {exchange}-{line:04}"),
        1 => write!(out, "{area}-{exchange}-{line:04}"),
        2 => write!(out, "{area}{exchange}{line:04}"),
        3 => write!(out, "+1{area}{exchange}{line:04}"),
        4 => write!(out, "{area}.{exchange}.{line:04}"),
        _ => write!(out, "1-{area}-{exchange}-{line:04}"),
    }?;
    let (year, month, day) = (2027 + chance.u32(0..3), 1 + chance.u32(0..12), 1 + chance.u32(0..28));
    write!(out, ",{place},{year}-{month:02}-{day:02},")?;
    write!(out, "State_DNC_{:02},", chance.u32(0..20))?;
    match row % 25 {
        7 => writeln!(out, "\"asked by letter,\nnot by call\""),
        _ => writeln!(out, "asked by call {:06}", chance.u32(0..1_000_000)),
    }
}

fn bad(out: &mut impl Write, row: u64, chance: &mut fastrand::Rng) -> io::Result<()> {
    let (number, place, expires) = match chance.u32(0..10) {
        0 => ("n/a", "US-CA", "2027-12-31"),
        1 => ("", "US-CA", "2027-12-31"),
        2 => ("555-0101", "US-CA", "2027-12-31"),
        3 => ("202-555-0101 / 202-555-0102", "US-DC", "2027-12-31"),
        4 => ("1.2025E+10", "US-DC", "2027-12-31"),
        5 => ("999-999-9999", "US-CA", "2027-12-31"),
        6 => ("911", "US-CA", "2027-12-31"),
        7 => ("212-555-0177", "US-NY", "2020-12-31"),
        8 => ("212-555-0178", "US-NY", "soon"),
        _ => ("212-555-0179", "New York", "2027-12-31"),
    };
    writeln!(out, "{number},{place},{expires},manual,row {row}")
}
