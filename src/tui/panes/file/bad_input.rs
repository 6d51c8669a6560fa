//! Every kind of bad input through the File pane: opened as a person opens it, and what the screen says of it.

#[path = "../../../../tests/bad_input/cases/mod.rs"]
mod cases;

use std::ops::RangeInclusive;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use self::cases::{Case, Outcome};
use crate::domain::problem::{Code, Severity};
use crate::domain::text::thousands;
use crate::ops::{Document, Field, Input, InputOptions};
use crate::tui::act::Act;
use crate::tui::desk::Desk;
use crate::tui::event::{Fact, Op, OpenedFile, Trouble};

/// What the flags of a command line are to the pane.
fn input(flags: &[String]) -> Input {
    let mut input = Input::default();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        if flag == "--no-header" {
            input.options.header = Some(false);
            continue;
        }
        let value = flags.next().unwrap();
        match flag.as_str() {
            "--region" => input.region = Some(value.parse().unwrap()),
            "--map" => {
                let (field, column) = value.split_once('=').unwrap();
                input.options.map.push((Field::from_name(field).unwrap(), column.to_owned()));
            }
            _ => assert!(input.options.answer(flag, value), "{flag} {value}"),
        }
    }
    input
}

/// Opens a case. `Some` is what the screen lacks, with the screen.
fn differs(case: &Case) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = case.build(folder.path());
    let mut desk = Desk::with("");
    desk.kit.resize(170, 44).keys("f4").does(Act::Start(Op::OpenFile { path, input: input(&case.flags) }));
    desk.serve();
    if desk.kit.screen().contains("Day or month first?") {
        // Left open, its rows stay rejected.
        desk.keys("esc");
    }
    let screen = desk.kit.screen();
    let mut wanted: Vec<String> = case.shown.iter().map(|words| (*words).to_owned()).collect();
    let mut unwanted = Vec::new();
    match &case.outcome {
        Outcome::Checked(valid, duplicates, rejected, codes) => {
            wanted.push(format!(
                "{} usable of {} rows",
                thousands(*valid),
                thousands(valid + duplicates + rejected)
            ));
            let listed = codes.iter().filter_map(|(code, _)| Code::from_name(code));
            wanted.extend(
                listed.filter(|code| *code != Code::InferredJurisdiction).map(|code| code.title().to_owned()),
            );
            assert_eq!(
                codes
                    .iter()
                    .any(|(code, _)| Code::from_name(code).unwrap().severity() == Severity::Rejection),
                *rejected > 0,
                "{}: a rejection has its code",
                case.title()
            );
        }
        Outcome::Refused(code, words) => {
            let trouble = desk.kit.app.cx.store.file_trouble.as_ref().map(|trouble| trouble.code.as_str());
            assert_eq!(trouble, Some(*code), "{}", case.title());
            wanted.push((*words).to_owned());
            unwanted.push("usable of");
        }
        Outcome::Asked(flag, title) => {
            assert!(flag.starts_with("--"), "{flag}");
            wanted.push((*title).to_owned());
            unwanted.push("usable of");
        }
    }
    let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    let mut wrong: Vec<String> = wanted
        .iter()
        .filter(|words| !screen.contains(*words))
        .map(|words| format!("“{words}” is missing"))
        .collect();
    wrong.extend(
        unwanted.iter().filter(|words| screen.contains(**words)).map(|words| format!("“{words}” shows")),
    );
    wrong.extend(screen.contains(steers).then(|| "it steers the terminal".to_owned()));
    (!wrong.is_empty()).then(|| format!("{}: {}\n{screen}", case.title(), wrong.join(", ")))
}

fn shows(numbers: RangeInclusive<u8>) {
    let wrong: Vec<String> =
        cases::all().iter().filter(|case| numbers.contains(&case.number)).filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn text_of_every_kind_shows_what_it_is() {
    shows(1..=38);
}

#[test]
fn cells_of_every_kind_show_what_they_are() {
    shows(39..=69);
}

#[test]
fn files_of_every_kind_show_what_they_are() {
    shows(70..=84);
}

#[test]
fn paths_of_every_kind_show_what_they_are() {
    shows(85..=94);
}

#[test]
fn a_file_that_changes_while_it_is_loaded_is_shown_as_changed() {
    let list = "phone,name\n2025550101,x\n2025550102,y\n";
    let append = |path: &Path| std::fs::write(path, format!("{list}2025550103,z\n")).unwrap();
    let truncate = |path: &Path| std::fs::write(path, &list[..30]).unwrap();
    let replace = |path: &Path| {
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, list).unwrap();
        std::fs::write(path.with_extension("old"), list).unwrap();
    };
    let changes: [&dyn Fn(&Path); 3] = [&append, &truncate, &replace];
    for (at, change) in changes.into_iter().enumerate() {
        let mut desk = Desk::with(list);
        let path = desk.path();
        desk.kit.keys("f4").does(Act::Start(Op::OpenFile { path: path.clone(), input: Input::default() }));
        // It opens, and before it is read to its end it is another one.
        let document = Document::open(&path, &InputOptions::default()).unwrap();
        change(&path);
        let error = document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap_err();
        let is_open = |op: &Op| matches!(op, Op::OpenFile { .. });
        let opened = OpenedFile { document, input: Input::default() };
        desk.kit.answer(is_open, Fact::Opened(opened));
        desk.kit.answer(is_open, Fact::Failed(Trouble::new("index the file", &error.into())));
        desk.serve();
        let screen = desk.kit.screen();
        assert!(screen.contains("changed while it was read"), "change {at}:\n{screen}");
        assert!(!screen.contains("usable of"), "change {at}:\n{screen}");
    }
}

#[cfg(unix)]
#[test]
fn where_a_link_leads_is_shown() {
    let mut desk = Desk::with("phone\n2025550101\n");
    let path = desk.path().with_file_name("link.csv");
    std::os::unix::fs::symlink(desk.path(), &path).unwrap();
    desk.kit.resize(170, 44).keys("f4").does(Act::Start(Op::OpenFile { path, input: Input::default() }));
    desk.serve();
    desk.kit.shows(&["link.csv ──", "a link to another file"]).hides(&["dirty.csv"]);
    desk.kit.click_on("a link to another file", 0);
    desk.keys("right").kit.shows(&["whole file", "dirty.csv"]);
}
