//! Reading Rust source well enough for the rules: comments and strings told apart from code, test code from the rest,
//! and tokens with their lines. Not a compiler: it need only be right about what the rules look at.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// One file, prepared.
pub struct Source {
    /// From the repository's root, with `/`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Words and signs of the code, without comments and without the insides of strings.
    pub tokens: Vec<Token>,
    /// String and character literals as written, quotes included.
    pub literals: Vec<Token>,
    /// For each line (from 0): whether it is test code.
    test_lines: Vec<bool>,
}

/// A word or a sign, and its line from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

impl Source {
    /// Prepares one file. Paths under `tests/` and `benches/` are test code as a whole.
    pub fn new(path: &str, text: &str) -> Self {
        let (tokens, literals) = lex(text);
        let lines = text.lines().count();
        let whole = !path.starts_with("src/");
        let mut test_lines = vec![whole; lines];
        for (from, to) in test_regions(&tokens) {
            test_lines[from - 1..to].fill(true);
        }
        Self { path: path.to_owned(), text: text.to_owned(), tokens, literals, test_lines }
    }

    /// Whether a line (from 1) is test code.
    pub fn is_test(&self, line: usize) -> bool {
        self.test_lines.get(line - 1).copied().unwrap_or(false)
    }

    /// Lines that are not test code.
    pub fn product_lines(&self) -> usize {
        self.test_lines.iter().filter(|test| !**test).count()
    }

    /// A finding in this file.
    pub fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    /// Where the tokens stand in a row as given: `at(&["time", "::", "sleep"])`. Yields the index of the first.
    pub fn find<'a>(&'a self, row: &'a [&'a str]) -> impl Iterator<Item = usize> + 'a {
        self.tokens
            .windows(row.len())
            .enumerate()
            .filter(move |(_, window)| window.iter().zip(row).all(|(token, want)| token.text == *want))
            .map(|(index, _)| index)
    }

    /// Files that `#[cfg(test)] mod name;` makes test code.
    fn test_children(&self) -> Vec<String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        let mut children = Vec::new();
        for start in self.find(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            let item = after_attributes(&self.tokens, start);
            let mut words =
                self.tokens[item..].iter().map(|t| t.text.as_str()).skip_while(|t| *t != "mod").skip(1);
            if let (Some(name), Some(";")) = (words.next(), words.next()) {
                children.push(format!("{folder}/{name}"));
            }
        }
        children
    }
}

/// Every `.rs` file below the given folders of the repository.
pub fn read_all(folders: &[&str]) -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    for folder in folders {
        for path in walk(&root.join(folder)) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text =
                    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                sources.push(Source::new(&relative(&root, &path), &text));
            }
        }
    }
    mark_test_files(&mut sources);
    sources
}

/// `#[cfg(test)] mod tests;` makes `tests.rs` and everything below `tests/` test code.
pub fn mark_test_files(sources: &mut [Source]) {
    let children: Vec<String> = sources.iter().flat_map(Source::test_children).collect();
    for source in sources {
        let is_child = children.iter().any(|child| {
            source.path == format!("{child}.rs") || source.path.starts_with(&format!("{child}/"))
        });
        if is_child {
            source.test_lines.fill(true);
        }
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The path from the root, with `/` on every system.
pub fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Every file below a folder, in a stable order; none if the folder is missing, itself if it is a file.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_path_buf()];
    }
    let mut files = BTreeSet::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => _ = files.insert(entry.path()),
                _ => {}
            }
        }
    }
    files.into_iter().collect()
}

/// Splits source into code tokens and literals; comments vanish.
fn lex(text: &str) -> (Vec<Token>, Vec<Token>) {
    let bytes = text.as_bytes();
    let (mut tokens, mut literals) = (Vec::new(), Vec::new());
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let rest = &text[at..];
        let (kind, length) = next_piece(rest);
        let piece = &rest[..length];
        let token = || Token { text: piece.to_owned(), line };
        match kind {
            Piece::Code => tokens.push(token()),
            Piece::Literal => literals.push(token()),
            Piece::Nothing => {}
        }
        line += piece.matches('\n').count();
        at += length;
    }
    (tokens, literals)
}

enum Piece {
    Code,
    Literal,
    Nothing,
}

/// The kind and length in bytes of what stands at the beginning of `rest`.
fn next_piece(rest: &str) -> (Piece, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        return (Piece::Nothing, first.len_utf8());
    }
    if rest.starts_with("//") {
        return (Piece::Nothing, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Piece::Nothing, block_comment(rest));
    }
    if let Some(length) = string_literal(rest) {
        return (Piece::Literal, length);
    }
    if first == '\'' {
        return match char_literal(rest) {
            Some(length) => (Piece::Literal, length),
            None => (Piece::Nothing, 1), // a lifetime: its name follows as a word, which no rule minds
        };
    }
    if is_word(first) {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        return (Piece::Code, length);
    }
    if rest.starts_with("::") {
        return (Piece::Code, 2);
    }
    (Piece::Code, first.len_utf8())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// `"…"`, `b"…"`, `c"…"`, `r#"…"#` and their kin.
fn string_literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|after| {
            let hashes = after.trim_start_matches('#');
            hashes.starts_with('"') && (prefix.ends_with('r') || hashes.len() == after.len())
        })
    })?;
    let after = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = after.len() - after.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        let body = prefix.len() + hashes + 1;
        return Some(rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len()));
    }
    let mut escaped = false;
    for (index, c) in after.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(prefix.len() + index + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// `'x'`, `'\''`, `'\u{1b}'`; not a lifetime.
fn char_literal(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    match chars.next()?.1 {
        '\\' => {
            chars.next()?;
            chars.find(|(_, c)| *c == '\'').map(|(index, _)| index + 1)
        }
        _ => chars.next().filter(|(_, c)| *c == '\'').map(|(index, _)| index + 1),
    }
}

/// The index of the item that follows the attribute at `start`, further attributes skipped.
fn after_attributes(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while tokens.get(at).is_some_and(|t| t.text == "#") {
        at = closing(tokens, at + 1).map_or(tokens.len(), |end| end + 1);
    }
    at
}

/// The index of the bracket that closes the first one at or after `from`.
pub fn closing(tokens: &[Token], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// Line ranges (from 1, inclusive) of items under `#[cfg(test)]` that have a body.
fn test_regions(tokens: &[Token]) -> Vec<(usize, usize)> {
    let row = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut regions = Vec::new();
    for (start, window) in tokens.windows(row.len()).enumerate() {
        if !window.iter().zip(row).all(|(token, want)| token.text == want) {
            continue;
        }
        let item = after_attributes(tokens, start);
        let Some(stop) = (item..tokens.len()).find(|i| matches!(tokens[*i].text.as_str(), "{" | ";")) else {
            continue;
        };
        let end = if tokens[stop].text == "{" { closing(tokens, stop).unwrap_or(stop) } else { stop };
        regions.push((tokens[start].line, tokens[end].line));
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        lex(text).0.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        assert_eq!(words("a // todo!()\n/* b /* c */ d */ e"), ["a", "e"]);
        assert_eq!(
            words(r##"f("todo!() \" x", r#"y " z"#, 'q', '\'', b"w")"##),
            ["f", "(", ",", ",", ",", ",", ")"]
        );
    }

    #[test]
    fn a_lifetime_does_not_swallow_the_rest() {
        assert_eq!(words("fn f<'a>(x: &'a str) { todo!() }").iter().filter(|w| *w == "todo").count(), 1);
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let (tokens, literals) = lex("\"one\ntwo\"\n/* x\n */ word");
        assert_eq!(literals[0].line, 1);
        assert_eq!(tokens[0], Token { text: "word".into(), line: 4 });
    }

    #[test]
    fn test_code_is_known_by_its_attribute() {
        let source =
            Source::new("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        assert_eq!(
            (1..=6).map(|line| source.is_test(line)).collect::<Vec<_>>(),
            [false, true, true, true, true, false]
        );
        assert_eq!(source.product_lines(), 2);
    }

    #[test]
    fn a_test_file_is_known_by_its_declaration() {
        let mut sources = [
            Source::new("src/a/mod.rs", "#[cfg(test)]\nmod tests;\nmod b;\n"),
            Source::new("src/a/tests.rs", "fn x() {}\n"),
            Source::new("src/a/b.rs", "fn y() {}\n#[cfg(test)]\npub(crate) mod deep;\n"),
            Source::new("src/a/b/deep.rs", "fn z() {}\n"),
        ];
        mark_test_files(&mut sources);
        assert_eq!(sources.iter().map(|s| s.product_lines()).collect::<Vec<_>>(), [1, 0, 1, 0]);
    }
}
