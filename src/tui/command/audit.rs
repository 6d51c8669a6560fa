//! Audit.

use super::{Command as C, PaneId, Row, Scope, tenant};

const HERE: Scope = Scope::Pane(PaneId::Audit);

pub(super) const ROWS: &[Row] = &[
    Row::new(C::Accept, HERE, "audit.open", "event in full")
        .keys(&["enter"])
        .help("The event with its reason and hash.")
        .footer(1)
        .needs(tenant),
    Row::new(C::AuditVerify, HERE, "audit.verify", "verify")
        .keys(&["V"])
        .help("Go through the whole trail: every event, its mirror, every checkpoint.")
        .footer(5)
        .needs(tenant),
    Row::new(C::Filter, HERE, "audit.filter", "filter")
        .keys(&["/"])
        .help("Only events that hold these words: an actor, a list, a run.")
        .footer(2),
    Row::new(C::Copy, HERE, "audit.copy", "copy")
        .keys(&["y"])
        .help("Copy the event with its hash.")
        .footer(3),
    Row::new(C::Refresh, HERE, "audit.refresh", "refresh")
        .keys(&["R", "ctrl-r"])
        .help("Read the trail again.")
        .footer(4)
        .needs(tenant),
];
