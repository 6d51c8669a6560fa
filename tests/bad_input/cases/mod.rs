//! The ninety-four kinds of bad input that a loader meets, each as a file built by code, with what must come of it.
//!
//! `tests/bad_input` gives each to `quietline check --json`, `src/tui/panes/file/bad_input.rs` to the File pane. A number may
//! have several cases: a file that is asked about stands here once more with the answer.

use std::path::{Path, PathBuf};

mod containers;
mod encodings;
mod headers;
mod hostile;
mod lines;
mod numbers;
#[path = "../../common/pack.rs"]
mod pack;
mod quotes;
mod registry;
mod special;
mod times;
mod workbooks;

/// A file and what must come of it.
pub struct Case {
    /// Its number on the page.
    pub number: u8,
    /// The name of the file.
    pub name: String,
    /// Makes it, where the path says.
    pub build: Box<dyn Fn(&Path)>,
    /// The path that is opened, where it is not the one that was built.
    pub opened: Option<PathBuf>,
    /// A path below the one that was built.
    pub inside: Option<String>,
    /// What the person says: input flags.
    pub flags: Vec<String>,
    /// What comes of it.
    pub outcome: Outcome,
    /// What the File pane shows beside what follows from the outcome.
    pub shown: Vec<&'static str>,
}

/// What comes of a file.
pub enum Outcome {
    /// It is checked: valid rows, duplicates, rejected rows, and every problem code with its count.
    Checked(u64, u64, u64, Vec<(&'static str, u64)>),
    /// It is refused with this error code, and these words stand in the sentence.
    Refused(&'static str, &'static str),
    /// A person has to choose: the flag, and the title of the question in the File pane.
    Asked(&'static str, &'static str),
}

impl Case {
    /// A file of these bytes.
    fn of(number: u8, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::made(number, name, move |path| std::fs::write(path, &bytes).unwrap())
    }

    /// A file that is made in another way than by writing bytes.
    fn made(number: u8, name: &str, build: impl Fn(&Path) + 'static) -> Self {
        Self {
            number,
            name: name.to_owned(),
            build: Box::new(build),
            opened: None,
            inside: None,
            flags: Vec::new(),
            outcome: Outcome::Refused("", ""),
            shown: Vec::new(),
        }
    }

    /// A file of these bytes, which are not made before they are needed.
    fn large(number: u8, name: &str, bytes: fn() -> Vec<u8>) -> Self {
        Self::made(number, name, move |path| std::fs::write(path, bytes()).unwrap())
    }

    /// A path that is there already.
    fn at(number: u8, path: &str) -> Self {
        Self { opened: Some(path.into()), ..Self::made(number, "nothing", |_| ()) }
    }

    /// With flags.
    fn said(mut self, flags: &[&str]) -> Self {
        self.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self
    }

    /// It is checked: valid rows, duplicates, rejected rows, and every problem code with its count.
    fn checked(mut self, valid: u64, duplicates: u64, rejected: u64, codes: &[(&'static str, u64)]) -> Self {
        self.outcome = Outcome::Checked(valid, duplicates, rejected, codes.to_vec());
        self
    }

    /// It is refused.
    fn refused(mut self, code: &'static str, words: &'static str) -> Self {
        self.outcome = Outcome::Refused(code, words);
        self
    }

    /// It is asked about.
    fn asked(mut self, flag: &'static str, title: &'static str) -> Self {
        self.outcome = Outcome::Asked(flag, title);
        self
    }

    /// The pane shows this too.
    fn shows(mut self, words: &[&'static str]) -> Self {
        self.shown = words.to_vec();
        self
    }

    /// Makes the file in a folder. The path to open.
    pub fn build(&self, folder: &Path) -> PathBuf {
        let path = folder.join(&self.name);
        (self.build)(&path);
        match &self.inside {
            Some(inside) => path.join(inside),
            None => self.opened.clone().unwrap_or(path),
        }
    }

    /// Number and name, for a failure.
    pub fn title(&self) -> String {
        format!("{} {} {}", self.number, self.name.escape_debug(), self.flags.join(" "))
    }
}

/// Every case, in the order of their numbers.
pub fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        encodings::cases(),
        lines::cases(),
        quotes::cases(),
        headers::cases(),
        numbers::cases(),
        times::cases(),
        registry::cases(),
        hostile::cases(),
        containers::cases(),
        workbooks::cases(),
        special::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    cases.sort_by_key(|case| case.number);
    cases
}
