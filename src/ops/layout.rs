//! Which saved layout a file is read with, and opening it so.
//!
//! A layout is settled once, when a file is opened for the first time: the options that come out hold all of it, so that a
//! stored run reads its file the same way after the config has changed.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::input::{Input, LayoutWish};
use super::{OpsError, off_thread};
use crate::config::{ConfigError, nearest};
use crate::domain::text::visible;
use crate::files::{
    self, Answer, Document, FileError, InputOptions, Layout, Match, Question, open_with_layout,
};

/// The layout that a file is read with, and whether nobody named it.
fn choose<'a>(
    path: &Path,
    input: &Input,
    layouts: &'a [Layout],
    stop: &CancellationToken,
) -> Result<(Option<&'a Layout>, bool), OpsError> {
    Ok(match &input.layout {
        LayoutWish::Settled | LayoutWish::Without => (None, false),
        LayoutWish::Named(name) => (Some(find(name, layouts)?), false),
        LayoutWish::Matching => (only_match(path, &input.options, layouts, stop)?, true),
    })
}

/// Settles which layout a file is read with, and opens it. Blocking. `unpacked` hears how many bytes of text an archive
/// has given by now.
pub(super) fn open(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
    unpacked: &mut dyn FnMut(u64),
) -> Result<(Document, Input), OpsError> {
    let said = &input.options;
    let ensure = |document: Document| ensure_part(&document, said).map(|()| document);
    let (chosen, by_match) = choose(path, input, layouts, stop)?;
    let (document, options) = match chosen {
        None => (ensure(Document::open_with(path, said, stop, unpacked)?)?, said.clone()),
        Some(layout) => {
            let document = open_with_layout(path, layout, (said, by_match), stop, unpacked)?;
            (ensure(document)?, Box::new(layout.over(said, by_match)))
        }
    };
    Ok((
        document,
        Input { options, region: input.region, layout: LayoutWish::Settled, scrub: input.scrub.clone() },
    ))
}

/// A sheet or a member that a person named must be there to be read. That of a layout need not: the layout may fit other
/// kinds of file too.
pub(super) fn ensure_part(document: &Document, said: &InputOptions) -> Result<(), OpsError> {
    let container = document.container();
    let is_workbook = container.is_some_and(|container| container.is_workbook());
    let has_members = container.is_some_and(|container| container.kind == "zip");
    let (flag, what) = match said {
        InputOptions { sheet: Some(_), .. } if !is_workbook => ("--sheet", "no workbook"),
        InputOptions { member: Some(_), .. } if !has_members => ("--member", "no archive of several files"),
        _ => return Ok(()),
    };
    let message = format!("{flag} was said, and {} is {what}", visible(&document.name(), 200));
    let advice = format!("Leave {flag} out, or check that this is the right file.");
    Err(ConfigError { code: "usage", message, advice }.into())
}

/// How a file would be read that cannot be opened before a person has decided something.
pub(super) fn settled(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
) -> Result<InputOptions, OpsError> {
    let (chosen, by_match) = choose(path, input, layouts, stop)?;
    Ok(chosen.map_or_else(|| (*input.options).clone(), |layout| layout.over(&input.options, by_match)))
}

/// Settles which layout a file is read with, and opens it on a blocking thread.
pub async fn open_file(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
) -> Result<(Document, Input), OpsError> {
    let (path, input, layouts, stop) = (path.to_owned(), input.clone(), layouts.to_vec(), stop.clone());
    off_thread(move || open(&path, &input, &layouts, &stop, &mut |_| ())).await?
}

/// [`open_file`] for the input alone: what a plan or a run is to keep.
pub async fn settle(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
) -> Result<Input, OpsError> {
    let undecided = matches!(input.layout, LayoutWish::Named(_)) || !layouts.is_empty();
    if !undecided || input.layout == LayoutWish::Settled {
        return Ok(input.clone());
    }
    Ok(open_file(path, input, layouts, stop).await?.1)
}

/// The layout of a name; the nearest one is named where there is none.
pub fn find<'a>(name: &str, layouts: &'a [Layout]) -> Result<&'a Layout, OpsError> {
    if let Some(layout) = layouts.iter().find(|layout| layout.name == name) {
        return Ok(layout);
    }
    let advice = match nearest(name, layouts.iter().map(|layout| layout.name.as_str())) {
        Some(near) => format!("Did you mean “{near}”?"),
        None if layouts.is_empty() => "`quietline check FILE --save-layout NAME` saves one.".into(),
        None => "`quietline layouts` shows them.".into(),
    };
    let message = format!("there is no saved layout “{}”", visible(name, 60));
    Err(ConfigError { code: "unknown-layout", message, advice }.into())
}

/// The one layout that fits; a question where several do.
fn only_match<'a>(
    path: &Path,
    said: &InputOptions,
    layouts: &'a [Layout],
    stop: &CancellationToken,
) -> Result<Option<&'a Layout>, OpsError> {
    let fitting = matching(path, said, layouts, stop);
    match fitting.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => {
            let names: Vec<&str> = several.iter().map(|layout| layout.name.as_str()).collect();
            let question = format!("several saved layouts fit this file: {}", names.join(", "));
            Err(FileError::NeedsChoice { path: path.into(), question, flag: FLAG.into() }.into())
        }
    }
}

const FLAG: &str = "--layout NAME";

/// The layouts that fit a file by themselves. The file is opened as each of them would read it, once for each way. Rejects
/// say themselves how they were read: none fits them.
fn matching<'a>(
    path: &Path,
    said: &InputOptions,
    layouts: &'a [Layout],
    stop: &CancellationToken,
) -> Vec<&'a Layout> {
    if !layouts.iter().any(|layout| layout.matches != Match::default() && layout.fits_name(path)) {
        return Vec::new();
    }
    let plain = Document::open_with(path, &said.clone().without_columns(), stop, &mut |_| ());
    if plain.is_ok_and(|document| document.tells_how_to_read()) {
        return Vec::new();
    }
    let mut read: Vec<(InputOptions, Option<Vec<String>>)> = Vec::new();
    let mut header = |layout: &Layout| {
        let own = layout.over(said, true);
        // Columns are not looked for yet: here the question is whether they are there.
        let way = InputOptions {
            map: Vec::new(),
            constants: files::Constants::default(),
            values: files::Values::default(),
            layout: None,
            ..own
        }
        .without_columns();
        if let Some((_, known)) = read.iter().find(|(other, _)| same_way(other, &way)) {
            return known.clone();
        }
        let opened = Document::open_with(path, &way, stop, &mut |_| ());
        let opened = opened.ok().filter(|document| document.format().header);
        let names = opened.map(|document| document.columns().to_vec());
        read.push((way, names.clone()));
        names
    };
    let mut fits = |layout: &&Layout| {
        let wanted = layout.fits_name(path) && layout.asks_header();
        let names = if wanted { header(layout) } else { None };
        layout.fits(path, names.as_deref())
    };
    layouts.iter().filter(|layout| fits(layout)).collect()
}

/// Whether two ways to read a file give the same header.
fn same_way(a: &InputOptions, b: &InputOptions) -> bool {
    (a.delimiter, &a.widths, &a.encoding, a.header, &a.sheet, &a.member)
        == (b.delimiter, &b.widths, &b.encoding, b.header, &b.sheet, &b.member)
}

/// The question which of several layouts is meant, with the file as each would read it. Blocking.
pub(super) fn question(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
) -> Option<Question> {
    let fitting = matching(path, &input.options, layouts, stop);
    let sample = |layout: &Layout| {
        let opened = open_with_layout(path, layout, (&input.options, false), stop, &mut |_| ());
        let Ok(document) = opened else { return String::new() };
        let mapping = document.mapping();
        let names = document.columns();
        let columns: Vec<String> = mapping
            .columns
            .iter()
            .filter_map(|(field, at)| Some(format!("{}: {}", field.as_str(), names.get(*at)?)))
            .collect();
        columns.join(" · ")
    };
    let mut answers: Vec<Answer> = fitting
        .iter()
        .map(|layout| Answer {
            value: layout.name.clone(),
            text: layout.name.clone(),
            sample: sample(layout),
        })
        .collect();
    if answers.len() < 2 {
        return None;
    }
    answers.push(Answer {
        value: LayoutWish::NONE.into(),
        text: "none of them".into(),
        sample: "the columns are taken from the header".into(),
    });
    Some(Question {
        flag: "--layout",
        title: "Which layout?",
        sentence: "Several saved layouts fit this file.".into(),
        answers,
        proposed: 0,
    })
}
