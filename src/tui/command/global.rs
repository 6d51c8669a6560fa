//! Commands that hold everywhere.

use super::{Command as C, PaneId, Row, Scope, tenant};

const G: Scope = Scope::Global;

pub(super) const ROWS: &[Row] = &[
    Row::new(C::Go(PaneId::Lookup), G, "go.lookup", "Look-up")
        .keys(&["1", "alt-1", "f1"])
        .help("May this number be called, and why."),
    Row::new(C::Go(PaneId::Lists), G, "go.lists", "Lists")
        .keys(&["2", "alt-2", "f2"])
        .help("Lists, whether they are enforced, and what is missing."),
    Row::new(C::Go(PaneId::Rules), G, "go.rules", "Rules")
        .keys(&["3", "alt-3", "f3"])
        .help("Rules in the order they decide."),
    Row::new(C::Go(PaneId::File), G, "go.file", "File")
        .keys(&["4", "alt-4", "f4"])
        .help("A file, its rows beside their problems."),
    Row::new(C::Go(PaneId::Uploads), G, "go.uploads", "Uploads")
        .keys(&["5", "alt-5", "f5"])
        .help("Runs, from launch to READY."),
    Row::new(C::Go(PaneId::Reconcile), G, "go.reconcile", "Reconcile")
        .keys(&["6", "alt-6", "f6"])
        .help("The list on the tenant against the list as it should be."),
    Row::new(C::Go(PaneId::Audit), G, "go.audit", "Audit")
        .keys(&["7", "alt-7", "f7"])
        .help("Who did what to what, why, with which effect."),
    Row::new(C::Up, G, "move.up", "up").keys(&["up", "k"]).unlisted(),
    Row::new(C::Down, G, "move.down", "down").keys(&["down", "j"]).unlisted(),
    Row::new(C::Left, G, "move.left", "left").keys(&["left", "h"]).unlisted(),
    Row::new(C::Right, G, "move.right", "right").keys(&["right", "l"]).unlisted(),
    Row::new(C::PageUp, G, "move.page-up", "page up").keys(&["pageup", "ctrl-u"]).unlisted(),
    Row::new(C::PageDown, G, "move.page-down", "page down").keys(&["pagedown", "ctrl-d"]).unlisted(),
    Row::new(C::First, G, "move.first", "first").keys(&["home", "g"]).unlisted(),
    Row::new(C::Last, G, "move.last", "last").keys(&["end", "G"]).unlisted(),
    Row::new(C::NextRegion, G, "move.next-region", "next region").keys(&["tab"]).unlisted(),
    Row::new(C::PrevRegion, G, "move.prev-region", "previous region").keys(&["shift-tab"]).unlisted(),
    Row::new(C::Accept, G, "move.accept", "open").keys(&["enter"]).unlisted(),
    Row::new(C::Back, G, "move.back", "one step back").keys(&["esc"]).unlisted(),
    Row::new(C::Filter, G, "table.filter", "filter")
        .keys(&["/"])
        .help("Show only what holds these words; Esc shows all again."),
    Row::new(C::NextMatch, G, "table.next-match", "next match").keys(&["n"]).unlisted(),
    Row::new(C::PrevMatch, G, "table.prev-match", "previous match").keys(&["N"]).unlisted(),
    Row::new(C::Refresh, G, "refresh", "refresh")
        .keys(&["R", "ctrl-r"])
        .help("Read it again from the tenant and the ledger.")
        .needs(tenant),
    Row::new(C::Copy, G, "copy", "copy")
        .keys(&["y"])
        .help("Copy what is selected to the clipboard of your terminal."),
    Row::new(C::Privacy, G, "privacy", "privacy")
        .keys(&["p"])
        .help("Mask telephone numbers on the screen, or show them again."),
    Row::new(C::ErrorDetail, G, "error", "last error")
        .keys(&["!"])
        .help("The last error in full: causes, advice, and a copy.")
        .needs(|cx| cx.store.trouble.is_none().then_some("nothing went wrong so far")),
    Row::new(C::NextTheme, G, "theme", "next theme").help("dark, light, mono."),
    Row::new(C::ToggleMouse, G, "mouse", "mouse on or off")
        .help("Off lets your terminal select text; Shift-drag does so too."),
    Row::new(C::RunWizard, G, "set-up", "set up a tenant")
        .help("The first-run wizard: the sandbox in one key, or your tenant.")
        .needs(|cx| cx.store.has_run().then_some("a run is in flight; let it finish or pause it first")),
    Row::new(C::Palette, G, "palette", "commands")
        .keys(&[":", "ctrl-p"])
        .help("Every command, list, run and recent file, by name."),
    Row::new(C::Help, G, "help", "help").keys(&["?"]).help("What can be done here; Enter does it."),
    Row::new(C::Suspend, G, "suspend", "to the background").keys(&["ctrl-z"]).unlisted(),
    Row::new(C::Interrupt, G, "interrupt", "stop, then quit")
        .keys(&["ctrl-c"])
        .help("Stops what you wait for; with nothing to stop, quits."),
    Row::new(C::Quit, G, "quit", "quit").keys(&["q"]).help("Leave; asks when a run is in flight."),
];
