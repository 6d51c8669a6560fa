//! The rules about what else lies in the repository.

use std::fs;

use crate::source::{Finding, relative, root, walk};

/// The commands that a new user types. They stay at two.
const COMMANDS: [&str; 2] = ["cargo run --release -- demo", "cargo test"];

/// What must lie in a fresh clone for it to build the same way, be checked and be used lawfully.
const FILES: &[&str] = &[
    "Cargo.lock",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "justfile",
    ".ci/run",
    "scripts/with-secret-service.sh",
];

/// What lies at the top and is not the project's text. `.git` is a file in a linked checkout.
const FOREIGN: &[&str] = &["target", ".git", "Cargo.lock"];

/// The README shows both commands, each on a line of its own in a code block.
pub fn readme() -> Vec<Finding> {
    let text = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    missing_commands(&text)
}

fn missing_commands(readme: &str) -> Vec<Finding> {
    let shown = code_lines(readme);
    COMMANDS
        .into_iter()
        .filter(|command| !shown.iter().any(|line| line.split('#').next().unwrap_or("").trim() == *command))
        .map(|command| finding("README.md", 1, format!("`{command}` is not shown in a code block")))
        .collect()
}

/// Lines inside fenced code blocks.
fn code_lines(markdown: &str) -> Vec<&str> {
    let mut inside = false;
    markdown
        .lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            inside && !fence
        })
        .collect()
}

/// Lock file, licences and scripts are there.
pub fn files_present() -> Vec<Finding> {
    FILES
        .iter()
        .filter(|file| !root().join(file).is_file())
        .map(|file| finding(file, 1, "is missing".to_owned()))
        .collect()
}

/// No text names a place that exists on one machine only, nor a package registry. `Cargo.lock` must.
pub fn no_machine_paths() -> Vec<Finding> {
    let root = root();
    let mut findings = Vec::new();
    let ours = fs::read_dir(&root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| !FOREIGN.iter().any(|foreign| entry.file_name() == *foreign));
    // The fuzz targets have a lock file of their own.
    let ours = ours.flat_map(|entry| walk(&entry.path()));
    for path in ours.filter(|path| path.file_name().is_none_or(|name| name != "Cargo.lock")) {
        let name = relative(&root, &path);
        // Pictures and other files that are not text have nothing to say here.
        if let Ok(text) = fs::read_to_string(&path) {
            findings.extend(machine_paths(&name, &text));
        }
    }
    findings
}

fn machine_paths(name: &str, text: &str) -> Vec<Finding> {
    // Put together here so that this file does not name them itself.
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("crates", ".io"),
        concat!("py", "pi.org"),
        concat!("npm", "js."),
        concat!("deb.", "debian"),
    ];
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for place in forbidden.iter().filter(|place| line.contains(**place)) {
            findings.push(finding(
                name,
                index + 1,
                format!("`{place}` exists on one machine, or is a registry"),
            ));
        }
    }
    findings
}

fn finding(path: &str, line: usize, what: String) -> Finding {
    Finding { path: path.to_owned(), line, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_without_the_commands_is_seen() {
        let good = "# x\n```sh\ncargo run --release -- demo   # the console\ncargo test\n```\n";
        assert_eq!(missing_commands(good), []);
        assert_eq!(missing_commands("`cargo test` and cargo run --release -- demo").len(), 2);
        assert_eq!(missing_commands("```\ncargo test\n```\n").len(), 1);
    }

    #[test]
    fn a_machine_path_is_seen() {
        let text = format!("fine\nsee {}x", concat!("/wo", "rk/"));
        assert_eq!(machine_paths("a.md", &text).iter().map(|f| f.line).collect::<Vec<_>>(), [2]);
    }
}
