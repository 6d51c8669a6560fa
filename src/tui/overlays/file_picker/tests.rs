//! Choosing a file as a person does it.

use std::path::PathBuf;

use super::{size, typed_path};
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Fact, Op, Trouble};
use crate::tui::theme::Theme;

fn open() -> Desk {
    let mut desk = Desk::with(DIRTY);
    desk.keys("f4 o");
    desk
}

#[test]
fn it_shows_the_folder_with_sizes_and_says_what_to_type() {
    open().kit.shows(&[
        "Open a file",
        "older/",
        "folder",
        "dirty.csv",
        " B",
        "sample files to try",
        "letters filter",
    ]);
}

#[test]
fn every_size_and_mono_show_the_files() {
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        let mut desk = open();
        desk.kit.resize(width, height).shows(&["older/", "dirty.csv"]);
        let dark = desk.kit.screen();
        desk.kit.app.cx.theme = Theme::Mono;
        assert_eq!(desk.kit.screen(), dark);
    }
}

#[test]
fn letters_filter_enter_opens_and_the_file_shows() {
    let mut desk = open();
    desk.kit.types("dty").shows(&["dirty.csv"]).hides(&["older/"]);
    desk.keys("enter").kit.shows(&["dirty.csv ── 8 rows"]).hides(&["Open a file"]);
}

#[test]
fn enter_goes_into_a_folder_and_backspace_out_of_it() {
    let mut desk = open();
    desk.keys("enter").kit.shows(&["house_list.csv"]).hides(&["dirty.csv"]);
    desk.keys("backspace").kit.shows(&["dirty.csv"]);
    desk.keys("enter").keys("left").kit.shows(&["dirty.csv"]);
}

#[test]
fn keys_that_are_quicker_than_the_disk_lead_where_they_say() {
    let mut desk = open();
    let here = desk.path().parent().unwrap().canonicalize().unwrap();
    desk.kit.keys("enter backspace");
    let folders: Vec<_> = desk.kit.started();
    let [Op::Folder { path: into }, Op::Folder { path: back }] = folders.as_slice() else {
        panic!("{folders:?}")
    };
    assert_eq!((into.clone(), back.clone()), (here.join("older"), here));
}

#[test]
fn backspace_takes_back_letters_before_it_leaves_the_folder() {
    let mut desk = open();
    desk.kit.types("dx").shows(&["Nothing here has these letters"]);
    desk.keys("backspace").kit.shows(&["dirty.csv", "Open a file"]);
    desk.kit.types("zz").keys("esc").shows(&["Open a file", "older/"]).keys("esc").hides(&["Open a file"]);
}

#[test]
fn a_path_that_is_pasted_opens() {
    let mut desk = open();
    let path = desk.path();
    desk.kit.paste(&format!("\"{}\"\n", path.display())).shows(&["Open a file"]);
    desk.keys("enter").kit.shows(&["dirty.csv ── 8 rows"]);
}

#[test]
fn a_path_that_is_typed_with_a_slash_behind_is_a_folder() {
    let mut desk = open();
    desk.kit.types("older/");
    desk.keys("enter").kit.shows(&["house_list.csv"]);
}

#[test]
fn recent_files_stand_in_front() {
    let mut desk = open();
    desk.kit.types("dirty");
    desk.keys("enter o").kit.shows(&["recent"]);
    desk.keys("enter").kit.shows(&["dirty.csv ── 8 rows"]);
}

#[test]
fn while_a_folder_is_read_the_screen_answers_and_trouble_leaves_the_last_one() {
    let mut desk = open();
    desk.kit.keys("enter").shows(&["Open a file"]).types("x").shows(&["x"]);
    let trouble =
        Trouble::said("read the folder", "folder-unreadable", "permission denied", "Choose another.");
    desk.kit.keys("backspace").answer(|op| matches!(op, Op::Folder { .. }), Fact::Failed(trouble));
    desk.kit.shows(&["permission denied", "dirty.csv"]);
}

#[test]
fn hostile_names_show_escaped() {
    let mut desk = open();
    let folder = crate::tui::event::Folder {
        path: PathBuf::from("/data"),
        items: vec![crate::tui::event::FolderItem {
            path: PathBuf::from("/data/x"),
            name: "evil\u{1b}[2J\u{202e}.csv".into(),
            is_folder: false,
            size: 7,
            modified: None,
        }],
    };
    desk.kit.keys("shift-tab").answer(|op| matches!(op, Op::Folder { .. }), Fact::Folder(folder));
    desk.kit.shows(&["evil\\u{1b}[2J\\u{202e}.csv"]);
}

#[test]
fn what_is_a_path_and_what_a_few_letters() {
    assert_eq!(typed_path("state"), None);
    assert_eq!(typed_path(" '/data/a b.csv' "), Some(PathBuf::from("/data/a b.csv")));
    assert_eq!(typed_path("file:///data/a.csv"), Some(PathBuf::from("/data/a.csv")));
    assert_eq!(typed_path("/data/a\\ b.csv"), Some(PathBuf::from("/data/a b.csv")));
    assert_eq!(typed_path("  "), None);
}

#[test]
fn sizes_read_well() {
    assert_eq!([size(7), size(1_234), size(5_600_000)], ["7 B", "1.2 kB", "5.6 MB"]);
}
