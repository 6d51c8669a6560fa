//! CLI

/// Parses the command line, runs it, and says how it went.
pub fn main() -> std::process::ExitCode {
    todo!()
}
