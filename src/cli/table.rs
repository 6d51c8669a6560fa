//! Tables for people: borderless, escaped, as wide as the terminal or as the text.

use comfy_table::{ContentArrangement, Table, presets};

use crate::domain::text::visible;

/// A table of these columns. Every cell is made safe to show; each row has as many cells as there are columns.
pub(super) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| visible(&cell, 200)));
    }
    table.trim_fmt()
}
