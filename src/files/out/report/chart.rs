//! Charts as SVG: bars and nothing else, so that they print and need no script. Each has its numbers in a table beside it.

use std::fmt::Write as _;

use crate::domain::text::thousands;

/// Width of a drawing in its own units.
const WIDTH: f64 = 640.0;

/// One bar over the whole width, in parts: what became of all of something.
pub(super) fn stacked(parts: &[(&str, u64, &str)]) -> String {
    let total: u64 = parts.iter().map(|(_, n, _)| n).sum();
    let mut out = format!(
        "<svg class=\"stacked\" viewBox=\"0 0 {WIDTH} 28\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\""
    );
    let said: Vec<String> = parts.iter().map(|(name, n, _)| format!("{name} {}", thousands(*n))).collect();
    let _ = write!(out, "{}\">", super::html::escaped(&said.join(", ")));
    let mut x = 0.0;
    for (_, n, class) in parts.iter().filter(|(_, n, _)| *n > 0) {
        let width = share(*n, total) * WIDTH;
        // A white line between two parts; a part too thin for it keeps a visible sliver.
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"0\" width=\"{:.2}\" height=\"28\"/>",
            (width - 2.0).max(1.5)
        );
        x += width;
    }
    out.push_str("</svg>");
    out
}

/// A bar in a row of a table, as long as `n` is of `most`. The number stands in the cell beside it.
pub(super) fn bar(n: u64, most: u64, class: &str) -> String {
    let width = (share(n, most) * 200.0).max(if n > 0 { 1.5 } else { 0.0 });
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 200 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"{class}\" x=\"0\" y=\"0\" width=\"{width:.2}\" height=\"10\"/></svg>"
    )
}

/// Columns side by side, in time: `(label under it, number)`. Not every label finds room.
pub(super) fn columns(entries: &[(String, u64)], about: &str) -> String {
    const HEIGHT: f64 = 120.0;
    let most = entries.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let step = WIDTH / entries.len().max(1) as f64;
    let width = (step - 4.0).clamp(2.0, 48.0);
    let every = entries.len().div_ceil(9).max(1);
    let mut out = format!(
        "<svg class=\"columns\" viewBox=\"-24 0 688 164\" role=\"img\" aria-label=\"{}\">",
        super::html::escaped(about)
    );
    for (at, (label, n)) in entries.iter().enumerate() {
        let height = (share(*n, most) * HEIGHT).max(if *n > 0 { 1.5 } else { 0.0 });
        let middle = step * (at as f64 + 0.5);
        let (x, y) = (middle - width / 2.0, 18.0 + HEIGHT - height);
        let _ = write!(
            out,
            "<rect class=\"usable\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>"
        );
        if entries.len() <= 12 && *n > 0 {
            let _ = write!(out, "<text x=\"{middle:.2}\" y=\"{:.2}\">{}</text>", y - 5.0, thousands(*n));
        }
        if at.is_multiple_of(every) {
            let _ = write!(out, "<text x=\"{middle:.2}\" y=\"156\">{}</text>", super::html::escaped(label));
        }
    }
    let line = 18.0 + HEIGHT + 0.5;
    let _ = write!(out, "<line x1=\"0\" y1=\"{line}\" x2=\"{WIDTH}\" y2=\"{line}\"/></svg>");
    out
}

fn share(n: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { n as f64 / of as f64 }
}
