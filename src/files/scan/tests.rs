//! The scanner against a slow, obviously right reading of the same rules.

use proptest::prelude::*;

use super::split::Fields;
use super::*;
use crate::domain::phone::{may_be_number, may_be_number_alone};

mod oracle;

fn scan(bytes: &[u8], dialect: Dialect, read_size: usize) -> Vec<(Piece, Vec<u8>)> {
    let end = bytes.len() as u64;
    let mut scanner =
        Scanner::with_read_size(bytes, Width::One, dialect, Checkpoint::start(0, 1), end, read_size);
    let mut pieces = Vec::new();
    while let Some(piece) = scanner.next().unwrap() {
        let stored = scanner.stored(&piece).to_vec();
        pieces.push((piece, stored));
    }
    pieces
}

fn shape(bytes: &[u8], dialect: Dialect) -> Vec<(String, Option<Fault>)> {
    scan(bytes, dialect, READ)
        .into_iter()
        .map(|(piece, stored)| (String::from_utf8_lossy(&stored).into_owned(), piece.fault))
        .collect()
}

const ONE: Dialect = Dialect { delimiter: None, columns: 1, plain: false };
const TWO: Dialect = Dialect { delimiter: Some(b','), columns: 2, plain: false };

/// Text made of the parts that matter, so that quotations open and close often.
fn messy() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just("\"".to_owned()),
        3 => Just(",".to_owned()),
        3 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        2 => Just("2025550101".to_owned()),
        1 => Just("2025550101,x\n".to_owned()),
        1 => Just("\"\"".to_owned()),
        1 => Just(",\"".to_owned()),
        1 => Just("\",".to_owned()),
        1 => Just(" ".to_owned()),
        1 => Just("a".to_owned()),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat().into_bytes())
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(ONE), Just(TWO)]
}

#[test]
fn no_spelling_place_or_number_of_columns_hides_a_row_in_a_quotation() {
    let dialect = Dialect { delimiter: Some(b','), columns: 3, plain: false };
    for text in [
        "202,5550101,\"Ann\n202,5550102,Bob\"\n",
        "2025550101,2125550101,\"Ann\n,2025550102,Bob\"\n",
        "2025550101,x,\"Ann\n202\u{2013}555\u{2013}0102,x,Bob\"\n",
        "2025550101,x,\"Ann\n1-800-FLOWERS,x,Bob\"\n",
        "2025550101,x,\"Ann\n\u{ff12}\u{ff10}\u{ff12}\u{ff15}550102,x,Bob\"\n",
        "2025550101,x,\"Ann\n[202] 555-0102,x,Bob\"\n",
        "2025550101,x,\"Ann\n2025550102 extension 5,x,Bob\"\n",
        "2025550101,x,\"Ann\n2025550102,Bob,extra,extra\"\n",
        "2025550101,x,\"Ann\n2025550102\n2025550103\"\n",
        "x,\"Ann,2025550101\nBob\",2025550102\n",
        "2025550101,x,\"Ann\n#2025550102,x,Bob\"\n",
        "2025550101,x,\"Ann\n202,555-0102,Bob\"\n",
    ] {
        let pieces = shape(text.as_bytes(), dialect);
        assert!(pieces.len() > 1 && pieces.iter().all(|(_, fault)| fault.is_some()), "{text}: {pieces:?}");
    }
    let narrow = [
        b"2025550101,x,\"Ann\n202\xa0555\xa00188,x\"\n".as_slice(),
        b"2025550101,x,\"Ann\n202\x96555\x960188,x\"\n",
    ];
    for bytes in narrow {
        assert!(shape(bytes, dialect).iter().all(|(_, fault)| fault.is_some()), "{bytes:?}");
    }
    for text in [
        "2025550101,x,\"asked by letter,\nnot by call\"\n",
        "2025550101,x,\"asked on\n2027-12-31, in writing\"\n",
        "2025550101,\"12 Oak St\n212 Elm Lane, Springfield, IL 62704-1234\",2027-12-31\n",
        "\"Ann\nBob\",2025550101,2027-12-31\n",
        "2025550101,\"Rua A 12\n01310-100\nBrasil\",x\n",
        "2025550101,\"Ann Bobson\nTel: 202-555-0188\nwww.example.com\",x\n",
        "2025550101,\"seen 20260115\n20260115\n12345678\",x\n",
    ] {
        assert_eq!(shape(text.as_bytes(), dialect), [(text.trim_end().to_owned(), None)]);
    }
}

#[test]
fn where_marks_mean_nothing_every_line_is_a_record() {
    let plain = Dialect { plain: true, ..ONE };
    let text = b"\"2025550101\n20255\"50102\n\n\"\"\"\r\nend\"";
    for read_size in [2, 7, READ] {
        let pieces = scan(text, plain, read_size);
        let lines: Vec<&[u8]> = pieces.iter().map(|(_, stored)| stored.as_slice()).collect();
        assert_eq!(lines, [&b"\"2025550101"[..], b"20255\"50102", b"", b"\"\"\"", b"end\""]);
        assert!(pieces.iter().all(|(piece, _)| piece.fault.is_none()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_scanner_agrees_with_the_slow_reading(bytes in messy(), dialect in dialects()) {
        let fast: Vec<_> = scan(&bytes, dialect, READ)
            .into_iter()
            .map(|(p, _)| oracle::Row { at: p.at as usize, bytes: p.bytes as usize, fault: p.fault })
            .collect();
        prop_assert_eq!(fast, oracle::rows(&bytes, dialect));
    }

    #[test]
    fn a_quotation_that_runs_for_many_lines_agrees_too(
        head in messy(), lines in 90_usize..110, tail in messy(), dialect in dialects()
    ) {
        let mut bytes = head;
        bytes.extend_from_slice(b"\n\"");
        for n in 0..lines {
            bytes.extend_from_slice(if n % 7 == 0 { b"\r\n" } else { b"x\n" });
        }
        bytes.extend(tail);
        let fast: Vec<_> = scan(&bytes, dialect, READ)
            .into_iter()
            .map(|(p, _)| oracle::Row { at: p.at as usize, bytes: p.bytes as usize, fault: p.fault })
            .collect();
        prop_assert_eq!(fast, oracle::rows(&bytes, dialect));
    }

    #[test]
    fn pieces_tile_any_bytes_and_count_their_lines(
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), messy()], dialect in dialects()
    ) {
        let (mut at, mut line) = (0_u64, 1_u64);
        for (piece, stored) in scan(&bytes, dialect, READ) {
            prop_assert_eq!(piece.at, at);
            prop_assert_eq!(piece.line, line);
            let whole = &bytes[at as usize..(at + piece.bytes) as usize];
            prop_assert!(whole.starts_with(&stored));
            at += piece.bytes;
            line += whole.iter().filter(|&&b| b == b'\n').count() as u64;
            let lone = whole.iter().enumerate().filter(|&(i, &b)| b == b'\r' && whole.get(i + 1) != Some(&b'\n'));
            line += lone.count() as u64;
        }
        prop_assert_eq!(at, bytes.len() as u64);
    }

    #[test]
    fn windows_of_any_size_give_the_same_pieces(bytes in messy(), size in 2_usize..40, dialect in dialects()) {
        prop_assert_eq!(scan(&bytes, dialect, size), scan(&bytes, dialect, READ));
    }

    #[test]
    fn scanning_goes_on_from_any_piece(bytes in messy(), dialect in dialects()) {
        let all = scan(&bytes, dialect, READ);
        let end = bytes.len() as u64;
        let mut scanner = Scanner::new(&bytes[..], Width::One, dialect, Checkpoint::start(0, 1), end);
        let mut passed = 0;
        loop {
            let mut again = Scanner::new(&bytes[..], Width::One, dialect, scanner.place(), end);
            let mut rest = Vec::new();
            while let Some(piece) = again.next().unwrap() {
                rest.push(piece);
            }
            let expected: Vec<_> = all[passed..].iter().map(|(piece, _)| *piece).collect();
            prop_assert_eq!(rest, expected);
            if scanner.next().unwrap().is_none() {
                break;
            }
            passed += 1;
        }
    }

    #[test]
    fn utf_16_gives_the_same_pieces_at_twice_the_places(bytes in messy(), dialect in dialects(), size in 2_usize..40) {
        let wide: Vec<u8> = bytes.iter().flat_map(|&b| [b, 0]).collect();
        let end = wide.len() as u64;
        let start = Checkpoint::start(0, 1);
        let mut scanner = Scanner::with_read_size(&wide[..], Width::TwoLittle, dialect, start, end, size);
        for (piece, stored) in scan(&bytes, dialect, READ) {
            let twin = scanner.next().unwrap().unwrap();
            prop_assert_eq!((twin.at, twin.bytes), (piece.at * 2, piece.bytes * 2));
            prop_assert_eq!((twin.line, twin.fault, twin.eol), (piece.line, piece.fault, piece.eol));
            let narrow: Vec<u8> = scanner.stored(&twin).iter().copied().step_by(2).collect();
            prop_assert_eq!(narrow, stored);
        }
        prop_assert!(scanner.next().unwrap().is_none());
    }

    #[test]
    fn sound_records_split_as_the_csv_crate_splits_them(
        cells in prop::collection::vec("[ -~\n]{0,12}", 1..6)
    ) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(&cells).unwrap();
        let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut fields = Fields::default();
        fields.split(line.trim_end_matches('\n'), Some(b','), true);
        prop_assert_eq!(fields.iter().collect::<Vec<_>>(), cells);
    }

    #[test]
    fn any_record_splits_as_one_character_at_a_time(
        record in "[a-f,;é]{0,60}([a,;é]|\"|\"\"|,\"|\",|\n){0,20}", delimiter in prop::sample::select(vec![Some(b','), Some(b';'), None])
    ) {
        let mut fields = Fields::default();
        fields.split(&record, delimiter, true);
        prop_assert_eq!(fields.iter().map(str::to_owned).collect::<Vec<_>>(), split_slowly(&record, delimiter));
    }
}

/// A mark opens a quotation where a field starts, and only there; in it two marks are one.
fn split_slowly(record: &str, delimiter: Option<u8>) -> Vec<String> {
    let (mut out, mut starts, mut inside) = (vec![String::new()], true, false);
    let mut characters = record.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if inside && characters.peek() == Some(&'"') => {
                characters.next();
                out.last_mut().unwrap().push('"');
            }
            '"' if inside => inside = false,
            '"' if starts => inside = true,
            c if !inside && Some(c) == delimiter.map(char::from) => {
                out.push(String::new());
                starts = true;
                continue;
            }
            c => out.last_mut().unwrap().push(c),
        }
        starts = false;
    }
    out
}

#[test]
fn a_newline_in_a_regular_quotation_belongs_to_the_field() {
    let file = b"2025550101,\"Suite 5\nMain Street, NY\"\n2025550102,b\n";
    let got = shape(file, TWO);
    assert_eq!(got.len(), 2);
    assert_eq!(got[0], ("2025550101,\"Suite 5\nMain Street, NY\"".into(), None));
}

#[test]
fn a_quotation_that_holds_records_is_taken_apart() {
    let file = b"2025550101,\"a\n2025550102,b\n2025550103,c\"\n2025550104,d\n";
    let faults: Vec<_> = shape(file, TWO).into_iter().map(|(_, fault)| fault).collect();
    let swallowed = Some(Fault::Swallowed);
    assert_eq!(faults, [swallowed, swallowed, swallowed, None]);
}

#[test]
fn a_mark_that_never_closes_rejects_every_row_behind_it_and_hides_none() {
    let mut file = b"2025550101\n\"2025550102\n".to_vec();
    file.extend(b"2025550103\n".repeat(998));
    let got = shape(&file, ONE);
    assert_eq!(got.len(), 1000);
    assert_eq!(got.iter().filter(|(_, fault)| fault.is_none()).count(), 1);
    assert_eq!(got[1].1, Some(Fault::Swallowed));
    assert_eq!(got[999].1, Some(Fault::Unterminated));
}

#[test]
fn a_stray_mark_inside_a_row_costs_that_row_only() {
    let got = shape(b"2025550101\n20255\"50102\n\"2025550103\"x\n2025550104\n", ONE);
    let faults: Vec<_> = got.into_iter().map(|(_, fault)| fault).collect();
    assert_eq!(faults, [None, Some(Fault::Irregular), Some(Fault::Irregular), None]);
}

#[test]
fn an_overlong_line_is_passed_over_without_being_held() {
    for (length, fault) in [(RECORD_LIMIT, None), (RECORD_LIMIT + 1, Some(Fault::TooLong))] {
        for eol in ["\n", "\r\n", "\r", ""] {
            let mut file = vec![b'7'; length];
            file.extend_from_slice(eol.as_bytes());
            let size = file.len() as u64;
            if !eol.is_empty() {
                file.extend_from_slice(b"2025550101");
            }
            for read in [READ, 65_537, RECORD_LIMIT + 1, RECORD_LIMIT + 2, RECORD_LIMIT + 3] {
                let got = scan(&file, ONE, read);
                assert_eq!((got[0].0.fault, got[0].0.bytes), (fault, size), "{length} {eol:?} {read}");
                assert_eq!(got.len(), 1 + usize::from(!eol.is_empty()), "{length} {eol:?} {read}");
            }
        }
    }
}

#[test]
fn an_overlong_quotation_is_taken_apart_line_by_line() {
    for extra in [0, 1, 2, 3] {
        let mut file = b"a,\"b\n".to_vec();
        file.resize(RECORD_LIMIT + extra, b'7');
        for read in [READ, 65_537, RECORD_LIMIT + 2] {
            let got = scan(&file, TWO, read);
            assert_eq!(got.len(), 2, "{extra} {read}");
            assert!(got.iter().all(|(piece, _)| piece.fault.is_some()));
            assert_eq!(got.iter().map(|(piece, _)| piece.bytes).sum::<u64>(), file.len() as u64);
        }
    }
}
