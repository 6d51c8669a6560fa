//! The page of traps names each of the 52 once, and tests that exist.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

const TRAPS: usize = 52;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("assets/seed-traps.md")).unwrap()
}

fn source(path: &str) -> Option<String> {
    let sound = path.ends_with(".rs") && ["src/", "tests/"].iter().any(|folder| path.starts_with(folder));
    if sound { fs::read_to_string(root().join(path)).ok() } else { None }
}

/// A row of the page: its number, and its other cells.
#[derive(Debug)]
struct Row<'a> {
    number: &'a str,
    cells: Vec<&'a str>,
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let rows = page.lines().filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim);
        Row { number: cells.next().unwrap_or_default(), cells: cells.collect() }
    })
    .filter(|row| row.number.parse::<usize>().is_ok())
    .collect()
}

/// What stands in backticks.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether a source holds a test of that name.
fn holds_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| line.strip_prefix("async ").unwrap_or(line).starts_with(&head);
    lines.iter().enumerate().filter(|(_, line)| is_it(line)).any(|(at, _)| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with('#') || line.starts_with("//"));
        above.clone().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

fn is_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 4 && text.ends_with('.')
}

/// All that is wrong with a page.
fn faults(page: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let rows = rows(page);
    for number in 1..=TRAPS {
        match rows.iter().filter(|row| row.number == number.to_string()).count() {
            1 => {}
            times => faults.push(format!("trap {number} stands there {times} times")),
        }
    }
    for Row { number, cells } in &rows {
        let [trap, instead, proof] = cells[..] else {
            faults.push(format!("trap {number} has {} cells besides its number", cells.len()));
            continue;
        };
        if !(1..=TRAPS).contains(&number.parse().unwrap()) {
            faults.push(format!("there is no trap {number}"));
        }
        if !is_sentence(trap) || !is_sentence(instead) {
            faults.push(format!("trap {number}: what it is and what is done instead are sentences"));
        }
        let tests: Vec<&str> = named(proof).filter(|name| name.contains("::")).collect();
        if tests.is_empty() && !is_sentence(proof) {
            faults.push(format!("trap {number} has neither a test nor a sentence"));
        }
        for test in tests {
            let (path, name) = test.rsplit_once("::").unwrap();
            if !source(path).is_some_and(|source| holds_test(&source, name)) {
                faults.push(format!("trap {number}: there is no test {test}"));
            }
        }
    }
    faults
}

#[test]
fn every_trap_is_answered_by_tests_that_exist_or_by_a_sentence() {
    let faults = faults(&page(), source);
    assert!(faults.is_empty(), "assets/seed-traps.md:\n{}", faults.join("\n"));
}

#[test]
fn the_readme_leads_to_the_page() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("(assets/seed-traps.md)"));
    assert!(Path::new(&root()).join("assets/seed-traps.md").exists());
}

#[test]
fn a_page_that_says_too_little_is_seen() {
    let source = |path: &str| {
        (path == "tests/a.rs").then(|| {
            "#[test]\nfn sync_one() {}\n/// It.\n#[tokio::test]\nasync fn waits() {}\nfn helper() {}\n".into()
        })
    };
    let row = |number: usize, proof: &str| {
        format!("| {number} | A trap in few words. | We do this one instead. | {proof} |\n")
    };
    let page = |change: &dyn Fn(usize) -> String| (1..=TRAPS).map(change).collect::<String>();
    let sound = |number| row(number, "`tests/a.rs::sync_one`, `tests/a.rs::waits`");
    assert_eq!(faults(&page(&sound), source), [""; 0]);
    let spoilt = |at: usize, with: String| {
        faults(&page(&|number| if number == at { with.clone() } else { sound(number) }), source)
    };
    for proof in ["", "later", "`tests/a.rs`", "not yet, `Cargo.lock`"] {
        assert_eq!(spoilt(9, row(9, proof)), ["trap 9 has neither a test nor a sentence"], "{proof}");
    }
    assert_eq!(spoilt(9, row(9, "Does not apply, since nothing of it is used.")), [""; 0]);
    for test in ["tests/a.rs::helper", "tests/a.rs::wait", "tests/b.rs::waits", "a::b"] {
        assert_eq!(spoilt(9, row(9, &format!("`{test}`"))), [format!("trap 9: there is no test {test}")]);
    }
    assert_eq!(spoilt(52, String::new()), ["trap 52 stands there 0 times"]);
    assert_eq!(spoilt(3, sound(3) + &sound(3)), ["trap 3 stands there 2 times"]);
    assert_eq!(spoilt(3, sound(3) + &sound(53)), ["there is no trap 53"]);
    assert_eq!(
        spoilt(3, "| 3 | A trap in few words. | We do. |\n".into()),
        ["trap 3 has 2 cells besides its number"]
    );
}
