//! What an upload is to do with the numbers of its file, and where a plan's rows come from.

use std::fmt;

/// What is done with the numbers: the word of `--op`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Each number shall stand on the list.
    #[default]
    Add,
    /// No number shall stand on the list any more.
    Remove,
    /// The file is the whole of what we keep on the list: its numbers shall stand there, and those that we put there
    /// before and that it does not name shall go. Records of others stay.
    Sync,
}

impl Operation {
    /// Every operation with the word of `--op`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Add, "add"), (Self::Remove, "remove"), (Self::Sync, "sync")];

    /// The word of `--op`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Sync => "sync",
        }
    }

    /// The inverse of [`Operation::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == name).map(|(operation, _)| operation)
    }

    /// Whether it may take numbers off a list, after which they may be called.
    pub fn takes_off(self) -> bool {
        self != Self::Add
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the rows of a plan come from. What comes from a run is known to the ledger and needs no file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A file, which has to be there unchanged when the plan is launched.
    #[default]
    File,
    /// What a run did, to be taken back.
    Undo(String),
    /// What the tenant refused of a run, to be sent once more.
    DeadLetters(String),
}

impl Origin {
    /// Its form in the ledger: `file`, `undo 7f3a91c2`, `dead-letters 7f3a91c2`.
    pub fn to_text(&self) -> String {
        match self {
            Self::File => "file".into(),
            Self::Undo(run) => format!("undo {run}"),
            Self::DeadLetters(run) => format!("dead-letters {run}"),
        }
    }

    /// The inverse of [`Origin::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "file" => Some(Self::File),
            Some(("undo", run)) => Some(Self::Undo(run.into())),
            Some(("dead-letters", run)) => Some(Self::DeadLetters(run.into())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_as_what_they_stand_for() {
        for (operation, word) in Operation::ALL {
            assert_eq!((operation.as_str(), Operation::from_name(word)), (word, Some(operation)));
        }
        for origin in [Origin::File, Origin::Undo("7f3a91c2".into()), Origin::DeadLetters("7f3a91c2".into())]
        {
            assert_eq!(Origin::from_text(&origin.to_text()), Some(origin));
        }
        assert_eq!(Origin::from_text("undo"), None);
        assert_eq!(Operation::from_name("delete"), None);
    }
}
