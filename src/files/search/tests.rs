//! A search finds what a look at every row would find, whatever the file is stored like and however far the index is.

use std::path::PathBuf;

use super::*;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::files::InputOptions;
use proptest::prelude::*;
use tempfile::TempDir;

fn stored(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.csv");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn normaliser() -> Normaliser {
    Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new())
}

fn needle(text: &str) -> Needle {
    Needle::new(text, Some(&normaliser())).unwrap()
}

/// Rows found, in the order of the file; and the order in which they were told.
fn rows_from(document: &Document, text: &str, from: u64) -> (Vec<u64>, Vec<u64>) {
    let mut told = Vec::new();
    let mut wrapped = false;
    document
        .search(&needle(text), from, &CancellationToken::new(), &mut |found| {
            assert!(found.wrapped >= wrapped, "what stands above comes last");
            wrapped = found.wrapped;
            assert!(found.bytes <= found.total);
            let mut row = 0;
            while let Some(next) = found.hits.after(row) {
                told.push(next);
                row = next;
            }
        })
        .unwrap();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    (sorted, told)
}

fn rows(document: &Document, text: &str) -> Vec<u64> {
    rows_from(document, text, 1).0
}

fn open(bytes: &[u8], options: &InputOptions) -> (TempDir, Document) {
    let (folder, path) = stored(bytes);
    (folder, Document::open(&path, options).unwrap())
}

fn plain(bytes: &[u8]) -> (TempDir, Document) {
    open(bytes, &InputOptions::default())
}

const NAMES: &str = "phone,name,note\n\
    2025550101,Müller,first\n\
    (202) 555-0102,\"O\"\"Neil, Anna\",MÜLLER is no Müller\n\
    +1 202.555.0101,anna,\"two\nlines\"\n\
    202 55 50 101,Łódź,\n\
    ２０２５５５０１０１,,twin digits\n\
    1-800-FLOWERS,shop,call 2025550101 now\n";

#[test]
fn letters_are_found_in_either_case_and_other_characters_as_they_are() {
    let (_folder, document) = plain(NAMES.as_bytes());
    assert_eq!(rows(&document, "ANNA"), [2, 3]);
    assert_eq!(rows(&document, "müller"), [1, 2], "ü is ü, m may be M");
    assert_eq!(rows(&document, "Ü"), [2]);
    assert_eq!(rows(&document, "two"), [3]);
    assert_eq!(rows(&document, "lines"), [3]);
    assert_eq!(rows(&document, "anna,"), [3], "also as it stands in the file");
    assert_eq!(rows(&document, "O\"Neil, Anna\""), [] as [u64; 0]);
    assert_eq!(rows(&document, "o\"neil, a"), [2], "a doubled quotation mark is one");
    assert_eq!(rows(&document, "\""), [2, 3]);
    assert_eq!(rows(&document, "phone"), [] as [u64; 0], "the header is no row");
    assert!(Needle::new(" \t", None).is_none());
}

#[test]
fn a_number_is_found_in_any_spelling() {
    let (_folder, document) = plain(NAMES.as_bytes());
    for spelled in ["2025550101", "(202) 555-0101", "+1 202 555 0101"] {
        let found = rows(&document, spelled);
        assert!([1, 3, 4, 5].iter().all(|row| found.contains(row)), "{spelled}: {found:?}");
    }
    assert_eq!(rows(&document, "8003569377"), [6]);
    assert_eq!(rows(&document, "2025550101"), [1, 3, 4, 5, 6], "as text it stands in a note too");
    assert_eq!(rows(&document, "555-0102"), [2], "part of a number is a text");
    let (_folder, split) = plain(b"202,5550101\n202,5550102\n415,5550101\n");
    assert_eq!(rows(&split, "202-555-0101"), [1], "also over two columns");
}

#[test]
fn it_looks_down_from_the_row_and_then_from_the_top() {
    let text: String = (1..=1_000).map(|row| format!("20255501{:02},{}\n", row % 100, row % 10)).collect();
    let (_folder, document) = plain(format!("phone,digit\n{text}").as_bytes());
    let (sorted, told) = rows_from(&document, "20255501", 501);
    assert_eq!(sorted, (1..=1_000).collect::<Vec<_>>());
    assert_eq!(told, (501..=1_000).chain(1..=500).collect::<Vec<_>>());
    assert_eq!(rows_from(&document, "20255501", 9_999).0.len(), 1_000, "from a row that is not there");
}

#[test]
fn every_encoding_is_searched_as_text() {
    let (latin, ..) =
        encoding_rs::WINDOWS_1252.encode("phone;name\n2025550101;Müller\n2025550102;Muller €\n");
    let (_folder, document) = plain(&latin);
    assert_eq!(document.format().encoding, "windows-1252");
    assert_eq!((rows(&document, "mü"), rows(&document, "€")), (vec![1], vec![2]));
    assert_eq!(rows(&document, "東"), [] as [u64; 0], "the encoding has no such letter");

    // Both bytes of ソ are ASCII's or look like it: 83 5C.
    let said = InputOptions { encoding: Some("shift_jis".into()), ..InputOptions::default() };
    let (japan, ..) = encoding_rs::SHIFT_JIS.encode("phone,name\n2025550101,ソニー\n2025550102,東京 A\\B\n");
    let (_folder, document) = open(&japan, &said);
    assert_eq!(
        (rows(&document, "ソ"), rows(&document, "\\"), rows(&document, "京 a")),
        (vec![1], vec![2], vec![2])
    );

    for little in [true, false] {
        let mark: &[u8] = if little { b"\xFF\xFE" } else { b"\xFE\xFF" };
        let unit = |u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() };
        let wide: Vec<u8> = NAMES.encode_utf16().flat_map(unit).collect();
        let (_folder, document) = plain(&[mark, &wide].concat());
        assert_eq!((rows(&document, "MÜ"), rows(&document, "łódź")), (vec![2], vec![] as Vec<u64>));
        assert_eq!(rows(&document, "Łódź"), [4]);
        assert_eq!(rows(&document, "2025550101"), [1, 3, 4, 5, 6]);
    }
}

#[test]
fn broken_rows_are_searched_too() {
    let mut text = b"phone,note\n2025550101,\xFFbroken\n2025550102,sound\n".to_vec();
    text.extend_from_slice(b"2025550103,");
    text.extend(std::iter::repeat_n(b'x', 1_100_000));
    text.extend_from_slice(b"END\n2025550104,\"never closed\n2025550105,after\n");
    let said = InputOptions { encoding: Some("utf-8".into()), ..InputOptions::default() };
    let (_folder, document) = open(&text, &said);
    assert_eq!(rows(&document, "broken"), [1]);
    assert_eq!(rows(&document, "\u{FFFD}b"), [1]);
    assert_eq!(rows(&document, "xend"), [3], "a row longer than any block");
    assert_eq!(rows(&document, "never"), [4]);
    assert_eq!(rows(&document, "2025550105"), [5]);
}

#[test]
fn it_needs_no_index_and_stops_at_once() {
    let text: String = (0..60_000).map(|row| format!("{},row {row}\n", 2_025_550_000_u64 + row)).collect();
    let (_folder, document) = plain(text.as_bytes());
    assert!(!document.index_state().complete);
    assert_eq!(rows(&document, "row 59999"), [60_000]);
    let stop = CancellationToken::new();
    let mut calls = 0;
    let stopped = document.search(&needle("row"), 1, &stop, &mut |_| {
        calls += 1;
        stop.cancel();
    });
    assert!(matches!(stopped, Err(FileError::Stopped)), "{stopped:?}");
    assert_eq!(calls, 1);
    document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
    assert_eq!(rows(&document, "row 59999"), [60_000]);
}

#[test]
fn a_file_that_changes_is_not_searched_as_if_it_held() {
    let (_folder, path) = stored(b"2025550101\n2025550102\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    std::fs::write(&path, b"2025550101\n").unwrap();
    let result = document.search(&needle("1"), 1, &CancellationToken::new(), &mut |_| ());
    assert!(matches!(result, Err(FileError::Changed { .. })), "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn it_finds_what_a_look_at_every_row_finds(
        lines in prop::collection::vec("[ab ,\"01é-]{0,12}(\r|\n|\r\n)", 1..60),
        text in "[abAé01,\" -]{1,3}",
        from in 1_u64..40,
        indexed: bool,
    ) {
        let bytes = format!("2025550101,x\n2025550102,y\n{}", lines.concat());
        let said = InputOptions { header: Some(false), delimiter: Some(b','), ..InputOptions::default() };
        let (_folder, path) = stored(bytes.as_bytes());
        let document = Document::open(&path, &said).unwrap();
        if indexed {
            document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
        }
        let wanted = text.to_ascii_lowercase();
        prop_assume!(!wanted.trim().is_empty());
        let slow: Vec<u64> = document
            .rows(1, 1_000)
            .unwrap()
            .into_iter()
            .filter(|record| {
                let raw = String::from_utf8_lossy(&record.raw).to_ascii_lowercase();
                raw.contains(&wanted) || record.fields.iter().any(|cell| cell.to_ascii_lowercase().contains(&wanted))
            })
            .map(|record| record.place.row)
            .collect();
        prop_assert_eq!(rows_from(&document, &text, from).0, slow);
    }
}
