//! What a run does, and the words by which a person has it done: at once, or planned, approved and launched one by one.

use crate::checker::Kind;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// The numbers of a file go onto the list.
    Add,
    /// The numbers of a file come off it.
    Remove,
    /// Those come off that a list of changes deletes.
    Deletions,
    /// A snapshot: the list becomes equal to the file, for the rows that are ours.
    Sync,
    /// A snapshot that was killed and finished is taken back.
    Undo,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All of it by one command.
    AtOnce,
    Plan,
    Approve,
    Launch,
    /// There is a run: it goes on.
    Resume,
}

pub const FILE: &str = "upload.csv";
const REASON: &str = "kill test";

impl Job {
    /// Whether numbers may come off. Only entries have ids by which they can.
    pub fn takes_off(self) -> bool {
        self != Self::Add
    }

    /// Whether new records are written.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Remove | Self::Deletions)
    }

    /// The command of a step. `id` = the run to take back while it is planned, the plan behind that.
    pub fn command(self, step: Step, kind: Kind, id: &str) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut command = match (step, self) {
            (Step::Resume, _) => return words(&["resume", "--json"]),
            (Step::Approve, _) => return words(&["approve", id, "--reason", REASON, "--json"]),
            (Step::Launch, _) => return words(&["upload", id, "--reason", REASON, "--yes", "--json"]),
            (_, Self::Undo) => words(&["undo", id]),
            (Step::Plan, _) => words(&["plan", FILE, "--to", kind.word(), "--list", kind.list()]),
            (Step::AtOnce, _) => words(&["upload", FILE, "--to", kind.word(), "--list", kind.list()]),
        };
        command.extend(words(match self {
            Self::Add | Self::Undo => &[],
            Self::Remove => &["--op", "remove"],
            Self::Deletions => &["--op", "remove", "--changes", "deletions"],
            Self::Sync => &["--op", "sync"],
        }));
        if step == Step::AtOnce {
            command.extend(words(&["--reason", REASON, "--yes"]));
        }
        command.push("--json".to_owned());
        command
    }
}
