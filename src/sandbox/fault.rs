//! The ways to go wrong, and what each makes of an answer.

use std::time::Duration;

use super::call::Reply;

/// One way to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// 429 with seconds; nothing applied.
    Throttle,
    /// 429 with an HTTP date; nothing applied.
    ThrottleDate,
    /// 503 without a hint; nothing applied.
    Unavailable,
    /// 503 with seconds; nothing applied.
    UnavailableAfter,
    /// 401 although the token lives; nothing applied.
    Unauthorised,
    /// 413 whatever the size; nothing applied.
    TooLarge,
    /// Connection reset without an answer; nothing applied.
    ResetBefore,
    /// Connection reset without an answer; the first half of the rows applied.
    ResetMidway,
    /// Connection reset without an answer; applied.
    ResetAfter,
    /// 500; applied.
    ErrorAfter,
    /// The answer ends in the middle of its body; applied.
    Truncate,
    /// 200 with a page of HTML; applied.
    Html,
    /// The first row of the answer is left out of it; applied.
    Omit,
    /// The answer says accepted; nothing applied.
    Lie,
    /// Pages are half as large as asked for, and begin accordingly.
    ClampPage,
    /// The first page, whichever was asked for.
    RepeatPage,
    /// The order is another than that of the page before.
    ReorderPage,
    /// Any status; nothing applied.
    Status(u16),
}

impl Fault {
    /// All but [`Fault::Status`], which needs a number.
    pub(super) const ALL: [Self; 17] = [
        Self::Throttle,
        Self::ThrottleDate,
        Self::Unavailable,
        Self::UnavailableAfter,
        Self::Unauthorised,
        Self::TooLarge,
        Self::ResetBefore,
        Self::ResetMidway,
        Self::ResetAfter,
        Self::ErrorAfter,
        Self::Truncate,
        Self::Html,
        Self::Omit,
        Self::Lie,
        Self::ClampPage,
        Self::RepeatPage,
        Self::ReorderPage,
    ];

    /// The word of the control route and of the truth log.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ThrottleDate => "throttle_date",
            Self::Unavailable => "unavailable",
            Self::UnavailableAfter => "unavailable_after",
            Self::Unauthorised => "unauthorised",
            Self::TooLarge => "too_large",
            Self::ResetBefore => "reset_before",
            Self::ResetMidway => "reset_midway",
            Self::ResetAfter => "reset_after",
            Self::ErrorAfter => "error_after",
            Self::Truncate => "truncate",
            Self::Html => "html",
            Self::Omit => "omit",
            Self::Lie => "lie",
            Self::ClampPage => "clamp_page",
            Self::RepeatPage => "repeat_page",
            Self::ReorderPage => "reorder_page",
            Self::Status(_) => "status",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.word() == word)
    }

    /// The answer of a fault that strikes before anything is applied; `None` = the call goes through.
    pub(super) fn instead(self) -> Option<Reply> {
        let throttled = || Reply::error(429, "TOO_MANY_REQUESTS", "slow down");
        let unavailable = || Reply::error(503, "SERVICE_UNAVAILABLE", "try again later");
        Some(match self {
            Self::Throttle => throttled().with("Retry-After", "1"),
            Self::ThrottleDate => {
                let at = std::time::SystemTime::now() + Duration::from_secs(2);
                throttled().with("Retry-After", httpdate::fmt_http_date(at))
            }
            Self::Unavailable | Self::ResetBefore => unavailable(),
            Self::UnavailableAfter => unavailable().with("Retry-After", "1"),
            Self::Unauthorised => Reply::error(401, "UNAUTHORIZED", "the token is not accepted any more"),
            Self::TooLarge => Reply::error(413, "PAYLOAD_TOO_LARGE", "too many rows in one call"),
            Self::Status(status) => Reply::error(status, "ORDERED", "a status that was ordered"),
            _ => return None,
        })
    }

    /// The answer of a fault that strikes after the call was served.
    pub(super) fn afterwards(self, reply: Reply) -> Reply {
        let applied = reply.applied;
        match self {
            Self::ErrorAfter => Reply::error(500, "INTERNAL_ERROR", "something broke"),
            Self::Html => Reply::bytes(
                200,
                "text/html",
                b"<!doctype html><title>Sign in</title><p>Please sign in.".to_vec(),
            ),
            _ => return reply,
        }
        .applying(applied)
    }

    /// Whether the client sees a broken connection or a server error, as its circuit breaker counts them.
    pub(super) fn is_break(self) -> bool {
        match self {
            Self::Throttle | Self::ThrottleDate | Self::Unauthorised | Self::TooLarge => false,
            Self::ClampPage | Self::RepeatPage | Self::ReorderPage => false,
            Self::Status(status) => status >= 500,
            _ => true,
        }
    }
}
