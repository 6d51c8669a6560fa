//! Where a record may begin, for a reader that starts in the middle of a file.
//!
//! Only the bytes from the start tell whether a line is inside a quotation, so this is a guess, made to be right nearly
//! always. Whoever takes it has to compare it with where the records before it really ended.

use std::io;

use super::split::Fields;
use super::{Checkpoint, Dialect, Eol, READ, Scanner, Width};
use crate::files::source::{Bytes, read_up_to};

/// Lines that are tried.
const TRIES: usize = 64;
/// Sound records that must follow a start.
const FOLLOWING: usize = 3;
/// How far the first line ending is looked for.
const FAR: usize = 1 << 20;

/// A likely start of a record at or after `from` (not before it), before `end`.
pub(in crate::files) fn likely_start<B: Bytes + ?Sized>(
    bytes: &B,
    width: Width,
    dialect: Dialect,
    from: u64,
    end: u64,
) -> io::Result<Option<u64>> {
    // A record begins at `from` if the unit before it ends a line.
    let unit = width.bytes() as u64;
    let Some(mut at) = next_line(bytes, width, from - unit, end)? else { return Ok(None) };
    if dialect.plain {
        return Ok(Some(at));
    }
    let first = at;
    for _ in 0..TRIES {
        if reads_well(bytes, width, dialect, at, end)? {
            return Ok(Some(at));
        }
        match next_line(bytes, width, at, end)? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(Some(first))
}

/// The start of the line behind the first line ending at or after `from`.
fn next_line<B: Bytes + ?Sized>(bytes: &B, width: Width, from: u64, end: u64) -> io::Result<Option<u64>> {
    let size = width.bytes();
    let (mut at, mut step) = (from, 512);
    while at < end && at - from < FAR as u64 {
        let want = (end - at).min(step as u64) as usize;
        let read = read_up_to(bytes, at, want)?;
        let is = |unit: &[u8], mark: u8| match width {
            Width::One => unit == [mark],
            Width::TwoLittle => unit == [mark, 0],
            Width::TwoBig => unit == [0, mark],
        };
        let mut units = read.chunks_exact(size).enumerate();
        if let Some((found, unit)) = units.find(|(_, unit)| is(unit, b'\n') || is(unit, b'\r')) {
            let after = at + ((found + 1) * size) as u64;
            let is_pair = is(unit, b'\r')
                && read_up_to(bytes, after, size.min((end - after) as usize))
                    .is_ok_and(|next| next.len() == size && is(&next, b'\n'));
            let start = after + if is_pair { size as u64 } else { 0 };
            return Ok((start < end).then_some(start));
        }
        if read.len() < want {
            break;
        }
        at += want as u64;
        step = READ;
    }
    Ok(None)
}

/// Whether sound records of as many columns as the file has begin here.
fn reads_well<B: Bytes + ?Sized>(
    bytes: &B,
    width: Width,
    dialect: Dialect,
    at: u64,
    end: u64,
) -> io::Result<bool> {
    let mut scanner = Scanner::with_read_size(bytes, width, dialect, Checkpoint::start(at, 1), end, 4096);
    let mut fields = Fields::default();
    for _ in 0..FOLLOWING {
        let Some(piece) = scanner.next()? else { break };
        if piece.fault.is_some() || piece.eol == Eol::None {
            return Ok(false);
        }
        if !piece.blank && width == Width::One {
            let text = String::from_utf8_lossy(scanner.stored(&piece));
            fields.split(&text, dialect.delimiter, true);
            if fields.len() != dialect.columns {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
