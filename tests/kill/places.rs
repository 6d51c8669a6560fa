//! The points have their places, releases have none of them, and harness and checker take nothing from the product.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::points::{FURTHER, POINTS, Place};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all points that stand in the program.
fn placed() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(path).unwrap();
        for (_, rest) in
            text.match_indices("kill_point!(\"").map(|(at, found)| text.split_at(at + found.len()))
        {
            names.insert(rest.split('"').next().unwrap_or_default().to_owned());
        }
    }
    names
}

#[test]
fn each_of_the_34_points_has_its_place() {
    let placed = placed();
    assert!((1..).zip(&POINTS).all(|(n, point)| point.name == format!("K{n}")), "one is missing");
    for point in &POINTS {
        let stands = placed.contains(point.name);
        let wanted = point.place == Place::Source;
        let instead = point.instead.unwrap_or("no other step stands for it");
        assert_eq!(stands, wanted, "{}, {} ({instead}): {:?}", point.name, point.when, point.place);
    }
    let known: BTreeSet<String> =
        POINTS.iter().map(|point| point.name).chain(FURTHER).map(str::to_owned).collect();
    assert_eq!(
        placed.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no run is killed there"
    );
}

/// A program that is built like a release holds neither the variable nor the code behind it; this one does where it is not
/// built so, which shows that the search finds what it looks for.
#[test]
fn a_release_cannot_be_told_to_end_itself() {
    let program = fs::read(env!("CARGO_BIN_EXE_quietline")).unwrap();
    let variable = b"QUIETLINE_KILL_AT";
    let holds_it = program.windows(variable.len()).any(|bytes| bytes == variable);
    assert_eq!(holds_it, cfg!(debug_assertions));

    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("debug-assertions"), "a profile decides by itself what a release holds");
    let hook = fs::read_to_string(root().join("src/kill_point.rs")).unwrap();
    for item in ["macro_rules! kill_point", "mod armed", "pub(crate) use armed"] {
        for (at, _) in hook.match_indices(item) {
            let before = hook[..at].trim_end().lines().next_back().unwrap();
            assert!(before.contains("debug_assertions"), "{item} stands in every build");
        }
    }
}

#[test]
fn harness_and_checker_take_nothing_from_the_product() {
    for folder in ["tests/kill", "tests/checker"] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            let of_the_product = ["quietline", "::"].concat();
            assert!(!text.contains(&of_the_product), "{}", path.display());
        }
    }
}
