//! Holding rows against lists before they go to an outbound list: whoever stands there must not be called.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::target::read_target;
use super::walk::Proof;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId, Unresolved};
use crate::domain::plan::Destination;
use crate::domain::progress::Phase;
use crate::domain::run::{BatchState, RunSummary};

/// What was found on the lists of a scrub.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrub {
    /// The lists, as the ledger names them.
    pub(super) lists: Vec<ListId>,
    /// Their names, in the same order.
    pub(super) names: Vec<String>,
    /// Entries of the lists that no number or address can be read from: whoever they mean is not found.
    pub(super) unread: u64,
    /// Whoever must go, each with the first list that holds it, in words.
    found: HashMap<Identifier, Arc<str>>,
}

/// Plan rows that must not be sent any more, each with why.
pub(super) type Barred = HashMap<u32, Arc<str>>;

impl Scrub {
    /// Why somebody must go.
    pub(super) fn bars(&self, identifier: &Identifier) -> Option<Arc<str>> {
        self.found.get(identifier).cloned()
    }
}

impl Ops {
    /// Reads the lists that are named. A list is a DNC list, else a suppression list: by id first, then by its equal name.
    pub(super) async fn scrub(
        &self,
        names: &[String],
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<Scrub, OpsError> {
        let mut lists = Vec::with_capacity(names.len());
        for name in names {
            lists.push(self.find_scrub(name).await?);
        }
        self.scrub_by(&lists, sink, stop).await
    }

    /// Reads the lists of a plan once more: what stands there by now counts.
    pub(super) async fn scrub_again(
        &self,
        keys: &[ListId],
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<Scrub, OpsError> {
        let mut lists = Vec::with_capacity(keys.len());
        for key in keys {
            let to = Destination::of_key(key);
            lists.push((to, self.find_target(to, &to.list_of(key).0).await?));
        }
        self.scrub_by(&lists, sink, stop).await
    }

    /// A run that goes on after a pause may have waited for days: its open rows are held against its lists once more.
    /// Whoever stands there by now must not be called. Where such a row was never sent the run ends, and the file is planned
    /// again. Of rows that may have arrived, those that must not be sent again are told, with why.
    pub(super) async fn barred_since(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Barred, OpsError> {
        let Some(plan) = &run.plan else { return Ok(Barred::new()) };
        let plan = self.ledger.plan(plan).await?;
        if plan.scrub.is_empty() {
            return Ok(Barred::new());
        }
        let scrub = self.scrub_again(&plan.scrub, &**sink, stop).await?;
        let rows = self.ledger.plan_file(&plan).await?;
        let open = self.ledger.open_batches(&run.id).await?;
        let (barred, unsent) = off_thread(move || {
            let (mut barred, mut unsent) = (Barred::new(), 0);
            for batch in &open {
                for (row, planned) in batch.rows.iter().zip(rows.rows_of(batch.rows.iter().copied())) {
                    if let Some(why) = scrub.bars(&planned?.identifier) {
                        unsent += u64::from(batch.state == BatchState::Queued);
                        barred.insert(*row, why);
                    }
                }
            }
            Ok::<_, OpsError>((barred, unsent))
        })
        .await??;
        if unsent == 0 {
            return Ok(barred);
        }
        Err(OpsError::Approval {
            code: "plan-stale",
            message: format!(
                "{unsent} contacts that run {} has not sent yet stand on a list by now that it was scrubbed against",
                run.id
            ),
            advice: "Plan the file again: who is on the contact list already is not sent twice.".into(),
        })
    }

    async fn find_scrub(&self, name: &str) -> Result<(Destination, DncList), OpsError> {
        let none = match self.find_target(Destination::Entries, name).await {
            Ok(list) => return Ok((Destination::Entries, list)),
            Err(error @ OpsError::List(Unresolved::None { .. })) => error,
            Err(error) => return Err(error),
        };
        match self.find_target(Destination::Suppression, name).await {
            Ok(list) => Ok((Destination::Suppression, list)),
            // What is near among the DNC lists is what was meant more often.
            Err(OpsError::List(Unresolved::None { .. })) => Err(none),
            Err(error) => Err(error),
        }
    }

    async fn scrub_by(
        &self,
        lists: &[(Destination, DncList)],
        sink: &dyn Sink,
        stop: &CancellationToken,
    ) -> Result<Scrub, OpsError> {
        let mut scrub = Scrub::default();
        let now = Timestamp::now();
        for (to, list) in lists {
            let told = (list.entry_count, Phase::Plan);
            let client = (&self.client, &self.ledger);
            let entries = read_target(client, *to, &list.id, Proof::Twice, told, sink, stop).await?;
            let why: Arc<str> = format!("on list {}", list.name).into();
            scrub = off_thread(move || {
                for entry in entries.rows() {
                    let entry = entry?;
                    scrub.unread += u64::from(entry.identifier.is_none());
                    if let Some(identifier) = entry.identifier.clone().filter(|_| entry.is_live(now)) {
                        scrub.found.entry(identifier).or_insert_with(|| why.clone());
                    }
                }
                Ok::<_, OpsError>(scrub)
            })
            .await??;
            scrub.lists.push(list.id.clone());
            scrub.names.push(list.name.clone());
        }
        Ok(scrub)
    }
}
