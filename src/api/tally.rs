//! What the calls of one job came to. Each job counts for itself: what two of them do side by side on one client is never
//! added to the wrong one.

use std::sync::Mutex;
use std::time::Duration;

use super::call::Call;
use super::clock::lock;
use super::scope::{Access, Family};
use crate::domain::metrics::{Calls, Metrics};

/// Counts since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Metrics>);

impl Tally {
    /// A call was made, whatever came of it.
    pub(super) fn note(&self, call: &Call, took: Duration, throttled: bool) {
        let kind = match call.access {
            _ if call.request.method() == reqwest::Method::DELETE => "delete",
            Access::Read => "read",
            Access::Write => "write",
        };
        let mut metrics = lock(&self.0);
        metrics.note(Calls { family: word(call.family).into(), kind: kind.into() }, took);
        metrics.throttled += u64::from(throttled);
    }

    /// A call is made again.
    pub(super) fn repeated(&self) {
        lock(&self.0).retries += 1;
    }

    /// Hands over what was counted, and begins anew.
    pub(super) fn take(&self) -> Metrics {
        std::mem::take(&mut lock(&self.0))
    }
}

fn word(family: Family) -> &'static str {
    match family {
        Family::Entries => "entries",
        Family::Items => "items",
        Family::SuppressionContacts => "suppression",
        Family::SuppressionLists => "suppression-lists",
        Family::Outbound => "outbound",
        Family::Events => "events",
        Family::Query => "query",
        Family::Contacts => "contacts",
        Family::Lists => "lists",
        Family::Rules => "rules",
        Family::Me => "me",
    }
}
