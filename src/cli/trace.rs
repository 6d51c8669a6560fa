//! The program's own log: to stderr with `-v`, into the data folder while the console has the screen.

use std::path::Path;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::private_file;

/// Lines that may wait to be written. Room for all of them is made at the start, before the first picture: as many as the
/// crate would take cost four megabytes and milliseconds.
const LINES: usize = 16_384;

fn filter(verbose: u8) -> EnvFilter {
    EnvFilter::new(match verbose {
        0 => "quietline=info",
        1 => "quietline=debug",
        _ => "quietline=trace",
    })
}

/// With `-v`: to stderr. Without: nowhere.
pub(super) fn to_stderr(verbose: u8) {
    if verbose > 0 {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter(verbose))
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .finish();
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// Into `DATA_DIR/logs` (0700, file 0600). Hold on to the guard: it writes the rest when it is dropped.
pub(super) fn to_file(data_dir: &Path, verbose: u8) -> std::io::Result<WorkerGuard> {
    let folder = data_dir.join("logs");
    private_file::log_folder(&folder)?;
    let file = private_file::append(&folder.join("quietline.log"))?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(file);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(verbose))
        .with_writer(writer)
        .with_ansi(false)
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(guard)
}
