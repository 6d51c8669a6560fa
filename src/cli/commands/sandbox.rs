//! `sandbox serve`: the simulated tenant alone. And `completions`.

use std::time::Duration;

use clap::CommandFactory as _;
use serde_json::json;

use crate::cli::args::{Cli, SandboxAction};
use crate::cli::console::no_sandbox;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::sandbox::{Options, Properties, Sandbox};

pub(super) async fn run(context: &Context, action: SandboxAction) -> Result<u8, Failure> {
    let SandboxAction::Serve { port, seed, story, fault, tenant, cool_down, entries } = action;
    let lag = Duration::from_secs(cool_down);
    let mut properties = Properties::default();
    for (word, value) in &tenant {
        properties
            .set(word, value)
            .map_err(|e| Failure::usage(e, "See `quietline sandbox serve --help`."))?;
    }
    let options =
        Options { seed, story, port, lag, entries, orders: fault, tenant: properties, ..Options::default() };
    let sandbox = Sandbox::start(options).await.map_err(|e| no_sandbox(&e))?;
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let (token, api, events) = (sandbox.token_url(), sandbox.api_url(), sandbox.events_url());
    // The secret opens nothing but this simulator; telling it is the point of the line.
    let object = json!({"token_url": token, "api_url": api, "events_url": events, "client_id": id,
                        "client_secret": secret, "webhook_url": sandbox.hooks_url(),
                        "webhook_secret": sandbox.hooks_secret()});
    context.out.answer(&object, || {
        format!(
            "A simulated tenant listens on {}; nothing behind it is real. Ctrl-C stops it.\n\n\
             quietline profile add sandbox --preset sandbox --environment sandbox --credentials env --cool-down 5 \\\n  \
             --token-url {token} --api-url {api} --events-url {events}\n\
             export QUIETLINE_CLIENT_ID={id} QUIETLINE_CLIENT_SECRET={secret}",
            sandbox.address()
        )
    })?;
    tokio::select! {
        () = sandbox.serve_forever() => {}
        () = context.stop.cancelled() => {}
    }
    Ok(exit::DONE)
}

pub(super) fn completions(context: &Context, shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "quietline", &mut script);
    context.out.text(&String::from_utf8_lossy(&script))?;
    Ok(exit::DONE)
}
