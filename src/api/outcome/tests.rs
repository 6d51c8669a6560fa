use super::*;
use Effect::{Applied, Indeterminate, NotApplied};
use Reaction::{Bisect, Compare, Read, ReadBack, Refresh, Retry, Stop};

/// The same knowledge written a second time, status by status, as a person would read it out.
fn expected(write: Write, status: u16) -> (Effect, Reaction) {
    match write {
        Write::Entries => entries(status),
        Write::Items => match status {
            200..=204 => (Indeterminate, ReadBack),
            other => repeatable(other, entries_refused(other)),
        },
        Write::SuppressionContacts => match status {
            200 | 201 => (Applied, Read),
            422 => (NotApplied, Read),
            other => repeatable(other, entries_refused(other)),
        },
        Write::Bulk => match status {
            200..=202 => (Applied, Read),
            300..=399 => (Indeterminate, ReadBack),
            other => entries_refused(other),
        },
        Write::Contact => match status {
            200 | 204 => (Applied, Read),
            400 | 413 => (NotApplied, Stop),
            other => repeatable(other, entries_refused(other)),
        },
        Write::Create => match status {
            200 | 201 => (Applied, Read),
            400 | 413 => (NotApplied, Stop),
            409 => (NotApplied, Compare),
            other => entries_refused(other),
        },
        Write::Change => match status {
            200 | 204 => (Applied, Read),
            400 | 413 => (NotApplied, Stop),
            409 | 412 => (NotApplied, Compare),
            other => entries_refused(other),
        },
        Write::Removal => match status {
            200 | 204 | 404 | 410 => (Applied, Read),
            400 | 413 => (NotApplied, Stop),
            409 | 412 => (NotApplied, Compare),
            other => repeatable(other, entries_refused(other)),
        },
    }
}

fn entries(status: u16) -> (Effect, Reaction) {
    match status {
        200 | 201 => (Applied, Read),
        other => entries_refused(other),
    }
}

fn entries_refused(status: u16) -> (Effect, Reaction) {
    match status {
        300 | 301 | 304..=399 => (NotApplied, Stop),
        400 | 413 => (NotApplied, Bisect),
        401 => (NotApplied, Refresh),
        423 | 425 | 429 => (NotApplied, Retry),
        402 | 403 | 404 | 405 | 406 | 407 | 409 | 410 | 411 | 412 | 414 | 415 | 416 | 417 | 421 | 422
        | 424 | 426 | 428 | 431 | 451 | 501 => (NotApplied, Stop),
        _ => (Indeterminate, ReadBack),
    }
}

fn repeatable(status: u16, outcome: (Effect, Reaction)) -> (Effect, Reaction) {
    if matches!(status, 302 | 303) {
        return (NotApplied, Stop);
    }
    if outcome == (Indeterminate, ReadBack) { (Indeterminate, Retry) } else { outcome }
}

#[test]
fn every_status_has_the_outcome_that_was_decided() {
    for write in Write::ALL {
        for status in 0..=u16::MAX {
            assert_eq!(classify_status(write, status), expected(write, status), "{write:?} {status}");
        }
    }
}

#[test]
fn no_server_error_is_called_not_applied_and_no_redirect_applied() {
    for write in Write::ALL {
        for status in 100..600 {
            let (effect, reaction) = classify_status(write, status);
            match status {
                200..=299 => assert_ne!(effect, NotApplied, "{write:?} {status}"),
                302 | 303 if !write.may_repeat() => {
                    assert_eq!((effect, reaction), (Indeterminate, ReadBack), "{write:?} {status}");
                }
                300..=399 if write == Write::Bulk => {
                    assert_eq!((effect, reaction), (Indeterminate, ReadBack), "{write:?} {status}");
                }
                300..=399 => assert_eq!((effect, reaction), (NotApplied, Stop), "{write:?} {status}"),
                501 => assert_eq!(effect, NotApplied, "{write:?}"),
                500.. => assert_eq!(effect, Indeterminate, "{write:?} {status}"),
                _ => {}
            }
        }
    }
}

#[test]
fn what_may_have_arrived_is_repeated_only_where_a_repeat_does_no_harm() {
    for write in [Write::Entries, Write::Bulk, Write::Create, Write::Change] {
        assert!(!write.may_repeat());
        for status in 0..=u16::MAX {
            let outcome = classify_status(write, status);
            assert!(outcome.0 != Indeterminate || outcome.1 == ReadBack, "{write:?} {status}");
        }
        assert_eq!(classify_transport(write, Stage::AfterSend), (Indeterminate, ReadBack));
    }
    for write in [Write::Items, Write::SuppressionContacts, Write::Contact, Write::Removal] {
        assert_eq!(classify_transport(write, Stage::AfterSend), (Indeterminate, Retry), "{write:?}");
        assert_eq!(classify_status(write, 503), (Indeterminate, Retry), "{write:?}");
    }
}

#[test]
fn no_line_hides_another() {
    let ordered = |lines: &[Line]| {
        for (i, &(from, to, ..)) in lines.iter().enumerate() {
            assert!(from <= to);
            for &(other, ..) in &lines[i + 1..] {
                assert!(to < other, "lines stand in order and never overlap: {to} before {other}");
            }
        }
    };
    ordered(COMMON);
    for write in Write::ALL {
        let own: Vec<Line> = OWN.iter().filter(|(kind, _)| *kind == write).map(|(_, line)| *line).collect();
        assert!(!own.is_empty(), "{write:?} has no way of saying yes");
        ordered(&own);
    }
}

#[test]
fn nothing_left_the_machine_before_the_connection_stood() {
    for write in Write::ALL {
        assert_eq!(classify_transport(write, Stage::BeforeSend), (NotApplied, Retry), "{write:?}");
    }
}

#[test]
fn a_read_is_never_repeated_after_a_refusal() {
    for status in [400, 401, 403, 404, 409, 413, 422, 501] {
        assert!(!read_may_repeat(status), "status {status}");
    }
    for status in [408, 423, 425, 429, 500, 502, 503, 504] {
        assert!(read_may_repeat(status), "status {status}");
    }
}
