//! What leaves opens again: the rejects reject the same until they are mended, the cleaned list holds the same numbers.

use super::*;
use quietline::files::{Constants, Intent, Values};

/// What is said about the rejected records, one entry for each.
fn rejected_records(checked: &Checked) -> Vec<Vec<Code>> {
    let mut records: BTreeMap<u64, Vec<Code>> = BTreeMap::new();
    for (row, code) in rejections(checked) {
        records.entry(row).or_default().push(code);
    }
    records.into_values().collect()
}

fn rejects_of(document: &Document, folder: &Path, name: &str) -> (PathBuf, Checked) {
    let checked = check_document(document).unwrap();
    let out = folder.join(name);
    let written = write_rejects(document, &checked, &out, &CancellationToken::new()).unwrap();
    assert_eq!(written, rejected_records(&checked).len() as u64);
    (out, checked)
}

/// Header and rows of a table that was written.
fn table(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The rejects of a file open as input, map the same and reject the same, and so do the rejects of those, cell for cell.
pub(super) fn survives(path: &Path, input: &InputOptions) {
    let folder = tempfile::tempdir().unwrap();
    let document = Document::open(path, input).unwrap();
    let (first, checked) = rejects_of(&document, folder.path(), "first.csv");
    if checked.rejected == 0 {
        return;
    }
    let again = Document::open(&first, &InputOptions::default()).unwrap();
    assert_eq!(again.mapping(), document.mapping(), "{:?}", again.columns());
    assert_eq!((again.constants(), again.values()), (document.constants(), document.values()));
    let (second, rechecked) = rejects_of(&again, folder.path(), "second.csv");
    assert_eq!(rejected_records(&rechecked), rejected_records(&checked), "{:?}", table(&first));
    assert_eq!(again.columns().len(), document.columns().len() + 8);
    if document.format().header {
        assert_eq!(again.columns()[..document.columns().len()], *document.columns());
    }
    let own = document.columns().len();
    let (first, second) = (table(&first), table(&second));
    for (one, other) in first.iter().zip(&second) {
        assert_eq!((one.len(), &one[..own], &one[own + 4]), (other.len(), &other[..own], &other[own + 4]));
    }
    assert_eq!(first.len(), second.len());
}

fn survives_text(text: impl AsRef<[u8]>, input: &InputOptions) {
    let (_folder, path) = stored("list.csv", text);
    survives(&path, input);
}

#[rstest]
#[case::plain("phone,expires,source\nn/a,2027-12-31,web\n2025550101,,\n2025550102,soon,x\n")]
#[case::headerless("n/a,2027-12-31\n2025550101,\n2025550102,\n2025550103,\n")]
#[case::one_column("2025550101\n2025550102\n555-0101\n")]
#[case::split(
    "202,5550101\n202,5550102\n20,25550103\n202,5550104\n202,5550105\n202,5550106\n202,5550107\n202,5550108\n202,5550109\n202,5550110\n202,-550110\n"
)]
#[case::split_with_names(
    "Area Code,Number,State\n202,5550101,US-DC\n20,5550102,US-DC\n202,5550103,\n202,5550103,x\n202,5550104,\n202,5550104,\n202,5550105,\n202,5550106,\n202,5550107,\n202,5550108,\n202,5550109,\n"
)]
#[case::formulas(
    "phone,expires,source\n-911,-,=1+1\n'-911,'-,'=x\n@x,\t2027-12-31,+1 202 555 0101\n=2025550101,-,@\n\"\t\",\"\r2027-12-31\",-\n"
)]
#[case::line_breaks(
    "notes,phone,source\n\"two\nlines\",x,\"a\rb\"\n\"two\nlines, and\",\"202\n5550101\",x\n\"\r\n2025550101\",y,z\n"
)]
#[case::quotes(
    "phone,notes\n2025550101,\"a\"b\n2025550102,c\"d\nx,\"say \"\"no\"\"\"\n2025550103,\"open\n2025550104,x\n"
)]
#[case::ragged("phone,expires,source\n2025550101\n2025550102,,a,b,c\n2025550103,\n,,\n")]
#[case::semicolons("phone;notes;expires\nx;a,b;\ny;c;01/02/2020\n2025550101;;\n")]
#[case::control(b"phone,notes\n202555\x000101,x\n2025550102,a\x1bb\nx,\xe2\x80\xa8\n".as_slice())]
#[case::broken_text(b"phone,notes\n2025550101,caf\xe9 \xc3\xa9 \xc3\xa9\n202\xff5550102,x\nx,\xc3\xa9\n2025550103,\xc3\xa9\n".as_slice())]
#[case::own_names("#,Tel. Nr,=sum,,phone\n1,a,b,c,x\n2,a,b,c,2025550101\n")]
#[case::says_both_ways("phone,expires\nx,31/12/2027\n2025550101,12/31/2027\n2025550102,03/04/2027\n")]
#[case::says_one_way(
    "phone,expires\nx,03/04/2019\n2025550101,31/12/2027\n2025550102,03/04/2019\n2025550103,03/04/2027\n"
)]
#[case::says_nothing("phone,expires\nx,03/04/2027\n2025550102,03/04/2027\n")]
fn unmended_rejects_are_rejected_again_for_the_same_reasons(#[case] text: impl AsRef<[u8]>) {
    survives_text(text, &InputOptions::default());
}

#[test]
fn what_a_person_said_about_the_file_travels_with_its_rejects() {
    let map = |columns: &[&str]| InputOptions {
        map: columns.iter().map(|column| (Field::Number, (*column).to_owned())).collect(),
        ..InputOptions::default()
    };
    let numbers = "home,work,cell,until\n2025550101,x,2025550102,\ny,,z,\n,,,\n2025550103,,,2019-01-01\n";
    survives_text(numbers, &map(&["home", "work", "cell"]));
    survives_text(numbers, &map(&["3", "1"]));
    survives_text("a,a\nx,2025550101\n2025550102,y\n", &map(&["2", "1"]));
    let dates = "phone,expires\n2025550101,12/31/2027\nx,03/04/2019\ny,13/01/2019\n";
    for order in [DateOrder::Dmy, DateOrder::Mdy, DateOrder::Ymd] {
        survives_text(dates, &InputOptions { date_order: Some(order), ..InputOptions::default() });
    }
    let none = InputOptions { map: vec![(Field::Source, "-".into())], ..InputOptions::default() };
    survives_text("phone,source\nx,web\n2025550101,web\n", &none);
    let noheader = InputOptions { header: Some(false), ..InputOptions::default() };
    survives_text("phone,source\n2025550101,web\n2025550102,web\n2025550103,web\n", &noheader);
}

/// Constants and value tables, the words of which mean something in the cell that carries them.
fn beside() -> impl Strategy<Value = (Constants, Values)> {
    let word = "[-=+@;:,%'\"a-z0-9é ]{0,8}";
    let set = (prop::option::of(word), prop::option::of(Just("2030-12-31")), any::<bool>());
    let lines = prop::collection::vec((word, prop_oneof![Just("US-CA"), Just("")]), 0..4);
    (set, lines, prop::collection::vec((word, word), 0..4)).prop_map(
        |((source, until, place), places, sources)| {
            let (mut constants, mut values) = (Constants::default(), Values::default());
            if let Some(source) = source.filter(|source| !source.trim().is_empty()) {
                constants.set(Field::Source, &source).unwrap();
            }
            until.into_iter().for_each(|until| constants.set(Field::Expires, until).unwrap());
            if place {
                constants.set(Field::Jurisdiction, "US-DC").unwrap();
            }
            // A cell that is said twice keeps its first meaning.
            places.iter().for_each(|(cell, place)| drop(values.add(Field::Jurisdiction, cell, place)));
            sources.iter().for_each(|(cell, source)| drop(values.add(Field::Source, cell, source)));
            (constants, values)
        },
    )
}

#[test]
fn constants_and_value_tables_travel_with_the_rejects_and_can_be_said_anew() {
    let (mut constants, mut values) = (Constants::default(), Values::default());
    constants.set(Field::Expires, "2030-12-31").unwrap();
    values.add(Field::Jurisdiction, "CA", "US-CA").unwrap();
    let input = InputOptions { constants, values, ..InputOptions::default() };
    let (folder, path) = stored("list.csv", "phone,state\n4155550101,CA\nx,CA\n4155550102,ZZ\n");
    let document = Document::open(&path, &input).unwrap();
    let (rejects, _) = rejects_of(&document, folder.path(), "rejects.csv");
    assert_eq!(
        table(&rejects)[1][9],
        "number=phone; jurisdiction=state; set.expires=2030-12-31; value.jurisdiction:CA=US-CA"
    );

    let mended = std::fs::read_to_string(&rejects).unwrap().replacen("\nx,CA", "\n4155550103,ca", 1);
    let mended = mended.replacen("4155550102,ZZ", "4155550102,CA", 1);
    std::fs::write(&rejects, &mended).unwrap();
    let read = |input: &InputOptions| check_document(&Document::open(&rejects, input).unwrap()).unwrap();
    let checked = read(&InputOptions::default());
    assert_eq!((checked.valid, checked.rejected), (2, 0));
    let end = "2030-12-31T23:59:59Z".parse().ok();
    assert!(checked.intents.iter().all(|intent| intent.attributes.expires == end));
    let mut said = InputOptions::default();
    said.constants.set(Field::Expires, "never").unwrap();
    assert!(read(&said).intents.iter().all(|intent| intent.attributes.expires.is_none()));
    let only = InputOptions { only_said: true, ..InputOptions::default() };
    assert!(read(&only).intents.iter().all(|intent| intent.attributes.expires.is_none()));

    // Rows of two files: nobody but a person knows what their cells mean now.
    std::fs::write(&rejects, mended.replacen("set.expires=2030", "set.expires=2031", 1)).unwrap();
    let refused = Document::open(&rejects, &InputOptions::default()).unwrap_err();
    assert!(matches!(&refused, FileError::NeedsChoice { flag, .. } if flag.contains("--set")), "{refused}");
    let other = read(&said);
    assert_eq!((other.valid, other.rejected), (0, 2), "the table of the state was not said again");
}

#[test]
fn a_table_too_long_for_every_row_is_asked_for_again() {
    let mut values = Values::default();
    (0..200).for_each(|n| values.add(Field::Jurisdiction, &format!("state {n}"), "US-CA").unwrap());
    let input = InputOptions { values, ..InputOptions::default() };
    let (folder, path) = stored("list.csv", "phone,state\nx,state 1\n4155550101,state 2\n");
    let (rejects, _) = rejects_of(&Document::open(&path, &input).unwrap(), folder.path(), "rejects.csv");
    assert!(std::fs::metadata(&rejects).unwrap().len() < 1_000);
    let refused = Document::open(&rejects, &InputOptions::default()).unwrap_err();
    assert!(matches!(&refused, FileError::NeedsChoice { flag, .. } if flag.contains("--value")), "{refused}");
    let again = Document::open(&rejects, &input).unwrap();
    assert_eq!((again.values(), check_document(&again).unwrap().rejected), (&input.values, 1));
}

/// Only the first rows are looked at to tell how the file was read; one further down must not be read by their columns.
#[test]
fn a_row_of_other_rejects_pasted_far_below_is_not_read_as_the_first_ones_are() {
    let own = "2025550101,x,,number=phone\n".repeat(300);
    let text =
        format!("phone,other,problem_code,problem_mapping\n{own}2025550102,2025550103,,number=other\n");
    let (folder, path) = stored("rejects.csv", text);
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    assert_eq!((checked.valid, checked.duplicates, checked.rejected), (1, 299, 1));
    assert_eq!(rejections(&checked), [(301, Code::ForeignReject)]);
    // Written with the columns of the first rows, it still waits for a person.
    let (again, _) = rejects_of(&document, folder.path(), "again.csv");
    assert_eq!(
        rejections(&check_document(&Document::open(&again, &InputOptions::default()).unwrap()).unwrap())
            .len(),
        1
    );
}

#[test]
fn rejects_of_workbooks_and_archives_open_as_text() {
    use std::io::Write as _;
    for name in
        ["dirty.csv", "good.csv", "good.xlsx", "good.ods", "ftc_202.txt", "ftc_202.xml", "european.csv"]
    {
        survives(&sample(name), &InputOptions::default());
    }
    let (_folder, path) = stored("list.zip", b"");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("list.csv", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(b"phone,notes\nx,\"a\nb\"\n2025550101,\n").unwrap();
    archive.finish().unwrap();
    survives(&path, &InputOptions::default());
}

#[test]
fn a_mended_row_is_taken_and_one_that_no_cell_shows_waits_for_its_code_to_be_emptied() {
    let (folder, path) =
        stored("list.csv", "phone,source\nn/a,web\n2025550101\n2025550102,a\"b\n2025550103,x\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let (out, checked) = rejects_of(&document, folder.path(), "rejects.csv");
    assert_eq!(checked.rejected, 3);

    let mend = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&out, text.replacen(from, to, 1)).unwrap();
        let checked = check_document(&Document::open(&out, &InputOptions::default()).unwrap()).unwrap();
        (numbers(&checked), rejections(&checked))
    };
    let (taken, left) = mend("n/a,web", "2025550104,web");
    assert_eq!(taken, ["+12025550104"]);
    assert_eq!(left, [(2, Code::WrongColumnCount), (3, Code::IrregularQuote)]);
    // The cells are sound by now; only a person can say that they are right.
    let (taken, left) = mend(",wrong-column-count,", ",,");
    assert_eq!((taken.len(), left), (2, vec![(3, Code::IrregularQuote)]));
    let (taken, left) = mend(",irregular-quote,", ",,");
    assert_eq!((taken.len(), left), (3, vec![]));
}

#[test]
fn problem_columns_are_never_taken_for_anything_else() {
    // Rows so far into a file that their places look like telephone numbers, under names that say nothing.
    let text = "a,problem_row,problem_byte,problem_code,problem_hint\nx,2025550101,2025550102,not-a-number,2025550103\n";
    let document = open_bytes(text).unwrap();
    assert_eq!(document.mapping().columns, BTreeMap::new());
    let text = "phone,problem_row,problem_code\n2025550101,2,not-a-number\n";
    let checked = check_bytes(text).unwrap();
    assert_eq!((checked.valid, checked.rejected), (1, 0));
}

#[test]
fn a_column_that_was_added_or_moved_in_a_spreadsheet_does_not_shift_the_meaning() {
    let (folder, path) = stored("list.csv", "Kunde,Wert,until\nx,1,\n2025550101,2,\n");
    let input = InputOptions { map: vec![(Field::Number, "Kunde".into())], ..InputOptions::default() };
    let document = Document::open(&path, &input).unwrap();
    let (out, _) = rejects_of(&document, folder.path(), "rejects.csv");
    let moved: Vec<Vec<String>> = table(&out)
        .into_iter()
        .map(|mut row| {
            row.insert(0, "mine".into());
            row
        })
        .collect();
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_path(&out).unwrap();
    moved.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
    drop(writer);
    let again = Document::open(&out, &InputOptions::default()).unwrap();
    assert_eq!(again.mapping().columns, [(Field::Number, 1), (Field::Expires, 3)].into());
    // Written again, the added column stays and the problem columns are those of this file.
    let (second, _) = rejects_of(&again, folder.path(), "second.csv");
    assert_eq!(table(&second)[0][..5], ["mine", "Kunde", "Wert", "until", "problem_row"]);
    assert_eq!(table(&second)[0].len(), 12);
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(202|212|415)-?555-?01[0-9]{2}",
        1 => "[-=+@'\t\r\n\"0-9, ;a]{0,8}",
        1 => "(0[1-9]|1[0-9])/0[1-9]/20(19|27)",
        1 => Just("2027-12-31".to_owned()),
        1 => Just("\0".to_owned()),
        2 => Just(String::new()),
        1 => "n/a|911|soon|US-CA|1\\.2E\\+10|café",
    ]
}

fn quoted(cell: &str, delimiter: char, quote: bool) -> String {
    let needed = cell.contains(['"', '\n', '\r', delimiter]);
    if quote && needed { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_was_rejected_is_rejected_again_until_it_is_mended(
        rows in prop::collection::vec((prop::collection::vec(cell(), 1..6), 0_usize..40), 1..25),
        head in prop::option::of(Just(["phone", "expires", "source", "remark", "phone 2"])),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t')],
        several in any::<bool>(), broken in prop::option::of(0_usize..200), said in beside(),
    ) {
        let mut text = String::new();
        if let Some(head) = head {
            text.push_str(&head.join(&delimiter.to_string()));
            text.push('\n');
        }
        for (cells, shape) in &rows {
            // One in twenty is ragged, one in forty has its quotation marks wrong.
            let count = if shape % 20 == 7 { cells.len() } else { 5 };
            let cells: Vec<String> = (0..count)
                .map(|at| quoted(cells.get(at).map_or("", String::as_str), delimiter, *shape != 3))
                .collect();
            text.push_str(&cells.join(&delimiter.to_string()));
            text.push('\n');
        }
        let mut bytes = text.into_bytes();
        if let Some(at) = broken.filter(|at| *at < bytes.len() && bytes[*at].is_ascii_alphanumeric()) {
            bytes[at] = 0xFF;
        }
        let map = if several { vec![(Field::Number, "1".into()), (Field::Number, "5".into())] } else { vec![(Field::Number, "1".into())] };
        let input = InputOptions {
            delimiter: Some(delimiter as u8), header: Some(head.is_some()), map, encoding: Some("utf-8".into()),
            constants: said.0, values: said.1,
            ..InputOptions::default()
        };
        let (_folder, path) = stored("list.csv", &bytes);
        let Ok(document) = Document::open(&path, &input) else { return Ok(()) };
        if check_document(&document).is_ok() {
            survives(&path, &input);
            cleaned_holds_the_same(&path, &input);
        }
    }

    #[test]
    fn a_cleaned_list_holds_the_same_numbers_and_nothing_to_mend(
        rows in prop::collection::vec((0_u32..60, 0_usize..6, 0_usize..6, source()), 1..40),
    ) {
        let places = ["", "US-DC", "us-ny", "US", "GB", "US-CA"];
        let dates = ["", "never", "2027-12-31", "2028-01-02T03:04:05.678901+02:00", "31/12/2027", "03/04/2030"];
        let mut text = "phone;state;until;source\n".to_owned();
        for (number, place, date, source) in rows {
            let number = if number < 50 { format!("20255501{number:02}") } else { format!("+442079460{number:03}") };
            let source = quoted(&source, ';', true);
            text.push_str(&format!("{number};{};{};{source}\n", places[place], dates[date]));
        }
        let (_folder, path) = stored("list.csv", text);
        cleaned_holds_the_same(&path, &InputOptions::default());
    }
}

/// Names of sources, some of them formulas, some of several lines.
fn source() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-=+@' ,;\"a-z0-9]{0,12}",
        "(state|web|Bürgeramt)",
        Just("two\nlines".to_owned()),
        Just("'=1".to_owned())
    ]
}

/// The cleaned list of a file opens by itself, has nothing to mend, and holds the same numbers with the same attributes.
pub(super) fn cleaned_holds_the_same(path: &Path, input: &InputOptions) {
    let folder = tempfile::tempdir().unwrap();
    let checked = check_document(&Document::open(path, input).unwrap()).unwrap();
    let out = folder.path().join("clean.csv");
    let document = Document::open(path, input).unwrap();
    assert_eq!(write_clean(&document, &checked, &out, &CancellationToken::new()).unwrap(), checked.valid);
    if checked.valid == 0 {
        return;
    }
    let as_asked = InputOptions { emails: input.emails, ..InputOptions::default() };
    let clean = check_document(&Document::open(&out, &as_asked).unwrap()).unwrap();
    // A source of several lines that could be taken for rows of their own stands on one.
    let on_one_line = |source: std::sync::Arc<str>| source.replace(['\n', '\r'], " ");
    let what = |checked: &Checked| -> Vec<_> {
        let each = checked.intents.iter();
        each.map(|Intent { identifier, attributes, .. }| {
            let source = attributes.source.clone().map(on_one_line);
            (identifier, attributes.jurisdiction, attributes.expires, source)
        })
        .collect()
    };
    assert_eq!(what(&clean), what(&checked), "{:?}", table(&out));
    assert_eq!(
        (clean.rows, clean.valid, clean.rejected, clean.duplicates),
        (checked.valid, checked.valid, 0, 0)
    );
    // What may still be said is said about the number itself, not about its spelling.
    let about_numbers = [Code::Unassigned, Code::JurisdictionMismatch];
    assert!(clean.counts.keys().all(|code| about_numbers.contains(code)), "{:?}", clean.counts);
}

#[test]
fn a_cleaned_list_is_sorted_and_says_where_each_number_came_from() {
    let text = "phone,expires,source\n415-555-0102,2027-12-31,web\n(202) 555-0101,,=call\nn/a,,\n2025550101,2028-01-01,state\n";
    let (folder, path) = stored("list.csv", text);
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let out = folder.path().join("clean.csv");
    write_clean(&document, &check_document(&document).unwrap(), &out, &CancellationToken::new()).unwrap();
    assert_eq!(
        std::fs::read_to_string(&out).unwrap(),
        "number,jurisdiction,expires,source,row\n\
         +12025550101,US-DC,,'=call; state,2\n\
         +14155550102,US-CA,2027-12-31,web,1\n"
    );
}

#[test]
fn the_samples_clean_to_lists_without_a_problem() {
    for name in ["dirty.csv", "good.csv", "good.xlsx", "european.csv", "ftc_202.txt"] {
        cleaned_holds_the_same(&sample(name), &InputOptions::default());
    }
}

#[test]
fn what_is_stopped_is_not_written_and_leaves_nothing() {
    let (folder, path) = stored("list.csv", "phone\n202-555-0101\nn/a\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let out = folder.path().join("out");
    let stopped = [
        write_rejects(&document, &checked, &out, &stop).map(drop),
        write_clean(&document, &checked, &out, &stop).map(drop),
        write_report(&document, &checked, options().now, ReportFormat::Csv, (&out, &stop)),
        write_report(&document, &checked, options().now, ReportFormat::Json, (&out, &stop)),
        write_report(&document, &checked, options().now, ReportFormat::Html, (&out, &stop)),
    ];
    for result in stopped {
        assert!(matches!(result, Err(FileError::Stopped)), "{result:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["list.csv"]);
}
