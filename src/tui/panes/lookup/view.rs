//! Field, answer, evidence beside rules, earlier answers.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::{ANSWERS, FIELD, Lookup, answer, say};
use crate::domain::text::thousands;
use crate::domain::verdict::Verdict;
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};
use crate::tui::widgets::table::{Column, Table};
use crate::tui::widgets::{frame, line, span, state, text};

pub(super) fn view(pane: &Lookup, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, busy: bool) {
    let batch = Lookup::is_batch(cx);
    let narrow = area.width < 100;
    // On a short screen, earlier answers take room only while they are looked at.
    let hidden = area.height < 26 && pane.focus != ANSWERS;
    let answers = match (batch, hidden) {
        (true, _) => Constraint::Fill(2),
        (false, true) => Constraint::Length(0),
        (false, false) => Constraint::Length(6),
    };
    let [field, head, middle, list] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(if narrow { 5 } else { 4 }),
        if batch { Constraint::Fill(1) } else { Constraint::Fill(2) },
        answers,
    ])
    .areas(area);
    number(pane, field, buf, cx, hits);
    let Some(answered) = pane.selected(cx) else {
        let rest = Rect { height: area.height.saturating_sub(3), y: area.y + 3.min(area.height), ..area };
        if !text::waiting(rest, buf, cx, busy, None, "the tenant's answer") {
            let next = "Enter asks the tenant; a paste of many numbers gives a table; Esc leaves the field";
            text::empty(rest, buf, cx, "Type a number: may it be called, and why?", next);
        }
        return;
    };
    let mut lines = vec![say::headline(cx, answered)];
    lines.extend(say::because(cx, answered, head.width));
    if busy {
        lines.push(Line::from(state(cx, Role::Busy, "asking the tenant …")));
    }
    text::lines(head, buf, lines, 0);

    let direction = if narrow {
        let lines = say::evidence(cx, &answered.answer).len() as u16 + 2;
        Layout::vertical([Constraint::Length(lines.min(middle.height / 2)), Constraint::Fill(1)])
    } else {
        Layout::horizontal([Constraint::Percentage(42), Constraint::Fill(1)])
    };
    let [left, right] = direction.areas(middle);
    let inside = frame(left, buf, cx, "Evidence", false);
    text::lines(inside, buf, say::evidence(cx, &answered.answer), 0);
    let title = format!("Rules in the order they decide · {}", pane.channel);
    let inside = frame(right, buf, cx, &title, false);
    for (at, rule) in say::rules(cx, &answered.answer, pane.channel).iter().enumerate() {
        if (at as u16) < inside.height {
            line(Rect { y: inside.y + at as u16, height: 1, ..inside }, buf, rule);
        }
    }
    earlier(pane, list, buf, cx, hits, batch);
}

/// The field, with what is known of the number without asking anyone.
fn number(pane: &Lookup, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
    let focused = pane.focus == FIELD;
    hits.add(area, Hit::Region(FIELD));
    let inside = frame(area, buf, cx, "Number", focused);
    if !pane.pasted.is_empty() {
        let offer = format!(
            "{} numbers pasted: Enter looks them all up, Esc forgets them",
            thousands(pane.pasted.len() as u64)
        );
        line(inside, buf, &Line::from(state(cx, Role::Busy, &offer)));
        return;
    }
    let hint = typed(pane, cx);
    let width = (hint.width() as u16).min(inside.width.saturating_sub(24));
    let left = Rect { width: inside.width.saturating_sub(width + 1), ..inside };
    let right = Rect { x: inside.x + inside.width - width.min(inside.width), width, ..inside };
    pane.field.view(left, buf, cx, hits, "", "(202) 555-0101", focused);
    line(right, buf, &hint);
}

fn typed(pane: &Lookup, cx: &Cx) -> Line<'static> {
    let typed = match &cx.store.typed {
        Some(typed) if typed.input == pane.field.value() && !pane.field.is_blank() => typed,
        _ => return Line::from(span(cx, Role::Muted, "reads as you type (local); Enter asks the tenant")),
    };
    match &typed.read {
        Err(reason) => {
            Line::from(state(cx, Role::Warn, &format!("not a number yet: {}", cx.name(reason.hint, 70))))
        }
        Ok(phone) => {
            let mut spans = vec![span(cx, Role::Title, format!("→ {}", cx.number(phone.number)))];
            if let Some(warning) = phone.warnings.first() {
                spans.push(span(cx, Role::Warn, format!(" ▲ {}", warning.title())));
            }
            let known = match typed.known.first() {
                Some(known) => {
                    format!(" · sent to {} by run {}", cx.name(&known.list_name, 30), cx.name(&known.run, 12))
                }
                None => " · no run of ours sent it · Enter asks the tenant".into(),
            };
            spans.push(span(cx, Role::Muted, known));
            Line::from(spans)
        }
    }
}

fn earlier(pane: &Lookup, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, batch: bool) {
    let title = if batch { counted(cx) } else { "Asked before".to_owned() };
    let focused = pane.focus == ANSWERS;
    let inside = frame(area, buf, cx, &title, focused);
    let columns = [
        Column::left("", Constraint::Length(5)),
        Column::left("", Constraint::Length(20)),
        Column::left("", Constraint::Length(31)),
        Column::left("", Constraint::Fill(1)),
    ];
    let table = Table { columns: &columns, total: cx.store.answers.len(), region: ANSWERS, focused };
    table.view(inside, buf, cx, hits, &pane.cursor, |row| {
        let Some(answered) = cx.store.answers.get(row) else { return Vec::new() };
        let given = &answered.answer;
        let role = theme::verdict(given.verdict);
        vec![
            span(cx, Role::Muted, cx.when(answered.at)),
            span(cx, Role::Text, answer::subject(cx, given)),
            state(cx, role, given.verdict.headline()),
            span(cx, Role::Muted, cx.name(&given.because, 200)),
        ]
    });
}

/// `Answers 500: DO NOT CALL 12 · ALLOWED 488`.
fn counted(cx: &Cx) -> String {
    let batch = cx.store.batch();
    let all = [
        Verdict::Suppressed,
        Verdict::Pending,
        Verdict::Unknown,
        Verdict::NotLoaded,
        Verdict::Invalid,
        Verdict::Allowed,
    ];
    let counts: Vec<String> = all
        .into_iter()
        .map(|verdict| (verdict, batch.iter().filter(|answered| answered.answer.verdict == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{} {}", verdict.headline(), thousands(count as u64)))
        .collect();
    format!("Answers {}: {} (x exports)", thousands(batch.len() as u64), counts.join(" · "))
}
