//! Reconcile.

use super::{Command as C, PaneId, Row, Scope, tenant};

const HERE: Scope = Scope::Pane(PaneId::Reconcile);

pub(super) const ROWS: &[Row] = &[
    Row::new(C::ReconcileStart, HERE, "reconcile.start", "reconcile")
        .keys(&["c"])
        .help("Read the list back and compare it with what it should be.")
        .footer(1)
        .needs(tenant),
    Row::new(C::ReconcileList, HERE, "reconcile.list", "list")
        .keys(&["o"])
        .help("Choose another list.")
        .footer(2)
        .needs(tenant),
    Row::new(C::ReconcileKind, HERE, "reconcile.kind", "kind")
        .keys(&["v"])
        .help("Show one kind of difference only, or all.")
        .footer(3),
    Row::new(C::ReconcileExport, HERE, "reconcile.export", "export")
        .keys(&["E"])
        .help("Write the differences to a file.")
        .footer(4),
];
