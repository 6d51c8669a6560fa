//! The truth log: what really happened, whatever the client was told. Append-only.

use serde_json::{Value, json};

use super::check::{Millis, written};

/// One call, or one act of a control route.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) seq: u64,
    pub(super) at: Millis,
    pub(super) method: String,
    /// Without the query string: numbers may stand there.
    pub(super) path: String,
    /// What was answered, or would have been had the connection lived.
    pub(super) status: u16,
    pub(super) keys: Vec<String>,
    /// Records made or removed.
    pub(super) applied: usize,
    pub(super) fault: Option<&'static str>,
}

impl Line {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "seq": self.seq,
            "time": written(self.at),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "keys": self.keys,
            "applied": self.applied,
            "fault": self.fault,
        })
    }
}
