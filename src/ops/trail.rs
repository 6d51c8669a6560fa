//! The audit trail for whoever works with it: the keys, the look before a launch, refusals, the signature at the end.
//!
//! Keys lie in the keyring beside the credentials, or in a file beside the ledger where no keyring is meant to be used (a
//! profile that takes its credentials from the environment, a sandbox, a ledger that users share) or none answers. A file that is there goes first, so
//! that a ledger keeps its keys. Without any, a run goes on all the same: it has no pseudonyms and no signature, and says so.

mod audit;
pub(super) mod others;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub use audit::{Audit, Exported, HeldNumber, Verified};

use super::{Ops, OpsError, OpsEvent, Sink, check, off_thread};
use crate::config::{CredentialSource, Environment, Profile};
use crate::credentials;
use crate::domain::audit::TrailReport;
use crate::domain::plan::PlanSummary;
use crate::ledger::{Ledger, NewEvent, TrailKeys, is_shared, keys_path, read_keys_file};
use crate::ops::input::Input;
use crate::ops::plan::Planned;

/// Where the keys of the trail are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHome {
    /// In the keyring of this machine.
    Keyring,
    /// In a file beside the ledger, which only its owner can read, or the group that shares the ledger.
    File,
    /// Nowhere yet, or where they are cannot be reached now.
    Nowhere,
}

/// Whether the keys of a profile belong into the keyring: that of one user is of no use to the others of a shared ledger.
fn may_use_keyring(folder: &Path, profile: Option<&Profile>) -> bool {
    !is_shared(folder)
        && profile.is_some_and(|profile| {
            profile.credentials == CredentialSource::Keyring
                && profile.environment != Environment::Sandbox
                && profile.preset != "sandbox"
        })
}

/// The keys that there are. Blocking: a keyring may be asked. Nothing is made.
pub(super) fn find_keys(
    folder: &Path,
    profile: Option<&Profile>,
) -> Result<(KeyHome, Option<TrailKeys>), OpsError> {
    if let Some(text) = read_keys_file(folder)? {
        return Ok((KeyHome::File, TrailKeys::from_text(&text)));
    }
    if may_use_keyring(folder, profile)
        && let Some(text) = credentials::trail_keys()?
    {
        return Ok((KeyHome::Keyring, TrailKeys::from_text(&text)));
    }
    Ok((KeyHome::Nowhere, None))
}

/// The keys, made where there were never any. `None` = they cannot be reached.
async fn keys_or_new(ledger: &Ledger, profile: &Profile, actor: &str) -> Result<Option<TrailKeys>, OpsError> {
    let (folder, of) = (ledger.folder().to_owned(), profile.clone());
    let found = off_thread(move || find_keys(&folder, Some(&of))).await?;
    // A ledger that was signed has keys somewhere: others would only hide that those are out of reach.
    let had_keys = ledger.last_checkpoint().await?.is_some();
    match &found {
        Ok((KeyHome::Keyring | KeyHome::File, keys)) => return Ok(keys.clone()),
        Err(_) if had_keys => return Ok(None),
        Ok((KeyHome::Nowhere, _)) | Err(_) => {}
    }
    let text = TrailKeys::generate()?;
    let in_keyring = match may_use_keyring(ledger.folder(), Some(profile)) && found.is_ok() {
        true => {
            let text = text.clone();
            off_thread(move || credentials::store_trail_keys(&text)).await?.is_ok()
        }
        false => false,
    };
    let text = if in_keyring { text } else { ledger.make_keys_file(text).await? };
    let keys = TrailKeys::from_text(&text);
    if let Some(keys) = &keys {
        let place = if in_keyring { "in the keyring" } else { "in a file beside the ledger" };
        let event = NewEvent {
            at: Timestamp::now(),
            actor: actor.to_owned(),
            kind: "trail.key",
            object: "trail".into(),
            effect: format!("a new key signs checkpoints from here on: {}, kept {place}", keys.public()),
            reason: None,
        };
        ledger.note(event).await?;
    }
    Ok(keys)
}

impl Ops {
    /// The keys of the trail; `None` = there are none that can be reached, which stops nothing.
    async fn trail_keys(&self) -> Option<TrailKeys> {
        let find = || async { keys_or_new(&self.ledger, self.profile(), &self.actor).await.ok().flatten() };
        self.keys.get_or_init(find).await.clone()
    }

    /// Refuses to begin anything while the trail is broken and nobody has acknowledged it.
    pub async fn refuse_broken_trail(&self) -> Result<(), OpsError> {
        Ok(self.ledger.refuse_broken_trail().await?)
    }

    /// A look at the trail: at all of it, or at what a launch looks at.
    pub async fn look_at_trail(&self, whole: bool) -> Result<TrailReport, OpsError> {
        Ok(if whole { self.ledger.verify().await? } else { self.ledger.check_trail().await? })
    }

    /// Signs the trail as it is. What keeps it from that is told and stops nothing.
    pub(super) async fn sign_trail(&self, sink: &Arc<dyn Sink>) {
        let Some(keys) = self.trail_keys().await else {
            sink.event(OpsEvent::Note("the audit trail is not signed: its keys cannot be reached".into()));
            return;
        };
        if let Err(error) = self.ledger.checkpoint(&keys, &self.actor, Timestamp::now()).await {
            sink.event(OpsEvent::Note(format!("the audit trail is not signed: {error}")));
        }
    }

    /// Notes in the trail that a launch or an approval was refused: who wanted what, and why not.
    pub(super) async fn note_refusal<T>(
        &self,
        kind: &'static str,
        object: String,
        reason: Option<&str>,
        result: Result<T, OpsError>,
    ) -> Result<T, OpsError> {
        if let Err(error @ OpsError::Approval { .. }) = &result {
            let event = NewEvent {
                at: Timestamp::now(),
                actor: self.actor.to_string(),
                kind,
                object,
                effect: format!("refused ({}): {error}", error.code()),
                reason: reason.map(str::to_owned),
            };
            self.ledger.note(event).await?;
        }
        result
    }

    /// The refusal of a plan that a second person has to approve, with its event.
    pub async fn refuse_at_launch(&self, plan: &PlanSummary, reason: &str) -> Result<(), OpsError> {
        let refused = self.refuse_without_second_person(plan);
        self.note_refusal("plan.refused", format!("plan {}", plan.id), Some(reason), refused).await
    }

    /// Writes the pseudonyms of a plan that was just made: of its rows, and of the duplicates and rejected rows of its file.
    pub(super) async fn store_pseudonyms(
        &self,
        planned: &Planned,
        input: &Input,
        stop: &CancellationToken,
    ) -> Result<(), OpsError> {
        let Some(keys) = self.trail_keys().await else { return Ok(()) };
        let options = check::check_options(Some(self.profile()), input, planned.summary.made_at);
        let (file, stop) = (planned.file.clone(), stop.clone());
        self.ledger
            .store_pseudonyms(&keys, &planned.summary, move |each| {
                let Some(file) = file else { return Ok(()) };
                others::tell(&file.document, &file.checked, &options, &stop, each)
            })
            .await?
    }
}

/// For the doctor: where the keys are, and their public half.
pub(super) async fn home_of_keys(
    folder: &Path,
    profile: Option<&Profile>,
) -> Result<(KeyHome, Option<String>), OpsError> {
    let (folder, profile) = (folder.to_owned(), profile.cloned());
    let (home, keys) = off_thread(move || find_keys(&folder, profile.as_ref())).await??;
    Ok((home, keys.map(|keys| keys.public())))
}

/// The path of the keys' file, for people.
pub(super) fn keys_file(folder: &Path) -> std::path::PathBuf {
    keys_path(folder)
}
