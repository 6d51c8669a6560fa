//! The samples of the demo in every format say what the plain ones say. `QUIETLINE_BLESS=1` makes them anew.

use super::containers::{gzip, ods, open, xlsx, zip, zstd};
use super::*;

/// A sample, how it is made, and the plain one that it repeats.
fn made(name: &str) -> (Vec<u8>, &'static str) {
    let plain = std::fs::read(sample("good.csv")).unwrap();
    let rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(plain.as_slice())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let table = |delimiter| {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        rows.iter().for_each(|row| out.write_record(row).unwrap());
        out.into_inner().unwrap()
    };
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let bytes = match name {
        "good.tsv" => table(b'\t'),
        "good_semicolon.csv" => table(b';'),
        "good_pipe.txt" => table(b'|'),
        "good_utf16.csv" => {
            let text = format!("\u{feff}{}", String::from_utf8(plain).unwrap());
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        "good_windows1252.csv" => {
            let text =
                String::from_utf8(plain).unwrap().replace("asked in writing", "asked by José, in writing");
            encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
        }
        "fixed.txt" => {
            // Fixed width has no lines within a field.
            let rows: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| cell.replace('\n', " ")).collect()).collect();
            let width = |at: usize| rows.iter().map(|row| row[at].chars().count() + 1).max().unwrap();
            let line = |row: &Vec<String>| {
                let cell = |(at, text): (usize, &String)| format!("{text:width$}", width = width(at));
                row.iter().enumerate().map(cell).chain(["\n".to_owned()]).collect::<String>()
            };
            rows.iter().map(line).collect::<String>().into_bytes()
        }
        "good.csv.gz" => gzip(&plain),
        "good.csv.zst" => zstd(&plain),
        "good.zip" => zip(&[("good.csv", &plain)]),
        "good.xlsx" => {
            let row = |(at, row): (usize, &Vec<String>)| {
                let cell = |text: &String| format!("<c t='inlineStr'><is><t>{}</t></is></c>", escaped(text));
                format!("<row r='{}'>{}</row>", at + 1, row.iter().map(cell).collect::<String>())
            };
            xlsx(&[("Opt-outs", &rows.iter().enumerate().map(row).collect::<String>())], false)
        }
        "good.ods" => {
            let cell = |text: &String| {
                let text = escaped(text);
                format!(
                    "<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>"
                )
            };
            let row = |row: &Vec<String>| {
                format!("<table:table-row>{}</table:table-row>", row.iter().map(cell).collect::<String>())
            };
            ods(&rows.iter().map(row).collect::<String>())
        }
        _ => {
            let list = String::from_utf8(std::fs::read(sample("ftc_202.txt")).unwrap()).unwrap();
            let number = |line: &str| format!("    <ph val='{}'/>\n", line.rsplit(',').next().unwrap());
            let numbers: String = list.lines().map(number).collect();
            let xml = format!(
                "<?xml version='1.0'?>\n<list val='202'>\n  <ac val='202'>\n{numbers}  </ac>\n</list>\n"
            );
            return (xml.into_bytes(), "ftc_202.txt");
        }
    };
    (bytes, "good.csv")
}

#[rstest]
#[case("good.tsv")]
#[case("good_semicolon.csv")]
#[case("good_pipe.txt")]
#[case("good_utf16.csv")]
#[case("good_windows1252.csv")]
#[case("fixed.txt")]
#[case("good.csv.gz")]
#[case("good.csv.zst")]
#[case("good.zip")]
#[case("good.xlsx")]
#[case("good.ods")]
#[case("ftc_202.xml")]
fn a_sample_in_another_format_holds_what_the_plain_one_holds(#[case] name: &str) {
    let (bytes, plain) = made(name);
    if std::env::var_os("QUIETLINE_BLESS").is_some() {
        std::fs::write(sample(name), bytes).unwrap();
    }
    let plain = Document::open(&sample(plain), &InputOptions::default()).unwrap();
    let plain = check_document(&plain).unwrap();
    let (document, checked) =
        open(name, &std::fs::read(sample(name)).unwrap(), &InputOptions::default()).unwrap();
    let is_packed = ["gz", "zst", "zip", "xlsx", "ods", "xml"].iter().any(|end| name.ends_with(end));
    assert_eq!(document.container().is_some(), is_packed);
    assert_eq!((checked.rows, checked.valid), (plain.rows, plain.valid));
    assert!(checked.intents == plain.intents);
}

/// Changes and ported numbers have no plain twin: what is in them is counted.
fn made_alone(name: &str) -> String {
    const AREAS: [u32; 4] = [202, 212, 213, 214];
    let rows = |count: u32, row: &dyn Fn(u32, u32) -> String| -> String {
        (0..count).map(|n| row(AREAS[n as usize % 4], 100 + n / 4 * 5)).collect()
    };
    match name {
        "ftc_changes.txt" => rows(24, &|area, last| {
            let change = if last == 110 { 'D' } else { 'A' };
            format!("{area},555{last:04},2026-11-{:02},{change}\n", last - 98)
        }),
        "ported_ranges.txt" => rows(40, &|area, last| match last {
            130 => format!("{area}555{last:04},\n"),
            _ => format!("{area}555{last:04},{:04}\n", last + 4),
        }),
        _ => rows(40, &|area, last| format!("{area}555{last:04}\r\n")),
    }
}

#[rstest]
#[case("ftc_changes.txt", Some("ftc-changes"), (24, 20, 4))]
#[case("ported_ranges.txt", Some("ported-ranges"), (184, 184, 0))]
#[case("ported_norange.txt", Some("ported"), (40, 40, 0))]
fn a_sample_without_a_plain_twin_holds_what_was_put_in(
    #[case] name: &str,
    #[case] layout: Option<&str>,
    #[case] expected: (u64, u64, u64),
) {
    if std::env::var_os("QUIETLINE_BLESS").is_some() {
        std::fs::write(sample(name), made_alone(name)).unwrap();
    }
    assert_eq!(std::fs::read_to_string(sample(name)).unwrap(), made_alone(name));
    let said = InputOptions {
        changes: (name == "ftc_changes.txt").then_some(Changes::Additions),
        ..InputOptions::default()
    };
    let document = Document::open(&sample(name), &said).unwrap();
    assert_eq!(document.format().layout, layout);
    let checked = check_document(&document).unwrap();
    assert_eq!((checked.rows, checked.valid, checked.rejected), expected);
}
