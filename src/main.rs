//! Parse, run, exit. Everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The TLS provider comes first: a client built without one panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    quietline::cli::main()
}
