//! Drawing the File pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::problems::Node;
use super::{File, PROBLEMS, ROWS, known, planning, preview};
use crate::domain::problem::{Code, Problems, Severity};
use crate::domain::text::thousands;
use crate::ops::{Contents, Document, LineEnding, delimiter_name};
use crate::tui::cx::Cx;
use crate::tui::event::Slot;
use crate::tui::hits::HitMap;
use crate::tui::overlays::row_detail::{problems_of, said};
use crate::tui::store::OpenFile;
use crate::tui::theme::Role;
use crate::tui::widgets::list::{cells, fit, list, right};
use crate::tui::widgets::{frame, line, span, state, text};

pub(super) fn view(pane: &File, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
    let Some(file) = &cx.store.file else {
        nothing(area, buf, cx);
        return;
    };
    let low = area.height.min(4);
    let main = Rect { height: area.height - low, ..area };
    let below = Rect { y: main.bottom(), height: low, ..area };
    let inside = frame(below, buf, cx, &planning::title(cx), false);
    for (y, said) in planning::lines(cx, file).into_iter().enumerate() {
        let place = Rect { y: inside.y + y as u16, height: 1, ..inside };
        if place.y < inside.bottom() {
            line(place, buf, &said);
        }
    }
    if main.width >= 110 {
        let side = (main.width * 3 / 10).clamp(38, 52);
        let left = Rect { width: main.width - side, ..main };
        rows(pane, left, buf, cx, hits, file);
        problems(pane, Rect { x: left.right(), width: side, ..main }, buf, cx, hits, file);
    } else if main.height >= 16 {
        let side = (main.height / 3).max(6);
        let top = Rect { height: main.height - side, ..main };
        rows(pane, top, buf, cx, hits, file);
        problems(pane, Rect { y: top.bottom(), height: side, ..main }, buf, cx, hits, file);
    } else if pane.focus == PROBLEMS {
        problems(pane, main, buf, cx, hits, file);
    } else {
        rows(pane, main, buf, cx, hits, file);
    }
}

/// Nothing is open: being opened, did not open, or nothing yet. Each with the next key.
fn nothing(area: Rect, buf: &mut Buffer, cx: &Cx) {
    let inside = frame(area, buf, cx, "File", true);
    if let Some((_, task)) = cx.store.in_slot(Slot::File) {
        text::empty(inside, buf, cx, &planning::opening(task), "Esc stops it");
    } else if let Some(trouble) = &cx.store.file_trouble {
        let mut lines = text::trouble_lines(cx, trouble);
        lines.push(Line::from(span(cx, Role::Key, "o opens another file")));
        text::lines(inside, buf, lines, 0);
    } else {
        text::empty(
            inside,
            buf,
            cx,
            "No file is open. A list of numbers as CSV, TSV or text shows here beside its problems.",
            "o chooses one · a pasted path opens it",
        );
    }
}

fn heading(cx: &Cx, file: &OpenFile) -> String {
    let document = &file.opened.document;
    let rows = if file.index.complete {
        format!("{} rows", thousands(file.index.rows))
    } else {
        let about = file.index.rows.saturating_mul(file.index.total_bytes).checked_div(file.index.bytes);
        let stopped = if cx.store.in_slot(Slot::File).is_some_and(|(task, _)| task == file.task) {
            ""
        } else {
            " · not read further (R)"
        };
        match about {
            Some(about) => {
                format!("rows 1–{} of about {}{stopped}", shortly(file.index.rows), roughly(about))
            }
            None => format!("counting rows{stopped}"),
        }
    };
    let layout = document.layout().map_or_else(String::new, |used| {
        let delta = if used.contents == Contents::Delta { " (delta)" } else { "" };
        format!(" · layout {}{delta}", cx.name(&used.name, 40))
    });
    format!("{} ── {rows} · {}{layout}", cx.name(&document.name(), 60), format(cx, document))
}

/// `8.1 M`, `812,400`: what changes many times a second is not read to the last figure.
fn shortly(n: u64) -> String {
    if n < 1_000_000 { thousands(n) } else { roughly(n) }
}

/// `20 M`, `1,200`: two figures, because it is a guess.
fn roughly(n: u64) -> String {
    match n {
        10_000_000.. => format!("{} M", n / 1_000_000),
        1_000_000.. => format!("{:.1} M", n as f64 / 1e6),
        1_000.. => thousands(n / 100 * 100),
        _ => n.to_string(),
    }
}

fn format(cx: &Cx, document: &Document) -> String {
    let format = document.format();
    // How a workbook's cells are written out is nobody's business.
    if let Some(container) = document.container().filter(|container| container.is_workbook()) {
        let sheet = container.part.as_deref().map_or_else(String::new, |sheet| cx.name(sheet, 40));
        let header = if format.header { "header" } else { "no header" };
        return format!("{} · sheet {sheet} · {header}", container.kind);
    }
    let packed = document.container().map_or_else(String::new, |container| {
        let part =
            container.part.as_deref().map_or_else(String::new, |part| format!(" {}", cx.name(part, 40)));
        format!("{}{part} · ", container.kind)
    });
    let separator = match format.delimiter {
        None if format.widths.is_some() => "fixed width".to_owned(),
        None => "one per line".to_owned(),
        Some(byte) => match delimiter_name(byte) {
            mark if mark.len() == 1 => format!("“{}”", cx.text(&mark, 12)),
            name => name,
        },
    };
    let header = if format.header { "header" } else { "no header" };
    let mixed = if format.line_ending == LineEnding::Mixed { " · mixed line ends" } else { "" };
    let layout = format.layout.map_or_else(String::new, |layout| format!(" · {layout}"));
    format!("{packed}{} · {separator} · {header}{layout}{mixed}", format.encoding)
}

fn rows(pane: &File, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, file: &OpenFile) {
    let focused = pane.focus == ROWS;
    let inside = frame(area, buf, cx, &heading(cx, file), focused);
    let known = known(file);
    if inside.height < 3 {
        return;
    }
    let width = inside.width.saturating_sub(1);
    cells(Rect { height: 1, ..inside }, buf, preview::heading(cx, file, known, pane.scroll, width));
    let found = pane.finder.line(cx, file, pane.row(), inside.width);
    let found = found.filter(|_| inside.height > 4 && !pane.finder.open);
    let lines = 1 + u16::from(found.is_some());
    let body = Rect { y: inside.y + 1, height: inside.height - 1 - lines, ..inside };
    if known == 0 {
        match &file.trouble {
            Some(trouble) => text::trouble(body, buf, cx, trouble),
            None if cx.store.busy(Slot::Rows) || !file.index.complete => {
                text::empty(body, buf, cx, "reading the first rows …", "");
            }
            None => text::empty(body, buf, cx, "The file has no rows.", "o opens another"),
        }
    } else {
        list(body, buf, cx, hits, (ROWS, focused), known, &pane.rows, |at| {
            let row = at as u64 + 1;
            match file.row(row) {
                Some(loaded) => {
                    let search = pane.finder.search(file).filter(|search| search.holds(row));
                    let needle = search.map(|search| &search.needle);
                    preview::row(cx, file, known, loaded, (pane.scroll, width), needle)
                }
                None => preview::pending(cx, file, known, row, width),
            }
        });
    }
    let last = Rect { y: inside.bottom() - 1, height: 1, ..inside };
    if let Some(found) = found {
        line(Rect { y: last.y - 1, ..last }, buf, &found);
    }
    if pane.finder.open {
        let ghost = "text, or a telephone number in any spelling";
        pane.finder.field.view(last, buf, cx, hits, "/", ghost, true);
    } else if pane.finding {
        pane.find.view(last, buf, cx, hits, "/", "words of a problem", true);
    } else {
        line(last, buf, &status(pane, cx, file, last.width));
    }
}

fn kinds(count: usize) -> String {
    format!("{count} {}", if count == 1 { "kind" } else { "kinds" })
}

/// The row in words, or the parts of the legend that fit.
fn status(pane: &File, cx: &Cx, file: &OpenFile, width: u16) -> Line<'static> {
    if let Some(wanted) = pane.wanted {
        let said = format!(
            "row {} is gone to once the index has come there; it is at row {}",
            thousands(wanted),
            thousands(known(file) as u64)
        );
        return Line::from(state(cx, Role::Busy, &said));
    }
    let row = pane.row();
    let known = thousands(known(file) as u64);
    let at = span(cx, Role::Muted, format!("row {} of {known}  ", thousands(row)));
    let found = file.row(row).map(|loaded| problems_of(file, loaded)).unwrap_or_default();
    // The worst first: a row is rejected by its rejection, not by the warning beside it.
    let worst = found.iter().min_by_key(|problem| problem.code.severity());
    match worst {
        Some(problem) => {
            let role = if problem.code.severity() == Severity::Rejection { Role::Bad } else { Role::Warn };
            let more =
                if found.len() > 1 { format!("  (+{} more: Enter)", found.len() - 1) } else { String::new() };
            // That there is more must not be what is cut.
            let room = usize::from(width).saturating_sub(at.width() + more.width());
            let said = fit(&said(cx, file, problem), room);
            Line::from(vec![at, span(cx, role, said), span(cx, Role::Muted, more)])
        }
        None => {
            let mut legend = vec!["← → more columns", "≡ duplicate", "~ inferred from the area code"];
            while !legend.is_empty() && at.width() + legend.join(" · ").width() > usize::from(width) {
                legend.pop();
            }
            Line::from(vec![at, span(cx, Role::Muted, legend.join(" · "))])
        }
    }
}

fn problems(pane: &File, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, file: &OpenFile) {
    let focused = pane.focus == PROBLEMS;
    let title = match &file.checked {
        Some(_) if !pane.filter.is_empty() => {
            format!("Problems with “{}” · {}", cx.name(&pane.filter, 20), kinds(pane.tree.kinds()))
        }
        Some(checked) => {
            format!("Problems · {} rejected · {}", thousands(checked.rejected), kinds(pane.tree.kinds()))
        }
        None => match &file.so_far {
            Some(so_far) => format!("Problems · {} rejected so far", thousands(so_far.rejected)),
            None => "Problems".to_owned(),
        },
    };
    let inside = frame(area, buf, cx, &title, focused);
    if inside.is_empty() {
        return;
    }
    let known = file.problems().filter(|_| file.checked.is_some() || pane.tree.len() > 0);
    let Some(known) = known else {
        if cx.store.busy(Slot::Check) {
            text::empty(inside, buf, cx, "checking every row …", "the rows can be read already");
        } else if file.so_far.as_ref().is_some_and(|so_far| so_far.stopped) {
            text::empty(inside, buf, cx, "The check was stopped; it had found no problem.", "R starts again");
        } else if let Some(trouble) = &file.trouble {
            text::trouble(inside, buf, cx, trouble);
        } else {
            text::empty(inside, buf, cx, "Not checked yet.", "m says which column holds the number");
        }
        return;
    };
    if pane.tree.len() == 0 {
        if pane.filter.is_empty() {
            text::empty(inside, buf, cx, "● No problem in any row.", "u plans the upload");
        } else {
            text::empty(inside, buf, cx, "No problem has these words.", "Esc shows all");
        }
        return;
    }
    let hint = if inside.height >= 8 { 2 } else { u16::from(inside.height >= 4) };
    let body = Rect { height: inside.height - hint, ..inside };
    let width = body.width.saturating_sub(1);
    list(body, buf, cx, hits, (PROBLEMS, focused), pane.tree.len(), &pane.problem, |at| {
        node(pane, cx, (file, known), at, width)
    });
    let below = Rect { y: body.bottom(), height: hint, ..inside };
    let advice = match pane.current.and_then(|at| known.get(at)) {
        Some(problem) => format!("→ {}", cx.text(&problem.hint, 200)),
        None if file.checked.is_none() => "Enter opens a kind · e, E next, previous".to_owned(),
        None => "Enter opens a kind · e, E next, previous · x writes the rejects".to_owned(),
    };
    text::lines(below, buf, vec![Line::from(span(cx, Role::Muted, advice))], 0);
}

fn node(
    pane: &File,
    cx: &Cx,
    (file, known): (&OpenFile, &Problems),
    at: usize,
    width: u16,
) -> Vec<(u16, u16, Span<'static>)> {
    match pane.tree.node(at) {
        Some(Node::Group(index)) => {
            let Some(group) = pane.tree.group(index) else { return Vec::new() };
            let fold = match (group.has_rows(), group.open) {
                (false, _) => "·",
                (true, true) => "▾",
                (true, false) => "▸",
            };
            let (symbol, role) = symbol(group.code);
            let count = thousands(group.count);
            let room = width.saturating_sub(count.len() as u16 + 1);
            vec![
                (0, room, span(cx, role, format!("{fold} {symbol} {}", group.code.title()))),
                (room + 1, count.len() as u16, span(cx, Role::Text, right(&count, count.len()))),
            ]
        }
        Some(Node::Problem(index)) => {
            let Some(problem) = known.get(index) else { return Vec::new() };
            let names = file.opened.document.columns();
            let column = problem.column.and_then(|at| names.get(at)).map(|name| cx.name(name, 20));
            let place = match problem.place.row {
                0 => "whole file".to_owned(),
                row => format!("row {}", thousands(row)),
            };
            let value = if problem.raw.is_empty() {
                cx.text(&problem.hint, 80)
            } else {
                format!("“{}”", cx.text(&problem.raw, 60))
            };
            let said = format!("    {place}  {} {value}", column.unwrap_or_default());
            vec![(0, width, span(cx, Role::Text, said))]
        }
        None => Vec::new(),
    }
}

fn symbol(code: Code) -> (&'static str, Role) {
    match (code, code.severity()) {
        (_, Severity::Rejection) => ("✗", Role::Bad),
        (Code::Duplicate | Code::ConflictingDuplicate, _) => ("≡", Role::Busy),
        (_, Severity::Warning) => ("▲", Role::Warn),
    }
}
