//! Killed anywhere, the list ends as intended: the real program, a tenant in a process of its own, `kill -9` at each of the
//! 34 points and at random instants, and a checker that believes nothing that the program says of itself.
//!
//! `QUIETLINE_KILLS` is how many runs, `QUIETLINE_SEED` the first seed. What fails prints its seed and its point:
//! `QUIETLINE_SEED=n QUIETLINE_KILLS=1 cargo test --test kill anywhere` does that one again, as far as time can be repeated.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod case;
#[path = "../checker/mod.rs"]
mod checker;
mod cool_down;
mod file;
mod job;
mod life;
mod places;
mod points;
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the file layer is one of Linux"))]
mod power;
mod run;
mod shrink;
mod stage;
mod ten_times;
mod wire;
mod wreck;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use case::{Case, ROUND};

/// Runs at once: they wait far more than they work.
const AT_ONCE: usize = 16;

fn number_of(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// What became of all runs.
#[derive(Default)]
struct Tally {
    done: u64,
    hits: usize,
    slowest: (Duration, u64),
    /// Runs of each point and of each job, and how often the process was killed just there, or at all.
    by_point: BTreeMap<String, (u64, usize)>,
    by_job: BTreeMap<String, (u64, usize)>,
    failures: Vec<String>,
}

impl Tally {
    #[expect(clippy::print_stdout, reason = "whoever waits for a thousand runs sees at once what fails")]
    fn note(&mut self, case: &Case, outcome: Result<run::Ended, String>, took: Duration) {
        self.done += 1;
        self.slowest = self.slowest.max((took, case.seed));
        let point = self.by_point.entry(case.point.unwrap_or("random").to_owned()).or_default();
        let job = self.by_job.entry(format!("{:?}", case.job)).or_default();
        (point.0, job.0) = (point.0 + 1, job.0 + 1);
        match outcome {
            Ok(ended) => {
                self.hits += ended.hits;
                job.1 += ended.hits;
                point.1 += if case.point.is_some() { usize::from(ended.is_point_hit) } else { ended.hits };
            }
            Err(what) => {
                let failure = format!("{case}\n   ─▶ {what}");
                println!("{failure}");
                self.failures.push(failure);
            }
        }
    }
}

#[test]
fn killed_anywhere_the_list_ends_as_intended() {
    let (runs, first) = (number_of("QUIETLINE_KILLS", ROUND), number_of("QUIETLINE_SEED", ROUND));
    let begun = Instant::now();
    let (next, tally) = (AtomicU64::new(first), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + runs {
                        return;
                    }
                    let (case, begun) = (Case::of(seed), Instant::now());
                    // A panic is told with its seed too.
                    let outcome = std::panic::catch_unwind(|| run::see_through(&case));
                    let outcome = outcome.unwrap_or_else(|_| Err("it panicked, see above".into()));
                    tally.lock().unwrap().note(&case, outcome, begun.elapsed());
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!(
        "{} runs, {} kills found their process alive, {:.0?}; the slowest took {:.1?} (seed {})",
        tally.done,
        tally.hits,
        begun.elapsed(),
        tally.slowest.0,
        tally.slowest.1
    );
    for (what, counts) in [("kills by job", &tally.by_job), ("hits by point", &tally.by_point)] {
        let told = counts.iter().map(|(name, (runs, hits))| format!("{name} {hits} in {runs}"));
        println!("{what}: {}", told.collect::<Vec<_>>().join(", "));
    }
    assert!(
        tally.failures.is_empty(),
        "{} of {runs} runs failed; QUIETLINE_SEED=n QUIETLINE_KILLS=1 does one again:\n{}",
        tally.failures.len(),
        tally.failures.join("\n")
    );
}
