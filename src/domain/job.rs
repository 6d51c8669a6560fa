//! Jobs of the tenant: a bulk insert that it works off by itself.

use std::fmt;

/// The tenant's id of a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub String);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a job is. It only ever goes on: what is told of an earlier state is old news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Taken.
    Queued,
    /// Being worked off.
    Running,
    /// Over, and well.
    Completed,
    /// Over, and not well.
    Failed,
    /// Ended by somebody.
    Aborted,
}

impl JobStatus {
    /// Every status with the tenant's word.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Queued, "QUEUED"),
        (Self::Running, "RUNNING"),
        (Self::Completed, "COMPLETED"),
        (Self::Failed, "FAILED"),
        (Self::Aborted, "ABORTED"),
    ];

    /// The tenant's word; `None` = nobody knows what it means.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(status, _)| *status)
    }

    /// The tenant's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Aborted)
    }
}

/// What the tenant says of a row that a job did not take.
#[derive(Clone, PartialEq, Eq)]
pub struct JobError {
    /// Position in the request, from 0, where told.
    pub index: Option<usize>,
    /// The number as the tenant repeats it, where told.
    pub raw: Option<String>,
    /// The tenant's code.
    pub code: String,
    /// Its words; not escaped for a terminal.
    pub message: String,
}

impl fmt::Debug for JobError {
    /// The tenant's words may repeat the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobError")
            .field("index", &self.index)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// A job, as the tenant tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Where it is.
    pub status: JobStatus,
    /// How much of it is done, in percent.
    pub progress: u8,
    /// Rows that it did not take.
    pub errors: Vec<JobError>,
}

impl Job {
    /// Takes over newer news. Returns whether anything changed: a state or a progress that lies behind us is old news.
    pub fn advance(&mut self, status: JobStatus, progress: u8) -> bool {
        let order = |status: JobStatus| match status {
            JobStatus::Queued => 0,
            JobStatus::Running => 1,
            JobStatus::Completed | JobStatus::Failed | JobStatus::Aborted => 2,
        };
        let (now, then) = (order(self.status), order(status));
        if then < now || self.status.is_final() || (then == now && progress <= self.progress) {
            return false;
        }
        self.status = status;
        self.progress = self.progress.max(progress);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(status: JobStatus, progress: u8) -> Job {
        Job { id: JobId("j".into()), status, progress, errors: Vec::new() }
    }

    #[test]
    fn a_job_only_ever_goes_on() {
        use JobStatus::{Aborted, Completed, Failed, Queued, Running};
        let mut it = job(Queued, 0);
        assert!(it.advance(Running, 10));
        assert!(!it.advance(Queued, 90), "an earlier state is old news, whatever else it says");
        assert!(!it.advance(Running, 10), "told twice");
        assert!(!it.advance(Running, 5));
        assert!(it.advance(Running, 60));
        assert!(it.advance(Completed, 40));
        assert_eq!((it.status, it.progress), (Completed, 60));
        for late in [Failed, Aborted, Running, Queued, Completed] {
            assert!(!it.advance(late, 100), "{late:?} behind the end");
        }
    }

    #[test]
    fn words_are_read_in_any_case_and_no_other_word_is_guessed() {
        for (status, word) in JobStatus::ALL {
            assert_eq!(JobStatus::from_word(&word.to_lowercase()), Some(status));
            assert_eq!(status.as_str(), word);
        }
        for odd in ["COMPLETED_WITH_ERRORS", "", "DONE"] {
            assert_eq!(JobStatus::from_word(odd), None, "{odd:?}");
        }
    }
}
