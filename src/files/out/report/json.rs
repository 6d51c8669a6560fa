//! The report for scripts: the document of `check --json`, and what else is known. Fields may be added, none renamed.

use serde_json::{Map, Value, json};

use super::Facts;
use super::fields::check_fields;
use super::mask::{column, hint};
use crate::domain::problem::{Code, Problem};
use crate::files::{Field, LineEnding};

pub(super) fn document(facts: &Facts<'_>) -> Value {
    let (document, checked) = (facts.document, facts.checked);
    let (format, mapping) = (document.format(), document.mapping());
    let columns: Vec<String> = (0..document.columns().len()).map(|at| column(document, at)).collect();
    let name = |at: &usize| columns.get(*at).cloned().unwrap_or_default();
    let mut mapped: Map<String, Value> =
        mapping.columns.iter().map(|(field, at)| (field.as_str().to_owned(), json!([name(at)]))).collect();
    if let Some(Value::Array(numbers)) = mapped.get_mut(Field::Number.as_str()) {
        let split = mapping.columns.get(&Field::Number).filter(|_| mapping.split_number).map(|at| at + 1);
        numbers.extend(split.iter().chain(&mapping.more_numbers).map(|at| Value::from(name(at))));
    }
    let bytes = &checked.accounting;
    let expiries = facts.expiries.iter().map(|((year, month), n)| (format!("{year:04}-{month:02}"), *n));
    let mut out = json!({
        "checked_at": facts.at.to_string(),
        "program": { "name": "quietline", "version": env!("CARGO_PKG_VERSION") },
        "size": document.stored_size(),
        "format": {
            "encoding": format.encoding,
            "bom": format.bom,
            "delimiter": format.delimiter.map(|byte| char::from(byte).to_string()),
            "widths": format.widths.as_ref().map(ToString::to_string),
            "header": format.header,
            "line_ending": match format.line_ending {
                LineEnding::Lf => "LF",
                LineEnding::CrLf => "CRLF",
                LineEnding::Cr => "CR",
                LineEnding::Mixed => "mixed",
            },
            "layout": format.layout,
        },
        "columns": columns,
        "mapping": mapped,
        "split_number": mapping.split_number,
        "bytes": {
            "size": bytes.size, "bom": bytes.bom, "header": bytes.header, "records": bytes.records,
            "blanks": bytes.blanks, "comments": bytes.comments, "other": bytes.other,
        },
        "notes": document.notes().iter()
            .map(|note| json!({ "code": note.code.as_str(), "value": facts.value(note), "hint": hint(note) }))
            .collect::<Vec<_>>(),
        "examples": by_code(facts.examples.iter().map(|(code, list)| {
            (*code, list.iter().map(|problem| example(facts, problem)).collect())
        })),
        "values_masked": true,
        "jurisdictions": facts.jurisdictions.iter()
            .map(|(place, n)| (place.as_str().to_owned(), json!(n)))
            .collect::<Map<_, _>>(),
        "expiries": expiries.map(|(month, n)| (month, json!(n))).collect::<Map<_, _>>(),
        "never_expires": facts.for_ever,
    });
    if let Some(out) = out.as_object_mut() {
        out.extend(check_fields(document, checked).into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    out
}

fn by_code(entries: impl Iterator<Item = (Code, Value)>) -> Map<String, Value> {
    entries.map(|(code, value)| (code.as_str().to_owned(), value)).collect()
}

fn example(facts: &Facts<'_>, problem: &Problem) -> Value {
    if problem.place.row == 0 {
        return json!({ "value": facts.value(problem), "hint": hint(problem) });
    }
    json!({
        "row": problem.place.row,
        "line": problem.place.line,
        "byte": problem.place.byte,
        "column": problem.column.map(|_| facts.column(problem)),
        "value": facts.value(problem),
        "hint": hint(problem),
    })
}
