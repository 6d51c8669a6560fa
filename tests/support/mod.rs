//! A person at a desk of their own: a home folder with config and data, the program, and a tenant where one is needed.
//! Whatever fails prints everything: what was typed, the exit code, both streams.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home folder, and the program in it. No variable of the machine reaches the program.
pub struct Desk {
    home: TempDir,
    secrets: Option<(String, String)>,
}

impl Desk {
    /// A machine without configuration, keyring, D-Bus or terminal.
    pub fn new() -> Self {
        let desk = Self { home: tempfile::tempdir().expect("a temporary home"), secrets: None };
        for folder in ["work", "tmp"] {
            fs::create_dir(desk.home.path().join(folder)).expect("a folder");
        }
        desk
    }

    /// The same with a profile on a tenant, and its credentials in the environment.
    pub fn on(tenant: &Tenant) -> Self {
        let mut desk = Self::new();
        desk.secrets = Some((tenant.text("client_id"), tenant.text("client_secret")));
        desk.add_profile(&tenant.text("token_url"), &tenant.text("api_url"));
        desk
    }

    /// The same with the address of the events of its jobs.
    pub fn with_events_of(tenant: &Tenant) -> Self {
        let desk = Self::on(tenant);
        let config = fs::read_to_string(desk.config()).expect("a config");
        let events = format!("events_url = \"{}\"\n", tenant.text("events_url"));
        let config = config.replacen("api_url", &format!("{events}api_url"), 1);
        fs::write(desk.config(), config).expect("a config");
        desk
    }

    /// Writes a profile that takes its credentials from the environment.
    pub fn add_profile(&self, token_url: &str, api_url: &str) {
        let add =
            ["profile", "add", "desk", "--preset", "sandbox", "--credentials", "env", "--cool-down", "1"];
        let urls = ["--token-url", token_url, "--api-url", api_url];
        self.run(add.into_iter().chain(urls)).exits(0);
    }

    /// Credentials for the environment of every later call.
    pub fn with_secret(mut self, id: &str, secret: &str) -> Self {
        self.secrets = Some((id.into(), secret.into()));
        self
    }

    /// The folder in which commands are typed.
    pub fn work(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// A file in that folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::write(&path, content).expect("a file");
        path
    }

    /// The config file of the platform's default place.
    pub fn config(&self) -> PathBuf {
        self.home.path().join(".config/quietline/config.toml")
    }

    /// The program with these arguments, not started yet.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
        command
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path().join("tmp"))
            .stdin(Stdio::null());
        if let Some((id, secret)) = &self.secrets {
            command.env("QUIETLINE_CLIENT_ID", id).env("QUIETLINE_CLIENT_SECRET", secret);
        }
        command
    }

    /// Types a command and waits for its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        Ended::of(self.command(arguments), None)
    }

    /// The same with something on stdin.
    pub fn run_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Ended {
        Ended::of(self.command(arguments), Some(input))
    }

    /// Every file of the home folder, relative to it.
    pub fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        collect(self.home.path(), self.home.path(), &mut files);
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if entry.file_type().expect("a type").is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.strip_prefix(root).expect("below the root").display().to_string());
        }
    }
}

/// A command that has ended.
pub struct Ended {
    typed: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(mut command: Command, input: Option<&str>) -> Self {
        let typed = typed(&command);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().expect("the program starts");
        if let Some(input) = input {
            // A program that does not read to the end closes the pipe: that is its right.
            let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        }
        Self::finish(typed, child)
    }

    /// Waits for a program that was started by hand.
    pub fn finish(typed: String, child: Child) -> Self {
        let output = child.wait_with_output().expect("the program ends");
        Self {
            typed,
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Everything, for a failure.
    pub fn all(&self) -> String {
        format!(
            "\n$ {}\n── exit {:?}\n── stdout\n{}\n── stderr\n{}\n──",
            self.typed, self.code, self.stdout, self.stderr
        )
    }

    /// It ended with this code, and did not panic on the way.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        assert!(!self.stderr.contains("panicked"), "{}", self.all());
        self
    }

    /// It failed with this exit code and this error code, and said what, why and next on three lines of stderr.
    #[track_caller]
    pub fn fails(self, exit: i32, code: &str) -> Self {
        let ended = self.exits(exit);
        let lines: Vec<&str> = ended.stderr.lines().collect();
        let told = lines.len() >= 3
            && lines[lines.len() - 3].starts_with("error: ")
            && lines[lines.len() - 2].starts_with("  why:  ")
            && lines[lines.len() - 1].starts_with("  next: ");
        assert!(told, "not three lines of what, why, next{}", ended.all());
        assert!(ended.stderr.contains(&format!("[{code}]")), "the code is not {code}{}", ended.all());
        assert_eq!(ended.stdout, "", "data on stdout{}", ended.all());
        ended
    }

    /// It failed with this exit code and said so in exactly one JSON document.
    #[track_caller]
    pub fn fails_in_json(self, exit: i32, code: &str) -> Self {
        let ended = self.exits(exit);
        let error = &ended.json()["error"];
        assert_eq!(error["code"], code, "{}", ended.all());
        for field in ["message", "advice"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{field}{}", ended.all());
        }
        ended
    }

    /// stdout, which is one JSON document and nothing else.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no single JSON document: {e}{}", self.all()))
    }

    /// A text stands in one of the streams.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "{text:?} is not said{}",
            self.all()
        );
        self
    }
}

/// What was typed, for people.
pub fn typed(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("quietline".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A simulated tenant in a process of its own. Dropping it ends that process.
pub struct Tenant {
    child: Child,
    first_line: Value,
}

impl Tenant {
    /// A tenant without trouble and with a small world.
    pub fn calm() -> Self {
        Self::start(&[])
    }

    /// `sandbox serve --json` with more arguments.
    pub fn start(more: &[&str]) -> Self {
        let desk = Desk::new();
        let serve = ["sandbox", "serve", "--json", "--entries", "1000", "--cool-down", "0"];
        let mut command = desk.command(serve.iter().chain(more));
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the sandbox starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a first line");
        let first_line =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("the first line: {e}: {line:?}"));
        Self { child, first_line }
    }

    /// A field of its first line.
    pub fn text(&self, field: &str) -> String {
        self.first_line[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {}", self.first_line))
            .to_owned()
    }

    /// Its process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
