//! Reading a whole list from the tenant. Paging over a list that others may change: an entry that comes twice, or is not
//! where it was, means that the list moved under the walk, so the walk begins again, three times at most. Only a page
//! without anything new ends a walk: a tenant that silently serves smaller pages than were asked for must not make a list
//! look short.

use std::collections::HashSet;
use std::hash::RandomState;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::records::{Gathered, Records, comes_twice, holds_all};
use super::{OpsError, OpsEvent, Sink};
use crate::api::{self, Client};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::ListId;
use crate::domain::progress::{Phase, Progress};
use crate::ledger::{Ledger, Sorted};

const PAGE: u64 = 1_000;
const WALKS: u32 = 3;
/// Repeats of one page, one after the other, by which a tenant that does not page is known.
const PAGES_OF_ONE: u32 = 2;
/// Longest time spent on the pauses of one page.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// Every entry of a list. `expected` is a guess of how many there are, for the progress only.
pub(super) async fn read_list(
    (client, ledger): (&Client, &Ledger),
    list: &ListId,
    expected: Option<u64>,
    phase: Phase,
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<Records, OpsError> {
    for walk in 1..=WALKS {
        match read_once((client, ledger), list, expected, phase, sink, stop).await? {
            Some(entries) => return Ok(entries),
            None if walk < WALKS => {
                sink.event(OpsEvent::Note("the list changed while it was read: reading it again".into()));
            }
            None => {}
        }
    }
    let detail = format!("the list changed under {WALKS} readings in a row, so none of them is complete");
    Err(api::Error::Protocol { detail }.into())
}

/// Each page begins with the last entry of the one before: if another stands in its place, something in front of it came or
/// went, and an entry has slid past the walk unseen. An entry that comes twice tells the same: those of the first page are
/// known at once, so that a list that begins anew does not go on for ever; the others when all are there.
async fn read_once(
    (client, ledger): (&Client, &Ledger),
    list: &ListId,
    expected: Option<u64>,
    phase: Phase,
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<Option<Records>, OpsError> {
    let (mut found, hash) = (Gathered::new(ledger), RandomState::new());
    let mut first: HashSet<String> = HashSet::new();
    let (mut read, mut last): (u64, Option<String>) = (0, None);
    loop {
        let offset = read.saturating_sub(1);
        let mut page = patiently(|| client.entries_page(list, offset, PAGE), stop).await?.into_iter();
        if let Some(last) = &last
            && page.next().is_none_or(|entry| entry.id != *last)
        {
            return Ok(None);
        }
        let (before, page): (u64, Vec<RemoteEntry>) = (read, page.collect());
        if page.iter().any(|entry| first.contains(&entry.id)) {
            return Ok(None);
        }
        if before == 0 {
            first = page.iter().map(|entry| entry.id.clone()).collect();
        }
        read += page.len() as u64;
        last = page.last().map(|entry| entry.id.clone()).or(last);
        found = found
            .take(page.into_iter().map(|entry| (entry.id.clone(), Some(entry))).collect(), &hash)
            .await?;
        // A page of one entry would always be that of the overlap: whether it is the last, the place behind it tells.
        if before == 1
            && read == 1
            && !patiently(|| client.entries_page(list, 1, PAGE), stop).await?.is_empty()
        {
            let detail = "it gives one entry of a list at a time, which cannot be told from its end";
            return Err(api::Error::Protocol { detail: detail.into() }.into());
        }
        kill_point!("K28");
        let is_last = read == before;
        let total = if is_last { Some(read) } else { expected.map(|guess| guess.max(read + 1)) };
        sink.event(OpsEvent::Progress(Progress { phase, done: read, total, rate: None, eta: None }));
        if is_last {
            let (standing, marks) = found.finish().await?;
            return Ok((!comes_twice(marks).await?).then_some(standing));
        }
    }
}

/// One page. A pause that the tenant asks for is waited out here: a walk is long work, and nobody waits for one page.
async fn patiently<T, F: Future<Output = Result<T, api::Error>>>(
    page: impl Fn() -> F,
    stop: &CancellationToken,
) -> Result<T, OpsError> {
    let begun = Instant::now();
    loop {
        if stop.is_cancelled() {
            return Err(OpsError::Stopped);
        }
        let wait = match page().await {
            Err(api::Error::Throttled { after }) if begun.elapsed() < LONGEST_PAUSE => {
                after.unwrap_or(Duration::from_secs(1))
            }
            answer => return Ok(answer?),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// How many calls [`read_list`] makes for a list of `entries`.
pub fn calls_to_read(entries: u64) -> u64 {
    entries / PAGE + 2
}

/// What stands on a page of numbers that have no record ids.
#[derive(Clone, Debug)]
pub(super) struct Walked {
    /// What tells it from the others: its spelling.
    pub(super) key: String,
    /// What it is; `None` = not ours to look at, but seen.
    pub(super) entry: Option<RemoteEntry>,
}

/// How sure a walk by page numbers has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// One walk in which nothing is odd, and which found as many as were expected. What it misses is shown as missing.
    Once,
    /// Two walks, of which the second found all that the first did: who is missed would be called, or called twice. A record that is taken off in front of
    /// a walk makes another one slide past it, and a short page that is answered once looks like the end of a short list.
    Twice,
}

/// Every entry of a list that is paged by number. Its entries have no ids, so one that comes twice may be two, or the pages
/// may have moved under the walk: it is walked once more, and taken where a walk found all that the one before did.
pub(super) async fn read_pages<F: Future<Output = Result<Vec<Walked>, api::Error>>>(
    ledger: &Ledger,
    page: impl Fn(u64) -> F,
    proof: Proof,
    told: (Option<u64>, Phase),
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<Records, OpsError> {
    let hash = RandomState::new();
    let mut before: Option<Sorted<u64>> = None;
    for walk in 1..=WALKS {
        let Walk { found, stumbled } = walk_pages((ledger, &hash), &page, told, sink, stop).await?;
        let (standing, marks) = found.finish().await?;
        let doubled = comes_twice(marks.clone()).await?;
        let is_short = told.0.is_some_and(|expected| marks.len() < expected);
        let is_sure = !doubled && !is_short && proof == Proof::Once;
        let is_proven = match before.take() {
            Some(before) if !stumbled && !is_sure => Some(holds_all(marks.clone(), before).await?),
            Some(_) => Some(false),
            None => None,
        };
        if !stumbled && (is_sure || is_proven == Some(true)) {
            return Ok(standing);
        }
        // What was seen of a list that moved is no ground for anything.
        let moved = doubled || stumbled || is_short || is_proven.is_some();
        before = (!stumbled).then_some(marks);
        if walk < WALKS && moved {
            sink.event(OpsEvent::Note("a number stands twice, or the list moved: reading it again".into()));
        }
    }
    let detail = format!("the list changed under {WALKS} readings in a row, so none of them is complete");
    Err(api::Error::Protocol { detail }.into())
}

/// What one walk found.
struct Walk {
    found: Gathered,
    /// One page came in the place of another: what that one held was not seen.
    stumbled: bool,
}

/// Walks once.
async fn walk_pages<F: Future<Output = Result<Vec<Walked>, api::Error>>>(
    (ledger, hash): (&Ledger, &RandomState),
    page: &impl Fn(u64) -> F,
    (expected, phase): (Option<u64>, Phase),
    sink: &dyn Sink,
    stop: &CancellationToken,
) -> Result<Walk, OpsError> {
    let (mut found, mut done) = (Gathered::new(ledger), 0);
    let mut last_page: Vec<String> = Vec::new();
    let (mut repeats, mut stumbled) = (0, false);
    // Only the last page may be shorter than the first: behind a shorter one the next begins elsewhere.
    let (mut size, mut is_short) = (None, false);
    for number in 1.. {
        let rows = patiently(|| page(number), stop).await?;
        kill_point!("K28");
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        // A tenant that does not page gives the same page for ever; one that stumbles, once.
        let repeated = !rows.is_empty() && keys == last_page;
        stumbled |= repeats > 0 && !repeated;
        repeats = if repeated { repeats + 1 } else { 0 };
        let last = rows.is_empty() || repeats == PAGES_OF_ONE;
        if !last && !repeated {
            let size = *size.get_or_insert(rows.len());
            stumbled |= is_short || rows.len() > size;
            is_short = rows.len() < size;
            done += rows.len() as u64;
            found = found.take(rows.into_iter().map(|row| (row.key, row.entry)).collect(), hash).await?;
            last_page = keys;
        }
        let total = if last { Some(done) } else { expected.map(|guess| guess.max(done + 1)) };
        sink.event(OpsEvent::Progress(Progress { phase, done, total, rate: None, eta: None }));
        if last {
            break;
        }
    }
    Ok(Walk { found, stumbled })
}
