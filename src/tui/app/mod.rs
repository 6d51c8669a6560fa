//! One owner of everything on the screen. [`App::update`] routes and nothing else: no await, no clock, no io.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Ended;
use super::act::Act;
use super::command::{self, Command, PaneId, Row, Scope};
use super::cx::{Aim, Cx, Env};
use super::event::{Effect, Event, Op, Slot, TaskId};
use super::hits::{Hit, HitMap};
use super::overlays::Overlay;
use super::panes::{self, Pane};
use super::store::Store;
use super::theme::{Role, Theme};
use super::widgets::chrome::Toast;
use crate::domain::plan::Destination;
use crate::ops::{Field, may_hold_emails};

mod follow;
mod route;
mod view;

#[cfg(test)]
mod tests;

/// How often the gate is asked again while only its probes are awaited.
const POLL: SignedDuration = SignedDuration::from_secs(10);

/// How the console is being left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    No,
    /// When the last run has ended.
    WhenDone,
    /// Runs were told to pause; when they have.
    WhenPaused,
}

/// See the module.
#[derive(Debug)]
pub struct App {
    pub(super) cx: Cx,
    panes: Vec<Box<dyn Pane>>,
    active: usize,
    layers: Vec<Box<dyn Overlay>>,
    toasts: Vec<Toast>,
    next_task: u64,
    slots: BTreeMap<Slot, TaskId>,
    leaving: Leaving,
    mouse: bool,
    /// The last Ctrl-C: a second one soon after leaves.
    interrupted: Option<Timestamp>,
    /// The last click, for double clicks.
    clicked: Option<(Timestamp, Hit)>,
    /// When the gate was last asked again because a cool-down had passed.
    polled: Option<Timestamp>,
    title: String,
    effects: Vec<Effect>,
}

impl App {
    /// An app with nothing known yet.
    pub fn new(env: Env, theme: Theme, now: Timestamp) -> Self {
        let cx = Cx {
            env,
            store: Store::default(),
            theme,
            hits: HitMap::default(),
            aim: Aim::default(),
            masked: false,
            now,
        };
        Self {
            cx,
            panes: panes::all(),
            active: 0,
            layers: Vec::new(),
            toasts: Vec::new(),
            next_task: 1,
            slots: BTreeMap::new(),
            leaving: Leaving::No,
            mouse: true,
            interrupted: None,
            clicked: None,
            polled: None,
            title: String::new(),
            effects: Vec::new(),
        }
    }

    /// What to do first: read what the panes show, open the file that was named, or the wizard.
    pub fn begin(&mut self, open: Option<std::path::PathBuf>, now: Timestamp) -> Vec<Effect> {
        self.cx.now = now;
        if self.cx.env.tenant.is_some() {
            for op in [Op::Catalog, Op::Runs, follow::AUDIT] {
                self.start(op);
            }
        } else {
            self.layers.push(Box::new(super::overlays::wizard::Wizard::default()));
        }
        if let Some(path) = open {
            self.act(Act::Go(PaneId::File));
            self.start(Op::OpenFile { path, input: crate::ops::Input::default() });
        }
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// Handles one event.
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.cx.now = now;
        match event {
            Event::Input(input) => self.input(input),
            Event::Report(report) => self.report(report),
            Event::Progress(all) => self.cx.store.progress(&all),
            Event::Gauges(gauges) => self.cx.store.gauges = Some(gauges),
            Event::Tick => self.tick(),
        }
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// Takes what was drawn where.
    pub fn drawn(&mut self, hits: HitMap) {
        self.cx.hits = hits;
    }

    /// When the screen changes by itself next; `None` while it stands still. The loop sleeps until then.
    pub fn wake_in(&self, now: Timestamp) -> Option<std::time::Duration> {
        let toast = self
            .toasts
            .iter()
            .filter_map(|toast| toast.until)
            .map(|until| until.duration_since(now).max(SignedDuration::from_millis(10)))
            .min()
            .map(|left| left.unsigned_abs());
        let second = (self.cx.store.is_counting() || !self.cx.store.tasks.is_empty())
            .then_some(std::time::Duration::from_secs(1));
        toast.into_iter().chain(second).min()
    }

    fn tick(&mut self) {
        let now = self.cx.now;
        self.toasts.retain(|toast| toast.until.is_none_or(|until| until > now));
        let due = self.polled.is_none_or(|at| now.duration_since(at) >= POLL);
        if due && self.cx.store.is_settled_by_time(now) && !self.cx.store.busy(Slot::Catalog) {
            self.polled = Some(now);
            self.start(Op::Catalog);
        }
    }

    /// Starts work: registered before it runs. In a slot, the newest takes the place of the one before.
    fn start(&mut self, mut op: Op) {
        if let Op::OpenFile { input, .. } = &mut op {
            input.options.emails = self.takes_emails();
        }
        if op.is_change() && self.cx.env.read_only {
            self.say(Role::Warn, format!("could not {}: not in read-only mode", op.doing()));
            return;
        }
        let id = TaskId(self.next_task);
        self.next_task += 1;
        if let Some(slot) = op.slot()
            && let Some(before) = self.slots.insert(slot, id)
            && self.cx.store.tasks.remove(&before).is_some()
        {
            self.effects.push(Effect::Stop(before));
        }
        self.cx.store.started(id, op.clone(), self.cx.now);
        self.effects.push(Effect::Start(id, op));
    }

    /// Whether e-mail addresses go where the file goes.
    fn takes_emails(&self) -> bool {
        self.cx.aim.upload.as_ref().is_some_and(|aim| aim.to == Destination::Suppression)
    }

    /// Only suppression lists take e-mail addresses: a file is read with them, or without, as it needs to be where it goes
    /// now. What was said of its other columns stays.
    fn read_for_aim(&mut self) {
        let Some(file) = &self.cx.store.file else { return };
        let document = &file.opened.document;
        let has_emails = document.mapping().columns.contains_key(&Field::Email);
        let may_have = document.columns().iter().any(|name| may_hold_emails(name));
        let mut input = file.opened.input.clone();
        let is_needed = if self.takes_emails() { may_have && !has_emails } else { has_emails };
        if is_needed {
            input.options.map.retain(|(field, _)| *field != Field::Email);
            self.start(Op::OpenFile { path: document.path().to_path_buf(), input });
        }
    }

    /// Stops what is at work in a slot; its late reports are dropped.
    fn drop_slot(&mut self, slot: Slot) {
        if let Some(before) = self.slots.remove(&slot)
            && self.cx.store.tasks.remove(&before).is_some()
        {
            self.effects.push(Effect::Stop(before));
        }
    }

    /// After each event: panes and overlays follow the facts, the title follows the runs, leaving follows the tasks.
    fn settle(&mut self) {
        // A pane may ask for something once it sees what came; each round must ask for less, so few rounds do.
        for _ in 0..4 {
            let mut acts = match self.layers.last_mut() {
                Some(layer) => layer.resync(&self.cx),
                None => Vec::new(),
            };
            acts.extend(self.panes[self.active].resync(&self.cx));
            if acts.is_empty() {
                break;
            }
            for act in acts {
                self.act(act);
            }
        }
        if self.leaving != Leaving::No && !self.cx.store.has_run() {
            self.leaving = Leaving::No;
            self.effects.push(Effect::End(Ended::Quit));
        }
        let title = self.window_title();
        if title != self.title {
            self.title.clone_from(&title);
            self.effects.push(Effect::Title(title));
        }
    }

    fn window_title(&self) -> String {
        let place = self.cx.env.tenant.as_ref().map_or(String::new(), |tenant| {
            format!(" · {} {}", self.cx.name(&tenant.profile, 24), tenant.environment.as_str())
        });
        let running = self.cx.store.run_tasks().next().map_or(String::new(), |(_, task)| {
            task.live.percent().map_or(" · uploading".into(), |percent| format!(" · {percent:.0} %"))
        });
        format!("quietline{place}{running}")
    }

    fn say(&mut self, role: Role, text: String) {
        let seconds = if role == Role::Good { 3 } else { 5 };
        let until = (role != Role::Bad).then(|| self.cx.now + SignedDuration::from_secs(seconds));
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, role, until });
        let extra = self.toasts.len().saturating_sub(5);
        self.toasts.drain(..extra);
    }

    /// Places in which a key or command is looked for, innermost first.
    fn scopes(&self) -> [Scope; 2] {
        let inner = match self.layers.last() {
            Some(layer) => Scope::Overlay(layer.id()),
            None => Scope::Pane(self.panes[self.active].id()),
        };
        [inner, Scope::Global]
    }

    /// Why a command is not possible now, facts and selection together.
    fn why_not(&self, row: &Row) -> Option<String> {
        let fixed = row.why_not(&self.cx).map(str::to_owned);
        fixed.or_else(|| match row.scope {
            Scope::Overlay(_) => None,
            Scope::Pane(pane) if pane != self.panes[self.active].id() => None,
            _ => self.panes[self.active].why_not(row.command, &self.cx),
        })
    }

    /// Hints for the footer: possible commands of this place, most important first.
    fn hints(&self) -> Vec<&'static Row> {
        let [inner, _] = self.scopes();
        let mut rows: Vec<_> = command::all()
            .filter(|row| row.scope == inner && row.footer > 0)
            .filter(|row| self.why_not(row).is_none())
            .filter(|row| self.layers.last().is_none_or(|layer| layer.offers(row.command)))
            .collect();
        rows.sort_by_key(|row| row.footer);
        rows
    }

    fn field(&self) -> bool {
        match self.layers.last() {
            Some(layer) => layer.field(),
            None => self.panes[self.active].field(),
        }
    }

    fn go(&mut self, pane: PaneId) {
        self.layers.clear();
        self.active = PaneId::ALL.iter().position(|id| *id == pane).unwrap_or_default();
    }

    /// Whether a command is one that means the same over every overlay.
    fn is_universal(command: Command) -> bool {
        matches!(command, Command::Go(_) | Command::Interrupt | Command::Suspend)
    }
}
