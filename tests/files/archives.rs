//! Archives and the parts of workbooks: none is hidden behind another of its name, and none is trusted for what it is called.

use super::containers::{ods, open, xlsx, zip};
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

/// The same archive with one more member.
fn with(archive: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new_append(std::io::Cursor::new(archive.to_vec())).unwrap();
    out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut out, content).unwrap();
    out.finish().unwrap().into_inner()
}

/// A member's new name and text, of its own; without any it is left out.
type Change<'a> = dyn Fn(&str, String) -> Option<(String, String)> + 'a;

/// The same archive with members changed.
fn changed(archive: &[u8], change: &Change<'_>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let members: Vec<(String, String)> = (0..archive.len())
        .filter_map(|at| {
            let mut member = archive.by_index(at).unwrap();
            let mut content = String::new();
            std::io::Read::read_to_string(&mut member, &mut content).unwrap();
            change(&member.name().unwrap(), content)
        })
        .collect();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&members)
}

/// A workbook whose sheet has another name than sheets have.
fn named(sheet: &str, part: &str) -> Vec<u8> {
    changed(&xlsx(&[("A", sheet)], false), &|name, text| {
        let name = name.replace("xl/worksheets/sheet1.xml", &format!("xl/{part}"));
        let text = text.replace("Target='worksheets/sheet1.xml'", &format!("Target='{part}'"));
        Some((name, text))
    })
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

const A_CELL: &str = "<row r='1'><c r='A1'><v>2025550101</v></c></row>";

#[test]
fn a_sheet_that_is_missing_from_a_workbook_is_damage_and_one_of_charts_is_none() {
    let book = xlsx(&[("A", A_CELL), ("B", A_CELL)], false);
    let second = |to: Option<&'static str>| {
        changed(&book, &move |name, text| match (name, to) {
            ("xl/worksheets/sheet2.xml", to) => to.map(|to| (name.to_owned(), to.to_owned())),
            _ => Some((name.to_owned(), text)),
        })
    };
    assert_eq!(damaged("a.xlsx", &second(None)), "the sheet \"B\" is missing from it");
    assert!(damaged("a.xlsx", &second(Some("<worksheet/>"))).contains("worksheet"));
    assert!(damaged("a.xlsx", &second(Some(""))).contains("worksheet"));
    let charts =
        open("a.xlsx", &second(Some("<chartsheet><drawing/></chartsheet>")), &InputOptions::default());
    assert_eq!(numbers(&charts.unwrap().1), ["+12025550101"]);
    let named = InputOptions { sheet: Some("A".into()), ..InputOptions::default() };
    assert!(matches!(open("a.xlsx", &second(None), &named), Err(FileError::Damaged { .. })));
}

#[test]
fn two_sheets_of_one_name_are_damage() {
    let book = xlsx(&[("A", A_CELL), ("A", A_CELL)], false);
    assert_eq!(damaged("a.xlsx", &book), "it has several sheets with the name \"A\"");
}

#[test]
fn a_second_table_in_a_sheet_is_damage_and_one_remembered_of_another_workbook_is_none() {
    let (first, second) = ("</sheetData><sheetData>", "<row r='2'><c r='A2'><v>2025550102</v></c></row>");
    let book = xlsx(&[("A", &format!("{A_CELL}{first}{second}"))], false);
    let what = damaged("a.xlsx", &book);
    assert_eq!(
        what,
        "a sheet in it has a second table of cells, which would be lost (in xl/worksheets/sheet1.xml)"
    );
    let of_others = "<externalLink><externalBook><sheetDataSet><sheetData sheetId='0'><row r='1'><cell r='A1'>\
                     <v>1</v></cell></row></sheetData><sheetData sheetId='1'/></sheetDataSet></externalBook></externalLink>";
    let book =
        with(&xlsx(&[("A", A_CELL)], false), "xl/externalLinks/externalLink1.xml", of_others.as_bytes());
    let read = open("a.xlsx", &book, &InputOptions::default());
    assert_eq!(numbers(&read.unwrap().1), ["+12025550101"]);
}

/// What begins so and goes on without a `<`.
fn picture(beginning: &[u8], size: usize) -> Vec<u8> {
    let mut picture = beginning.to_vec();
    picture.resize(size, 0);
    picture
}

const METAFILE: &[u8] =
    b"\x01\0\0\0\x6c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0 EMF";

#[rstest]
#[case::metafile("image1.emf", METAFILE)]
#[case::bitmap("image1.bmp", b"BM")]
#[case::png("image1.png", b"\x89PNG\r\n\x1a\n")]
#[case::by_another_name("image1.dat", b"\xff\xd8\xff\xe0")]
#[case::object("oleObject1.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]
fn a_large_picture_in_a_workbook_takes_nothing_from_its_cells(#[case] name: &str, #[case] beginning: &[u8]) {
    let cell = "<table:table-row><table:table-cell office:value-type='string'><text:p>2025550101</text:p>\
                </table:table-cell></table:table-row>";
    for (book, folder) in [(xlsx(&[("A", A_CELL)], false), "xl/media"), (ods(cell), "Pictures")] {
        let book = with(&book, &format!("{folder}/{name}"), &picture(beginning, 6 << 20));
        let read = open("a.xlsx", &book, &InputOptions::default());
        assert_eq!(numbers(&read.unwrap().1), ["+12025550101"]);
    }
}

#[test]
fn what_only_begins_as_a_picture_or_is_only_called_one_keeps_the_limits_of_texts() {
    let too_large = |book: &[u8], why: &str| {
        let read = open("a.xlsx", book, &InputOptions::default());
        assert!(matches!(&read, Err(FileError::TooLarge { what, .. }) if what.contains(why)), "{read:?}");
    };
    let book = xlsx(&[("A", A_CELL)], false);
    too_large(&with(&book, "xl/media/image1.png", &vec![b'1'; 5 << 20]), "a text in it is over 4 MiB");
    // A cell of 5 MiB in a sheet that begins as a picture does, and a place that no sheet has in another.
    let begun = |rows: &str| {
        changed(&xlsx(&[("A", rows)], false), &|name, text| {
            let begin = if name == "xl/worksheets/sheet1.xml" { "BM" } else { "" };
            Some((name.to_owned(), format!("{begin}{text}")))
        })
    };
    let long =
        format!("<row r='1'><c r='A1' t='inlineStr'><is><t>{}</t></is></c></row>", "1".repeat(5 << 20));
    too_large(&begun(&long), "a text in it is over 4 MiB");
    assert_eq!(
        damaged("a.xlsx", &begun("<row r='1'><c r='A4294967299'><v>2025550101</v></c></row>")),
        "a cell in it stands where no sheet has one"
    );
    // Noise, since an archive of its size may hold so much only if it cannot be packed.
    let mut noise = 1_u32;
    let noise = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8 | 0x80
    });
    let mut huge: Vec<u8> = b"BM".iter().copied().chain(noise.take(1 << 20)).collect();
    huge.resize(65 << 20, 0);
    too_large(&with(&book, "xl/media/image1.bmp", &huge), "a text in it is over 64 MiB");
}
