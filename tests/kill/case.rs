//! What happens in one run: a function of its seed. Its `Display` is what a failing run prints.

use std::fmt;

use fastrand::Rng;

use crate::checker::Kind;
use crate::job::Job;
use crate::points::{FURTHER, POINTS, Place, jobs_of};
use crate::power::Trouble;
use crate::shrink;
use crate::wire::Stage;

/// Runs after which each point has had its turn once; what is behind the points is killed at random instants.
pub const ROUND: u64 = 60;

/// How a life ends before its time.
#[derive(Clone, Debug)]
pub enum Kill {
    /// At a place in the program: `K19#2`, or some time behind it.
    At(String),
    /// When a write has come so far.
    Wire { write: u64, stage: Stage },
    /// So long after the start, or after the first write.
    Instant { behind_a_write: bool, ms: u64 },
    /// Stopped some time behind the first write, and killed in its sleep.
    Asleep { awake_ms: u64, asleep_ms: u64 },
    /// By the disk, at this operation.
    Disk { at: u64, trouble: Trouble },
}

impl Kill {
    /// At which passage, or at which write.
    pub fn passage(&self) -> u64 {
        match self {
            Self::At(place) => {
                let (_, rest) = place.split_once('#').unwrap_or((place, "1"));
                rest.split('+').next().and_then(|passage| passage.parse().ok()).unwrap_or(1)
            }
            Self::Wire { write, .. } => *write,
            Self::Instant { .. } | Self::Asleep { .. } | Self::Disk { .. } => 1,
        }
    }
}

/// One run.
#[derive(Clone, Debug)]
pub struct Case {
    pub seed: u64,
    /// The point whose turn it is.
    pub point: Option<&'static str>,
    pub job: Job,
    pub kind: Kind,
    /// Numbers that stand nowhere yet; of jobs that take off, those of ours that stand there.
    pub fresh: u64,
    pub per_call: u64,
    pub flaky: bool,
    /// What goes wrong with the first write: a word of the sandbox's faults.
    pub order: Option<&'static str>,
    /// One for each of the first lives.
    pub kills: Vec<Kill>,
    /// Which of them is the one of the point.
    pub of_the_point: usize,
    /// For the export of the dead letters, once the run is over.
    pub of_the_export: Option<Kill>,
    /// For the snapshot that is taken back.
    pub of_the_snapshot: Option<Kill>,
    pub cool_down: u64,
    /// Planned, approved and launched one by one.
    pub is_stepwise: bool,
    /// Others have changed entries of ours.
    pub is_meddled: bool,
    /// Somebody listens to the run.
    pub has_hook: bool,
    /// The gate is asked after each kill too.
    pub asks_between: bool,
}

impl Case {
    pub fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let turn = seed % ROUND;
        let point = POINTS.iter().map(|point| point.name).chain(FURTHER).nth(turn as usize);
        // Each round gives a point another job, and the random instants of one round are spread over all of them.
        let jobs = point.map_or(&[Job::Undo, Job::Sync, Job::Remove, Job::Add, Job::Deletions][..], jobs_of);
        let job = jobs[((turn + seed / ROUND) % jobs.len() as u64) as usize];
        let kind = if job == Job::Add { kind_for(point, &mut chance) } else { Kind::Entries };
        let fresh = match job {
            Job::Remove if chance.u8(..4) == 0 => shrink::MANY,
            _ => chance.u64(12..=40),
        };
        let is_free = point.is_none();
        let mut case = Self {
            seed,
            point,
            job,
            kind,
            fresh,
            per_call: 1 + fresh / chance.u64(2..=5),
            flaky: is_free && kind != Kind::Outbound && chance.bool(),
            order: None,
            kills: Vec::new(),
            of_the_point: 0,
            of_the_export: None,
            of_the_snapshot: (job == Job::Undo).then(|| match chance.bool() {
                true => instant(&mut chance),
                // What is taken off and comes back by the undo may meet the keys of its first time.
                false => Kill::At(format!("D2#{}", chance.u64(1..=3))),
            }),
            cool_down: 1,
            is_stepwise: job.takes_off() && (point == Some("U1") || (is_free && chance.bool())),
            is_meddled: matches!(job, Job::Sync | Job::Undo) && chance.u8(..3) == 0,
            has_hook: matches!(point, Some("O1" | "O2")) || chance.u8(..3) == 0,
            asks_between: is_free && kind.has_gate() && chance.bool(),
        };
        match point {
            None => {
                for _ in 0..chance.usize(1..=3) {
                    case.kills.push(instant(&mut chance));
                }
            }
            Some(name) => case.kill_at(name, &mut chance),
        }
        // A second kill, whatever the first one hit.
        if case.kills.len() == 1 && chance.u8(..3) == 0 {
            case.kills.push(instant(&mut chance));
        }
        case
    }

    fn kill_at(&mut self, name: &'static str, chance: &mut Rng) {
        let write = chance.u64(1..=2);
        let place = POINTS.iter().find(|point| point.name == name).map_or(Place::Source, |point| point.place);
        let lost = Kill::Wire { write: 1, stage: if chance.bool() { Stage::Sent } else { Stage::Answered } };
        let at = |passage: u64| Kill::At(format!("{name}#{passage}"));
        match place {
            Place::Wire(stage) => return self.kills.push(Kill::Wire { write, stage }),
            Place::Harness => {
                let (awake_ms, asleep_ms) = (chance.u64(0..100), chance.u64(1..300));
                return self.kills.push(Kill::Asleep { awake_ms, asleep_ms });
            }
            Place::Source => {}
        }
        match name {
            // Of a list that can be read the baseline is the first such file, and the plan the second.
            // Behind a first run it has its baseline.
            "K4" | "K5" if self.job.takes_off() => self.kills.push(at(1)),
            "K4" | "K5" => self.kills.push(at(chance.u64(1..=2))),
            // Planning reads the list too.
            "K28" => self.kills.push(at(chance.u64(1..=4))),
            // Of an outbound list only one end is told.
            "O1" | "O2" if self.kind == Kind::Outbound => self.kills.push(at(1)),
            // What only comes off may be a single batch.
            "K10" | "K19" | "K20" if !self.job.writes() => self.kills.push(at(1)),
            "K10" | "K11" | "K17" | "K18" | "K19" | "K20" | "K23" | "O1" | "O2" => {
                self.kills.push(at(chance.u64(1..=2)));
            }
            "R3" | "D2" => self.kills.push(at(chance.u64(1..=3))),
            "M1" => self.kills.push(at(chance.u64(1..=8))),
            "K25" => {
                self.order = Some("too_large");
                self.kills.push(at(1));
            }
            "K26" => {
                self.order = Some("unauthorised");
                self.kills.push(at(1));
            }
            "K27" => {
                self.cool_down = 3;
                // Between the last row and its cool-down old records go, which a slow machine takes long for.
                let passages = if self.job.takes_off() { 1 } else { 3 };
                self.kills.extend([at(chance.u64(1..=passages)), at(1)]);
            }
            // The folding takes its time: the kill comes somewhere within it.
            "K29" => self.kills.push(Kill::At(format!("{name}#1+{}", chance.u64(0..800)))),
            "K30" => self.kills.push(at(chance.u64(1..=4))),
            "K31" => self.of_the_export = Some(at(1)),
            // Both need a life before that left something to do.
            "K32" | "K33" => {
                self.kills.extend([lost, at(1)]);
                self.of_the_point = 1;
            }
            _ => self.kills.push(at(1)),
        }
    }
}

/// A kind of list on which the point is passed.
fn kind_for(point: Option<&str>, chance: &mut Rng) -> Kind {
    let kinds: &[Kind] = match point {
        Some("K25" | "K26" | "R1" | "R2" | "R3") => &[Kind::Entries],
        Some("K23") => &[Kind::Items, Kind::Outbound],
        Some("K24") => &[Kind::Outbound],
        Some("K17") => &[Kind::Entries, Kind::Suppression],
        Some("K4" | "K5" | "K27" | "K28" | "K31") => &[Kind::Entries, Kind::Items, Kind::Suppression],
        // A contact that may be on its way is waited for, so these are few.
        _ if chance.u8(..4) > 0 => &[Kind::Entries, Kind::Entries, Kind::Items, Kind::Suppression],
        _ => &[Kind::Outbound],
    };
    kinds[chance.usize(..kinds.len())]
}

fn instant(chance: &mut Rng) -> Kill {
    match chance.u8(..3) {
        0 => Kill::Instant { behind_a_write: false, ms: chance.u64(1..1_500) },
        1 => Kill::Instant { behind_a_write: true, ms: chance.u64(0..250) },
        _ => Kill::Wire { write: chance.u64(1..=4), stage: Stage::ALL[chance.usize(..Stage::ALL.len())] },
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {} ({})", self.seed, self.point.unwrap_or("random"))?;
        let (job, kind) = (self.job, self.kind.word());
        write!(f, ": {job:?}, {} of {kind}, {} a call", self.fresh, self.per_call)?;
        for (is_so, word) in [
            (self.is_stepwise, "step by step"),
            (self.is_meddled, "meddled with"),
            (self.has_hook, "listened to"),
            (self.asks_between, "asked between"),
        ] {
            if is_so {
                write!(f, ", {word}")?;
            }
        }
        if self.flaky {
            f.write_str(", flaky")?;
        }
        if let Some(order) = self.order {
            write!(f, "; {order}")?;
        }
        for kill in self.kills.iter().chain(&self.of_the_export).chain(&self.of_the_snapshot) {
            write!(f, "; {kill:?}")?;
        }
        Ok(())
    }
}
