//! One function per command.

use super::args::Command;
use super::context::Context;
use super::failure::Failure;

pub(super) mod demo;

mod audit;
mod auth;
mod check;
mod contacts;
mod dead_letters;
mod doctor;
mod gate;
mod input;
mod layouts;
mod ledger;
mod lists;
mod lookup;
mod plan;
mod plans;
mod profile;
mod reconcile;
mod runs;
mod sandbox;
mod undo;
mod upload;

/// Runs a command (the console's own are not among them) and gives its exit code.
pub(super) async fn run(command: Command, context: &Context) -> Result<u8, Failure> {
    match command {
        Command::Demo(args) => demo::run(&context.globals, context.out, &args).await,
        Command::Open(args) => {
            crate::cli::console::open(&context.globals, context.out, Some(args.file)).await
        }
        Command::Check(args) => check::run(context, &args).await,
        Command::Plan(args) => plan::plan(context, &args).await,
        Command::Plans(args) => plans::plans(context, args.plan.as_deref()).await,
        Command::Approve(args) => plan::approve(context, &args).await,
        Command::Upload(args) => upload::upload(context, &args).await,
        Command::Resume(args) => upload::resume(context, &args).await,
        Command::Runs(args) => runs::runs(context, args.run.as_deref()).await,
        Command::Pause(args) => runs::pause(context, &args).await,
        Command::Cancel(args) => runs::cancel(context, &args).await,
        Command::Undo(args) => undo::undo(context, &args).await,
        Command::DeadLetters(args) => dead_letters::run(context, &args).await,
        Command::Reconcile(args) => reconcile::run(context, &args).await,
        Command::Gate(args) => gate::run(context, &args).await,
        Command::Lookup(args) => lookup::run(context, &args).await,
        Command::Contacts(args) => contacts::run(context, args.action).await,
        Command::Lists(args) => lists::lists(context, args.action).await,
        Command::Rules(_) => lists::rules(context).await,
        Command::Audit(args) => audit::run(context, args.action).await,
        Command::Auth(args) => auth::run(context, args.action).await,
        Command::Ledger(args) => ledger::run(context, args.action).await,
        Command::Profile(args) => profile::run(context, args.action),
        Command::Layouts(args) => layouts::run(context, args.action),
        Command::Doctor => doctor::run(context).await,
        Command::Sandbox(args) => sandbox::run(context, args.action).await,
        Command::Completions(args) => sandbox::completions(context, args.shell),
    }
}

/// What did not happen when the command fails: the first line of the error.
pub(super) fn undone(command: &Command) -> &'static str {
    match command {
        Command::Demo(_) => "the demo did not open",
        Command::Open(_) => "the file was not opened",
        Command::Check(_) => "the file was not checked",
        Command::Plan(_) => "no plan was made",
        Command::Plans(_) => "the plans were not read",
        Command::Approve(_) => "nothing was approved",
        Command::Upload(_) => "the upload did not come about",
        Command::Resume(_) => "no run was resumed",
        Command::Runs(_) => "the runs were not read",
        Command::Pause(_) => "nothing was paused",
        Command::Cancel(_) => "nothing was cancelled",
        Command::Undo(_) => "nothing was taken back",
        Command::DeadLetters(_) => "the dead letters were not read",
        Command::Reconcile(_) => "the list was not reconciled",
        Command::Gate(_) => "the gate stays closed",
        Command::Lookup(_) => "nothing was looked up: do not call yet",
        Command::Contacts(_) => "not every contact was written",
        Command::Lists(_) => "the lists were not read or changed",
        Command::Rules(_) => "the rules were not read",
        Command::Audit(_) => "the audit trail was not read",
        Command::Auth(_) => "there are no credentials that work",
        Command::Ledger(_) => "the ledger was not copied or replaced",
        Command::Profile(_) => "the profiles are as they were",
        Command::Layouts(_) => "the layouts are as they were",
        Command::Doctor => "nothing was looked at",
        Command::Sandbox(_) => "the sandbox does not serve",
        Command::Completions(_) => "no completions were written",
    }
}
