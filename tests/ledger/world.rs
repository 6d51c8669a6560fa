//! A ledger in a folder of its own, with small plans to work on.

use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::Timestamp;
use quietline::domain::diff::Expected;
use quietline::domain::entry::Attributes;
use quietline::domain::jurisdiction::Jurisdiction;
use quietline::domain::list::ListId;
use quietline::domain::phone::E164;
use quietline::domain::plan::{
    Counts, Destination, Digest, Extra, MadeUnder, Op, Operation, Origin, PlanRow, PlanSummary,
};
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::{Approval, Error, Ledger, NewRun, Settlement};
use tempfile::TempDir;

pub const PROFILE: &str = "test";

pub struct World {
    pub dir: TempDir,
    pub ledger: Ledger,
}

/// Midday of a day, and some seconds.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn list() -> ListId {
    ListId("L-1".into())
}

pub fn number(n: u64) -> E164 {
    E164::from_digits(12_025_550_100 + n).unwrap()
}

pub fn attributes(source: Option<&str>) -> Attributes {
    Attributes {
        jurisdiction: Jurisdiction::parse("US-DC").unwrap(),
        expires: None,
        source: source.map(Into::into),
    }
}

pub fn row(n: u64, op: Op) -> PlanRow {
    PlanRow {
        identifier: number(n).into(),
        attributes: attributes(Some("web")),
        op,
        row: 1_000 - n,
        replaces: match op {
            Op::Update | Op::Remove => vec![format!("old-{n}")],
            _ => Vec::new(),
        },
        before: (op == Op::Remove).then(Box::default),
        generation: 0,
        extra: Extra::default(),
    }
}

/// A plan over rows whose file also had two duplicates and one reject.
pub fn plan_of(id: &str, rows: &[PlanRow]) -> PlanSummary {
    plan_on(id, &list(), rows)
}

pub fn plan_on(id: &str, list: &ListId, rows: &[PlanRow]) -> PlanSummary {
    let of = |op| rows.iter().filter(|row| row.op == op).count() as u64;
    let mut plan = PlanSummary {
        id: id.into(),
        digest: Digest(String::new()),
        profile: PROFILE.into(),
        // Only suppression lists take addresses.
        destination: match rows.iter().all(|row| row.identifier.phone().is_some()) {
            true => Destination::Entries,
            false => Destination::Suppression,
        },
        operation: Operation::Add,
        origin: Origin::File,
        scrub: Vec::new(),
        made_under: MadeUnder::default(),
        list: list.clone(),
        list_name: "National".into(),
        file: "/data/in/march.csv".into(),
        file_sha256: "f00d".into(),
        counts: Counts {
            rows: rows.len() as u64 + 3,
            add: of(Op::Add),
            update: of(Op::Update),
            remove: of(Op::Remove),
            unchanged: of(Op::Unchanged),
            removed: of(Op::Removed),
            duplicates: 2,
            rejected: 1,
            ..Counts::default()
        },
        says: Vec::new(),
        made_at: at(0),
        made_by: "pat".into(),
    };
    plan.digest = digest_under(&plan, rows);
    plan
}

/// The digest that the rows have under this plan, by whoever writes plans.
pub fn digest_under(plan: &PlanSummary, rows: &[PlanRow]) -> Digest {
    static SCRATCH: LazyLock<(TempDir, Ledger)> = LazyLock::new(|| {
        let dir = TempDir::new().unwrap();
        let ledger = Ledger::open(&dir.path().join("data")).unwrap();
        (dir, ledger)
    });
    let written = SCRATCH.1.write_plan(plan).and_then(|mut writer| {
        rows.iter().try_for_each(|row| writer.push(row.clone()))?;
        writer.finish()
    });
    // Of what is not written there is none, and nothing is stored under it.
    written.map_or_else(|_| Digest("none".into()), |written| written.digest())
}

/// The digest of a plan that says this.
pub fn digest_of(profile: &str, to: Destination, list: &ListId, sha256: &str, rows: &[PlanRow]) -> Digest {
    let (profile, file_sha256) = (profile.into(), sha256.into());
    let plan = PlanSummary { profile, destination: to, file_sha256, ..plan_on("p", list, rows) };
    digest_under(&plan, rows)
}

pub fn new_run() -> NewRun {
    NewRun {
        profile: PROFILE.into(),
        destination: Destination::Entries,
        operation: Operation::Add,
        origin: Origin::File,
        list: list(),
        list_name: "National".into(),
        file: PathBuf::from("/data/in/march.csv"),
        file_sha256: None,
        plan: None,
        approval: None,
        reason: "monthly load".into(),
        activates: false,
        input: "{\"delimiter\":\";\"}".into(),
        by: "pat".into(),
        at: at(0),
    }
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("data")).unwrap();
        Self { dir, ledger }
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The process is gone, another one begins.
    pub fn restart(self) -> Self {
        let Self { dir, ledger } = self;
        drop(ledger);
        let ledger = Ledger::open(&dir.path().join("data")).unwrap();
        Self { dir, ledger }
    }

    pub async fn plan(&self, id: &str, rows: &[PlanRow]) -> PlanSummary {
        let plan = plan_of(id, rows);
        self.store(&plan, rows.to_vec()).await.unwrap();
        plan
    }

    /// Writes a plan row by row, and stores it.
    pub async fn store(&self, plan: &PlanSummary, rows: Vec<PlanRow>) -> Result<(), Error> {
        let mut writer = self.ledger.write_plan(plan)?;
        rows.into_iter().try_for_each(|row| writer.push(row))?;
        self.ledger.store_plan(plan, writer.finish()?).await
    }

    /// Every row of a stored plan.
    pub async fn rows_of(&self, plan: &PlanSummary) -> Result<Vec<PlanRow>, Error> {
        self.ledger.plan_rows(plan).await?.collect()
    }

    pub async fn baseline(&self, entries: Vec<Expected>) -> bool {
        let entries = entries.into_iter().map(Ok::<_, Error>);
        self.ledger.store_baseline(PROFILE, &list(), entries).await.unwrap()
    }

    /// What is expected of the list; `None` without a baseline.
    pub async fn expected(&self) -> Option<Vec<Expected>> {
        let expected = self.ledger.expected(PROFILE, &list()).await.unwrap();
        expected.map(|expected| expected.collect::<Result<_, _>>().unwrap())
    }

    pub async fn approve(&self, plan: &PlanSummary) {
        let (digest, by, reason) = (plan.digest.clone(), "sam".into(), "looks right".into());
        let approval = Approval { digest, by, claimed: None, reason, at: at(0), until: at(86_400) };
        self.ledger.approve(plan, approval).await.unwrap();
    }

    /// A run that uploads `rows` in batches of `per_call`.
    pub async fn uploading(&self, plan: &str, rows: &[PlanRow], per_call: usize) -> RunSummary {
        let plan = self.plan(plan, rows).await;
        let run = self.ledger.create_run(NewRun { list: plan.list.clone(), ..new_run() }).await.unwrap();
        self.approve(&plan).await;
        self.ledger.bind_plan(&run, &plan, per_call).await.unwrap();
        self.ledger.set_state(&run, RunState::Approved, None, at(1)).await.unwrap();
        self.ledger.set_state(&run, RunState::Uploading, None, at(2)).await.unwrap()
    }

    /// Intent and answer of a batch.
    pub async fn answered(&self, run: &str, seq: u32) {
        self.ledger.intent(run, seq, "b0d1", at(3)).await.unwrap();
        self.ledger.answer(run, seq, 200, b"{\"ok\":true}".to_vec()).await.unwrap();
    }

    /// Everything in the batch was taken.
    pub async fn accept(&self, run: &str, seq: u32, rows: &[u32], when: Timestamp) -> RunSummary {
        self.answered(run, seq).await;
        let settlement = Settlement { accepted: rows.to_vec(), at: Some(when), ..Settlement::default() };
        self.ledger.settle(run, seq, settlement).await.unwrap()
    }
}
