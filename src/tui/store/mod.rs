//! Facts, as reported. Changed by [`Store::apply`], [`Store::progress`] and the start of tasks; nothing here is about
//! cursors or focus.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use jiff::Timestamp;

use super::event::{Fact, Folder, Op, Slot, TaskId, Trouble, Typed};
use crate::domain::audit::{AuditEvent, TrailReport};
use crate::domain::list::{DncList, ListId};
use crate::domain::progress::Progress;
use crate::domain::readiness::{ListState, Readiness};
use crate::domain::run::{RunState, RunSummary};
use crate::domain::verdict::Answer;
use crate::ops::{Catalog, DeadLetter, Gauges, ListOverview, Measured, Reconciliation, WaitingPlan};

mod file;
mod search;
mod task;

pub use file::{OpenFile, Planning, SoFar};
pub use search::{Search, SearchState, Step};
pub use task::{Live, Task};

/// Something that is fetched: the last good value stays while a newer one is on its way or did not come.
#[derive(Debug)]
pub struct Remote<T> {
    value: Option<T>,
    at: Option<Timestamp>,
    trouble: Option<Trouble>,
}

impl<T> Default for Remote<T> {
    fn default() -> Self {
        Self { value: None, at: None, trouble: None }
    }
}

impl<T> Remote<T> {
    /// The last good value.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// When it came.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Why the last try failed, if it did.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn set(&mut self, value: T, now: Timestamp) {
        *self = Self { value: Some(value), at: Some(now), trouble: None };
    }
}

/// The trail as read.
#[derive(Debug)]
pub struct Trail {
    /// Newest first.
    pub events: Vec<AuditEvent>,
    /// Hash of the newest event.
    pub head: String,
    /// Whether it is what was written.
    pub chain: TrailReport,
}

/// An answer and when it was given.
#[derive(Clone, Debug)]
pub struct Answered {
    /// When.
    pub at: Timestamp,
    /// The answer.
    pub answer: Answer,
    /// Which paste or question it belongs to: answers of one batch share it.
    pub batch: u64,
}

/// Every fact the console shows.
#[derive(Debug, Default)]
pub struct Store {
    /// Work in progress.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Lists and rules.
    pub catalog: Remote<Catalog>,
    /// Runs, newest first.
    pub runs: Remote<Vec<RunSummary>>,
    /// What ran in this session, after its task ended: phases and rates by run.
    pub past: BTreeMap<String, Live>,
    /// Dead letters by run.
    pub dead_letters: BTreeMap<String, Remote<Vec<DeadLetter>>>,
    /// What was measured, by run.
    pub measured: BTreeMap<String, Remote<Measured>>,
    /// The trail.
    pub trail: Remote<Trail>,
    /// The number being typed.
    pub typed: Option<Typed>,
    /// Answers, newest first.
    pub answers: VecDeque<Answered>,
    /// The open file.
    pub file: Option<OpenFile>,
    /// Why the last file did not open.
    pub file_trouble: Option<Trouble>,
    /// The plan in preparation.
    pub planning: Planning,
    /// Plans that wait to be approved or launched.
    pub waiting: Remote<Vec<WaitingPlan>>,
    /// The last reconciliation of each list, and whether the last try failed.
    pub reconciliations: BTreeMap<ListId, Remote<Reconciliation>>,
    /// What the gate said last, by list.
    pub gates: BTreeMap<ListId, (Timestamp, DncList, Readiness)>,
    /// The folder the file picker shows.
    pub folder: Remote<Folder>,
    /// Files opened in this session, newest first.
    pub recent: Vec<PathBuf>,
    /// The connection.
    pub gauges: Option<Gauges>,
    /// The last error.
    pub trouble: Option<Trouble>,
}

impl Store {
    /// Notes that a task starts, before it does: from here on it counts as work in progress.
    pub fn started(&mut self, id: TaskId, op: Op, now: Timestamp) {
        match &op {
            Op::OpenFile { .. } => self.file_trouble = None,
            Op::Plan(request) => self.planning = Planning::begun(request.clone()),
            Op::PlanUndo { .. } | Op::PlanRetry { .. } | Op::StoredPlan { .. } => {
                self.planning = Planning::default();
            }
            Op::Check { .. } => {
                if let Some(file) = &mut self.file {
                    file.check_began(id);
                }
            }
            Op::Search { needle, from, .. } => {
                if let Some(file) = &mut self.file {
                    file.search = Some(Search::new(id, needle.as_ref().clone(), *from));
                }
            }
            _ => {}
        }
        self.tasks.insert(id, Task::new(op, now));
    }

    /// Whether a slot is at work.
    pub fn busy(&self, slot: Slot) -> bool {
        self.in_slot(slot).is_some()
    }

    /// The task of a slot.
    pub fn in_slot(&self, slot: Slot) -> Option<(TaskId, &Task)> {
        self.tasks.iter().find(|(_, task)| task.op.slot() == Some(slot)).map(|(id, task)| (*id, task))
    }

    /// Tasks that see a run through.
    pub fn run_tasks(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks.iter().filter(|(_, task)| task.op.is_run()).map(|(id, task)| (*id, task))
    }

    /// Whether a run is in flight in this console.
    pub fn has_run(&self) -> bool {
        self.run_tasks().next().is_some()
    }

    /// The task that works on a run, if one of ours does.
    pub fn task_of_run(&self, run: &str) -> Option<TaskId> {
        self.run_tasks().find(|(_, task)| task.live.run.as_deref() == Some(run)).map(|(id, _)| id)
    }

    /// Phases and rates of a run: while it works, and afterwards for as long as the console is open.
    pub fn live(&self, run: &str) -> Option<&Live> {
        self.run_tasks()
            .map(|(_, task)| &task.live)
            .find(|live| live.run.as_deref() == Some(run))
            .or_else(|| self.past.get(run))
    }

    /// A run by id.
    pub fn run(&self, id: &str) -> Option<&RunSummary> {
        self.runs.value()?.iter().find(|run| run.id == id)
    }

    /// Lists as the pane shows them.
    pub fn lists(&self) -> &[ListOverview] {
        self.catalog.value().map_or(&[], |catalog| &catalog.lists)
    }

    /// A list by id.
    pub fn list(&self, id: &ListId) -> Option<&ListOverview> {
        self.lists().iter().find(|overview| overview.list.id == *id)
    }

    /// Name of a list, its id where it is not known. Not escaped for a terminal.
    pub fn list_name<'a>(&'a self, id: &'a ListId) -> &'a str {
        self.list(id).map_or(&id.0, |overview| &overview.list.name)
    }

    /// Seconds until a list's cool-down ends, counted on from the time the gate was asked.
    pub fn seconds_left(&self, overview: &ListOverview, now: Timestamp) -> u64 {
        let passed = self.catalog.at().map_or(0, |at| (now.as_second() - at.as_second()).max(0));
        overview.readiness.seconds_left.saturating_sub(passed.unsigned_abs())
    }

    /// Whether something goes on by itself, a cool-down or a run, also in other hands: the screen changes every second.
    pub fn is_counting(&self) -> bool {
        self.lists().iter().any(|overview| overview.readiness.state == ListState::Settling)
            || self.runs.value().is_some_and(|runs| runs.iter().any(|run| is_moving(run.state)))
            || self.measured.keys().any(|run| self.tells(run))
    }

    /// Whether messages of a run wait to be told, as far as known.
    pub fn tells(&self, run: &str) -> bool {
        let known = self.measured.get(run).and_then(Remote::value);
        known.is_some_and(|measured| measured.deliveries.waiting > 0)
    }

    /// Whether a run is at work that no task of ours sees through: another process may have it.
    pub fn has_foreign_run(&self) -> bool {
        self.runs.value().is_some_and(|runs| {
            runs.iter().any(|run| is_moving(run.state) && self.task_of_run(&run.id).is_none())
        })
    }

    /// Whether a cool-down has passed since the gate was asked, so that it is worth asking again.
    pub fn is_settled_by_time(&self, now: Timestamp) -> bool {
        let settling = |o: &&ListOverview| o.readiness.state == ListState::Settling;
        self.lists().iter().filter(settling).any(|o| self.seconds_left(o, now) == 0)
    }

    /// Answers of the newest question, in the order asked.
    pub fn batch(&self) -> Vec<&Answered> {
        let Some(newest) = self.answers.front() else { return Vec::new() };
        self.answers.iter().take_while(|answered| answered.batch == newest.batch).collect()
    }

    /// Notes how far tasks are.
    pub fn progress(&mut self, all: &BTreeMap<TaskId, Progress>) {
        for (id, progress) in all {
            if let Some(task) = self.tasks.get_mut(id) {
                task.live.note(*progress);
            }
        }
    }

    /// Applies a fact. A fact that ends its task takes it off the list.
    pub fn apply(&mut self, id: TaskId, fact: Fact, now: Timestamp) {
        let ended = if fact.is_interim() { None } else { self.tasks.remove(&id) };
        match fact {
            Fact::Catalog(catalog) => self.catalog.set(catalog, now),
            Fact::Runs(runs) => self.runs.set(runs, now),
            Fact::Run(run) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.live.run = Some(run.id.clone());
                    task.live.state = Some(run.state);
                }
                self.put_run(*run, now);
            }
            Fact::RunEnded(run) => {
                if let Some(task) = ended {
                    self.past.insert(run.id.clone(), task.live);
                }
                self.put_run(*run, now);
            }
            Fact::Jobs(now) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.live.jobs = Some(*now);
                }
            }
            Fact::Note(note) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.live.say(note);
                }
            }
            Fact::DeadLetters { run, letters } => self.dead_letters.entry(run).or_default().set(letters, now),
            Fact::Measured { run, measured } => self.measured.entry(run).or_default().set(*measured, now),
            Fact::Audit { events, head, chain } => self.trail.set(Trail { events, head, chain }, now),
            Fact::Typed(typed) => self.typed = Some(typed),
            Fact::Answers(answers) => {
                for answer in answers.into_iter().rev() {
                    self.answers.push_front(Answered { at: now, answer, batch: id.0 });
                }
                self.answers.truncate(10_000);
            }
            Fact::Opened(opened) => {
                let path = opened.document.path().to_path_buf();
                self.recent.retain(|known| *known != path);
                self.recent.insert(0, path);
                self.recent.truncate(20);
                self.planning = Planning::default();
                self.file = Some(OpenFile::new(opened, id));
            }
            Fact::Indexed(state) => {
                if let Some(file) = &mut self.file {
                    file.index = state;
                }
            }
            Fact::Rows(window) => {
                if let Some(file) = &mut self.file {
                    file.window = Some(window);
                }
            }
            Fact::Found(found) => {
                if let Some(search) = self.search_of(id) {
                    search.take(&found);
                }
            }
            Fact::Searched => {
                if let Some(search) = self.search_of(id) {
                    search.end(SearchState::Done);
                }
            }
            Fact::Checking(news) => {
                if let Some(file) = &mut self.file {
                    file.check_goes_on(id, &news);
                }
            }
            Fact::Checked(checked) => {
                if let Some(file) = &mut self.file {
                    file.trouble = None;
                    file.set_checked(checked);
                }
            }
            Fact::Planned(planned) => {
                if let (Some(file), Some(read)) = (&mut self.file, &planned.file) {
                    file.set_checked(read.checked.clone());
                }
                self.planning.planned = Some(*planned);
            }
            Fact::Waiting(plans) => self.waiting.set(plans, now),
            Fact::Approved(approved) => {
                if let Some(planned) = &mut self.planning.planned
                    && planned.summary.digest == approved.plan.digest
                {
                    planned.approval = Some(approved.standing);
                }
            }
            Fact::Reconciled(result) => {
                self.reconciliations.entry(result.list.id.clone()).or_default().set(*result, now);
            }
            Fact::Gate(answer) => {
                let (list, readiness) = *answer;
                self.gates.insert(list.id.clone(), (now, list, readiness));
            }
            Fact::Folder(folder) => self.folder.set(folder, now),
            Fact::Failed(trouble) => self.failed(id, ended, trouble),
            Fact::Asked(_)
            | Fact::Written { .. }
            | Fact::Occupied(_)
            | Fact::LayoutSaved { .. }
            | Fact::SandboxLost(_)
            | Fact::ProfileReady(_)
            | Fact::Done => {}
        }
    }

    /// Puts the trouble where its subject is shown; the last good value stays.
    fn failed(&mut self, id: TaskId, task: Option<Task>, trouble: Trouble) {
        if let Some(task) = task {
            match &task.op {
                Op::Catalog => self.catalog.trouble = Some(trouble.clone()),
                Op::Runs => self.runs.trouble = Some(trouble.clone()),
                Op::Audit { .. } => self.trail.trouble = Some(trouble.clone()),
                Op::DeadLetters { run } => {
                    self.dead_letters.entry(run.clone()).or_default().trouble = Some(trouble.clone());
                }
                Op::Measured { run } => {
                    self.measured.entry(run.clone()).or_default().trouble = Some(trouble.clone());
                }
                Op::OpenFile { .. } => self.file_trouble = Some(trouble.clone()),
                Op::Check { .. } if trouble.is_stop() => {
                    if let Some(file) = &mut self.file {
                        file.check_stopped(id);
                    }
                }
                Op::Check { .. } | Op::LoadRows { .. } => {
                    if let Some(file) = &mut self.file {
                        file.trouble = Some(trouble.clone());
                    }
                }
                Op::Search { .. } => {
                    if let Some(search) = self.search_of(id) {
                        search.end(match trouble.is_stop() {
                            true => SearchState::Stopped,
                            false => SearchState::Failed(trouble.clone()),
                        });
                    }
                }
                Op::Plan(_) | Op::PlanUndo { .. } | Op::PlanRetry { .. } | Op::StoredPlan { .. } => {
                    self.planning.trouble = Some(trouble.clone());
                }
                Op::Reconcile { list, .. } => {
                    self.reconciliations.entry(list.clone()).or_default().trouble = Some(trouble.clone());
                }
                Op::Folder { .. } => self.folder.trouble = Some(trouble.clone()),
                op if op.is_run() => {
                    if let Some(run) = task.live.run.clone() {
                        self.past.insert(run, task.live);
                    }
                }
                _ => {}
            }
        }
        if !trouble.is_stop() {
            self.trouble = Some(trouble);
        }
    }

    /// The search of a task, unless a newer one took its place.
    fn search_of(&mut self, id: TaskId) -> Option<&mut Search> {
        self.file.as_mut()?.search.as_mut().filter(|search| search.task == id)
    }

    fn put_run(&mut self, run: RunSummary, now: Timestamp) {
        let runs = self.runs.value.get_or_insert_default();
        match runs.iter_mut().find(|known| known.id == run.id) {
            Some(known) => *known = run,
            None => runs.insert(0, run),
        }
        self.runs.at = Some(now);
    }
}

/// States that go on by themselves while somebody works on the run.
fn is_moving(state: RunState) -> bool {
    matches!(state, RunState::Uploading | RunState::Uploaded | RunState::CoolingDown | RunState::Reconciling)
}
