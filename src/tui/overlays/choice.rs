//! A question about a file that only a person can answer. Each answer shows what it would make of the file; nothing
//! happens before Enter, and Esc leaves the file as it is.
//!
//! ```text
//! ╭ Which encoding? ────────────────────────────────────────────────────────╮
//! │ Nothing in the file says how its letters are stored.                     │
//! │ ▌ windows-1251 (Cyrillic)                                                │
//! │       имя · Ёжик · Анна                                                  │
//! │   UTF-8 (any language, but some bytes are no text in it)                 │
//! │       ��� · ����                                                         │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::{Asked, Op};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::list::{Spot, fit};
use crate::tui::widgets::{line, span, text};

/// A key that was on its way when the question came up was not meant for it.
const UNREAD: SignedDuration = SignedDuration::from_millis(400);

/// See the module.
#[derive(Debug)]
pub struct Choice {
    asked: Asked,
    spot: Spot,
    /// When it came up by itself.
    since: Option<Timestamp>,
}

impl Choice {
    /// A question that a person asked for.
    pub fn new(asked: Asked) -> Self {
        let mut spot = Spot::default();
        spot.at = asked.question.proposed;
        Self { asked, spot, since: None }
    }

    /// A question that came up by itself.
    pub fn unasked(asked: Asked, now: Timestamp) -> Self {
        Self { since: Some(now), ..Self::new(asked) }
    }

    fn take(&self) -> Reply {
        let Asked { path, input, question } = &self.asked;
        let value = question.answers.get(self.spot.at).map_or("", |answer| answer.value.as_str());
        let mut input = input.clone();
        if value.is_empty() || !input.answer(question.flag, value) {
            return Reply::act(Act::Close);
        }
        Reply::Consumed(vec![Act::Close, Act::Start(Op::OpenFile { path: path.clone(), input })])
    }
}

impl Overlay for Choice {
    fn id(&self) -> OverlayId {
        OverlayId::Choice
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.spot.step(command, self.asked.question.answers.len(), cx.hits.page_of(0)) {
            self.since = None;
            return Reply::done();
        }
        match command {
            Command::Accept if self.since.is_some_and(|at| cx.now.duration_since(at) < UNREAD) => {
                Reply::done()
            }
            Command::Accept => self.take(),
            _ => Reply::Ignored,
        }
    }

    fn click(&mut self, hit: Hit, double: bool, _cx: &Cx) -> Reply {
        let Hit::Row(0, index) = hit else { return Reply::Ignored };
        self.spot.at = index;
        if double { self.take() } else { Reply::done() }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let question = &self.asked.question;
        let width = area.width.min(96);
        let sentence = text::wrap(&cx.text(&question.sentence, 400), usize::from(width.saturating_sub(4)));
        let head = sentence.len() as u16 + 1;
        let height = (question.answers.len() as u16).saturating_mul(2).saturating_add(head + 3);
        let inside = window(area, buf, cx, question.title, width, height);
        let mut rows = (inside.y..inside.bottom()).map(|y| Rect { y, height: 1, ..inside });
        for (said, place) in sentence.iter().zip(rows.by_ref()) {
            line(place, buf, &Line::from(span(cx, Role::Text, format!(" {said}"))));
        }
        let body = Rect { y: inside.y + head, height: inside.height.saturating_sub(head), ..inside };
        hits.add(body, Hit::Region(0));
        // Two lines an answer: what it is, and what the file reads like with it.
        let page = usize::from(body.height / 2);
        hits.page(0, page);
        let top = self.spot.top(question.answers.len(), page);
        for (at, answer) in question.answers.iter().enumerate().skip(top).take(page) {
            let place = Rect { y: body.y + (at - top) as u16 * 2, height: 2, ..body };
            let here = at == self.spot.at;
            let marker = if here { Role::Selected.symbol() } else { " " };
            let room = usize::from(place.width.saturating_sub(8));
            let said = Line::from(vec![
                span(cx, Role::Key, format!("{marker} ")),
                span(cx, if here { Role::Accent } else { Role::Text }, cx.text(&answer.text, 200)),
            ]);
            line(Rect { height: 1, ..place }, buf, &said);
            let sample = fit(&cx.text(&answer.sample, 400), room);
            let below = Rect { y: place.y + 1, height: 1, ..place };
            line(below, buf, &Line::from(span(cx, Role::Muted, format!("      {sample}"))));
            hits.add(place, Hit::Row(0, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::ops::{Answer, Input, Question};
    use crate::tui::testkit::Kit;

    fn asked() -> Asked {
        let answer = |value: &str, sample: &str| Answer {
            value: value.into(),
            text: format!("{value}, as it is"),
            sample: sample.into(),
        };
        Asked {
            path: PathBuf::from("/data/register.csv"),
            input: Input::default(),
            question: Question {
                flag: "--delimiter",
                title: "What separates the fields?",
                sentence: "Choose the line in which the first row falls into its fields.".into(),
                answers: vec![
                    answer("comma", "phone │ state"),
                    answer("semicolon", "a\u{1b}[2Jb"),
                    answer("", ""),
                ],
                proposed: 1,
            },
        }
    }

    fn open(choice: Choice) -> Kit {
        let mut kit = Kit::new();
        kit.keys("f3").effects();
        kit.does(Act::Open(Box::new(choice)));
        kit
    }

    #[test]
    fn the_proposal_is_selected_and_enter_opens_the_file_with_it() {
        let mut kit = open(Choice::new(asked()));
        kit.shows(&[
            "What separates the fields?",
            "falls into its fields",
            "▌ semicolon, as it is",
            "a\\u{1b}[2Jb",
        ]);
        kit.keys("enter").hides(&["What separates"]);
        let started = kit.started();
        let [Op::OpenFile { path, input }] = started.as_slice() else { panic!("{started:?}") };
        assert_eq!((path.to_str(), input.options.delimiter), (Some("/data/register.csv"), Some(b';')));
    }

    #[test]
    fn esc_and_an_answer_that_leaves_it_open_change_nothing() {
        for keys in ["esc", "down enter"] {
            let mut kit = open(Choice::new(asked()));
            kit.keys(keys).hides(&["What separates"]);
            assert!(kit.started().is_empty(), "{keys}");
        }
    }

    #[test]
    fn a_key_that_was_on_its_way_does_not_answer() {
        let choice = Choice::unasked(asked(), Kit::new().now);
        let mut kit = open(choice);
        kit.keys("enter").shows(&["What separates"]);
        kit.pass(1).keys("enter").hides(&["What separates"]);
        assert_eq!(kit.started().len(), 1);
    }

    #[test]
    fn every_answer_is_reached_on_the_smallest_screen() {
        let mut many = asked();
        many.question.answers = (0..40)
            .map(|n| Answer { value: "tab".into(), text: format!("answer {n}"), sample: "x".repeat(500) })
            .collect();
        let mut kit = open(Choice::new(many));
        kit.resize(60, 20)
            .shows(&["▌ answer 1"])
            .keys("end")
            .shows(&["▌ answer 39"])
            .keys("home")
            .shows(&["▌ answer 0"]);
    }
}
