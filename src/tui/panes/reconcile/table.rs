//! Differences side by side: what we expect │ what is on the tenant. Fields that differ carry `≠`.

use ratatui::text::Span;

use crate::domain::diff::{DiffKind, Difference};
use crate::tui::cx::Cx;
use crate::tui::theme::Role;
use crate::tui::widgets::span;

/// The word for people.
pub(super) fn word(kind: DiffKind) -> &'static str {
    match kind {
        DiffKind::Missing => "missing",
        DiffKind::Unexpected => "unexpected",
        DiffKind::Changed => "changed",
        DiffKind::RemoteDuplicate => "duplicate",
        DiffKind::Malformed => "malformed",
    }
}

/// What it means for calls, in a sentence.
pub(super) fn meaning(kind: DiffKind) -> &'static str {
    match kind {
        DiffKind::Missing => "It should be on the list and is not: it may be called.",
        DiffKind::Unexpected => "It is on the list and nobody here put it there.",
        DiffKind::Changed => "It is on the list, but says something else than it should.",
        DiffKind::RemoteDuplicate => "Another record of a number that stands there in E.164 as well.",
        DiffKind::Malformed => "The tenant's spelling has no E.164 twin: it may not be matched at all.",
    }
}

pub(super) fn symbol(kind: DiffKind) -> (&'static str, Role) {
    match kind {
        DiffKind::Missing => ("−", Role::Bad),
        DiffKind::Unexpected => ("+", Role::Warn),
        DiffKind::Changed => ("≠", Role::Warn),
        DiffKind::RemoteDuplicate => ("≡", Role::Busy),
        DiffKind::Malformed => ("✗", Role::Bad),
    }
}

/// The number, or the tenant's spelling where it does not parse.
pub(super) fn number(cx: &Cx, difference: &Difference) -> String {
    match &difference.identifier {
        Some(identifier) => cx.identifier(identifier),
        None => format!("“{}”", cx.text(&difference.raw, 60)),
    }
}

/// Fields of one side.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) jurisdiction: String,
    pub(super) expires: String,
    pub(super) source: String,
}

fn date(at: Option<jiff::Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// What we expect; `None` where nothing is.
pub(super) fn expected(cx: &Cx, difference: &Difference) -> Option<Side> {
    difference.expected.as_ref().map(|side| Side {
        jurisdiction: side.jurisdiction.as_deref().map_or_else(|| "–".to_owned(), |text| cx.text(text, 40)),
        expires: date(side.expires),
        source: side.source.as_deref().map_or_else(|| "any".to_owned(), |text| cx.text(text, 80)),
    })
}

/// What is there; `None` where nothing is.
pub(super) fn remote(cx: &Cx, difference: &Difference) -> Option<Side> {
    difference.remote.as_ref().map(|side| Side {
        jurisdiction: side.jurisdiction.as_deref().map_or_else(|| "–".to_owned(), |text| cx.text(text, 40)),
        expires: date(side.expires),
        source: side.source.as_deref().map_or_else(|| "–".to_owned(), |text| cx.text(text, 80)),
    })
}

/// Places of the columns.
struct Grid {
    /// Start and width of the number.
    number: (u16, u16),
    /// Start of each side.
    sides: [u16; 2],
    /// Widths of jurisdiction, expires, source.
    widths: [u16; 3],
    /// The kind as its symbol alone: its word stands in the line of kinds above.
    is_narrow: bool,
}

impl Grid {
    fn new(width: u16) -> Self {
        let is_narrow = width < 74;
        let number = if is_narrow { (2, 16) } else { (13, 18) };
        let first = number.0 + number.1 + 1;
        let side = width.saturating_sub(first + 2) / 2;
        let (jurisdiction, expires) = if is_narrow { (6, 11) } else { (8, 12) };
        // On a small screen a side is its jurisdiction and its date; the rest is in the detail.
        let source = side.saturating_sub(jurisdiction + expires + 2);
        let source = if source >= 6 { source } else { 0 };
        let sides = [first, first + side + 2];
        Self { number, sides, widths: [jurisdiction, expires, source], is_narrow }
    }

    fn kind(&self) -> u16 {
        self.number.0 - 1
    }
}

type Cells = Vec<(u16, u16, Span<'static>)>;

/// The heading.
pub(super) fn heading(cx: &Cx, width: u16) -> Cells {
    let grid = Grid::new(width);
    let muted = |text: &'static str| span(cx, Role::Muted, text);
    let side = grid.sides[1] - grid.sides[0];
    vec![
        (0, grid.kind(), muted(if grid.is_narrow { "" } else { "kind" })),
        (grid.number.0, grid.number.1, muted("number")),
        (grid.sides[0], side, muted("expected")),
        (grid.sides[1] - 2, 1, muted("│")),
        (grid.sides[1], side, muted("on the tenant")),
    ]
}

/// A difference.
pub(super) fn row(cx: &Cx, difference: &Difference, width: u16) -> Cells {
    let grid = Grid::new(width);
    let (symbol, role) = symbol(difference.kind);
    let kind = if grid.is_narrow { symbol.to_owned() } else { format!("{symbol} {}", word(difference.kind)) };
    let mut cells = vec![
        (0, grid.kind(), span(cx, role, kind)),
        (grid.number.0, grid.number.1, span(cx, Role::Text, number(cx, difference))),
        (grid.sides[1] - 2, 1, span(cx, Role::Muted, "│")),
    ];
    for (start, side, absent) in [
        (grid.sides[0], expected(cx, difference), "(not expected)"),
        (grid.sides[1], remote(cx, difference), "(not there)"),
    ] {
        let Some(side) = side else {
            cells.push((start, grid.sides[1] - grid.sides[0] - 2, span(cx, Role::Muted, absent)));
            continue;
        };
        let mut x = start;
        let fields =
            [("jurisdiction", side.jurisdiction), ("expires", side.expires), ("source", side.source)];
        for ((name, value), room) in fields.into_iter().zip(grid.widths) {
            let differs = difference.fields.contains(&name);
            let cell = if differs {
                span(cx, Role::Accent, format!("≠{value}"))
            } else {
                span(cx, Role::Text, value)
            };
            cells.push((x, room, cell));
            x += room + u16::from(room > 0);
        }
    }
    cells
}

/// Everything about a difference, for the overlay.
pub(super) fn full(cx: &Cx, difference: &Difference) -> Vec<(String, String)> {
    let kind = difference.kind;
    let mut lines = vec![
        ("kind".to_owned(), format!("{} {}", symbol(kind).0, word(kind))),
        ("meaning".to_owned(), meaning(kind).to_owned()),
        ("number".to_owned(), number(cx, difference)),
        ("as spelled".to_owned(), format!("“{}”", cx.text(&difference.raw, 200))),
    ];
    for (label, side) in [("expected", expected(cx, difference)), ("on the tenant", remote(cx, difference))] {
        let Some(side) = side else {
            lines.push((label.to_owned(), "nothing".to_owned()));
            continue;
        };
        for (at, (name, value)) in
            [("jurisdiction", side.jurisdiction), ("expires", side.expires), ("source", side.source)]
                .into_iter()
                .enumerate()
        {
            let mark = if difference.fields.contains(&name) { "≠ " } else { "" };
            let label = if at == 0 { label.to_owned() } else { String::new() };
            lines.push((label, format!("{mark}{name} {value}")));
        }
    }
    if let Some(remote) = &difference.remote {
        lines.push(("record".to_owned(), cx.name(&remote.id, 120)));
        if let Some(key) = &remote.key {
            lines.push(("written with key".to_owned(), cx.name(key, 120)));
        }
    }
    lines
}
