//! Killed at 25 random moments in the middle of an upload, against a tenant in a process of its own that itself throttles,
//! fails and cuts connections: the list ends up as intended, nothing is doubled, and the buckets add up.
//!
//! `QUIETLINE_CRASH_SEED=N` repeats a run's moments as far as time can be repeated.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use quietline::domain::run::BatchState;
use quietline::ledger::Ledger;
use serde_json::Value;
use tempfile::TempDir;

const KILLS: usize = 25;
const LIST: &str = "Trial_Imports";
/// Rows of a call: few, so that the upload is long enough in calls to be hit 25 times.
const ROWS_PER_CALL: usize = 5;
/// Longest time a life goes on after its first write.
const LONGEST_LIFE_MS: u64 = 250;
/// For whatever should happen soon; never used up by a test that passes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Resumes that may end early because the tenant had a bad moment.
const BAD_MOMENTS: usize = 50;
/// Area codes whose fictional numbers 555-0100 to 555-0199 the seeded world does not use.
const AREA_CODES: [u32; 30] = [
    201, 203, 205, 207, 208, 209, 210, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239,
    240, 248, 251, 252, 253, 254, 256, 260, 262,
];

#[test]
fn killed_25_times_in_mid_upload_the_list_is_as_intended() {
    let seed = std::env::var("QUIETLINE_CRASH_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("QUIETLINE_CRASH_SEED={seed}");
    let mut chance = fastrand::Rng::with_seed(seed);

    let desk = Desk::new();
    let before = desk.sandbox.numbers();
    let upload = Upload::write(desk.home.path());
    assert!(
        before.keys().all(|number| !upload.intended.contains(number)),
        "the list already holds some of the file"
    );

    let file = upload.file.to_str().unwrap();
    let first =
        ["upload", file, "--list", LIST, "--reason", "crash test", "--yes", "--until", "uploaded", "--json"];
    let resume = ["resume", "--until", "uploaded", "--json"];

    let mut kills = Vec::new();
    let mut bad_moments = 0;
    let mut arguments: &[&str] = &first;
    while kills.len() < KILLS {
        let mut life = desk.start(arguments);
        arguments = &resume;
        let killed = life.wait_for_write(&desk.sandbox)
            && !life.ends_within(Duration::from_millis(chance.u64(0..LONGEST_LIFE_MS)));
        if killed {
            life.kill();
            kills.push(desk.wreck());
        } else {
            let (code, output) = life.end();
            assert_eq!(
                code,
                Some(5),
                "it ended before it was killed {KILLS} times: {output}\n{}",
                desk.stderr()
            );
            bad_moments += 1;
            assert!(bad_moments < BAD_MOMENTS, "the tenant has nothing but bad moments: {output}");
        }
    }
    let run = desk.resume_to_the_end(&resume);

    for (n, kill) in kills.iter().enumerate() {
        println!("kill {:2}: {kill}", n + 1);
    }
    let hits = kills.iter().filter(|kill| kill.in_flight > 0).count();
    println!("{hits} of {KILLS} kills hit a batch in flight; bad moments of the tenant: {bad_moments}");
    assert!(hits > 0, "no kill hit the middle");

    upload.assert_accounted(&run);
    upload.assert_on_the_list(&before, &desk.sandbox.numbers());
}

/// What the ledger says after a kill: how far the run was, and what was under way.
struct Wreck {
    settled: u64,
    in_flight: usize,
    states: String,
}

impl std::fmt::Display for Wreck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} batches settled, {} in flight ({})", self.settled, self.in_flight, self.states)
    }
}

/// The generated file, and what it is meant to do.
struct Upload {
    file: PathBuf,
    rows: u64,
    rejected: u64,
    duplicates: u64,
    intended: BTreeSet<String>,
}

impl Upload {
    /// 3,000 numbers, 5 % rows that are no numbers, 3 % second spellings.
    fn write(folder: &Path) -> Self {
        let mut text = String::from("phone,source\n");
        let mut upload = Self {
            file: folder.join("upload.csv"),
            rows: 0,
            rejected: 0,
            duplicates: 0,
            intended: BTreeSet::new(),
        };
        for (n, (area, line)) in
            AREA_CODES.iter().flat_map(|area| (100..200).map(move |line| (area, line))).enumerate()
        {
            upload.rows += 1;
            upload.intended.insert(format!("+1{area}5550{line}"));
            let _ = writeln!(text, "({area}) 555-0{line},crash");
            if n % 20 == 7 {
                upload.rows += 1;
                upload.rejected += 1;
                let _ = writeln!(text, "n/a,crash");
            }
            if n % 33 == 11 {
                upload.rows += 1;
                upload.duplicates += 1;
                let _ = writeln!(text, "+1 {area}.555.0{line},crash");
            }
        }
        fs::write(&upload.file, text).unwrap();
        upload
    }

    /// The run object: each row in one bucket, and in the right one.
    fn assert_accounted(&self, run: &Value) {
        let bucket = |name: &str| run[name].as_u64().unwrap_or_else(|| panic!("no {name} in {run}"));
        let names =
            ["accepted", "unchanged", "duplicates", "removed", "rejected", "dead_letters", "unaccounted"];
        let sum: u64 = names.into_iter().map(bucket).sum();
        assert_eq!(bucket("rows"), sum, "the buckets do not add up: {run}");
        assert_eq!(bucket("rows"), self.rows, "{run}");
        assert_eq!(bucket("rejected"), self.rejected, "{run}");
        assert_eq!(bucket("duplicates"), self.duplicates, "{run}");
        assert_eq!(bucket("accepted"), self.intended.len() as u64, "{run}");
        assert_eq!(run["state"], "uploaded", "{run}");
    }

    /// The tenant's own truth: what was there, and each intended number exactly once.
    fn assert_on_the_list(&self, before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) {
        let missing: Vec<_> = self.intended.iter().filter(|number| !after.contains_key(*number)).collect();
        let doubled: Vec<_> =
            self.intended.iter().filter(|number| after.get(*number).is_some_and(|n| *n > 1)).collect();
        let foreign: Vec<_> =
            after.keys().filter(|n| !self.intended.contains(*n) && !before.contains_key(*n)).collect();
        let gone: Vec<_> =
            before.iter().filter(|(number, count)| after.get(*number) != Some(count)).collect();
        assert!(missing.is_empty(), "missing: {missing:?}");
        assert!(doubled.is_empty(), "doubled: {doubled:?}");
        assert!(foreign.is_empty(), "never asked for: {foreign:?}");
        assert!(gone.is_empty(), "changed, though not in the file: {gone:?}");
    }
}

/// A home with a profile on a sandbox.
struct Desk {
    home: TempDir,
    sandbox: Sandbox,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(home.path());
        let config = format!(
            "default_profile = \"crash\"\n[profiles.crash]\npreset = \"custom\"\nenvironment = \"sandbox\"\n\
             credentials = \"env\"\ntoken_url = \"{}\"\napi_url = \"{}\"\n\
             [profiles.crash.limits]\nentries_per_call = {ROWS_PER_CALL}\n",
            sandbox.token_url, sandbox.api_url,
        );
        fs::write(home.path().join("quietline.toml"), config).unwrap();
        Self { home, sandbox }
    }

    fn start(&self, arguments: &[&str]) -> Life {
        let log = File::options().create(true).append(true).open(self.home.path().join("stderr")).unwrap();
        let mut child = quietline(self.home.path())
            .args(arguments)
            .env("QUIETLINE_CLIENT_ID", &self.sandbox.client_id)
            .env("QUIETLINE_CLIENT_SECRET", &self.sandbox.client_secret)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let output = read_to_end(child.stdout.take().unwrap());
        Life { child, output, last: self.sandbox.last_call(), text: None }
    }

    /// Resumes until the run is uploaded, through the tenant's bad moments.
    fn resume_to_the_end(&self, resume: &[&str]) -> Value {
        for _ in 0..BAD_MOMENTS {
            let (code, output) = self.start(resume).end();
            match code {
                Some(5) => {}
                Some(0 | 1) => {
                    return serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {output}"));
                }
                _ => panic!("resume ended with {code:?}: {output}\n{}", self.stderr()),
            }
        }
        panic!("resume does not get to the end\n{}", self.stderr());
    }

    /// Reads the ledger that a killed process left.
    fn wreck(&self) -> Wreck {
        self.sandbox.runtime.block_on(async {
            let ledger = Ledger::open(&self.home.path().join("data")).unwrap();
            // Killed between a commit and its line, too: the mirror is completed, and nothing is broken.
            let trail = ledger.verify().await.unwrap();
            assert!(trail.is_intact(), "{:?}", trail.broken);
            let run = ledger.runs().await.unwrap().into_iter().next().unwrap();
            let open = ledger.open_batches(&run.id).await.unwrap();
            let mut states: BTreeMap<&str, usize> = BTreeMap::new();
            for batch in &open {
                *states.entry(batch.state.as_str()).or_default() += 1;
            }
            Wreck {
                settled: run.batches_done,
                in_flight: open.iter().filter(|batch| batch.state != BatchState::Queued).count(),
                states: states.iter().map(|(state, n)| format!("{state} {n}")).collect::<Vec<_>>().join(", "),
            }
        })
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.home.path().join("stderr")).unwrap_or_default()
    }
}

/// One process, from its start to its end or its kill.
struct Life {
    child: Child,
    output: Receiver<String>,
    /// The tenant's last call before this life.
    last: u64,
    text: Option<String>,
}

impl Life {
    /// Waits for the first write of this life. `false` = it ended without one.
    fn wait_for_write(&mut self, sandbox: &Sandbox) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if sandbox.has_written_since(self.last) {
                return true;
            }
            if self.ends_within(Duration::from_millis(5)) {
                return false;
            }
            assert!(Instant::now() < deadline, "nothing is sent");
        }
    }

    /// Waits for the end, at most so long.
    fn ends_within(&mut self, limit: Duration) -> bool {
        match self.output.recv_timeout(limit) {
            Ok(text) => self.text = Some(text),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("its output was read twice"),
        }
        self.text.is_some()
    }

    /// `kill -9`, and waits until it is gone and its locks with it.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Exit code and stdout.
    fn end(mut self) -> (Option<i32>, String) {
        if self.text.is_none() && !self.ends_within(PATIENCE * 3) {
            let _ = self.child.kill();
            panic!("it does not end");
        }
        (self.child.wait().unwrap().code(), self.text.take().unwrap_or_default())
    }
}

/// The tenant in a process of its own, and its truth.
struct Sandbox {
    child: Child,
    token_url: String,
    api_url: String,
    client_id: String,
    client_secret: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Sandbox {
    fn start(home: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = quietline(home)
            .args(["sandbox", "serve", "--port", "0", "--seed", "7", "--story", "flaky", "--json"])
            .stdout(Stdio::piped())
            .stderr(File::create(home.join("sandbox-stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            panic!(
                "{error}: {line:?} {}",
                fs::read_to_string(home.join("sandbox-stderr")).unwrap_or_default()
            )
        });
        let word =
            |name: &str| said[name].as_str().unwrap_or_else(|| panic!("no {name} in {line}")).to_owned();
        Self {
            token_url: word("token_url"),
            api_url: word("api_url"),
            client_id: word("client_id"),
            client_secret: word("client_secret"),
            child,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    fn ask(&self, what: &str) -> Value {
        let url = format!("{}/__sandbox/{what}", self.api_url.trim_end_matches("/api/v2"));
        self.runtime.block_on(async { self.client.get(url).send().await.unwrap().json().await.unwrap() })
    }

    /// Each number of the list with how many records hold it.
    fn numbers(&self) -> BTreeMap<String, usize> {
        let state = self.ask(&format!("state?listId={LIST}"));
        let mut numbers = BTreeMap::new();
        for record in state["lists"][0]["records"].as_array().unwrap() {
            *numbers.entry(record["phoneNumber"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        numbers
    }

    /// The number of the last call so far.
    fn last_call(&self) -> u64 {
        let log = self.ask("log");
        log.as_array().unwrap().last().map_or(0, |line| line["seq"].as_u64().unwrap())
    }

    /// Whether records were made since that call.
    fn has_written_since(&self, last: u64) -> bool {
        let log = self.ask(&format!("log?after={last}"));
        log.as_array()
            .unwrap()
            .iter()
            .any(|line| line["method"] == "POST" && line["applied"].as_u64() > Some(0))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, in a home where it finds nothing but its profile.
fn quietline(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command
        .current_dir(home)
        .stdin(Stdio::null())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("xdg-data"))
        .env("QUIETLINE_CONFIG", home.join("quietline.toml"))
        .env("QUIETLINE_DATA_DIR", home.join("data"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy");
    command
}

/// Reads off the test's thread, so that a test can wait for the end with a limit.
fn read_to_end(mut stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    receiver
}
