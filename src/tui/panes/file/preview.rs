//! Rows of the file: the raw number, what it reads as, and the other columns behind.
//!
//! ```text
//!       row   phone            → number                 jurisdiction expires    source
//!         1   (415) 555-0101   → +1 415 555 0101        US-CA        2027-12-31 State_CA
//! ▌   1,102 ✗ n/a              ✗ not a phone number     US-CA        2027-12-31 State_CA
//! ```

use ratatui::style::Modifier;
use ratatui::text::Span;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::identifier::Identifier;
use crate::domain::problem::{Code, Problem, Severity};
use crate::domain::text::thousands;
use crate::ops::{Field, Mapping, Needle};
use crate::tui::cx::Cx;
use crate::tui::event::PreviewRow;
use crate::tui::overlays::row_detail::problems_of;
use crate::tui::store::OpenFile;
use crate::tui::theme::Role;
use crate::tui::widgets::list::right;
use crate::tui::widgets::span;

/// Cells of one line: where, how wide, what.
pub(super) type Cells = Vec<(u16, u16, Span<'static>)>;

/// A column behind the fixed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Jurisdiction,
    Expires,
    Source,
    /// A column of the file as it stands there.
    Other(usize),
}

/// Columns behind the fixed ones, in order. What the mapping uses stands in front.
pub(super) fn columns(file: &OpenFile) -> Vec<Column> {
    let mapping = file.opened.document.mapping();
    let has_number = mapping.columns.contains_key(&Field::Number);
    let used = |at: &usize| {
        let split = mapping.split_number
            && mapping.columns.get(&Field::Number).is_some_and(|number| number + 1 == *at);
        split
            || mapping.columns.iter().any(|(field, column)| {
                column == at
                    && matches!(field, Field::Number | Field::Jurisdiction | Field::Expires | Field::Source)
                    || (column == at && *field == Field::Email && !has_number)
            })
    };
    let mut all = vec![Column::Jurisdiction, Column::Expires, Column::Source];
    all.extend((0..file.opened.document.columns().len()).filter(|at| !used(at)).map(Column::Other));
    all
}

/// Where everything stands.
#[derive(Clone, Copy, Debug)]
struct Grid {
    row: u16,
    raw: u16,
    read: u16,
}

impl Grid {
    fn new(file: &OpenFile, known: usize, width: u16) -> Self {
        let row = thousands(known.max(file.index.rows as usize) as u64).len().max(5) as u16;
        let wide = width >= 84;
        Self { row, raw: if wide { 18 } else { 15 }, read: if wide { 26 } else { 24 } }
    }

    fn behind(self) -> u16 {
        self.row + 3 + self.raw + 1 + self.read + 1
    }
}

fn place(columns: &[Column], scroll: usize, from: u16, total: u16) -> Vec<(u16, u16, Column)> {
    let mut x = from;
    let mut places = Vec::new();
    for column in columns.iter().skip(scroll) {
        let width = match column {
            Column::Jurisdiction => 9,
            Column::Expires => 10,
            Column::Source | Column::Other(_) => 18.min(total.saturating_sub(x)),
        };
        if x >= total {
            break;
        }
        places.push((x, width, *column));
        x += width + 1;
    }
    places
}

/// The heading.
pub(super) fn heading(cx: &Cx, file: &OpenFile, known: usize, scroll: usize, width: u16) -> Cells {
    let grid = Grid::new(file, known, width);
    let names = file.opened.document.columns();
    let mapping = file.opened.document.mapping();
    let name =
        |at: usize| names.get(at).map_or_else(|| format!("column {}", at + 1), |name| cx.name(name, 40));
    let raw = identifying(mapping).map_or_else(|| "no number column".to_owned(), name);
    let muted = |text: String| span(cx, Role::Muted, text);
    let mut cells = vec![
        (0, grid.row, muted(right("row", usize::from(grid.row)))),
        (grid.row + 3, grid.raw, muted(raw)),
        (grid.row + 4 + grid.raw, grid.read, muted("→ number".into())),
    ];
    let more = scroll > 0;
    for (index, (x, room, column)) in
        place(&columns(file), scroll, grid.behind(), width).into_iter().enumerate()
    {
        let title = match column {
            Column::Jurisdiction => "jurisdiction".to_owned(),
            Column::Expires => "expires".to_owned(),
            Column::Source => "source".to_owned(),
            Column::Other(at) => name(at),
        };
        let title = if more && index == 0 { format!("‹{title}") } else { title };
        cells.push((x, room, muted(title)));
    }
    cells
}

/// A row that is not loaded yet.
pub(super) fn pending(cx: &Cx, file: &OpenFile, known: usize, row: u64, width: u16) -> Cells {
    let grid = Grid::new(file, known, width);
    let (role, what) = match &file.trouble {
        Some(_) => (Role::Warn, "▲ not read"),
        None => (Role::Muted, "reading …"),
    };
    vec![
        (0, grid.row, span(cx, Role::Muted, right(&thousands(row), usize::from(grid.row)))),
        (grid.row + 3, grid.raw, span(cx, role, what)),
    ]
}

/// A row.
pub(super) fn row(
    cx: &Cx,
    file: &OpenFile,
    known: usize,
    preview: &PreviewRow,
    (scroll, width): (usize, u16),
    needle: Option<&Needle>,
) -> Cells {
    let grid = Grid::new(file, known, width);
    let problems = problems_of(file, preview);
    let number = thousands(preview.record.place.row);
    let (mark, role) = mark(preview, &problems);
    let mut cells = vec![
        (0, grid.row, span(cx, Role::Muted, right(&number, usize::from(grid.row)))),
        (grid.row + 1, 1, span(cx, role, mark)),
        (grid.row + 3, grid.raw, span(cx, Role::Text, raw_number(cx, file, preview))),
        (grid.row + 4 + grid.raw, grid.read, read(cx, preview, &problems)),
    ];
    for (x, room, column) in place(&columns(file), scroll, grid.behind(), width) {
        cells.push((x, room, cell(cx, file, preview, column)));
    }
    if let Some(needle) = needle {
        let number = preview.read.whom.as_ref().ok().and_then(Identifier::phone);
        let is_number = number.is_some() && number == needle.number();
        mark_match(cx, &mut cells, (grid, needle, is_number));
    }
    cells
}

/// Marks a row that is found: a sign before its number, and the text itself where it shows.
fn mark_match(cx: &Cx, cells: &mut Cells, (grid, needle, is_number): (Grid, &Needle, bool)) {
    let style = cx.theme.style(Role::Accent).add_modifier(Modifier::REVERSED);
    let mut marks = vec![(grid.row + 2, 1, span(cx, Role::Accent, "»"))];
    for (x, room, cell) in cells.iter().skip(2) {
        let text = cell.content.as_ref();
        let whole = is_number && *x == grid.row + 3 && !text.is_empty();
        let places: Vec<_> =
            if whole { std::iter::once(0..text.len()).collect() } else { needle.places_in(text).collect() };
        // What is cut ends in a sign of its own.
        let end = if text.width() > usize::from(*room) { usize::from(*room) - 1 } else { usize::from(*room) };
        for place in places {
            let (before, held) =
                (text.get(..place.start).unwrap_or_default(), text.get(place).unwrap_or_default());
            let from = before.width();
            let mut shown = String::new();
            for letter in held.chars() {
                if from + shown.width() + letter.width().unwrap_or(0) > end {
                    break;
                }
                shown.push(letter);
            }
            if !shown.is_empty() {
                marks.push((x + from as u16, shown.width() as u16, Span::styled(shown, style)));
            }
        }
    }
    cells.extend(marks);
}

/// The column that says whom a row means: that of the numbers, where there is one.
fn identifying(mapping: &Mapping) -> Option<usize> {
    [Field::Number, Field::Email].iter().find_map(|field| mapping.columns.get(field).copied())
}

fn raw_number(cx: &Cx, file: &OpenFile, preview: &PreviewRow) -> String {
    let mapping = file.opened.document.mapping();
    let Some(at) = identifying(mapping) else { return String::new() };
    let field = |at: usize| preview.record.fields.get(at).map_or("", String::as_str);
    if let (Some(&email), true) = (mapping.columns.get(&Field::Email), field(at).trim().is_empty()) {
        return cx.text(field(email), 120);
    }
    if mapping.split_number {
        return cx.text(&format!("{},{}", field(at), field(at + 1)), 120);
    }
    cx.text(field(at), 120)
}

/// Why a row is rejected, if it is: what validation found, else what the row shows by itself.
fn rejection(preview: &PreviewRow, problems: &[Problem]) -> Option<Code> {
    let found =
        problems.iter().map(|problem| problem.code).find(|code| code.severity() == Severity::Rejection);
    found
        .or_else(|| preview.read.whom.as_ref().err().map(|why| why.code))
        .or_else(|| preview.read.expires.err())
}

fn is_duplicate(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| matches!(problem.code, Code::Duplicate | Code::ConflictingDuplicate))
}

fn mark(preview: &PreviewRow, problems: &[Problem]) -> (&'static str, Role) {
    if rejection(preview, problems).is_some() {
        ("✗", Role::Bad)
    } else if is_duplicate(problems) {
        ("≡", Role::Busy)
    } else if problems.is_empty() {
        (" ", Role::Text)
    } else {
        ("▲", Role::Warn)
    }
}

/// A rejected row never shows a number as if it were fine: the reason stands there.
fn read(cx: &Cx, preview: &PreviewRow, problems: &[Problem]) -> Span<'static> {
    if let Some(code) = rejection(preview, problems) {
        return span(cx, Role::Bad, format!("✗ {}", code.title()));
    }
    match &preview.read.whom {
        Ok(whom) => {
            let same = if is_duplicate(problems) { " ≡ duplicate" } else { "" };
            // Others of the range, or in other columns.
            let more = match preview.read.count + preview.read.more.len() as u64 {
                1 => String::new(),
                count => format!(" +{}", thousands(count - 1)),
            };
            span(cx, Role::Text, format!("→ {}{more}{same}", cx.identifier(whom)))
        }
        Err(why) => span(cx, Role::Bad, format!("✗ {}", why.code.title())),
    }
}

fn cell(cx: &Cx, file: &OpenFile, preview: &PreviewRow, column: Column) -> Span<'static> {
    let fields = &preview.record.fields;
    let raw = |field: Field| {
        let at = file.opened.document.mapping().columns.get(&field).copied();
        at.and_then(|at| fields.get(at)).map_or("", String::as_str)
    };
    match column {
        Column::Jurisdiction => match preview.read.jurisdiction {
            Some((jurisdiction, true)) => span(cx, Role::Muted, format!("{jurisdiction}~")),
            Some((jurisdiction, false)) => span(cx, Role::Text, jurisdiction.to_string()),
            None if raw(Field::Jurisdiction).is_empty() => span(cx, Role::Muted, "–"),
            None => span(cx, Role::Bad, format!("✗ {}", cx.text(raw(Field::Jurisdiction), 40))),
        },
        Column::Expires => match preview.read.expires {
            Ok(Some(at)) => span(cx, Role::Text, at.strftime("%Y-%m-%d").to_string()),
            Ok(None) => span(cx, Role::Muted, "never"),
            Err(_) => span(cx, Role::Bad, format!("✗ {}", cx.text(raw(Field::Expires), 40))),
        },
        Column::Source => {
            span(cx, Role::Text, preview.read.source.as_deref().map_or_else(String::new, |s| cx.text(s, 60)))
        }
        Column::Other(at) => {
            span(cx, Role::Text, fields.get(at).map_or_else(String::new, |value| cx.text(value, 120)))
        }
    }
}
