//! The command line: every job of the console, headless. Data to stdout, everything else to stderr, the truth in the
//! exit code.
//!
//! ```text
//! argv ─▶ args ─▶ commands::* ─▶ ops::* ─▶ shapes (JSON) or text ─▶ output ─▶ stdout
//!                     └─ Failure ─────────▶ what, why, next        ─▶ stderr, exit code
//! ```

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

mod args;
mod ask;
mod commands;
mod console;
mod context;
mod demo_folder;
mod detach;
mod failure;
mod measures;
mod output;
mod private_file;
mod progress;
mod report;
mod samples;
mod shapes;
mod signals;
mod table;
mod trace;

use args::{Cli, Command, Globals, JsonForm};
use context::Context;
use failure::{Failure, exit};
use output::Out;

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    keep_secrets_out_of_core_dumps();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return not_understood(&e),
    };
    let out = Out::new(&cli.globals);
    let undone = cli.command.as_ref().map_or("the console did not open", commands::undone);
    match run(cli, out) {
        Ok(code) => code.into(),
        Err(failure) => {
            out.failure(undone, &failure);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli, out: Out) -> Result<u8, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|e| {
            Failure::new(
                exit::USAGE,
                "no-runtime",
                format!("the runtime does not start: {e}"),
                "Free some memory.",
            )
        })?;
    let result = runtime.block_on(dispatch(cli, out));
    // A thread that still waits for a keyring or reads a file must not hold up the end.
    runtime.shutdown_background();
    result
}

async fn dispatch(cli: Cli, out: Out) -> Result<u8, Failure> {
    let globals = cli.globals;
    match cli.command {
        None => console::open(&globals, out, None).await,
        Some(Command::Open(args)) => console::open(&globals, out, Some(args.file)).await,
        Some(Command::Demo(args)) => commands::demo::run(&globals, out, &args).await,
        Some(command) => {
            trace::to_stderr(globals.verbose);
            let hangs_up = !matches!(&command, Command::Upload(args) if args.detached);
            let stop = signals::watch(out, hangs_up)?;
            commands::run(command, &Context { globals, out, stop }).await
        }
    }
}

/// `--help` and `--version` are answers; everything else is a mistake, told in JSON where JSON was asked for.
fn not_understood(e: &clap::Error) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = e.print();
        return exit::DONE.into();
    }
    let wants_json = std::env::args_os().any(|arg| {
        let arg = arg.to_string_lossy();
        arg == "--json" || arg.starts_with("--json=")
    });
    let rendered = e.render().to_string();
    let first = rendered.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let missing: Vec<&str> =
        rendered.lines().skip(1).take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    let message = [first, &missing.join(", ")].join(" ");
    let advice = rendered.lines().find_map(|line| line.trim().strip_prefix("tip: ")).map(str::to_owned);
    let advice = advice.unwrap_or_else(|| "See `quietline --help`, or --help of the command.".into());
    let globals = Globals { json: wants_json.then_some(JsonForm::Document), ..Globals::default() };
    Out::new(&globals)
        .failure("the command line was not understood", &Failure::usage(message.trim(), advice));
    exit::USAGE.into()
}

/// Whether a person sits there who can be shown a full screen.
fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// A crash must not leave a secret on disk.
fn keep_secrets_out_of_core_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}
