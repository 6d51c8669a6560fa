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

/// One line of the table: from, to (both included), what it says of the write, what to do.
type Line = (u16, u16, Effect, Reaction);

/// The table for writes of entries. What no line names may have arrived and is read back: that is the safe side for
/// codes nobody has heard of, for 1xx as a final answer and for numbers outside 100–599.
const TABLE: &[Line] = &[
    // Per-row verdicts. 202 and 204 have none and fall through to the last rule.
    (200, 201, Effect::Applied, Reaction::Read),
    // A redirect is never followed: the tenant that we meant has not taken the rows.
    (300, 399, Effect::NotApplied, Reaction::Stop),
    // The whole batch was refused: halving finds the row that the tenant cannot read.
    (400, 400, Effect::NotApplied, Reaction::Bisect),
    (401, 401, Effect::NotApplied, Reaction::Refresh),
    (402, 407, Effect::NotApplied, Reaction::Stop),
    // 408 falls through: the server gave up waiting, it may have read enough.
    (409, 412, Effect::NotApplied, Reaction::Stop),
    // Too many rows: discarded as a whole.
    (413, 413, Effect::NotApplied, Reaction::Bisect),
    (414, 417, Effect::NotApplied, Reaction::Stop),
    (421, 422, Effect::NotApplied, Reaction::Stop),
    (423, 423, Effect::NotApplied, Reaction::Retry),
    (424, 424, Effect::NotApplied, Reaction::Stop),
    (425, 425, Effect::NotApplied, Reaction::Retry),
    (426, 426, Effect::NotApplied, Reaction::Stop),
    (428, 428, Effect::NotApplied, Reaction::Stop),
    (429, 429, Effect::NotApplied, Reaction::Retry),
    (431, 431, Effect::NotApplied, Reaction::Stop),
    (451, 451, Effect::NotApplied, Reaction::Stop),
    // Not implemented: nobody worked on it. Every other 5xx may come from behind the commit.
    (501, 501, Effect::NotApplied, Reaction::Stop),
];

/// What a status says about a write of entries. Total: every number has an answer.
pub fn classify_status(status: u16) -> (Effect, Reaction) {
    TABLE
        .iter()
        .find(|(from, to, ..)| (*from..=*to).contains(&status))
        .map_or((Effect::Indeterminate, Reaction::ReadBack), |&(_, _, effect, reaction)| (effect, reaction))
}

/// What a transport error says about a write.
pub fn classify_transport(stage: Stage) -> (Effect, Reaction) {
    match stage {
        Stage::BeforeSend => (Effect::NotApplied, Reaction::Retry),
        Stage::AfterSend => (Effect::Indeterminate, Reaction::ReadBack),
    }
}

/// Whether a read may be repeated after this status.
pub(super) fn read_may_repeat(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same knowledge written a second time, status by status, as a person would read it out.
    fn expected(status: u16) -> (Effect, Reaction) {
        use Effect::{Applied, Indeterminate, NotApplied};
        use Reaction::{Bisect, Read, ReadBack, Refresh, Retry, Stop};
        match status {
            200 | 201 => (Applied, Read),
            300..=399 => (NotApplied, Stop),
            400 | 413 => (NotApplied, Bisect),
            401 => (NotApplied, Refresh),
            423 | 425 | 429 => (NotApplied, Retry),
            402 | 403 | 404 | 405 | 406 | 407 | 409 | 410 | 411 | 412 | 414 | 415 | 416 | 417 | 421 | 422
            | 424 | 426 | 428 | 431 | 451 | 501 => (NotApplied, Stop),
            _ => (Indeterminate, ReadBack),
        }
    }

    #[test]
    fn every_status_has_the_outcome_that_was_decided() {
        for status in 0..=u16::MAX {
            assert_eq!(classify_status(status), expected(status), "status {status}");
        }
    }

    #[test]
    fn only_200_and_201_have_verdicts_and_no_server_error_is_called_not_applied() {
        for status in 100..600 {
            let (effect, _) = classify_status(status);
            assert_eq!(effect == Effect::Applied, status == 200 || status == 201, "status {status}");
            if status >= 500 && status != 501 {
                assert_eq!(effect, Effect::Indeterminate, "status {status}");
            }
        }
    }

    #[test]
    fn the_table_has_no_line_that_hides_another() {
        for (i, &(from, to, ..)) in TABLE.iter().enumerate() {
            assert!(from <= to);
            for &(other, ..) in &TABLE[i + 1..] {
                assert!(to < other, "lines stand in order and never overlap: {to} before {other}");
            }
        }
    }

    #[test]
    fn nothing_left_the_machine_before_the_connection_stood() {
        assert_eq!(classify_transport(Stage::BeforeSend), (Effect::NotApplied, Reaction::Retry));
        assert_eq!(classify_transport(Stage::AfterSend), (Effect::Indeterminate, Reaction::ReadBack));
    }

    #[test]
    fn a_read_is_never_repeated_after_a_refusal() {
        for status in [400, 401, 403, 404, 409, 413, 422, 501] {
            assert!(!read_may_repeat(status), "status {status}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(read_may_repeat(status), "status {status}");
        }
    }
}
