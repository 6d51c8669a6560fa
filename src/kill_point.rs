//! Places at which a test lets the program be killed. The macro stands where a kill would hurt most, and does nothing until
//! a test names its place; a release does not contain it.
//!
//! `QUIETLINE_KILL_AT=K19` kills at the first passage of that place, `K19#3` at the third, `K19#3+250` at 250 µs after it,
//! while the program goes on.

/// A place at which a test may let the program be killed, as by `kill -9`. In a release it is nothing.
#[cfg(debug_assertions)]
macro_rules! kill_point {
    ($name:literal) => {
        $crate::kill_point::passed($name)
    };
}

/// Nothing: a release cannot be told to end itself.
#[cfg(not(debug_assertions))]
macro_rules! kill_point {
    ($name:literal) => {};
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    /// Where, at which passage, and how long after it.
    struct Order {
        name: String,
        passage: u64,
        after: Duration,
    }

    static ORDER: OnceLock<Option<Order>> = OnceLock::new();
    static PASSAGES: AtomicU64 = AtomicU64::new(0);

    fn order() -> Option<Order> {
        let text = std::env::var("QUIETLINE_KILL_AT").ok()?;
        let (place, micros) = text.split_once('+').unwrap_or((&text, "0"));
        let (name, passage) = place.split_once('#').unwrap_or((place, "1"));
        let after = Duration::from_micros(micros.parse().ok()?);
        Some(Order { name: name.to_owned(), passage: passage.parse().ok()?, after })
    }

    /// Called at each passage of each place.
    pub(crate) fn passed(name: &str) {
        let Some(order) = ORDER.get_or_init(order).as_ref().filter(|order| order.name == name) else {
            return;
        };
        if PASSAGES.fetch_add(1, Ordering::SeqCst) + 1 != order.passage {
            return;
        }
        if order.after.is_zero() {
            end();
        }
        let late = || {
            std::thread::sleep(order.after);
            end();
        };
        // Without a thread there is no kill, and the test that asked for one says so.
        let _ = std::thread::Builder::new().spawn(late);
    }

    /// As `kill -9` does it: nothing is flushed, dropped or told any more.
    fn end() {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

#[cfg(debug_assertions)]
pub(crate) use armed::passed;
