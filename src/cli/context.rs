//! What every command begins with: flags, configuration, a connection, and the word to stop.

use tokio_util::sync::CancellationToken;

use super::args::Globals;
use super::failure::{Failure, exit};
use super::output::Out;
use crate::config::{Config, Profile, Sources};
use crate::ops::{Ops, OpsError, setup};

/// One invocation.
pub(super) struct Context {
    pub globals: Globals,
    pub out: Out,
    pub stop: CancellationToken,
}

impl Context {
    /// The merged configuration.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.sources())?)
    }

    /// What the flags say about the configuration.
    pub fn sources(&self) -> Sources {
        Sources {
            config: self.globals.config.clone(),
            data_dir: self.globals.data_dir.clone(),
            profile: self.globals.profile.clone(),
        }
    }

    /// The profile in use, where one is configured: for commands that work without one. A profile that was named and
    /// does not exist is a mistake all the same.
    pub fn profile_if_any(&self, config: &Config) -> Result<Option<Profile>, Failure> {
        match config.profile() {
            Ok(profile) => Ok(Some(profile)),
            Err(e) if e.code == "no-profile" => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Profile, credentials and ledger, in this order: each says what it needs.
    pub async fn connect(&self) -> Result<(Config, Ops), Failure> {
        let config = self.config()?;
        let profile = config.profile()?;
        let ops = self.or_stopped(setup::connect(&config, profile, self.globals.read_only)).await?;
        Ok((config, ops))
    }

    /// The same for a command that only asks: it also works over a ledger that cannot be written, and says so.
    pub async fn connect_to_read(&self) -> Result<(Config, Ops), Failure> {
        let config = self.config()?;
        let profile = config.profile()?;
        let ops = self.or_stopped(setup::connect_to_read(&config, profile, self.globals.read_only)).await?;
        if ops.ledger().is_read_only() {
            self.out.warn(
                "the ledger cannot be written: answering from it as it is; nothing can be sent or noted",
            );
        }
        Ok((config, ops))
    }

    /// Refuses a change before anything is looked at.
    pub fn refuse_in_read_only(&self, what: &'static str) -> Result<(), Failure> {
        if self.globals.read_only { Err(OpsError::ReadOnly { what }.into()) } else { Ok(()) }
    }

    /// Work that changes nothing and may simply be dropped when the person stops it.
    pub async fn or_stopped<T>(&self, work: impl Future<Output = Result<T, OpsError>>) -> Result<T, Failure> {
        tokio::select! {
            result = work => Ok(result?),
            () = self.stop.cancelled() => Err(stopped()),
        }
    }
}

/// The person stopped a command that holds nothing to resume.
pub(super) fn stopped() -> Failure {
    Failure::new(
        exit::STOPPED,
        "stopped",
        "stopped before there was an answer",
        "Start it again when you are ready.",
    )
}
