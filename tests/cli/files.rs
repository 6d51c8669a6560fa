//! `check`: good, dirty and hopeless files.

use serde_json::json;

use crate::support::Desk;

const GOOD: &str = "phone,expires\n(202) 555-0147,2099-12-31\n202.555.0148,\n";
const DIRTY: &str = "phone,source\n2025550147,web\nn/a,web\n202-555-0147,call\n2025550148 / 2025550149,web\n";

#[test]
fn a_good_file_is_zero_and_adds_up() {
    let desk = Desk::new();
    desk.write("good.csv", GOOD);
    let ended = desk.run(["check", "good.csv", "--json"]).exits(0);
    let found = ended.json();
    assert!(found["file"].as_str().unwrap().ends_with("good.csv"));
    assert_eq!(found["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        (&found["rows"], &found["valid"], &found["rejected"], &found["duplicates"]),
        (&json!(2), &json!(2), &json!(0), &json!(0)),
        "{}",
        ended.all()
    );
    assert!(found["seconds"].is_number() && found["warnings"].is_number() && found["problems"].is_object());
    desk.run(["check", "good.csv"]).exits(0).says("2 usable");
    assert_eq!(desk.files().len(), 1, "nothing beside the input: {:?}", desk.files());
}

#[test]
fn a_dirty_file_is_one_and_each_reject_has_its_place_and_reason() {
    let desk = Desk::new();
    desk.write("dirty.csv", DIRTY);
    let ended = desk.run(["check", "dirty.csv", "--json", "--rejects", "bad.csv"]).exits(1);
    let found = ended.json();
    assert_eq!(found["rows"], 4);
    let parts: u64 =
        ["valid", "duplicates", "rejected"].iter().map(|part| found[part].as_u64().unwrap()).sum();
    assert_eq!(parts, 4, "{}", ended.all());
    assert_eq!(found["rejected"], 2);
    assert_eq!(found["problems"]["not-a-number"], 1);
    assert_eq!(found["problems"]["several-numbers"], 1);
    let rejects = std::fs::read_to_string(desk.work().join("bad.csv")).unwrap();
    assert!(rejects.starts_with("\u{feff}phone,source,problem_row,problem_line,problem_byte,"), "{rejects}");
    assert_eq!(rejects.lines().count(), 3, "{rejects}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(desk.work().join("bad.csv")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "numbers are for the owner alone");
    }
    desk.run(["check", "dirty.csv", "--allow-rejects"]).exits(0);
}

#[test]
fn what_is_assumed_of_the_whole_file_is_said_with_its_value() {
    let desk = Desk::new();
    desk.write("two.csv", "phone,alt\n2025550101,2125550102\n2025550103,2125550104\n");
    desk.run(["check", "two.csv"]).exits(0).says("unread-numbers").says("1 note on the file").says("alt");
}

#[test]
fn hopeless_files_are_three_and_say_what_they_are() {
    let desk = Desk::new();
    desk.write("empty.csv", "");
    desk.write("header.csv", "phone,expires\n");
    desk.write("binary.csv", [&b"\x7fELF\x02\x01\x01"[..], &[0; 4096]].concat());
    desk.write("document.csv", "%PDF-1.7\n%\u{e2}\u{e3}\n1 0 obj\n");
    std::fs::create_dir(desk.work().join("folder.csv")).unwrap();
    for (file, code) in [
        ("missing.csv", "file-unreadable"),
        ("empty.csv", "no-records"),
        ("header.csv", "no-records"),
        ("binary.csv", "wrong-kind"),
        ("document.csv", "wrong-kind"),
        ("folder.csv", "not-a-file"),
        ("/dev/null", "not-a-file"),
    ] {
        desk.run(["check", file]).fails(3, code);
        desk.run(["check", file, "--json"]).fails_in_json(3, code);
    }
}

#[test]
fn a_choice_that_only_a_person_can_make_names_its_flag() {
    let desk = Desk::new();
    desk.write("two.csv", "home phone,work phone\n2025550147,2025550148\n2025550149,2025550150\n");
    desk.run(["check", "two.csv"]).fails(3, "needs-choice").says("--map number=");
    desk.run(["check", "two.csv", "--map", "number=work phone"]).exits(0);
    desk.run(["check", "two.csv", "--map", "number=1"]).exits(0);
    let both = ["check", "two.csv", "--json", "--map", "number=home phone", "--map", "number=work phone"];
    let both = desk.run(both).json();
    assert_eq!((&both["rows"], &both["valid"]), (&4.into(), &4.into()));
    desk.run(["check", "two.csv", "--map", "source=1", "--map", "source=2"]).fails(2, "usage").says("source");
}

#[test]
fn the_input_flags_reach_the_reader() {
    let desk = Desk::new();
    desk.write("plain.csv", "2025550147\n2025550148\n");
    let rows = |arguments: &[&str]| {
        desk.run([&["check", "plain.csv", "--json"], arguments].concat()).json()["rows"].clone()
    };
    assert_eq!(rows(&["--no-header"]), 2);
    // Numbers are never taken for names, whoever says so.
    desk.run(["check", "plain.csv", "--header"]).fails(3, "needs-choice").says("--no-header");
    desk.write("titled.csv", "list 2\n2025550147\n");
    assert_eq!(desk.run(["check", "titled.csv", "--json", "--header"]).json()["rows"], 1);
    desk.write("pipes.csv", "phone|expires\n2025550147|03/04/2099\n");
    desk.run(["check", "pipes.csv", "--delimiter", "pipe"]).exits(1).says("ambiguous-date");
    desk.run(["check", "pipes.csv", "--delimiter", "|", "--date-order", "dmy"]).exits(0);
    desk.write("gb.csv", "phone\n020 7946 0018\n");
    desk.run(["check", "gb.csv", "--region", "GB"]).exits(0);
    desk.run(["check", "plain.csv", "--encoding", "klingon"]).fails(2, "usage");
}

#[test]
fn a_list_of_changes_is_not_uploaded_before_somebody_says_how() {
    let desk = Desk::new();
    desk.write("changes.txt", "2025550147,2026-11-02,A\n2025550148,2026-11-02,D\n");
    desk.run(["check", "changes.txt"]).fails(3, "needs-choice").says("--changes additions");
    desk.run(["check", "changes.txt", "--json"]).fails_in_json(3, "needs-choice");
    let found = desk.run(["check", "changes.txt", "--changes", "additions", "--json"]).exits(1).json();
    assert_eq!((&found["rows"], &found["valid"], &found["rejected"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(found["problems"]["deletion-row"], 1);
    desk.run(["check", "changes.txt", "--changes", "ignore"]).exits(0);
    desk.run(["check", "changes.txt", "--changes", "all"]).fails(2, "usage");
}

#[test]
fn widths_and_ranges_are_said_by_flags_or_warned_of() {
    let desk = Desk::new();
    desk.write("fixed.txt", "2025550147US-DC\n2025550148US-DC\n 2025550149US-DC\n");
    let found = desk.run(["check", "fixed.txt", "--widths", "10,5", "--json"]).exits(1).json();
    assert_eq!((&found["valid"], &found["problems"]["misaligned-row"]), (&2.into(), &1.into()));
    for widths in ["10,x", "0", "*,5"] {
        desk.run(["check", "fixed.txt", "--widths", widths]).fails(2, "usage").says("--widths");
    }
    desk.run(["check", "fixed.txt", "--widths", "10,5", "--delimiter", ","]).fails(2, "usage");
    let lines: String = (0..5).map(|n| format!("202555014{n} US-DC\n")).collect();
    desk.write("even.txt", lines);
    let found = desk.run(["check", "even.txt", "--json"]).exits(0).json();
    assert_eq!(found["problems"]["assumed-widths"], 1);

    desk.write("ported.txt", "2025550140,0149\n2025550150,\n");
    desk.run(["check", "ported.txt"]).fails(3, "needs-choice").says("--map range-end=2");
    let found = desk.run(["check", "ported.txt", "--map", "range-end=2", "--json"]).exits(0).json();
    assert_eq!((&found["records"], &found["rows"], &found["valid"]), (&2.into(), &11.into(), &11.into()));
}

#[test]
fn nothing_of_a_hostile_file_steers_the_terminal() {
    let desk = Desk::new();
    let name = "a\u{1b}]0;owned\u{7}\u{202e}.csv";
    desk.write(name, "phone,n\u{9b}ame\n\u{1b}]52;c;aGk=\u{7},x\n\u{202e}n/a,y\n");
    for arguments in [
        &["check", name, "--no-header"][..],
        &["check", name, "--header", "--map", "number=1"],
        &["check", name, "--json"],
        &["check", "\u{1b}[2Jmissing"],
    ] {
        let ended = desk.run(arguments);
        for stream in [&ended.stdout, &ended.stderr] {
            let steering = stream.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(steering, None, "{arguments:?}: {stream:?}");
        }
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    desk.write("good.csv", GOOD);
    let mut command = desk.command(["completions", "bash"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let typed = crate::support::typed(&command);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let ended = crate::support::Ended::finish(typed, child).exits(0);
    assert_eq!(ended.stderr, "");
}

#[cfg(unix)]
#[test]
fn rejects_never_take_the_place_of_a_link_or_a_pipe() {
    let desk = Desk::new();
    desk.write("dirty.csv", DIRTY);
    let kept = desk.write("kept.txt", "mine");
    let link = desk.work().join("link.csv");
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    let pipe = desk.work().join("pipe.csv");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).unwrap();

    for name in ["link.csv", "pipe.csv"] {
        desk.run(["check", "dirty.csv", "--rejects", name, "--json"]).fails_in_json(2, "output-unwritable");
    }
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink(), "the link is gone");
    assert!(!std::fs::metadata(&pipe).unwrap().is_file(), "the pipe is gone");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine");
}

#[test]
fn a_workbook_says_what_it_was_and_asks_which_sheet() {
    let desk = Desk::new();
    let sample = |name: &str| format!("{}/assets/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    let found = desk.run(["check", &sample("good.xlsx"), "--json"]).exits(0).json();
    assert_eq!(found["container"], json!({"kind": "xlsx", "part": "Opt-outs"}));
    assert_eq!(found["rows"], found["records"]);
    let plain = desk.run(["check", &sample("good.csv"), "--json"]).exits(0).json();
    assert_eq!((&found["valid"], plain.get("container")), (&plain["valid"], None));
    desk.run(["check", &sample("good.xlsx")]).exits(0).says("(xlsx, sheet Opt-outs)");
    let asked = desk.run(["check", &sample("good.xlsx"), "--sheet", "June", "--json"]).exits(3).json();
    assert_eq!(asked["error"]["code"], "needs-choice");
    assert!(asked["error"]["advice"].as_str().unwrap().contains("--sheet"));
}

#[test]
fn a_sheet_or_a_member_that_cannot_be_there_is_refused() {
    let desk = Desk::new();
    desk.write("f.csv", GOOD);
    let sample = |name: &str| format!("{}/assets/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    for (file, flag) in [
        ("f.csv", "--sheet"),
        ("f.csv", "--member"),
        (&sample("good.xlsx"), "--member"),
        (&sample("good.ods"), "--member"),
    ] {
        let asked = desk.run(["check", file, flag, "June", "--json"]).fails_in_json(2, "usage");
        asked.says(flag).says("Leave");
    }
    desk.run(["check", &sample("good.xlsx"), "--sheet", "Opt-outs"]).exits(0);
}

#[test]
fn names_inside_an_archive_never_reach_the_terminal_as_they_are() {
    use std::io::Write as _;
    let desk = Desk::new();
    let mut archive = zip::ZipWriter::new(std::fs::File::create(desk.work().join("a.zip")).unwrap());
    for name in ["\u{1b}]52;c;eA==\u{7}a.csv", "b\u{1b}[2J.csv"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(GOOD.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let asked = desk.run(["check", "a.zip"]).exits(3);
    assert!(asked.all().contains("--member") && !asked.all().contains('\u{1b}'), "{}", asked.all());
    let taken = desk.run(["check", "a.zip", "--member", "b\u{1b}[2J.csv"]).exits(0);
    // The command line itself is in `all`.
    let printed = taken.all().split_once("stdout").unwrap().1.to_owned();
    assert!(printed.contains("2 usable") && !printed.contains('\u{1b}'), "{printed}");
}

#[test]
fn where_several_columns_hold_numbers_what_is_counted_is_said() {
    let desk = Desk::new();
    desk.write("two.csv", "home,work\n2025550147,2025550148\n2025550149,\nn/a,2025550150\n");
    let flags = ["check", "two.csv", "--map", "number=home", "--map", "number=work"];
    let ended = desk.run(flags).exits(1);
    ended.says("5 numbers in 3 rows · 4 usable · 0 duplicates · 1 rejected");
}

#[test]
fn the_cleaned_list_checks_without_a_word_and_the_mended_rejects_too() {
    let desk = Desk::new();
    desk.write("dirty.csv", DIRTY);
    let ended = desk.run(["check", "dirty.csv", "--clean", "clean.csv", "--rejects", "bad.csv"]).exits(1);
    ended.says("1 usable numbers written to clean.csv").says("2 rejected rows written to bad.csv");
    let clean = desk.run(["check", "clean.csv", "--json"]).exits(0).json();
    assert_eq!((&clean["valid"], &clean["problems"]), (&json!(1), &json!({})));
    // As it is, the file of rejects is rejected; with its cells mended it is taken, its own columns notwithstanding.
    desk.run(["check", "bad.csv"]).exits(1);
    let text = std::fs::read_to_string(desk.work().join("bad.csv")).unwrap();
    let mended = text.replacen("n/a,web", "2025550151,web", 1);
    desk.write("bad.csv", mended.replacen("2025550148 / 2025550149,web", "2025550148,web", 1));
    assert_eq!(desk.run(["check", "bad.csv", "--json"]).exits(0).json()["valid"], 2);
}

#[test]
fn a_report_is_written_as_its_ending_says() {
    let desk = Desk::new();
    desk.write("dirty.csv", DIRTY);
    let flags =
        ["check", "dirty.csv", "--json", "--report", "r.json", "--report", "r.csv", "--report", "r.html"];
    let found = desk.run(flags).exits(1).json();
    let read = |name: &str| std::fs::read_to_string(desk.work().join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    for (field, value) in found.as_object().unwrap() {
        assert_eq!(&report[field], value, "{field}");
    }
    assert_eq!(report["examples"]["not-a-number"][0]["row"], 2);
    assert!(read("r.csv").starts_with("severity,code,row,line,byte,column,value_masked,meaning,hint\n"));
    assert!(read("r.html").starts_with("<!doctype html>"));
    for (name, text) in ["r.json", "r.csv", "r.html"].map(|name| (name, read(name))) {
        assert!(!text.contains("2025550148"), "{name} holds a number whole");
    }
}

#[test]
fn an_output_that_cannot_be_is_told_before_the_file_is_read() {
    let desk = Desk::new();
    desk.write("dirty.csv", DIRTY);
    desk.run(["check", "missing.csv", "--report", "r.pdf"]).fails(2, "usage").says(".html, .json or .csv");
    desk.run(["check", "missing.csv", "--clean", "a.csv", "--rejects", "./a.csv"]).fails(2, "usage");
    desk.run(["check", "dirty.csv", "--clean", "dirty.csv"]).fails(2, "output-unwritable");
    desk.run(["check", "dirty.csv", "--report", "missing/r.html"]).fails(2, "output-unwritable");
    assert!(desk.files().iter().eq(["work/dirty.csv"]), "{:?}", desk.files());
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file_and_says_what_to_do() {
    let desk = Desk::new();
    let rows: String = (0..2_000).map(|row| format!("n/a {row},web\n")).collect();
    desk.write("dirty.csv", format!("phone,source\n{rows}2025550147,web\n"));
    desk.write("bad.csv", "old");
    // A limit on the size of a file stops a writer where a full disk would.
    let program = env!("CARGO_BIN_EXE_quietline");
    let script =
        format!("trap '' XFSZ; ulimit -f 8; exec {program} check dirty.csv --rejects bad.csv --json");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(desk.work());
    let ended = shell.output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        (ended.status.code(), &said["error"]["code"]),
        (Some(2), &json!("output-unwritable")),
        "{said}"
    );
    assert!(said["error"]["advice"].as_str().unwrap().contains("Make room"), "{said}");
    assert_eq!(std::fs::read_to_string(desk.work().join("bad.csv")).unwrap(), "old");
    assert!(desk.files().iter().eq(["work/bad.csv", "work/dirty.csv"]), "{:?}", desk.files());
}
