//! What is always there: header, tabs, footer, toasts.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{line, span, state};
use crate::domain::readiness::ListState;
use crate::tui::command::{Command, PaneId, Row};
use crate::tui::cx::{Cx, minutes};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};

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

/// Header: tenant, environment, modes, connection, runs, cool-downs.
pub fn header(area: Rect, buf: &mut Buffer, cx: &Cx, quitting: bool) {
    let mut parts: Vec<Span<'_>> = vec![span(cx, Role::Title, " quietline ")];
    match &cx.env.tenant {
        Some(tenant) => {
            parts.push(span(cx, Role::Text, format!(" {} · ", cx.name(&tenant.profile, 24))));
            let role = theme::environment(tenant.environment);
            parts.push(span(cx, role, format!(" {} ", tenant.environment.as_str())));
            if tenant.plain_http {
                parts.push(span(cx, Role::Warn, "  ▲ PLAIN HTTP"));
            }
            if tenant.cool_down_is_shortened {
                parts.push(span(cx, Role::Warn, format!("  ▲ cool-down {} s", tenant.cool_down_seconds)));
            }
        }
        None => parts.push(span(cx, Role::Muted, " no tenant")),
    }
    if cx.env.read_only {
        parts.push(span(cx, Role::Warn, "  [RO]"));
    }
    if cx.masked {
        parts.push(span(cx, Role::Warn, "  [masked]"));
    }
    // What is at work comes before how the connection is: on a narrow screen the end is cut.
    parts.extend(runs(cx));
    if quitting {
        parts.push(span(cx, Role::Busy, "   ◌ quits when done"));
    }
    if let Some(gauges) = &cx.store.gauges {
        let gap = || Span::raw("   ");
        if let Some(seconds) = gauges.token_seconds {
            parts.extend([gap(), state(cx, Role::Good, &format!("token {} min", seconds / 60))]);
        }
        if gauges.circuit_open {
            parts.extend([gap(), state(cx, Role::Bad, "tenant unhealthy, calls stopped")]);
        }
        parts.push(span(
            cx,
            Role::Muted,
            format!("   ⇅ {:.0}/{:.0} per s", gauges.entries_rate, gauges.entries_limit),
        ));
    }
    line(Rect { height: area.height.min(1), ..area }, buf, &Line::from(parts));
}

fn runs<'a>(cx: &Cx) -> Vec<Span<'a>> {
    let mut parts = Vec::new();
    let running: Vec<_> = cx.store.run_tasks().collect();
    if let Some((_, task)) = running.first() {
        let how_far = task.live.percent().map_or(String::new(), |percent| format!(" {percent:.0} %"));
        let plural = if running.len() == 1 { "run" } else { "runs" };
        parts.push(span(cx, Role::Busy, format!("   ▶ {} {plural}{how_far}", running.len())));
    }
    if let Some(task) = cx.store.tasks.values().find(|task| task.op.is_foreground()) {
        let seconds = (cx.now.as_second() - task.started.as_second()).max(0);
        if seconds > 0 {
            parts.push(span(cx, Role::Busy, format!("   ◌ {} {seconds} s", task.op.doing())));
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
        parts.push(span(cx, Role::Busy, format!("   ⚖ {} settling {}", settling.len(), minutes(*longest))));
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

/// Footer: the hints that fit, and always the way to commands and help.
pub fn footer(area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, hints: &[&'static Row]) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let always = [("?", "help", Command::Help), (":", "commands", Command::Palette)];
    let mut end = area.right();
    for (key, word, command) in always {
        let width = (key.len() + word.len() + 3) as u16;
        if area.width < 30 || end < area.x + width {
            break;
        }
        end -= width;
        let place = Rect { x: end, width, ..area };
        hint(place, buf, cx, key, word);
        hits.add(place, Hit::Command(command));
    }
    let mut x = area.x + 1;
    for row in hints {
        let Some(key) = row.key_label() else { continue };
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

/// The newest toasts, at most three, right above the footer.
pub fn toasts(area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, toasts: &[Toast]) {
    let area = area.intersection(buf.area);
    for (up, toast) in toasts.iter().rev().take(3).enumerate() {
        let seen = if toast.until.is_none() { "  (! detail, Esc seen)" } else { "" };
        let mut text = Line::from(vec![
            span(cx, toast.role, format!(" {} {}", toast.role.symbol(), toast.text)),
            span(cx, Role::Muted, format!("{seen} ")),
        ]);
        let width = (text.width() as u16).min(area.width);
        if usize::from(area.height) < up + 2 {
            break;
        }
        let place = Rect { x: area.right() - width, y: area.bottom() - 1 - up as u16, width, height: 1 };
        text = text.style(cx.theme.style(Role::Text));
        ratatui::widgets::Widget::render(ratatui::widgets::Clear, place, buf);
        line(place, buf, &text);
        if toast.until.is_none() {
            hits.add(place, Hit::Toast);
        }
    }
}
