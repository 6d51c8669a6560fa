//! The samples of the demo in every kind of container say what the plain ones say. `QUIETLINE_BLESS=1` makes them anew.

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
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let bytes = match name {
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
#[case("good.csv.gz")]
#[case("good.csv.zst")]
#[case("good.zip")]
#[case("good.xlsx")]
#[case("good.ods")]
#[case("ftc_202.xml")]
fn a_packed_sample_holds_what_the_plain_one_holds(#[case] name: &str) {
    let (bytes, plain) = made(name);
    if std::env::var_os("QUIETLINE_BLESS").is_some() {
        std::fs::write(sample(name), bytes).unwrap();
    }
    let plain = Document::open(&sample(plain), &InputOptions::default()).unwrap();
    let plain = check_document(&plain).unwrap();
    let (document, checked) =
        open(name, &std::fs::read(sample(name)).unwrap(), &InputOptions::default()).unwrap();
    assert!(document.container().is_some());
    assert_eq!((checked.rows, checked.valid), (plain.rows, plain.valid));
    assert!(checked.intents == plain.intents);
}
