//! What went wrong.

use crate::domain::text::visible;
use crate::ops::OpsError;

/// What went wrong, ready to be shown: every string is already safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was tried: `read the lists`.
    pub doing: String,
    /// Stable code.
    pub code: String,
    /// What.
    pub message: String,
    /// The causes behind it, outermost first.
    pub chain: Vec<String>,
    /// What next.
    pub advice: String,
}

impl Trouble {
    /// From a job's error. `doing` completes the sentence “could not …”.
    pub fn new(doing: &str, error: &OpsError) -> Self {
        let mut chain = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = visible(&cause.to_string(), 400);
            if chain.last() != Some(&text) {
                chain.push(text);
            }
            source = cause.source();
        }
        let message = visible(&error.to_string(), 400);
        chain.retain(|cause| *cause != message);
        Self {
            doing: doing.to_owned(),
            code: error.code().to_owned(),
            message,
            chain,
            advice: visible(&error.advice(), 400),
        }
    }

    /// From a sentence, where no job's error stands behind it.
    pub fn said(doing: &str, code: &str, message: &str, advice: &str) -> Self {
        Self {
            doing: doing.to_owned(),
            code: code.to_owned(),
            message: visible(message, 400),
            chain: Vec::new(),
            advice: visible(advice, 400),
        }
    }

    /// Whether a person stopped it: not worth an alarm.
    pub fn is_stop(&self) -> bool {
        self.code == "stopped"
    }
}
