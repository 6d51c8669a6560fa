//! A tenant, a ledger and a person in between: what every test of this file needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quietline::config::Profile;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::Ledger;
use quietline::ops::{
    Input, Launch, Launched, Ops, OpsError, OpsEvent, PlanRequest, Planned, Reconciliation, Silent, Sink,
    Until,
};
use quietline::sandbox::{Options, Sandbox, Story};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const LIST: &str = "Internal_OptOuts";

pub struct Stage {
    pub ops: Ops,
    sandbox: Option<Sandbox>,
    origin: String,
    http: reqwest::Client,
    folder: tempfile::TempDir,
    before: BTreeSet<String>,
}

impl Stage {
    pub async fn with(story: Story) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { story, entries: 600, lag: Duration::from_millis(50), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut profile = Profile::sandbox("test", &sandbox.token_url(), &sandbox.api_url());
        profile.cool_down_seconds = 0;
        let credentials = quietline::ops::Credentials {
            client_id: sandbox.client_id().into(),
            client_secret: sandbox.client_secret().to_owned().into(),
        };
        let ledger = Ledger::open(&folder.path().join("ledger")).unwrap();
        let ops = Ops::new(profile, credentials, ledger, false).unwrap();
        let origin = sandbox.api_url().trim_end_matches("/api/v2").to_owned();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut stage = Self { ops, sandbox: Some(sandbox), origin, http, folder, before: BTreeSet::new() };
        stage.before = stage.records().await.into_iter().map(|record| phone(&record)).collect();
        stage
    }

    pub fn list_name(&self) -> &'static str {
        LIST
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn request(file: &Path) -> PlanRequest {
        PlanRequest { file: file.to_owned(), list: LIST.into(), input: Input::default() }
    }

    pub async fn plan(&self, file: &Path) -> Planned {
        let stop = CancellationToken::new();
        self.ops.plan(&Self::request(file), Arc::new(Silent), &stop).await.unwrap()
    }

    pub async fn launch(&self, launch: Launch) -> Result<RunSummary, OpsError> {
        self.ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await
    }

    fn launch_file(file: &Path) -> Launch {
        Launch { what: Launched::File(Self::request(file)), reason: "a test".into(), until: Until::Ready }
    }

    pub async fn upload(&self, file: &Path) -> Result<RunSummary, OpsError> {
        self.launch(Self::launch_file(file)).await
    }

    /// Uploads and stops, as a person would, once so many batches are settled.
    pub async fn upload_until_batch(&self, file: &Path, batches: u64) -> RunSummary {
        let stop = CancellationToken::new();
        let sink = Arc::new(StopAt { batches, stop: stop.clone() });
        self.ops.upload(Self::launch_file(file), sink, &stop).await.unwrap()
    }

    pub async fn resume(&self) -> Result<RunSummary, OpsError> {
        self.ops.resume(None, Until::Ready, Arc::new(Silent), &CancellationToken::new()).await
    }

    /// Resumes, and stops at once.
    pub async fn resume_and_stop(&self) -> Result<RunSummary, OpsError> {
        let stop = CancellationToken::new();
        stop.cancel();
        self.ops.resume(None, Until::Ready, Arc::new(Silent), &stop).await
    }

    pub async fn reconcile(&self) -> Reconciliation {
        self.ops.reconcile(LIST, None, Arc::new(Silent), &CancellationToken::new()).await.unwrap()
    }

    pub fn stop_tenant(&mut self) {
        self.sandbox = None;
    }

    async fn control(&self, path: &str) -> Value {
        let url = format!("{}/__sandbox/{path}", self.origin);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn records(&self) -> Vec<Value> {
        let state = self.control(&format!("state?listId={LIST}")).await;
        assert_eq!(state["duplicates"].as_array().map(Vec::len), Some(0), "{}", state["duplicates"]);
        state["lists"][0]["records"].as_array().unwrap().clone()
    }

    /// The list holds what it held before and the intended numbers, each once, and nothing else.
    pub async fn assert_list_holds(&self, intended: &BTreeMap<String, &'static str>) {
        let records = self.records().await;
        let there: BTreeSet<String> = records.iter().map(phone).collect();
        let wanted: BTreeSet<String> = self.before.iter().chain(intended.keys()).cloned().collect();
        assert_eq!(there.len(), records.len(), "a number has two records");
        assert_eq!(there, wanted);
        for record in &records {
            if let Some(jurisdiction) = intended.get(&phone(record)) {
                assert_eq!(record["jurisdiction"], *jurisdiction);
            }
        }
    }

    pub async fn records_of(&self, number: &str) -> Vec<String> {
        let records = self.records().await;
        records.iter().filter(|record| phone(record) == number).map(Value::to_string).collect()
    }

    /// Rows that calls have written so far.
    pub async fn writes(&self) -> Value {
        self.control("state").await["counters"]["rows"].clone()
    }

    /// Calls of a family go wrong, after so many that do not.
    pub async fn fault(&self, how: &str, on: &str, skip: u32, next: u32) {
        let url = format!("{}/__sandbox/fault", self.origin);
        let body = serde_json::json!({ "do": how, "on": on, "skip": skip, "next": next });
        self.http.post(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    }

    pub async fn lose(&self, count: u32) -> BTreeSet<String> {
        let url = format!("{}/__sandbox/lose", self.origin);
        let body = serde_json::json!({ "listId": LIST, "count": count });
        let answer: Value = self.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        answer["lost"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    }
}

fn phone(record: &Value) -> String {
    record["phoneNumber"].as_str().unwrap().to_owned()
}

struct StopAt {
    batches: u64,
    stop: CancellationToken,
}

impl Sink for StopAt {
    fn event(&self, event: OpsEvent) {
        if let OpsEvent::Run(run) = event
            && run.state == RunState::Uploading
            && run.batches_done >= self.batches
        {
            self.stop.cancel();
        }
    }
}
