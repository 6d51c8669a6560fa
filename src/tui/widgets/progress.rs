//! Bars and sparklines.

use ratatui::text::{Line, Span};

use super::span;
use crate::domain::progress::{Progress, say_eta};
use crate::domain::text::thousands;
use crate::tui::cx::Cx;
use crate::tui::theme::Role;

/// A bar of `width` cells: `██████▌···`. Never full before it is.
pub fn bar<'a>(cx: &Cx, percent: f64, width: usize) -> Vec<Span<'a>> {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * width as f64 * 8.0) as usize;
    let (full, part) = (eighths / 8, PARTS[eighths % 8]);
    let empty = width.saturating_sub(full + usize::from(!part.is_empty()));
    vec![span(cx, Role::Bar, format!("{}{part}", "█".repeat(full))), span(cx, Role::Muted, "·".repeat(empty))]
}

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
    spans.push(span(cx, Role::Text, format!("  {}", thousands(progress.done))));
    if let Some(total) = progress.total {
        spans.push(span(cx, Role::Muted, format!("/{}", thousands(total))));
    }
    if let Some(rate) = progress.rate {
        spans.push(span(cx, Role::Muted, format!("  {rate:.0}/s")));
    }
    if let Some(eta) = progress.eta {
        spans.push(span(cx, Role::Text, format!("  {}", say_eta(eta))));
    }
    Line::from(spans)
}

/// The last `width` values as blocks: `▁▃▅▇`.
pub fn sparkline(values: impl DoubleEndedIterator<Item = f64>, width: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut last: Vec<f64> = values.rev().take(width).collect();
    last.reverse();
    let top = last.iter().copied().fold(1.0, f64::max);
    last.iter().map(|value| BLOCKS[((value.max(0.0) / top * 7.0) as usize).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_keeps_the_newest_values_and_never_overflows_its_blocks() {
        assert_eq!(sparkline([0.0, 50.0, 25.0, 50.0].into_iter(), 3), "█▄█");
        assert_eq!(sparkline(std::iter::empty(), 3), "");
    }
}
