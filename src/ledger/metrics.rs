//! What the calls of each run took, added to with each settled batch, so that a run that was killed goes on counting.

use rusqlite::{Connection, OptionalExtension, params};

use super::Ledger;
use super::codec::{Cursor, int, put_bytes, put_int};
use super::error::{Error, damaged};
use super::runs::find;
use crate::domain::metrics::{Calls, Histogram, Metrics};

impl Ledger {
    /// What the calls of a run came to so far; the run by id or by the beginning of its id.
    pub async fn metrics(&self, run: &str) -> Result<Metrics, Error> {
        let run = run.to_owned();
        self.read(move |connection| stored(connection, &find(connection, &run)?)).await
    }

    /// Adds calls that belong to no batch: those before the first one and behind the last.
    pub async fn add_metrics(&self, run: &str, metrics: Metrics) -> Result<(), Error> {
        let run = run.to_owned();
        self.write(move |connection| add(connection, &run, &metrics)).await
    }
}

/// Adds to what a run has counted, inside the caller's transaction.
pub(super) fn add(connection: &Connection, run: &str, metrics: &Metrics) -> Result<(), Error> {
    if metrics.is_empty() {
        return Ok(());
    }
    connection
        .prepare_cached("UPDATE runs SET retries = retries + ?2, throttled = throttled + ?3 WHERE id = ?1")?
        .execute(params![run, int(metrics.retries), int(metrics.throttled)])?;
    let mut sum = stored(connection, run)?;
    sum.add(metrics);
    connection
        .prepare_cached(
            "INSERT INTO run_metrics (run, metrics) VALUES (?1, ?2)
             ON CONFLICT (run) DO UPDATE SET metrics = excluded.metrics",
        )?
        .execute(params![run, put(&sum)])?;
    Ok(())
}

fn stored(connection: &Connection, run: &str) -> Result<Metrics, Error> {
    let found: Option<Vec<u8>> = connection
        .prepare_cached("SELECT metrics FROM run_metrics WHERE run = ?1")?
        .query_row(params![run], |row| row.get(0))
        .optional()?;
    found.map_or_else(|| Ok(Metrics::default()), |bytes| read(&bytes))
}

/// Version, counters, then each kind of call with its histogram.
fn put(metrics: &Metrics) -> Vec<u8> {
    let mut out = vec![1];
    for n in [metrics.retries, metrics.throttled, metrics.not_yet_visible, metrics.latency.len() as u64] {
        put_int(&mut out, n);
    }
    for (calls, histogram) in &metrics.latency {
        put_bytes(&mut out, calls.family.as_bytes());
        put_bytes(&mut out, calls.kind.as_bytes());
        let (counts, longest) = histogram.parts();
        put_int(&mut out, longest);
        put_int(&mut out, counts.len() as u64);
        for (bucket, count) in counts {
            put_int(&mut out, u64::from(bucket));
            put_int(&mut out, count);
        }
    }
    out
}

fn read(bytes: &[u8]) -> Result<Metrics, Error> {
    let odd = || damaged("the metrics of a run do not read");
    let mut at = Cursor(bytes);
    if at.byte()? != 1 {
        return Err(odd());
    }
    let (retries, throttled, not_yet_visible) = (at.int()?, at.int()?, at.int()?);
    let mut metrics = Metrics { retries, throttled, not_yet_visible, ..Metrics::default() };
    for _ in 0..at.int()? {
        let family = at.string()?.to_owned().into();
        let kind = at.string()?.to_owned().into();
        let longest = at.int()?;
        let mut counts = Vec::new();
        for _ in 0..at.int()? {
            counts.push((u16::try_from(at.int()?).map_err(|_| odd())?, at.int()?));
        }
        metrics.latency.insert(Calls { family, kind }, Histogram::from_parts(counts, longest));
    }
    if at.is_empty() { Ok(metrics) } else { Err(odd()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn metrics() -> Metrics {
        let mut metrics = Metrics { retries: 3, throttled: 1, not_yet_visible: 7, ..Metrics::default() };
        for (kind, micros) in [("read", 5), ("write", 250_000), ("write", u64::MAX)] {
            let calls = Calls { family: "entries".into(), kind: kind.into() };
            metrics.note(calls, Duration::from_micros(micros));
        }
        metrics
    }

    #[test]
    fn what_is_stored_comes_back_and_half_of_it_is_damage() {
        let bytes = put(&metrics());
        assert_eq!(read(&bytes).unwrap(), metrics());
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end} bytes of {}", bytes.len());
        }
        assert!(read(&[bytes, vec![0]].concat()).is_err());
    }
}
