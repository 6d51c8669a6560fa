//! Strings from files and from the tenant, made safe to show.

/// Shows control, bidirectional, zero-width and other invisible characters as `\u{..}`, and cuts at `max` characters
/// with `…`. What it returns can be written to a terminal.
pub fn visible(text: &str, max: usize) -> String {
    let _ = (text, max);
    todo!()
}

/// `1204118` → `1,204,118`.
pub fn thousands(n: u64) -> String {
    let _ = n;
    todo!()
}
