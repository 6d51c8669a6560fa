//! The page of error codes holds every code that the program can say, with the exit code it ends with, and no other.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quietline::{api, files, ledger, ops::OpsError};

/// Where codes are made. The console shows those of `ops`; the sandbox has none.
const PLACES: [&str; 6] = ["api", "cli", "config", "credentials", "files", "ledger"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The page: exit codes by code.
fn page() -> BTreeMap<String, BTreeSet<u8>> {
    let text = fs::read_to_string(root().join("assets/error-codes.md")).unwrap();
    let mut page = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (code, rest) = row.split_once("` | ").unwrap();
        let exits = rest.split(" | ").next().unwrap().split(", ").map(|exit| exit.parse().unwrap()).collect();
        assert!(page.insert(code.to_owned(), exits).is_none(), "{code} stands on the page twice");
    }
    page
}

/// The source of the layers that make codes, without tests and comments, each file on one line.
fn sources() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for place in PLACES.iter().chain(&["ops"]) {
        let single = root().join(format!("src/{place}.rs"));
        let mut open = vec![root().join("src").join(place)];
        if single.exists() {
            found.insert(single.clone(), flat(&single));
        }
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                    let text = flat(&path);
                    found.insert(path, text);
                }
            }
        }
    }
    found
}

fn flat(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join(" ")
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// The literal that comes first after each occurrence of `sign`.
fn after<'a>(text: &'a str, sign: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(sign).filter_map(move |(at, _)| {
        let (between, literal) = text[at + sign.len()..].split_once('"')?;
        // Farther away it belongs to something else: the code was passed on, not written here.
        let near = !between.contains(['{', ';']) && between.len() < 40;
        let word = literal.split('"').next()?;
        (near && is_code(word)).then_some(word)
    })
}

/// Every code written in a file.
fn codes_in(text: &str) -> BTreeSet<String> {
    let signs =
        ["code: ", "::new( exit::", "::new(exit::", "config_error(", ".wrong(", " error(", "= error("];
    let mut codes: BTreeSet<String> =
        signs.into_iter().flat_map(|sign| after(text, sign)).map(str::to_owned).collect();
    for body in text.split("fn code(&self) -> &'static str {").skip(1) {
        let body = body.split(" pub fn ").next().unwrap();
        codes.extend(after(body, "=> ").map(str::to_owned));
    }
    codes
}

#[test]
fn the_page_holds_every_code_of_the_source() {
    let page = page();
    let mut seen = BTreeSet::new();
    for (path, text) in sources() {
        for code in codes_in(&text) {
            assert!(page.contains_key(&code), "assets/error-codes.md lacks `{code}` of {}", path.display());
            seen.insert(code);
        }
    }
    assert!(seen.len() > 40, "too few to be all: {seen:?}");
}

#[test]
fn the_source_holds_every_code_of_the_page() {
    let sources = sources();
    for code in page().keys() {
        let literal = format!("\"{code}\"");
        assert!(sources.values().any(|text| text.contains(&literal)), "nothing says `{code}` any more");
    }
}

#[test]
fn a_code_is_found_however_it_is_written() {
    let text = "Failure::new( exit::USAGE, \"one\", x) Failure::new(exit::TENANT, \"two\", y) \
        OpsError::Approval { code: \"three\", m } config_error( \"four\", m) self.wrong(\"five\", m) \
        Err(e) => error( \"six-a\", m) let code: String = other; s(\"not a code\") \
        pub fn code(&self) -> &'static str { match self { Self::A => \"seven\", } } pub fn advice";
    let found: Vec<String> = codes_in(text).into_iter().collect();
    assert_eq!(found, ["five", "four", "one", "seven", "six-a", "three", "two"]);
}

/// The exit codes on the page are those of the program.
#[test]
fn errors_exit_as_the_page_says() {
    let page = page();
    let path = || PathBuf::from("x.csv");
    let word = || String::from("x");
    let io = std::io::Error::other("x");
    let errors: Vec<OpsError> = vec![
        files::FileError::Io { path: path(), source: io }.into(),
        files::FileError::NotAFile { path: path(), what: "a folder" }.into(),
        files::FileError::Empty { path: path(), why: "x" }.into(),
        files::FileError::WrongKind { path: path(), what: word() }.into(),
        files::FileError::Damaged { path: path(), what: word() }.into(),
        files::FileError::TooLarge { path: path(), what: word() }.into(),
        files::FileError::NoRoom { path: path(), source: std::io::Error::other("x") }.into(),
        files::FileError::NeedsChoice { path: path(), question: word(), flag: word() }.into(),
        files::FileError::Changed { path: path() }.into(),
        files::FileError::Accounting { path: path(), detail: word() }.into(),
        files::FileError::Unwritable { path: path(), source: std::io::Error::other("x") }.into(),
        files::FileError::Stopped.into(),
        api::Error::Unreachable { detail: word() }.into(),
        api::Error::Throttled { after: None }.into(),
        api::Error::Unauthorised { detail: word() }.into(),
        api::Error::Forbidden { needed: word(), asked: word() }.into(),
        api::Error::NotFound { what: word() }.into(),
        api::Error::Rejected { status: 400, detail: word() }.into(),
        api::Error::TooLarge.into(),
        api::Error::CircuitOpen { retry_in: Duration::ZERO }.into(),
        api::Error::Protocol { detail: word() }.into(),
        api::Error::Stopped.into(),
        ledger::Error::Locked { what: word(), holder: word() }.into(),
        ledger::Error::Unwritable { detail: word() }.into(),
        ledger::Error::Damaged { detail: word() }.into(),
        ledger::Error::Newer { found: 2, known: 1 }.into(),
        ledger::Error::NotFound { what: word() }.into(),
        ledger::Error::IllegalTransition { what: word(), from: "a", to: "b" }.into(),
        OpsError::Approval { code: "approval-needed", message: word(), advice: word() },
        OpsError::Nothing { code: "nothing-to-resume", message: word(), advice: word() },
        OpsError::ReadOnly { what: "x" },
        OpsError::Stopped,
        OpsError::Internal(word()),
    ];
    for error in errors {
        let exits = page.get(error.code()).unwrap_or_else(|| panic!("the page lacks `{}`", error.code()));
        assert!(exits.contains(&error.exit_code()), "{} ends with {}", error.code(), error.exit_code());
    }
}

/// A run that ended with an error exits as the error itself would have.
#[test]
fn a_run_exits_as_its_error_would() {
    let page = page();
    let text = flat(&root().join("src/cli/failure.rs"));
    let table = text.split("fn exit_of_run_error").nth(1).unwrap();
    let exits = BTreeMap::from([
        ("NO", 1),
        ("USAGE", 2),
        ("FILE", 3),
        ("ACCESS", 4),
        ("TENANT", 5),
        ("LEDGER", 6),
        ("INTERNAL", 70),
    ]);
    let mut seen = BTreeSet::new();
    let mut waiting = Vec::new();
    for (at, piece) in table.split('"').enumerate() {
        if at % 2 == 1 {
            waiting.push(piece.to_owned());
        } else if let Some(name) = piece.split("exit::").nth(1) {
            let exit = exits[name.split(|c: char| !c.is_ascii_uppercase()).next().unwrap()];
            for code in waiting.drain(..) {
                assert!(
                    page.get(&code).is_some_and(|page| page.contains(&exit)),
                    "`{code}` of a run ends with {exit}"
                );
                seen.insert(code);
            }
        }
    }
    assert!(seen.len() > 15, "too few to be all: {seen:?}");
    // What the table does not name ends as trouble with the tenant, which a file is not.
    for (code, exits) in page.iter().filter(|(_, exits)| exits.iter().eq([&3])) {
        assert!(seen.contains(code), "a run that ends with `{code}` has to exit {exits:?}");
    }
}
