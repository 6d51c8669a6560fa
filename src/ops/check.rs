//! Check a file: needs no tenant.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{OpsError, Sink};
use crate::config::Profile;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::files::{CheckOptions, Checked, Document, InputOptions};

/// The normaliser of a profile.
pub fn normaliser(profile: &Profile) -> Normaliser {
    Normaliser::new(profile.region, profile.phone_policy, profile.own_numbers.clone())
}

/// How a file is to be read: what the person said, and the region where they said one.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Delimiter, encoding, header, mapping.
    pub options: InputOptions,
    /// `--region`.
    pub region: Option<Region>,
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
}

/// Opens and validates a file on a blocking thread. Progress goes to the sink.
pub async fn check(
    path: &Path,
    input: &Input,
    options: CheckOptions,
    sink: Arc<dyn Sink>,
    stop: &CancellationToken,
) -> Result<CheckedFile, OpsError> {
    let _ = (path, input, options, sink, stop);
    todo!()
}
