//! Questions. The default is always the answer that changes nothing, so a held Enter never confirms.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId, Scope, row};
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::{span, text};

/// One answer.
#[derive(Debug)]
struct Choice {
    command: Command,
    label: String,
    acts: Vec<Act>,
}

/// A question with its effect stated, and its answers.
#[derive(Debug)]
pub struct Confirm {
    id: OverlayId,
    title: String,
    effect: String,
    choices: Vec<Choice>,
    selected: usize,
}

impl Confirm {
    /// Yes or no. `effect` is a sentence that says what will happen; `yes` names it in a word or two.
    pub fn new(title: &str, effect: &str, yes: &str, acts: Vec<Act>) -> Self {
        Self {
            id: OverlayId::Confirm,
            title: title.to_owned(),
            effect: effect.to_owned(),
            choices: vec![
                Choice { command: Command::Yes, label: yes.to_owned(), acts },
                Choice { command: Command::No, label: "no".into(), acts: Vec::new() },
            ],
            selected: 1,
        }
    }

    /// Leaving with runs in flight.
    pub fn quit(runs: usize) -> Self {
        let what = if runs == 1 { "A run is".to_owned() } else { format!("{runs} runs are") };
        Self {
            id: OverlayId::Quit,
            title: "Quit".into(),
            effect: format!(
                "{what} in flight. Nothing is lost either way: a paused run goes on where it stopped."
            ),
            choices: vec![
                Choice {
                    command: Command::QuitFinish,
                    label: "finish in the background, then quit".into(),
                    acts: vec![Act::QuitWhenDone],
                },
                Choice {
                    command: Command::QuitPause,
                    label: "pause now and resume later".into(),
                    acts: vec![Act::PauseAndQuit],
                },
                Choice { command: Command::No, label: "stay".into(), acts: Vec::new() },
            ],
            selected: 2,
        }
    }

    fn take(&mut self, index: usize) -> Reply {
        let mut acts = vec![Act::Close];
        if let Some(choice) = self.choices.get_mut(index) {
            acts.append(&mut choice.acts);
        }
        Reply::Consumed(acts)
    }
}

impl Overlay for Confirm {
    fn id(&self) -> OverlayId {
        self.id
    }

    fn update(&mut self, command: Command, _cx: &Cx) -> Reply {
        let last = self.choices.len() - 1;
        match command {
            Command::Up | Command::Left | Command::PrevRegion => {
                self.selected = self.selected.saturating_sub(1);
                Reply::done()
            }
            Command::Down | Command::Right | Command::NextRegion => {
                self.selected = (self.selected + 1).min(last);
                Reply::done()
            }
            Command::Accept => self.take(self.selected),
            Command::Back => self.take(last),
            _ => match self.choices.iter().position(|choice| choice.command == command) {
                Some(index) => self.take(index),
                None => Reply::Ignored,
            },
        }
    }

    fn click(&mut self, hit: Hit, _double: bool, _cx: &Cx) -> Reply {
        match hit {
            Hit::Row(0, index) => self.take(index),
            _ => Reply::Ignored,
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let height = 6 + self.choices.len() as u16 + (self.effect.chars().count() / 60) as u16;
        let inside = window(area, buf, cx, &self.title, 70, height);
        let choices = self.choices.len() as u16;
        let above = Rect { height: inside.height.saturating_sub(choices + 1), ..inside };
        text::lines(above, buf, vec![Line::from(span(cx, Role::Text, self.effect.clone()))], 0);
        for (index, choice) in self.choices.iter().enumerate() {
            let y = inside.y + inside.height.saturating_sub(choices) + index as u16;
            if y >= inside.bottom() {
                continue;
            }
            let place = Rect { y, height: 1, ..inside };
            let key = row(choice.command, &[Scope::Overlay(self.id)]).and_then(|row| row.key_label());
            let marker = if index == self.selected { "▸ " } else { "  " };
            let role = if index == self.selected { Role::Selected } else { Role::Text };
            let line = Line::from(vec![
                span(cx, Role::Key, format!("{marker}{} ", key.unwrap_or_default())),
                span(cx, role, format!(" {} ", choice.label)),
            ]);
            crate::tui::widgets::line(place, buf, &line);
            hits.add(place, Hit::Row(0, index));
        }
    }
}
