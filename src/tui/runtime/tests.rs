//! Work on a file as the console gets to hear of it, over the real channels and threads.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Reports, Runtime};
use crate::config::Config;
use crate::ops::{Document, Input, InputOptions, Needle};
use crate::tui::event::{Fact, Op, OpenedFile, Output, TaskId};

/// A list of so many rows, every tenth of them broken.
fn list(rows: usize) -> String {
    let mut text = String::from("phone,remark\n");
    for row in 1..=rows {
        let number = if row % 10 == 0 { "broken" } else { "2025550101" };
        let _ = writeln!(text, "{number},row {row}");
    }
    text
}

fn stored(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn opened(path: &Path) -> OpenedFile {
    let document = Document::open(path, &InputOptions::default()).unwrap();
    OpenedFile { document, input: Input::default() }
}

/// Every fact of one piece of work.
async fn facts(runtime: &mut Runtime, reports: &mut Reports, op: Op) -> Vec<Fact> {
    runtime.start(TaskId(1), op);
    let mut facts = Vec::new();
    loop {
        let report = reports.facts.recv().await.unwrap();
        let goes_on = report.fact.is_interim();
        facts.push(report.fact);
        if !goes_on {
            return facts;
        }
    }
}

fn runtime() -> (Runtime, Reports) {
    Runtime::new(None, Config::empty(Path::new("config.toml"), Path::new("data")))
}

#[tokio::test]
async fn a_check_tells_its_problems_in_order_before_it_ends() {
    let (_folder, path) = stored("list.csv", list(200_000).as_bytes());
    let (mut runtime, mut reports) = runtime();
    let told = facts(&mut runtime, &mut reports, Op::Check { file: opened(&path) }).await;
    let Some((Fact::Checked(checked), interim)) = told.split_last() else { panic!("{} facts", told.len()) };
    let (mut rows, mut last) = (0, 0);
    for fact in interim {
        let Fact::Checking(news) = fact else { panic!("{fact:?}") };
        assert!(rows <= news.rows && news.rows <= checked.rows && news.rejected <= checked.rejected);
        rows = news.rows;
        for problem in news.problems.iter() {
            assert!(last <= problem.place.row && problem.place.row <= rows, "row {}", problem.place.row);
            last = problem.place.row;
        }
    }
    assert!(last > 0 && !interim.is_empty());
    assert_eq!(checked.rejected, 20_000);
}

#[tokio::test]
async fn a_search_tells_every_match_and_ends() {
    let (_folder, path) = stored("list.csv", list(50_000).as_bytes());
    let (mut runtime, mut reports) = runtime();
    let needle = Box::new(Needle::new("broken", None).unwrap());
    let op = Op::Search { file: opened(&path), needle, from: 30_001 };
    let told = facts(&mut runtime, &mut reports, op).await;
    assert!(matches!(told.last(), Some(Fact::Searched)));
    let found = |above: bool| -> usize {
        let matches = told.iter().filter_map(|fact| match fact {
            Fact::Found(found) if found.wrapped == above => Some(found.hits.len()),
            _ => None,
        });
        matches.sum()
    };
    assert_eq!((found(false), found(true)), (2_000, 3_000));
}

#[tokio::test]
async fn unpacking_is_told_and_a_stop_ends_it() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(list(400_000).as_bytes()).unwrap();
    let (_folder, path) = stored("list.csv.gz", &packed.finish().unwrap());
    let (mut runtime, mut reports) = runtime();
    let open = || Op::OpenFile { path: path.clone(), input: Input::default() };
    runtime.start(TaskId(2), open());
    while reports.progress.borrow_and_update().get(&TaskId(2)).is_none_or(|progress| progress.done == 0) {
        reports.progress.changed().await.unwrap();
    }
    runtime.stop(TaskId(2));
    // On a slow machine it may be open already: then it is the index that stops.
    let mut last = reports.facts.recv().await.unwrap().fact;
    while last.is_interim() {
        last = reports.facts.recv().await.unwrap().fact;
    }
    assert!(matches!(last, Fact::Failed(trouble) if trouble.is_stop()));
    // Told once more, it opens.
    let told = facts(&mut runtime, &mut reports, open()).await;
    assert!(matches!(told.as_slice(), [Fact::Opened(_), .., Fact::Indexed(state)] if state.rows == 400_000));
}

#[tokio::test]
async fn rejects_of_another_list_with_the_same_name_stay_until_they_may_be_replaced() {
    let (folder, path) = stored("list.csv", list(20).as_bytes());
    let (mut runtime, mut reports) = runtime();
    let file = opened(&path);
    let told = facts(&mut runtime, &mut reports, Op::Check { file: file.clone() }).await;
    let Some(Fact::Checked(checked)) = told.last() else { panic!("{told:?}") };
    let out = folder.path().join("list.rejects.csv");
    std::fs::write(&out, "of another list").unwrap();
    let write = |replace| Op::WriteOut {
        what: Output::Rejects,
        file: Box::new(file.clone()),
        checked: checked.clone(),
        out: out.clone(),
        replace,
    };
    let told = facts(&mut runtime, &mut reports, write(false)).await;
    assert!(matches!(told.as_slice(), [Fact::Occupied(there)] if *there == out), "{told:?}");
    assert_eq!(std::fs::read(&out).unwrap(), b"of another list");
    let told = facts(&mut runtime, &mut reports, write(true)).await;
    assert!(matches!(told.as_slice(), [Fact::Written { rows: 2, .. }]), "{told:?}");
    assert!(std::fs::read_to_string(&out).unwrap().contains("broken"));
    std::fs::remove_file(&out).unwrap();
    let told = facts(&mut runtime, &mut reports, write(false)).await;
    assert!(matches!(told.as_slice(), [Fact::Written { .. }]), "{told:?}");
}
