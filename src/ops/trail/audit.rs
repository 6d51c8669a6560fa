//! The trail alone: to be read, verified, exported and acknowledged without a tenant and without credentials.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use super::{find_keys, others};
use crate::config::{ConfigError, CredentialSource, Profile};
use crate::credentials;
use crate::domain::audit::{AuditEvent, TrailReport};
use crate::files;
use crate::ledger::{self, HeldRow, Ledger, TrailKeys};
use crate::ops::input::Input;
use crate::ops::{OpsError, check, off_thread, os_user};

/// The trail of a data folder.
#[derive(Clone, Debug)]
pub struct Audit {
    ledger: Ledger,
    profile: Option<Profile>,
}

/// Everything that is known of a number.
#[derive(Clone, Debug)]
pub struct HeldNumber {
    /// The number or address as it is kept, where it reads as one.
    pub identifier: Option<String>,
    /// Every row that held it, newest first.
    pub rows: Vec<HeldRow>,
    /// What cannot be told, one sentence each: not known is not nothing.
    pub unknown: Vec<String>,
}

/// The trail as it was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What was found.
    pub report: TrailReport,
    /// Whether the newest checkpoint was signed by the key that is here; `None` = there is no checkpoint, or no key.
    pub is_ours: Option<bool>,
}

/// What was exported.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The events, one JSON object on each line.
    pub events: PathBuf,
    /// What is needed to verify them, as JSON.
    pub chain: PathBuf,
    /// How many events.
    pub records: u64,
    /// The trail as it was verified for it.
    pub report: TrailReport,
}

impl Audit {
    /// Opens the ledger of a folder, which must be there. The profile says how a number without country code is read, and
    /// whether a keyring is asked.
    pub async fn open(folder: &Path, profile: Option<Profile>) -> Result<Self, OpsError> {
        refuse_none(folder)?;
        let folder = folder.to_owned();
        let ledger = off_thread(move || Ledger::open(&folder)).await??;
        Ok(Self { ledger, profile })
    }

    /// Verifies the trail of a folder: also where its ledger does not open any more.
    pub async fn verify(folder: &Path, profile: Option<Profile>) -> Result<Verified, OpsError> {
        refuse_none(folder)?;
        let there = folder.to_owned();
        let report = match off_thread(move || Ledger::open(&there)).await? {
            Ok(ledger) => ledger.verify().await?,
            Err(ledger::Error::Damaged { .. }) => {
                let folder = folder.to_owned();
                off_thread(move || Ledger::verify_folder(&folder)).await??
            }
            Err(error) => return Err(error.into()),
        };
        let folder = folder.to_owned();
        // A keyring that does not answer leaves the question open, and the trail verified.
        let key =
            off_thread(move || find_keys(&folder, profile.as_ref())).await?.ok().and_then(|(_, keys)| keys);
        let is_ours =
            report.checkpoint.as_ref().zip(key).map(|(checkpoint, key)| checkpoint.key == key.public());
        Ok(Verified { report, is_ours })
    }

    /// The newest events, newest first.
    pub async fn events(&self, limit: usize) -> Result<Vec<AuditEvent>, OpsError> {
        Ok(self.ledger.events(limit).await?)
    }

    /// Every file, run and row that ever held a number or an address, in whatever spelling it is typed.
    pub async fn of_number(&self, typed: &str) -> Result<HeldNumber, OpsError> {
        let options = check::check_options(self.profile.as_ref(), &Input::default(), Timestamp::now());
        let whom = others::whom_in(typed, &options);
        if whom.is_empty() {
            let message = "what was asked for is neither a number nor an address".into();
            let advice = "Give a telephone number in any spelling, or an e-mail address.".into();
            return Err(ConfigError { code: "no-number", message, advice }.into());
        }
        let identifier = whom.iter().find_map(|whom| match whom {
            ledger::Whom::Known(identifier) => Some(identifier.whole()),
            ledger::Whom::Digits(_) => None,
        });
        let found = self.ledger.history(self.keys().await?, whom).await?;
        Ok(HeldNumber { identifier, rows: found.rows, unknown: found.unknown })
    }

    /// Every key that may have made pseudonyms here: that of the file, and that of the keyring where the profile uses it.
    async fn keys(&self) -> Result<Vec<TrailKeys>, OpsError> {
        let (folder, profile) = (self.ledger.folder().to_owned(), self.profile.clone());
        off_thread(move || {
            let from_file = find_keys(&folder, None)?.1;
            let asks = profile.is_some_and(|profile| profile.credentials == CredentialSource::Keyring);
            let text = if asks { credentials::trail_keys().ok().flatten() } else { None };
            let from_keyring = text.and_then(|text| TrailKeys::from_text(&text));
            Ok(from_file.into_iter().chain(from_keyring).collect())
        })
        .await?
    }

    /// A person has looked at what is broken: runs may begin again. Signed, where there is a key.
    pub async fn acknowledge(&self, reason: &str) -> Result<TrailReport, OpsError> {
        let actor = os_user();
        let acknowledged = self.ledger.acknowledge_break(&actor, reason, Timestamp::now()).await?;
        let Some(report) = acknowledged else {
            return Err(OpsError::Nothing {
                code: "nothing-to-acknowledge",
                message: "nothing of the audit trail is broken that nobody has acknowledged".into(),
                advice: "`quietline audit verify` says how it stands.".into(),
            });
        };
        let (folder, profile) = (self.ledger.folder().to_owned(), self.profile.clone());
        let keys = off_thread(move || find_keys(&folder, profile.as_ref())).await?;
        if let Ok((_, Some(keys))) = keys {
            self.ledger.checkpoint(&keys, &actor, Timestamp::now()).await?;
        }
        Ok(report)
    }

    /// Writes the events of a period into a folder, with what an auditor needs to verify them: `events.jsonl`, each event as
    /// the mirror has it, and `chain.json`. Neither has a number in it. The whole trail is verified first.
    pub async fn export(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        folder: &Path,
    ) -> Result<Exported, OpsError> {
        let report = self.ledger.verify().await?;
        let unwritable = |path: &Path, source: std::io::Error| files::FileError::Unwritable {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, e))?;
        let (events, chain) = (folder.join("events.jsonl"), folder.join("chain.json"));
        let lines = tempfile::NamedTempFile::new_in(folder).map_err(|e| unwritable(folder, e))?;
        let written = Arc::new(Mutex::new(Written::default()));
        let (state, out) = (written.clone(), lines.reopen().map_err(|e| unwritable(&events, e))?);
        let mut out = std::io::BufWriter::new(out);
        self.ledger
            .each_event(from, to, move |event, line| {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.records += 1;
                state.first.get_or_insert(event.seq);
                state.last = Some(event.seq);
                state.head = Some(event.hash);
                // Flushed with each: the writer goes with this closure, and an error there would be lost.
                let done = out.write_all(line.as_bytes()).and_then(|()| out.flush());
                state.failed = done.err();
                state.failed.is_none()
            })
            .await?;
        let written = std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(error) = written.failed {
            return Err(unwritable(&events, error).into());
        }
        lines.persist(&events).map_err(|e| unwritable(&events, e.error))?;
        let sha256 = {
            let events = events.clone();
            off_thread(move || files::sha256_of(&events)).await??
        };
        let checkpoint = report.checkpoint.as_ref().map(|checkpoint| {
            json!({"records": checkpoint.records, "head": checkpoint.head, "at": checkpoint.at.to_string(), "key": checkpoint.key})
        });
        let told = json!({
            "from": from.map(|at| at.to_string()), "to": to.map(|at| at.to_string()),
            "records": written.records, "first": written.first, "last": written.last, "last_hash": written.head,
            "events_sha256": sha256,
            "trail": {
                "records": report.records, "head": report.head, "intact": report.is_intact(),
                "first_bad": report.broken.as_ref().map(|broken| broken.at), "acknowledged": report.acknowledged,
                "checkpoint": checkpoint,
            },
            "hash": "SHA-256 over the hash before (64 zeros at first), seq and at (8 bytes, little endian), actor, kind, object, \
                     effect, and the reason (byte 0 where there is none; byte 1, then the words); each field, also byte 1, \
                     after its length (8 bytes, little endian)",
            "checkpoint": "an event trail.checkpoint is signed with Ed25519 over the lines `quietline trail ORIGIN`, EVENTS, HEAD, \
                           each with a line feed",
        });
        files::write_safely(&chain, format!("{told:#}\n").as_bytes()).map_err(|e| unwritable(&chain, e))?;
        Ok(Exported { events, chain, records: written.records, report })
    }
}

#[derive(Default)]
struct Written {
    records: u64,
    first: Option<u64>,
    last: Option<u64>,
    head: Option<String>,
    failed: Option<std::io::Error>,
}

fn refuse_none(folder: &Path) -> Result<(), OpsError> {
    if folder.join("ledger.db").exists() || folder.join("audit.log").exists() {
        return Ok(());
    }
    Err(OpsError::Nothing {
        code: "no-ledger",
        message: "there is no ledger yet, and so no audit trail".into(),
        advice: "Name its folder with --data-dir; the first plan makes one.".into(),
    })
}
