//! Writing such a file: row by row, under a temporary name until all of it is there.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::{BLOCK, Line, Row, whole};
use crate::ledger::error::Error;
use crate::ledger::folder::{Temporary, unwritable};

/// A file that is being written.
pub(in crate::ledger) struct Writer<R> {
    out: BufWriter<Temporary>,
    header: Vec<u8>,
    here: Vec<R>,
    bytes: Vec<u8>,
    lines: Vec<Line>,
    offset: u64,
}

/// A file that is written and has not its name yet: dropped, it is gone.
pub(in crate::ledger) struct Written {
    file: Temporary,
    pub(in crate::ledger) digest: String,
    pub(in crate::ledger) rows: u64,
}

impl<R: Row> Writer<R> {
    /// Begins a file in a folder.
    pub(in crate::ledger) fn new(folder: &Path, header: Vec<u8>) -> Result<Self, Error> {
        let out = BufWriter::new(Temporary::new(folder, "rows")?);
        let offset = (R::MAGIC.len() + 4 + header.len()) as u64;
        let mut writer = Self {
            out,
            header,
            here: Vec::with_capacity(BLOCK),
            bytes: Vec::new(),
            lines: Vec::new(),
            offset,
        };
        writer.put(&R::MAGIC)?;
        writer.put(&(writer.header.len() as u32).to_le_bytes())?;
        let header = std::mem::take(&mut writer.header);
        writer.put(&header)?;
        writer.header = header;
        Ok(writer)
    }

    /// Writes a row. They come sorted by their key.
    pub(in crate::ledger) fn push(&mut self, row: R) -> Result<(), Error> {
        self.here.push(row);
        if self.here.len() < BLOCK { Ok(()) } else { self.block() }
    }

    /// Writes what is left, and the index.
    pub(in crate::ledger) fn finish(mut self) -> Result<Written, Error> {
        if !self.here.is_empty() {
            self.block()?;
        }
        kill_point!("K4");
        for line in std::mem::take(&mut self.lines) {
            self.put(&line.key.to_le_bytes())?;
            self.put(&line.rows.to_le_bytes())?;
            self.put(&line.bytes.to_le_bytes())?;
            self.put(&line.hash)?;
            self.lines.push(line);
        }
        self.put(&self.offset.to_le_bytes())?;
        self.put(&(self.lines.len() as u32).to_le_bytes())?;
        self.put(&R::MAGIC)?;
        let rows = self.lines.iter().map(|line| u64::from(line.rows)).sum();
        let digest = whole::<R>(&self.header, &self.lines);
        let file = self.out.into_inner().map_err(|e| Error::from(e.into_error()))?;
        Ok(Written { file, digest, rows })
    }

    fn block(&mut self) -> Result<(), Error> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        R::encode(&self.here, &mut bytes);
        let line = Line::of(&self.here, &bytes);
        self.here.clear();
        self.offset += bytes.len() as u64;
        self.lines.push(line);
        self.put(&bytes)?;
        self.bytes = bytes;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(|e| unwritable(self.out.get_ref().path(), &e))
    }
}

impl Written {
    /// Gives the file its name, in the folder that it was begun in: there whole or not at all.
    pub(in crate::ledger) fn name(self, path: &Path) -> Result<(), Error> {
        self.file.keep_as(path)
    }
}
