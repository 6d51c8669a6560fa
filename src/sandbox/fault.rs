//! The ways for a call to go wrong, and what each makes of an answer.

use std::time::{Duration, SystemTime};

use super::call::Reply;
use super::words::{Numbers, Word, word_of};

/// One way for a call to go wrong; [`FAULTS`] says what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Throttle,
    ThrottleDate,
    Unavailable,
    UnavailableAfter,
    Unauthorised,
    TooLarge,
    Status(u16),
    ResetBefore,
    ResetMidway,
    ResetAfter,
    ErrorAfter,
    /// Milliseconds between the answer and the effect.
    LateCommit(u32),
    LateReset(u32),
    Truncate,
    TruncateJson,
    LengthOver,
    LengthUnder,
    Drip(Drip),
    DripEndless(Drip),
    Html,
    Omit,
    Lie,
    ClampPage,
    RepeatPage,
    ReorderPage,
}

/// How slowly a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drip {
    /// Bytes of one piece.
    pub(super) bytes: u16,
    /// Milliseconds before each piece but the first.
    pub(super) ms: u32,
}

/// Every fault.
pub(super) const FAULTS: [Word<Fault>; 25] = [
    Word { word: "throttle", does: "429 with seconds to wait; not applied", make: |_| Ok(Fault::Throttle) },
    Word {
        word: "throttle_date",
        does: "429 with a date to wait for; not applied",
        make: |_| Ok(Fault::ThrottleDate),
    },
    Word { word: "unavailable", does: "503 without a hint; not applied", make: |_| Ok(Fault::Unavailable) },
    Word {
        word: "unavailable_after",
        does: "503 with seconds to wait; not applied",
        make: |_| Ok(Fault::UnavailableAfter),
    },
    Word {
        word: "unauthorised",
        does: "401 although the token lives; not applied",
        make: |_| Ok(Fault::Unauthorised),
    },
    Word { word: "too_large", does: "413 whatever the size; not applied", make: |_| Ok(Fault::TooLarge) },
    Word {
        word: "status",
        does: "the answer has status=S, from 200 to 999; not applied",
        make: |numbers| status(numbers).map(Fault::Status),
    },
    Word {
        word: "reset_before",
        does: "connection reset, no answer; not applied",
        make: |_| Ok(Fault::ResetBefore),
    },
    Word {
        word: "reset_midway",
        does: "connection reset, no answer; the first half applied",
        make: |_| Ok(Fault::ResetMidway),
    },
    Word {
        word: "reset_after",
        does: "connection reset, no answer; applied (apply_then_reset is the same)",
        make: |_| Ok(Fault::ResetAfter),
    },
    Word { word: "error_after", does: "500; applied", make: |_| Ok(Fault::ErrorAfter) },
    Word {
        word: "late_commit",
        does: "504 at once; applied ms=1000 later",
        make: |numbers| lateness(numbers).map(Fault::LateCommit),
    },
    Word {
        word: "late_reset",
        does: "connection reset at once; applied ms=1000 later",
        make: |numbers| lateness(numbers).map(Fault::LateReset),
    },
    Word {
        word: "truncate",
        does: "the connection ends in the middle of the body; applied",
        make: |_| Ok(Fault::Truncate),
    },
    Word {
        word: "truncate_json",
        does: "the JSON ends in its middle, under a Content-Length that is right; applied",
        make: |_| Ok(Fault::TruncateJson),
    },
    Word {
        word: "length_over",
        does: "Content-Length is more than the body, behind which the connection ends; applied",
        make: |_| Ok(Fault::LengthOver),
    },
    Word {
        word: "length_under",
        does: "Content-Length is half of the body; applied",
        make: |_| Ok(Fault::LengthUnder),
    },
    Word {
        word: "drip",
        does: "the body comes bytes=16 at a time, ms=50 apart; applied",
        make: |numbers| drip(numbers).map(Fault::Drip),
    },
    Word {
        word: "drip_endless",
        does: "the same, and then blanks for ever; applied",
        make: |numbers| drip(numbers).map(Fault::DripEndless),
    },
    Word { word: "html", does: "200 with a page of HTML; applied", make: |_| Ok(Fault::Html) },
    Word {
        word: "omit",
        does: "the first row is left out of the answer; applied",
        make: |_| Ok(Fault::Omit),
    },
    Word { word: "lie", does: "the answer says accepted; not applied", make: |_| Ok(Fault::Lie) },
    Word {
        word: "clamp_page",
        does: "the page is half as large as asked for, and begins accordingly",
        make: |_| Ok(Fault::ClampPage),
    },
    Word {
        word: "repeat_page",
        does: "the first page, whichever was asked for",
        make: |_| Ok(Fault::RepeatPage),
    },
    Word { word: "reorder_page", does: "the page is one of another order", make: |_| Ok(Fault::ReorderPage) },
];

/// A status that can be answered: HTTP/1.1 has three digits, and one below 200 is no answer yet.
pub(super) fn status(numbers: &mut Numbers) -> Result<u16, String> {
    numbers.take("status", None, 200..=999)
}

fn lateness(numbers: &mut Numbers) -> Result<u32, String> {
    numbers.take("ms", Some(1_000), 0..=3_600_000)
}

fn drip(numbers: &mut Numbers) -> Result<Drip, String> {
    let bytes = numbers.take("bytes", Some(16), 1..=u16::MAX)?;
    Ok(Drip { bytes, ms: numbers.take("ms", Some(50), 0..=3_600_000)? })
}

impl Fault {
    /// The word of the orders and of the truth log.
    pub(super) fn word(self) -> &'static str {
        word_of(&FAULTS, &self)
    }

    /// The answer of a fault that strikes before anything is applied; `None` = the call goes through. `now` is told by
    /// the tenant's clock.
    pub(super) fn instead(self, now: SystemTime) -> Option<Reply> {
        let throttled = || Reply::error(429, "TOO_MANY_REQUESTS", "slow down");
        let unavailable = || Reply::error(503, "SERVICE_UNAVAILABLE", "try again later");
        Some(match self {
            Self::Throttle => throttled().with("Retry-After", "1"),
            Self::ThrottleDate => {
                throttled().with("Retry-After", httpdate::fmt_http_date(now + Duration::from_secs(2)))
            }
            Self::Unavailable | Self::ResetBefore => unavailable(),
            Self::UnavailableAfter => unavailable().with("Retry-After", "1"),
            Self::Unauthorised => Reply::error(401, "UNAUTHORIZED", "the token is not accepted any more"),
            Self::TooLarge => Reply::error(413, "PAYLOAD_TOO_LARGE", "too many rows in one call"),
            Self::Status(status) => Reply::error(status, "ORDERED", "a status that was ordered"),
            Self::LateCommit(_) | Self::LateReset(_) => {
                Reply::error(504, "GATEWAY_TIMEOUT", "nobody answered in time")
            }
            _ => return None,
        })
    }

    /// The answer of a fault that strikes after the call was served.
    pub(super) fn afterwards(self, mut reply: Reply) -> Reply {
        let applied = reply.applied;
        match self {
            Self::ErrorAfter => Reply::error(500, "INTERNAL_ERROR", "something broke"),
            Self::Html => Reply::bytes(
                200,
                "text/html",
                b"<!doctype html><title>Sign in</title><p>Please sign in.".to_vec(),
            ),
            Self::TruncateJson => {
                reply.body.truncate(reply.body.len() / 2);
                return reply;
            }
            // Nobody must wait for what was promised and does not come.
            Self::LengthOver => return reply.with("Connection", "close"),
            _ => return reply,
        }
        .applying(applied)
    }

    /// How long after its answer the call is applied, in milliseconds.
    pub(super) fn lateness(self) -> Option<u32> {
        match self {
            Self::LateCommit(ms) | Self::LateReset(ms) => Some(ms),
            _ => None,
        }
    }

    /// Whether the client sees a broken connection or a server error, as its circuit breaker counts them.
    pub(super) fn is_break(self) -> bool {
        match self {
            Self::Throttle | Self::ThrottleDate | Self::Unauthorised | Self::TooLarge => false,
            Self::ClampPage | Self::RepeatPage | Self::ReorderPage | Self::Drip(_) => false,
            Self::Status(status) => status >= 500,
            _ => true,
        }
    }
}
