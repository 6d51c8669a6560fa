//! From a connection to a route and back: token, limit, fault, route, log, in this order and under one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State as Shared};
use axum::http::Response;

use super::Story;
use super::auth;
use super::call::{Call, Reply};
use super::check::{self, Millis};
use super::control::{self, Served};
use super::drip;
use super::family::Family;
use super::fault::Fault;
use super::late;
use super::log::Line;
use super::other_writer;
use super::routes;
use super::socket;
use super::state::State;
use super::story;
use super::stream::{Length, Link};

/// The tenant, as connections share it.
pub(super) type Tenant = Arc<Mutex<State>>;

pub(super) fn lock(tenant: &Tenant) -> MutexGuard<'_, State> {
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
    let (mut head, body) = request.into_parts();
    // Taken out before the rest is looked at; a call that does not ask for a socket has none to take.
    let upgrade = WebSocketUpgrade::from_request_parts(&mut head, &()).await.ok();
    let call = match Call::read(head, body).await {
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
        Some(Served::Never) => {
            let stop = lock(&tenant).stop.clone();
            stop.cancelled().await;
            return Reply::empty(503).into_response();
        }
        Some(Served::Broken) => {
            link.reset();
            return Reply::empty(200).into_response();
        }
        None => {}
    }
    let _in_flight = InFlight::enter(&tenant, &call);
    let pause = pause(&lock(&tenant));
    // Half of the wait on either side of the effect, so that a client that dies waiting may die on either side too.
    if let Some(pause) = pause {
        tokio::time::sleep(pause / 2).await;
    }
    let (mut reply, fault, stop) = {
        let mut state = lock(&tenant);
        let (reply, fault) = answer(&mut state, &call, check::now());
        (reply, fault, state.stop.clone())
    };
    if let Some(pause) = pause {
        tokio::time::sleep(pause / 2).await;
    }
    match fault {
        Some(Fault::ResetBefore | Fault::ResetMidway | Fault::ResetAfter | Fault::LateReset(_)) => {
            link.reset();
        }
        Some(Fault::Truncate) => link.cut(),
        Some(Fault::LengthOver) => link.misstate(Length::Over),
        Some(Fault::LengthUnder) => link.misstate(Length::Under),
        _ => {}
    }
    match (reply.ticket.take(), upgrade) {
        (Some(ticket), Some(upgrade)) => {
            upgrade.on_upgrade(move |opened| socket::serve(opened, tenant, ticket))
        }
        _ => match fault {
            Some(Fault::Drip(pace)) => drip::response(reply, pace, false, stop),
            Some(Fault::DripEndless(pace)) => drip::response(reply, pace, true, stop),
            _ => reply.into_response(),
        },
    }
}

/// A contact update that waits for its answer. Several may, and the truth tells how many at most.
struct InFlight(Tenant);

impl InFlight {
    fn enter(tenant: &Tenant, call: &Call) -> Option<Self> {
        if Family::of(call) != Family::ContactsWrite {
            return None;
        }
        let (present, most) = &mut lock(tenant).counters.in_flight;
        *present += 1;
        *most = (*most).max(*present);
        Some(Self(Arc::clone(tenant)))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0).counters.in_flight.0 -= 1;
    }
}

fn pause(state: &State) -> Option<std::time::Duration> {
    let slow = state.options.story == Story::Slow;
    slow.then(|| story::slowness(state.options.seed, state.counters.requests))
}

fn answer(state: &mut State, call: &Call, now: Millis) -> (Reply, Option<Fault>) {
    late::settle(state, now);
    let family = Family::of(call);
    let keys = if family == Family::EntriesWrite { call.keys() } else { Vec::new() };
    let clock = SystemTime::now();
    let (mut reply, fault) = match admit(state, family, call, now) {
        Err(refused) => (refused, None),
        Ok(()) => {
            let fault = story::choose(state, family, call, &keys);
            if let Some(lateness) = fault.and_then(Fault::lateness) {
                late::put_aside(state, call, &keys, now + Millis::from(lateness));
            }
            other_writer::act(state, family, call, now);
            let reply = match fault.and_then(|fault| fault.instead(state.properties.clock(clock))) {
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
    if let Some(date) = state.properties.date(clock) {
        reply = reply.with("Date", date);
    }
    state.counters.requests += 1;
    state.log.push(Line {
        seq: state.counters.requests,
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
    let admitted = state.windows.of(family).map_or(Ok(()), |window| window.admit(Instant::now()));
    let over = u64::from(admitted.is_err());
    let counters = &mut state.counters;
    let tally = counters.families.entry(family.word()).or_default();
    tally.calls += 1;
    tally.overshoots += over;
    match family {
        Family::EntriesRead | Family::EntriesWrite => {
            counters.entries_calls += 1;
            counters.overshoots += over;
        }
        Family::Query => counters.query_overshoots += over,
        _ => {}
    }
    admitted.map_err(|seconds| {
        Reply::error(429, "TOO_MANY_REQUESTS", "over the limit of this family")
            .with("Retry-After", seconds.max(1).to_string())
    })
}
