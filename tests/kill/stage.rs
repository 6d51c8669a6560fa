//! A tenant in a process of its own, the wire to it, and the home folder from which the program is started.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::case::Kill;
use crate::checker::{self, Kind, Said, talk, trail};
use crate::file;
use crate::life::live;
use crate::power;
use crate::shrink;
use crate::wire::Wire;

/// What a tenant is asked for before anybody works on it.
const SCOPES: &str = "dnc:read dnc:write tenant:read compliance:read lists:read lists:write lists:contacts:read lists:contacts:write";

/// The tenant.
pub struct Tenant {
    child: Child,
    first_line: Value,
}

impl Tenant {
    /// `sandbox serve`, with more arguments.
    pub fn start(home: &Path, more: &[String]) -> Self {
        let mut child = program(home)
            .args(["sandbox", "serve", "--port", "0", "--entries", "300", "--cool-down", "0", "--json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, first_line: serde_json::from_str(&line).unwrap() }
    }

    pub fn word(&self, field: &str) -> &str {
        self.first_line[field].as_str().unwrap()
    }

    /// The address of a control route.
    pub fn control(&self, what: &str) -> String {
        format!("{}/__sandbox/{what}", self.word("api_url").trim_end_matches("/api/v2"))
    }

    pub fn ask(&self, what: &str) -> Value {
        talk::ask(&self.control(what))
    }

    /// The truth once no job is at work any more.
    pub fn settled_truth(&self) -> Value {
        loop {
            let truth = self.ask("state");
            let at_work = |job: &Value| matches!(job["status"].as_str(), Some("QUEUED" | "RUNNING"));
            if !truth["jobs"].as_array().unwrap().iter().any(at_work) {
                return truth;
            }
        }
    }

    /// Puts onto the list whoever stands there before.
    pub fn put_there_before(&self, kind: Kind) {
        if let Some((path, body)) = file::prior(kind, &self.id_of(kind)) {
            self.have_done(&[("POST", path, Some(body))]);
        }
    }

    /// Somebody else puts a second entry of a number onto the list.
    pub fn double(&self, who: &str) {
        let body = self.entry(who, "US-CA", "twice");
        self.have_done(&[("POST", "/dnc/entries".to_owned(), Some(body))]);
    }

    /// Somebody else changes the entries of these numbers: what they say is replaced.
    pub fn meddle(&self, numbers: &[String]) {
        let there = checker::records(Kind::Entries, &self.ask("state"));
        let mut calls = Vec::new();
        for who in numbers {
            for record in there.get(who).into_iter().flatten() {
                let path = format!("/dnc/entries/{}", record["id"].as_str().unwrap());
                calls.push(("DELETE", path, None));
            }
            let body = self.entry(who, "US-TX", shrink::MEDDLED);
            calls.push(("POST", "/dnc/entries".to_owned(), Some(body)));
        }
        self.have_done(&calls);
    }

    fn entry(&self, who: &str, place: &str, source: &str) -> Value {
        let (list, key) = (self.id_of(Kind::Entries), format!("{source}-{who}"));
        json!({"data": [{"phoneNumber": who, "listId": list, "jurisdiction": place, "source": source,
                         "idempotencyKey": key}]})
    }

    fn id_of(&self, kind: Kind) -> String {
        let truth = self.ask("state");
        let lists = truth["lists"].as_array().unwrap();
        lists
            .iter()
            .find(|list| list["name"] == kind.list())
            .map_or(kind.list(), |list| list["id"].as_str().unwrap())
            .to_owned()
    }

    /// Calls of somebody else: method, path below the API, body.
    fn have_done(&self, calls: &[(&str, String, Option<Value>)]) {
        if calls.is_empty() {
            return;
        }
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            self.word("client_id"),
            self.word("client_secret"),
            SCOPES.replace(' ', "+").replace(':', "%3A"),
        );
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        // A tenant that has bad moments has them here too.
        let token = (0..20).find_map(|_| {
            let (_, answer) = talk::call("POST", self.word("token_url"), &headers, form.as_bytes())?;
            let answer: Value = serde_json::from_slice(&answer).ok()?;
            answer["access_token"].as_str().map(str::to_owned)
        });
        let bearer = format!("Bearer {}", token.unwrap());
        let headers = [("Content-Type", "application/json"), ("Authorization", &bearer)];
        for (method, path, body) in calls {
            let url = format!("{}{path}", self.word("api_url"));
            let body = body.as_ref().map(Value::to_string).unwrap_or_default();
            let done = (0..20).any(|_| {
                talk::call(method, &url, &headers, body.as_bytes())
                    // What went at a moment that told nothing is gone.
                    .is_some_and(|(status, _)| {
                        (200..300).contains(&status) || (*method, status) == ("DELETE", 404)
                    })
            });
            assert!(done, "{method} {path}: it could not be done");
        }
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home with a profile on a tenant.
pub struct Desk {
    pub home: TempDir,
    pub tenant: Tenant,
    pub wire: Wire,
    pub cool_down: u64,
    /// Whether somebody listens to the runs.
    pub has_hook: bool,
}

impl Desk {
    pub fn new(serve: &[String], per_call: u64, cool_down: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        let tenant = Tenant::start(home.path(), serve);
        let wire = Wire::to(talk::parts(tenant.word("api_url")).0, &home.path().join("data"));
        let desk = Self { home, tenant, wire, cool_down, has_hook: false };
        desk.configure(per_call);
        desk
    }

    /// Writes the profile. Events have a way of their own: the wire holds no sockets.
    pub fn configure(&self, per_call: u64) {
        let hook = match self.has_hook {
            true => format!("webhook = \"{}\"\n", self.tenant.word("webhook_url")),
            false => String::new(),
        };
        let config = format!(
            "default_profile = \"kill\"\n[profiles.kill]\npreset = \"sandbox\"\nenvironment = \"sandbox\"\n\
             credentials = \"env\"\ntoken_url = \"http://{wire}/oauth/token\"\napi_url = \"http://{wire}/api/v2\"\n\
             events_url = \"{events}\"\n[profiles.kill.limits]\nentries_per_call = {per_call}\n\
             items_per_call = {per_call}\nsuppression_per_call = {per_call}\nbulk_per_call = {per_call}\n\
             [profiles.kill.upload]\ncool_down_seconds = {cool_down}\n{hook}",
            wire = self.wire.address,
            events = self.tenant.word("events_url"),
            cool_down = self.cool_down,
        );
        fs::write(self.home.path().join("quietline.toml"), config).unwrap();
    }

    pub fn ledger(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub fn secrets(&self) -> Vec<String> {
        let said = |what| self.tenant.word(what).to_owned();
        vec![said("client_secret"), said("webhook_secret"), "Bearer sbx.".into()]
    }

    /// Starts a command and waits until it has ended or was killed.
    pub fn start(&self, arguments: &[impl AsRef<str>], kill: Option<&Kill>) -> Said {
        let words: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let mut command = program(self.home.path());
        command
            .args(&words)
            .env("QUIETLINE_CLIENT_ID", self.tenant.word("client_id"))
            .env("QUIETLINE_CLIENT_SECRET", self.tenant.word("client_secret"));
        if self.has_hook {
            command.env("QUIETLINE_WEBHOOK_SECRET", self.tenant.word("webhook_secret"));
        }
        if let Some(Kill::Disk { at, trouble }) = kill {
            command.envs(power::variables(self.home.path(), *at, *trouble));
        }
        live(command, &words.join(" "), &self.wire, kill)
    }

    /// How far the trail is now.
    pub fn floor(&self) -> trail::Floor {
        trail::floor(&self.ledger())
    }
}

/// The program, in a home where it finds nothing but its profile.
fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command
        .current_dir(home)
        .stdin(Stdio::null())
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", home.join("tmp"))
        .env("QUIETLINE_CONFIG", home.join("quietline.toml"))
        .env("QUIETLINE_DATA_DIR", home.join("data"));
    command
}
