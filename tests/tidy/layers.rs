//! The layer rule: which top-level module may use which. `use` trees, inline paths and `super` chains all count.

use crate::source::{Finding, Source, Token};

/// Layer → what it may use. What does not stand here must be given a row before it is built.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // Places at which tests kill the program. Every layer may have some; the macro needs no path.
    ("kill_point", &[]),
    ("files", &["domain"]),
    ("api", &["domain"]),
    ("ledger", &["domain"]),
    ("config", &["api", "files", "domain"]),
    ("credentials", &["config", "api"]),
    ("ops", &["domain", "files", "api", "ledger", "config", "credentials"]),
    ("tui", &["ops", "domain", "config"]),
    ("cli", &["ops", "domain", "config", "sandbox", "tui"]),
    ("sandbox", &[]),
];

/// What unit tests may use beyond their layer: the embedded tenant, so that clients are tested against it.
const ALSO_IN_TESTS: &[&str] = &["sandbox"];

/// Layers whose unit tests get no exception: they are pure, or they are the tenant itself.
const STRICT_IN_TESTS: &[&str] = &["domain", "files", "sandbox"];

/// A path of modules that the source names, from the crate's root.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    path: Vec<String>,
    line: usize,
}

/// Every use of a layer that lies not below the user.
pub fn layers(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let module = module_of(&source.path);
        let Some(layer) = module.first() else { continue };
        if layer == "main" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| name == layer) else {
            findings.push(source.finding(1, format!("the layer `{layer}` has no row in the layer rule")));
            continue;
        };
        for named in names(&source.tokens, &module) {
            let tests_may = source.is_test(named.line) && !STRICT_IN_TESTS.contains(&layer.as_str());
            match named.path.first().map(String::as_str) {
                None | Some("*") => {
                    findings.push(
                        source.finding(named.line, "the crate's root is imported whole: name the layer"),
                    );
                }
                Some(used) if used == layer || allowed.contains(&used) => {}
                Some(used) if !LAYERS.iter().any(|(name, _)| *name == used) => {} // a macro of the crate
                Some(used) if tests_may && ALSO_IN_TESTS.contains(&used) => {}
                Some(used) => findings
                    .push(source.finding(named.line, format!("layer rule: `{layer}` must not use `{used}`"))),
            }
        }
    }
    findings.dedup();
    findings
}

/// `src/tui/panes/mod.rs` → `[tui, panes]`, `src/lib.rs` → `[]`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// Every path that begins at the crate's root, directly or by climbing.
fn names(tokens: &[Token], file: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut module = file.to_vec();
    let mut inline: Vec<usize> = Vec::new(); // brace depth at which each inline module was opened
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(token) = tokens.get(at) {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |t| t.text.as_str());
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            "mod" if text(2) == "{" => {
                module.push(text(1).to_owned());
                inline.push(depth);
            }
            "use" => {
                at = use_tree(tokens, at + 1, &[], &module, &mut found);
                continue;
            }
            "crate" | "super" | "self" | "quietline" if text(1) == "::" => {
                at = use_tree(tokens, at, &[], &module, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Walks one path or tree of paths and notes each leaf that begins at the root. Returns the index after it.
fn use_tree(
    tokens: &[Token],
    start: usize,
    prefix: &[String],
    module: &[String],
    found: &mut Vec<Named>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut at = start;
    while tokens.get(at).is_some_and(|t| t.text == "::") {
        at += 1; // a leading `::` names another crate; its first word is never ours
        path.push(String::new());
    }
    loop {
        let Some(token) = tokens.get(at) else { return at };
        if token.text == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|t| t.text != "}") {
                let next = use_tree(tokens, at, &path, module, found);
                at = next.max(at + 1);
                if tokens.get(at).is_some_and(|t| t.text == "as") {
                    at += 2;
                }
                if tokens.get(at).is_some_and(|t| t.text == ",") {
                    at += 1;
                }
            }
            return at + 1;
        }
        path.push(token.text.clone());
        at += 1;
        if tokens.get(at).is_none_or(|t| t.text != "::") {
            found.extend(from_root(&path, module).map(|path| Named { path, line: token.line }));
            return at;
        }
        at += 1;
        // A turbofish ends the path: `crate::x::f::<T>()`.
        if tokens.get(at).is_some_and(|t| t.text == "<") {
            found.extend(from_root(&path, module).map(|path| Named { path, line: token.line }));
            return at;
        }
    }
}

/// The path from the crate's root; `None` where it begins with another crate or a name in scope.
fn from_root(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut words = path.iter().map(String::as_str).peekable();
    let mut absolute: Vec<String> = match words.next()? {
        "crate" | "quietline" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module.split_last().map_or_else(Vec::new, |(_, parent)| parent.to_vec()),
        _ => return None,
    };
    for word in words {
        match word {
            "super" => _ = absolute.pop(),
            "self" => {}
            word => absolute.push(word.to_owned()),
        }
    }
    Some(absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        layers(&[Source::new(path, text)]).into_iter().map(|f| format!("{}: {}", f.line, f.what)).collect()
    }

    #[test]
    fn what_lies_below_may_be_used() {
        assert_eq!(
            broken("src/ops/plan.rs", "use crate::{api::{self, Client}, domain::phone::E164, ledger};"),
            [""; 0]
        );
        assert_eq!(
            broken("src/tui/panes/lists.rs", "use super::super::app::App;\nuse super::Pane;"),
            [""; 0]
        );
        assert_eq!(
            broken("src/credentials.rs", "use crate::api::Credentials; use crate::config::Profile;"),
            [""; 0]
        );
        assert_eq!(
            broken(
                "src/api/client.rs",
                "use std::fs; use reqwest::Client; use self::x; pub(crate) fn f() {}"
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_plain_use_is_seen() {
        assert_eq!(
            broken("src/files/mod.rs", "//! x\nuse crate::ledger::Ledger;\n"),
            ["2: layer rule: `files` must not use `ledger`"]
        );
    }

    #[test]
    fn a_nested_use_is_seen() {
        assert_eq!(
            broken(
                "src/tui/mod.rs",
                "use crate::{\n  domain::{phone, list::{A, B}},\n  ops::Ops,\n  api::{Client as C, Error},\n};"
            ),
            ["4: layer rule: `tui` must not use `api`"]
        );
    }

    #[test]
    fn an_inline_path_is_seen() {
        assert_eq!(
            broken(
                "src/domain/run.rs",
                "fn f() { let x = crate::api::Limits::default(); g::<crate::files::X>(); }"
            ),
            ["1: layer rule: `domain` must not use `api`", "1: layer rule: `domain` must not use `files`"]
        );
        assert_eq!(broken("src/sandbox/mod.rs", "type T = quietline::domain::E164;").len(), 1);
        assert_eq!(broken("src/api/mod.rs", "macro_rules! m { () => { $crate::files::x() } }").len(), 1);
    }

    #[test]
    fn climbing_out_of_a_layer_is_seen() {
        assert_eq!(
            broken("src/tui/panes/lists.rs", "use super::super::super::api::Client;"),
            ["1: layer rule: `tui` must not use `api`"]
        );
        assert_eq!(broken("src/api/mod.rs", "use super::files;").len(), 1);
        assert_eq!(broken("src/api/client.rs", "use super::{Error, super::files::open};").len(), 1);
        assert_eq!(
            broken("src/api/client.rs", "mod inner { use super::super::Error; }\nuse super::super::ledger;")
                .len(),
            1
        );
    }

    #[test]
    fn the_whole_root_is_not_imported() {
        assert_eq!(broken("src/tui/mod.rs", "use crate::*;").len(), 1);
        assert_eq!(broken("src/tui/mod.rs", "use crate as everything;").len(), 1);
    }

    #[test]
    fn unit_tests_may_use_the_sandbox_but_the_pure_layers_may_not() {
        let text = "#[cfg(test)]\nmod tests {\n    use crate::sandbox::Sandbox;\n    use super::*;\n}\n";
        assert_eq!(broken("src/ops/upload.rs", text), [""; 0]);
        assert_eq!(broken("src/domain/run.rs", text).len(), 1);
        assert_eq!(broken("src/ops/upload.rs", "use crate::sandbox::Sandbox;").len(), 1);
    }

    #[test]
    fn a_layer_without_a_row_is_seen() {
        assert_eq!(broken("src/shortcut.rs", ""), ["1: the layer `shortcut` has no row in the layer rule"]);
    }
}
