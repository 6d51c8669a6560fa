//! File.

use super::{Command as C, PaneId, Row, Scope, tenant};
use crate::tui::cx::Cx;
use crate::tui::store::OpenFile;

const HERE: Scope = Scope::Pane(PaneId::File);

fn open(cx: &Cx) -> Option<&'static str> {
    cx.store.file.is_none().then_some("open a file first (o)")
}

fn checked(cx: &Cx) -> Option<&'static str> {
    match &cx.store.file {
        None => Some("open a file first (o)"),
        Some(OpenFile { so_far: Some(so_far), .. }) if so_far.stopped => {
            Some("the check was stopped; R starts again")
        }
        Some(file) if file.checked.is_none() => Some("the file is still being checked"),
        Some(_) => None,
    }
}

pub(super) const ROWS: &[Row] = &[
    Row::new(C::FileOpen, HERE, "file.open", "open")
        .keys(&["o"])
        .help("Choose a file; pasting a path opens it too.")
        .footer(1),
    Row::new(C::FileMapping, HERE, "file.map", "map columns")
        .keys(&["m"])
        .help("Say which column holds what.")
        .footer(4)
        .needs(open),
    Row::new(C::FileList, HERE, "file.list", "list")
        .keys(&["l"])
        .help("Choose the list this file is for.")
        .footer(5)
        .needs(tenant),
    Row::new(C::FileWhereTo, HERE, "file.where-to", "where to")
        .keys(&["t"])
        .help("Entries, items, a suppression list, or an outbound list and its scrub.")
        .needs(tenant),
    Row::new(C::FileNextProblem, HERE, "file.next-problem", "next error")
        .keys(&["e"])
        .help("To the next row with a problem; while the file is checked, among those found so far.")
        .footer(3)
        .needs(open),
    Row::new(C::FilePrevProblem, HERE, "file.prev-problem", "previous error")
        .keys(&["E"])
        .help("To the row with a problem before this one.")
        .needs(open),
    Row::new(C::FileRejects, HERE, "file.rejects", "rejects")
        .keys(&["x"])
        .help("Write the rejected rows to a file, with code and hint.")
        .footer(6)
        .needs(checked),
    Row::new(C::FileClean, HERE, "file.clean", "cleaned list")
        .keys(&["X"])
        .help("Write the usable numbers to a file, each once.")
        .needs(checked),
    Row::new(C::FileReport, HERE, "file.report", "report")
        .keys(&["W"])
        .help("Write a page to print or to send: what was found, with charts; numbers masked.")
        .needs(checked),
    Row::new(C::FileRow, HERE, "file.row", "go to a row")
        .help("Its number after : does it, as in :1102.")
        .needs(open),
    Row::new(C::FileSaveLayout, HERE, "file.save-layout", "save layout")
        .keys(&["S"])
        .help("Save how this file is read, so that the next of its kind opens ready.")
        .danger()
        .needs(open),
    Row::new(C::Accept, HERE, "file.detail", "detail")
        .keys(&["enter"])
        .help("The row in full: bytes, fields, problems with their hints; a group opens.")
        .needs(open),
    Row::new(C::Filter, HERE, "file.find", "search")
        .keys(&["/"])
        .help("In the rows: searches the whole file, a number in any spelling. In the problems: shows those with these words.")
        .footer(7)
        .needs(open),
    Row::new(C::NextMatch, HERE, "file.next-match", "next match")
        .keys(&["n"])
        .help("To the next row that holds what is searched for; behind the last, on from the top.")
        .needs(open),
    Row::new(C::PrevMatch, HERE, "file.previous-match", "previous match")
        .keys(&["N"])
        .help("To the match before this row; before the first, on from the end.")
        .needs(open),
    Row::new(C::Refresh, HERE, "file.refresh", "read again")
        .keys(&["R", "ctrl-r"])
        .help("Open the file again, check it, and plan it again.")
        .needs(open),
    Row::new(C::FilePlan, HERE, "file.plan", "plan & upload")
        .keys(&["u"])
        .help("Plan against the list, read the effect, approve, launch.")
        .danger()
        .footer(2)
        .needs(|cx| open(cx).or(tenant(cx))),
];
