//! One compressed text: gzip and zstd. Their checksums are compared, so a cut or damaged one is never taken for whole.

use std::io::BufRead;

use super::{Container, Spool, Trouble, Unpacked, copy};

pub(super) fn gzip(file: impl BufRead, mut spool: Spool<'_>) -> Result<Unpacked, Trouble> {
    // Several members one behind the other are one text, as gzip itself reads them.
    copy(flate2::bufread::MultiGzDecoder::new(file), &mut spool)?;
    finish("gzip", spool)
}

pub(super) fn zstd(mut file: impl BufRead, mut spool: Spool<'_>) -> Result<Unpacked, Trouble> {
    loop {
        let at_end = file.fill_buf().map_err(|error| Trouble::of_reading(&error))?.is_empty();
        if at_end {
            break;
        }
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(&mut file)
            .map_err(|error| Trouble::Damaged(error.to_string()))?;
        copy(&mut decoder, &mut spool)?;
        let decoder = decoder.into_frame_decoder();
        if let (Some(stored), Some(counted)) =
            (decoder.get_checksum_from_data(), decoder.get_calculated_checksum())
            && stored != counted
        {
            return Err(Trouble::Damaged("its checksum does not match its content".into()));
        }
    }
    finish("zstd", spool)
}

fn finish(kind: &'static str, spool: Spool<'_>) -> Result<Unpacked, Trouble> {
    let (text, size) = spool.finish()?;
    let container = Container { kind, part: None };
    Ok(Unpacked { text, size, container, notes: Vec::new(), rows: None, delimiter: None })
}
