//! Each piece of work, as `ops` does it.

use std::sync::Arc;

use super::{Job, disk};
use crate::config::{self, CredentialSource, Environment, NewProfile, Preset, Profile};
use crate::domain::plan::Destination;
use crate::ops::{
    self, CallOff, Credentials, Launch, Launched, Layout, LookupSources, Ops, OpsError, Until, setup,
};
use crate::tui::event::{Fact, Op, SetUp, Trouble, Typed};

/// The preset that the wizard offers.
const MY: &str = "my";

/// The end of a task: its last fact.
pub(super) type End = Result<Fact, Trouble>;

impl Job {
    /// Does it; the fact returned is the last.
    pub(super) async fn perform(&self, op: Op) -> Fact {
        let doing = op.doing();
        let ended = match op {
            Op::OpenFile { .. }
            | Op::LoadRows { .. }
            | Op::Search { .. }
            | Op::Check { .. }
            | Op::WriteOut { .. }
            | Op::SaveLayout { .. }
            | Op::Export { .. }
            | Op::Folder { .. }
            | Op::SetUp(_) => self.local(doing, op).await,
            op => match &self.ops {
                Some(ops) => self.with_tenant(doing, op, ops.clone()).await,
                None => Err(Trouble::said(
                    doing,
                    "no-profile",
                    "there is no tenant yet",
                    "Press : and choose “set up a tenant”.",
                )),
            },
        };
        ended.unwrap_or_else(Fact::Failed)
    }

    async fn with_tenant(&self, doing: &str, op: Op, ops: Ops) -> End {
        let trouble = |error: OpsError| Trouble::new(doing, &error);
        match op {
            Op::Catalog => self.or_stop(ops.catalog()).await.map(Fact::Catalog),
            Op::Runs => self.or_stop(ops.runs()).await.map(Fact::Runs),
            Op::DeadLetters { run } => self
                .or_stop(ops.dead_letters(Some(&run)))
                .await
                .map(|letters| letters.into_iter().map(|(_, letter)| letter).collect())
                .map(|letters| Fact::DeadLetters { run, letters }),
            Op::Measured { run } => self
                .or_stop(ops.measured(&run))
                .await
                .map(|measured| Fact::Measured { run, measured: Box::new(measured) }),
            Op::Audit { limit, whole } => {
                self.or_stop(async {
                    let events = ops.ledger().events(limit).await?;
                    let head = ops.ledger().head().await?;
                    let chain = ops.look_at_trail(whole).await?;
                    Ok(Fact::Audit { events, head, chain })
                })
                .await
            }
            Op::Typed { input } => {
                let read = ops.read_number(&input);
                let known = match &read {
                    Ok(phone) => self.or_stop(ops.known_locally(phone.number)).await,
                    Err(_) => Ok(Vec::new()),
                };
                known.map(|known| Fact::Typed(Typed { input, read, known }))
            }
            Op::Lookup { inputs, sources } => {
                self.or_stop(look_up(&ops, &inputs, sources)).await.map(Fact::Answers)
            }
            Op::Plan(request) => {
                let (sink, said) = self.sink();
                let planned = self.watched(ops.plan(&request, sink, &self.stop), said).await;
                planned.map(|planned| Fact::Planned(Box::new(planned)))
            }
            Op::PlanUndo { run } => {
                let (sink, said) = self.sink();
                let planned = self.watched(ops.plan_undo(&run, sink, &self.stop), said).await;
                planned.map(|planned| Fact::Planned(Box::new(planned)))
            }
            Op::PlanRetry { run } => {
                let (sink, said) = self.sink();
                let planned = self.watched(ops.plan_retry(&run, sink, &self.stop), said).await;
                planned.map(|planned| Fact::Planned(Box::new(planned)))
            }
            Op::Waiting => self.or_stop(ops.waiting_plans()).await.map(Fact::Waiting),
            Op::StoredPlan { plan } => {
                let planned = self.or_stop(ops.stored_plan(&plan)).await;
                planned.map(|planned| Fact::Planned(Box::new(planned)))
            }
            // Not dropped half way: it is noted whole or not at all, and the person is told which.
            Op::Approve { plan, reason } => {
                let approved = ops.approve(&plan, &reason, None).await;
                approved.map(|approved| Fact::Approved(Box::new(approved)))
            }
            Op::Launch { plan, reason, claimed, approve } => {
                if approve {
                    ops.approve(&plan, &reason, claimed.as_deref()).await.map_err(trouble)?;
                }
                let launch =
                    Launch { what: Launched::Plan(plan), reason, until: Until::Ready, activates: false };
                let (sink, said) = self.sink();
                let run = self.watched(ops.upload(launch, sink, &self.stop), said).await;
                run.map(|run| Fact::RunEnded(Box::new(run)))
            }
            Op::Resume { run } => {
                let (sink, said) = self.sink();
                let run = self.watched(ops.resume(Some(&run), Until::Ready, sink, &self.stop), said).await;
                run.map(|run| Fact::RunEnded(Box::new(run)))
            }
            Op::PauseRun { run } => {
                let (sink, said) = self.sink();
                let how = Self::call_off();
                let run = self.watched(ops.pause(&run, &how, &*sink, &self.stop), said).await;
                run.map(|run| Fact::RunEnded(Box::new(run)))
            }
            Op::CancelRun { run } => {
                let (sink, said) = self.sink();
                let run = self.watched(ops.call_off(&run, &Self::call_off(), sink, &self.stop), said).await;
                run.map(|run| Fact::RunEnded(Box::new(run)))
            }
            Op::Reconcile { list, run } => {
                let (sink, said) = self.sink();
                let to = Destination::of_key(&list);
                let tenants = to.list_of(&list);
                let work = ops.reconcile(to, &tenants.0, run.as_deref(), sink, &self.stop);
                self.watched(work, said).await.map(|result| Fact::Reconciled(Box::new(result)))
            }
            Op::Gate { list } => {
                self.or_stop(ops.gate(&list.0)).await.map(|answer| Fact::Gate(Box::new(answer)))
            }
            Op::SandboxLose { list, count } => {
                ops.sandbox_lose(&list, count).await.map(|()| Fact::SandboxLost(list))
            }
            Op::OpenFile { .. }
            | Op::LoadRows { .. }
            | Op::Search { .. }
            | Op::Check { .. }
            | Op::WriteOut { .. }
            | Op::SaveLayout { .. }
            | Op::Export { .. }
            | Op::Folder { .. }
            | Op::SetUp(_) => Ok(Fact::Done),
        }
        .map_err(trouble)
    }

    /// How long whoever works on the run may take to stop: one of ours that was told to a moment ago still journals its
    /// calls in flight.
    fn call_off() -> CallOff {
        CallOff { reason: None, wait: super::PATIENCE, force: false }
    }

    /// Work that needs no tenant.
    async fn local(&self, doing: &str, op: Op) -> End {
        match op {
            Op::OpenFile { path, input } => self.open_file(doing, path, input).await,
            Op::LoadRows { file, first, count } => self.rows(doing, file, first, count).await,
            Op::Search { file, needle, from } => self.search(doing, file, needle, from).await,
            Op::Check { file } => self.check(doing, file).await,
            Op::WriteOut { what, file, checked, out, replace } => {
                self.write_out(doing, (what, *file, checked), out, replace).await
            }
            Op::SaveLayout { name, file } => {
                let (config, layout) =
                    (Arc::clone(&self.config), Layout::of(&name, &file.document, &file.input.options));
                let saved = self.blocking(doing, move || config::save_layout(&config, &layout)).await?;
                saved
                    .map(|new| Fact::LayoutSaved { name, new })
                    .map_err(|error| Trouble::new(doing, &error.into()))
            }
            Op::Export { out, text, rows } => {
                let path = out.clone();
                let written = self.blocking(doing, move || ops::write_safely(&path, text.as_bytes())).await?;
                written.map(|()| Fact::Written { path: out.clone(), rows }).map_err(|error| {
                    let what = format!("{}: {error}", out.display());
                    Trouble::said(
                        doing,
                        "not-written",
                        &what,
                        "Check the folder and that you may write to it.",
                    )
                })
            }
            Op::Folder { path } => {
                let wanted = path.clone();
                let read = self.blocking(doing, move || disk::read_folder(&wanted)).await?;
                read.map(Fact::Folder).map_err(|error| {
                    let what = format!("{}: {error}", path.display());
                    Trouble::said(doing, "folder-unreadable", &what, "Choose another folder.")
                })
            }
            Op::SetUp(set_up) => self.set_up(doing, set_up).await,
            _ => Ok(Fact::Done),
        }
    }

    /// Tests the connection, stores the secret, writes the profile: in this order, so that a mistake leaves nothing
    /// behind.
    async fn set_up(&self, doing: &str, set_up: SetUp) -> End {
        let taken = self.config.profile_names().contains(&set_up.tenant);
        let preset = Preset::from_name(MY).filter(|_| !taken);
        let Some((token, api)) = preset.and_then(|preset| preset.token_url.zip(preset.api_url)) else {
            let what = format!("there already is a profile “{}”", set_up.tenant);
            return Err(Trouble::said(
                doing,
                "profile-exists",
                &what,
                "Choose it with --profile, or take another name.",
            ));
        };
        let [token, api] = [token, api].map(|url| url.replace("{tenant}", &set_up.tenant));
        let profile = Profile {
            preset: MY.into(),
            tenant: set_up.tenant.clone(),
            environment: Environment::Production,
            credentials: CredentialSource::Keyring,
            ..Profile::sandbox(&set_up.tenant, &token, &api)
        };
        let credentials = Credentials { client_id: set_up.client_id, client_secret: set_up.client_secret };
        let stored = self.or_stop(async {
            setup::test_connection(&profile, &credentials).await?;
            setup::store_credentials(&profile, &credentials).await
        });
        stored.await.map_err(|error| Trouble::new(doing, &error))?;
        let new = NewProfile {
            name: set_up.tenant.clone(),
            preset: MY.into(),
            tenant: Some(set_up.tenant.clone()),
            ..NewProfile::default()
        };
        let config = Arc::clone(&self.config);
        let written = self.blocking(doing, move || config::add_profile(&config, &new)).await?;
        written.map_err(|error| Trouble::new(doing, &error.into()))?;
        Ok(Fact::ProfileReady(set_up.tenant))
    }

    pub(super) fn profile(&self) -> Option<&Profile> {
        self.ops.as_ref().map(Ops::profile)
    }

    /// For reads that know no token: stopping drops them.
    async fn or_stop<T>(&self, work: impl Future<Output = Result<T, OpsError>>) -> Result<T, OpsError> {
        tokio::select! {
            () = self.stop.cancelled() => Err(OpsError::Stopped),
            result = work => result,
        }
    }
}

async fn look_up(
    ops: &Ops,
    inputs: &[String],
    sources: LookupSources,
) -> Result<Vec<crate::domain::verdict::Answer>, OpsError> {
    ops.lookup(inputs, sources).await
}
