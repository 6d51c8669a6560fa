//! Tests read like a user: keys in, screen out. A failure prints the screen.

use std::path::PathBuf;

use crossterm::event::{Event as Input, MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::act::Act;
use super::app::App;
use super::command::Key;
use super::cx::{Env, Tenant};
use super::event::{Effect, Event, Fact, Op, Report, TaskId};
use super::theme::Theme;
use crate::config::{Environment, FourEyes};
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::readiness::{ListState, Readiness};
use crate::ops::{Catalog, ListFacts, ListOverview};

/// A console at 120×34 on 2026-11-20 14:00 UTC, with a sandbox tenant, driven by hand.
pub struct Kit {
    /// The app.
    pub app: App,
    /// The time; `pass` moves it on.
    pub now: Timestamp,
    size: (u16, u16),
    effects: Vec<Effect>,
    started: Vec<(TaskId, Op)>,
}

impl Kit {
    /// On a sandbox, with nothing known yet; the first reads are started and answered by nobody.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// With another environment.
    pub fn with(change: impl FnOnce(&mut Env)) -> Self {
        let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        let mut env = Env {
            tenant: Some(Tenant {
                profile: "acme".into(),
                environment: Environment::Sandbox,
                plain_http: false,
                cool_down_seconds: 180,
                cool_down_is_shortened: false,
                four_eyes: FourEyes::Off,
                normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
            }),
            user: "ada".into(),
            read_only: false,
            embedded: true,
            folder: PathBuf::from("."),
            exports: PathBuf::from("."),
            zone: TimeZone::UTC,
        };
        change(&mut env);
        let mut app = App::new(env, Theme::Dark, now);
        let effects = app.begin(None, now);
        let mut kit = Self { app, now, size: (120, 34), effects: Vec::new(), started: Vec::new() };
        kit.take(effects);
        kit.screen();
        kit
    }

    /// Another size.
    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.size = (width, height);
        self.screen();
        self
    }

    /// Presses keys, by name, blanks between: `2 down enter`.
    pub fn keys(&mut self, names: &str) -> &mut Self {
        for name in names.split_whitespace() {
            let key = Key::parse(name).unwrap_or_else(|| panic!("{name} is no key"));
            self.event(Event::Input(Input::Key(key.event())));
        }
        self
    }

    /// Types text, key by key.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let name = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
            self.keys(&name);
        }
        self
    }

    /// Pastes text.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.event(Event::Input(Input::Paste(text.into())));
        self
    }

    /// Clicks on the first line where the text shows.
    pub fn click(&mut self, text: &str) -> &mut Self {
        self.click_on(text, 0)
    }

    /// Clicks on a later line where the text shows, counted from 0.
    pub fn click_on(&mut self, text: &str, nth: usize) -> &mut Self {
        let screen = self.screen();
        let (y, line) = screen
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains(text))
            .nth(nth)
            .unwrap_or_else(|| panic!("“{text}” is not on the screen:\n{screen}"));
        let x = line.split(text).next().map_or(0, |before| before.chars().count());
        self.event(Event::Input(Input::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: x as u16,
            row: y as u16,
            modifiers: crossterm::event::KeyModifiers::NONE,
        })));
        self
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: i64) -> &mut Self {
        self.now += SignedDuration::from_secs(seconds);
        self.event(Event::Tick);
        self
    }

    /// Any event; then draws, as the loop does.
    pub fn event(&mut self, event: Event) -> &mut Self {
        let effects = self.app.update(event, self.now);
        self.take(effects);
        self.screen();
        self
    }

    /// Does what a pane or an overlay would ask for.
    pub fn does(&mut self, act: Act) -> &mut Self {
        self.app.act(act);
        self.pass(0)
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Start(id, op) = &effect {
                self.started.push((*id, op.clone()));
            }
            self.effects.push(effect);
        }
    }

    /// Answers the newest started work of this kind.
    pub fn answer(&mut self, is: impl Fn(&Op) -> bool, fact: Fact) -> &mut Self {
        let task = self.task(is);
        self.event(Event::Report(Report { task, fact }))
    }

    /// The newest started work of this kind.
    pub fn task(&self, is: impl Fn(&Op) -> bool) -> TaskId {
        self.started
            .iter()
            .rev()
            .find(|(_, op)| is(op))
            .map(|(id, _)| *id)
            .unwrap_or_else(|| panic!("no such work was started: {:?}", self.started))
    }

    /// Effects since the last call.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Work started since the effects were last taken.
    pub fn started(&mut self) -> Vec<Op> {
        self.effects()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Start(_, op) => Some(op),
                _ => None,
            })
            .collect()
    }

    /// The screen as text, one line per row, without trailing blanks.
    pub fn screen(&mut self) -> String {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buffer = Buffer::empty(area);
        let hits = self.app.view(area, &mut buffer);
        self.app.drawn(hits);
        let lines = (0..area.height).map(|y| {
            let line: String =
                (0..area.width).filter_map(|x| buffer.cell((x, y)).map(|cell| cell.symbol())).collect();
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Asserts that every text shows.
    #[track_caller]
    pub fn shows(&mut self, texts: &[&str]) -> &mut Self {
        let screen = self.screen();
        for text in texts {
            assert!(screen.contains(text), "“{text}” is missing from the screen:\n{screen}");
        }
        self
    }

    /// Asserts that no text shows.
    #[track_caller]
    pub fn hides(&mut self, texts: &[&str]) -> &mut Self {
        let screen = self.screen();
        for text in texts {
            assert!(!screen.contains(text), "“{text}” should not be on the screen:\n{screen}");
        }
        self
    }
}

/// A list in a state, enforced by one rule.
pub fn overview(id: &str, name: &str, state: ListState) -> ListOverview {
    ListOverview {
        list: DncList {
            id: ListId(id.into()),
            name: name.into(),
            description: String::new(),
            kind: "MANUAL".into(),
            active: true,
            default_expires: None,
            entry_count: Some(1_000),
        },
        enforced_by: vec!["First".into()],
        readiness: Readiness { state, because: "as the gate says".into(), seconds_left: 0 },
        facts: ListFacts::default(),
    }
}

/// Lists without rules.
pub fn catalog(lists: Vec<ListOverview>) -> Catalog {
    Catalog { lists, rules: Vec::new() }
}
