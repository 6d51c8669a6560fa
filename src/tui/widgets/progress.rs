//! Bars and sparklines.

use ratatui::text::{Line, Span};

use super::span;
use crate::domain::progress::{Progress, say_eta};
use crate::domain::text::thousands;
use crate::tui::cx::Cx;
use crate::tui::theme::Role;

/// A bar of `width` cells: `━━━━━━╸···`. Never full before it is. The strokes are lower than a cell, so that bars that
/// stand one above the other stay apart.
pub fn bar<'a>(cx: &Cx, percent: f64, width: usize) -> Vec<Span<'a>> {
    let halves = (percent.clamp(0.0, 100.0) / 100.0 * width as f64 * 2.0) as usize;
    let (full, part) = (halves / 2, if halves % 2 == 1 { "╸" } else { "" });
    let empty = width.saturating_sub(full + halves % 2);
    vec![span(cx, Role::Bar, format!("{}{part}", "━".repeat(full))), span(cx, Role::Muted, "·".repeat(empty))]
}

/// Columns for the count, so that rates and times left of several phases stand below each other.
const COUNT: usize = 15;

/// One phase: name, bar, percent, count, rate, time left.
pub fn phase<'a>(cx: &Cx, name: &'a str, progress: Option<&Progress>, width: usize) -> Line<'a> {
    let mut spans = vec![span(cx, Role::Muted, format!("{name:<10}"))];
    let Some(progress) = progress else {
        spans.push(span(cx, Role::Muted, "·".repeat(width)));
        return Line::from(spans);
    };
    match progress.percent() {
        Some(percent) => {
            spans.extend(bar(cx, percent, width));
            spans.push(span(cx, Role::Text, format!(" {percent:>3.0} %")));
        }
        None => spans.push(span(cx, Role::Busy, "◌ at work")),
    }
    let done = thousands(progress.done);
    let total = progress.total.map_or_else(String::new, |total| format!("/{}", thousands(total)));
    let rest = COUNT.saturating_sub(done.len() + total.len());
    spans.push(span(cx, Role::Text, format!("  {done}")));
    spans.push(span(cx, Role::Muted, total));
    if progress.rate.is_some() || progress.eta.is_some() {
        spans.push(span(cx, Role::Muted, " ".repeat(rest)));
    }
    if let Some(rate) = progress.rate {
        spans.push(span(cx, Role::Muted, format!("  {rate:.0}/s")));
    }
    if let Some(eta) = progress.eta {
        spans.push(span(cx, Role::Text, format!("  {}", say_eta(eta))));
    }
    Line::from(spans)
}

/// The last `width` values as blocks: `▁▃▅▇`. None fills its cell: what stands above stays apart from it.
pub fn sparkline(values: impl DoubleEndedIterator<Item = f64>, width: usize) -> String {
    const BLOCKS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];
    let mut last: Vec<f64> = values.rev().take(width).collect();
    last.reverse();
    let top = last.iter().copied().fold(1.0, f64::max);
    last.iter().map(|value| BLOCKS[((value.max(0.0) / top * 6.0) as usize).min(6)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_as_asked_and_full_only_at_the_end() {
        let kit = crate::tui::testkit::Kit::new();
        for (percent, drawn) in
            [(0.0, "····"), (49.0, "━╸··"), (50.0, "━━··"), (99.9, "━━━╸"), (100.0, "━━━━"), (120.0, "━━━━")]
        {
            let text: String =
                bar(&kit.app.cx, percent, 4).iter().map(|span| span.content.as_ref()).collect();
            assert_eq!(text, drawn, "{percent}");
        }
    }

    #[test]
    fn a_sparkline_keeps_the_newest_values_and_never_overflows_its_blocks() {
        assert_eq!(sparkline([0.0, 50.0, 25.0, 50.0].into_iter(), 3), "▇▄▇");
        assert_eq!(sparkline(std::iter::empty(), 3), "");
    }
}
