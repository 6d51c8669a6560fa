//! Where config and data live: flag, environment, or the platform's own folders.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::{ConfigError, Provenance, Sources, config_error};

/// The config file.
pub(super) fn config(sources: &Sources) -> Result<(PathBuf, Provenance), ConfigError> {
    place(sources.config.as_ref(), "QUIETLINE_CONFIG", |dirs| dirs.config_dir().join("config.toml"))
}

/// The data folder.
pub(super) fn data(sources: &Sources) -> Result<(PathBuf, Provenance), ConfigError> {
    place(sources.data_dir.as_ref(), "QUIETLINE_DATA_DIR", |dirs| dirs.data_local_dir().to_path_buf())
}

fn place(
    given: Option<&PathBuf>,
    variable: &str,
    default: impl FnOnce(&ProjectDirs) -> PathBuf,
) -> Result<(PathBuf, Provenance), ConfigError> {
    let from_environment = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = given {
        return Ok((path.clone(), Provenance::Flag));
    }
    if let Some(path) = from_environment {
        return Ok((path, Provenance::Environment));
    }
    match ProjectDirs::from("", "", "quietline") {
        Some(dirs) => Ok((default(&dirs), Provenance::Default)),
        None => Err(config_error(
            "no-home",
            "this user has no home folder to keep config and data in".into(),
            "Name both with --config FILE and --data-dir DIR, or QUIETLINE_CONFIG and QUIETLINE_DATA_DIR.",
        )),
    }
}
