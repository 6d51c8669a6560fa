//! The simulated tenant, with a console on it or alone.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::sandbox::{self, Order, Properties, Story};

#[derive(Debug, Args)]
pub(in crate::cli) struct DemoArgs {
    /// Seed of the simulated tenant
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// What goes wrong
    #[arg(long, value_parser = story, default_value = "calm", value_name = "NAME")]
    pub story: Story,
    /// Forget what earlier demos exported, too
    #[arg(long)]
    pub fresh: bool,
    /// A file to open at once
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_long_help = sandbox::help())]
pub(in crate::cli) struct SandboxArgs {
    #[command(subcommand)]
    pub action: SandboxAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SandboxAction {
    /// Serve until stopped
    #[command(after_long_help = sandbox::help())]
    Serve {
        /// Port on 127.0.0.1; 0 = any free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Seed of the world and of every fault
        #[arg(long, default_value_t = 7)]
        seed: u64,
        /// What goes wrong all the time: calm, flaky, slow
        #[arg(long, value_parser = story, default_value = "calm", value_name = "NAME")]
        story: Story,
        /// What goes wrong once, as `at=entries#17 do=reset_after`; may stand several times, words in --help
        #[arg(long, value_parser = Order::parse, value_name = "SPEC")]
        fault: Vec<Order>,
        /// What the tenant is like, as `token_life=5`; may stand several times, words in --help
        #[arg(long, value_parser = property, value_name = "KEY=VALUE")]
        tenant: Vec<(String, String)>,
        /// Seconds until a written entry is enforced
        #[arg(long, value_name = "S", default_value_t = 2)]
        cool_down: u64,
        /// Entries in the seeded world
        #[arg(long, value_name = "N", default_value_t = 50_000)]
        entries: usize,
    },
}

fn story(word: &str) -> Result<Story, String> {
    Story::ALL.into_iter().find(|(_, known, _)| *known == word).map(|(story, ..)| story).ok_or_else(|| {
        let known: Vec<&str> = Story::ALL.iter().map(|(_, word, _)| *word).collect();
        format!("one of: {}", known.join(", "))
    })
}

/// A property and a value that it can have.
fn property(text: &str) -> Result<(String, String), String> {
    let (word, value) = text.split_once('=').ok_or("it has the form KEY=VALUE, as in token_life=5")?;
    Properties::default().set(word, value)?;
    Ok((word.to_owned(), value.to_owned()))
}
