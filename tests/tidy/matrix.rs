//! Every row of the fault matrix has a test of its name, or one that says in its doc line which row it stands for. The table
//! of rows and tests stands in `tests/faults/main.rs`.

use std::collections::BTreeSet;

use crate::source::{Finding, Source};

/// Rows that the network, the tenant and its platform cause. Where a row stands for several statuses, its first.
const ROWS: &[&str] = &[
    "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11", "n12", "h100", "h200", "h200p",
    "h200x", "h202", "h204", "h3xx", "h304", "h400", "h401", "h401b", "h403", "h404", "h405", "h408", "h409",
    "h412", "h413", "h422", "h423", "h429a", "h429b", "h431", "h500", "h502", "h505", "t1", "t2", "t3", "t4",
    "w1", "w2", "w3", "w4", "w5", "p1", "p2", "p3", "p4", "p5", "p6",
];

/// Rows without a test.
pub fn rows(sources: &[Source]) -> Vec<Finding> {
    let tested: BTreeSet<String> = sources.iter().flat_map(|source| tested(&source.text)).collect();
    let missing = ROWS.iter().filter(|row| !tested.contains(**row));
    missing
        .map(|row| Finding {
            path: "tests".into(),
            line: 1,
            what: format!(
                "no test is named `{row}_…`, and none has the doc line `/// {}`",
                row.to_uppercase()
            ),
        })
        .collect()
}

/// Rows that the tests of a file stand for: what comes before the first `_` of a name, and the words of its doc lines.
fn tested(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let (mut docs, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.extend(doc.split(',').map(|word| word.trim().to_ascii_lowercase()));
        } else if line.starts_with("#[") {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        } else {
            let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            if let Some(name) = name.filter(|_| is_test) {
                rows.extend(name.split_once('_').map(|(row, _)| row.to_owned()));
                rows.append(&mut docs);
            }
            (docs, is_test) = (Vec::new(), false);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_tested_by_a_name_or_by_a_doc_line_and_by_nothing_else() {
        let text = "/// N5, H409\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn lost() {}\n\
                    #[test]\nfn p1_late() {}\nfn p2_no_test() {}\n/// P3\nfn p4_none() {}\n// fn p5_x()\n\
                    /// Says why.\n#[test]\nfn plain() {}";
        let rows = tested(text);
        for row in ["n5", "h409", "p1"] {
            assert!(rows.contains(&row.to_owned()), "{row}: {rows:?}");
        }
        assert!(!rows.iter().any(|row| ["p2", "p3", "p4", "p5"].contains(&row.as_str())), "{rows:?}");
    }

    #[test]
    fn a_row_without_a_test_is_seen() {
        let all: String = ROWS.iter().map(|row| format!("#[test]\nfn {row}_x() {{}}\n")).collect();
        let found = |text: &str| rows(&[Source::new("tests/a.rs", text)]).len();
        assert_eq!(found(&all), 0);
        assert_eq!(found(&all.replace("fn h429b_", "fn h429_")), 1);
    }
}
