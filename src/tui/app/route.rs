//! Input → command → the layer it is meant for.

use crossterm::event::{Event as Input, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use jiff::SignedDuration;

use super::{App, Leaving};
use crate::tui::Ended;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{self, Command, Key};
use crate::tui::event::Effect;
use crate::tui::hits::Hit;
use crate::tui::keymap::{self, Meaning};
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::error_detail::error_detail;
use crate::tui::overlays::menu::{Kind, Menu};
use crate::tui::overlays::wizard::Wizard;
use crate::tui::theme::Role;

/// Two clicks within this are a double click; two Ctrl-C within twice of it leave.
const DOUBLE: SignedDuration = SignedDuration::from_millis(400);

/// Bytes of a paste: more than a field can mean, and than a thousand numbers take.
const PASTE: usize = 256_000;

impl App {
    pub(super) fn input(&mut self, input: Input) {
        match input {
            // Releases and repeats do nothing: a held key is never a second answer.
            Input::Key(key) if key.kind == KeyEventKind::Press => self.key(key),
            Input::Paste(pasted) if pasted.len() > PASTE => {
                let (size, most) = (pasted.len() / 1_000, PASTE / 1_000);
                self.say(Role::Warn, format!("nothing was pasted: {size} kB at once are too many (at most {most} kB); open it as a file (4, o)"));
            }
            Input::Paste(pasted) => self.text(&Text::paste(&pasted)),
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Key(_) | Input::Resize(..) | Input::FocusGained | Input::FocusLost => {}
        }
    }

    fn key(&mut self, event: KeyEvent) {
        match keymap::resolve(Key::of(event), &self.scopes(), self.field()) {
            Meaning::Command(command) => self.command(command),
            Meaning::Text => self.text(&Text::Key(event)),
            Meaning::Nothing => {}
        }
    }

    fn text(&mut self, text: &Text) {
        let reply = match self.layers.last_mut() {
            Some(layer) => layer.text(text, &self.cx),
            None => self.panes[self.active].text(text, &self.cx),
        };
        self.reply(reply);
    }

    /// Does a command here: possible? overlay or pane first, then its global meaning.
    pub(super) fn command(&mut self, command: Command) {
        if command != Command::Interrupt {
            self.interrupted = None;
        }
        if let Some(row) = command::row(command, &self.scopes())
            && let Some(why) = self.why_not(row)
        {
            self.say(Role::Warn, format!("{}: {why}", row.title));
            return;
        }
        if let Some(layer) = self.layers.last_mut() {
            match layer.update(command, &self.cx) {
                Reply::Ignored if command == Command::Back => drop(self.layers.pop()),
                Reply::Ignored if Self::is_universal(command) => self.everywhere(command),
                reply => self.reply(reply),
            }
            return;
        }
        match self.panes[self.active].update(command, &self.cx) {
            Reply::Ignored => self.everywhere(command),
            reply => self.reply(reply),
        }
    }

    pub(super) fn reply(&mut self, reply: Reply) {
        if let Reply::Consumed(acts) = reply {
            for act in acts {
                self.act(act);
            }
        }
    }

    /// What a command means where nobody took it.
    fn everywhere(&mut self, command: Command) {
        match command {
            Command::Go(pane) => self.go(pane),
            Command::Help => self.menu(Kind::Help),
            Command::Palette => self.menu(Kind::Palette),
            Command::Quit => self.quit(),
            Command::Interrupt => self.interrupt(),
            Command::Suspend => self.effects.push(Effect::Suspend),
            Command::Privacy => self.cx.masked = !self.cx.masked,
            Command::NextTheme => {
                self.cx.theme = self.cx.theme.next();
                self.say(Role::Good, format!("theme: {}", self.cx.theme.as_str()));
            }
            Command::ToggleMouse => {
                self.mouse = !self.mouse;
                self.effects.push(Effect::Mouse(self.mouse));
                let state = if self.mouse { "on; Shift-drag selects text" } else { "off" };
                self.say(Role::Good, format!("mouse {state}"));
            }
            Command::ErrorDetail => self.error_detail(),
            Command::RunWizard => self.layers.push(Box::new(Wizard::default())),
            Command::Refresh => self.refresh(),
            Command::SandboxLose => match self.cx.aim.list.clone() {
                Some(list) => self.start(crate::tui::event::Op::SandboxLose { list, count: 3 }),
                None => self.say(Role::Warn, "select a list in Lists first".into()),
            },
            Command::Back => {
                // Nothing to step back from: what was said is seen.
                if let Some(seen) = self.toasts.iter().rposition(|toast| toast.until.is_none()) {
                    self.toasts.remove(seen);
                }
            }
            _ => {}
        }
    }

    fn menu(&mut self, kind: Kind) {
        let here = self.panes[self.active].id();
        let menu = Menu::new(kind, here, &|row| self.why_not(row), &self.cx);
        self.layers.push(Box::new(menu));
    }

    fn error_detail(&mut self) {
        if let Some(trouble) = &self.cx.store.trouble {
            self.layers.push(Box::new(error_detail(trouble)));
            self.toasts.retain(|toast| toast.until.is_some());
        }
    }

    fn quit(&mut self) {
        match self.cx.store.run_tasks().count() {
            0 => self.effects.push(Effect::End(Ended::Quit)),
            runs => self.layers.push(Box::new(Confirm::quit(runs))),
        }
    }

    /// Ctrl-C: stop what is waited for; with nothing to stop, ask to quit; twice, leave (runs are paused).
    fn interrupt(&mut self) {
        let waited: Vec<_> = self
            .cx
            .store
            .tasks
            .iter()
            .filter(|(_, task)| task.op.is_foreground())
            .map(|(id, _)| *id)
            .collect();
        if !waited.is_empty() {
            self.effects.extend(waited.into_iter().map(Effect::Stop));
            self.say(Role::Warn, "stopping".into());
            return;
        }
        let now = self.cx.now;
        let twice = self.interrupted.is_some_and(|at| now.duration_since(at) <= DOUBLE * 2);
        self.interrupted = Some(now);
        if twice || !self.cx.store.has_run() {
            self.pause_and_quit();
        } else if self.layers.iter().all(|layer| layer.id() != command::OverlayId::Quit) {
            self.quit();
        }
    }

    pub(super) fn pause_and_quit(&mut self) {
        let runs: Vec<_> = self.cx.store.run_tasks().map(|(id, _)| id).collect();
        self.effects.extend(runs.into_iter().map(Effect::Stop));
        self.leaving = Leaving::WhenPaused;
    }

    /// Carries a wish out.
    pub(in crate::tui) fn act(&mut self, act: Act) {
        match act {
            Act::Start(op) => self.start(op),
            Act::Stop(task) => self.effects.push(Effect::Stop(task)),
            Act::Open(overlay) => self.layers.push(overlay),
            Act::Close => drop(self.layers.pop()),
            Act::Go(pane) => self.go(pane),
            Act::Jump(row) => {
                let reply = self.panes[self.active].jump(row, &self.cx);
                self.reply(reply);
            }
            Act::AimList(list) => {
                self.cx.aim.list = Some(list);
                (self.cx.aim.upload, self.cx.aim.compare) = (None, None);
                self.read_for_aim();
            }
            Act::AimUpload(aim) => {
                self.cx.aim.upload = Some(aim);
                self.read_for_aim();
            }
            Act::AimCompare(list) => self.cx.aim.compare = Some(list),
            Act::AimRun(run) => self.cx.aim.run = Some(run),
            Act::Say(text) => self.say(Role::Good, text),
            Act::Refuse(why) => self.say(Role::Warn, why),
            Act::Copy(text, what) => {
                self.effects.push(Effect::Copy(text));
                self.say(Role::Good, format!("{what} copied"));
            }
            Act::Run(command) => self.command(command),
            Act::QuitWhenDone => {
                self.leaving = Leaving::WhenDone;
                self.say(Role::Good, "quits when the last run has ended".into());
            }
            Act::PauseAndQuit => self.pause_and_quit(),
            Act::End(ended) => self.effects.push(Effect::End(ended)),
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        let Some(hit) = self.cx.hits.at(mouse.column, mouse.row) else { return };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(hit),
            MouseEventKind::ScrollUp => self.wheel(hit, Command::Up),
            MouseEventKind::ScrollDown => self.wheel(hit, Command::Down),
            _ => {}
        }
    }

    fn click(&mut self, hit: Hit) {
        let now = self.cx.now;
        let double =
            self.clicked.is_some_and(|(at, before)| before == hit && now.duration_since(at) <= DOUBLE);
        self.clicked = (!double).then_some((now, hit));
        match hit {
            Hit::Tab(pane) => self.go(pane),
            Hit::Command(command) => self.command(command),
            Hit::Toast => self.error_detail(),
            Hit::Region(_) | Hit::Row(..) => {
                let reply = match self.layers.last_mut() {
                    Some(layer) => layer.click(hit, double, &self.cx),
                    None => self.panes[self.active].click(hit, double, &self.cx),
                };
                self.reply(reply);
            }
        }
    }

    fn wheel(&mut self, hit: Hit, command: Command) {
        if let Hit::Region(region) | Hit::Row(region, _) = hit {
            if self.layers.is_empty() {
                self.panes[self.active].focus(region);
            }
            for _ in 0..3 {
                self.command(command);
            }
        }
    }
}
