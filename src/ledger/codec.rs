//! Bytes of our compact files and columns: varints, strings, times, and ranges of plan rows. Decoding never panics:
//! whatever does not fit is damage.

use jiff::Timestamp;

use super::error::{Error, damaged};
pub(super) use crate::domain::text::hex;

/// Appends an unsigned number, seven bits a byte, lowest first.
pub(super) fn put_int(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends bytes after their length.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_int(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends an optional string: 0, or 1 and the string.
pub(super) fn put_text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_bytes(out, text.as_bytes());
        }
    }
}

/// Appends an optional time, to the nanosecond.
pub(super) fn put_time(out: &mut Vec<u8>, time: Option<Timestamp>) {
    match time {
        None => out.push(0),
        Some(time) => {
            out.push(1);
            out.extend_from_slice(&time.as_nanosecond().to_le_bytes());
        }
    }
}

/// Reads what the `put` functions wrote.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        let (&first, rest) = self.0.split_first().ok_or_else(short)?;
        self.0 = rest;
        Ok(first)
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn int(&mut self) -> Result<u64, Error> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            n |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(damaged("a number is longer than 64 bits"))
    }

    pub(super) fn int32(&mut self) -> Result<u32, Error> {
        u32::try_from(self.int()?).map_err(|_| damaged("a number is longer than 32 bits"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let len = usize::try_from(self.int()?).map_err(|_| short())?;
        self.take(len)
    }

    pub(super) fn string(&mut self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged("a string is not UTF-8"))
    }

    fn flag(&mut self) -> Result<bool, Error> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(damaged("a flag is neither 0 nor 1")),
        }
    }

    pub(super) fn text(&mut self) -> Result<Option<&'a str>, Error> {
        if self.flag()? { self.string().map(Some) } else { Ok(None) }
    }

    pub(super) fn time(&mut self) -> Result<Option<Timestamp>, Error> {
        if !self.flag()? {
            return Ok(None);
        }
        let bytes: [u8; 16] = self.take(16)?.try_into().map_err(|_| short())?;
        Timestamp::from_nanosecond(i128::from_le_bytes(bytes))
            .map(Some)
            .map_err(|_| damaged("a time is out of range"))
    }
}

fn short() -> Error {
    damaged("data ends too early")
}

/// Sorted, distinct row indices as (gap, length − 1) pairs: a hundred rows in a line are three bytes.
pub(super) fn put_rows(rows: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut next = 0u32;
    for run in rows.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let (first, len) = (run[0], run.len() as u64);
        put_int(&mut out, u64::from(first.wrapping_sub(next)));
        put_int(&mut out, len - 1);
        next = first.wrapping_add(len as u32);
    }
    out
}

/// The inverse of [`put_rows`].
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<u32>, Error> {
    let mut rows = Vec::new();
    ranges(bytes, |first, last| rows.extend(first..=last))?;
    Ok(rows)
}

/// How many rows those are.
pub(super) fn how_many(bytes: &[u8]) -> Result<u64, Error> {
    let mut n = 0;
    ranges(bytes, |first, last| n += u64::from(last - first) + 1)?;
    Ok(n)
}

/// The same rows as first and last of each line of them.
pub(super) fn ranges(bytes: &[u8], mut each: impl FnMut(u32, u32)) -> Result<(), Error> {
    let mut cursor = Cursor(bytes);
    let mut next = 0u64;
    while !cursor.is_empty() {
        let first = next + u64::from(cursor.int32()?);
        let last = first + u64::from(cursor.int32()?);
        let last = u32::try_from(last).map_err(|_| damaged("a row index is longer than 32 bits"))?;
        each(first as u32, last);
        next = u64::from(last) + 1;
    }
    Ok(())
}

/// Microseconds since 1970: how the database stores times.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The inverse of [`micros`].
pub(super) fn from_micros(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|_| damaged("a time is out of range"))
}

/// A count as the database stores it.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The inverse of [`int`].
pub(super) fn count(n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(|_| damaged("a count is negative"))
}

/// A position that fits 32 bits.
pub(super) fn position(n: i64) -> Result<u32, Error> {
    u32::try_from(n).map_err(|_| damaged("a position is out of range"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_as_they_went_in(set in prop::collection::btree_set(any::<u32>(), 0..200)) {
            let wanted: Vec<u32> = set.into_iter().collect();
            prop_assert_eq!(rows(&put_rows(&wanted)).unwrap(), wanted);
        }

        #[test]
        fn neighbours_come_back_as_they_went_in(set in prop::collection::btree_set(0u32..60, 0..50)) {
            let wanted: Vec<u32> = set.into_iter().collect();
            prop_assert_eq!(rows(&put_rows(&wanted)).unwrap(), wanted);
        }

        #[test]
        fn numbers_come_back_as_they_went_in(n: u64) {
            let mut out = Vec::new();
            put_int(&mut out, n);
            let mut cursor = Cursor(&out);
            prop_assert_eq!(cursor.int().unwrap(), n);
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn rubbish_is_damage_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            // Short gaps and lengths only, so that rubbish cannot ask for four thousand million rows.
            let short: Vec<u8> = bytes.iter().map(|b| b & 0x7f).collect();
            let _ = rows(&short);
            let _ = Cursor(&bytes).time();
            let _ = Cursor(&bytes).text();
            let _ = Cursor(&bytes).int();
        }
    }

    #[test]
    fn the_highest_row_is_not_lost() {
        let wanted = vec![0, u32::MAX - 1, u32::MAX];
        assert_eq!(rows(&put_rows(&wanted)).unwrap(), wanted);
    }
}
