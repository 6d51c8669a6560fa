//! Approvals: who agreed to a plan, until when, and which run it was used for. An approval is good for one launch.
//!
//! ```text
//! given ─▶ holds ─▶ used (in the transaction that gives it to its run)
//!            ├────▶ over, by the clock or by what the trail has seen since
//!            └────▶ void (the ledger was restored: its plan may have been launched since)
//! ```

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::append;
use super::codec::{count, from_micros, int, micros};
use super::error::{Error, damaged};
use super::plans::by_id;
use super::{Approval, ApprovalStanding, Ledger, NewEvent, WaitingPlan};
use crate::domain::plan::{Digest, PlanSummary};

/// Plans that are older, in microseconds, wait for nobody: thirty days.
const OLD: i64 = 720 * 3_600_000_000;
/// As many are looked through by a person.
const MOST: u64 = 200;

impl Ledger {
    /// Stores an approval with its audit event.
    pub async fn approve(&self, plan: &PlanSummary, approval: Approval) -> Result<(), Error> {
        let plan = plan.clone();
        self.write(move |connection| {
            let stored = by_id(connection, &plan.id)?;
            if stored.digest != approval.digest {
                return Err(damaged(format!("plan {} is not the one that was approved", plan.id)));
            }
            let event = append(connection, &event_of(&stored, &approval))?;
            connection
                .prepare_cached(
                    "INSERT INTO approvals (digest, made_by, claimed, reason, at, ends_at, event)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    approval.digest.0,
                    approval.by,
                    approval.claimed,
                    approval.reason,
                    micros(approval.at),
                    micros(approval.until),
                    int(event),
                ])?;
            kill_point!("K6");
            Ok(())
        })
        .await
    }

    /// The approval of a digest with what became of it: the newest, where there are several. An older one never counts
    /// again.
    pub async fn approval(&self, digest: &Digest) -> Result<Option<ApprovalStanding>, Error> {
        let digest = digest.clone();
        self.read(move |connection| newest(connection, &digest)).await
    }

    /// Plans of a profile that do something, that no run has, and that are not older than any approval may be: newest
    /// first, each with its newest approval.
    pub async fn waiting_plans(&self, profile: &str, now: Timestamp) -> Result<Vec<WaitingPlan>, Error> {
        let (profile, since) = (profile.to_owned(), micros(now).saturating_sub(OLD));
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id FROM plans p WHERE profile = ?1 AND made_at >= ?2 AND adds + updates + removes > 0
                   AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.plan = p.id) ORDER BY n DESC LIMIT ?3",
            )?;
            let ids = statement.query_map(params![profile, since, int(MOST)], |row| row.get(0))?;
            let ids = ids.collect::<Result<Vec<String>, _>>()?;
            ids.iter()
                .map(|id| {
                    let plan = by_id(connection, id)?;
                    let standing = newest(connection, &plan.digest)?;
                    Ok(WaitingPlan { plan, standing })
                })
                .collect()
        })
        .await
    }
}

fn event_of(plan: &PlanSummary, approval: &Approval) -> NewEvent {
    let counts = &plan.counts;
    let claimed = approval.claimed.as_ref().map(|name| format!(", claimed by {name}")).unwrap_or_default();
    // Two people, or one: whoever reads the trail sees it without looking for the plan.
    let own = if approval.by == plan.made_by { ", by its maker" } else { "" };
    NewEvent {
        at: approval.at,
        actor: approval.by.clone(),
        kind: "plan.approved",
        object: format!("plan {}", plan.id),
        effect: format!(
            "{} to add, {} to update, {} to remove on list {}, digest {}{claimed}{own}, for one launch until {}",
            counts.add,
            counts.update,
            counts.remove,
            plan.list,
            plan.digest.short(),
            approval.until.strftime("%Y-%m-%d %H:%M:%SZ"),
        ),
        reason: Some(approval.reason.clone()),
    }
}

fn newest(connection: &Connection, digest: &Digest) -> Result<Option<ApprovalStanding>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT a.n, a.made_by, a.claimed, a.reason, a.at, a.ends_at, a.void, r.id,
                (SELECT max(e.at) FROM events e WHERE e.seq > a.event)
         FROM approvals a LEFT JOIN runs r ON r.approval = a.n WHERE a.digest = ?1 ORDER BY a.n DESC LIMIT 1",
    )?;
    let mut rows = statement.query(params![digest.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let at = from_micros(row.get(4)?)?;
    let since: Option<i64> = row.get(8)?;
    Ok(Some(ApprovalStanding {
        number: count(row.get(0)?)?,
        approval: Approval {
            digest: digest.clone(),
            by: row.get(1)?,
            claimed: row.get(2)?,
            reason: row.get(3)?,
            at,
            until: from_micros(row.get(5)?)?,
        },
        void: row.get(6)?,
        used_by: row.get(7)?,
        seen: since.map(from_micros).transpose()?.map_or(at, |since| since.max(at)),
    }))
}

/// Gives an approval to the run that is launched under it; one that another run has is an error. Part of the caller's
/// transaction, so there is no run without its approval, and no approval that two runs have.
pub(super) fn use_for(connection: &Connection, run: &str, number: u64) -> Result<(), Error> {
    let free = connection
        .prepare_cached(
            "SELECT 1 FROM approvals a WHERE a.n = ?1 AND a.void IS NULL
               AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.approval = a.n)
               AND NOT EXISTS (SELECT 1 FROM approvals b WHERE b.digest = a.digest AND b.n > a.n)",
        )?
        .exists(params![int(number)])?;
    if !free {
        return Err(Error::IllegalTransition {
            what: format!("the approval that run {run} was to be launched under"),
            from: "used, void or renewed",
            to: "used",
        });
    }
    connection
        .prepare_cached("UPDATE runs SET approval = ?2 WHERE id = ?1")?
        .execute(params![run, int(number)])?;
    Ok(())
}

/// The same for a run that was launched from its file: its plan was approved a moment ago.
pub(super) fn use_newest(connection: &Connection, run: &str, digest: &Digest) -> Result<(), Error> {
    let has: Option<i64> = connection
        .prepare_cached("SELECT approval FROM runs WHERE id = ?1")?
        .query_row(params![run], |row| row.get(0))
        .optional()?
        .flatten();
    match (has, newest(connection, digest)?) {
        (Some(_), _) => Ok(()),
        (None, Some(standing)) => use_for(connection, run, standing.number),
        (None, None) => Err(Error::IllegalTransition {
            what: format!("run {run} with a plan that nobody approved"),
            from: "draft",
            to: "bound to a plan",
        }),
    }
}

/// No approval that no run has used holds any more. Returns how many did until now.
pub(super) fn make_void(connection: &Connection, why: &str) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE approvals SET void = ?1
         WHERE void IS NULL AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.approval = approvals.n)",
        params![why],
    )?)
}

/// Whether an approval holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Until then, for one launch.
    Until(Timestamp),
    /// It is over: its end, or the clock of this machine stands before it was given.
    Expired,
    /// A run was launched under it.
    Used(String),
    /// It counts no more, for this reason.
    Void(String),
}

impl ApprovalStanding {
    /// Whether it holds. What the trail has seen since it was given counts as time that has passed, so a clock that is set
    /// back does not bring an approval back that anybody was refused after its end.
    pub fn holds(&self, now: Timestamp) -> Holds {
        /// Clocks are put right by less than this all the time.
        const PUT_RIGHT: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
        if let Some(run) = &self.used_by {
            return Holds::Used(run.clone());
        }
        if let Some(why) = &self.void {
            return Holds::Void(why.clone());
        }
        let Approval { at, until, .. } = self.approval;
        let is_before = at.duration_since(now) > PUT_RIGHT;
        if is_before || now.max(self.seen) >= until { Holds::Expired } else { Holds::Until(until) }
    }
}
