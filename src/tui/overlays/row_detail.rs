//! A row of the file in full: where it stands, its bytes, every field, every problem with its hint.

use super::detail::Detail;
use crate::domain::problem::{Code, Problem, Severity};
use crate::domain::text::thousands;
use crate::ops::Field;
use crate::tui::cx::Cx;
use crate::tui::event::PreviewRow;
use crate::tui::store::OpenFile;

/// How many characters of a value are shown.
const LONG: usize = 2_000;

/// The overlay for a row that is loaded.
pub fn row_detail(cx: &Cx, file: &OpenFile, row: &PreviewRow) -> Detail {
    let place = row.record.place;
    let mut lines = vec![(
        "where".to_owned(),
        format!(
            "row {}, line {}, byte {}",
            thousands(place.row),
            thousands(place.line),
            thousands(place.byte)
        ),
    )];
    lines.extend(reading(cx, row));
    let problems = problems_of(file, row);
    for problem in &problems {
        lines.push(("problem".to_owned(), said(cx, file, problem)));
        lines.push((String::new(), format!("{} ({})", cx.text(&problem.hint, 400), problem.code.as_str())));
    }
    if problems.is_empty() {
        let clean = match (&file.checked, &file.so_far) {
            (Some(_), _) => "none",
            (None, Some(so_far)) if so_far.stopped => "none in this row alone; the check was stopped",
            (None, Some(_)) => "none in this row alone; the check goes on",
            (None, None) => "none in this row alone; the file is not checked",
        };
        lines.push(("problem".to_owned(), clean.to_owned()));
    }
    let columns = file.opened.document.columns();
    for (at, value) in row.record.fields.iter().enumerate() {
        let name = columns.get(at).map_or_else(|| format!("column {}", at + 1), |name| cx.name(name, 30));
        lines.push((name, format!("“{}”", cx.text(value, LONG))));
    }
    lines.extend(bytes(cx, file, row));
    Detail::new(&format!("Row {}", thousands(place.row)), lines)
}

/// The bytes as stored, each that is not plain ASCII by its value, so that nothing about them is hidden; and where they
/// stand. Those of a workbook or an archive are the text that was unpacked.
fn bytes(cx: &Cx, file: &OpenFile, row: &PreviewRow) -> Vec<(String, String)> {
    let raw = &row.record.raw;
    let count = thousands(raw.len() as u64);
    let whole = match row.record.faults.contains(&Code::RecordTooLong) {
        true => format!("the first {count} of a row over the limit"),
        false => format!("{count} without the line ending"),
    };
    let of = match file.opened.document.container() {
        Some(container) if container.is_workbook() => " of the sheet as text",
        Some(_) => " of the unpacked text",
        None => "",
    };
    let shown: String = raw.escape_ascii().to_string();
    let at = thousands(row.record.place.byte);
    vec![("bytes".to_owned(), format!("{whole}, from byte {at}{of}")), (String::new(), cx.text(&shown, LONG))]
}

fn reading(cx: &Cx, row: &PreviewRow) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let read = &row.read;
    lines.push((
        "number".to_owned(),
        match &read.whom {
            Ok(whom) => cx.identifier(whom),
            Err(why) => format!("✗ {}", why.code.title()),
        },
    ));
    for more in &read.more {
        let said = match more {
            Ok(whom) => cx.identifier(whom),
            Err(why) => format!("✗ {}", why.code.title()),
        };
        lines.push((String::new(), said));
    }
    if let Some((jurisdiction, inferred)) = read.jurisdiction {
        let how = if inferred { " (inferred from the area code)" } else { "" };
        lines.push(("jurisdiction".to_owned(), format!("{jurisdiction}{how}")));
    }
    lines.push((
        "expires".to_owned(),
        match read.expires {
            Ok(Some(at)) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            Ok(None) => "never".to_owned(),
            Err(code) => format!("✗ {}", code.title()),
        },
    ));
    if let Some(source) = &read.source {
        lines.push(("source".to_owned(), cx.text(source, 200)));
    }
    lines
}

/// What validation found in the row; what the row shows by itself until then.
pub fn problems_of(file: &OpenFile, row: &PreviewRow) -> Vec<Problem> {
    if file.checked.is_some() { file.problems_of(row.record.place.row) } else { row.read.problems.clone() }
}

/// `✗ not a phone number, phone “n/a”`.
pub fn said(cx: &Cx, file: &OpenFile, problem: &Problem) -> String {
    let symbol = if problem.code.severity() == Severity::Rejection { "✗" } else { "▲" };
    let mut text = format!("{symbol} {}", problem.code.title());
    let names = file.opened.document.columns();
    let column =
        problem.column.or_else(|| file.opened.document.mapping().columns.get(&Field::Number).copied());
    if let Some(name) = column.and_then(|at| names.get(at)).filter(|_| problem.place.row > 0) {
        text.push_str(&format!(", {}", cx.name(name, 30)));
    }
    if !problem.raw.is_empty() {
        text.push_str(&format!(" “{}”", cx.text(&problem.raw, 80)));
    }
    text
}
