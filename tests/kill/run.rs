//! One case, from its launches through its kills to its end, and the checker behind it.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::case::{Case, Kill};
use crate::checker::{self, Evidence, Gate, Kind, Meaning, Records, Said, news, talk};
use crate::file::File;
use crate::job::{FILE, Job, Step};
use crate::power;
use crate::shrink;
use crate::stage::Desk;
use crate::wreck;

/// Lives after which a run must have come to its end.
const MOST_LIVES: usize = 40;
/// Tokens that a life may ask for: one for each set of scopes, and those that a tenant in a bad moment refuses.
const TOKENS_OF_A_LIFE: u64 = 6;
const OUT: &str = "letters.csv";

/// How a run went.
pub struct Ended {
    /// Kills that found their process alive.
    pub hits: usize,
    /// Whether the point was passed whose turn it was.
    pub is_point_hit: bool,
}

/// One run of a case: what is done, and what it means.
struct Part<'a> {
    job: Job,
    /// The run that is taken back.
    of: String,
    meaning: Meaning,
    is_stepwise: bool,
    kills: &'a [Kill],
    /// The last one, of which all is asked.
    is_last: bool,
}

/// A run and everything that was said on the way.
struct Course<'a> {
    desk: &'a Desk,
    case: &'a Case,
    part: &'a Part<'a>,
    /// What its commands are about, and what is done next.
    id: String,
    step: Step,
    runs_before: i64,
    before: Records,
    effects_before: u64,
    hits: usize,
    is_point_hit: bool,
    said: Vec<Said>,
    floors: Vec<checker::trail::Floor>,
    gates: Vec<Gate>,
    /// Whether the disk holds what it must.
    disk: Result<(), String>,
}

pub fn see_through(case: &Case) -> Result<Ended, String> {
    let mut serve = vec!["--seed".to_owned(), case.seed.to_string()];
    if case.flaky {
        serve.extend(["--story".to_owned(), "flaky".to_owned()]);
    }
    let mut desk = Desk::new(&serve, case.per_call, case.cool_down);
    desk.has_hook = case.has_hook;
    desk.configure(case.per_call);
    desk.tenant.put_there_before(case.kind);
    let last = match case.job {
        Job::Add => {
            let there = checker::records(case.kind, &desk.tenant.ask("state"));
            last_part(case, &desk, File::of(case.kind, case.fresh, &there))
        }
        _ => behind_a_first_run(case, &desk)?,
    };
    if let Some(word) = case.order {
        talk::order(&desk.tenant.control("fault"), &json!({"on": "entries_write", "do": word}));
    }
    let (ended, evidence) = see(case, &desk, &last)?;
    judge(&evidence)?;
    if case.point.is_some() && !ended.is_point_hit {
        return Err(format!("the point was not passed\n{}", what_was_said(&evidence)));
    }
    Ok(ended)
}

fn part(job: Job, desk: &Desk, file: File) -> Part<'static> {
    fs::write(desk.home.path().join(FILE), &file.text).unwrap();
    Part { job, of: String::new(), meaning: file.meaning, is_stepwise: false, kills: &[], is_last: false }
}

fn last_part<'a>(case: &'a Case, desk: &Desk, file: File) -> Part<'a> {
    Part { is_stepwise: case.is_stepwise, kills: &case.kills, is_last: true, ..part(case.job, desk, file) }
}

/// Lets a first run put ours onto the list, and others change some of it; of an undo also the snapshot, killed and finished,
/// that is taken back.
fn behind_a_first_run<'a>(case: &'a Case, desk: &Desk) -> Result<Part<'a>, String> {
    see(case, desk, &part(Job::Add, desk, shrink::first(case.fresh)))?;
    desk.tenant.double(&shrink::doubled());
    if case.job != Job::Undo {
        if case.is_meddled {
            desk.tenant.meddle(&shrink::meddled(case.job));
        }
        return Ok(last_part(case, desk, shrink::file(case.job, case.fresh, case.is_meddled)));
    }
    let mut snapshot = part(Job::Sync, desk, shrink::file(Job::Sync, case.fresh, false));
    snapshot.kills = case.of_the_snapshot.as_slice();
    let (_, done) = see(case, desk, &snapshot)?;
    judge(&done).map_err(|faults| format!("of the snapshot: {faults}"))?;
    if case.is_meddled {
        desk.tenant.meddle(&shrink::meddled(case.job));
    }
    let meaning = shrink::taken_back(&done.meaning, &done.before, case.is_meddled);
    let of = done.run["run"].as_str().unwrap_or_default().to_owned();
    let undo = last_part(case, desk, shrink::file(case.job, case.fresh, false));
    Ok(Part { of, meaning, ..undo })
}

/// Sees one run through its kills to its end, and gathers what is known of it then.
fn see(case: &Case, desk: &Desk, part: &Part<'_>) -> Result<(Ended, Evidence), String> {
    let seq =
        |of: &str| desk.tenant.ask(of).as_array().unwrap().last().map_or(0, |it| it["seq"].as_u64().unwrap());
    let (calls, effects) = (seq("log"), seq("effects"));
    let before_all = desk.tenant.ask("state");
    let before = checker::records(case.kind, &before_all);
    desk.wire.expect_removals(removals(&part.meaning, &before));
    let mut course = Course {
        desk,
        case,
        part,
        id: part.of.clone(),
        step: if part.is_stepwise { Step::Plan } else { Step::AtOnce },
        runs_before: runs(desk),
        before,
        effects_before: effects,
        hits: 0,
        is_point_hit: false,
        said: Vec::new(),
        floors: Vec::new(),
        gates: Vec::new(),
        disk: Ok(()),
    };
    course.through_the_kills()?;
    let run = course.go_to_the_end()?;
    if let (true, Some(kill)) = (part.is_last, &case.of_the_export) {
        course.is_point_hit = course.export(kill)?;
        course.hits += usize::from(course.is_point_hit);
    }
    let kind = case.kind;
    let runs = course.answer(&["runs", "--json"])?;
    let id = run["run"].as_str().unwrap_or_default().to_owned();
    let dead_letters = course.answer(&["dead-letters", &id, "--json"])?;
    let reconciled = match kind {
        Kind::Outbound => None,
        _ if !part.is_last => None,
        _ => Some(course.answer(&["reconcile", "--to", kind.word(), "--list", kind.list(), "--json"])?),
    };
    if kind.has_gate() && part.is_last {
        course.ask_the_gate()?;
    }
    course.hear_the_rest()?;
    // By the program's own word, its mirror included; the checker reads the chain by code of its own.
    let trail = course.answer(&["audit", "verify", "--json"])?;
    if trail["intact"] != true {
        return Err(format!("I5: the program's own trail is not what it wrote: {trail}"));
    }

    let truth = desk.tenant.settled_truth();
    let list =
        |of: &str, after: u64| desk.tenant.ask(&format!("{of}after={after}")).as_array().unwrap().clone();
    let tokens = &truth["counters"]["tokens"];
    let ended = Ended { hits: course.hits, is_point_hit: course.is_point_hit };
    let evidence = Evidence {
        kind,
        meaning: part.meaning.clone(),
        cool_down: SignedDuration::from_secs(case.cool_down as i64),
        before: course.before,
        after: checker::records(kind, &truth),
        log: list("log?", calls),
        effects: list(&format!("effects?listId={}&", kind.list()), effects),
        ledger: desk.ledger(),
        home: desk.home.path().to_owned(),
        secrets: desk.secrets(),
        floors: course.floors,
        unplanned: desk.wire.unplanned(),
        answers: desk.wire.answers(),
        taken_off: desk.wire.taken_off(),
        told: desk.has_hook.then(|| desk.tenant.ask("hooks")["received"].as_array().unwrap().clone()),
        tokens: (
            tokens.as_u64().unwrap() - before_all["counters"]["tokens"].as_u64().unwrap(),
            course.said.len() as u64 * TOKENS_OF_A_LIFE,
        ),
        said: course.said,
        run,
        runs,
        dead_letters,
        reconciled,
        gates: course.gates,
        most_lives: MOST_LIVES,
        truth,
    };
    Ok((ended, evidence))
}

/// For each row of a plan, in the order of its numbers, the records that it takes off.
fn removals(meaning: &Meaning, before: &Records) -> Vec<Vec<String>> {
    let ids = |who: &String| {
        let records = before.get(who).into_iter().flatten();
        records.filter_map(|record| record["id"].as_str().map(str::to_owned)).collect()
    };
    let rows = meaning.fates.iter();
    rows.map(|(who, fate)| if matches!(fate, checker::Fate::Gone) { ids(who) } else { Vec::new() }).collect()
}

/// Runs that the ledger holds.
fn runs(desk: &Desk) -> i64 {
    checker::trail::open(&desk.ledger())
        .and_then(|db| db.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).ok())
        .unwrap_or(0)
}

fn judge(evidence: &Evidence) -> Result<(), String> {
    checker::check(evidence).map_err(|faults| format!("{faults}\n{}", what_was_said(evidence)))
}

fn what_was_said(evidence: &Evidence) -> String {
    let said = evidence.said.iter().map(|said| {
        let how = if said.killed { "killed".to_owned() } else { format!("{:?}", said.code) };
        format!("      $ {} ─▶ {how}", said.command)
    });
    said.collect::<Vec<_>>().join("\n")
}

impl Course<'_> {
    fn command(&self) -> Vec<String> {
        self.part.job.command(self.step, self.case.kind, &self.id)
    }

    fn through_the_kills(&mut self) -> Result<(), String> {
        // The points of a stored plan are behind its approval.
        while self.case.point.is_some() && matches!(self.step, Step::Plan | Step::Approve) {
            let said = self.live(&self.command(), None);
            self.after(&said)?;
        }
        for (n, kill) in self.part.kills.iter().enumerate() {
            let said = self.live(&self.command(), Some(kill));
            self.hits += usize::from(said.killed || power::has_struck(self.desk));
            // What is to be killed a moment behind its point may be over by then.
            let is_late = matches!(kill, Kill::At(place) if place.contains('+'));
            self.disk.clone()?;
            let is_of_the_point = self.part.is_last && n == self.case.of_the_point;
            self.is_point_hit |= (said.killed || is_late) && is_of_the_point;
            if let (true, 0, Some(point)) = (said.killed && is_of_the_point, n, self.case.point) {
                wreck::look(self.desk, self.case, point, kill.passage())?;
            }
            self.after(&said)?;
            if said.killed && self.case.asks_between && self.part.is_last {
                self.ask_the_gate()?;
            }
        }
        Ok(())
    }

    fn live(&mut self, arguments: &[impl AsRef<str>], kill: Option<&Kill>) -> Said {
        let said = self.desk.start(arguments, kill);
        if let Some(Kill::Disk { at, trouble }) = kill {
            self.disk = power::after(self.desk, *at, *trouble);
        }
        self.floors.push(self.desk.floor());
        self.said.push(said.clone());
        said
    }

    /// What comes next: the run goes on where there is one, else its step is done again, or the next one where it is done.
    fn after(&mut self, said: &Said) -> Result<(), String> {
        let by_the_disk = said.code == Some(6) && self.said.len() == 1;
        if !said.killed && !by_the_disk && !matches!(said.code, Some(0 | 1 | 5)) {
            return Err(told("it ended otherwise", said));
        }
        if runs(self.desk) > self.runs_before {
            self.step = Step::Resume;
            return Ok(());
        }
        let answer: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
        let is_done = !said.killed && matches!(said.code, Some(0 | 1));
        match (self.step, answer["plan"].as_str()) {
            (Step::Plan, Some(plan)) if is_done => (self.id, self.step) = (plan.to_owned(), Step::Approve),
            (Step::Approve, Some(_)) if is_done => self.step = Step::Launch,
            _ => {}
        }
        Ok(())
    }

    /// Goes on until the run is over, through the bad moments of the tenant.
    fn go_to_the_end(&mut self) -> Result<Value, String> {
        while self.said.len() < MOST_LIVES {
            let step = self.step;
            let said = self.live(&self.command(), None);
            let answer: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
            match said.code {
                Some(0 | 1) if answer["run"].is_string() => return Ok(answer),
                Some(1) if answer["error"]["code"] == "nothing-to-resume" => {
                    // Killed behind its end: the journal knows how it ended.
                    let runs = self.answer(&["runs", "--json"])?;
                    return Ok(runs[0].clone());
                }
                Some(0 | 1) if matches!(step, Step::Plan | Step::Approve) => {}
                Some(5) => {}
                _ => return Err(told("it does not go on", &said)),
            }
            self.after(&said)?;
        }
        Err(format!("it does not come to its end in {MOST_LIVES} lives"))
    }

    /// A question that is answered in JSON, asked again where the tenant has a bad moment.
    fn answer(&mut self, arguments: &[&str]) -> Result<Value, String> {
        for _ in 0..MOST_LIVES {
            let said = self.live(arguments, None);
            match said.code {
                Some(0 | 1) => return serde_json::from_str(&said.stdout).map_err(|_| told("no JSON", &said)),
                Some(5) => {}
                _ => return Err(told("no answer", &said)),
            }
        }
        Err(format!("no answer to {arguments:?}"))
    }

    fn ask_the_gate(&mut self) -> Result<(), String> {
        let kind = self.case.kind;
        let is_touched = || {
            let effects = self.desk.tenant.ask(&format!(
                "effects?listId={}&after={}",
                kind.list(),
                self.effects_before
            ));
            !effects.as_array().unwrap().is_empty()
        };
        let is_touched = is_touched();
        let asked = Timestamp::now();
        let said = self.answer(&["gate", "--list", kind.list(), "--json"])?;
        let code = self.said.last().and_then(|said| said.code);
        let after = checker::records(kind, &self.desk.tenant.ask("state"));
        let is_as_intended = checker::is_as_intended(&self.before, &after, &self.part.meaning);
        self.gates.push(Gate { asked, code, said, is_touched, is_as_intended });
        Ok(())
    }

    /// Whatever is still to be told is told by whoever comes next, once nobody else can be at it any more.
    fn hear_the_rest(&mut self) -> Result<(), String> {
        for _ in 0..MOST_LIVES {
            if !self.desk.has_hook || news::waiting(&self.desk.ledger()) == 0 {
                return Ok(());
            }
            self.answer(&["resume", "--json"])?;
        }
        Err("I12: a message is never delivered".into())
    }

    /// Dead letters are written whole or not at all, whenever it is killed.
    fn export(&mut self, kill: &Kill) -> Result<bool, String> {
        let export = ["dead-letters", "--export", OUT, "--json"];
        let killed = self.live(&export, Some(kill)).killed;
        let out = self.desk.home.path().join(OUT);
        if killed && out.exists() {
            return Err("I10: half an export has the name of a whole one".into());
        }
        let letters = self.answer(&export)?;
        let lines = fs::read_to_string(&out).unwrap_or_default().lines().count();
        let wanted = letters.as_array().map_or(0, Vec::len) + 1;
        if lines == wanted {
            Ok(killed)
        } else {
            Err(format!("I10: the export has {lines} lines and not {wanted}"))
        }
    }
}

fn told(what: &str, said: &Said) -> String {
    format!("{what}: $ {} ─▶ {:?}\n{}{}", said.command, said.code, said.stdout, said.stderr)
}
