//! One run, from its launch to its end: the tenant of its own that it meets, and the lives that it takes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quietline::api;
use quietline::config::Profile;
use quietline::domain::plan::Destination;
use quietline::domain::progress::Phase;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::Ledger;
use quietline::ops::{
    Credentials, Input, Launch, Launched, Ops, OpsError, OpsEvent, Patience, PlanRequest, Sink, Until,
};
use quietline::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::file::File;
use crate::plan::{Life, Plan};
use crate::truth;

/// Lives after which a run must have come to its end: faults are finite, and each costs one at most.
const LIVES: usize = 40;

/// What is left of a run, for the checks.
pub struct Outcome<'a> {
    pub ops: Ops,
    pub run: RunSummary,
    pub file: &'a File,
    pub before: truth::Records,
    pub truth: Value,
    pub lives: usize,
}

/// Sees a plan through and checks what came of it, and where it ended with differences, of the same file once more. Tells
/// how it ended, and in how many lives.
pub async fn see_through(plan: &Plan) -> Result<(RunState, usize), String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tenant = Tenant::of(plan).await;
    let before = truth::records(plan.to, &tenant.ask("state").await);
    let file = File::of(plan, &before);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    std::fs::write(&path, &file.text).unwrap();
    if plan.unreadable || plan.strict {
        let order = json!({"readableOutbound": !plan.unreadable, "strictSuppression": plan.strict});
        tenant.order("tenant", &order).await;
    }
    for (lever, order) in &plan.orders {
        tenant.order(lever, order).await;
    }
    let ledger = Ledger::open(&folder.path().join("ledger")).unwrap();

    let mut before = before;
    for nth in 0..LIVES {
        // Each life is a process of its own: nothing but the ledger is remembered.
        let ops = tenant.ops(plan, ledger.clone());
        let run = live(plan, &tenant, &ops, &path, plan.lives.get(nth).copied()).await?;
        let Some(run) = run.filter(has_ended) else { continue };
        let truth = tenant.settled_truth().await;
        let after = truth::records(plan.to, &truth);
        let (state, lives) = (run.state, nth + 1);
        check::holds(plan, &Outcome { ops, run, file: &file, before, truth, lives }).await?;
        // Whatever the tenant had told: the same file once more mends it, as soon as the tenant does what it says.
        if plan.to == Destination::Outbound || state == RunState::Ready {
            return Ok((state, lives));
        }
        before = after;
    }
    let run = ledger.runs().await.unwrap().into_iter().next();
    let stuck = run.map(|run| format!("{}, {:?}, {:?}", run.state, run.error, run.buckets));
    Err(format!("it does not end well in {LIVES} lives: {stuck:?}"))
}

fn has_ended(run: &RunSummary) -> bool {
    !run.is_resumable()
}

/// Launches the run or goes on with it, until it ends or is cut short. `None` = no run came about.
async fn live(
    plan: &Plan,
    tenant: &Tenant,
    ops: &Ops,
    file: &Path,
    life: Option<Life>,
) -> Result<Option<RunSummary>, String> {
    let stop = CancellationToken::new();
    if let Some(Life::Stopped(0)) = life {
        stop.cancel();
    }
    let sink = Arc::new(Watch {
        life,
        settled: AtomicU32::new(0),
        stop: stop.clone(),
        control: tenant.control.clone(),
        http: tenant.http.clone(),
        runtime: Handle::current(),
    });
    let begun = ops.runs().await.map_err(|e| format!("runs: {e}"))?;
    let ended = match begun.first() {
        Some(run) if !has_ended(run) => ops.resume(Some(&run.id), Until::Ready, sink, &stop).await,
        _ => {
            let request = PlanRequest {
                operation: quietline::domain::plan::Operation::Add,
                file: file.to_owned(),
                to: plan.to,
                list: truth::list_of(plan.to).into(),
                input: Input::default(),
                shown: None,
            };
            let what = Launched::File(request);
            ops.upload(
                Launch { what, reason: "a soak".into(), until: Until::Ready, activates: false },
                sink,
                &stop,
            )
            .await
        }
    };
    match ended {
        Ok(run) => Ok(Some(run)),
        // The tenant could not even tell of the list, or a person was quicker than the launch.
        Err(OpsError::Api(_) | OpsError::Stopped) => Ok(None),
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}

/// Cuts a life short after so many settled batches.
struct Watch {
    life: Option<Life>,
    settled: AtomicU32,
    stop: CancellationToken,
    control: String,
    http: reqwest::Client,
    runtime: Handle,
}

impl Watch {
    fn pull(&self, lever: &'static str) {
        let call = self.http.post(format!("{}/{lever}", self.control)).send();
        self.runtime.spawn(call);
    }
}

impl Sink for Watch {
    fn event(&self, event: OpsEvent) {
        let OpsEvent::Progress(progress) = event else { return };
        if progress.phase != Phase::Send {
            return;
        }
        let settled = self.settled.fetch_add(1, Ordering::Relaxed) + 1;
        match self.life {
            Some(Life::Stopped(at)) if settled == at => self.stop.cancel(),
            Some(Life::Revoked(at)) if settled == at.max(1) => self.pull("revoke"),
            Some(Life::Forgotten(at)) if settled == at.max(1) => self.pull("forget"),
            _ => {}
        }
    }
}

/// A tenant of its own, and its levers.
struct Tenant {
    sandbox: Sandbox,
    control: String,
    http: reqwest::Client,
}

impl Tenant {
    async fn of(plan: &Plan) -> Self {
        let options = Options {
            seed: plan.seed,
            story: plan.story,
            entries: 300,
            lag: Duration::ZERO,
            items_delay: Duration::from_millis(20),
            job_duration: Duration::from_millis(60),
            // The rates are proven elsewhere, and waiting for them here would prove nothing.
            entries_per_second: 5_000,
            items_per_minute: 60_000,
            suppression_per_minute: 60_000,
            bulk_per_minute: 60_000,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { control: sandbox.control_url(), sandbox, http }
    }

    fn ops(&self, plan: &Plan, ledger: Ledger) -> Ops {
        let mut profile = Profile::sandbox("soak", &self.sandbox.token_url(), &self.sandbox.api_url());
        profile.cool_down_seconds = 0;
        let limits = &mut profile.limits;
        limits.entries_per_second = 2_000.0;
        limits.items_per_minute = 30_000.0;
        limits.suppression_per_minute = 30_000.0;
        limits.bulk_per_minute = 30_000.0;
        limits.query_per_minute = 30_000.0;
        match plan.to {
            Destination::Entries => limits.entries_per_call = plan.per_call,
            Destination::Items => limits.items_per_call = plan.per_call,
            Destination::Suppression => limits.suppression_per_call = plan.per_call,
            Destination::Outbound => limits.bulk_per_call = plan.per_call,
        }
        let credentials = Credentials {
            client_id: self.sandbox.client_id().into(),
            client_secret: self.sandbox.client_secret().to_owned().into(),
        };
        let patience = Patience {
            calls: api::Patience {
                first_pause: Duration::from_millis(5),
                longest_pause: Duration::from_secs(3),
                circuit_pause: Duration::from_millis(100),
                ..api::Patience::default()
            },
            first_look: Duration::from_millis(20),
            longest_look: Duration::from_millis(200),
            visible_within: Duration::from_millis(1_500),
            served_within: Duration::from_millis(300),
            job_news_within: Duration::from_millis(2_000),
            ..Patience::default()
        };
        Ops::with_patience(profile, credentials, ledger, false, patience).unwrap()
    }

    async fn ask(&self, path: &str) -> Value {
        self.http.get(format!("{}/{path}", self.control)).send().await.unwrap().json().await.unwrap()
    }

    /// What it holds once nothing that was taken is on its way any more.
    async fn settled_truth(&self) -> Value {
        loop {
            let truth = self.ask("state").await;
            let on_its_way = |job: &Value| {
                job["fate"] != "stuck" && matches!(job["status"].as_str(), Some("QUEUED" | "RUNNING"))
            };
            if !truth["jobs"].as_array().unwrap().iter().any(on_its_way) {
                return truth;
            }
        }
    }

    async fn order(&self, lever: &str, order: &Value) {
        let sent = self.http.post(format!("{}/{lever}", self.control)).json(order).send().await.unwrap();
        sent.error_for_status().unwrap();
    }
}

/// Whether a run of this destination ended well.
pub fn is_green(run: &RunSummary) -> bool {
    matches!(run.state, RunState::Ready | RunState::Uploaded)
}
