//! Reconcile.

use super::{Command as C, PaneId, Row, Scope, tenant};
use crate::tui::cx::Cx;

const HERE: Scope = Scope::Pane(PaneId::Reconcile);

fn compared(cx: &Cx) -> Option<&'static str> {
    let here = cx.aim.compared().and_then(|list| cx.store.reconciliations.get(list));
    here.is_none_or(|known| known.value().is_none()).then_some("reconcile the list first (c)")
}

pub(super) const ROWS: &[Row] = &[
    Row::new(C::ReconcileStart, HERE, "reconcile.start", "reconcile")
        .keys(&["c"])
        .help("Read the list back and compare it with what it should be.")
        .footer(1)
        .needs(tenant),
    Row::new(C::ReconcileList, HERE, "reconcile.list", "list")
        .keys(&["l", "o"])
        .help("Choose another list.")
        .footer(2)
        .needs(tenant),
    Row::new(C::ReconcileKind, HERE, "reconcile.kind", "kind")
        .keys(&["f", "v"])
        .help("Show one kind of difference only, or all; ← and → do so too.")
        .footer(3)
        .needs(compared),
    Row::new(C::Accept, HERE, "reconcile.detail", "detail")
        .keys(&["enter"])
        .help("Both sides of a difference in full.")
        .footer(4)
        .needs(compared),
    Row::new(C::ReconcileExport, HERE, "reconcile.export", "export")
        .keys(&["E"])
        .help("Write the differences that are shown to a CSV file.")
        .footer(5)
        .needs(compared),
];
