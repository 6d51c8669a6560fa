//! Reports: facts go to the store, and some of them call for more.

use super::App;
use crate::domain::phone::Region;
use crate::domain::problem::Code;
use crate::domain::run::{LONG_SECONDS, RunState};
use crate::domain::text::thousands;
use crate::ops::date_order;
use crate::tui::Ended;
use crate::tui::act::Act;
use crate::tui::event::{Asked, Effect, Fact, Op, Report, Slot, TaskId, Trouble};
use crate::tui::overlays::choice::Choice;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::theme::{self, Role};

/// Dates that the question about them may show.
const DATES: usize = 50;
/// The trail as the pane reads it.
pub(super) const AUDIT: Op = Op::Audit { limit: 500, whole: false };

impl App {
    pub(super) fn report(&mut self, report: Report) {
        let Report { task, fact } = report;
        // A report of a task that was replaced or is not known any more is stale: its slot belongs to a newer one.
        let Some(op) = self.cx.store.tasks.get(&task).map(|task| task.op.clone()) else { return };
        match &fact {
            Fact::Failed(trouble) => self.fail(trouble.clone()),
            Fact::Note(note) => self.say(Role::Busy, self.cx.text(note, 120)),
            Fact::RunEnded(run) => {
                let out = run.buckets.rejected + run.buckets.dead_letters;
                let (role, rest) = match run.state {
                    RunState::Ready if out > 0 => {
                        (Role::Warn, format!(" · {} rows {} (5)", thousands(out), run.fate()))
                    }
                    state => (theme::run_state(state), String::new()),
                };
                let list = self.cx.name(&run.list_name, 40);
                self.say(role, format!("run {} on {list}: {}{rest}", run.id, run.state));
            }
            Fact::Approved(approved) => {
                let until = self.cx.when(approved.standing.approval.until);
                let again = if approved.renews.is_some() { " once more" } else { "" };
                self.say(
                    Role::Good,
                    format!("plan {} is approved{again}, for one launch until {until}", approved.plan.id),
                );
            }
            Fact::LayoutSaved { name, new } => {
                let said =
                    if *new { "saved: the next file of this kind opens with it" } else { "is saved already" };
                self.say(Role::Good, format!("layout “{name}” {said}"));
            }
            Fact::Written { path, rows } => {
                let path = self.cx.name(&path.display().to_string(), 120);
                let rows = if *rows > 0 { format!("{} rows ", thousands(*rows)) } else { String::new() };
                self.say(Role::Good, format!("{rows}written to {path}"));
            }
            Fact::Occupied(path) => {
                let mut again = op.clone();
                if let Op::WriteOut { replace, .. } = &mut again {
                    *replace = true;
                }
                let path = self.cx.name(&path.display().to_string(), 200);
                let effect = format!(
                    "{path} is there already, maybe of another file with this name. What is in it would be gone."
                );
                let confirm =
                    Confirm::new("Replace the file?", &effect, "replace it", vec![Act::Start(again)]);
                self.act(Act::Open(Box::new(confirm)));
            }
            Fact::Gate(answer) => {
                let (list, readiness) = answer.as_ref();
                let what = format!(
                    "{}: {} · {}",
                    self.cx.name(&list.name, 40),
                    readiness.state.as_str(),
                    self.cx.name(&readiness.because, 120)
                );
                self.say(Role::Busy, what);
            }
            Fact::SandboxLost(list) => {
                let name = self.cx.name(self.cx.store.list_name(list), 40);
                self.say(Role::Good, format!("the sandbox lost entries of {name}; reconcile finds them"));
            }
            Fact::Asked(asked) => {
                let choice = Choice::unasked(asked.as_ref().clone(), self.cx.now);
                self.act(Act::Open(Box::new(choice)));
            }
            _ => {}
        }
        self.ring(task, &op, &fact);
        let more = follow(&op, &fact);
        if matches!(fact, Fact::Opened(_)) {
            // What was at work on the file before belongs to that one.
            for slot in [Slot::Plan, Slot::Check, Slot::Rows, Slot::Search] {
                self.drop_slot(slot);
            }
        }
        let ended = match &fact {
            Fact::ProfileReady(name) => Some(Ended::WantsProfile(name.clone())),
            _ => None,
        };
        let asked = self.doubtful_dates(&op, &fact);
        self.cx.store.apply(task, fact, self.cx.now);
        if let Some(asked) = asked {
            self.act(Act::Open(Box::new(Choice::unasked(asked, self.cx.now))));
        }
        for op in more {
            self.start(op);
        }
        if let Some(ended) = ended {
            self.effects.push(Effect::End(ended));
        }
    }

    /// The end of a run that took longer than anybody watches rings.
    fn ring(&mut self, task: TaskId, op: &Op, fact: &Fact) {
        let Some(begun) = self.cx.store.tasks.get(&task).map(|task| task.started) else { return };
        let seconds = u64::try_from(self.cx.now.duration_since(begun).as_secs()).unwrap_or(0);
        let why = match fact {
            Fact::RunEnded(run) => format!("run {}: {}", self.cx.name(&run.id, 12), run.state),
            Fact::Failed(trouble) if op.is_run() => format!("run: {}", trouble.code),
            _ => return,
        };
        if seconds >= LONG_SECONDS {
            self.effects.push(Effect::Ring(format!("quietline: {why}")));
        }
    }

    /// The question about the order of day and month, where a file that was read to its end does not tell it.
    fn doubtful_dates(&self, op: &Op, fact: &Fact) -> Option<Asked> {
        let (Op::Check { file }, Fact::Checked(checked)) = (op, fact) else { return None };
        if file.input.options.date_order.is_some() || !checked.counts.contains_key(&Code::AmbiguousDate) {
            return None;
        }
        let dates = checked.problems.iter().filter(|problem| problem.code == Code::AmbiguousDate);
        let cells: Vec<String> = dates.take(DATES).map(|problem| problem.raw.into()).collect();
        let tenant = self.cx.env.tenant.as_ref().map(|tenant| tenant.normaliser.region());
        let region = file.input.region.or(tenant).unwrap_or(Region::US);
        let question = date_order(&cells, region == Region::US)?;
        Some(Asked { path: file.document.path().to_path_buf(), input: file.input.clone(), question })
    }

    pub(super) fn fail(&mut self, trouble: Trouble) {
        if trouble.is_stop() {
            self.say(Role::Warn, format!("stopped: {}", trouble.doing));
        } else {
            self.say(Role::Bad, format!("could not {}: {}", trouble.doing, trouble.message));
            self.cx.store.trouble = Some(trouble);
        }
    }

    pub(super) fn refresh(&mut self) {
        for op in [Op::Catalog, Op::Runs, AUDIT] {
            self.act(Act::Start(op));
        }
    }
}

/// What a fact calls for.
fn follow(op: &Op, fact: &Fact) -> Vec<Op> {
    match fact {
        Fact::Opened(file) if file.document.mapping().means_anyone() => {
            vec![Op::Check { file: file.clone() }]
        }
        Fact::Run(run) if run.state == RunState::CoolingDown => vec![Op::Catalog],
        Fact::RunEnded(run) => vec![Op::Catalog, Op::Runs, AUDIT, Op::DeadLetters { run: run.id.clone() }],
        Fact::Approved(_) => vec![Op::Waiting, AUDIT],
        Fact::Reconciled(_) | Fact::Gate(_) => vec![Op::Catalog, AUDIT],
        Fact::Failed(_) if op.is_run() || matches!(op, Op::Reconcile { .. }) => vec![Op::Runs, Op::Catalog],
        _ => Vec::new(),
    }
}
