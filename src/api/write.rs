//! What became of a write: the outcome table applied to what was sent.

use super::call::{Call, Sent, error_of};
use super::outcome::{Effect, Reaction, Write, classify_status, classify_transport};
use super::transport::{Answer, Broke, Fault};
use super::{Attempt, Error};

/// What became of a write of this kind.
pub(super) fn attempt_of(write: Write, call: &Call, sent: Sent) -> Attempt {
    match sent {
        Sent::Answer(answer) => answered(write, call, answer),
        Sent::Fault(fault) => broken(write, &fault),
        Sent::Nothing { error, retry, after } => Attempt::NotApplied { error, retry, after, raw: None },
    }
}

fn answered(write: Write, call: &Call, answer: Answer) -> Attempt {
    let error = || error_of(call, &answer);
    match classify_status(write, answer.status()) {
        (Effect::Applied, _) => Attempt::Answered(answer.raw),
        (Effect::Indeterminate, _) => {
            Attempt::Indeterminate { error: error(), after: answer.after, raw: Some(answer.raw) }
        }
        (Effect::NotApplied, reaction) => Attempt::NotApplied {
            error: error(),
            retry: reaction == Reaction::Retry,
            after: answer.after,
            raw: Some(answer.raw),
        },
    }
}

/// What half an answer, or none, says about a write. Half an answer whose head already said no is a no.
pub(super) fn classify_fault(write: Write, fault: &Fault) -> (Effect, Reaction) {
    match fault.status.map(|status| classify_status(write, status)) {
        Some((Effect::NotApplied, reaction)) => (Effect::NotApplied, reaction),
        Some(_) => (Effect::Indeterminate, Reaction::ReadBack),
        None => classify_transport(write, fault.stage),
    }
}

fn broken(write: Write, fault: &Fault) -> Attempt {
    let (effect, reaction) = classify_fault(write, fault);
    let error = match fault.status {
        Some(413) => Error::TooLarge,
        Some(status @ 400) => Error::Rejected { status, detail: fault.detail.clone() },
        _ => fault.error(),
    };
    match effect {
        Effect::NotApplied => Attempt::NotApplied {
            error,
            retry: reaction == Reaction::Retry && fault.broke == Broke::Passing,
            after: fault.after,
            raw: None,
        },
        Effect::Applied | Effect::Indeterminate => {
            Attempt::Indeterminate { error, after: fault.after, raw: None }
        }
    }
}
