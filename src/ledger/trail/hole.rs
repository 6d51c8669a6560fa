//! What the power takes from the mirror: pages of it that were on their way to the disk are zeros, while a page behind them
//! may be there. Nobody writes zeros into it, so from the first line that has some it counts as not written. That gives
//! nobody more than cutting its end off would: the table has these lines, or the signed checkpoints show that it does not.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::Path;

use super::super::error::Error;

/// Where the power leaves zeros they go to the end of a sector, or of the file.
const SECTOR: u64 = 512;

/// Where the first line begins that the power has taken something from, behind a place up to which the mirror was put on
/// disk. `None` = there is none; or what is left behind it is not what `line_of` says of its position, which is no power cut.
pub(super) fn first_torn(
    path: &Path,
    behind: u64,
    mut line_of: impl FnMut(&[u8]) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Option<u64>, Error> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(behind))?;
    let mut file = BufReader::new(file);
    let (mut at, mut torn, mut line) = (behind, None, Vec::new());
    loop {
        line.clear();
        let read = file.read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(torn);
        }
        let last_zero = memchr::memrchr(0, &line);
        if let Some(zero) = last_zero {
            let end = at + zero as u64 + 1;
            if !end.is_multiple_of(SECTOR) && end != len {
                return Ok(None);
            }
            torn.get_or_insert(at);
        } else if torn.is_some() && line.ends_with(b"\n") && line_of(&line)?.as_ref() != Some(&line) {
            // What stands behind it and is not the table's is for whoever looks at the trail.
            return Ok(None);
        }
        at += read;
    }
}
