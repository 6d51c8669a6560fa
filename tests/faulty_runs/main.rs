//! Runs that meet trouble at random, each decided by its seed: a small file to any destination, a tenant that throttles,
//! fails, lies and forgets on the way, and a person who stops now and then. In the end the list holds what was there and
//! what the file means, each once, and nothing is called accepted that does not stand there.
//!
//! `QUIETLINE_RUNS` is how many, `QUIETLINE_SEED` the first seed. What fails prints its seed:
//! `QUIETLINE_SEED=n QUIETLINE_RUNS=1 cargo test --release --test faulty_runs` does that one again, as far as time can be
//! repeated.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod check;
mod file;
mod plan;
mod run;
mod truth;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use plan::Plan;
use quietline::domain::run::RunState;

/// Runs of an ordinary test: few, so that it is quick.
const RUNS: u64 = 24;
/// Runs at once: they wait far more than they work.
const AT_ONCE: usize = 12;
/// No run waits longer than this for a tenant that is well again.
const LONGEST: Duration = Duration::from_secs(180);

fn number_of(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// A run that ended as it should.
struct Ended {
    plan: Plan,
    state: RunState,
    lives: usize,
    took: Duration,
}

/// One run in a task of its own, so that a panic is told with its seed too.
async fn outcome_of(plan: Plan) -> Result<Ended, String> {
    let begun = Instant::now();
    let told = plan.to_string();
    let task = tokio::spawn(async move {
        let result = tokio::time::timeout(LONGEST, run::see_through(&plan)).await;
        (plan, result.unwrap_or_else(|_| Err(format!("it does not end within {LONGEST:?}"))))
    });
    match task.await {
        Ok((plan, Ok((state, lives)))) => Ok(Ended { plan, state, lives, took: begun.elapsed() }),
        Ok((_, Err(what))) => Err(format!("{told}\n   ─▶ {what}")),
        Err(panic) => Err(format!("{told}\n   ─▶ {panic}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_the_list_ends_as_intended() {
    let (runs, first) = (number_of("QUIETLINE_RUNS", RUNS), number_of("QUIETLINE_SEED", 1));
    let begun = Instant::now();
    let plans = (first..first + runs).map(Plan::of);
    let mut results = stream::iter(plans.map(outcome_of)).buffer_unordered(AT_ONCE);
    let (mut done, mut lives, mut slowest) = (0, 0, (Duration::ZERO, 0));
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    let mut failures = Vec::new();
    while let Some(result) = results.next().await {
        done += 1;
        match result {
            Ok(ended) => {
                lives += ended.lives;
                slowest = slowest.max((ended.took, ended.plan.seed));
                *ends.entry(format!("{} {}", ended.plan.to, ended.state)).or_insert(0) += 1;
            }
            Err(failure) => {
                println!("{failure}");
                failures.push(failure);
            }
        }
        if done % 100 == 0 {
            println!("{done} runs, {} failed, {:?}", failures.len(), begun.elapsed());
        }
    }
    println!(
        "{done} runs in {lives} lives within {:.0?}; the slowest took {:.1?} (seed {})",
        begun.elapsed(),
        slowest.0,
        slowest.1
    );
    println!("{}", ends.iter().map(|(end, runs)| format!("{end}: {runs}")).collect::<Vec<_>>().join(" · "));
    assert!(
        failures.is_empty(),
        "{} of {runs} runs failed; QUIETLINE_SEED=n QUIETLINE_RUNS=1 does one again:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
