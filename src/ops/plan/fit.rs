//! What cannot be planned: requests that contradict themselves, before a byte is read, and files that are not what they
//! would be used for.

use super::PlanRequest;
use crate::config::ConfigError;
use crate::domain::plan::{Destination, Operation};
use crate::files::{Changes, Contents, Field, InputOptions};
use crate::ops::OpsError;
use crate::ops::check::CheckedFile;

/// What contradicts itself, whatever the file holds.
pub(in crate::ops) fn refuse_request(request: &PlanRequest) -> Result<(), OpsError> {
    let (to, operation) = (request.to, request.operation);
    if to != Destination::Outbound && !request.input.scrub.is_empty() {
        let what = format!("numbers that go to {to} are not scrubbed: they are those not to be called");
        return refuse("only-outbound", what, "Leave out --scrub, or say --to outbound.");
    }
    if operation.takes_off() && !to.can_take_off() {
        let what = format!("nothing can be taken off {to}: the tenant deletes entries of DNC lists only");
        let advice = "Say --to entries where the list is a DNC list; else take them off at the tenant.";
        return refuse("cannot-take-off", what, advice);
    }
    match (operation, request.input.options.changes) {
        (Operation::Sync, Some(Changes::Additions | Changes::Deletions)) => no_snapshot_of_changes(),
        (Operation::Remove, Some(Changes::Additions)) => refuse(
            "other-direction",
            "the additions of a list of changes are to be suppressed, not taken off".into(),
            "Say --changes deletions with --op remove, or --op add.",
        ),
        (Operation::Add, Some(Changes::Deletions)) => refuse(
            "other-direction",
            "the deletions of a list of changes are to be taken off, not suppressed".into(),
            "Say --op remove with --changes deletions, or --changes additions.",
        ),
        _ => Ok(()),
    }
}

/// What a file cannot be used for.
pub(super) fn refuse_file(to: Destination, operation: Operation, file: &CheckedFile) -> Result<(), OpsError> {
    let columns = &file.document.mapping().columns;
    if to != Destination::Suppression && columns.contains_key(&Field::Email) {
        let what = format!("e-mail addresses go to suppression lists only, not to {to}");
        let advice = "Say --to suppression, or --map email=- to read the numbers alone.";
        return refuse("only-suppression", what, advice);
    }
    if operation != Operation::Sync {
        return Ok(());
    }
    let is_delta = file.document.layout().is_some_and(|used| used.contents == Contents::Delta);
    if is_delta || columns.contains_key(&Field::Change) {
        return no_snapshot_of_changes();
    }
    if file.checked.intents.is_empty() {
        let what = "the file names no number: a snapshot of nothing would take every number of ours off";
        return refuse("not-a-snapshot", what.into(), "Give the full list; --op remove takes numbers off.");
    }
    Ok(())
}

fn no_snapshot_of_changes() -> Result<(), OpsError> {
    let what = "a list of changes is not the whole of a list: everything that it does not name would go";
    refuse("not-a-snapshot", what.into(), "Say --op add, or give the full list.")
}

fn refuse(code: &'static str, message: String, advice: &str) -> Result<(), OpsError> {
    Err(ConfigError { code, message, advice: advice.to_owned() }.into())
}

/// How a file is read for where it goes: a column that is named for e-mail addresses is read for suppression lists, and
/// when a number was to end does not matter where it is taken off.
pub(super) fn read_for(to: Destination, operation: Operation, said: &InputOptions) -> InputOptions {
    let mut options = InputOptions { emails: to == Destination::Suppression, ..said.clone() };
    if operation == Operation::Remove {
        options.map.retain(|(field, _)| *field != Field::Expires);
        options.map.push((Field::Expires, "-".to_owned()));
    }
    options
}
