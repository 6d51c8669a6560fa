//! The other programs: found, or installed by name.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;

/// Threads that everybody gets.
const THREADS: usize = 2;

/// Counts the rows that an expression finds sound, on the same file, timed inside the program.
const COUNT: &str = r#"
import sys, time, duckdb
file, threads, sound = sys.argv[1:]
db = duckdb.connect()
db.execute(f"SET threads = {threads}")
db.execute("SET enable_progress_bar = false")
query = rf"""
    SELECT count(*) FILTER (WHERE {sound}
        AND regexp_matches(jurisdiction, '^[A-Z]{{2}}-[A-Z]{{2}}$')
        AND regexp_matches(expirationDate, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'))
    FROM read_csv(?, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
"""
db.execute("SELECT 1").fetchall()
start = time.perf_counter()
found = db.execute(query, [file]).fetchone()[0]
print(time.perf_counter() - start, found)
"#;

/// What DuckDB says of numbers by regular expressions alone. Neither knows the plan of numbers, finds a duplicate, says where
/// a row is wrong and why, or hashes the file.
#[derive(Clone, Copy)]
pub enum Expressions {
    /// Reads each number, whatever its spelling, and looks whether its digits may be one: what the goal is set against.
    Digits,
    /// Only looks whether the cell has the form of one; which number it is, nobody knows afterwards.
    Form,
}

impl Expressions {
    fn sound(self) -> &'static str {
        match self {
            Self::Digits => {
                r"regexp_matches(regexp_replace(phone, '[^0-9]', '', 'g'), '^1?[2-9][0-9]{2}[2-9][0-9]{6}$')"
            }
            Self::Form => {
                r"regexp_matches(phone, '^(\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]?[2-9][0-9]{2}[-. ]?[0-9]{4}$')"
            }
        }
    }
}

/// Who is there.
pub struct Peers {
    pub duckdb: Option<DuckDb>,
    pub xan: Option<Tool>,
    pub csvlens: Option<Tool>,
}

impl Peers {
    /// Looks for all of them, and installs what is missing.
    pub fn find(home: &Path) -> Self {
        Self {
            duckdb: DuckDb::find(home),
            xan: Tool::find(home, "xan"),
            csvlens: Tool::find(home, "csvlens"),
        }
    }
}

/// DuckDB, by its Python package.
pub struct DuckDb {
    python: PathBuf,
}

impl DuckDb {
    fn find(home: &Path) -> Option<Self> {
        let own = home.join("python/bin/python3");
        let works = |python: &Path| succeeds(Command::new(python).args(["-c", "import duckdb"]));
        if let Some(python) = [PathBuf::from("python3"), own.clone()].into_iter().find(|it| works(it)) {
            return Some(Self { python });
        }
        let folder = home.join("python");
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && succeeds(Command::new(&own).args(["-m", "pip", "install", "--quiet", "duckdb"]));
        (made && works(&own)).then_some(Self { python: own }).or_else(|| missing("duckdb"))
    }

    /// Seconds that the expressions take.
    pub fn count(&self, file: &Path, expressions: Expressions) -> f64 {
        let mut command = Command::new(&self.python);
        command.args(["-c", COUNT]).arg(file).args([&THREADS.to_string(), expressions.sound()]);
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        said.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// A program that Cargo installs.
pub struct Tool {
    path: PathBuf,
}

impl Tool {
    fn find(home: &Path, name: &str) -> Option<Self> {
        let own = home.join("bin").join(name);
        let works = |path: &Path| succeeds(Command::new(path).arg("--version"));
        if let Some(path) = [PathBuf::from(name), own.clone()].into_iter().find(|it| works(it)) {
            return Some(Self { path });
        }
        let mut install = Command::new("cargo");
        install.args(["install", "--locked", "--quiet", "--root"]).arg(home).arg(name);
        (succeeds(&mut install) && works(&own)).then_some(Self { path: own }).or_else(|| missing(name))
    }

    /// Counts rows on every core.
    pub fn count(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.args(["count", "-p"]).arg(file);
        command
    }

    /// Shows a file in a terminal.
    pub fn command(&self, file: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new(&self.path);
        command.arg(file);
        command
    }
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

fn missing<T>(name: &str) -> Option<T> {
    println!("{name} is not there and cannot be installed: its figures are left out\n");
    None
}
