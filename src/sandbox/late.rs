//! Calls whose effect comes after their answer. As with jobs nothing runs behind it: whoever looks next finds what has
//! had its time, so nobody sees a difference to effects that come by themselves.

use super::call::Call;
use super::check::Millis;
use super::log::Line;
use super::routes;
use super::state::State;

/// A call that is still to be applied.
#[derive(Debug)]
pub(super) struct Late {
    due: Millis,
    call: Call,
    keys: Vec<String>,
}

/// Puts a call aside until `due`.
pub(super) fn put_aside(state: &mut State, call: &Call, keys: &[String], due: Millis) {
    let place = state.late.partition_point(|late| late.due <= due);
    state.late.insert(place, Late { due, call: call.clone(), keys: keys.to_vec() });
}

/// Applies what is due, in the order in which it became so. Each has a line of its own in the truth log.
pub(super) fn settle(state: &mut State, now: Millis) {
    let due = state.late.partition_point(|late| late.due <= now);
    for late in state.late.drain(..due).collect::<Vec<_>>() {
        let reply = routes::serve(state, &late.call, None, late.due);
        state.counters.requests += 1;
        state.log.push(Line {
            seq: state.counters.requests,
            at: late.due,
            method: late.call.method.to_string(),
            path: late.call.path,
            status: reply.status,
            keys: late.keys,
            applied: reply.applied,
            fault: Some("committed_late"),
        });
    }
}
