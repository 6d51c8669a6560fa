//! What a check says of a file to scripts: the document of `check --json`, with which the report for scripts begins.

use serde_json::{Map, Value, json};

use crate::files::{Checked, Document};

/// The fields, in the order in which they are written. Fields may be added, none renamed.
pub fn check_fields(document: &Document, checked: &Checked) -> Vec<(&'static str, Value)> {
    let counts = checked.counts.iter().map(|(code, n)| (code.as_str().to_owned(), json!(n)));
    let container =
        document.container().map(|container| json!({ "kind": container.kind, "part": container.part }));
    let layout = document.layout().map(
        |used| json!({ "name": used.name, "contents": used.contents.as_str(), "by_match": used.by_match }),
    );
    let mut fields =
        vec![("file", json!(document.path().display().to_string())), ("sha256", json!(checked.sha256))];
    // Fields of what most files do not have are left out there.
    fields.extend(container.map(|container| ("container", container)));
    fields.extend(layout.map(|layout| ("layout", layout)));
    fields.extend([
        ("records", json!(checked.records)),
        ("rows", json!(checked.rows)),
        ("valid", json!(checked.valid)),
        ("rejected", json!(checked.rejected)),
        ("duplicates", json!(checked.duplicates)),
        ("warnings", json!(checked.warnings)),
        ("problems", Value::Object(counts.collect::<Map<_, _>>())),
        ("seconds", json!((checked.seconds * 1_000.0).round() / 1_000.0)),
    ]);
    fields
}
