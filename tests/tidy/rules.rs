//! The rules that look at one file at a time. Each takes the sources and returns what breaks it.

use crate::source::{Finding, Source, closing};

/// Longest file, tests not counted.
const MAX_LINES: usize = 600;

/// Folders where colours may be named.
const THEME: &[&str] = &["src/tui/theme"];
/// Where keys may be named: the table, and the one file that translates what the terminal sends.
const COMMANDS: &[&str] = &["src/tui/command", "src/tui/keymap.rs"];
/// Where the console may start tasks.
const RUNTIME: &[&str] = &["src/tui/runtime"];
/// Where escape sequences may be written.
const TERMINAL: &[&str] = &["src/tui/terminal"];
/// Where bytes of unknown origin are read, the escape byte among them, and nothing is written to a terminal.
const READERS: &[&str] = &["src/files"];
/// Where time, chance and files are arguments.
const PURE: &[&str] = &[
    "src/domain",
    "src/tui/act",
    "src/tui/app",
    "src/tui/command",
    "src/tui/cx",
    "src/tui/event",
    "src/tui/hits",
    "src/tui/keymap",
    "src/tui/overlays",
    "src/tui/panes",
    "src/tui/store",
    "src/tui/theme",
    "src/tui/widgets",
];

/// Colour names as ratatui's shorthands spell them: `.red()`, `.on_red()`.
const COLOUR_SHORTHANDS: &[&str] = &[
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark_gray",
    "light_red",
    "light_green",
    "light_yellow",
    "light_blue",
    "light_magenta",
    "light_cyan",
    "white",
];

/// No file has more than [`MAX_LINES`] lines of product code.
pub fn file_size(sources: &[Source]) -> Vec<Finding> {
    let long = |source: &&Source| source.product_lines() > MAX_LINES;
    sources
        .iter()
        .filter(long)
        .map(|source| {
            source.finding(
                MAX_LINES,
                format!("{} lines, more than {MAX_LINES}: split it", source.product_lines()),
            )
        })
        .collect()
}

/// The console names colours only in the theme; everything else names roles.
pub fn colours(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in product(sources, &["src/tui"], THEME) {
        for index in product_tokens(source) {
            let word = source.tokens[index].text.as_str();
            let line = source.tokens[index].line;
            let called = |ahead: usize| source.tokens.get(index + ahead).is_some_and(|t| t.text == "(");
            let on_value = index > 0 && source.tokens[index - 1].text == ".";
            let shorthand = COLOUR_SHORTHANDS.contains(&word.strip_prefix("on_").unwrap_or(word));
            if word == "Color" || (shorthand && on_value && called(1)) {
                findings.push(source.finding(line, format!("`{word}` outside the theme: name a role")));
            }
        }
    }
    findings
}

/// Keys are named in the command table only.
pub fn keys(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in product(sources, &["src/tui"], COMMANDS) {
        for index in product_tokens(source) {
            let token = &source.tokens[index];
            if matches!(token.text.as_str(), "KeyCode" | "KeyModifiers") {
                findings
                    .push(source.finding(token.line, format!("`{}` outside the command table", token.text)));
            }
        }
        for literal in source.literals.iter().filter(|literal| !source.is_test(literal.line)) {
            if is_key_name(literal.text.trim_matches('"')) {
                findings.push(source.finding(
                    literal.line,
                    format!(
                        "the key {} is named outside the command table: take it from there",
                        literal.text
                    ),
                ));
            }
        }
    }
    findings
}

/// Whether a whole literal is the name of a key. Words that are also prose (`end`, `home`, `tab`) are not taken.
fn is_key_name(text: &str) -> bool {
    let name = text.to_ascii_lowercase();
    let function =
        name.strip_prefix('f').is_some_and(|n| n.parse::<u8>().is_ok_and(|n| (1..=12).contains(&n)));
    let chord = ["ctrl-", "ctrl+", "alt-", "alt+", "shift-", "shift+"]
        .iter()
        .any(|prefix| name.strip_prefix(prefix).is_some_and(|key| !key.is_empty() && !key.contains(' ')));
    function || chord || matches!(name.as_str(), "esc" | "enter" | "backtab" | "pgup" | "pgdn")
}

/// In the console only the runtime starts tasks and threads.
pub fn spawning(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in product(sources, &["src/tui"], RUNTIME) {
        for index in product_tokens(source) {
            let token = &source.tokens[index];
            let reached =
                index > 0 && matches!(source.tokens[index - 1].text.as_str(), "::" | "." | "{" | ",");
            if matches!(token.text.as_str(), "spawn" | "spawn_blocking" | "spawn_local") && reached {
                findings.push(
                    source.finding(
                        token.line,
                        format!("`{}` outside the runtime: return an effect", token.text),
                    ),
                );
            }
        }
    }
    findings
}

/// Escape sequences leave from one file. Tests may name them, and readers of files must recognise them.
pub fn escapes(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in product(sources, &["src"], &[TERMINAL, READERS].concat()) {
        for literal in source.literals.iter().filter(|literal| !source.is_test(literal.line)) {
            let text = literal.text.to_ascii_lowercase();
            let is_escape = |piece: &str| text.contains(piece);
            if is_escape("\\x1b") || is_escape("\\u{1b}") || is_escape("\\u{001b}") || is_escape("\u{1b}") {
                findings.push(source.finding(literal.line, "an escape byte outside the terminal"));
            }
        }
        for index in product_tokens(source) {
            let token = &source.tokens[index];
            let is_macro = source.tokens.get(index + 1).is_some_and(|t| t.text == "!");
            if matches!(token.text.as_str(), "execute" | "queue") && is_macro {
                findings.push(source.finding(token.line, format!("`{}!` outside the terminal", token.text)));
            }
        }
    }
    findings
}

/// The domain and the console's update and view get time, chance and file contents handed in.
pub fn purity(sources: &[Source]) -> Vec<Finding> {
    let rows: &[(&[&str], &str)] = &[
        (&["Instant", "::", "now"], "a clock"),
        (&["SystemTime", "::", "now"], "a clock"),
        (&["Timestamp", "::", "now"], "a clock"),
        (&["Zoned", "::", "now"], "a clock"),
        (&[".", "elapsed", "("], "a clock"),
        (&["fastrand"], "chance"),
        (&["getrandom"], "chance"),
        (&["std", "::", "fs"], "a file"),
        (&["std", "::", "net"], "the network"),
        (&["std", "::", "env"], "the environment"),
        (&["std", "::", "{"], "a braced import of std hides what is used: one `use` per module"),
    ];
    let mut findings = Vec::new();
    for source in product(sources, PURE, &[]) {
        for (row, what) in rows {
            for index in source.find(row) {
                let line = source.tokens[index].line;
                if !source.is_test(line) {
                    findings.push(source.finding(line, format!("`{}` in pure code: {what}", row.join(""))));
                }
            }
        }
    }
    findings
}

/// The domain speaks of the business: no runtime, no wire, no screen, no database.
pub fn domain_is_plain(sources: &[Source]) -> Vec<Finding> {
    const FRAMEWORKS: &[&str] =
        &["axum", "crossterm", "ratatui", "reqwest", "rusqlite", "tokio", "tui_input"];
    let mut findings = Vec::new();
    for source in product(sources, &["src/domain"], &[]) {
        for token in &source.tokens {
            if FRAMEWORKS.contains(&token.text.as_str()) {
                findings.push(source.finding(token.line, format!("`{}` in the domain", token.text)));
            }
            if matches!(token.text.as_str(), "async" | "await") {
                findings.push(source.finding(token.line, "the domain is not asynchronous"));
            }
        }
    }
    findings
}

/// Each file begins with `//!`: what it is, for whom. Unit tests beside their module need not: the module says it.
pub fn module_docs(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| !(source.path.starts_with("src/") && source.product_lines() == 0))
        .filter(|source| !source.text.trim_start().starts_with("//!"))
        .map(|source| source.finding(1, "the file does not begin with `//!`"))
        .collect()
}

/// `#[expect(…, reason = "…")]` and nothing else switches a lint off.
pub fn lint_exceptions(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for (index, token) in source.tokens.iter().enumerate() {
            let opens_attribute = index > 0
                && matches!(source.tokens[index - 1].text.as_str(), "[" | ",")
                && in_attribute(source, index);
            if !opens_attribute {
                continue;
            }
            let end = closing(&source.tokens, index + 1).unwrap_or(index);
            let has_reason = source.tokens[index..end].iter().any(|t| t.text == "reason");
            match token.text.as_str() {
                "expect" if !has_reason => {
                    findings.push(source.finding(token.line, "`expect` without a reason"));
                }
                "allow" => findings.push(source.finding(token.line, "`allow`: use `expect` with a reason")),
                _ => {}
            }
        }
    }
    findings
}

/// Whether the token stands in `#[…]` or `#![…]`: looks back to the nearest such beginning that is still open.
fn in_attribute(source: &Source, index: usize) -> bool {
    let tokens = &source.tokens;
    (0..index)
        .rev()
        .take(64)
        .filter(|at| tokens[*at].text == "[")
        .filter(|at| *at > 0 && matches!(tokens[at - 1].text.as_str(), "#" | "!"))
        .any(|at| {
            (tokens[at - 1].text == "#" || (at > 1 && tokens[at - 2].text == "#"))
                && closing(tokens, at).is_some_and(|end| end > index)
        })
}

/// No `todo!`, `unimplemented!`, `dbg!`.
pub fn unfinished(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for name in ["todo", "unimplemented", "dbg"] {
            for index in source.find(&[name, "!"]) {
                findings.push(source.finding(source.tokens[index].line, format!("`{name}!` is left in")));
            }
        }
    }
    findings
}

/// Tests wait for a condition. A sleep is too long on a fast machine and too short on a slow one.
pub fn sleeping_tests(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for word in ["sleep", "sleep_until", "sleep_ms"] {
            for index in source.find(&[word]) {
                let line = source.tokens[index].line;
                if source.is_test(line) {
                    findings
                        .push(source.finding(line, format!("`{word}` in a test: wait for the condition")));
                }
            }
        }
    }
    findings
}

/// A test that does not run proves nothing.
pub fn ignored_tests(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for index in source.find(&["#", "[", "ignore"]) {
            findings.push(source.finding(source.tokens[index].line, "a test is switched off"));
        }
    }
    findings
}

/// Sources below `inside`, those below `except` left out.
fn product<'a>(
    sources: &'a [Source],
    inside: &'a [&str],
    except: &'a [&str],
) -> impl Iterator<Item = &'a Source> {
    let below = |path: &str, places: &[&str]| {
        places.iter().any(|place| {
            path.strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
        })
    };
    sources.iter().filter(move |source| below(&source.path, inside) && !below(&source.path, except))
}

/// Indices of the tokens that are not test code.
fn product_tokens(source: &Source) -> impl Iterator<Item = usize> + '_ {
    (0..source.tokens.len()).filter(|index| !source.is_test(source.tokens[*index].line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that the rule complains about in one small file.
    fn lines(rule: fn(&[Source]) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(&[Source::new(path, text)]).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_long_file_is_seen_and_its_tests_do_not_count() {
        assert_eq!(lines(file_size, "src/a.rs", &"x\n".repeat(601)), [600]);
        let with_tests =
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(600), "y\n".repeat(500));
        assert_eq!(lines(file_size, "src/a.rs", &with_tests), [0; 0]);
    }

    #[test]
    fn a_colour_outside_the_theme_is_seen() {
        let text = "use ratatui::style::Color;\nfn f() { x.fg(Color::Red); y.on_blue(); red(); }\n";
        assert_eq!(lines(colours, "src/tui/panes/lists.rs", text), [1, 2, 2]);
        assert_eq!(lines(colours, "src/tui/theme.rs", text), [0; 0]);
        assert_eq!(lines(colours, "src/tui/theme/dark.rs", text), [0; 0]);
        assert_eq!(lines(colours, "src/cli/args.rs", text), [0; 0]);
    }

    #[test]
    fn a_key_outside_the_table_is_seen() {
        let text = "fn f() { match key { KeyCode::Esc => 1 } }\nconst HINT: &str = \"Ctrl-P\";\nconst OK: &str = \"press Esc\";\nconst F: &str = \"F4\";";
        assert_eq!(lines(keys, "src/tui/panes/lists.rs", text), [1, 2, 4]);
        assert_eq!(lines(keys, "src/tui/command/file.rs", text), [0; 0]);
        assert_eq!(lines(keys, "src/tui/keymap.rs", text), [0; 0]);
    }

    #[test]
    fn a_task_started_outside_the_runtime_is_seen() {
        let text = "fn f() { tokio::spawn(x); set.spawn(y); tokio::task::spawn_blocking(z); respawn(); }";
        assert_eq!(lines(spawning, "src/tui/panes/file.rs", text), [1, 1, 1]);
        assert_eq!(lines(spawning, "src/tui/runtime.rs", text), [0; 0]);
        assert_eq!(lines(spawning, "src/ops/upload.rs", text), [0; 0]);
    }

    #[test]
    fn an_escape_outside_the_terminal_is_seen_and_tests_may_name_it() {
        let text = "const A: &str = \"\\x1b[0m\";\nconst B: char = '\\u{1B}';\nfn f() { execute!(x, Y); }\n#[cfg(test)]\nmod tests { const C: &str = \"\\x1b\"; }\n// \\x1b\n";
        assert_eq!(lines(escapes, "src/domain/text.rs", text), [1, 2, 3]);
        assert_eq!(lines(escapes, "src/tui/terminal.rs", text), [0; 0]);
        assert_eq!(lines(escapes, "src/files/kind.rs", text), [0; 0]);
    }

    #[test]
    fn a_clock_in_pure_code_is_seen() {
        let text = "fn f() { Instant::now(); }\nfn g() { t.elapsed(); fastrand::u8(..); }\nuse std::fs;\nuse std::{io, fs};";
        assert_eq!(lines(purity, "src/domain/run.rs", text), [1, 2, 2, 3, 4]);
        assert_eq!(lines(purity, "src/tui/app.rs", text), [1, 2, 2, 3, 4]);
        assert_eq!(lines(purity, "src/tui/runtime.rs", text), [0; 0]);
        assert_eq!(
            lines(purity, "src/domain/run.rs", "use jiff::Timestamp; fn f(now: Timestamp) {}"),
            [0; 0]
        );
    }

    #[test]
    fn a_framework_in_the_domain_is_seen() {
        assert_eq!(lines(domain_is_plain, "src/domain/run.rs", "use tokio::time;\nasync fn f() {}"), [1, 2]);
        assert_eq!(lines(domain_is_plain, "src/ops/run.rs", "use tokio::time;"), [0; 0]);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_seen() {
        assert_eq!(lines(module_docs, "src/a.rs", "// x\nfn f() {}"), [1]);
        assert_eq!(lines(module_docs, "tests/a.rs", "fn f() {}"), [1]);
        assert_eq!(lines(module_docs, "src/a.rs", "//! What it is.\nfn f() {}"), [0; 0]);
    }

    #[test]
    fn an_exception_without_a_reason_is_seen() {
        let good = "#[expect(clippy::x, reason = \"because\")]\nfn f() { r.expect(1); allow(2); }";
        assert_eq!(lines(lint_exceptions, "src/a.rs", good), [0; 0]);
        assert_eq!(lines(lint_exceptions, "src/a.rs", "#[expect(clippy::x)]\nfn f() {}"), [1]);
        assert_eq!(lines(lint_exceptions, "tests/a.rs", "//! x\n#![allow(dead_code)]"), [2]);
        assert_eq!(lines(lint_exceptions, "src/a.rs", "#[cfg_attr(test, allow(dead_code))]"), [1]);
        assert_eq!(lines(lint_exceptions, "src/a.rs", "let x = [expect(1), allow(2)];"), [0; 0]);
    }

    #[test]
    fn unfinished_work_is_seen_in_code_but_not_in_words() {
        assert_eq!(
            lines(unfinished, "src/a.rs", "fn f() {\n  todo!()\n}\nfn g() { dbg!(1); unimplemented!(); }"),
            [2, 4, 4]
        );
        assert_eq!(lines(unfinished, "src/a.rs", "// todo!()\nconst S: &str = \"todo!()\";"), [0; 0]);
    }

    #[test]
    fn a_sleep_in_a_test_is_seen() {
        let text =
            "async fn f() { sleep(d).await }\n#[cfg(test)]\nmod tests { fn t() { std::thread::sleep(d); } }";
        assert_eq!(lines(sleeping_tests, "src/a.rs", text), [3]);
        assert_eq!(lines(sleeping_tests, "tests/a.rs", text), [1, 3]);
    }

    #[test]
    fn a_test_switched_off_is_seen() {
        assert_eq!(
            lines(ignored_tests, "tests/a.rs", "#[test]\n#[ignore]\nfn t() {}\n#[ignore = \"x\"]\nfn u() {}"),
            [2, 4]
        );
    }
}
