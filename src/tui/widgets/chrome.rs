//! What is always there: header, tabs, footer, toasts.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{line, list, span, state, text};
use crate::domain::readiness::ListState;
use crate::ops::Circuit;
use crate::tui::command::{Command, PaneId, Row, Scope, row};
use crate::tui::cx::{Cx, minutes};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};

/// Lines of one toast; `!` shows an error in full.
const LINES: usize = 3;

/// Something said at the bottom of the screen.
#[derive(Clone, Debug)]
pub struct Toast {
    /// What.
    pub text: String,
    /// How grave.
    pub role: Role,
    /// When it goes; `None` = once it was seen (Esc, or `!`).
    pub until: Option<Timestamp>,
}

/// One fact of the header.
struct Part<'a> {
    /// What goes first where there is no room: the highest number. 0 stays.
    rank: u8,
    spans: Vec<Span<'a>>,
}

impl<'a> Part<'a> {
    fn new(rank: u8, span: Span<'a>) -> Self {
        Self { rank, spans: vec![span] }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// Header: tenant, environment, modes, connection, runs, cool-downs. On a narrow screen whole facts are left out, the
/// least important first; none is cut in the middle.
pub fn header(area: Rect, buf: &mut Buffer, cx: &Cx, quitting: bool) {
    let mut parts = vec![Part::new(5, span(cx, Role::Title, " quietline "))];
    match &cx.env.tenant {
        Some(tenant) => {
            let role = theme::environment(tenant.environment);
            let environment = span(cx, role, format!(" {} ", tenant.environment.as_str()));
            // A profile that is called like its environment is said once.
            let same = tenant.profile.eq_ignore_ascii_case(tenant.environment.as_str());
            let name = (!same).then(|| span(cx, Role::Text, format!(" {} · ", cx.name(&tenant.profile, 24))));
            parts.push(Part { rank: 0, spans: name.into_iter().chain([environment]).collect() });
            if tenant.plain_http {
                parts.push(Part::new(3, span(cx, Role::Warn, "  ▲ PLAIN HTTP")));
            }
            if tenant.cool_down_is_shortened {
                let what = format!("  ▲ cool-down {} s", tenant.cool_down_seconds);
                parts.push(Part::new(4, span(cx, Role::Warn, what)));
            }
        }
        None => parts.push(Part::new(0, span(cx, Role::Muted, " no tenant"))),
    }
    if cx.env.read_only {
        parts.push(Part::new(0, span(cx, Role::Warn, "  [RO]")));
    }
    if cx.masked {
        parts.push(Part::new(0, span(cx, Role::Warn, "  [masked]")));
    }
    parts.extend(runs(cx));
    if quitting {
        parts.push(Part::new(1, span(cx, Role::Busy, "   ◌ quits when done")));
    }
    if let Some(gauges) = &cx.store.gauges {
        let gap = || Span::raw("   ");
        // A token that still holds is no comfort while the tenant does not answer.
        let failed = cx.store.catalog.trouble().is_some();
        let stopped = gauges.circuit != Circuit::Closed;
        if failed && !stopped {
            let what = state(cx, Role::Bad, "tenant not read (!)");
            parts.push(Part { rank: 1, spans: vec![gap(), what] });
        }
        if let Some(seconds) = gauges.token_seconds.filter(|_| !failed) {
            let token = state(cx, Role::Good, &format!("token {} min", seconds / 60));
            parts.push(Part { rank: 7, spans: vec![gap(), token] });
        }
        if stopped {
            let words = match gauges.circuit {
                Circuit::Open { retry_in } => {
                    format!("tenant unhealthy, calls stopped, next try in {} s", retry_in.as_secs().max(1))
                }
                _ => "tenant unhealthy, one call tries".to_owned(),
            };
            let open = state(cx, Role::Bad, &words);
            parts.push(Part { rank: 1, spans: vec![gap(), open] });
        }
        let rate = gauges.families.busiest();
        let (unit, times) = rate.unit();
        let rate = format!("   ⇅ {:.0}/{:.0} per {unit}", rate.used * times, rate.allowed * times);
        parts.push(Part::new(6, span(cx, Role::Muted, rate)));
    }
    let parts = fitting(parts, usize::from(area.width));
    let spans: Vec<Span<'_>> = parts.into_iter().flat_map(|part| part.spans).collect();
    line(Rect { height: area.height.min(1), ..area }, buf, &Line::from(spans));
}

/// The parts that fit, in their order.
fn fitting(mut parts: Vec<Part<'_>>, width: usize) -> Vec<Part<'_>> {
    while parts.iter().map(Part::width).sum::<usize>() > width {
        let last = parts.iter().enumerate().max_by_key(|(_, part)| part.rank);
        let Some((at, _)) = last.filter(|(_, part)| part.rank > 0) else { break };
        parts.remove(at);
    }
    parts
}

fn runs<'a>(cx: &Cx) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let running: Vec<_> = cx.store.run_tasks().collect();
    if let Some((_, task)) = running.first() {
        let how_far = task.live.percent().map_or(String::new(), |percent| format!(" {percent:.0} %"));
        let plural = if running.len() == 1 { "run" } else { "runs" };
        let what = format!("   ▶ {} {plural}{how_far}", running.len());
        parts.push(Part::new(1, span(cx, Role::Busy, what)));
    }
    if let Some(task) = cx.store.tasks.values().find(|task| task.op.is_foreground()) {
        let seconds = (cx.now.as_second() - task.started.as_second()).max(0);
        if seconds > 0 {
            let what = format!("   ◌ {} {seconds} s", task.op.doing());
            parts.push(Part::new(2, span(cx, Role::Busy, what)));
        }
    }
    let settling: Vec<u64> = cx
        .store
        .lists()
        .iter()
        .filter(|o| o.readiness.state == ListState::Settling)
        .map(|o| cx.store.seconds_left(o, cx.now))
        .collect();
    if let Some(longest) = settling.iter().max() {
        let left = if *longest > 0 { format!(" {}", minutes(*longest)) } else { String::new() };
        let what = format!("   ⚖ {} settling{left}", settling.len());
        parts.push(Part::new(3, span(cx, Role::Busy, what)));
    }
    parts
}

/// Tabs: number, word, badge.
pub fn tabs(
    area: Rect,
    buf: &mut Buffer,
    cx: &Cx,
    hits: &mut HitMap,
    tabs: &[(PaneId, &'static str, Option<String>)],
    active: PaneId,
) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let narrow = area.width < 76;
    let mut x = area.x + u16::from(area.width > 0);
    for (at, (pane, word, badge)) in tabs.iter().enumerate() {
        let here = *pane == active;
        let mut label =
            if narrow && !here { format!("{} {:.4}", at + 1, word) } else { format!("{} {word}", at + 1) };
        if let Some(badge) = badge {
            label.push_str(&format!(" ({badge})"));
        }
        let label = if here { format!("[{label}]") } else { format!(" {label} ") };
        let width = Line::from(label.as_str()).width() as u16;
        let place = Rect { x, width: width.min(area.right().saturating_sub(x)), ..area };
        let role = if here { Role::Focus } else { Role::Muted };
        line(place, buf, &Line::from(span(cx, role, label)));
        hits.add(place, Hit::Tab(*pane));
        x = x.saturating_add(width + u16::from(area.width > 90));
        if x >= area.right() {
            break;
        }
    }
}

/// Footer: the hints that fit, and always the way to commands and help. Where a text field has the focus, letters are
/// text: only keys that work there are promised.
pub fn footer(area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, hints: &[&'static Row], field: bool) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let mut end = area.right();
    for (command, word) in [(Command::Help, "help"), (Command::Palette, "commands")] {
        let known = row(command, &[Scope::Global]);
        let Some(key) = known.and_then(|row| row.key_label_at(field)) else { continue };
        let width = (key.len() + word.len() + 3) as u16;
        if area.width < 30 || end < area.x + width {
            break;
        }
        end -= width;
        let place = Rect { x: end, width, ..area };
        hint(place, buf, cx, &key, word);
        hits.add(place, Hit::Command(command));
    }
    let mut x = area.x + 1;
    for row in hints {
        let Some(key) = row.key_label_at(field) else { continue };
        let width = Line::from(format!("{key} {}", row.title)).width() as u16;
        if x + width + 1 > end {
            break;
        }
        let place = Rect { x, width, ..area };
        hint(place, buf, cx, &key, row.title);
        hits.add(place, Hit::Command(row.command));
        x += width + 3;
    }
}

fn hint(place: Rect, buf: &mut Buffer, cx: &Cx, key: &str, word: &str) {
    let hint = Line::from(vec![span(cx, Role::Key, key), Span::raw(" "), span(cx, Role::Muted, word)]);
    line(place, buf, &hint);
}

/// The lines of the newest toasts, at most three toasts and `most` lines, wrapped; the newest stands lowest. They have
/// rows of their own above the footer: nothing that a person needs lies under them. `true` where an error can be opened.
pub fn toast_lines<'a>(cx: &Cx, toasts: &[Toast], width: u16, most: u16) -> Vec<(Line<'a>, bool)> {
    let room = usize::from(width.saturating_sub(4));
    let from = toasts.len().saturating_sub(3);
    let mut rows = Vec::new();
    for toast in &toasts[from..] {
        let lasting = toast.until.is_none();
        let symbol = toast.role.symbol();
        let end = if lasting { "  (! detail, Esc seen)" } else { "" };
        let mut said = text::wrap(&format!("{}{end}", toast.text), room);
        if said.len() > LINES {
            said.truncate(LINES);
            if let Some(last) = said.last_mut() {
                let cut = list::fit(last.trim_end(), room.saturating_sub(end.len() + 2));
                *last = format!("{} …{end}", cut.trim_end_matches('…'));
            }
        }
        for (at, part) in said.into_iter().enumerate() {
            let begin = if at == 0 { symbol } else { " " };
            let part = format!(" {begin} {}", part.trim_end());
            rows.push((Line::from(span(cx, toast.role, part)), lasting));
        }
    }
    rows.drain(..rows.len().saturating_sub(usize::from(most)));
    rows
}

/// Draws them.
pub fn toasts(area: Rect, buf: &mut Buffer, hits: &mut HitMap, lines: &[(Line<'_>, bool)]) {
    let area = area.intersection(buf.area);
    for (y, (text, lasting)) in (area.y..area.bottom()).zip(lines) {
        let here = Rect { y, height: 1, ..area };
        line(here, buf, text);
        if *lasting {
            hits.add(here, Hit::Toast);
        }
    }
}

#[cfg(test)]
mod tests;
