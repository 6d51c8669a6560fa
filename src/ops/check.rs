//! Check a file: needs no tenant.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::background::in_background;
use super::input::Input;
use super::{OpsError, OpsEvent, Sink, layout, off_thread};
use crate::config::Profile;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::problem::Code;
use crate::domain::progress::{Phase, Progress};
use crate::files::{self, CheckEvent, CheckOptions, Checked, Document, FileError, Layout, Question};

/// The normaliser of a profile.
pub fn normaliser(profile: &Profile) -> Normaliser {
    Normaliser::new(profile.region, profile.phone_policy, profile.own_numbers.clone())
}

/// What validation needs, from a profile (or the defaults) and the input flags.
pub fn check_options(profile: Option<&Profile>, input: &Input, now: Timestamp) -> CheckOptions {
    let region = input.region.or(profile.map(|p| p.region)).unwrap_or(Region::US);
    let policy = profile.map_or(PhonePolicy::default(), |p| p.phone_policy);
    let own = profile.map(|p| p.own_numbers.clone()).unwrap_or_default();
    CheckOptions {
        normaliser: Normaliser::new(region, policy, own),
        now,
        date_order: input.options.date_order,
    }
}

/// A file and what it holds.
#[derive(Clone, Debug)]
pub struct CheckedFile {
    /// The opened file.
    pub document: Document,
    /// What validation found.
    pub checked: Arc<Checked>,
    /// How it was to be read, where that is known.
    pub input: Option<Box<Input>>,
}

/// Opens and validates a file on a blocking thread. Progress goes to the sink, in bytes.
pub async fn check(
    path: &Path,
    input: &Input,
    options: CheckOptions,
    sink: Arc<dyn Sink>,
    stop: &CancellationToken,
) -> Result<CheckedFile, OpsError> {
    let path = path.to_owned();
    let (open, halt) = (input.options.clone(), stop.clone());
    let document = off_thread(move || Document::open_with(&path, &open, &halt, &mut |_| ())).await??;
    // What a layout brought in was looked at when the layout was settled.
    if input.options.layout.is_none() {
        layout::ensure_part(&document, &input.options)?;
    }
    let file = check_document(document, options, sink, stop).await?;
    Ok(CheckedFile { input: Some(Box::new(input.clone())), ..file })
}

/// A file that is open, or what a person has to decide first.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It is open, and how it is read from now on.
    Document(Document, Input),
    /// Its question.
    Question(Question),
}

/// Opens a file for a person: where only they can decide how it is read, the question with its answers comes back.
/// Blocking. `unpacked` hears how many bytes of text an archive has given by now.
pub fn open_or_ask(
    path: &Path,
    input: &Input,
    layouts: &[Layout],
    stop: &CancellationToken,
    unpacked: &mut dyn FnMut(u64),
) -> Result<Opened, OpsError> {
    let error = match layout::open(path, input, layouts, stop, unpacked) {
        // Other columns would be other numbers, and a person sees at once whether these are right.
        Ok((document, input)) if document.notes().iter().any(|note| note.code == Code::AssumedWidths) => {
            let asked = files::question(path, &input.options, "--widths", stop)?;
            return Ok(asked.map_or(Opened::Document(document, input), Opened::Question));
        }
        Ok((document, input)) => return Ok(Opened::Document(document, input)),
        Err(error) => error,
    };
    let OpsError::File(FileError::NeedsChoice { flag, .. }) = &error else { return Err(error) };
    let question = match flag.starts_with("--layout") {
        true => layout::question(path, input, layouts, stop),
        false => {
            let options = layout::settled(path, input, layouts, stop)?;
            files::question(path, &options, flag, stop)?
        }
    };
    match question {
        Some(question) => Ok(Opened::Question(question)),
        None => Err(error),
    }
}

/// Validates a file that is already open, under the mapping it has now.
pub async fn check_document(
    document: Document,
    options: CheckOptions,
    sink: Arc<dyn Sink>,
    stop: &CancellationToken,
) -> Result<CheckedFile, OpsError> {
    let stop = stop.clone();
    let mut tell = move |event: CheckEvent| {
        if let Some(progress) = progress(&event) {
            sink.event(OpsEvent::Progress(progress));
        }
    };
    off_thread(move || checked(document, &options, &stop, &mut tell)).await?
}

/// The same for whoever shows problems while they are found: all of it steps back behind the screen. `tell` is called on the
/// thread that checks: while it waits, the check waits too.
pub async fn check_telling(
    document: Document,
    options: CheckOptions,
    stop: &CancellationToken,
    mut tell: impl FnMut(CheckEvent) + Send + 'static,
) -> Result<CheckedFile, OpsError> {
    let stop = stop.clone();
    in_background(move || checked(document, &options, &stop, &mut tell)).await?
}

fn checked(
    document: Document,
    options: &CheckOptions,
    stop: &CancellationToken,
    tell: &mut dyn FnMut(CheckEvent),
) -> Result<CheckedFile, OpsError> {
    let checked = files::check(&document, options, stop, tell)?;
    Ok(CheckedFile { document, checked: Arc::new(checked), input: None })
}

/// How far a check is, in bytes.
pub fn progress(event: &CheckEvent) -> Option<Progress> {
    let CheckEvent::Progress { bytes, total, .. } = event else { return None };
    Some(Progress { phase: Phase::Validate, done: *bytes, total: Some(*total), rate: None, eta: None })
}
