//! The readers of the product and what they stand on, compiled from their own files: without the console, the tenant and the
//! ledger a target is built in a fraction of the time, and nothing but readers guides the fuzzer.

/// Nobody kills a fuzzer.
macro_rules! kill_point {
    ($name:literal) => {};
}

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/files/mod.rs"]
pub mod files;
