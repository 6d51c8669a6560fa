//! Zip archives: one text among their members, or a workbook.
//!
//! Nothing is ever written under a member's name, so names with `..` in them can do no harm.

use std::io::{self, Read as _};

use zip::ZipArchive;

use super::markup::Markup;
use super::spool::limit;
use super::watched::Packed;
use super::{Container, Spool, Trouble, Unpacked, copy, listed, ods, xlsx};
use crate::domain::problem::Code;
use crate::files::InputOptions;
use crate::files::sniff::note;

/// More members than any archive of tables has.
const MEMBERS: usize = 10_000;

/// A spreadsheet's cell holds 32,767 characters; readers hold each text in memory.
const LONGEST_TEXT: usize = 4 << 20;
/// A picture has no texts, but may have as many bytes without a `<`: an uncompressed one of a screen, for example. One that
/// a workbook calls a sheet is read up to there, and for no cell.
const LONGEST_PICTURE: usize = 64 << 20;
/// Shared texts, styles and the like are held in memory whole; sheets are not.
const LARGEST_HELD: u64 = 512 << 20;

/// An archive on disk.
pub(super) type Archive = ZipArchive<Packed>;

pub(super) fn zip(file: Packed, mut spool: Spool<'_>, options: &InputOptions) -> Result<Unpacked, Trouble> {
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let names = names(&archive)?;
    let holds = |name: &str| names.iter().any(|own| own == name);
    if holds("xl/workbook.xml") {
        return xlsx::read(archive, spool, options);
    }
    if holds("content.xml") && holds("mimetype") {
        return ods::read(archive, spool, options);
    }
    if names.iter().any(|name| name.starts_with("xl/")) {
        return Err(Trouble::Other("an Excel workbook of a kind that cannot be read (xlsb?)".into()));
    }
    if names.iter().any(|name| name.starts_with("word/")) {
        return Err(Trouble::Other("a Word document (docx)".into()));
    }
    let texts: Vec<String> = names.iter().filter(|name| is_text(name)).cloned().collect();
    let chosen = choose(&texts, options.member.as_deref())?;
    let mut notes = Vec::new();
    let member = archive.by_name(&chosen).map_err(damaged)?;
    if member.is_symlink() {
        return Err(Trouble::Other("a zip archive of links".into()));
    }
    copy(member, &mut spool)?;
    if options.member.is_none() {
        notes.push(note(Code::UnpackedMember, &chosen, "the only table of the archive was taken"));
    }
    let (text, size) = spool.finish()?;
    let container = Container { kind: "zip", part: Some(chosen) };
    Ok(Unpacked { text, size, container, notes, rows: None, delimiter: None })
}

/// The sheets of a workbook, or the members of another archive.
pub(super) fn parts(file: Packed) -> Result<Vec<String>, Trouble> {
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let names = names(&archive)?;
    let holds = |name: &str| names.iter().any(|own| own == name);
    if holds("xl/workbook.xml") {
        return xlsx::sheets(archive);
    }
    if holds("content.xml") && holds("mimetype") {
        return ods::tables(&mut archive);
    }
    Ok(names.into_iter().filter(|name| is_text(name)).collect())
}

fn names(archive: &Archive) -> Result<Vec<String>, Trouble> {
    if archive.len() > MEMBERS {
        return Err(Trouble::TooLarge(format!("it has {} members", archive.len())));
    }
    // Of several members of one name, only the last is ever seen.
    if archive.has_duplicate_names() {
        return Err(Trouble::Damaged("it has several members of one name".into()));
    }
    archive.file_names().map(|name| name.map(std::borrow::Cow::into_owned).map_err(damaged)).collect()
}

/// What a workbook really unpacks to is counted before any of it is read: its readers hold texts in memory, and what an
/// archive says of itself is not believed.
pub(super) fn ensure_bounded(archive: &mut Archive) -> Result<(), Trouble> {
    let mut packed = 0_u64;
    for at in 0..archive.len() {
        packed = packed.saturating_add(archive.by_index_raw(at).map_err(damaged)?.compressed_size());
    }
    let (limit, mut total) = (limit(packed), 0);
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.into_owned();
        let mut texts = Markup::default();
        let mut head = Vec::new();
        (&mut part).take(HEAD).read_to_end(&mut head).map_err(|error| Trouble::of_reading(&error))?;
        let size = io::copy(&mut head.as_slice().chain(part).take(limit - total + 1), &mut texts);
        let size = size.map_err(|error| Trouble::of_reading(&error))?;
        total += size;
        if total > limit {
            return Err(Trouble::TooLarge(format!("its parts are over {} MiB", limit >> 20)));
        }
        // A table of cells in it, and the one part of an OpenDocument that is read, are texts however they begin.
        let is_picture = is_picture(&head) && !texts.cells.any_table() && name != "content.xml";
        let longest = if is_picture { LONGEST_PICTURE } else { LONGEST_TEXT };
        if texts.longest > longest {
            return Err(Trouble::TooLarge(format!("a text in it is over {} MiB", longest >> 20)));
        }
        if texts.far_cell {
            return Err(Trouble::Damaged("a cell in it stands where no sheet has one".into()));
        }
        if let Some(lost) = texts.cells.lost {
            return Err(Trouble::Damaged(format!("{lost} (in {name})")));
        }
        // What readers hold whole has other names, wherever the workbook says that its parts are.
        let is_streamed = name.starts_with("xl/worksheets/sheet") || name == "content.xml";
        if !is_streamed && size > LARGEST_HELD {
            return Err(Trouble::TooLarge(format!(
                "a part beside its sheets is over {} MiB",
                LARGEST_HELD >> 20
            )));
        }
    }
    Ok(())
}

/// Bytes that tell what a part is.
const HEAD: u64 = 44;

/// Whether a part begins as a picture or an embedded object, which no text does. Its name is not believed.
fn is_picture(head: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 9] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"\xd7\xcd\xc6\x9a",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"PK\x03\x04",
    ];
    let is_metafile = head.starts_with(b"\x01\0\0\0") && head.ends_with(b" EMF");
    is_metafile || BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
}

/// Not a folder, and not what a Mac adds.
fn is_text(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    !last.is_empty() && !name.starts_with("__MACOSX/") && last != ".DS_Store" && last != "Thumbs.db"
}

fn choose(texts: &[String], wanted: Option<&str>) -> Result<String, Trouble> {
    let choice = |question| Trouble::Choice { question, flag: "--member NAME" };
    match (wanted, texts) {
        (_, []) => Err(Trouble::Other("an archive without any file in it".into())),
        (Some(wanted), _) if texts.iter().any(|text| text == wanted) => Ok(wanted.to_owned()),
        (Some(_), _) => Err(choice(format!("no member of the archive has that name: {}", listed(texts)))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(choice(format!("which member of the archive: {}", listed(texts)))),
    }
}

/// An error of the archive in the words of the layer.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub(super) fn damaged(error: zip::result::ZipError) -> Trouble {
    let said = error.to_string();
    if said.to_ascii_lowercase().contains("password") {
        return Trouble::Other("a zip archive that is locked with a password".into());
    }
    Trouble::Damaged(said)
}
