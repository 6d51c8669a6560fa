//! The law of conservation, in one place: whatever the bytes, no row and no byte is lost, doubled or read in two ways.
//! Property tests (`tests/files/laws.rs`) and the fuzz targets (`tests/fuzz`) hold files to it.
//!
//! ```text
//! open twice ─▶ same format, or the same error ─▶ a question has answers, and the proposed one is followed
//! page through ─▶ index ─▶ check, again, cut anywhere on several threads ─▶ rejects
//!      one set of rows, one count, every byte in one place
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::domain::problem::{Code, Severity};
use quietline::files::{
    CheckOptions, Checked, Document, Field, FileError, InputOptions, Record, check, check_in_stretches,
    question, sha256_of, write_rejects,
};
use tokio_util::sync::CancellationToken;

/// Questions that are answered one after the other before the file has to open: encoding, delimiter, header, sheet.
const QUESTIONS: usize = 6;
/// Rows that one page shows.
const PAGE: usize = 17;
/// Further than this no row is looked for before the index is there.
const REACH: u64 = 1 << 20;

/// A Friday, in the United States.
pub fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

/// Holds a file to the law. `Some` where it could be checked, as it was; `None` where it was refused, for a reason that may
/// be given. Panics where the law is broken.
pub fn hold(path: &Path, input: &InputOptions) -> Option<Checked> {
    let (document, input) = opened(path, input)?;
    let rows = paged(&document);
    look_at(path, &document, &rows);
    look_above(path, &document, &input, &rows);

    let state = document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
    assert!(state.complete && state.total_bytes == document.size(), "{state:?}");
    if document.size() < REACH {
        assert_eq!(state.rows, rows.len() as u64, "the index counts what the pages showed");
        for row in [1, rows.len() / 3, rows.len()] {
            let read = document.rows(row as u64, 2).unwrap();
            let from = row.max(1) - 1;
            assert_eq!(
                read,
                rows[from.min(rows.len())..(from + 2).min(rows.len())],
                "row {row} by the index"
            );
        }
    }
    assert_eq!(document.rows(state.rows + 1, 1).unwrap(), [], "nothing stands behind the last row");

    let checked = match check(&document, &options(), &CancellationToken::new(), &mut |_| ()) {
        Ok(checked) => checked,
        Err(error) => {
            let may = matches!(
                error,
                FileError::NeedsChoice { .. } | FileError::Empty { .. } | FileError::TooLarge { .. }
            );
            assert!(may, "{error}: {error:?}");
            return None;
        }
    };
    add_up(path, &document, &checked, state.rows);
    for (threads, bytes) in [(1, u64::MAX / 4), (3, 64), (2, document.size() / 3)] {
        let again = check_in_stretches(&document, &options(), threads, bytes).unwrap();
        same(&checked, &again);
    }
    if document.size() < REACH {
        read_alike(&document, &checked, &rows);
    }
    let out = path.with_extension("rejects");
    let written = write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap();
    let rejected: BTreeSet<u64> = rejections(&checked).collect();
    assert_eq!(written, rejected.len() as u64, "each rejected row is in the rejects once");
    Some(checked)
}

/// Opens it, twice the same, and answers what is asked with what is proposed. With what was said of it in the end.
fn opened(path: &Path, input: &InputOptions) -> Option<(Document, InputOptions)> {
    let mut input = input.clone();
    for _ in 0..QUESTIONS {
        let error = match (Document::open(path, &input), Document::open(path, &input)) {
            (Ok(document), Ok(again)) => {
                assert_eq!(document.format(), again.format());
                assert_eq!((document.columns(), document.mapping()), (again.columns(), again.mapping()));
                assert_eq!((document.notes(), document.container()), (again.notes(), again.container()));
                return Some((document, input));
            }
            (Err(error), Err(again)) => {
                assert_eq!(format!("{error:?}"), format!("{again:?}"));
                error
            }
            (first, second) => panic!("opened twice: {first:?}, then {second:?}"),
        };
        let flag = match &error {
            FileError::NeedsChoice { flag, .. } => flag.clone(),
            FileError::Empty { .. }
            | FileError::WrongKind { .. }
            | FileError::Damaged { .. }
            | FileError::TooLarge { .. } => return None,
            other => panic!("{other}: {other:?}"),
        };
        assert!(flag.starts_with("--") && !error.to_string().is_empty() && !error.advice().is_empty());
        let asked = match question(path, &input, &flag, &CancellationToken::new()) {
            Ok(asked) => asked?,
            // What is asked about may be damaged further on.
            Err(FileError::Damaged { .. } | FileError::TooLarge { .. } | FileError::NeedsChoice { .. }) => {
                return None;
            }
            Err(other) => panic!("{other}: {other:?}"),
        };
        let answer = &asked.answers[asked.proposed];
        if answer.value.is_empty() {
            return None;
        }
        assert!(
            input.answer(asked.flag, &answer.value),
            "its own answer is not taken: {} {answer:?}",
            asked.flag
        );
    }
    None
}

/// Every row, a page at a time, before there is an index.
fn paged(document: &Document) -> Vec<Record> {
    let mut rows: Vec<Record> = Vec::new();
    loop {
        let page = document.rows(rows.len() as u64 + 1, PAGE).unwrap();
        let last = page.len() < PAGE;
        rows.extend(page);
        if last {
            return rows;
        }
    }
}

/// Rows stand in order, each where it says.
fn look_at(path: &Path, document: &Document, rows: &[Record]) {
    let stored = match document.container() {
        None => Some(std::fs::read(path).unwrap()),
        Some(_) => None,
    };
    for (at, record) in rows.iter().enumerate() {
        assert_eq!(record.place.row, at as u64 + 1, "rows are numbered without a gap");
        assert!(!record.fields.is_empty(), "row {} has no field", record.place.row);
        let (from, to) = (record.place.byte, record.place.byte + record.raw.len() as u64);
        assert!(to <= document.size(), "row {} ends behind the file", record.place.row);
        if let Some(next) = rows.get(at + 1) {
            assert!(
                to <= next.place.byte && record.place.line < next.place.line,
                "rows overlap: {:?}",
                next.place
            );
        }
        if let Some(stored) = &stored {
            assert!(
                stored[from as usize..to as usize] == record.raw[..],
                "row {} is not its bytes",
                record.place.row
            );
        }
    }
}

/// No number stands above the first row: names and comments are all that is left out there. The lines are read plainly here,
/// without a word of the reader's own.
fn look_above(path: &Path, document: &Document, input: &InputOptions, rows: &[Record]) {
    let is_wide = document.format().encoding.starts_with("UTF-16");
    let Some(first) = rows.first().filter(|_| document.container().is_none() && !is_wide) else { return };
    let stored = std::fs::read(path).unwrap();
    let above = String::from_utf8_lossy(&stored[..first.place.byte as usize]).into_owned();
    let mut lines: Vec<&str> =
        above.split(['\n', '\r']).filter(|line| !line.trim_matches(' ').is_empty()).collect();
    if input.header == Some(true) {
        // Whoever says that the first line holds names may have numbers for names.
        lines.pop();
    }
    for cell in lines.into_iter().flat_map(|line| line.split([',', ';', '\t', '|'])) {
        let cell = cell.trim_matches(|c: char| c == '#' || c == '"' || c.is_whitespace());
        let is_plain = cell.bytes().all(|b| b.is_ascii_digit() || b"+()-. ".contains(&b));
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        assert!(!(is_plain && (10..=15).contains(&digits)), "a number stands above the rows: {above:?}");
    }
}

/// Both laws: rows into buckets, bytes into the file.
fn add_up(path: &Path, document: &Document, checked: &Checked, records: u64) {
    assert_eq!(checked.records, records, "the check counts what the index counts");
    assert_eq!(checked.rows, checked.valid + checked.duplicates + checked.rejected, "{checked:?}");
    let has_ranges = document.mapping().columns.contains_key(&Field::RangeEnd);
    let has_emails = document.mapping().columns.contains_key(&Field::Email);
    let several = has_ranges || has_emails || !document.mapping().more_numbers.is_empty();
    assert!(several || checked.rows == records, "a row for each record");
    assert!(checked.accounting.is_conserved(), "{:?}", checked.accounting);
    assert_eq!(checked.accounting.size, document.size());
    assert_eq!(checked.sha256, sha256_of(path).unwrap(), "the hash is that of the file as stored");

    assert_eq!(checked.intents.len() as u64, checked.valid, "each valid row is one intent");
    let numbers: Vec<_> = checked.intents.iter().map(|intent| intent.identifier).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "each number once, in order");
    for (code, count) in &checked.counts {
        let listed = checked.problems.iter().filter(|problem| problem.code == *code).count() as u64;
        // The repeats in one range are counted each and said once.
        let is_short = has_ranges && matches!(code, Code::Duplicate | Code::ConflictingDuplicate);
        assert!(
            *code == Code::InferredJurisdiction || listed == *count || (is_short && listed < *count),
            "{} × {count}, listed {listed}",
            code.as_str()
        );
    }
    let rejected: BTreeSet<u64> = rejections(checked).collect();
    assert!(several || rejected.len() as u64 == checked.rejected, "every rejected row has its reason");
    assert!(rejected.iter().all(|row| (1..=records).contains(row)));
}

fn rejections(checked: &Checked) -> impl Iterator<Item = u64> + '_ {
    let rejects =
        |problem: &quietline::domain::problem::Problem| problem.code.severity() == Severity::Rejection;
    checked.problems.iter().filter(rejects).map(|problem| problem.place.row)
}

/// Two checks of one file differ in nothing but their time.
fn same(one: &Checked, other: &Checked) {
    assert_eq!(one.accounting, other.accounting);
    assert_eq!(one.counts, other.counts);
    assert!(one.problems.iter().eq(other.problems.iter()), "the problems differ");
    assert!(one.intents.iter().eq(other.intents.iter()), "the intents differ");
    let rest = |checked: &Checked| {
        (checked.records, checked.rows, checked.valid, checked.rejected, checked.duplicates, checked.warnings)
    };
    assert_eq!(rest(one), rest(other));
}

/// The preview says of each row what the check says of it, but for what only the whole file can tell.
fn read_alike(document: &Document, checked: &Checked, rows: &[Record]) {
    let only_the_file = [
        Code::Duplicate,
        Code::ConflictingDuplicate,
        Code::AmbiguousDate,
        Code::PastExpiry,
        Code::InferredJurisdiction,
    ];
    let own = |code: &Code| !only_the_file.contains(code);
    let mut problems = checked.problems.iter().filter(|problem| problem.place.row > 0).peekable();
    for record in rows {
        let mut found = Vec::new();
        while let Some(problem) = problems.next_if(|problem| problem.place.row == record.place.row) {
            assert_eq!(problem.place, record.place, "a problem stands where its row does");
            found.push(problem.code);
        }
        let read = document.interpret(record, &options());
        let shown: Vec<Code> = read.problems.iter().map(|problem| problem.code).filter(own).collect();
        found.retain(own);
        assert_eq!(shown, found, "row {}", record.place.row);
    }
    assert!(problems.next().is_none(), "a problem of a row that is not there");
}

/// Options that a person could have given, from one byte of chance.
pub fn options_of(chance: u8) -> InputOptions {
    let mut options = InputOptions::default();
    match chance {
        0..96 => {}
        96..128 => {
            options.emails = true;
            match chance & 3 {
                0 => options.map = vec![(Field::Number, "1".to_owned()), (Field::Email, "2".to_owned())],
                1 => options.map = vec![(Field::Email, "1".to_owned())],
                _ => {}
            }
        }
        128..144 => {
            let separators = [b',', b';', b'\t', b'|', b' ', b':', b'/', b'#'];
            options.delimiter = Some(separators[usize::from(chance & 7)]);
        }
        144..160 => options.header = Some(chance & 1 == 1),
        160..176 => {
            let labels = [
                "utf-8",
                "utf-16le",
                "utf-16be",
                "windows-1252",
                "shift_jis",
                "gbk",
                "utf-16",
                "x-user-defined",
            ];
            options.encoding = Some(labels[usize::from(chance & 7)].to_owned());
        }
        176..192 => options.map = vec![(Field::Number, (1 + (chance & 3)).to_string())],
        192..208 => {
            let columns = 1..=2 + (chance & 1);
            options.map = columns.map(|column| (Field::Number, column.to_string())).collect();
            options.header = Some(chance & 2 == 2);
        }
        208..232 => {
            let (constants, values) = (&mut options.constants, &mut options.values);
            let place = if chance & 1 == 1 { "US-CA" } else { "inferred" };
            constants.set(Field::Jurisdiction, place).unwrap();
            constants.set(Field::Source, "State_CA").unwrap();
            constants.set(Field::Expires, if chance & 2 == 2 { "2099-12-31" } else { "never" }).unwrap();
            values.add(Field::Jurisdiction, "CA", "US-CA").unwrap();
            values.add(Field::Jurisdiction, "", if chance & 4 == 4 { "US-NY" } else { "" }).unwrap();
            values.add(Field::Source, "", "house").unwrap();
            values.add(Field::Expires, "", "2099-01-01").unwrap();
        }
        232..244 => {
            options.map = vec![(Field::Number, "1".to_owned()), (Field::Expires, "2".to_owned())];
            options.delimiter = Some(b',');
        }
        _ => {
            options.map = vec![(Field::Number, "1".to_owned()), (Field::RangeEnd, "2".to_owned())];
            options.delimiter = Some(b',');
        }
    }
    options
}
