//! What happens in one run: a function of its seed. Its `Display` is what a failing run prints.

use std::fmt;

use fastrand::Rng;

use crate::checker::Kind;
use crate::points::{OF_REPLACEMENTS, POINTS, Place};
use crate::power::Trouble;
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
    pub kind: Kind,
    /// Numbers that stand nowhere yet.
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
    pub cool_down: u64,
}

impl Case {
    pub fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let turn = (seed % ROUND) as usize;
        let point = POINTS.iter().map(|point| point.name).chain(OF_REPLACEMENTS).nth(turn);
        let kind = kind_for(point, &mut chance);
        let fresh = chance.u64(12..=40);
        let mut case = Self {
            seed,
            point,
            kind,
            fresh,
            per_call: 1 + fresh / chance.u64(2..=5),
            flaky: point.is_none() && kind != Kind::Outbound && chance.bool(),
            order: None,
            kills: Vec::new(),
            of_the_point: 0,
            of_the_export: None,
            cool_down: 1,
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
            "K4" | "K5" => self.kills.push(at(chance.u64(1..=2))),
            // Planning reads the list too.
            "K28" => self.kills.push(at(chance.u64(1..=4))),
            "K10" | "K11" | "K17" | "K18" | "K19" | "K20" | "K23" => self.kills.push(at(chance.u64(1..=2))),
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
                self.kills.extend([at(chance.u64(1..=3)), at(1)]);
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
        write!(f, ": {} to {}, {} a call", self.fresh, self.kind.word(), self.per_call)?;
        if self.flaky {
            f.write_str(", flaky")?;
        }
        if let Some(order) = self.order {
            write!(f, "; {order}")?;
        }
        for kill in self.kills.iter().chain(&self.of_the_export) {
            write!(f, "; {kill:?}")?;
        }
        Ok(())
    }
}
