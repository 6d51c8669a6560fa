//! Look-up.

use super::{Command as C, PaneId, Row, Scope};

const HERE: Scope = Scope::Pane(PaneId::Lookup);

pub(super) const ROWS: &[Row] = &[
    Row::new(C::Accept, HERE, "lookup.ask", "ask the tenant")
        .keys(&["enter"])
        .help("Look the number up, on the tenant and in the ledger.")
        .footer(1),
    Row::new(C::LookupEdit, HERE, "lookup.edit", "type a number")
        .keys(&["i", "a"])
        .help("Back into the field; what stands there stays.")
        .footer(2),
    Row::new(C::LookupChannel, HERE, "lookup.channel", "channel")
        .keys(&["o"])
        .help("Show the decision of the other channel.")
        .footer(3)
        .needs(|cx| cx.store.answers.is_empty().then_some("nothing was asked yet")),
    Row::new(C::Copy, HERE, "lookup.copy", "copy answer")
        .keys(&["y"])
        .help("Copy the answer with its reason.")
        .footer(4)
        .needs(|cx| cx.store.answers.is_empty().then_some("nothing was asked yet")),
    Row::new(C::Privacy, HERE, "lookup.privacy", "privacy")
        .keys(&["p"])
        .help("Mask telephone numbers on the screen, or show them again.")
        .footer(5),
    Row::new(C::LookupExport, HERE, "lookup.export", "export answers")
        .keys(&["x"])
        .help("Write the answers of the last paste to a file.")
        .needs(|cx| (cx.store.batch().len() < 2).then_some("paste several numbers first")),
];
