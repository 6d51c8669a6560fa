//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first.

/// Writes a number.
pub(crate) fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a number at `at`, where there must be room for it, and moves `at` behind it. What stands in the three bytes behind
/// it may be written over.
#[inline]
pub(crate) fn put(bytes: &mut [u8], at: &mut usize, value: u64) {
    // As nearly all are: without a step that depends on the number, which would be guessed wrong as often as not.
    if value < 1 << 21
        && let Some(room) = bytes.get_mut(*at..).and_then(<[u8]>::first_chunk_mut)
    {
        let (two, three) = (u32::from(value >= 1 << 7), u32::from(value >= 1 << 14));
        let value = value as u32;
        let spread = value & 0x7F | (value << 1 & 0x7F00) | (value << 2 & 0x7F_0000);
        *room = (spread | two << 7 | three << 15).to_le_bytes();
        *at += 1 + two as usize + three as usize;
        return;
    }
    put_any(bytes, at, value);
}

fn put_any(bytes: &mut [u8], at: &mut usize, mut value: u64) {
    while value >= 0x80 {
        bytes[*at] = value as u8 | 0x80;
        *at += 1;
        value >>= 7;
    }
    bytes[*at] = value as u8;
    *at += 1;
}

/// Writes a number that may be negative, small either way.
pub(crate) fn write_signed(out: &mut Vec<u8>, value: i64) {
    write(out, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Reads a number and moves `at` behind it; `None` where the bytes end.
pub(crate) fn read(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
        shift += 7;
    }
}

/// The inverse of [`write_signed`].
pub(crate) fn read_signed(bytes: &[u8], at: &mut usize) -> Option<i64> {
    read(bytes, at).map(|value| (value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_come_back() {
        let mut bytes = Vec::new();
        let values = [0, 1, 127, 128, 300, 16_383, 16_384, (1 << 21) - 1, 1 << 21, 1 << 35, u64::MAX];
        values.iter().for_each(|value| write(&mut bytes, *value));
        let (mut room, mut used) = ([0; 64], 0);
        values.iter().for_each(|value| put(&mut room, &mut used, *value));
        assert_eq!(room[..used], bytes);
        // Where there is room for the number and nothing else.
        for value in values {
            let (mut alone, mut at) = (Vec::new(), 0);
            write(&mut alone, value);
            let mut room = vec![0; alone.len()];
            put(&mut room, &mut at, value);
            assert_eq!((room, at), (alone.clone(), alone.len()));
        }
        let signed = [0, -1, 1, 63, -64, i64::MIN, i64::MAX];
        signed.iter().for_each(|value| write_signed(&mut bytes, *value));
        let mut at = 0;
        for value in values {
            assert_eq!(read(&bytes, &mut at), Some(value));
        }
        for value in signed {
            assert_eq!(read_signed(&bytes, &mut at), Some(value));
        }
        assert_eq!(read(&bytes, &mut at), None);
    }
}
