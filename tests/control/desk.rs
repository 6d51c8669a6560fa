//! A desk with a slow upload on it, and the tenant's own truth.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Desk, Tenant, typed};

pub const LIST: &str = "Trial_Imports";
/// For whatever should happen soon; never used up by a test that passes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Area codes whose fictional numbers the seeded world does not use.
const AREA_CODES: [u32; 4] = [201, 203, 205, 207];

/// One row of each call, so few a second that the upload of [`numbers`] would take minutes.
pub const SLOW: &str = "entries_per_call = 1\nentries_per_second = 5\n";
/// As fast as the tenant allows.
pub const FAST: &str = "entries_per_call = 10\n";

/// A desk on a tenant, with these limits and a file of 400 numbers.
pub fn at_work(tenant: &Tenant, limits: &str) -> Desk {
    let desk = Desk::on(tenant);
    set_limits(&desk, limits);
    let mut text = String::from("phone\n");
    for area in AREA_CODES {
        (100..200).for_each(|line| writeln!(text, "({area}) 555-0{line}").unwrap());
    }
    desk.write("numbers.csv", text);
    desk
}

/// Other limits for every later call.
pub fn set_limits(desk: &Desk, limits: &str) {
    let config = fs::read_to_string(desk.config()).unwrap();
    let config = config.split("\n[profiles.desk.limits]").next().unwrap().trim_end().to_owned();
    fs::write(desk.config(), format!("{config}\n\n[profiles.desk.limits]\n{limits}")).unwrap();
}

pub const UPLOAD: [&str; 9] =
    ["upload", "numbers.csv", "--list", LIST, "--reason", "trial", "--yes", "--until", "uploaded"];

/// A command that goes on while others are typed.
pub struct Running {
    pub child: Child,
    typed: String,
}

impl Running {
    /// Starts it.
    pub fn start<'a>(desk: &Desk, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = desk.command(arguments);
        let typed = typed(&command);
        let stderr = File::options().create(true).append(true).open(desk.work().join("stderr")).unwrap();
        let child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        Self { child, typed }
    }

    /// A signal by its number, as a terminal or a person sends it.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for its end: exit code and stdout.
    #[track_caller]
    pub fn ends(mut self, code: i32) -> String {
        let begun = Instant::now();
        let mut stdout = self.child.stdout.take().unwrap();
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(
            status.code(),
            Some(code),
            "{} ended with {status} after {:?}: {text}",
            self.typed,
            begun.elapsed()
        );
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a terminal or a person does to a process.
pub fn signal(process: u32, name: &str) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match name {
        "INT" => Signal::INT,
        "HUP" => Signal::HUP,
        "KILL" => Signal::KILL,
        _ => panic!("no signal {name}"),
    };
    kill_process(Pid::from_raw(i32::try_from(process).unwrap()).unwrap(), signal).unwrap();
}

/// Asks again and again until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
    }
}

/// The newest run.
pub fn newest(desk: &Desk) -> Value {
    desk.run(["runs", "--json"]).exits(0).json()[0].clone()
}

/// Waits until the newest run has rows on the list.
#[track_caller]
pub fn under_way(desk: &Desk) -> String {
    until("a run with accepted rows", || {
        let run = newest(desk);
        (run["state"] == "uploading" && run["accepted"].as_u64() > Some(2))
            .then(|| run["run"].as_str().unwrap().to_owned())
    })
}

pub fn state(desk: &Desk, run: &str) -> Value {
    desk.run(["runs", run, "--json"]).exits(0).json()
}

/// How often each of the file's numbers stands on the list, by the tenant's own word.
pub fn on_the_list(tenant: &Tenant) -> BTreeMap<String, usize> {
    let url = format!("{}/__sandbox/state?listId={LIST}", tenant.text("api_url").trim_end_matches("/api/v2"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let state: Value =
        runtime.block_on(async { client.get(url).send().await.unwrap().json().await.unwrap() });
    let mut numbers = BTreeMap::new();
    for record in state["lists"][0]["records"].as_array().unwrap() {
        let number = record["phoneNumber"].as_str().unwrap();
        let is_ours = AREA_CODES.iter().any(|area| number.starts_with(&format!("+1{area}5550")));
        if is_ours {
            *numbers.entry(number.to_owned()).or_default() += 1;
        }
    }
    numbers
}

/// Every number of the file stands there once.
#[track_caller]
pub fn assert_whole(tenant: &Tenant) {
    let there = on_the_list(tenant);
    assert_eq!(there.len(), AREA_CODES.len() * 100, "numbers are missing");
    assert!(there.values().all(|n| *n == 1), "numbers are doubled: {there:?}");
}
