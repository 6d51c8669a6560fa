//! First run: the sandbox in one key, or a tenant in three fields and a test.
//!
//! ```text
//! Choose ─▶ Tenant ─▶ ClientId ─▶ Secret ─▶ Testing ─▶ the console, on the new profile
//!    └────▶ the console, on the embedded sandbox          Shift-Tab goes back, Esc does it later
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use secrecy::SecretString;

use super::{Overlay, window};
use crate::config::Preset;
use crate::tui::Ended;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId, Row, Scope, row};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, SetUp, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::{line, span, state, text};

#[cfg(test)]
mod tests;

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Choose,
    Tenant,
    ClientId,
    Secret,
    Testing,
}

/// See the module.
#[derive(Debug)]
pub struct Wizard {
    step: Step,
    sandbox: bool,
    tenant: Field,
    client_id: Field,
    secret: Field,
    /// The last test did not pass.
    failed: bool,
}

impl Default for Wizard {
    fn default() -> Self {
        Self {
            step: Step::Choose,
            sandbox: true,
            tenant: Field::default(),
            client_id: Field::default(),
            secret: Field::secret(),
            failed: false,
        }
    }
}

impl Wizard {
    fn current(&mut self) -> Option<&mut Field> {
        match self.step {
            Step::Tenant => Some(&mut self.tenant),
            Step::ClientId => Some(&mut self.client_id),
            Step::Secret => Some(&mut self.secret),
            Step::Choose | Step::Testing => None,
        }
    }

    fn tenant(&self) -> String {
        self.tenant.value().trim().to_ascii_lowercase()
    }

    fn next(&mut self) -> Reply {
        let blank = self.current().is_some_and(|field| field.is_blank());
        if blank {
            return Reply::act(Act::Refuse("this is needed; Esc does it later".into()));
        }
        self.step = match self.step {
            Step::Choose if self.sandbox => return Reply::act(Act::End(Ended::WantsSandbox)),
            Step::Choose => Step::Tenant,
            Step::Tenant if !is_label(&self.tenant()) => {
                return Reply::act(Act::Refuse("a tenant's name is letters, digits and hyphens".into()));
            }
            Step::Tenant => Step::ClientId,
            Step::ClientId => Step::Secret,
            Step::Secret => Step::Testing,
            Step::Testing => return Reply::done(),
        };
        if self.step != Step::Testing {
            return Reply::done();
        }
        self.failed = false;
        Reply::act(Act::Start(Op::SetUp(SetUp {
            tenant: self.tenant(),
            client_id: self.client_id.value().trim().to_owned(),
            client_secret: SecretString::from(self.secret.value().trim().to_owned()),
        })))
    }

    fn back(&mut self) {
        self.step = match self.step {
            Step::Choose | Step::Tenant => Step::Choose,
            Step::ClientId => Step::Tenant,
            Step::Secret | Step::Testing => Step::ClientId,
        };
    }

    /// Where the tenant would be asked, as typed so far: seen before anything is sent there.
    fn urls(&self) -> Vec<String> {
        let tenant = self.tenant();
        let tenant = if is_label(&tenant) { tenant.as_str() } else { "…" };
        let preset = Preset::from_name("my");
        let urls = preset.map(|preset| [preset.token_url, preset.api_url]).into_iter().flatten().flatten();
        urls.map(|url| url.replace("{tenant}", tenant)).collect()
    }
}

/// Whether a text can be one label of a host name: anything else could move the host.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Overlay for Wizard {
    fn id(&self) -> OverlayId {
        OverlayId::Wizard
    }

    fn field(&self) -> bool {
        matches!(self.step, Step::Tenant | Step::ClientId | Step::Secret)
    }

    fn update(&mut self, command: Command, _cx: &Cx) -> Reply {
        match (self.step, command) {
            (Step::Choose, Command::Down | Command::Up | Command::WizardBack | Command::NextRegion) => {
                self.sandbox = !self.sandbox;
            }
            (Step::Choose, Command::WizardSandbox) => return Reply::act(Act::End(Ended::WantsSandbox)),
            (Step::Choose, Command::WizardTenant) => self.step = Step::Tenant,
            (_, Command::Accept | Command::NextRegion | Command::Down) => return self.next(),
            (_, Command::WizardBack) => self.back(),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        if let Some(field) = self.current() {
            field.edit(text);
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, _double: bool, _cx: &Cx) -> Reply {
        match (self.step, hit) {
            (Step::Choose, Hit::Row(0, 0)) => Reply::act(Act::End(Ended::WantsSandbox)),
            (Step::Choose, Hit::Row(0, 1)) => {
                self.step = Step::Tenant;
                Reply::done()
            }
            _ => Reply::Ignored,
        }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        if self.step == Step::Testing && !cx.store.busy(Slot::SetUp) {
            // It ended and the console is still here: it did not pass.
            self.failed = true;
            self.step = Step::Secret;
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = window(area, buf, cx, "Welcome to quietline", 84, 17);
        let at_row = |at: u16| Rect {
            y: inside.y.saturating_add(at).min(inside.bottom()),
            height: u16::from(at < inside.height),
            ..inside
        };
        if self.step == Step::Choose {
            self.choose(inside, buf, cx, hits);
            return;
        }
        line(
            at_row(0),
            buf,
            &Line::from(span(
                cx,
                Role::Muted,
                "Preset my: a tenant on my.cxone.com. Nothing is sent before the test.",
            )),
        );
        let fields = [
            (Step::Tenant, &self.tenant, "tenant         ", "acme"),
            (Step::ClientId, &self.client_id, "client id      ", "of an application with DNC scopes"),
            (
                Step::Secret,
                &self.secret,
                "client secret  ",
                "goes into the keyring of this machine, nowhere else",
            ),
        ];
        for (at, (step, field, label, ghost)) in (2..).zip(fields) {
            field.view(at_row(at), buf, cx, hits, label, ghost, self.step == step);
        }
        for (at, url) in (6..).zip(self.urls()) {
            line(at_row(at), buf, &Line::from(span(cx, Role::Muted, format!("               {url}"))));
        }
        if self.step == Step::Testing {
            line(
                at_row(9),
                buf,
                &Line::from(state(cx, Role::Busy, "asking for a token, then for who we are …")),
            );
        } else if let (true, Some(trouble)) = (self.failed, &cx.store.trouble) {
            let place = Rect { y: at_row(9).y, height: inside.height.saturating_sub(9), ..inside };
            text::lines(place, buf, text::trouble_lines(cx, trouble), 0);
        }
    }
}

impl Wizard {
    fn choose(&self, inside: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let choices = [
            (
                Command::WizardSandbox,
                "The sandbox, now",
                "A believable tenant inside this program. Nothing to install, nobody real.",
            ),
            (
                Command::WizardTenant,
                "My tenant",
                "Tenant name, client id and secret; tested before anything is written.",
            ),
        ];
        for (at, (command, word, about)) in choices.into_iter().enumerate() {
            let y = inside.y + 1 + at as u16 * 3;
            if y + 1 >= inside.bottom() {
                return;
            }
            let chosen = (at == 0) == self.sandbox;
            let role = if chosen { Role::Selected } else { Role::Text };
            let place = Rect { y, height: 1, ..inside };
            let key = row(command, &[Scope::Overlay(OverlayId::Wizard)]).and_then(Row::key_label);
            let key = key.unwrap_or_default();
            let marker = if chosen { "▸ " } else { "  " };
            let spans =
                vec![span(cx, Role::Key, format!("{marker}{key}  ")), span(cx, role, format!(" {word} "))];
            line(place, buf, &Line::from(spans));
            line(
                Rect { y: y + 1, ..place },
                buf,
                &Line::from(span(cx, Role::Muted, format!("     {about}"))),
            );
            hits.add(Rect { height: 2, ..place }, Hit::Row(0, at));
        }
        if inside.height > 8 {
            let place = Rect { y: inside.y + 8, height: 1, ..inside };
            let later = "Esc does it later; : and “set up” brings this back.";
            line(place, buf, &Line::from(span(cx, Role::Muted, later)));
        }
    }
}
