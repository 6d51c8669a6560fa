//! What became of a write: the outcome table applied to what was sent.

use super::Attempt;
use super::call::{Call, Sent, error_of};
use super::outcome::{Effect, Reaction, classify_status, classify_transport};
use super::transport::{Answer, Broke, Fault};

/// What became of a POST of entries.
pub(super) fn attempt_of(call: &Call, sent: Sent) -> Attempt {
    match sent {
        Sent::Answer(answer) => answered(call, answer),
        Sent::Fault(fault) => broken(&fault),
        Sent::Nothing { error, retry, after } => Attempt::NotApplied { error, retry, after, raw: None },
    }
}

/// What became of a DELETE of one entry: gone is gone, whoever removed it, and no body is needed to say so.
pub(super) fn attempt_of_removal(call: &Call, sent: Sent) -> Attempt {
    match sent {
        Sent::Answer(answer) if matches!(answer.status(), 200 | 204 | 404 | 410) => {
            Attempt::Answered(answer.raw)
        }
        // Taken, not yet done.
        Sent::Answer(answer) if answer.status() == 201 => indeterminate(call, answer),
        sent => attempt_of(call, sent),
    }
}

fn answered(call: &Call, answer: Answer) -> Attempt {
    match classify_status(answer.status()) {
        (Effect::Applied, _) => Attempt::Answered(answer.raw),
        (Effect::Indeterminate, _) => indeterminate(call, answer),
        (Effect::NotApplied, reaction) => Attempt::NotApplied {
            error: error_of(call, &answer),
            retry: reaction == Reaction::Retry,
            after: answer.after,
            raw: Some(answer.raw),
        },
    }
}

fn indeterminate(call: &Call, answer: Answer) -> Attempt {
    Attempt::Indeterminate { error: error_of(call, &answer), after: answer.after, raw: Some(answer.raw) }
}

fn broken(fault: &Fault) -> Attempt {
    // Half an answer whose head already said no is a no.
    let (effect, reaction) = match fault.status.map(classify_status) {
        Some((Effect::NotApplied, reaction)) => (Effect::NotApplied, reaction),
        Some(_) => (Effect::Indeterminate, Reaction::ReadBack),
        None => classify_transport(fault.stage),
    };
    let error = match fault.status {
        Some(413) => super::Error::TooLarge,
        Some(status @ 400) => super::Error::Rejected { status, detail: fault.detail.clone() },
        _ => fault.error(),
    };
    match effect {
        Effect::NotApplied => Attempt::NotApplied {
            error,
            retry: reaction == Reaction::Retry && fault.broke == Broke::Passing,
            after: None,
            raw: None,
        },
        Effect::Applied | Effect::Indeterminate => Attempt::Indeterminate { error, after: None, raw: None },
    }
}
