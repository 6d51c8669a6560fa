//! The index, files that change, rejects and the samples.

use super::*;

fn long_file(rows: usize) -> String {
    let mut file = String::from("phone,notes\n");
    (0..rows).for_each(|n| match n % 50 {
        7 => file.push_str(&format!("202555{:04},\"two\nlines\"\n", n % 10_000)),
        9 => file.push_str("\n202x,bad\n"),
        _ => file.push_str(&format!("202{:07},note {n}\n", 5_550_000 + n)),
    });
    file
}

#[test]
fn the_first_page_needs_no_index_and_the_last_row_does() {
    let (_folder, path) = stored("list.csv", long_file(60_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    assert_eq!(document.rows(1, 50).unwrap().len(), 50);
    assert!(document.rows(60_000, 1).unwrap().is_empty());
    let mut seen = 0;
    let state = document.build_index(&CancellationToken::new(), &mut |_| seen += 1).unwrap();
    assert!(state.complete && seen > 2);
    assert_eq!((state.rows, state.bytes), (60_000, document.size()));
    let last = document.rows(60_000, 10).unwrap();
    assert_eq!((last.len(), last[0].place.row, last[0].fields[1].as_str()), (1, 60_000, "note 59999"));
    assert!(document.rows(60_001, 1).unwrap().is_empty());
    for first in [1, 255, 256, 257, 512, 513, 31_337] {
        assert_eq!(document.rows(first, 2).unwrap()[0].place.row, first);
    }
    assert_eq!(check_document(&document).unwrap().rows, state.rows);
}

#[test]
fn a_stopped_index_goes_on_where_it_was() {
    let (_folder, path) = stored("list.csv", long_file(60_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let stop = CancellationToken::new();
    let stopped = document.build_index(&stop, &mut |_| stop.cancel());
    assert!(matches!(stopped, Err(FileError::Stopped)));
    let known = document.index_state();
    assert!(!known.complete && known.rows > 0 && known.rows < 60_000);
    let state = document.build_index(&CancellationToken::new(), &mut |_| {}).unwrap();
    assert_eq!((state.rows, state.complete), (60_000, true));
    assert_eq!(document.rows(59_999, 5).unwrap().len(), 2);
}

#[test]
fn a_check_tells_how_far_it_is_and_stops_when_told() {
    let (_folder, path) = stored("list.csv", long_file(30_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let (mut told, mut last) = (Vec::new(), 0);
    let checked = check(&document, &options(), &CancellationToken::new(), &mut |event| match event {
        CheckEvent::Progress { bytes, total, .. } => {
            assert!(bytes >= last && bytes <= total);
            last = bytes;
        }
        CheckEvent::Problems(problems) => told.extend(problems.iter()),
    })
    .unwrap();
    assert_eq!(last, document.size());
    told.sort_by_key(|problem| problem.place.row);
    assert_eq!(told, checked.problems.iter().collect::<Vec<_>>());

    let stop = CancellationToken::new();
    let stopped = check(&document, &options(), &stop, &mut |_| stop.cancel());
    assert!(matches!(stopped, Err(FileError::Stopped)));
}

#[rstest]
#[case::appended(|path: &Path| std::fs::write(path, long_file(9_000)).unwrap())]
#[case::cut(|path: &Path| std::fs::write(path, long_file(10)).unwrap())]
#[case::replaced(|path: &Path| {
    let other = path.with_extension("new");
    std::fs::write(&other, long_file(8_000)).unwrap();
    std::fs::rename(other, path).unwrap();
})]
#[case::removed(|path: &Path| std::fs::remove_file(path).unwrap())]
fn a_file_that_changes_under_the_check_is_not_used(#[case] change: fn(&Path)) {
    let (_folder, path) = stored("list.csv", long_file(8_000));
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let mut changed = false;
    let outcome = check(&document, &options(), &CancellationToken::new(), &mut |_| {
        if !std::mem::replace(&mut changed, true) {
            change(&path);
        }
    });
    assert!(matches!(outcome, Err(FileError::Changed { .. })), "{outcome:?}");
}

#[test]
fn rejects_hold_every_rejected_row_with_its_reason_and_its_cells() {
    let document = Document::open(&sample("dirty.csv"), &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rejects.csv");
    assert_eq!(
        write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap(),
        checked.rejected
    );

    let text = std::fs::read_to_string(&out).unwrap();
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let own = document.columns().len();
    assert_eq!(head[..own], *document.columns());
    assert_eq!(
        head[own..][..5],
        ["problem_row", "problem_line", "problem_byte", "problem_column", "problem_code"]
    );
    assert_eq!(head[own + 5..], ["problem_hint", "problem_value", "problem_mapping"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let codes = |row: &csv::StringRecord| -> Vec<(u64, Code)> {
        let codes = row[own + 4].split("; ").map(|name| Code::from_name(name).unwrap());
        codes.map(|code| (row[own].parse().unwrap(), code)).collect()
    };
    let written: Vec<(u64, Code)> = rows.iter().flat_map(codes).collect();
    assert_eq!(written, rejections(&checked));
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.starts_with(['=', '-', '@', '\t']))));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rejects_never_replace_the_file_they_come_from() {
    let (_folder, path) = stored("list.csv", "phone\nbad\n2025550101\n");
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    assert!(matches!(
        write_rejects(&document, &checked, &path, &CancellationToken::new()),
        Err(FileError::Unwritable { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), b"phone\nbad\n2025550101\n");
}

#[test]
fn the_good_samples_are_good_and_the_dirty_one_shows_many_kinds_of_problems() {
    let of =
        |name| check_document(&Document::open(&sample(name), &InputOptions::default()).unwrap()).unwrap();
    for (name, rows) in [("good.csv", 40), ("ftc_202.txt", 40), ("european.csv", 24)] {
        let checked = of(name);
        assert_eq!(
            (checked.rows, checked.valid, checked.rejected, checked.warnings),
            (rows, rows, 0, 0),
            "{name}"
        );
    }
    let dirty = of("dirty.csv");
    assert!(dirty.counts.len() >= 20 && dirty.valid >= 25 && dirty.duplicates >= 3, "{:?}", dirty.counts);
    assert_eq!(dirty.sha256.len(), 64);
}
