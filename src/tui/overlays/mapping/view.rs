//! Drawing the mapping.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::reads::{self, Reads, counted, serves};
use super::{Chosen, Mapping};
use crate::ops::Field;
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::window;
use crate::tui::store::OpenFile;
use crate::tui::theme::Role;
use crate::tui::widgets::list::{cells, list, right};
use crate::tui::widgets::{line, span, text};

/// Rows that the fields take.
const FIELDS: u16 = Field::ALL.len() as u16;

pub(super) fn view(mapping: &Mapping, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
    let inside = window(area, buf, cx, "Which column holds what", 112, 28);
    let Some(file) = &cx.store.file else {
        text::empty(inside, buf, cx, "No file is open.", "Esc closes");
        return;
    };
    if inside.height < FIELDS + 4 {
        return;
    }
    let chosen = mapping.chosen(file);
    let reads = Reads::of(cx, file, &chosen);
    let top = Rect { height: FIELDS, ..inside };
    list(top, buf, cx, hits, (0, true), Field::ALL.len(), &mapping.spot, |row| {
        let field = Field::ALL[row];
        let (said, is_bad) = match chosen.columns.contains_key(&field) {
            true => reads.said(field),
            false => (without(&chosen, field), false),
        };
        let role = if is_bad { Role::Warn } else { Role::Muted };
        vec![
            (0, 13, span(cx, Role::Muted, field.as_str())),
            (14, 22, span(cx, Role::Text, columns_of(cx, file, &chosen, field))),
            (37, 74, span(cx, role, said)),
        ]
    });
    let row = |y: u16| Rect { y: inside.y + FIELDS + y, height: 1, ..inside };
    let field = mapping.field_at();
    if let Some(typing) = &mapping.typing {
        let label = format!(" {} of every row: ", field.as_str());
        typing.view(row(0), buf, cx, hits, &label, ghost(field), true);
    } else {
        let header = mapping.header.unwrap_or(file.opened.document.format().header);
        let first =
            if header { "the first line names the columns" } else { "no header: the first line is data" };
        line(row(0), buf, &Line::from(span(cx, Role::Muted, format!(" {first} (t changes it)"))));
    }
    let sample = match chosen.columns.get(&field) {
        Some(at) => format!(" {}: {}", field.as_str(), samples(cx, file, *at)),
        None => format!(" {}: {}", field.as_str(), without(&chosen, field)),
    };
    line(row(1), buf, &Line::from(span(cx, Role::Text, sample)));
    let heading = format!(" columns, and how many rows {}", counted(field));
    line(row(2), buf, &Line::from(span(cx, Role::Title, heading)));
    let below = Rect { y: inside.y + FIELDS + 3, height: inside.height - FIELDS - 3, ..inside };
    columns(mapping, below, buf, cx, hits, file, &chosen);
}

/// The column of a field, or what stands in for it.
fn columns_of(cx: &Cx, file: &OpenFile, chosen: &Chosen, field: Field) -> String {
    let names = file.opened.document.columns();
    let name = |at: &usize| names.get(*at).map_or_else(String::new, |name| cx.name(name, 40));
    match (chosen.columns.get(&field), chosen.constants.get(field)) {
        (Some(at), _) if field == Field::Number && !chosen.more.is_empty() => {
            let more: Vec<String> = [at].into_iter().chain(&chosen.more).map(name).collect();
            format!("◂ {} ▸", more.join(" + "))
        }
        (Some(at), _) => format!("◂ {} ▸", name(at)),
        (None, Some(text)) => format!("= {}", cx.text(text, 40)),
        (None, None) => "◂ (none) ▸".to_owned(),
    }
}

/// What happens to a field without a column.
fn without(chosen: &Chosen, field: Field) -> String {
    if chosen.constants.get(field).is_some() {
        return "for every row (- takes it away)".into();
    }
    match field {
        Field::Number => "needed: ← and → choose",
        Field::Jurisdiction => "inferred from the area code (= sets one for every row)",
        Field::Expires => "never (= sets a date for every row)",
        Field::Source => "left empty (= sets one for every row)",
        Field::Notes => "left empty",
        Field::RangeEnd => "one number a row",
        Field::Change => "every row adds",
        Field::Email => "only numbers are read",
    }
    .into()
}

/// What can be typed for a field.
fn ghost(field: Field) -> &'static str {
    match field {
        Field::Jurisdiction => "US-CA, US, or inferred",
        Field::Expires => "2029-12-31, or never",
        _ => "such as State_CA",
    }
}

/// Three values of a column.
fn samples(cx: &Cx, file: &OpenFile, column: usize) -> String {
    let filled = reads::cells(file, column).filter(|cell| !cell.trim().is_empty()).take(3);
    filled.map(|cell| cx.text(cell, 24)).collect::<Vec<_>>().join(" · ")
}

fn columns(
    mapping: &Mapping,
    area: Rect,
    buf: &mut Buffer,
    cx: &Cx,
    hits: &mut HitMap,
    file: &OpenFile,
    chosen: &Chosen,
) {
    let names = file.opened.document.columns();
    let at_hand = reads::records(file).len();
    let field = mapping.field_at();
    let last = if field == Field::Number { chosen.more.last() } else { None };
    let here = last.or_else(|| chosen.columns.get(&field)).copied();
    let height = usize::from(area.height);
    let top = here.map_or(0, |at| (at + 1).saturating_sub(height));
    for (y, at) in (top..names.len()).take(height).enumerate() {
        let place = Rect { y: area.y + y as u16, height: 1, ..area };
        let mark = if here == Some(at) { "▸" } else { " " };
        let served = serves(cx, file, field, at);
        let role = if here == Some(at) { Role::Accent } else { Role::Text };
        cells(
            place,
            buf,
            vec![
                (0, 5, span(cx, Role::Key, format!("{mark}{}", right(&(at + 1).to_string(), 3)))),
                (6, 18, span(cx, role, cx.name(&names[at], 40))),
                (25, 9, span(cx, Role::Muted, right(&format!("{served}/{at_hand}"), 9))),
                (36, 13, span(cx, Role::Key, chosen.field_of(at).map_or("", Field::as_str))),
                (50, 60, span(cx, Role::Muted, samples(cx, file, at))),
            ],
        );
        hits.add(place, Hit::Row(1, at));
    }
}
