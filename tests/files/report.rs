//! The report of a check: whole, masked, inert, and its sums those of the check.

use super::*;

fn report(text: impl AsRef<[u8]>, name: &str, format: ReportFormat) -> (String, Checked) {
    let (folder, path) = stored(name, text);
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    let checked = check_document(&document).unwrap();
    let out = folder.path().join("report.out");
    write_report(&document, &checked, options().now, format, (&out, &CancellationToken::new())).unwrap();
    (std::fs::read_to_string(&out).unwrap(), checked)
}

fn html(text: impl AsRef<[u8]>, name: &str) -> (String, Checked) {
    report(text, name, ReportFormat::Html)
}

const MIXED: &str = "phone,state,expires,source\n2025550101,US-DC,2027-03-31,web\n2025550102,US-DC,2027-03-15,web\n\
    4155550103,US-CA,,web\n202-555-0101,US-DC,,web\n=1+1,US-DC,,web\n555-0101,US-DC,,web\n";

/// The report in each format.
fn reports(document: &Document, checked: &Checked, folder: &Path) -> Vec<(ReportFormat, String)> {
    let written = |format| {
        let out = folder.join("report.out");
        write_report(document, checked, options().now, format, (&out, &CancellationToken::new())).unwrap();
        (format, std::fs::read_to_string(&out).unwrap())
    };
    [ReportFormat::Json, ReportFormat::Csv, ReportFormat::Html].map(written).to_vec()
}

#[test]
fn the_page_says_what_was_checked_and_its_sums_add_up() {
    let (page, checked) = html(MIXED, "list.csv");
    for said in [
        "list.csv",
        &checked.sha256,
        "UTF-8",
        "20 November 2026, 12:00 UTC",
        concat!("quietline ", env!("CARGO_PKG_VERSION")),
        "not-a-number",
        "local-only",
        "2027-03",
        "US-CA",
    ] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    let cell = |label: &str| -> u64 {
        let row = page.split("<tr").find(|row| row.contains(label)).unwrap_or_else(|| panic!("{label}"));
        let number = row.split("class=\"n\">").nth(1).unwrap().split('<').next().unwrap();
        number.replace(',', "").parse().unwrap()
    };
    let outcomes = ["</span>usable", "</span>duplicates", "</span>rejected"].map(cell);
    assert_eq!(outcomes, [checked.valid, checked.duplicates, checked.rejected]);
    assert_eq!((outcomes.iter().sum::<u64>(), cell("all rows")), (6, 6));
    let parts = ["records", "header", "blank lines", "comments", "byte order mark", "end-of-file character"];
    let bytes: u64 = parts.map(|part| cell(&format!("<td>{part}</td>"))).iter().sum();
    assert_eq!((bytes, cell("all bytes")), (MIXED.len() as u64, MIXED.len() as u64));
    assert_eq!([cell("<td>2027-03</td>"), cell("<td>never</td>")], [1, 2]);
    // Every chart has its numbers in a table: there is a bar or a column for each, and none stands alone.
    assert!(page.matches("<svg").count() > 4 && page.matches("<table").count() >= 6);
}

#[test]
fn nothing_of_a_hostile_file_runs_in_a_page() {
    let hostile = "<script>alert(1)</script>";
    let text = format!(
        "phone,\"{hostile}\",notes\nx\" onload=\"{hostile},&lt;,a\n\"{hostile}\",\"'\"\"><img src=x>\",\u{202e}b\n2025550101,a\u{7}b,c\n"
    );
    let (page, _) = html(text, "<b onclick='x'>&.csv");
    let body = page.split_once("<body>").unwrap().1;
    for mark in ["<script", "<img", "<b on", "\u{202e}", "\u{7}", "javascript:", "http:", "https:"] {
        assert!(!body.contains(mark), "{mark}: {body}");
    }
    assert!(body.contains("&lt;script&gt;") && body.contains("&lt;b onclick=&#39;x&#39;&gt;&amp;.csv"));
    assert!(page.contains("default-src 'none'"));
    // Tags are balanced, so nothing of the file closed one.
    for tag in ["table", "tbody", "tr", "td", "th", "svg", "h2", "h3", "ul", "li", "p", "span"] {
        let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_report_of_any_size_stays_small_but_the_table_has_every_problem() {
    let rows: String = (0..5_000)
        .map(|n| {
            format!(
                "n/a,US-DC,2{:03}-01-31\n202{:07},US-DC,2{:03}-02-01\n",
                30 + n % 900,
                5_550_000 + n,
                30 + n % 900
            )
        })
        .collect();
    let text = format!("phone,state,expires\n{rows}");
    let (page, checked) = html(&text, "list.csv");
    assert_eq!(checked.rejected, 5_000);
    assert!(page.len() < 60_000, "{}", page.len());
    let (json, _) = report(&text, "list.csv", ReportFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["examples"]["not-a-number"].as_array().unwrap().len(), 10);
    assert_eq!(json["problems"]["not-a-number"], 5_000);
    let (table, _) = report(&text, "list.csv", ReportFormat::Csv);
    assert_eq!(table.lines().count(), 1 + checked.problems.len());
}

#[test]
fn no_report_holds_a_number_whole_or_a_formula() {
    let text =
        "phone,state\n202-555-0101 / 202-555-0102,US-DC\n=2025550103,US-DC\n2025550104,US-CA\n2025550104,\n";
    for format in [ReportFormat::Json, ReportFormat::Csv, ReportFormat::Html] {
        let (text, _) = report(text, "list.csv", format);
        assert!(text.contains("•••-•••-••01 / ") || text.contains("•••-•••-•••• / "), "{format:?}: {text}");
        for number in ["555-0101", "555-0102", "2025550103", "2025550104", "12025550104"] {
            assert!(!text.contains(number), "{format:?}: {number} in {text}");
        }
        if format == ReportFormat::Csv {
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            assert!(
                rows.records().all(|row| row.unwrap().iter().all(|cell| !cell.starts_with(['=', '@', '-'])))
            );
        }
    }
}

#[test]
fn a_page_says_why_a_file_has_more_rows_than_records() {
    let why = |text: &str, map: &[(Field, &str)]| {
        let (folder, path) = stored("list.csv", text);
        let map = map.iter().map(|(field, column)| (*field, (*column).to_owned())).collect();
        let document = Document::open(&path, &InputOptions { map, ..InputOptions::default() }).unwrap();
        let out = folder.path().join("report.html");
        let checked = check_document(&document).unwrap();
        write_report(
            &document,
            &checked,
            options().now,
            ReportFormat::Html,
            (&out, &CancellationToken::new()),
        )
        .unwrap();
        let page = std::fs::read_to_string(&out).unwrap();
        (page.contains("Several columns hold numbers"), page.contains("Rows may be ranges"))
    };
    let ranges = "phone,end,mobile\n2025550101,0109,2125550102\n";
    assert_eq!(why(ranges, &[(Field::Number, "phone"), (Field::RangeEnd, "end")]), (false, true));
    let several = [(Field::Number, "phone"), (Field::Number, "mobile"), (Field::RangeEnd, "-")];
    assert_eq!(why(ranges, &several), (true, false));
    assert_eq!(why("phone\n2025550101\n", &[]), (false, false));
}

#[test]
fn a_number_in_the_name_of_a_column_is_whole_in_no_report() {
    let text = "the main office 2025550101,until\n2025550102,2027-01-31\n4155550103,\n2125550104,\nn/a,\n";
    let (folder, path) = stored("list.csv", text);
    let mut constants = quietline::ops::Constants::default();
    constants.set(Field::Expires, "2028-11-30").unwrap();
    let said = InputOptions { header: Some(true), constants, ..InputOptions::default() };
    let document = Document::open(&path, &said).unwrap();
    let noted: Vec<Code> = document.notes().iter().map(|note| note.code).collect();
    assert_eq!(noted, [Code::AssumedColumn, Code::ConstantUnused]);
    let checked = check_document(&document).unwrap();
    for (format, report) in reports(&document, &checked, folder.path()) {
        assert!(!report.contains("2025550101"), "{format:?}: {report}");
        assert!(report.contains("the main office ••••••••01"), "which column it is: {format:?}: {report}");
        assert!(report.contains("2028-11-30"), "a date is nobody's number: {format:?}: {report}");
    }
}

#[test]
fn a_number_that_slipped_into_the_expiry_column_is_masked_and_a_date_is_not() {
    let text = "phone,state,expires\n2025550101,x5550199,4155550103,2125550102\n2025550104,,415-555-0105\n\
                2025550106,,2020-01-31\n2025550107,,31/31/2027\n2025550108,,20271332\n2025550109,,+1 2025550110\n";
    let (folder, path) = stored("list.csv", text);
    let map = vec![(Field::Expires, "3".to_owned())];
    let document = Document::open(&path, &InputOptions { map, ..InputOptions::default() }).unwrap();
    let checked = check_document(&document).unwrap();
    for (format, report) in reports(&document, &checked, folder.path()) {
        for number in ["4155550103", "415-555-0105", "2025550110", "5550199", "2125550102"] {
            assert!(!report.contains(number), "{format:?}: {number} in {report}");
        }
        for date in ["2020-01-31", "31/31/2027"] {
            assert!(report.contains(date), "{format:?}: {date} in {report}");
        }
        assert!(report.contains("•••-•••-••05"), "{format:?}: {report}");
    }
}

#[test]
fn nothing_in_a_report_steers_the_terminal_that_shows_it() {
    let text = "phone,\"re\u{1b}]0;mark\"\nhello\u{1b}[31m\u{7}\u{9b}2J\u{202e},x\n2025550101,y\n";
    let (folder, path) = stored("list.csv", text);
    let map = vec![(Field::Source, "2".to_owned())];
    let document = Document::open(&path, &InputOptions { map, ..InputOptions::default() }).unwrap();
    let checked = check_document(&document).unwrap();
    for (format, report) in reports(&document, &checked, folder.path()) {
        let raw = report.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(raw, None, "{format:?}: {report:?}");
        assert!(report.contains("u{1b}[31m"), "{format:?}: {report}");
    }
    // Rejects are worked with: another cell would be another row.
    let out = folder.path().join("rejects.csv");
    write_rejects(&document, &checked, &out, &CancellationToken::new()).unwrap();
    assert!(std::fs::read_to_string(&out).unwrap().contains("hello\u{1b}[31m\u{7}\u{9b}2J\u{202e}"));
}
