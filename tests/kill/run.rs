//! One run, from its launch through its kills to its end, and the checker behind it.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::case::{Case, Kill};
use crate::checker::{self, Evidence, Gate, Kind, Said, talk};
use crate::file::File;
use crate::power;
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
}

/// The run and everything that was said on the way.
struct Course<'a> {
    desk: &'a Desk,
    kind: Kind,
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
    let desk = Desk::new(&serve, case.per_call, case.cool_down);
    desk.tenant.put_there_before(case.kind);
    if let Some(word) = case.order {
        talk::order(&desk.tenant.control("fault"), &json!({"on": "entries_write", "do": word}));
    }
    let seq =
        |of: &str| desk.tenant.ask(of).as_array().unwrap().last().map_or(0, |it| it["seq"].as_u64().unwrap());
    let (calls, effects) = (seq("log"), seq("effects"));
    let before_all = desk.tenant.ask("state");
    let before = checker::records(case.kind, &before_all);
    let file = File::of(case.kind, case.fresh, &before);
    fs::write(desk.home.path().join("upload.csv"), &file.text).unwrap();

    let mut course = Course {
        desk: &desk,
        kind: case.kind,
        said: Vec::new(),
        floors: Vec::new(),
        gates: Vec::new(),
        disk: Ok(()),
    };
    let (mut hits, mut point_is_hit) = (0, false);
    let mut next = course.first();
    for (n, kill) in case.kills.iter().enumerate() {
        let said = course.live(&next, Some(kill));
        hits += usize::from(said.killed || power::has_struck(&desk));
        // What is to be killed a moment behind its point may be over by then.
        let is_late = matches!(kill, Kill::At(place) if place.contains('+'));
        course.disk.clone()?;
        let is_of_the_point = n == case.of_the_point;
        point_is_hit |= (said.killed || is_late) && is_of_the_point;
        if let (true, 0, Some(point)) = (said.killed && is_of_the_point, n, case.point) {
            wreck::look(&desk, case.kind, point, kill.passage())?;
        }
        next = course.after(&said)?;
    }
    let run = course.go_to_the_end(next)?;
    if let Some(kill) = &case.of_the_export {
        point_is_hit = course.export(kill)?;
        hits += usize::from(point_is_hit);
    }
    let kind = case.kind;
    let runs = course.answer(&["runs", "--json"])?;
    let dead_letters = course.answer(&["dead-letters", "--json"])?;
    let reconciled = match kind {
        Kind::Outbound => None,
        _ => Some(course.answer(&["reconcile", "--to", kind.word(), "--list", kind.list(), "--json"])?),
    };
    if kind.has_gate() {
        course.ask_the_gate()?;
    }
    // By the program's own word, its mirror included; the checker reads the chain by code of its own.
    let trail = course.answer(&["audit", "verify", "--json"])?;
    if trail["intact"] != true {
        return Err(format!("I5: the program's own trail is not what it wrote: {trail}"));
    }

    let truth = desk.tenant.settled_truth();
    let list =
        |of: &str, after: u64| desk.tenant.ask(&format!("{of}after={after}")).as_array().unwrap().clone();
    let tokens = &truth["counters"]["tokens"];
    let evidence = Evidence {
        kind,
        meaning: file.meaning,
        cool_down: SignedDuration::from_secs(case.cool_down as i64),
        before,
        after: checker::records(kind, &truth),
        log: list("log?", calls),
        effects: list(&format!("effects?listId={}&", kind.list()), effects),
        ledger: desk.ledger(),
        home: desk.home.path().to_owned(),
        secrets: desk.secrets(),
        floors: course.floors,
        unplanned: desk.wire.unplanned(),
        answers: desk.wire.answers(),
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
    let what_was_said = || {
        let said = evidence.said.iter().map(|said| {
            let how = if said.killed { "killed".to_owned() } else { format!("{:?}", said.code) };
            format!("      $ {} ─▶ {how}", said.command)
        });
        said.collect::<Vec<_>>().join("\n")
    };
    checker::check(&evidence).map_err(|faults| format!("{faults}\n{}", what_was_said()))?;
    if case.point.is_some() && !point_is_hit {
        return Err(format!("the point was not passed\n{}", what_was_said()));
    }
    Ok(Ended { hits })
}

impl Course<'_> {
    /// The launch.
    fn first(&self) -> Vec<&'static str> {
        let list = ["upload", "upload.csv", "--to", self.kind.word(), "--list", self.kind.list()];
        [&list[..], &["--reason", "kill test", "--yes", "--json"]].concat()
    }

    fn live(&mut self, arguments: &[&str], kill: Option<&Kill>) -> Said {
        let said = self.desk.start(arguments, kill);
        if let Some(Kill::Disk { at, trouble }) = kill {
            self.disk = power::after(self.desk, *at, *trouble);
        }
        self.floors.push(self.desk.floor());
        self.said.push(said.clone());
        said
    }

    /// What comes next: the run goes on where there is one, else it is launched again.
    fn after(&mut self, said: &Said) -> Result<Vec<&'static str>, String> {
        let by_the_disk = said.code == Some(6) && self.said.len() == 1;
        if !said.killed && !by_the_disk && !matches!(said.code, Some(0 | 1 | 5)) {
            return Err(told("it ended otherwise", said));
        }
        let is_there = checker::trail::open(&self.desk.ledger())
            .and_then(|db| db.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0)).ok())
            .is_some_and(|runs| runs > 0);
        Ok(if is_there { vec!["resume", "--json"] } else { self.first() })
    }

    /// Resumes until the run is over, through the bad moments of the tenant.
    fn go_to_the_end(&mut self, mut next: Vec<&'static str>) -> Result<Value, String> {
        while self.said.len() < MOST_LIVES {
            let said = self.live(&next, None);
            let answer: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
            match said.code {
                Some(0 | 1) if answer["run"].is_string() => return Ok(answer),
                Some(1) if answer["error"]["code"] == "nothing-to-resume" => {
                    // Killed behind its end: the journal knows how it ended.
                    let runs = self.answer(&["runs", "--json"])?;
                    return Ok(runs[0].clone());
                }
                Some(5) => {}
                _ => return Err(told("it does not go on", &said)),
            }
            next = self.after(&said)?;
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
        let asked = Timestamp::now();
        let said = self.answer(&["gate", "--list", self.kind.list(), "--json"])?;
        let code = self.said.last().and_then(|said| said.code);
        self.gates.push(Gate { asked, code, said });
        Ok(())
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
