//! Rules.

use super::{Command as C, PaneId, Row, Scope, tenant};

const HERE: Scope = Scope::Pane(PaneId::Rules);

pub(super) const ROWS: &[Row] = &[
    Row::new(C::LookupChannel, HERE, "rules.channel", "channel")
        .keys(&["o"])
        .help("Show the trace of the last number on the other channel.")
        .footer(2)
        .needs(|cx| cx.store.answers.is_empty().then_some("look a number up first")),
    Row::new(C::Refresh, HERE, "rules.refresh", "refresh")
        .keys(&["R", "ctrl-r"])
        .help("Read lists and rules again.")
        .footer(1)
        .needs(tenant),
];
