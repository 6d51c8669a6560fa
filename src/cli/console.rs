//! The console from the outside: open it, and come back with whatever its wizard asked for.

use std::path::PathBuf;

use super::args::Globals;
use super::demo_folder::DemoFolder;
use super::failure::{Failure, exit};
use super::output::Out;
use super::{is_interactive, trace};
use crate::config::{Config, Profile, Sources};
use crate::ops::{Credentials, Ops, WebhookSecret, setup};
use crate::sandbox::{Options, Sandbox};
use crate::tui::{self, Ended, Start};

/// What the console works on next.
enum Next {
    /// The wizard: there is no profile.
    Wizard,
    /// A tenant of the config file.
    Tenant(Box<Profile>),
    /// The embedded tenant, and whether earlier exports go too.
    Embedded(Options, bool),
}

/// `quietline` without a command, or `quietline open FILE`.
pub(super) async fn open(globals: &Globals, out: Out, file: Option<PathBuf>) -> Result<u8, Failure> {
    if !is_interactive() {
        return Err(Failure::usage(
            "the console needs a terminal, and this is none",
            "Name a command: see `quietline --help`.",
        ));
    }
    let config = load(globals)?;
    let next = match config.profile() {
        Ok(profile) => Next::Tenant(Box::new(profile)),
        Err(e) if e.code == "no-profile" && config.profile_names().is_empty() => Next::Wizard,
        Err(e) => return Err(e.into()),
    };
    go_round(globals, out, (config, file), next).await
}

/// `quietline demo`.
pub(super) async fn open_embedded(
    globals: &Globals,
    out: Out,
    (options, fresh): (Options, bool),
    file: Option<PathBuf>,
) -> Result<u8, Failure> {
    let config = load(globals)?;
    go_round(globals, out, (config, file), Next::Embedded(options, fresh)).await
}

/// Opens the console, again and again, until the person has had enough.
async fn go_round(
    globals: &Globals,
    out: Out,
    (config, file): (Config, Option<PathBuf>),
    first: Next,
) -> Result<u8, Failure> {
    let _log =
        trace::to_file(config.data_dir(), globals.verbose).map_err(|e| unwritable(config.data_dir(), &e))?;
    let mut config = config;
    let mut next = first;
    loop {
        // Lives as long as the console that works on it: dropping it stops the tenant.
        let mut embedded: Option<(Sandbox, DemoFolder)> = None;
        let home = std::env::current_dir().unwrap_or_default();
        let (ops, folder) = match next {
            Next::Wizard => (None, home),
            Next::Tenant(profile) => {
                (Some(setup::connect(&config, *profile, globals.read_only).await?), home)
            }
            Next::Embedded(options, fresh) => {
                let folder = DemoFolder::take(config.data_dir(), fresh)?;
                let sandbox = Sandbox::start(options).await.map_err(|e| no_sandbox(&e))?;
                let ops = embed(&sandbox, &folder, globals.read_only).await?;
                let samples = folder.samples.clone();
                embedded = Some((sandbox, folder));
                (Some(ops), samples)
            }
        };
        // Held here too: what the console leaves to be told is told before it goes.
        let courier: Option<Ops> = ops.clone();
        if let Some(ops) = &courier {
            ops.begin_deliveries().await?;
        }
        let start = Start {
            ops,
            config: config.clone(),
            read_only: globals.read_only,
            mono: out.is_mono(),
            open: file.clone(),
            folder,
            embedded: embedded.is_some(),
        };
        let ended = tui::run(start).await.map_err(|e| {
            Failure::new(
                exit::USAGE,
                "no-console",
                format!("the console cannot be shown: {e}"),
                "Check the terminal.",
            )
        })?;
        if let Some(ops) = courier {
            ops.end_deliveries().await;
        }
        next = match ended {
            Ended::Quit => return Ok(exit::DONE),
            Ended::Signal(number) => return Ok(u8::try_from(128 + number).unwrap_or(exit::STOPPED)),
            Ended::WantsSandbox => Next::Embedded(Options::default(), false),
            Ended::WantsProfile(name) => {
                config = load(globals)?;
                Next::Tenant(Box::new(config.profile_named(&name)?))
            }
        };
    }
}

/// The embedded tenant with a ledger of its own, beside the real one.
async fn embed(sandbox: &Sandbox, folder: &DemoFolder, read_only: bool) -> Result<Ops, Failure> {
    let credentials = Credentials {
        client_id: sandbox.client_id().to_owned(),
        client_secret: sandbox.client_secret().to_owned().into(),
    };
    let mut profile = Profile::sandbox("sandbox", &sandbox.token_url(), &sandbox.api_url());
    profile.upload.webhook = Some(sandbox.hooks_url());
    let ledger = setup::open_ledger(&folder.path).await?;
    let secret = WebhookSecret::read(sandbox.hooks_secret());
    Ok(Ops::new(profile, credentials, ledger, read_only)?.with_webhook(Ok(secret)))
}

fn load(globals: &Globals) -> Result<Config, Failure> {
    Ok(Config::load(&Sources {
        config: globals.config.clone(),
        data_dir: globals.data_dir.clone(),
        profile: globals.profile.clone(),
    })?)
}

pub(super) fn unwritable(folder: &std::path::Path, e: &std::io::Error) -> Failure {
    Failure::new(
        exit::LEDGER,
        "ledger-unwritable",
        format!("cannot write into {}: {e}", folder.display()),
        "Mend the permissions, free space, or name another folder with --data-dir.",
    )
}

pub(super) fn no_sandbox(e: &std::io::Error) -> Failure {
    Failure::new(
        exit::USAGE,
        "no-sandbox",
        format!("the sandbox cannot listen on 127.0.0.1: {e}"),
        "Take another port with --port, or --port 0 for any free one.",
    )
}
