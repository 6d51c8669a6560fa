//! Lists.

use super::{Command as C, PaneId, Row, Scope, tenant};

const HERE: Scope = Scope::Pane(PaneId::Lists);

pub(super) const ROWS: &[Row] = &[
    Row::new(C::Accept, HERE, "lists.open", "open")
        .keys(&["enter"])
        .help("To the list's details.")
        .footer(1)
        .needs(tenant),
    Row::new(C::ListUpload, HERE, "lists.upload", "upload a file")
        .keys(&["u"])
        .help("Choose a file and plan its upload to this list.")
        .danger()
        .footer(2)
        .needs(tenant),
    Row::new(C::ListReconcile, HERE, "lists.reconcile", "reconcile")
        .keys(&["c"])
        .help("Read the list back and compare it with what it should be.")
        .footer(3)
        .needs(tenant),
    Row::new(C::ListGate, HERE, "lists.gate", "gate")
        .keys(&["g"])
        .help("Ask now whether a campaign may start on this list.")
        .footer(4)
        .needs(tenant),
    Row::new(C::Refresh, HERE, "lists.refresh", "refresh")
        .keys(&["R", "ctrl-r"])
        .help("Read lists and rules again.")
        .footer(5)
        .needs(tenant),
    Row::new(C::SandboxLose, Scope::Global, "sandbox.lose", "sandbox: lose three entries")
        .help("The embedded tenant drops three entries of the list: reconciling finds them.")
        .danger()
        .needs(|cx| (!cx.env.embedded).then_some("only on the embedded sandbox")),
];
