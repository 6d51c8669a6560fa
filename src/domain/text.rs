//! Strings from files and from the tenant, made safe to show.

mod guard;
#[cfg(test)]
mod tests;

pub use guard::{bare, guarded, guarded_value, is_blank, told_cell, unguarded};

/// Shows control, bidirectional, zero-width and other invisible characters as `\u{..}`, and cuts at `max` characters
/// with `…`. What it returns can be written to a terminal.
///
/// The result holds at most `max` characters, the `…` included, and never half an escape.
pub fn visible(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max.saturating_mul(4)));
    let mut used = 0;
    // Where to cut if the rest turns out not to fit: the longest prefix that leaves room for the `…`.
    let mut cut = 0;
    for c in text.chars() {
        let width = if must_be_escaped(c) { escaped_len(c) } else { 1 };
        if used + width > max {
            out.truncate(cut);
            if max > 0 {
                out.push('…');
            }
            return out;
        }
        if must_be_escaped(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        used += width;
        if used < max {
            cut = out.len();
        }
    }
    out
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `1204118` → `1,204,118`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of something: `1 row is`, `1,204 rows are`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// Characters that leave no mark of their own or reorder their neighbours: bidirectional controls, zero-width
/// characters, soft hyphens, fillers, variation selectors, tags. Controls (`U+0000`…) are not among them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1345f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Control characters, and the two separators that end a line without being one.
pub(crate) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Private use and noncharacters: what they show is up to the font.
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..)
        || u32::from(c) & 0xfffe == 0xfffe
}

fn must_be_escaped(c: char) -> bool {
    is_control(c) || is_invisible(c) || is_private(c)
}

fn escaped_len(c: char) -> usize {
    c.escape_unicode().count()
}
