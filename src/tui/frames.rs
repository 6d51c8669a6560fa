//! When the next picture is due.
//!
//! What a person did, and what they wait for, is drawn at once; what comes by itself is drawn so often that it can be read.
//! The two are counted apart, so that a key never waits behind a picture that showed progress.

use std::time::Duration;

use tokio::time::Instant;

/// At most one frame in this time for what comes by itself: progress, facts, ticks.
const FRAME: Duration = Duration::from_millis(33);
/// At most one frame in this time for what a person waits for, however quickly they paste or drag.
const ANSWER: Duration = Duration::from_millis(8);

/// What the next frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owed {
    /// Nothing new.
    Nothing,
    /// Something that came by itself.
    News,
    /// Something that a person did or waits for.
    Answer,
}

/// The frames so far, and the one that is owed.
#[derive(Debug)]
pub struct Frames {
    owed: Owed,
    last: Option<Instant>,
    last_answer: Option<Instant>,
}

impl Frames {
    /// Nothing is drawn yet, and the first frame is owed at once.
    pub fn new() -> Self {
        Self { owed: Owed::News, last: None, last_answer: None }
    }

    /// Something changed.
    pub fn owe(&mut self, what: Owed) {
        self.owed = self.owed.max(what);
    }

    /// When the frame that is owed may be drawn; `None` where none is. An instant that has passed is now.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let behind = |last: Option<Instant>, pause| last.map_or(now, |last| last + pause);
        match self.owed {
            Owed::Nothing => None,
            Owed::News => Some(behind(self.last, FRAME)),
            Owed::Answer => Some(behind(self.last_answer, ANSWER)),
        }
    }

    /// The frame that was owed stands on the screen.
    pub fn drawn(&mut self, now: Instant) {
        if self.owed == Owed::Answer {
            self.last_answer = Some(now);
        }
        self.last = Some(now);
        self.owed = Owed::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Frames with the first one drawn at the given instant.
    fn begun(at: Instant) -> Frames {
        let mut frames = Frames::new();
        assert_eq!(frames.due(at), Some(at), "the first one waits for nothing");
        frames.drawn(at);
        assert_eq!(frames.due(at), None);
        frames
    }

    #[test]
    fn what_a_person_waits_for_does_not_wait_behind_a_frame_of_news() {
        let start = Instant::now();
        let mut frames = begun(start);
        frames.owe(Owed::News);
        assert_eq!(frames.due(start + ms(1)), Some(start + FRAME));
        frames.owe(Owed::Answer);
        assert_eq!(frames.due(start + ms(1)), Some(start + ms(1)));
        frames.owe(Owed::News);
        assert_eq!(frames.due(start + ms(1)), Some(start + ms(1)), "news take nothing back");
    }

    #[test]
    fn a_flood_of_keys_is_not_a_flood_of_frames() {
        let start = Instant::now();
        let mut frames = begun(start);
        frames.owe(Owed::Answer);
        frames.drawn(start + ms(1));
        frames.owe(Owed::Answer);
        assert_eq!(frames.due(start + ms(2)), Some(start + ms(1) + ANSWER));
        frames.drawn(start + ms(1) + ANSWER);
        // News keep their distance from every frame, since that one showed them too.
        frames.owe(Owed::News);
        assert_eq!(frames.due(start + ms(10)), Some(start + ms(1) + ANSWER + FRAME));
    }
}
