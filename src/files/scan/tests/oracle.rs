//! The rules once more, on physical lines and one character at a time.

use super::*;

#[derive(Debug, PartialEq)]
pub struct Row {
    pub at: usize,
    pub bytes: usize,
    pub fault: Option<Fault>,
}

fn lines(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let (mut out, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let eol = match (bytes[at], bytes.get(at + 1)) {
            (b'\n', _) => 1,
            (b'\r', Some(b'\n')) => 2,
            (b'\r', _) => 1,
            _ => 0,
        };
        if eol > 0 {
            out.push((start, at, at + eol));
            start = at + eol;
            at = start;
        } else {
            at += 1;
        }
    }
    if start < bytes.len() {
        out.push((start, bytes.len(), bytes.len()));
    }
    out
}

/// 0 = a field starts, 1 = in a plain field, 2 = quoted, 3 = a stray mark.
fn walk(line: &[u8], mut state: u8, delimiter: Option<u8>) -> u8 {
    let mut at = 0;
    while at < line.len() {
        let (unit, next) = (line[at], line.get(at + 1).copied());
        state = match (state, unit) {
            (0, b'"') => 2,
            (1, b'"') => return 3,
            (0 | 1, unit) => u8::from(Some(unit) != delimiter),
            (2, b'"') if next == Some(b'"') => {
                at += 1;
                2
            }
            (2, b'"') if next.is_none() || next == delimiter => 1,
            (2, b'"') => return 3,
            _ => state,
        };
        at += 1;
    }
    state
}

pub fn rows(bytes: &[u8], dialect: Dialect) -> Vec<Row> {
    let lines = lines(bytes);
    let (mut out, mut i) = (Vec::new(), 0);
    while i < lines.len() {
        let (mut state, mut last, mut in_field) = (0, i, 1);
        let mut far = false;
        loop {
            let line = &bytes[lines[last].0..lines[last].1];
            // A quotation that closes in this line starts the count of lines afresh.
            let opened_here = state != 2 || !stays_quoted(line, dialect.delimiter);
            state = walk(line, state, dialect.delimiter);
            in_field = if opened_here { 1 } else { in_field };
            if state != 2 || last + 1 == lines.len() && lines[last].1 == lines[last].2 {
                break;
            }
            in_field += 1;
            far |= in_field > LINE_LIMIT;
            if last + 1 == lines.len() {
                break;
            }
            last += 1;
        }
        let open = state == 2;
        let record_like = like(&bytes[lines[i].0..lines[last].1], dialect);
        let apart = far || (last > i && (open || state == 3 || record_like));
        for (n, line) in lines[i..=last].iter().enumerate() {
            let fault = match (apart, n) {
                (false, _) if state == 3 => Some(Fault::Irregular),
                (false, _) if open => Some(Fault::Unterminated),
                (false, _) => None,
                (true, _) if far && open && i + n == last => Some(Fault::Unterminated),
                (true, _) if far => Some(Fault::Swallowed),
                (true, 0) if open => Some(Fault::Unterminated),
                (true, 0) if state == 3 => Some(Fault::Irregular),
                _ => Some(Fault::Swallowed),
            };
            let blank = bytes[line.0..line.1].iter().all(|b| b" \t".contains(b));
            if !apart {
                let end = lines[last].2;
                out.push(Row { at: line.0, bytes: end - line.0, fault });
                break;
            }
            out.push(Row { at: line.0, bytes: line.2 - line.0, fault: fault.filter(|_| !blank) });
        }
        i = last + 1;
    }
    out
}

fn stays_quoted(line: &[u8], delimiter: Option<u8>) -> bool {
    // Inside a quotation a line keeps it open exactly if its marks all come in pairs.
    let mut rest = line;
    let _ = delimiter;
    while let Some(at) = rest.iter().position(|&b| b == b'"') {
        if rest.get(at + 1) != Some(&b'"') {
            return false;
        }
        rest = &rest[at + 2..];
    }
    true
}

/// Whether text between marks holds a number, behind its first line end or its first delimiter.
fn like(record: &[u8], dialect: Dialect) -> bool {
    let (mut texts, mut inside, mut starts, mut at) = (Vec::new(), false, true, 0);
    while at < record.len() {
        let unit = record[at];
        if inside && unit == b'"' && record.get(at + 1) == Some(&b'"') {
            at += 1;
        } else if unit == b'"' && (inside || starts) {
            inside = !inside;
            if inside {
                texts.push(Vec::new());
            }
            (starts, at) = (false, at + 1);
            continue;
        }
        if inside {
            texts.last_mut().unwrap().push(unit);
        }
        starts = !inside && Some(unit) == dialect.delimiter;
        at += 1;
    }
    texts.iter().any(|text| {
        let text = String::from_utf8_lossy(text);
        let lines: Vec<&str> = text.split(['\n', '\r']).collect();
        lines.len() > 1
            && lines.iter().enumerate().any(|(at, line)| {
                let cells: Vec<&str> = line.split([',', ';', '\t', '|']).collect();
                let inner = |cell: &str| cell.trim_matches(['"', ' ', '\t', '\u{c}']).to_owned();
                match cells.as_slice() {
                    [alone] => at > 0 && may_be_number_alone(&inner(alone)),
                    cells => {
                        let own = usize::from(at == 0);
                        cells.iter().skip(own).any(|cell| may_be_number(&inner(cell)))
                    }
                }
            })
    })
}
