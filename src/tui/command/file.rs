//! File.

use super::{Command as C, PaneId, Row, Scope, tenant};
use crate::tui::cx::Cx;

const HERE: Scope = Scope::Pane(PaneId::File);

fn open(cx: &Cx) -> Option<&'static str> {
    cx.store.file.is_none().then_some("open a file first (o)")
}

fn checked(cx: &Cx) -> Option<&'static str> {
    match &cx.store.file {
        None => Some("open a file first (o)"),
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
    Row::new(C::FileNextProblem, HERE, "file.next-problem", "next error")
        .keys(&["e"])
        .help("To the next row with a problem.")
        .footer(3)
        .needs(checked),
    Row::new(C::FilePrevProblem, HERE, "file.prev-problem", "previous error")
        .keys(&["E"])
        .help("To the row with a problem before this one.")
        .needs(checked),
    Row::new(C::FileRejects, HERE, "file.rejects", "rejects")
        .keys(&["x"])
        .help("Write the rejected rows to a file, with code and hint.")
        .footer(6)
        .needs(checked),
    Row::new(C::FileSaveLayout, HERE, "file.save-layout", "save layout")
        .keys(&["S"])
        .help("Save how this file is read, so that the next of its kind opens ready.")
        .danger()
        .needs(open),
    Row::new(C::Accept, HERE, "file.detail", "detail")
        .keys(&["enter"])
        .help("The row in full: bytes, fields, problems with their hints; a group opens.")
        .needs(open),
    Row::new(C::Filter, HERE, "file.find", "find")
        .keys(&["/"])
        .help("A row number jumps there; words show only problems that hold them.")
        .footer(7)
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
