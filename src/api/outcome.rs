//! The outcome table: status × stage → applied, not applied, indeterminate, and the reaction. Data, not branches.

/// Where a transport error struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Name look-up, connect, TLS: nothing left this machine.
    BeforeSend,
    /// From the first byte sent to the last byte received: it may have arrived.
    AfterSend,
}

/// What a status or transport error says about a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// There is an answer with per-row verdicts.
    Applied,
    /// It certainly did not take effect.
    NotApplied,
    /// It may have.
    Indeterminate,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// Read the rows' verdicts.
    Read,
    /// Send the same again, after a pause.
    Retry,
    /// Read back, then send what is missing.
    ReadBack,
    /// Refresh the token, once.
    Refresh,
    /// Halve the batch.
    Bisect,
    /// Stop and tell the person.
    Stop,
}
