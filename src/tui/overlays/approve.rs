//! Plan and approve: what will happen, to which list, in which environment; a reason; in production the list's name.
//!
//! Nothing is launched by accident: only Enter on the button launches. Enter in a field goes on to the next one, at last
//! to the button; terminals send a held key as one press after the other, so an Enter that follows another within
//! [`HELD`] never launches. A paste is only ever text.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Overlay, window};
use crate::config::Environment;
use crate::domain::plan::{Counts, Destination, Origin};
use crate::domain::progress::say_eta;
use crate::domain::text::thousands;
use crate::ops::Planned;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};
use crate::tui::widgets::input::Field;
use crate::tui::widgets::{line, span, state, text};

/// Two presses of Enter closer than this may be one held key: the slowest keyboards wait one second before they repeat.
const HELD: SignedDuration = SignedDuration::from_millis(1_100);

/// Columns of the window.
const WIDTH: u16 = 92;

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Reason,
    Name,
    Button,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Approve {
    focus: Focus,
    reason: Field,
    name: Field,
    skip: u16,
    /// The last Enter: the next one launches only when it cannot be the same key, held.
    entered: Option<Timestamp>,
    /// The plan that is shown: another one begins from the reason again.
    plan: Option<String>,
}

fn is_production(cx: &Cx) -> bool {
    cx.env.tenant.as_ref().is_none_or(|tenant| tenant.environment == Environment::Production)
}

/// Whether the policy of the profile wants somebody else than the plan's maker, who sits here, to approve it.
fn wants_second_person(cx: &Cx, counts: &Counts) -> bool {
    cx.env.tenant.as_ref().is_some_and(|tenant| tenant.four_eyes.demands(counts.operations(), counts.remove))
}

impl Approve {
    fn order(cx: &Cx) -> &'static [Focus] {
        if is_production(cx) {
            &[Focus::Reason, Focus::Name, Focus::Button]
        } else {
            &[Focus::Reason, Focus::Button]
        }
    }

    fn step(&mut self, back: bool, cx: &Cx) {
        let order = Self::order(cx);
        let at = order.iter().position(|focus| *focus == self.focus).unwrap_or(0);
        let next = if back { at.saturating_sub(1) } else { (at + 1).min(order.len() - 1) };
        self.focus = order[next];
    }

    /// Why it cannot be launched now.
    fn why_not(&self, cx: &Cx) -> Option<String> {
        let Some(planned) = &cx.store.planning.planned else { return Some("the plan is not ready".into()) };
        if !adds_up(&planned.summary.counts) {
            return Some("the buckets do not add up to the rows: a defect, please report it".into());
        }
        if self.reason.is_blank() {
            return Some("a reason is needed: it stands in the audit trail".into());
        }
        // Exactly: not trimmed, not another case. The name on the screen is escaped, and so is what is compared.
        if is_production(cx) && self.name.value() != cx.name(&planned.list.name, usize::MAX) {
            return Some("type the list's name exactly as it is shown".into());
        }
        None
    }

    fn launch(&self, cx: &Cx) -> Reply {
        match (self.why_not(cx), &cx.store.planning.planned) {
            (Some(why), _) => Reply::act(Act::Refuse(why)),
            (None, Some(planned)) => {
                // Under four eyes this person does not approve: the launch is refused unless somebody else did.
                let approve = !wants_second_person(cx, &planned.summary.counts);
                let op = Op::Launch {
                    plan: planned.summary.id.clone(),
                    reason: self.reason.value().trim().to_owned(),
                    claimed: None,
                    approve,
                };
                // Only DNC lists are shown by other panes.
                let aims = planned.summary.destination == Destination::Entries;
                let list = aims.then(|| Act::AimList(planned.list.id.clone()));
                let mut acts = vec![Act::Start(op)];
                acts.extend(list);
                acts.push(Act::Go(PaneId::Uploads));
                Reply::Consumed(acts)
            }
            (None, None) => Reply::done(),
        }
    }

    fn enter(&mut self, cx: &Cx) -> Reply {
        let before = self.entered.replace(cx.now);
        let held = before.is_some_and(|before| cx.now.duration_since(before).abs() < HELD);
        let empty = self.field_mut().is_some_and(|field| field.is_blank());
        match self.focus {
            Focus::Button if held && self.why_not(cx).is_none() => Reply::act(Act::Refuse(
                "a held Enter launches nothing: let go, read, then press Enter once".into(),
            )),
            Focus::Button => self.launch(cx),
            // An empty field is not left by a held key: what is missing stays in front of the person.
            _ if empty => Reply::act(Act::Refuse(self.why_not(cx).unwrap_or_default())),
            _ => {
                self.step(false, cx);
                Reply::done()
            }
        }
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        match self.focus {
            Focus::Reason => Some(&mut self.reason),
            Focus::Name => Some(&mut self.name),
            Focus::Button => None,
        }
    }
}

impl Overlay for Approve {
    fn id(&self) -> OverlayId {
        OverlayId::Approve
    }

    fn field(&self) -> bool {
        self.focus != Focus::Button
    }

    fn offers(&self, command: Command) -> bool {
        let button = self.focus == Focus::Button;
        match command {
            Command::Accept => button,
            Command::NextRegion => !button,
            Command::PrevRegion => self.focus != Focus::Reason,
            _ => true,
        }
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        match command {
            Command::NextRegion | Command::Down => self.step(false, cx),
            Command::PrevRegion | Command::Up => self.step(true, cx),
            Command::PageDown => self.skip = self.skip.saturating_add(3).min(30),
            Command::PageUp => self.skip = self.skip.saturating_sub(3),
            Command::Accept => return self.enter(cx),
            // The person may look at numbers masked or whole before they decide.
            Command::Copy | Command::Quit => {}
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        if let Some(field) = self.field_mut() {
            field.edit(text);
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, _double: bool, cx: &Cx) -> Reply {
        match hit {
            Hit::Row(0, 0) => self.focus = Focus::Reason,
            Hit::Row(0, 1) => self.focus = Focus::Name,
            // The first click reaches the button, the next one presses it.
            Hit::Row(0, _) if self.focus == Focus::Button => return self.launch(cx),
            Hit::Row(0, _) => self.focus = Focus::Button,
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let plan = cx.store.planning.planned.as_ref().map(|planned| planned.summary.id.clone());
        if plan != self.plan {
            // What was typed for another plan approves nothing here.
            if self.plan.is_some() {
                self.name = Field::default();
                self.focus = Focus::Reason;
            }
            self.plan = plan;
            self.skip = 0;
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        const TITLE: &str = "Plan and approve";
        let Some(planned) = &cx.store.planning.planned else {
            let inside = window(area, buf, cx, TITLE, WIDTH, 10);
            waiting(inside, buf, cx);
            return;
        };
        let fields: u16 = if is_production(cx) { 4 } else { 3 };
        let lines = summary(cx, planned);
        // Border and a column of air on each side.
        let width = WIDTH.min(area.width).saturating_sub(4).max(1);
        // Words wrap: a long line may stay a word short of the edge.
        let rows = |line: &Line<'_>| match line.width() as u16 {
            said if said <= width => 1,
            said => said.div_ceil(width.saturating_sub(10).max(1)),
        };
        let wrapped: u16 = lines.iter().map(rows).sum();
        // As high as what it says, with an empty line above the fields.
        let inside = window(area, buf, cx, TITLE, WIDTH, wrapped + 1 + fields + 2);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        if inside.height <= fields {
            return;
        }
        let above = Rect { height: inside.height - fields - 1, ..inside };
        text::lines(above, buf, lines, self.skip.min(wrapped.saturating_sub(above.height)));
        if wrapped > above.height {
            let more = Rect { y: above.bottom(), height: 1, ..inside };
            line(more, buf, &Line::from(span(cx, Role::Warn, "▲ PgDn and PgUp show the rest of the plan")));
        }
        let row = |up: u16| Rect { y: inside.bottom() - up, height: 1, ..inside };
        let reason = row(fields);
        let ghost = "why, in your words; it stands in the audit trail";
        self.reason.view(reason, buf, cx, hits, "reason       ", ghost, self.focus == Focus::Reason);
        hits.add(reason, Hit::Row(0, 0));
        if is_production(cx) {
            let name = row(3);
            let ghost = cx.name(&planned.list.name, 60);
            let ghost = format!("type {ghost}");
            self.name.view(name, buf, cx, hits, "list’s name  ", &ghost, self.focus == Focus::Name);
            hits.add(name, Hit::Row(0, 1));
        }
        let button = row(2);
        line(button, buf, &self.button(cx, planned));
        hits.add(button, Hit::Row(0, 2));
        let last = match self.why_not(cx) {
            Some(why) => state(cx, Role::Warn, &why),
            None if self.focus == Focus::Button => span(cx, Role::Text, "Enter launches · Esc leaves it"),
            None => span(cx, Role::Text, "Enter or Tab goes to the button; Enter there launches"),
        };
        line(row(1), buf, &Line::from(last));
    }
}

impl Approve {
    fn button(&self, cx: &Cx, planned: &Planned) -> Line<'static> {
        let role = match (self.focus, self.why_not(cx)) {
            (Focus::Button, None) => Role::Selected,
            (Focus::Button, Some(_)) => Role::Marked,
            _ => Role::Muted,
        };
        let marker = if self.focus == Focus::Button { "▸ " } else { "  " };
        let what = match planned.summary.counts.operations() {
            n if wants_second_person(cx, &planned.summary.counts) => {
                format!("launch {} changes, once somebody else has approved them", thousands(n))
            }
            0 => "launch: nothing to send, verify only".to_owned(),
            1 => "approve and launch 1 change".to_owned(),
            n => format!("approve and launch {} changes", thousands(n)),
        };
        Line::from(vec![span(cx, Role::Key, marker), span(cx, role, format!("[ {what} ]"))])
    }
}

fn waiting(area: Rect, buf: &mut Buffer, cx: &Cx) {
    if let Some((_, task)) = cx.store.in_slot(Slot::Plan) {
        let how_far = task.live.now.map_or_else(String::new, |progress| {
            let percent = progress.percent().map_or_else(String::new, |percent| format!(" {percent:.0} %"));
            format!("{}{percent}", progress.phase.as_str())
        });
        text::empty(area, buf, cx, "comparing the file with the list …", &how_far);
    } else if cx.store.busy(Slot::Check) {
        text::empty(area, buf, cx, "checking every row …", "the plan begins once that is done");
    } else if let Some(trouble) = &cx.store.planning.trouble {
        text::trouble(area, buf, cx, trouble);
    } else {
        text::empty(area, buf, cx, "There is no plan yet.", "Esc, then u plans");
    }
}

/// What the person approves: place, effect and warnings first, so that no small screen hides them.
fn summary(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let list = cx.name(&planned.list.name, 200);
    let entries =
        planned.list.entry_count.map_or_else(String::new, |n| format!(" · {} entries now", thousands(n)));
    let mut place = vec![span(cx, Role::Title, list), span(cx, Role::Muted, format!("{entries}  "))];
    if let Some(tenant) = &cx.env.tenant {
        let role = theme::environment(tenant.environment);
        place.push(span(cx, role, format!(" {} ", tenant.environment.as_str())));
        place.push(span(cx, Role::Muted, format!(" {}", cx.name(&tenant.profile, 40))));
    }
    lines.push(Line::from(place));
    lines.push(Line::from(span(cx, Role::Text, format!("This will {}.", effect(cx, planned)))));
    lines.extend(comes_off(cx, planned));
    lines.extend(warnings(cx, planned));
    lines.extend(buckets(cx, planned));
    let path = short_path(&cx.name(&planned.summary.file, 300));
    lines.push(match &planned.summary.origin {
        Origin::File => {
            labelled(cx, "file", format!("{path}, {} rows", thousands(planned.summary.counts.rows)))
        }
        Origin::Undo(run) => labelled(cx, "undo", format!("of run {}, made from {path}", cx.name(run, 12))),
        Origin::DeadLetters(run) => labelled(
            cx,
            "retry",
            format!("of the dead letters of run {}, made from {path}", cx.name(run, 12)),
        ),
    });
    if !planned.enforced_by.is_empty() {
        lines.push(labelled(cx, "enforced by", cx.name(&planned.enforced_by.join(", "), 300)));
    }
    let cool_down = match planned.summary.destination {
        Destination::Outbound => "",
        _ => ", cool-down included",
    };
    lines.push(labelled(cx, "takes", format!("{}{cool_down}", say_eta(planned.takes))));
    let by = cx.name(&planned.summary.made_by, 60);
    lines.push(labelled(cx, "approver", format!("{by} (the user of this computer)")));
    let summary = &planned.summary;
    lines.push(labelled(cx, "plan", format!("{}, digest {}", summary.id, summary.digest.short())));
    lines
}

/// Whom the plan takes off, first of all: they may be called then.
fn comes_off(cx: &Cx, planned: &Planned) -> Option<Line<'static>> {
    const SHOWN: usize = 6;
    let who = &planned.comes_off;
    if who.is_empty() {
        return None;
    }
    let mut shown: Vec<String> =
        who.iter().take(SHOWN).filter_map(|it| Some(cx.number(it.phone()?))).collect();
    if who.len() > SHOWN {
        shown.push(format!("and {} more", thousands((who.len() - SHOWN) as u64)));
    }
    Some(Line::from(state(cx, Role::Bad, &format!("TAKES OFF, so they may be called: {}", shown.join(", ")))))
}

/// The effect without the time: that stands in a line of its own, cool-down included.
fn effect(cx: &Cx, planned: &Planned) -> String {
    let effect = cx.name(&planned.effect, 600);
    match effect.rsplit_once("; takes ") {
        Some((effect, _)) => effect.to_owned(),
        None => effect,
    }
}

/// A long path as its folder and its name: enough to tell two files of the same name apart. The run's detail has all.
fn short_path(path: &str) -> String {
    const LONG: usize = 48;
    let parts: Vec<&str> = path.rsplitn(3, ['/', '\\']).collect();
    match parts.as_slice() {
        [name, folder, _] if path.chars().count() > LONG => format!("…/{folder}/{name}"),
        _ => path.to_owned(),
    }
}

fn labelled(cx: &Cx, label: &str, value: String) -> Line<'static> {
    Line::from(vec![span(cx, Role::Muted, format!("{label:<13}")), span(cx, Role::Text, value)])
}

/// `1 row is`, `2 rows are`.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

fn warnings(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let counts = &planned.summary.counts;
    let mut all: Vec<Span<'static>> = Vec::new();
    if wants_second_person(cx, counts) {
        let id = &planned.summary.id;
        let what = format!(
            "A second person must approve: they run `quietline approve {id} --reason TEXT`. Then launch it here, or with `quietline upload {id}`."
        );
        all.push(state(cx, Role::Warn, &what));
    }
    let to = planned.summary.destination;
    if to == Destination::Outbound && planned.summary.scrub.is_empty() {
        let what = "NOT SCRUBBED: these contacts will be called, and were held against no list (t in File).";
        all.push(state(cx, Role::Warn, what));
    }
    if to.is_dnc_list() && planned.enforced_by.is_empty() {
        all.push(state(
            cx,
            Role::Warn,
            "UNBOUND: no active rule enforces this list, so these numbers would stay callable.",
        ));
    }
    if !planned.list.active {
        all.push(state(cx, Role::Warn, "The list itself is switched off on the tenant."));
    }
    if counts.shortened > 0 {
        let than = if counts.shortened == 1 { "it does" } else { "they do" };
        let n = counted(counts.shortened, "entry", "entries");
        all.push(state(cx, Role::Warn, &format!("{n} would expire earlier than {than} now.")));
    }
    if counts.rejected > 0 {
        let n = counted(counts.rejected, "row is", "rows are");
        all.push(state(
            cx,
            Role::Warn,
            &format!("{n} rejected and will not be suppressed (x in File writes them)."),
        ));
    }
    let warned = planned.file.as_ref().map_or(0, |file| file.checked.warnings);
    if warned > 0 {
        let n = counted(warned, "row is", "rows are");
        all.push(state(cx, Role::Warn, &format!("{n} used with a warning.")));
    }
    all.into_iter().map(Line::from).collect()
}

/// The conservation law of a plan.
fn adds_up(counts: &Counts) -> bool {
    let kept = counts.unchanged + counts.duplicates + counts.removed + counts.rejected;
    counts.operations() + kept == counts.rows
}

/// Every bucket, and that they add up to the rows.
fn buckets(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let counts = &planned.summary.counts;
    let unchanged = if counts.remove > 0 { "already as wanted" } else { "already there" };
    let parts = [
        (counts.add, "to add"),
        (counts.update, "to update"),
        (counts.remove, "to TAKE OFF"),
        (counts.unchanged, unchanged),
        (counts.duplicates, if counts.duplicates == 1 { "duplicate" } else { "duplicates" }),
        (counts.removed, "scrubbed out"),
        (counts.rejected, "rejected"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(n, word)| {
            *n > 0
                || matches!(
                    *word,
                    "to add" | "to update" | "already there" | "already as wanted" | "rejected"
                )
        })
        .map(|(n, word)| format!("{} {word}", thousands(n)))
        .collect();
    let total = format!("{} = {} rows", said.join(" · "), thousands(counts.rows));
    let mut lines = vec![Line::from(span(cx, Role::Text, total))];
    if !adds_up(counts) {
        lines.push(Line::from(state(
            cx,
            Role::Bad,
            "These do not add up to the rows: do not launch, report it.",
        )));
    }
    lines
}
