//! Editing the file: profiles here, layouts beside it. Comments and order stay; the file is replaced whole (0600), so that
//! a crash leaves either the old or the new one. One edit at a time: whoever reads the file to change it holds its folder
//! until the new one is in place, and a file that changed all the same, by an editor, is left as it is.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, value};

use super::{Config, ConfigError, config_error, file};

/// A profile to write. `None` = leave the key out, so that the default stays visible as a default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewProfile {
    /// Its name.
    pub name: String,
    /// `my`, `custom`, …
    pub preset: String,
    /// The tenant's name.
    pub tenant: Option<String>,
    /// Region of the platform: `na1`.
    pub region: Option<String>,
    /// Override of the token URL.
    pub token_url: Option<String>,
    /// Override of the API base.
    pub api_url: Option<String>,
    /// WebSocket URL of the job events.
    pub events_url: Option<String>,
    /// `sandbox`, `staging`, `production`.
    pub environment: Option<String>,
    /// `keyring` or `env`.
    pub credentials: Option<String>,
    /// Where numbers without country code are read.
    pub default_region: Option<String>,
    /// Seconds until the gate may open.
    pub cool_down_seconds: Option<u64>,
}

/// Writes a new profile into the config file and makes the file where there is none. The first profile becomes the
/// default. Everything is checked before a byte is written; an existing profile is never overwritten.
pub fn add_profile(config: &Config, new: &NewProfile) -> Result<(), ConfigError> {
    check_name(&new.name, "a profile")?;
    let mut edit = open(config.path())?;
    let is_first = file::parse(config.path(), &edit.old)?.profiles.is_empty();
    let document = &mut edit.document;
    let profiles = document.entry("profiles").or_insert_with(implicit_table);
    let Some(profiles) = profiles.as_table_like_mut() else {
        return Err(not_a_table(config.path(), "profiles"));
    };
    // As the file is now, which another process may have changed since it was loaded.
    if profiles.contains_key(&new.name) {
        return Err(config_error(
            "profile-exists",
            format!("there already is a profile “{}”", new.name),
            "Take another name, edit the file, or remove that one with `quietline profile rm NAME`.",
        ));
    }
    profiles.insert(&new.name, Item::Table(table_of(new)));
    if document.get("default_profile").is_none() && is_first {
        // Above every table, where a plain key has to stand.
        document.insert("default_profile", value(&new.name));
    }
    edit.save(config.path())
}

/// Takes a profile out of the config file. `Ok(false)` = there was none of that name.
pub fn remove_profile(config: &Config, name: &str) -> Result<bool, ConfigError> {
    let mut edit = open(config.path())?;
    let document = &mut edit.document;
    let Some(profiles) = document.get_mut("profiles").and_then(Item::as_table_like_mut) else {
        return Ok(false);
    };
    if profiles.remove(name).is_none() {
        return Ok(false);
    }
    if document.get("default_profile").and_then(Item::as_str) == Some(name) {
        document.remove("default_profile");
    }
    edit.save(config.path())?;
    Ok(true)
}

pub(super) fn implicit_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn table_of(new: &NewProfile) -> Table {
    let mut table = Table::new();
    let texts = [
        ("preset", Some(&new.preset)),
        ("tenant", new.tenant.as_ref()),
        ("region", new.region.as_ref()),
        ("environment", new.environment.as_ref()),
        ("default_region", new.default_region.as_ref()),
        ("credentials", new.credentials.as_ref()),
        ("token_url", new.token_url.as_ref()),
        ("api_url", new.api_url.as_ref()),
        ("events_url", new.events_url.as_ref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    if let Some(seconds) = new.cool_down_seconds.and_then(|s| i64::try_from(s).ok()) {
        let mut upload = Table::new();
        upload.insert("cool_down_seconds", value(seconds));
        table.insert("upload", Item::Table(upload));
    }
    table
}

/// A name that a person can type after `--profile` or `--layout`, and that a keyring and a file name can carry.
pub(super) fn check_name(name: &str, of: &str) -> Result<(), ConfigError> {
    let sound = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@'))
        && !name.starts_with(['-', '.']);
    if sound {
        return Ok(());
    }
    Err(config_error(
        "bad-name",
        format!("that is no name for {of}"),
        "Up to 64 letters, digits, hyphens, underscores, dots; not beginning with a hyphen or dot.",
    ))
}

/// The file while it is being changed.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) document: DocumentMut,
    /// Its text as it was read.
    pub(super) old: String,
    /// Its folder, held until this is dropped. `None` where the system knows no lock for it: then the last look at the file
    /// before it is replaced has to do.
    _held: Option<File>,
}

/// Opens the file to change it, and waits until nobody else does.
pub(super) fn open(path: &Path) -> Result<Edit, ConfigError> {
    let held = held(path);
    let old = read(path)?;
    let document = old.parse::<DocumentMut>().map_err(|e| {
        config_error(
            "bad-config",
            format!("{} is no TOML: {}", file::shown(path), e.message()),
            "Mend the file first.",
        )
    })?;
    Ok(Edit { document, old, _held: held })
}

/// The folder of the file itself, locked; nothing is left behind by it. It is made where there is none.
fn held(path: &Path) -> Option<File> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = folder_of(&path);
    private_folder(folder).ok()?;
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(unwritable(path, &e)),
    }
}

pub(super) fn not_a_table(path: &Path, what: &str) -> ConfigError {
    config_error(
        "bad-config",
        format!("{what} in {} is not a table", file::shown(path)),
        "Mend the file first.",
    )
}

impl Edit {
    /// Checks the new text as [`Config::load`] would, then replaces the file.
    pub(super) fn save(self, path: &Path) -> Result<(), ConfigError> {
        let text = self.document.to_string();
        let parsed = file::parse(path, &text)?;
        for (name, raw) in &parsed.profiles {
            super::resolve::resolve(name, raw)?;
        }
        super::layout::read_all(path, &parsed)?;
        if text == self.old {
            return Ok(());
        }
        if read(path)? != self.old {
            return Err(config_error(
                "config-changed",
                format!(
                    "{} was changed by somebody else in the same moment; it stays as it is",
                    file::shown(path)
                ),
                "Run the command again.",
            ));
        }
        write_private(path, text.as_bytes()).map_err(|e| unwritable(path, &e))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> ConfigError {
    config_error(
        "config-unwritable",
        format!("cannot write {}: {error}", file::shown(path)),
        "Check the permissions, or name another file with --config.",
    )
}

/// Temp file in the same folder, fsync, rename, fsync of the folder. Folder 0700 where it is made here, file 0600.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link stays a link: people keep their config in a folder of dotfiles.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = folder_of(path);
    private_folder(folder)?;
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(temporary);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut out| {
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
