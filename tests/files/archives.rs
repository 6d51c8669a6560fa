//! Archives and the parts of workbooks: none is hidden behind another of its name, and none is trusted for what it is called.

use super::containers::{open, xlsx, zip};
use super::*;

fn damaged(name: &str, bytes: &[u8]) -> String {
    match open(name, bytes, &InputOptions::default()) {
        Err(FileError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

/// The same archive with another name for one of its members: writers refuse to write two of one name.
fn renamed(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = archive.to_vec();
    while let Some(at) = out.windows(from.len()).position(|part| part == from.as_bytes()) {
        out[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    out
}

#[test]
fn an_archive_with_two_members_of_one_name_is_damaged() {
    let lists = zip(&[("a.csv", b"phone\n2025550101\n"), ("b.csv", b"phone\n2025550102\n")]);
    assert_eq!(damaged("a.zip", &renamed(&lists, "b.csv", "a.csv")), "it has several members of one name");
    let sheet = |number: &str| format!("<row r='1'><c r='A1'><v>{number}</v></c></row>");
    let book = xlsx(&[("A", &sheet("2025550101")), ("B", &sheet("2025550102"))], false);
    let twice = renamed(&book, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml");
    assert_eq!(damaged("a.xlsx", &twice), "it has several members of one name");
}

/// A workbook whose sheet has another name than sheets have.
fn named(sheet: &str, part: &str) -> Vec<u8> {
    let book = xlsx(&[("A", sheet)], false);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let members: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|at| {
            let mut member = archive.by_index(at).unwrap();
            let name = member.name().unwrap().replace("xl/worksheets/sheet1.xml", &format!("xl/{part}"));
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut member, &mut content).unwrap();
            let text = String::from_utf8(content).unwrap();
            (name, text.replace("Target='worksheets/sheet1.xml'", &format!("Target='{part}'")).into_bytes())
        })
        .collect();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    zip(&members)
}

#[rstest]
#[case("s/sheet1.xml")]
#[case("sheet1.dat")]
fn a_sheet_is_looked_at_whatever_it_is_called(#[case] part: &str) {
    let good = named("<row r='1'><c r='A1'><v>2025550101</v></c></row>", part);
    assert_eq!(numbers(&open("a.xlsx", &good, &InputOptions::default()).unwrap().1), ["+12025550101"]);
    let far = named("<row r='1'><c r='A4294967299'><v>2025550101</v></c></row>", part);
    assert_eq!(damaged("a.xlsx", &far), "a cell in it stands where no sheet has one");
    let long =
        format!("<row r='1'><c r='A1' t='inlineStr'><is><t>{}</t></is></c></row>", "1".repeat(5 << 20));
    let read = open("a.xlsx", &named(&long, part), &InputOptions::default());
    assert!(matches!(&read, Err(FileError::TooLarge { what, .. }) if what.contains("a text")), "{read:?}");
}
