//! Plan and approve: what will happen, to which list, in which environment; a reason; in production the list's name.
//!
//! Nothing is launched by accident: only Enter on the button launches. Enter in a field goes on to the next one, at last
//! to the button; terminals send a held key as one press after the other, so an Enter that follows another within
//! [`HELD`] never launches. A paste is only ever text.

mod summary;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::config::Environment;
use crate::domain::plan::{Counts, Destination, PlanSummary};
use crate::domain::text::thousands;
use crate::ops::{ApprovalStanding, Holds, Planned};
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
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

/// Whether the policy of the profile wants somebody else than the plan's maker to approve it.
fn wants_second_person(cx: &Cx, counts: &Counts) -> bool {
    cx.env.tenant.as_ref().is_some_and(|tenant| tenant.four_eyes.demands(counts.operations(), counts.remove))
}

/// What whoever sits here may do with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nobody else is asked: the launch is the approval too.
    ApproveAndLaunch,
    /// It is of somebody else, who waits for a second person.
    Approve,
    /// It is approved, and waits for its launch.
    Launch,
    /// It is theirs, and somebody else has to approve it: a launch is refused until then.
    Wait,
}

impl Step {
    /// The step of a plan whose newest approval is this one.
    pub fn of(cx: &Cx, plan: &PlanSummary, approval: Option<&ApprovalStanding>) -> Self {
        let second = wants_second_person(cx, &plan.counts);
        let holds = approval.is_some_and(|it| {
            matches!(it.holds(cx.now), Holds::Until(_)) && !(second && it.approval.by == plan.made_by)
        });
        match (holds, second) {
            (true, _) => Self::Launch,
            (false, false) => Self::ApproveAndLaunch,
            (false, true) if plan.made_by == cx.env.user => Self::Wait,
            (false, true) => Self::Approve,
        }
    }

    fn of_planned(cx: &Cx, planned: &Planned) -> Self {
        Self::of(cx, &planned.summary, planned.approval.as_ref())
    }
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
        if !summary::adds_up(&planned.summary.counts) {
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
                let (plan, reason) = (planned.summary.id.clone(), self.reason.value().trim().to_owned());
                let step = Step::of_planned(cx, planned);
                if step == Step::Approve {
                    return Reply::Consumed(vec![Act::Start(Op::Approve { plan, reason }), Act::Close]);
                }
                // Under four eyes its maker does not approve: the launch is refused unless somebody else did.
                let approve = step == Step::ApproveAndLaunch;
                let op = Op::Launch { plan, reason, claimed: None, approve };
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
            Focus::Button if held && self.why_not(cx).is_none() => Reply::act(Act::Refuse(format!(
                "a held Enter {} nothing: let go, read, then press Enter once",
                does(cx)
            ))),
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
        let lines = summary::summary(cx, planned);
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
            None if self.focus == Focus::Button => {
                span(cx, Role::Text, format!("Enter {} · Esc leaves it", does(cx)))
            }
            None => {
                span(cx, Role::Text, format!("Enter or Tab goes to the button; Enter there {}", does(cx)))
            }
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
        let (step, by) = (Step::of_planned(cx, planned), cx.name(&planned.summary.made_by, 40));
        let what = match planned.summary.counts.operations() {
            n if step == Step::Wait => {
                format!("launch {} changes, once somebody else has approved them", thousands(n))
            }
            n if step == Step::Approve => format!("approve {} changes of {by}", thousands(n)),
            n if step == Step::Launch && n > 0 => {
                format!("launch {} changes, which are approved", thousands(n))
            }
            0 => "launch: nothing to send, verify only".to_owned(),
            1 => "approve and launch 1 change".to_owned(),
            n => format!("approve and launch {} changes", thousands(n)),
        };
        Line::from(vec![span(cx, Role::Key, marker), span(cx, role, format!("[ {what} ]"))])
    }
}

/// What Enter on the button does.
fn does(cx: &Cx) -> &'static str {
    let step = cx.store.planning.planned.as_ref().map(|planned| Step::of_planned(cx, planned));
    if step == Some(Step::Approve) { "approves" } else { "launches" }
}

fn waiting(area: Rect, buf: &mut Buffer, cx: &Cx) {
    if let Some((_, task)) = cx.store.in_slot(Slot::Plan) {
        let how_far = task.live.now.map_or_else(String::new, |progress| {
            let percent = progress.percent().map_or_else(String::new, |percent| format!(" {percent:.0} %"));
            format!("{}{percent}", progress.phase.as_str())
        });
        let stored = matches!(task.op, Op::StoredPlan { .. });
        let what =
            if stored { "reading the plan and its list …" } else { "comparing the file with the list …" };
        text::empty(area, buf, cx, what, &how_far);
    } else if cx.store.busy(Slot::Check) {
        text::empty(area, buf, cx, "checking every row …", "the plan begins once that is done");
    } else if let Some(trouble) = &cx.store.planning.trouble {
        text::trouble(area, buf, cx, trouble);
    } else {
        text::empty(area, buf, cx, "There is no plan yet.", "Esc, then u plans");
    }
}
