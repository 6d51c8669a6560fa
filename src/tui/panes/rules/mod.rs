//! Rules, read: in the order they decide, with what each did to the last number looked up.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::Pane;
use crate::domain::rule::{Channel, Outcome, Rule};
use crate::domain::verdict::Answer;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::Slot;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::filter::Filter;
use crate::tui::widgets::table::{Column, Cursor, Table, widest};
use crate::tui::widgets::text::Said;
use crate::tui::widgets::{frame, span, text};

#[cfg(test)]
mod tests;

const RULES: u8 = 0;

/// See the module.
#[derive(Debug)]
pub struct Rules {
    cursor: Cursor<String>,
    filter: Filter,
    channel: Channel,
}

impl Default for Rules {
    fn default() -> Self {
        Self { cursor: Cursor::default(), filter: Filter::default(), channel: Channel::Outbound }
    }
}

fn all(cx: &Cx) -> &[Rule] {
    cx.store.catalog.value().map_or(&[], |catalog| &catalog.rules)
}

impl Rules {
    fn shown<'a>(&self, cx: &'a Cx) -> Vec<&'a Rule> {
        all(cx)
            .iter()
            .filter(|rule| {
                let lists: Vec<&str> = rule.lists.iter().map(|list| cx.store.list_name(list)).collect();
                let words = [rule.name.as_str(), rule.scope.as_str(), rule.action.as_str()].join(" ");
                self.filter.admits(&format!("{words} {}", lists.join(" ")))
            })
            .collect()
    }

    fn keys(&self, cx: &Cx) -> Vec<String> {
        self.shown(cx).into_iter().map(|rule| rule.id.clone()).collect()
    }

    fn selected<'a>(&self, cx: &'a Cx) -> Option<&'a Rule> {
        all(cx).iter().find(|rule| self.cursor.key() == Some(&rule.id))
    }

    /// What became of a rule for the last number, on the channel shown.
    fn outcome(&self, cx: &Cx, rule: &Rule) -> Option<Outcome> {
        let answer = &last(cx)?;
        let at = answer
            .rules
            .iter()
            .position(|named| named.name == rule.name && named.priority == rule.priority)?;
        let decisions = answer.evidence.decisions.answer()?;
        let decision = decisions.iter().find(|decision| decision.channel == self.channel)?;
        decision.trace.iter().find(|step| step.rule == at).map(|step| step.outcome)
    }

    fn detail(&self, cx: &Cx, rule: &Rule) -> Vec<Said> {
        let mut lines = vec![Said::new("id", Role::Text, cx.name(&rule.id, 60))];
        if !rule.description.is_empty() {
            lines.push(Said::new("about", Role::Muted, cx.name(&rule.description, 400)));
        }
        let does = format!(
            "{} on {}, priority {} (lower decides first)",
            rule.action.as_str(),
            rule.scope.as_str(),
            rule.priority
        );
        lines.push(Said::new("does", Role::Text, does));
        if !rule.active {
            lines.push(Said::new("state", Role::Warn, "▲ switched off: it decides nothing"));
        }
        for (at, id) in rule.lists.iter().enumerate() {
            let label = if at == 0 { "lists" } else { text::CONTINUED };
            let name = cx.name(cx.store.list_name(id), 60);
            lines.push(match cx.store.list(id) {
                Some(overview) if overview.list.active => Said::new(
                    label,
                    Role::Text,
                    format!("{}. {name} · {}", at + 1, super::lists::state_word(cx, overview)),
                ),
                Some(_) => Said::new(label, Role::Warn, format!("{}. {name} · ▲ list switched off", at + 1)),
                None => Said::new(
                    label,
                    Role::Warn,
                    format!("{}. {name} · ▲ the tenant has no such list", at + 1),
                ),
            });
        }
        if rule.lists.is_empty() {
            lines.push(Said::new("lists", Role::Warn, "▲ none: the rule matches nobody"));
        }
        if let (Some(answer), Some(outcome)) = (last(cx), self.outcome(cx, rule)) {
            let (role, word) = said(outcome);
            let number = answer.number.map_or_else(|| cx.text(&answer.input, 30), |number| cx.number(number));
            lines.push(Said::gap());
            lines.push(Said::new("last number", Role::Text, format!("{number} on {}", self.channel)));
            lines.push(Said::new(text::CONTINUED, role, word));
        }
        lines
    }
}

fn last(cx: &Cx) -> Option<&Answer> {
    cx.store.answers.front().map(|answered| &answered.answer)
}

fn said(outcome: Outcome) -> (Role, &'static str) {
    match outcome {
        Outcome::Decides => (Role::Accent, "▶ decides"),
        Outcome::NoMatch => (Role::Text, "no match"),
        Outcome::Unknown => (Role::Warn, "▲ not known"),
        Outcome::OtherChannel => (Role::Muted, "other channel"),
        Outcome::Inactive => (Role::Muted, "switched off"),
        Outcome::NotReached => (Role::Muted, "not reached"),
    }
}

impl Pane for Rules {
    fn id(&self) -> PaneId {
        PaneId::Rules
    }

    fn field(&self) -> bool {
        self.filter.is_open()
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.filter.update(command) {
            self.cursor.resync(&self.keys(cx));
            return Reply::done();
        }
        match command {
            Command::LookupChannel => {
                self.channel = match self.channel {
                    Channel::Outbound => Channel::Inbound,
                    Channel::Inbound => Channel::Outbound,
                };
                Reply::done()
            }
            Command::Copy => match self.selected(cx) {
                Some(rule) => Reply::act(Act::Copy(
                    format!(
                        "{} ({}), priority {}\n",
                        cx.name(&rule.name, 100),
                        cx.name(&rule.id, 60),
                        rule.priority
                    ),
                    "rule",
                )),
                None => Reply::Ignored,
            },
            _ if self.cursor.step(command, &self.keys(cx), cx.hits.page_of(RULES)) => Reply::done(),
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        if !self.filter.text(text) {
            return Reply::Ignored;
        }
        self.cursor.resync(&self.keys(cx));
        Reply::done()
    }

    fn click(&mut self, hit: Hit, _double: bool, cx: &Cx) -> Reply {
        let Hit::Row(RULES, index) = hit else { return Reply::Ignored };
        self.cursor.go(index, &self.keys(cx));
        Reply::done()
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        self.cursor.resync(&self.keys(cx));
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let split = if area.width >= 110 {
            Layout::horizontal([Constraint::Percentage(68), Constraint::Fill(1)])
        } else {
            Layout::vertical([Constraint::Percentage(55), Constraint::Fill(1)])
        };
        let [left, right] = split.areas(area);
        let title = format!("Rules in the order they decide {}", all(cx).len());
        let inside = frame(left, buf, cx, &title, true);
        let title = self.selected(cx).map_or("Rule".into(), |rule| cx.name(&rule.name, 50));
        let beside = frame(right, buf, cx, &title, false);
        if let Some(rule) = self.selected(cx) {
            text::said(beside, buf, cx, &self.detail(cx, rule), 0);
        }
        let busy = cx.store.busy(Slot::Catalog);
        if cx.store.catalog.value().is_none()
            && text::waiting(inside, buf, cx, busy, cx.store.catalog.trouble(), "lists and rules")
        {
            return;
        }
        let shown = self.shown(cx);
        let inside = self.filter.view(inside, buf, cx, hits, shown.len(), all(cx).len());
        if shown.is_empty() {
            let (sentence, next) = if self.filter.is_active() {
                ("No rule has these words.", "Esc shows all")
            } else {
                ("The tenant has no rules: no list blocks anybody.", "R reads again")
            };
            text::empty(inside, buf, cx, sentence, next);
            return;
        }
        // The trace of the last number takes room only where there is one.
        let traced = if last(cx).is_some() { 13 } else { 0 };
        // The name has what it needs; the lists, which stand in the detail too, what is left.
        let name = widest("rule", 80, all(cx).iter().map(|rule| rule.name.as_str()));
        let name = name.min(inside.width.saturating_sub(46 + traced));
        let columns = [
            Column::right("prio", Constraint::Length(4)),
            Column::left("rule", Constraint::Length(name)),
            Column::left("scope", Constraint::Length(8)),
            Column::left("action", Constraint::Length(6)),
            Column::left("lists", Constraint::Fill(1)),
            Column::left("active", Constraint::Length(6)),
            Column::left("last number", Constraint::Length(traced)),
        ];
        let table = Table { columns: &columns, total: shown.len(), region: RULES, focused: true };
        table.view(inside, buf, cx, hits, &self.cursor, |at| {
            let Some(rule) = shown.get(at) else { return Vec::new() };
            let role = if rule.active { Role::Text } else { Role::Muted };
            let lists: Vec<String> =
                rule.lists.iter().map(|id| cx.name(cx.store.list_name(id), 40)).collect();
            let (outcome, word) = self.outcome(cx, rule).map_or((Role::Muted, "·"), said);
            vec![
                span(cx, role, rule.priority.to_string()),
                span(cx, role, cx.name(&rule.name, 80)),
                span(cx, role, rule.scope.as_str()),
                span(cx, role, rule.action.as_str()),
                span(cx, role, lists.join(", ")),
                if rule.active { span(cx, Role::Good, "● yes") } else { span(cx, Role::Warn, "▲ no") },
                span(cx, outcome, word),
            ]
        });
    }
}
