//! A tenant, a ledger and a person in between: what every test of this file needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quietline::config::Profile;
use quietline::domain::list::ListId;
use quietline::domain::plan::{Destination, Operation};
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::Ledger;
use quietline::ops::{
    Credentials, Input, Launch, Launched, Ops, OpsError, OpsEvent, Patience, PlanRequest, Planned,
    Reconciliation, Silent, Sink, Until,
};
use quietline::sandbox::{Options, Sandbox, Story};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const LIST: &str = "Internal_OptOuts";

pub struct Stage {
    pub ops: Ops,
    credentials: Credentials,
    sandbox: Option<Sandbox>,
    origin: String,
    http: reqwest::Client,
    folder: tempfile::TempDir,
    before: BTreeSet<String>,
}

/// The tenant serves a call at once or not at all.
pub fn patience() -> Patience {
    Patience {
        served_within: Duration::from_millis(300),
        visible_within: Duration::from_secs(5),
        ..Patience::default()
    }
}

impl Stage {
    pub async fn with(story: Story) -> Self {
        Self::with_lag(story, Duration::from_millis(50)).await
    }

    /// The same on a platform that enforces a write so much later.
    pub async fn with_lag(story: Story, lag: Duration) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options {
            story,
            entries: 600,
            lag,
            items_delay: Duration::from_millis(300),
            job_duration: Duration::from_millis(300),
            // Tests wait for conditions, not for minutes.
            items_per_minute: 60_000,
            suppression_per_minute: 60_000,
            bulk_per_minute: 60_000,
            contacts_per_second: 1_000,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut profile = Profile::sandbox("test", &sandbox.token_url(), &sandbox.api_url());
        profile.cool_down_seconds = 0;
        profile.limits.items_per_minute = 30_000.0;
        profile.limits.suppression_per_minute = 30_000.0;
        profile.limits.bulk_per_minute = 30_000.0;
        profile.limits.contacts_per_second = 500.0;
        let credentials = Credentials {
            client_id: sandbox.client_id().into(),
            client_secret: sandbox.client_secret().to_owned().into(),
        };
        let ledger = Ledger::open(&folder.path().join("ledger")).unwrap();
        let ops = Ops::with_patience(profile, credentials.clone(), ledger, false, patience()).unwrap();
        let origin = sandbox.api_url().trim_end_matches("/api/v2").to_owned();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut stage =
            Self { ops, credentials, sandbox: Some(sandbox), origin, http, folder, before: BTreeSet::new() };
        stage.before = stage.records().await.into_iter().map(|record| phone(&record)).collect();
        stage
    }

    /// The same ledger under a profile that says something else.
    pub fn ops_with(&self, change: impl FnOnce(&mut Profile)) -> Ops {
        let mut profile = self.ops.profile().clone();
        change(&mut profile);
        let ledger = self.ops.ledger().clone();
        Ops::with_patience(profile, self.credentials.clone(), ledger, false, patience()).unwrap()
    }

    /// The same ledger under a profile that says something else, with other patience.
    pub fn ops_like(&self, patience: Patience, change: impl FnOnce(&mut Profile)) -> Ops {
        let mut profile = self.ops.profile().clone();
        change(&mut profile);
        let ledger = self.ops.ledger().clone();
        Ops::with_patience(profile, self.credentials.clone(), ledger, false, patience).unwrap()
    }

    /// Where somebody listens, and the secret that has to be signed with.
    pub fn hooks(&self) -> (String, &'static str) {
        let sandbox = self.sandbox.as_ref().unwrap();
        (sandbox.hooks_url(), sandbox.hooks_secret())
    }

    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// The same ledger and profile with other patience.
    pub fn ops_patient(&self, patience: Patience) -> Ops {
        let (profile, ledger) = (self.ops.profile().clone(), self.ops.ledger().clone());
        Ops::with_patience(profile, self.credentials(), ledger, false, patience).unwrap()
    }

    pub fn list_name(&self) -> &'static str {
        LIST
    }

    pub async fn list_id(&self) -> ListId {
        self.ops.find_list(LIST).await.unwrap().id
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn request(file: &Path) -> PlanRequest {
        PlanRequest {
            file: file.to_owned(),
            to: Destination::Entries,
            operation: Operation::Add,
            list: LIST.into(),
            input: Input::default(),
            shown: None,
        }
    }

    pub async fn plan(&self, file: &Path) -> Planned {
        let stop = CancellationToken::new();
        self.ops.plan(&Self::request(file), Arc::new(Silent), &stop).await.unwrap()
    }

    pub async fn launch(&self, launch: Launch) -> Result<RunSummary, OpsError> {
        self.ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await
    }

    pub fn launch_file(file: &Path) -> Launch {
        Launch {
            what: Launched::File(Self::request(file)),
            reason: "a test".into(),
            until: Until::Ready,
            activates: false,
        }
    }

    pub async fn upload(&self, file: &Path) -> Result<RunSummary, OpsError> {
        self.launch(Self::launch_file(file)).await
    }

    /// The same with another operation.
    pub async fn upload_as(&self, operation: Operation, file: &Path) -> Result<RunSummary, OpsError> {
        let what = Launched::File(PlanRequest { operation, ..Self::request(file) });
        self.launch(Launch { what, ..Self::launch_file(file) }).await
    }

    /// Plans with another operation.
    pub async fn plan_as(&self, operation: Operation, file: &Path) -> Result<Planned, OpsError> {
        let request = PlanRequest { operation, ..Self::request(file) };
        self.ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await
    }

    /// What the list held at the start.
    pub fn before(&self) -> &BTreeSet<String> {
        &self.before
    }

    /// Every number that stands on the list.
    pub async fn numbers(&self) -> BTreeSet<String> {
        self.records().await.iter().map(phone).collect()
    }

    /// Every number with what is said of it, but for the ids and keys of its record.
    pub async fn contents(&self) -> BTreeSet<String> {
        let said = |record: &Value| {
            let field = |name: &str| record[name].to_string();
            [phone(record), field("jurisdiction"), field("expirationDate"), field("source")].join(" ")
        };
        self.records().await.iter().map(said).collect()
    }

    /// Plans to take a run back, approves and launches that.
    pub async fn undo(&self, run: &str) -> Result<RunSummary, OpsError> {
        let planned = self.ops.plan_undo(run, Arc::new(Silent), &CancellationToken::new()).await?;
        self.launch_planned(&planned).await
    }

    /// Approves a plan and launches it.
    pub async fn launch_planned(&self, planned: &Planned) -> Result<RunSummary, OpsError> {
        let id = planned.summary.id.clone();
        self.ops.approve(&id, "a test", None).await?;
        self.launch(Launch { what: Launched::Plan(id), ..Self::launch_file(Path::new("none")) }).await
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
        self.ops
            .reconcile(Destination::Entries, LIST, None, Arc::new(Silent), &CancellationToken::new())
            .await
            .unwrap()
    }

    pub fn stop_tenant(&mut self) {
        self.sandbox = None;
    }

    /// The next calls go wrong, in the words of the sandbox.
    pub async fn fault(&self, order: Value) {
        let url = format!("{}/__sandbox/fault", self.origin);
        self.http.post(url).json(&order).send().await.unwrap().error_for_status().unwrap();
    }

    /// Pulls a lever of the sandbox.
    pub async fn order(&self, lever: &str, order: Value) {
        let url = format!("{}/__sandbox/{lever}", self.origin);
        self.http.post(url).json(&order).send().await.unwrap().error_for_status().unwrap();
    }

    /// Adds a rule, as an administrator of the tenant would.
    pub async fn add_rule(&self, rule: Value) {
        self.as_somebody_else(reqwest::Method::POST, "dnc/rules", rule).await;
    }

    /// A call of somebody else at the tenant, on whatever version stands there.
    pub async fn as_somebody_else(&self, method: reqwest::Method, path: &str, body: Value) {
        let sandbox = self.sandbox.as_ref().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", sandbox.client_id()),
            ("client_secret", sandbox.client_secret()),
            ("scope", "dnc:read dnc:write tenant:read compliance:read"),
        ];
        let token: Value =
            self.http.post(sandbox.token_url()).form(&form).send().await.unwrap().json().await.unwrap();
        let url = format!("{}/{path}", sandbox.api_url());
        let token = token["access_token"].as_str().unwrap();
        let mut call = self.http.request(method.clone(), &url).bearer_auth(token).json(&body);
        if method == reqwest::Method::PATCH {
            let now = self.http.get(&url).bearer_auth(token).send().await.unwrap();
            if let Some(version) = now.headers().get("etag") {
                call = call.header("if-match", version);
            }
        }
        call.send().await.unwrap().error_for_status().unwrap();
    }

    /// Calls of a path that the tenant has served.
    pub async fn calls_of(&self, path: &str) -> usize {
        let log = self.control("log").await;
        log.as_array().unwrap().iter().filter(|line| line["path"].as_str().unwrap().ends_with(path)).count()
    }

    pub async fn control(&self, path: &str) -> Value {
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

    /// The list holds what it held before and these numbers, each once.
    pub async fn assert_numbers_are(&self, intended: &BTreeMap<String, &'static str>) {
        let there: BTreeSet<String> = self.records().await.iter().map(phone).collect();
        let wanted: BTreeSet<String> = self.before.iter().chain(intended.keys()).cloned().collect();
        assert_eq!(there, wanted);
    }

    pub async fn records_of(&self, number: &str) -> Vec<String> {
        let records = self.records().await;
        records.iter().filter(|record| phone(record) == number).map(Value::to_string).collect()
    }

    /// Rows that calls have written so far.
    pub async fn writes(&self) -> Value {
        self.control("state").await["counters"]["rows"].clone()
    }

    /// Has the tenant lose entries, as the console's demo does, and tells which.
    pub async fn lose(&self, count: u32) -> BTreeSet<String> {
        let all = |records: Vec<Value>| records.iter().map(phone).collect::<BTreeSet<String>>();
        let before = all(self.records().await);
        let list = self.ops.find_list(LIST).await.unwrap();
        self.ops.sandbox_lose(&list.id, count).await.unwrap();
        let after = all(self.records().await);
        before.difference(&after).cloned().collect()
    }
}

fn phone(record: &Value) -> String {
    record["phoneNumber"].as_str().unwrap().to_owned()
}

pub struct StopAt {
    pub batches: u64,
    pub stop: CancellationToken,
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
