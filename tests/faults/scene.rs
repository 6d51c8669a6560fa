//! An upload with somebody between the console and its tenant, and what must come of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quietline::domain::run::{RunState, RunSummary};
use quietline::ops::{Ops, Patience, Silent};
use quietline::sandbox::Story;
use tokio_util::sync::CancellationToken;

use crate::between::{Between, Passing, Turn};
use crate::generate::{self, Generated};
use crate::stage::Stage;

pub struct Scene {
    pub stage: Stage,
    pub between: Between,
    /// The console, behind whoever stands between.
    pub ops: Ops,
    pub made: Generated,
    pub file: PathBuf,
}

impl Scene {
    /// A file of this many rows, and a tenant behind this script.
    pub async fn of(rows: u64, script: impl Fn(&Passing) -> Turn + Send + Sync + 'static) -> Self {
        Self::with(generate::messy_file(rows, 0), script).await
    }

    pub async fn with(made: Generated, script: impl Fn(&Passing) -> Turn + Send + Sync + 'static) -> Self {
        let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
        let tenant = stage.ops.profile().endpoints.api_url.trim_end_matches("/api/v2").to_owned();
        let between = Between::before(&tenant, script).await;
        let ops = console(&stage, &between);
        let file = stage.write("some.csv", &made.text);
        Self { stage, between, ops, made, file }
    }

    /// Another console on the same ledger: it knows nothing of tokens, pauses and circuits.
    pub fn restarted(&self) -> Ops {
        console(&self.stage, &self.between)
    }

    /// The same with other patience.
    pub fn restarted_patient(&self, patience: Patience) -> Ops {
        let (profile, ledger) = (self.ops.profile().clone(), self.ops.ledger().clone());
        Ops::with_patience(profile, self.stage.credentials(), ledger, false, patience).unwrap()
    }

    pub async fn upload(&self) -> RunSummary {
        self.upload_until(&CancellationToken::new()).await
    }

    pub async fn upload_until(&self, stop: &CancellationToken) -> RunSummary {
        self.ops.upload(Stage::launch_file(&self.file), Arc::new(Silent), stop).await.unwrap()
    }

    /// Writes of entries that came by.
    pub fn writes(&self) -> Vec<Passing> {
        self.between.calls(Passing::writes)
    }

    /// The run is through, every number stands on the list once, and the console knows it.
    #[track_caller]
    pub fn assert_done(&self, run: &RunSummary) {
        assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
        assert!(run.buckets.is_conserved());
        assert_eq!(run.buckets.accepted, self.made.intended.len() as u64);
        assert_eq!(run.buckets.unaccounted, 0);
    }

    /// The same, and the tenant agrees.
    pub async fn assert_there(&self, run: &RunSummary) {
        self.assert_done(run);
        self.stage.assert_list_holds(&self.made.intended).await;
    }

    /// The run ended without its rows, and can be resumed; nothing was written off, and nothing stands on the list.
    pub async fn assert_stopped(&self, run: &RunSummary, code: &str) {
        assert_eq!(run.state, RunState::Interrupted, "{:?}", run.error);
        assert_eq!(run.error.as_ref().map(|(code, _)| code.as_str()), Some(code), "{:?}", run.error);
        assert_eq!((run.buckets.accepted, run.buckets.dead_letters), (0, 0));
        assert_eq!(run.buckets.unaccounted, self.made.intended.len() as u64);
        self.stage.assert_list_holds(&Default::default()).await;
    }
}

fn console(stage: &Stage, between: &Between) -> Ops {
    stage.ops_with(|profile| {
        profile.endpoints.api_url = format!("{}/api/v2", between.origin);
        profile.endpoints.token_url = format!("{}{}", between.origin, crate::between::TOKEN);
        // Jobs are asked about, so that whoever stands between hears it.
        profile.endpoints.events_url = None;
    })
}
