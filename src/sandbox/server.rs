//! From a connection to a route and back: token, limit, fault, route, log, in this order and under one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State as Shared};
use axum::http::Response;

use super::Story;
use super::auth;
use super::call::{Call, Reply};
use super::check::{self, Millis};
use super::control::{self, Served};
use super::log::Line;
use super::routes;
use super::state::State;
use super::story::{self, Family, Fault};
use super::stream::Link;

/// The tenant, as connections share it.
pub(super) type Tenant = Arc<Mutex<State>>;

fn lock(tenant: &Tenant) -> MutexGuard<'_, State> {
    // A panic elsewhere leaves records and indexes whole: each call changes them in one step.
    tenant.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every path goes through one door.
pub(super) fn router(tenant: Tenant) -> Router {
    Router::new().fallback(serve).with_state(tenant)
}

async fn serve(
    Shared(tenant): Shared<Tenant>,
    ConnectInfo(link): ConnectInfo<Link>,
    request: Request,
) -> Response<Body> {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(refused) => return refused.into_response(),
    };
    let served = control::serve(&mut lock(&tenant), &call, check::now());
    match served {
        Some(Served::Now(reply)) => return reply.into_response(),
        Some(Served::Later(write)) => {
            let written = tokio::task::spawn_blocking(write).await;
            return written.unwrap_or_else(|_| Reply::empty(500)).into_response();
        }
        None => {}
    }
    let pause = pause(&lock(&tenant));
    // Half of the wait on either side of the effect, so that a client that dies waiting may die on either side too.
    if let Some(pause) = pause {
        tokio::time::sleep(pause / 2).await;
    }
    let (reply, fault) = answer(&mut lock(&tenant), &call, check::now());
    if let Some(pause) = pause {
        tokio::time::sleep(pause / 2).await;
    }
    match fault {
        Some(Fault::ResetBefore | Fault::ResetMidway | Fault::ResetAfter) => link.reset(),
        Some(Fault::Truncate) => link.cut(),
        _ => {}
    }
    reply.into_response()
}

fn pause(state: &State) -> Option<std::time::Duration> {
    let slow = state.options.story == Story::Slow;
    slow.then(|| story::slowness(state.options.seed, state.counters.requests))
}

fn answer(state: &mut State, call: &Call, now: Millis) -> (Reply, Option<Fault>) {
    let family = Family::of(call);
    let keys = if family == Family::EntriesWrite { call.keys() } else { Vec::new() };
    state.counters.requests += 1;
    let seq = state.counters.requests;
    let (reply, fault) = match admit(state, family, call, now) {
        Err(refused) => (refused, None),
        Ok(()) => {
            let fault = story::choose(state, family, call, &keys);
            let reply = match fault.and_then(Fault::instead) {
                Some(instead) => instead,
                None => {
                    let reply = routes::serve(state, call, fault, now);
                    match fault {
                        Some(fault) => fault.afterwards(reply),
                        None => reply,
                    }
                }
            };
            (reply, fault)
        }
    };
    state.log.push(Line {
        seq,
        at: now,
        method: call.method.to_string(),
        path: call.path.clone(),
        status: reply.status,
        keys,
        applied: reply.applied,
        fault: fault.map(Fault::word),
    });
    (reply, fault)
}

/// Token first, then the family's limit.
fn admit(state: &mut State, family: Family, call: &Call, now: Millis) -> Result<(), Reply> {
    auth::admit(state, family, call, now)?;
    let admitted = match family {
        Family::EntriesRead | Family::EntriesWrite => {
            state.counters.entries_calls += 1;
            let admitted = state.entries_window.admit(Instant::now());
            state.counters.overshoots += u64::from(admitted.is_err());
            admitted
        }
        Family::Query => {
            let admitted = state.query_window.admit(Instant::now());
            state.counters.query_overshoots += u64::from(admitted.is_err());
            admitted
        }
        _ => Ok(()),
    };
    admitted.map_err(|seconds| {
        Reply::error(429, "TOO_MANY_REQUESTS", "over the limit of this family")
            .with("Retry-After", seconds.max(1).to_string())
    })
}
