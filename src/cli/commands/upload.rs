//! `upload` and `resume`: launch a run and see it through.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cli::args::{JsonForm, ResumeArgs, UntilArg, UploadArgs};
use crate::cli::context::Context;
use crate::cli::detach::{self, Leaving};
use crate::cli::failure::{Failure, exit, exit_of_run_error};
use crate::cli::measures::Measures;
use crate::cli::shapes::RunObject;
use crate::cli::{ask, progress, report};
use crate::config::{Config, Environment, FourEyes};
use crate::domain::plan::Destination;
use crate::domain::run::{LONG_SECONDS, RunState, RunSummary};
use crate::domain::text::{thousands, visible};
use crate::ops::{FileError, Launch, Launched, Ops, OpsError, PlanRequest, Planned, Resumed, Until};

pub(super) async fn upload(context: &Context, args: &UploadArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("an upload")?;
    let reason = super::plan::reason(&args.reason)?.to_owned();
    let what = what(args)?;
    if !args.yes && !ask::can_ask() {
        return Err(Failure::usage(
            "an upload changes who is called, and nobody is here to ask",
            "Look at `quietline plan FILE --list LIST` first, then say --yes.",
        ));
    }
    if let (true, Launched::File(request)) = (args.detach, &what) {
        // Its run would be launched before anybody reads the file: what is not there is said here.
        std::fs::File::open(&request.file)
            .map_err(|e| OpsError::from(FileError::Io { path: request.file.clone(), source: e }))?;
    }
    if args.detach && args.yes {
        return detach::start(context, detach::typed()).await;
    }
    if args.detached {
        detach::leave_terminal()?;
    }
    let (config, ops) = context.connect().await?;
    let what = match what {
        Launched::File(request) => {
            let mut input = super::input::settled(&config, &request.file, &args.input, &context.stop).await?;
            input.scrub.clone_from(&args.scrub);
            Launched::File(PlanRequest { input, ..request })
        }
        plan => plan,
    };
    let what = match what {
        Launched::File(request) if !args.yes => confirmed_file(context, &ops, request, &reason).await?,
        Launched::File(request) => allowed_at_once(context, &ops, request, &reason).await?,
        Launched::Plan(plan) => confirmed_plan(context, &ops, plan, args.yes).await?,
    };
    if let (true, Launched::Plan(plan)) = (args.detach, &what) {
        // What was agreed to on this terminal is launched without asking again.
        return detach::start(context, of_plan(context, args, plan)).await;
    }
    let launch = Launch { what, reason, until: until(args.until), activates: args.activate };
    let begun = Instant::now();
    let ops = ops.waiting_for_locks(Duration::from_secs(args.lock.wait_lock));
    let sink = match args.detached {
        true => Arc::new(Leaving::new(progress::remarks(context.out), context.out, config.data_dir())),
        false => progress::sink(context.out),
    };
    let ended = ops.upload(launch, sink, &context.stop).await;
    let run = told(context, &ops, ended).await?;
    ring_after(context, &config, begun);
    finish(context, &ops, &run, args.allow_rejects).await
}

pub(super) async fn resume(context: &Context, args: &ResumeArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("resuming a run")?;
    let (config, ops) = context.connect().await?;
    let begun = Instant::now();
    let sink = progress::sink(context.out);
    let ops = ops.waiting_for_locks(Duration::from_secs(args.lock.wait_lock));
    let resumed = ops.resume_or_follow(args.run.as_deref(), until(args.until), sink, &context.stop).await;
    match told(context, &ops, resumed).await? {
        Resumed::Through(run) => {
            ring_after(context, &config, begun);
            finish(context, &ops, &run, args.allow_rejects).await
        }
        Resumed::Left(run, holder) => {
            context.out.answer(&RunObject::of(&run), || report::run(&run))?;
            context
                .out
                .remark(&format!("no longer following; the run goes on with {}", visible(&holder, 300)));
            Ok(exit::STOPPED)
        }
    }
}

/// Rings after a run that took longer than anybody watches.
fn ring_after(context: &Context, config: &Config, begun: Instant) {
    if config.bell() && begun.elapsed() >= Duration::from_secs(LONG_SECONDS) {
        context.out.ring();
    }
}

/// A run that ended in an error left its traces too, and is told of before the process goes: the head of the trail goes to
/// stderr, since there is no answer that could hold it.
pub(super) async fn told<T>(context: &Context, ops: &Ops, ended: Result<T, OpsError>) -> Result<T, Failure> {
    if ended.is_err() {
        ops.end_deliveries().await;
        if let Ok(head) = ops.ledger().head().await {
            context.out.tell(&format!("audit trail head: {}", visible(&head, 80)));
        }
    }
    Ok(ended?)
}

pub(super) fn until(arg: UntilArg) -> Until {
    match arg {
        UntilArg::Uploaded => Until::Uploaded,
        UntilArg::Ready => Until::Ready,
    }
}

/// The command line that launches a plan which was agreed to here.
fn of_plan(context: &Context, args: &UploadArgs, plan: &str) -> Vec<OsString> {
    let globals = &context.globals;
    let mut words: Vec<OsString> = vec!["upload".into(), plan.into(), "--yes".into(), "--detached".into()];
    let mut say = |flag: &str, value: OsString| words.extend([OsString::from(flag), value]);
    say("--reason", args.reason.clone().into());
    say("--wait-lock", args.lock.wait_lock.to_string().into());
    if args.until == UntilArg::Uploaded {
        say("--until", "uploaded".into());
    }
    globals.profile.iter().for_each(|name| say("--profile", name.into()));
    globals.config.iter().for_each(|path| say("--config", path.into()));
    globals.data_dir.iter().for_each(|path| say("--data-dir", path.into()));
    let said = [
        (args.activate, "--activate"),
        (args.allow_rejects, "--allow-rejects"),
        (globals.quiet, "--quiet"),
        (context.out.json == Some(JsonForm::Document), "--json"),
        (context.out.json == Some(JsonForm::Lines), "--json=lines"),
    ];
    words.extend(said.into_iter().filter(|(is_said, _)| *is_said).map(|(_, flag)| flag.into()));
    words
}

/// A plan where the argument reads like one, else a file.
fn what(args: &UploadArgs) -> Result<Launched, Failure> {
    if let Some(plan) = plan_id(&args.what) {
        let said = [
            (args.to.is_some(), "--to"),
            (args.operation.is_some(), "--op"),
            (args.list.is_some(), "--list"),
            (!args.scrub.is_empty(), "--scrub"),
        ];
        let said: Vec<&str> =
            said.into_iter().filter_map(|(is_said, flag)| is_said.then_some(flag)).collect();
        if !said.is_empty() {
            return Err(Failure::usage(
                "a plan knows where its numbers go, and what they were held against",
                format!("Leave out {}, or plan the file again with it.", said.join(" and ")),
            ));
        }
        return Ok(Launched::Plan(plan.to_owned()));
    }
    let Some(list) = args.list.clone() else {
        return Err(Failure::usage(
            "a file needs --list: the list that its numbers go to",
            "Say --list ID or --list NAME; `quietline lists` shows them.",
        ));
    };
    let to: Destination = args.to.unwrap_or_default().into();
    let input = super::input::input(&args.input)?;
    let operation = args.operation.unwrap_or_default().into();
    Ok(Launched::File(PlanRequest { file: args.what.clone(), to, operation, list, input, shown: None }))
}

/// `p-` and hexadecimal digits, or a whole digest. A file of such a name is named with its folder: `./p-1a2b`.
fn plan_id(what: &Path) -> Option<&str> {
    let text = what.to_str()?;
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let short = text.strip_prefix("p-").is_some_and(|id| id.len() >= 4 && hex(id));
    (short || (text.len() == 64 && hex(text))).then_some(text)
}

/// A file with `--yes`: plan, approve and launch in one go, unless a second person has to approve.
async fn allowed_at_once(
    context: &Context,
    ops: &Ops,
    request: PlanRequest,
    reason: &str,
) -> Result<Launched, Failure> {
    if ops.profile().four_eyes == FourEyes::Off {
        return Ok(Launched::File(request));
    }
    let planned = ops.plan(&request, progress::sink(context.out), &context.stop).await?;
    ops.refuse_at_launch(&planned.summary, reason).await?;
    Ok(Launched::File(request))
}

/// On a terminal: show what it would do, ask, and launch exactly what was shown.
async fn confirmed_file(
    context: &Context,
    ops: &Ops,
    request: PlanRequest,
    reason: &str,
) -> Result<Launched, Failure> {
    let planned = ops.plan(&request, progress::sink(context.out), &context.stop).await?;
    ops.refuse_at_launch(&planned.summary, reason).await?;
    confirmed(context, ops, &planned).await?;
    context.or_stopped(ops.approve(&planned.summary.id, reason, None)).await?;
    Ok(Launched::Plan(planned.summary.id))
}

/// Shows what a plan would do, and asks.
pub(super) async fn confirmed(context: &Context, ops: &Ops, planned: &Planned) -> Result<(), Failure> {
    if context.out.json.is_none() {
        context.out.remark(report::plan(planned).trim_end());
    } else {
        context.out.remark(&visible(&planned.effect, 500));
    }
    let name = (ops.profile().environment == Environment::Production).then_some(planned.list.name.as_str());
    confirm(context, name).await
}

/// A stored plan: its approval is checked by the launch; the person is asked once more where one is there.
async fn confirmed_plan(context: &Context, ops: &Ops, plan: String, yes: bool) -> Result<Launched, Failure> {
    if !yes {
        let stored = ops.ledger().plan(&plan).await.map_err(OpsError::from)?;
        let comes_off = ops.comes_off(&stored).await?;
        context.out.remark(report::stored_plan(&stored, &comes_off).trim_end());
        let production = ops.profile().environment == Environment::Production;
        confirm(context, production.then_some(stored.list_name.as_str())).await?;
    }
    Ok(Launched::Plan(plan))
}

/// Asks. In production the list's name has to be typed.
async fn confirm(context: &Context, name: Option<&str>) -> Result<(), Failure> {
    let (question, wanted) = match name {
        Some(name) => (format!("Type the list's name to launch ({}):", visible(name, 100)), name.to_owned()),
        None => ("Launch? [y/N]".to_owned(), "y".to_owned()),
    };
    let answer = ask::wait(&context.stop, move || ask::line(&question)).await?;
    let agreed = answer == wanted || (name.is_none() && answer.eq_ignore_ascii_case("yes"));
    if agreed {
        return Ok(());
    }
    Err(Failure::new(
        exit::STOPPED,
        "stopped",
        "it was not confirmed; nothing was sent",
        "Start it again when you are ready.",
    ))
}

/// Prints the run and folds it into an exit code.
pub(super) async fn finish(
    context: &Context,
    ops: &Ops,
    run: &RunSummary,
    allow_rejects: bool,
) -> Result<u8, Failure> {
    let measures = Measures::of(ops, run).await?;
    // Kept elsewhere by whoever reads it: against this head a trail that was cut later shows. So it is part of the answer,
    // and not a remark that quiet would leave out.
    let head = ops.ledger().head().await.map_err(OpsError::from)?;
    context.out.answer(&RunObject::ended(run, &measures, &head), || {
        let text = report::run(run) + &measures.lines(run);
        format!("{}\naudit trail head: {}", text.trim_end(), visible(&head, 80))
    })?;
    ops.end_deliveries().await;
    let code = exit_of(run, allow_rejects);
    let barred = ops.barred_on_list(run).await?;
    if barred > 0 {
        // Not a remark: who asks for quiet must not take this for well.
        context.out.warn(&format!(
            "{} contacts that must not be called stand on {} already: take them off it at the tenant",
            thousands(barred),
            visible(&run.list_name, 100)
        ));
        return Ok(code.max(exit::NO));
    }
    Ok(code)
}

fn exit_of(run: &RunSummary, allow_rejects: bool) -> u8 {
    let trouble = run.error.as_ref().map(|(code, _)| exit_of_run_error(code));
    match run.state {
        RunState::Ready | RunState::Uploaded => {
            let refused = run.buckets.rejected + run.buckets.dead_letters > 0 && !allow_rejects;
            // A row without a verdict is never fine, whatever was allowed.
            if refused || run.buckets.unaccounted > 0 { exit::NO } else { exit::DONE }
        }
        RunState::Discrepant | RunState::Cancelled => exit::NO,
        RunState::Interrupted | RunState::Failed => trouble.unwrap_or(exit::TENANT),
        RunState::Draft
        | RunState::Approved
        | RunState::Uploading
        | RunState::Paused
        | RunState::CoolingDown
        | RunState::Reconciling => exit::STOPPED,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{exit_of, plan_id};
    use crate::domain::list::ListId;
    use crate::domain::run::{Buckets, RunState, RunSummary};

    fn run(state: RunState, buckets: Buckets, error: Option<&str>) -> RunSummary {
        RunSummary {
            destination: Default::default(),
            operation: Default::default(),
            origin: Default::default(),
            activates: false,
            id: "7f3a91c2".into(),
            plan: None,
            profile: "p".into(),
            list: ListId("L-1".into()),
            list_name: "National".into(),
            file: "/f.csv".into(),
            state,
            buckets,
            batches_done: 0,
            batches: 0,
            retries: 0,
            throttled: 0,
            differences: 0,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            changed_at: jiff::Timestamp::UNIX_EPOCH,
            cool_down_until: None,
            seconds: 0.0,
            by: "me".into(),
            reason: "test".into(),
            error: error.map(|code| (code.to_owned(), "why".to_owned())),
        }
    }

    #[test]
    fn the_exit_code_follows_the_contract() {
        let clean = Buckets { rows: 3, accepted: 3, ..Buckets::default() };
        let rejects = Buckets { rows: 3, accepted: 2, rejected: 1, ..Buckets::default() };
        let dead = Buckets { rows: 3, accepted: 2, dead_letters: 1, ..Buckets::default() };
        let open = Buckets { rows: 3, accepted: 2, unaccounted: 1, ..Buckets::default() };
        for (state, buckets, error, allow, wanted) in [
            (RunState::Ready, clean, None, false, 0),
            (RunState::Uploaded, clean, None, false, 0),
            (RunState::Ready, rejects, None, false, 1),
            (RunState::Ready, rejects, None, true, 0),
            (RunState::Ready, dead, None, false, 1),
            (RunState::Ready, dead, None, true, 0),
            (RunState::Uploaded, open, None, true, 1),
            (RunState::Discrepant, clean, None, true, 1),
            (RunState::Paused, open, None, true, 130),
            (RunState::Interrupted, open, Some("tenant-unreachable"), true, 5),
            (RunState::Interrupted, open, Some("circuit-open"), false, 5),
            (RunState::Interrupted, open, Some("unauthorised"), false, 4),
            (RunState::Failed, open, Some("ledger-unwritable"), false, 6),
            (RunState::Failed, open, Some("file-changed"), false, 3),
            (RunState::Cancelled, open, None, false, 1),
        ] {
            assert_eq!(
                exit_of(&run(state, buckets, error), allow),
                wanted,
                "{state} {error:?} allow {allow}"
            );
        }
    }

    #[test]
    fn a_plan_is_told_from_a_file() {
        assert_eq!(plan_id(Path::new("p-3f9a12c4")), Some("p-3f9a12c4"));
        assert_eq!(plan_id(Path::new(&"ab".repeat(32))), Some("ab".repeat(32).as_str()));
        for file in ["p-list.csv", "./p-3f9a12c4", "p-", "numbers.csv", "phones/p-3f9a"] {
            assert_eq!(plan_id(Path::new(file)), None, "{file}");
        }
    }
}
