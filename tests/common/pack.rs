//! Archives and workbooks for tests, built from their parts.

use std::io::{Cursor, Write as _};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// One text in gzip.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

/// One text in zstd.
pub fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

/// An archive of these files.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(members, CompressionMethod::Deflated)
}

/// The same, compressed or stored as it is.
pub fn zip_with(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        out.start_file(*name, options).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// What a workbook has beside its sheets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Workbook<'a> {
    /// `date1904='1'`
    pub settings: &'a str,
    /// The XML of its shared strings, `<si>…</si>`.
    pub strings: &'a str,
    /// XML behind the rows of each sheet: merged cells, filters.
    pub behind: &'a str,
    /// Further parts, by name.
    pub more: &'a [(&'a str, &'a [u8])],
    /// Parts are stored as they are: quicker, and a fuzzer sees through.
    pub stored: bool,
}

/// A workbook of these sheets, each the XML of its rows. Style 1 is a date.
pub fn xlsx(sheets: &[(&str, &str)], workbook: Workbook<'_>) -> Vec<u8> {
    let (mut listed, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (at, (name, rows)) in sheets.iter().enumerate() {
        let n = at + 1;
        listed += &format!("<sheet name='{name}' sheetId='{n}' r:id='rId{n}'/>");
        relations += &format!(
            "<Relationship Id='rId{n}' Type='{RELATIONS}/worksheet' Target='worksheets/sheet{n}.xml'/>"
        );
        let behind = workbook.behind;
        let sheet = format!("<worksheet xmlns='{MAIN}'><sheetData>{rows}</sheetData>{behind}</worksheet>");
        parts.push((format!("xl/worksheets/sheet{n}.xml"), sheet));
    }
    relations += &format!("<Relationship Id='rId98' Type='{RELATIONS}/styles' Target='styles.xml'/>");
    if !workbook.strings.is_empty() {
        let kind = "sharedStrings";
        relations += &format!("<Relationship Id='rId99' Type='{RELATIONS}/{kind}' Target='{kind}.xml'/>");
        parts
            .push(("xl/sharedStrings.xml".into(), format!("<sst xmlns='{MAIN}'>{}</sst>", workbook.strings)));
    }
    let settings = workbook.settings;
    let styles = "<cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs>";
    let start =
        format!("<Relationship Id='rId1' Type='{RELATIONS}/officeDocument' Target='xl/workbook.xml'/>");
    parts.extend([
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "<workbook xmlns='{MAIN}' xmlns:r='{RELATIONS}'><workbookPr {settings}/><sheets>{listed}</sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("<Relationships xmlns='{PACKAGE}/relationships'>{relations}</Relationships>"),
        ),
        ("xl/styles.xml".to_owned(), format!("<styleSheet xmlns='{MAIN}'>{styles}</styleSheet>")),
        (
            "_rels/.rels".to_owned(),
            format!("<Relationships xmlns='{PACKAGE}/relationships'>{start}</Relationships>"),
        ),
        ("[Content_Types].xml".to_owned(), format!("<Types xmlns='{PACKAGE}/content-types'/>")),
    ]);
    let mut members: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    members.extend(workbook.more);
    zip_with(&members, if workbook.stored { CompressionMethod::Stored } else { CompressionMethod::Deflated })
}

/// A cell with a text of its own.
pub fn text_cell(at: &str, text: &str) -> String {
    format!("<c r='{at}' t='inlineStr'><is><t>{text}</t></is></c>")
}

/// A sheet of an open document, the XML of its rows.
pub fn ods(rows: &str, stored: bool) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x'><office:body><office:spreadsheet>\
         <table:table table:name='Numbers'>{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let method = if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    zip_with(&[("mimetype", kind), ("content.xml", content.as_bytes())], method)
}
