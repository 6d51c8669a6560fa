//! What kind of file it is by its first bytes: a table that can be read, or something else with a name.

use std::ops::Range;

const OLD_OFFICE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// The name of the stream that a locked Office file keeps everything in, as it is stored: UTF-16.
const LOCKED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF document"),
    (b"\xFD7zXZ\0", "an xz archive"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"\x89PNG\r\n\x1A\n", "a PNG picture"),
    (b"\xFF\xD8\xFF", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"\x7FELF", "a program"),
    (OLD_OFFICE, "an old Excel or Word document (xls, doc)"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "an RTF document"),
    (b"\xFF\xFE\0\0", "UTF-32 text"),
    (b"\0\0\xFE\xFF", "UTF-32 text"),
];

/// A kind of file that is unpacked into text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// One text.
    Gzip,
    /// One text.
    Zstd,
    /// Several files, or a workbook.
    Zip,
    /// Perhaps a list of the registry.
    Xml,
}

impl Packed {
    /// With its article.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "a gzip archive",
            Self::Zstd => "a zstd archive",
            Self::Zip => "a zip archive or workbook",
            Self::Xml => "an XML document",
        }
    }
}

/// Whether a file has to be unpacked, by its first bytes.
pub(super) fn packed(head: &[u8]) -> Option<Packed> {
    let skippable = matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..]);
    if head.starts_with(b"\x1F\x8B") {
        Some(Packed::Gzip)
    } else if head.starts_with(b"\x28\xB5\x2F\xFD") || skippable {
        Some(Packed::Zstd)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Packed::Zip)
    } else {
        (markup(head) == Some(XML)).then_some(Packed::Xml)
    }
}

const XML: &str = "an XML document";

/// The name of a file that is no table, with its article; `None` where it may be one.
pub(super) fn other_kind(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(OLD_OFFICE) && memchr::memmem::find(head, LOCKED).is_some() {
        return Some("a workbook or document that is locked with a password");
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.starts_with(b"BZh") && head.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59") {
        return Some("a bzip2 archive");
    }
    if head.starts_with(b"MZ") && head.iter().take(64).any(|&b| b == 0) {
        return Some("a program");
    }
    markup(head).or_else(|| is_binary(head).then_some("binary data"))
}

fn markup(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if [&b"<!doctype html"[..], b"<html", b"<head", b"<body", b"<table"].iter().any(|tag| starts(tag)) {
        return Some("an HTML page");
    }
    if [&b"<?xml"[..], b"<!doctype", b"<!--", b"<list"].iter().any(|tag| starts(tag)) {
        return Some(XML);
    }
    let json = match text.first()? {
        b'{' => matches!(text[1..].trim_ascii_start().first(), Some(b'"' | b'}')),
        b'[' => matches!(text[1..].trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']' | b'0'..=b'9')),
        _ => false,
    };
    json.then_some("a JSON document")
}

/// A few NUL bytes or escape sequences are damage in a table; many, or some among bytes that are no text, are no table.
fn is_binary(head: &[u8]) -> bool {
    if starts_with_utf_16_mark(head) || wide_without_mark(head).is_some() {
        return false;
    }
    let odd = head.iter().filter(|&&b| b < 0x20 && !b"\t\n\r\x0C\x1A\x1B".contains(&b)).count();
    let high = head.iter().filter(|b| !b.is_ascii()).count();
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    odd * 4 > head.len() || (!text && odd * 50 > head.len() && high * 10 > head.len())
}

fn starts_with_utf_16_mark(head: &[u8]) -> bool {
    head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF")
}

/// UTF-16 without a byte order mark: the name of its likely order. Western text in it has a NUL in every other byte.
pub(super) fn wide_without_mark(head: &[u8]) -> Option<&'static str> {
    let pairs = head.len() / 2;
    if pairs < 2 {
        return None;
    }
    let nul = |range: Range<usize>| head[range].iter().step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (nul(0..pairs * 2), nul(1..pairs * 2));
    if odd * 10 > pairs * 6 && even * 20 < pairs {
        return Some("UTF-16LE");
    }
    (even * 10 > pairs * 6 && odd * 20 < pairs).then_some("UTF-16BE")
}
