//! This machine: keyring, ledger, disk.

use std::path::Path;

use super::{Finding, Health, not_checked};
use crate::config::{CredentialSource, Profile};
use crate::credentials;
use crate::domain::list::ListId;
use crate::domain::plan::Destination;
use crate::domain::text::visible;
use crate::ops::{KeyHome, is_shared, off_thread, setup, trail};

/// Less free space than this, and a large file may not get through: its plan and its journal are as large as it is.
const SCARCE: u64 = 1 << 30;
/// Less than this, and no upload is to be begun.
const TOO_LITTLE: u64 = 64 << 20;

pub(super) async fn of_keyring(profile: Option<&Profile>) -> Finding {
    let probed = tokio::task::spawn_blocking(credentials::probe_keyring).await;
    match probed {
        Ok(Ok(name)) => Finding::new("keyring", Health::Fine, format!("{name} answers")),
        Ok(Err(e)) => {
            let needed = profile.is_none_or(|p| p.credentials == CredentialSource::Keyring);
            let health = if needed && profile.is_some() { Health::Broken } else { Health::Attention };
            let finding = Finding::new("keyring", health, e.message);
            if needed { finding.advise(e.advice) } else { finding }
        }
        Err(_) => not_checked("keyring", "its thread ended early"),
    }
}

/// Where the keys of the audit trail are. That there are none yet is fine: the first plan makes them.
pub(super) async fn of_trail_keys(folder: &Path, profile: Option<&Profile>) -> Finding {
    match trail::home_of_keys(folder, profile).await {
        Ok((KeyHome::Keyring, Some(public))) => {
            Finding::new("audit-keys", Health::Fine, format!("in the keyring, public key {public}"))
        }
        Ok((KeyHome::File, Some(public))) => {
            let file = trail::keys_file(folder);
            let seen = format!("in {}, public key {public}", visible(&file.display().to_string(), 300));
            match readable_by_others(&file) {
                false => Finding::new("audit-keys", Health::Fine, seen),
                true => Finding::new("audit-keys", Health::Attention, seen)
                    .advise("Others can read the keys of the audit trail: `chmod 600` the file."),
            }
        }
        Ok((KeyHome::Nowhere, _)) => {
            Finding::new("audit-keys", Health::Fine, "none yet, the first plan makes them")
        }
        Ok((_, None)) => Finding::new("audit-keys", Health::Attention, "what is stored are no keys")
            .advise("Runs go on without pseudonyms and signatures; put back the keys from a backup."),
        Err(e) => Finding::new("audit-keys", Health::Attention, visible(&e.to_string(), 300))
            .advise("Runs go on without pseudonyms and signatures until the keys can be reached."),
    }
}

/// Opens an existing ledger; makes none. With the outbound list that a run of the profile went to last.
pub(super) async fn of_ledger(folder: &Path, profile: Option<&Profile>) -> (Finding, Option<ListId>) {
    let shown = visible(&folder.display().to_string(), 300);
    if folder.exists() && !folder.is_dir() {
        let finding = Finding::new("ledger", Health::Broken, format!("{shown} is no folder"));
        return (finding.advise("Name a folder with --data-dir."), None);
    }
    if !folder.join("ledger.db").exists() {
        let seen = format!("{shown}: none yet, the first plan makes it");
        return (Finding::new("ledger", Health::Fine, seen), None);
    }
    match setup::open_ledger(folder).await {
        Err(e) => (Finding::of_error("ledger", &e), None),
        Ok(ledger) => match ledger.runs().await {
            Err(e) => (Finding::of_error("ledger", &e.into()), None),
            Ok(runs) => {
                let outbound = runs
                    .iter()
                    .filter(|run| profile.is_some_and(|profile| run.profile == profile.name))
                    .find(|run| run.destination == Destination::Outbound)
                    .map(|run| run.destination.list_of(&run.list));
                let open = runs.iter().filter(|run| run.state.is_resumable()).count();
                let finding = Finding::new(
                    "ledger",
                    Health::Fine,
                    format!("{shown}: {} runs, {open} not finished", runs.len()),
                );
                let finding = match shared_with(folder) {
                    None => finding,
                    Some(group) => {
                        Finding { seen: format!("{}, shared with group {group}", finding.seen), ..finding }
                    }
                };
                let finding = match (open, readable_by_others(&folder.join("ledger.db"))) {
                    (_, true) => Finding { health: Health::Attention, ..finding }
                        .advise("Others can read or change the ledger: `chmod 600` it."),
                    (0, false) => finding,
                    (_, false) => finding.advise("Go on with `quietline resume`."),
                };
                (finding, outbound)
            }
        },
    }
}

/// The disk that the ledger and the plans lie on: whether it can be written to, and what is free on it.
pub(super) async fn of_disk(folder: &Path) -> Finding {
    let folder = folder.to_path_buf();
    match off_thread(move || disk(&folder)).await {
        Ok(finding) => finding,
        Err(_) => not_checked("disk", "its thread ended early"),
    }
}

fn disk(folder: &Path) -> Finding {
    // A folder that is not there yet will be made in the nearest one that is.
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let shown = visible(&there.display().to_string(), 300);
    if !there.is_dir() {
        return Finding::new(
            "disk",
            Health::Broken,
            format!("{shown} is no folder, and nothing can be made in it"),
        )
        .advise("Name another one with --data-dir.");
    }
    // A file without a name: it is gone with its handle, also when we are killed.
    let written =
        tempfile::tempfile_in(there).and_then(|mut file| std::io::Write::write_all(&mut file, b"x"));
    if let Err(e) = written {
        let why = visible(&e.to_string(), 100);
        return Finding::new("disk", Health::Broken, format!("{shown} cannot be written to: {why}"))
            .advise("Get the right to write there, make room, or name another folder with --data-dir.");
    }
    match free_on(there) {
        None => Finding::new("disk", Health::Fine, format!("{shown} can be written to")),
        Some(bytes) => of_space(&shown, bytes),
    }
}

fn of_space(shown: &str, bytes: u64) -> Finding {
    let seen = format!("{shown} can be written to, {} MiB are free", bytes >> 20);
    let advice = "Make room, or name a folder on another disk with --data-dir: an upload stops where its journal cannot \
                  be written.";
    match bytes {
        0..TOO_LITTLE => Finding::new("disk", Health::Broken, seen).advise(advice),
        TOO_LITTLE..SCARCE => Finding::new("disk", Health::Attention, seen).advise(advice),
        _ => Finding::new("disk", Health::Fine, seen),
    }
}

/// Bytes that are free for whoever is no administrator; `None` = this system does not tell.
#[cfg(unix)]
fn free_on(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_on(_folder: &Path) -> Option<u64> {
    None
}

/// The group that shares the ledger of a folder.
fn shared_with(folder: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let group = std::fs::metadata(folder).ok()?.gid();
        is_shared(folder).then_some(group)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Whether anyone but the owner may read or write it; in a shared folder, anyone but its group.
pub(super) fn readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let others = if path.parent().is_some_and(is_shared) { 0o007 } else { 0o077 };
        std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & others != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_told_before_an_upload_finds_it() {
        for (free, health) in [
            (0, Health::Broken),
            (TOO_LITTLE - 1, Health::Broken),
            (TOO_LITTLE, Health::Attention),
            (SCARCE - 1, Health::Attention),
            (SCARCE, Health::Fine),
            (u64::MAX, Health::Fine),
        ] {
            let finding = of_space("/data", free);
            assert_eq!(finding.health, health, "{free}");
            assert_eq!(finding.advice.is_some(), health != Health::Fine, "{free}");
        }
    }

    #[tokio::test]
    async fn a_file_in_the_place_of_the_data_folder_is_not_fine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(of_ledger(&file, None).await.0.health, Health::Broken);
        for below in [file.clone(), file.join("below")] {
            let finding = of_disk(&below).await;
            assert_eq!(finding.health, Health::Broken, "{}", finding.seen);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_nearest_one() {
        let folder = tempfile::tempdir().unwrap();
        let finding = disk(&folder.path().join("not/there"));
        assert!(finding.seen.contains("MiB are free"), "{}", finding.seen);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
