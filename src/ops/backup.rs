//! Backup and restore: the ledger as a whole, without a tenant.

use std::path::Path;

use jiff::Timestamp;

use super::{OpsError, os_user, setup};
use crate::ledger::{self, Backup, Ledger, NewEvent, RestoreWish, Restored};

/// Writes a copy of the ledger in `folder` into one file, if its trail is whole or its breaks were acknowledged. The trail
/// notes it first, so that the copy is as new as the ledger.
pub async fn back_up(folder: &Path, to: &Path) -> Result<Backup, OpsError> {
    let ledger = setup::open_ledger(folder).await?;
    // A copy has no mirror: a break that only the mirror shows would be gone with a restore.
    if let Some(broken) = ledger.verify().await?.stops_runs() {
        return Err(ledger::Error::TrailBroken { at: broken.at, what: broken.what.clone() }.into());
    }
    let at = Timestamp::now();
    let event = NewEvent {
        at,
        actor: os_user(),
        kind: "ledger.backed-up",
        object: "ledger".into(),
        effect: "a copy of everything up to here is written".into(),
        reason: None,
    };
    ledger.note(event).await?;
    Ok(ledger.backup(to, at).await?)
}

/// Puts a backup in the place of the ledger in `folder`. `force`: why a ledger goes that is not older.
pub async fn restore(folder: &Path, from: &Path, force: Option<String>) -> Result<Restored, OpsError> {
    let wish = RestoreWish { by: os_user(), at: Timestamp::now(), force };
    Ok(Ledger::restore(folder, from, wish).await?)
}
