//! THE table: what a person can mean. Footer, `?`, `:`, key documentation and read-only mode all derive from it.
//!
//! One row per command, one file of rows per place. Key literals stand here and nowhere else.

use super::cx::Cx;

mod audit;
mod file;
mod global;
pub mod key;
mod lists;
mod lookup;
mod overlay;
mod reconcile;
mod rules;
mod uploads;

pub use key::Key;

/// A pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaneId {
    /// May this number be called?
    Lookup,
    /// Lists and their state.
    Lists,
    /// Rules in the order they decide.
    Rules,
    /// A file and its problems.
    File,
    /// Runs.
    Uploads,
    /// Differences.
    Reconcile,
    /// The trail.
    Audit,
}

impl PaneId {
    /// Every pane, in the order of the tabs.
    pub const ALL: [Self; 7] =
        [Self::Lookup, Self::Lists, Self::Rules, Self::File, Self::Uploads, Self::Reconcile, Self::Audit];

    /// The word of its tab.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lookup => "Look-up",
            Self::Lists => "Lists",
            Self::Rules => "Rules",
            Self::File => "File",
            Self::Uploads => "Uploads",
            Self::Reconcile => "Reconcile",
            Self::Audit => "Audit",
        }
    }
}

/// An overlay with keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverlayId {
    /// `?` and `:`.
    Menu,
    /// Yes or no.
    Confirm,
    /// Leaving with a run in flight.
    Quit,
    /// First run.
    Wizard,
    /// An error in full.
    Error,
    /// Choosing a file.
    FilePicker,
    /// Choosing a list.
    ListPicker,
    /// Columns of a file.
    Mapping,
    /// A question about a file.
    Choice,
    /// Naming a layout.
    LayoutName,
    /// Where a file goes.
    WhereTo,
    /// Plans that wait.
    Plans,
    /// Plan, reason, launch.
    Approve,
    /// A text to read: row, batch, difference or event in full.
    Detail,
}

/// Where a row of the table holds. A key is looked for in the innermost place first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// In one pane, while no overlay is open.
    Pane(PaneId),
    /// In one overlay.
    Overlay(OverlayId),
}

/// What a person means. Closed: every variant has a row in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    // everywhere
    Quit,
    Interrupt,
    Suspend,
    Help,
    Palette,
    Go(PaneId),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    NextRegion,
    PrevRegion,
    Accept,
    Back,
    Filter,
    NextMatch,
    PrevMatch,
    Refresh,
    Copy,
    Privacy,
    ErrorDetail,
    NextTheme,
    ToggleMouse,
    RunWizard,
    // look-up
    LookupEdit,
    LookupChannel,
    LookupExport,
    // lists
    ListUpload,
    ListReconcile,
    ListGate,
    SandboxLose,
    // file
    FileOpen,
    FileMapping,
    FileList,
    FileWhereTo,
    FileNextProblem,
    FilePrevProblem,
    FileRejects,
    FileClean,
    FileReport,
    FileRow,
    FileSaveLayout,
    FilePlan,
    // uploads
    UploadPause,
    UploadCancel,
    /// Plan to take the run back.
    UploadUndo,
    /// Plan to send its dead letters once more.
    UploadRetry,
    UploadResume,
    /// Plans that wait to be approved or launched.
    UploadPlans,
    // reconcile
    ReconcileStart,
    ReconcileList,
    ReconcileKind,
    ReconcileExport,
    // audit
    AuditVerify,
    // overlays
    Yes,
    No,
    QuitFinish,
    QuitPause,
    WizardSandbox,
    WizardTenant,
    WizardBack,
    PickerParent,
    MappingHeader,
    MappingAdd,
    MappingRemove,
    MappingConstant,
}

/// One row of the table.
pub struct Row {
    /// What it means.
    pub command: Command,
    /// Stable name, `place.verb`.
    pub id: &'static str,
    /// A few words: footer and palette.
    pub title: &'static str,
    /// One sentence: `?`.
    pub help: &'static str,
    /// Names of its default keys, the one that is shown first.
    pub keys: &'static [&'static str],
    /// Where it holds.
    pub scope: Scope,
    /// Changes something: off in read-only mode.
    pub danger: bool,
    /// Offered in `?` and `:`.
    pub palette: bool,
    /// Place in the footer, 1 first; 0 = not there.
    pub footer: u8,
    /// Why it is not possible now, from facts alone. What depends on a selection, the pane says itself.
    pub why_not: fn(&Cx) -> Option<&'static str>,
}

impl Row {
    /// The row that the others are written from: no key, harmless, in the palette.
    const fn new(command: Command, scope: Scope, id: &'static str, title: &'static str) -> Self {
        Self {
            command,
            id,
            title,
            help: "",
            keys: &[],
            scope,
            danger: false,
            palette: true,
            footer: 0,
            why_not: |_| None,
        }
    }

    const fn keys(mut self, keys: &'static [&'static str]) -> Self {
        self.keys = keys;
        self
    }

    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    const fn footer(mut self, place: u8) -> Self {
        self.footer = place;
        self
    }

    const fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Keys only: moving about is not worth a line in the palette.
    const fn unlisted(mut self) -> Self {
        self.palette = false;
        self
    }

    const fn needs(mut self, why_not: fn(&Cx) -> Option<&'static str>) -> Self {
        self.why_not = why_not;
        self
    }

    /// The key to show, if it has one.
    pub fn key_label(&self) -> Option<String> {
        self.key_label_at(false)
    }

    /// The key to show, if it has one that works where a text field has the focus, or has not.
    pub fn key_label_at(&self, field: bool) -> Option<String> {
        let mut keys = self.keys.iter().filter_map(|name| Key::parse(name));
        keys.find(|key| !(field && key.is_text())).map(Key::label)
    }

    /// Why it is not possible now, facts and read-only mode together.
    pub fn why_not(&self, cx: &Cx) -> Option<&'static str> {
        if self.danger && cx.env.read_only {
            return Some("not in read-only mode; start without --read-only");
        }
        (self.why_not)(cx)
    }
}

/// For rows that need a tenant.
fn tenant(cx: &Cx) -> Option<&'static str> {
    cx.env.tenant.is_none().then_some("no tenant yet; the set-up (:, then “set up”) makes one")
}

const TABLES: &[&[Row]] = &[
    global::ROWS,
    lookup::ROWS,
    lists::ROWS,
    rules::ROWS,
    file::ROWS,
    uploads::ROWS,
    reconcile::ROWS,
    audit::ROWS,
    overlay::ROWS,
];

/// The table.
pub fn all() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|rows| rows.iter())
}

/// The row of a command in the first of these places that has one.
pub fn row(command: Command, scopes: &[Scope]) -> Option<&'static Row> {
    scopes.iter().find_map(|scope| all().find(|row| row.command == command && row.scope == *scope))
}
