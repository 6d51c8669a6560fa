//! The form of a backup: one file, read from front to back, every part behind its own digest and all of it behind one.
//!
//! ```text
//! "quietline ledger backup 1\n"
//! per file: length of its name (u32), name, length (u64), bytes, SHA-256 of the bytes
//! 0 (u32), length of the summary (u32), summary (JSON)
//! SHA-256 of everything above
//! ```
//! Numbers are little endian; names are relative, with `/`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::codec::hex;
use super::error::{Error, damaged};
use super::folder::{close_to_others, private_file, unwritable};

pub(super) const MAGIC: &[u8] = b"quietline ledger backup 1\n";
/// Longest name and summary that are believed.
const LONGEST: u32 = 4_096;

/// What a backup says of the ledger that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When it was taken (RFC 3339).
    pub at: String,
    /// Events of its trail.
    pub events: u64,
    /// Hash of the newest.
    pub head: String,
    /// Files in it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Writes everything through a digest.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.hash.update(bytes.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Writes the named files. `summary` counts files and bytes.
pub(super) fn write(
    out: &mut File,
    files: &[(String, PathBuf)],
    mut summary: Summary,
) -> io::Result<(Summary, String)> {
    let mut out = Hashing { inner: BufWriter::with_capacity(1 << 18, out), hash: Sha256::new() };
    out.write_all(MAGIC)?;
    for (name, path) in files {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        out.write_all(&(name.len() as u32).to_le_bytes())?;
        out.write_all(name.as_bytes())?;
        out.write_all(&size.to_le_bytes())?;
        let mut content = Hashing { inner: (&mut file).take(size), hash: Sha256::new() };
        if io::copy(&mut content, &mut out)? != size {
            return Err(io::Error::other(format!("{} became shorter while it was read", path.display())));
        }
        out.write_all(&content.hash.finalize())?;
        summary.files += 1;
        summary.bytes += size;
    }
    let words = serde_json::to_vec(&summary)?;
    out.write_all(&0u32.to_le_bytes())?;
    out.write_all(&(words.len() as u32).to_le_bytes())?;
    out.write_all(&words)?;
    let digest = out.hash.clone().finalize();
    out.inner.write_all(&digest)?;
    out.inner.flush()?;
    Ok((summary, hex(&digest)))
}

/// Unpacks a backup into an empty folder. Nothing of it is believed before all digests are right.
pub(super) fn unpack(path: &Path, into: &Path) -> Result<Summary, Error> {
    let broken = |what: &str| damaged(format!("{} is no whole backup: {what}", path.display()));
    let file = File::open(path).map_err(|e| Error::NotFound { what: format!("{}: {e}", path.display()) })?;
    let mut input = Hashing { inner: BufReader::with_capacity(1 << 18, file), hash: Sha256::new() };
    let cut = |_: io::Error| broken("it ends too early");
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).map_err(cut)?;
    if magic != MAGIC {
        return Err(broken("it does not begin like one"));
    }
    let (mut files, mut bytes) = (0, 0);
    loop {
        let name = match length(&mut input).map_err(cut)? {
            0 => break,
            long if long > LONGEST => return Err(broken("a name is too long")),
            length => words(&mut input, length).map_err(cut)?,
        };
        let name = String::from_utf8(name).ok().filter(|name| is_inside(name));
        let target = into.join(name.ok_or_else(|| broken("a name leads out of the folder"))?);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
            close_to_others(folder, 0o700)?;
        }
        let mut size = [0; 8];
        input.read_exact(&mut size).map_err(cut)?;
        let size = u64::from_le_bytes(size);
        let mut out = Hashing { inner: private_file(&target)?, hash: Sha256::new() };
        let copied = io::copy(&mut (&mut input).take(size), &mut out).map_err(|e| unwritable(&target, &e))?;
        out.inner.sync_all().map_err(|e| unwritable(&target, &e))?;
        let mut digest = [0; 32];
        input.read_exact(&mut digest).map_err(cut)?;
        if copied != size || out.hash.finalize()[..] != digest {
            return Err(broken("a file in it is not what was written"));
        }
        files += 1;
        bytes += size;
    }
    let length = length(&mut input).map_err(cut)?;
    if length > LONGEST {
        return Err(broken("its summary is too long"));
    }
    let summary = words(&mut input, length).map_err(cut)?;
    let wanted = input.hash.clone().finalize();
    let mut digest = [0; 32];
    input.read_exact(&mut digest).map_err(cut)?;
    let is_over = input.read(&mut [0]).is_ok_and(|more| more == 0);
    if wanted[..] != digest || !is_over {
        return Err(broken("it is not what was written"));
    }
    let summary: Summary = serde_json::from_slice(&summary).map_err(|_| broken("its summary is none"))?;
    if (summary.files, summary.bytes) != (files, bytes) {
        return Err(broken("it does not hold what its summary says"));
    }
    Ok(summary)
}

fn length(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn words(input: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn is_inside(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}
