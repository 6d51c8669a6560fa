//! Memory that a check needed and its result does not.

/// Fewer rows leave too little behind to be worth the look.
const MANY: u64 = 100_000;

/// Gives free memory back to the system, after a check of about so many rows. The allocator of the usual Linux keeps what was freed
/// between what is still held, half as much again as the result takes, for as long as the program runs.
pub(super) fn give_back(rows: u64) {
    if rows >= MANY {
        trim();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe way to ask the allocator of the C library for it")]
fn trim() {
    unsafe extern "C" {
        // Declared by <malloc.h> as `int malloc_trim(size_t)`. It takes no pointer, may be called from any thread, and
        // changes nothing that is in use.
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
