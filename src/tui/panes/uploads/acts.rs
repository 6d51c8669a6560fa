//! What a person does with a run: goes on with it, ends it, takes it back, looks closer.

use super::{DEAD, Uploads, detail, is_at_work, said_by};
use crate::domain::plan::{Destination, Operation, SCRUBBED};
use crate::domain::run::RunSummary;
use crate::domain::text::thousands;
use crate::ops::DeadLetter;
use crate::tui::act::{Act, Reply};
use crate::tui::command::PaneId;
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::overlays::approve::Approve;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::detail::Detail;

impl Uploads {
    pub(super) fn pause_or_resume(&self, cx: &Cx) -> Reply {
        let Some(run) = self.run(cx) else { return Reply::done() };
        match cx.store.task_of_run(&run.id) {
            Some(task) => Reply::Consumed(vec![
                Act::Stop(task),
                Act::Say(format!("pausing run {}: calls in flight are journalled first", run.id)),
            ]),
            // Whoever works on it elsewhere is asked to stop.
            None if is_at_work(run) => Reply::Consumed(vec![
                Act::Start(Op::PauseRun { run: run.id.clone() }),
                Act::Say(format!("pausing run {}: another process works on it", run.id)),
            ]),
            None => Self::resume(run),
        }
    }

    pub(super) fn resume(run: &RunSummary) -> Reply {
        Reply::act(Act::Start(Op::Resume { run: run.id.clone() }))
    }

    pub(super) fn cancel(&self, cx: &Cx) -> Reply {
        let Some(run) = self.run(cx) else { return Reply::done() };
        let effect = format!(
            "Cancel run {} on {} for good. {} rows that were accepted stay on the list; {} without verdict are not \
             sent any more. It cannot be resumed; the file can be planned again.",
            run.id,
            cx.name(&run.list_name, 60),
            thousands(run.buckets.accepted),
            thousands(run.buckets.unaccounted),
        );
        let stop = cx.store.task_of_run(&run.id).map(Act::Stop);
        let cancel = Act::Start(Op::CancelRun { run: run.id.clone() });
        let acts = stop.into_iter().chain([cancel]).collect();
        Reply::act(Act::Open(Box::new(Confirm::new("Cancel the run", &effect, "cancel it for good", acts))))
    }

    /// A plan that is made of the run: it is shown, and approved, like any other.
    pub(super) fn plan_of(&self, cx: &Cx, op: fn(String) -> Op) -> Reply {
        let Some(run) = self.run(cx) else { return Reply::done() };
        Reply::Consumed(vec![Act::Start(op(run.id.clone())), Act::Open(Box::<Approve>::default())])
    }

    /// Reads the list of a run back, whatever kind of list it is.
    pub(super) fn compare(&self, cx: &Cx) -> Reply {
        let Some(run) = self.run(cx) else { return Reply::done() };
        let list = run.list.clone();
        let aim = match run.destination.is_dnc_list() {
            true => Act::AimList(list.clone()),
            false => Act::AimCompare(list.clone()),
        };
        Reply::Consumed(vec![aim, Act::Go(PaneId::Reconcile), Act::Start(Op::Reconcile { list, run: None })])
    }

    pub(super) fn open(&self, cx: &Cx) -> Reply {
        if self.focus == DEAD
            && let Some(letter) = self.letters(cx).get(self.dead.at)
        {
            let meaning = self.run(cx).map_or("", |run| meaning(run, letter));
            let lines = vec![
                ("row".to_owned(), thousands(letter.row)),
                ("number".to_owned(), cx.identifier(&letter.identifier)),
                ("code".to_owned(), cx.text(&letter.code, 200)),
                (said_by(&letter.code).to_owned(), cx.text(&letter.message, 2_000)),
                ("meaning".to_owned(), meaning.to_owned()),
            ];
            return Reply::act(Act::Open(Box::new(Detail::new("Dead letter", lines))));
        }
        match self.run(cx) {
            Some(run) => {
                let title = format!("Run {}", run.id);
                Reply::act(Act::Open(Box::new(Detail::new(&title, detail::full(run, cx)))))
            }
            None => Reply::done(),
        }
    }
}

/// What a dead letter comes to.
fn meaning(run: &RunSummary, letter: &DeadLetter) -> &'static str {
    match (run.destination, run.operation) {
        (Destination::Outbound, _) if letter.code == SCRUBBED => {
            "It came onto a list that the run was scrubbed against: it was not found on the contact list, and not sent again."
        }
        (Destination::Outbound, _) => "The tenant refused this row: the contact is not on the list.",
        // A run that takes off, or takes back: what it was to change may be either way.
        (_, Operation::Remove) => {
            "The tenant refused this row: what stands on the list of the number is as it was."
        }
        (_, Operation::Add | Operation::Sync) => {
            "The tenant refused this row: the number is NOT suppressed by it."
        }
    }
}
