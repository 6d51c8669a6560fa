//! The report as one page: no script, nothing from elsewhere, every string of the file escaped. It prints on A4.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::Facts;
use super::chart::{bar, columns, stacked};
use super::mask;
use crate::domain::problem::{Code, Problem, Severity};
use crate::domain::text::{thousands, visible};
use crate::files::{LineEnding, delimiter_name};

/// Places that have a row of their own.
const PLACES: usize = 15;
/// Examples of a kind that stand on the page.
const SHOWN: usize = 5;
/// Months that have a column of their own.
const MONTHS: usize = 24;

/// Text of the file, safe in a page: marks that cannot be seen are shown, those of HTML mean nothing.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text, 400).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The page.
pub(super) fn page(facts: &Facts<'_>) -> String {
    let name = escaped(&facts.document.name());
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Check of {name}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        include_str!("style.css")
    );
    top(facts, &name, &mut out);
    outcomes(facts, &mut out);
    kinds(facts, &mut out);
    places(facts, &mut out);
    expiries(facts, &mut out);
    examples(facts, &mut out);
    file(facts, &mut out);
    let _ = writeln!(
        out,
        "<footer><p>The digits of telephone numbers are masked but for the last two; the rejects file has the cells whole.</p>\
         <p>quietline {} · checked {}</p></footer>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION"),
        when(facts)
    );
    out
}

fn when(facts: &Facts<'_>) -> String {
    facts.at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn top(facts: &Facts<'_>, name: &str, out: &mut String) {
    let checked = facts.checked;
    let rows = thousands(checked.rows);
    let said = match (checked.rejected, checked.valid) {
        (0, _) => "Every row can be used.".to_owned(),
        (_, 0) => "No row can be used as it stands.".to_owned(),
        (1, _) => "One row was rejected and suppresses nothing until it is mended.".to_owned(),
        (n, _) => {
            format!("{} rows were rejected and suppress nothing until they are mended.", thousands(n))
        }
    };
    let _ = write!(
        out,
        "<header><p class=\"kind\">Check of a suppression list</p><h1>{name}</h1>\
         <p>{rows} {} checked on {}. {said}</p></header>\n<ul class=\"tiles\">",
        if checked.rows == 1 { "row" } else { "rows" },
        when(facts)
    );
    for (class, n, label) in [
        ("usable", checked.valid, "usable numbers"),
        ("duplicate", checked.duplicates, "duplicates"),
        ("rejected", checked.rejected, "rejected"),
        ("warning", checked.warnings, "with warnings"),
    ] {
        let _ = write!(out, "<li class=\"is-{class}\"><b>{}</b><span>{label}</span></li>", thousands(n));
    }
    out.push_str("</ul>\n");
}

/// A share in words: `12.5 %`, never `0.0 %` of something.
fn percent(n: u64, of: u64) -> String {
    match n as f64 * 100.0 / of.max(1) as f64 {
        _ if n == 0 => "0 %".into(),
        share if share < 0.1 => "&lt; 0.1 %".into(),
        share if share > 99.9 && n < of => "&gt; 99.9 %".into(),
        share => format!("{share:.1} %"),
    }
}

fn outcomes(facts: &Facts<'_>, out: &mut String) {
    let checked = facts.checked;
    let parts = [
        ("usable", checked.valid, "usable"),
        ("duplicates", checked.duplicates, "duplicate"),
        ("rejected", checked.rejected, "rejected"),
    ];
    let meaning =
        ["becomes an entry of the list", "its number stands in another row too", "not used: see below"];
    let _ = write!(
        out,
        "<h2>What became of every row</h2>\n{}\n<table><thead><tr><th>outcome</th><th>meaning</th><th class=\"n\">rows</th><th class=\"n\">share</th></tr></thead><tbody>",
        stacked(&parts)
    );
    for ((label, n, class), meaning) in parts.iter().zip(meaning) {
        let _ = write!(
            out,
            "<tr><td class=\"is-{class}\"><span class=\"swatch\"></span>{label}</td><td class=\"soft\">{meaning}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            thousands(*n),
            percent(*n, checked.rows)
        );
    }
    let _ = writeln!(
        out,
        "<tr class=\"sum\"><td>all rows</td><td></td><td class=\"n\">{}</td><td class=\"n\">100 %</td></tr></tbody></table>",
        thousands(checked.rows)
    );
    if checked.rows != checked.records {
        let mapping = facts.document.mapping();
        let mut why = String::new();
        if !mapping.more_numbers.is_empty() {
            why.push_str("Several columns hold numbers: each filled cell counts as a row. ");
        }
        if mapping.has_ranges() {
            why.push_str("Rows may be ranges of numbers: each number of one counts as a row. ");
        }
        let records = thousands(checked.records);
        let _ = writeln!(out, "<p class=\"soft\">{why}The file has {records} records.</p>");
    }
}

/// Rejections first, then by how many there are.
fn sorted(facts: &Facts<'_>) -> Vec<(Code, u64)> {
    let mut counts: Vec<(Code, u64)> = facts.checked.counts.iter().map(|(code, n)| (*code, *n)).collect();
    counts.sort_by_key(|(code, n)| (code.severity(), Reverse(*n), *code));
    counts
}

fn kinds(facts: &Facts<'_>, out: &mut String) {
    out.push_str("<h2>Problems by kind</h2>\n");
    let counts = sorted(facts);
    if counts.is_empty() {
        out.push_str("<p>There are none.</p>\n");
    }
    let groups = [
        (Severity::Rejection, "rejected", "Rejected: the row is not used"),
        (Severity::Warning, "warning", "Warnings: the row is used, and worth a look"),
    ];
    for (severity, class, title) in groups {
        let counts: Vec<_> = counts.iter().filter(|(code, _)| code.severity() == severity).collect();
        // Each group has its own scale: a thousand duplicates would hide ten damaged numbers.
        let Some(most) = counts.iter().map(|(_, n)| *n).max() else { continue };
        let _ = write!(
            out,
            "<h3>{title}</h3>\n<table class=\"kinds\"><thead><tr><th>problem</th><th>code</th><th></th><th class=\"n\">times</th></tr></thead><tbody>"
        );
        for (code, n) in counts {
            let _ = write!(
                out,
                "<tr><td>{}</td><td class=\"k\">{}</td><td class=\"b\">{}</td><td class=\"n\">{}</td></tr>",
                escaped(code.title()),
                code.as_str(),
                bar(*n, most, class),
                thousands(*n)
            );
        }
        out.push_str("</tbody></table>\n");
    }
}

fn places(facts: &Facts<'_>, out: &mut String) {
    let mut places: Vec<(String, u64)> =
        facts.jurisdictions.iter().map(|(place, n)| (place.as_str().to_owned(), *n)).collect();
    if places.is_empty() {
        return;
    }
    places.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let most = places[0].1;
    let rest = places.split_off(places.len().min(PLACES));
    let left: u64 = rest.iter().map(|(_, n)| n).sum();
    out.push_str("<h2>Usable numbers by jurisdiction</h2>\n<table class=\"places\"><thead><tr><th>jurisdiction</th><th></th><th class=\"n\">numbers</th><th class=\"n\">share</th></tr></thead><tbody>");
    let mut row = |label: &str, n: u64, bar: &str| {
        let _ = write!(
            out,
            "<tr><td>{label}</td><td class=\"b\">{bar}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            thousands(n),
            percent(n, facts.checked.valid)
        );
    };
    for (place, n) in &places {
        row(&escaped(place), *n, &bar(*n, most, "usable"));
    }
    if left > 0 {
        row(&format!("{} others", thousands(rest.len() as u64)), left, "");
    }
    out.push_str("</tbody></table>\n");
}

fn expiries(facts: &Facts<'_>, out: &mut String) {
    if facts.checked.valid == 0 {
        return;
    }
    out.push_str("<h2>Usable numbers by expiry</h2>\n");
    let mut months: Vec<(String, u64)> =
        facts.expiries.iter().map(|((year, month), n)| (format!("{year:04}-{month:02}"), *n)).collect();
    let later: u64 = months.split_off(months.len().min(MONTHS)).iter().map(|(_, n)| n).sum();
    if !months.is_empty() {
        out.push_str(&columns(&months, "numbers by the month in which they expire"));
    }
    let mut rows = months;
    rows.insert(0, ("never".to_owned(), facts.for_ever));
    if later > 0 {
        rows.push(("later".to_owned(), later));
    }
    // Side by side, so that two years do not fill a page.
    out.push_str("<div class=\"pair\">");
    for half in rows.chunks(rows.len().div_ceil(2)) {
        out.push_str("<table><thead><tr><th>expires in</th><th class=\"n\">numbers</th><th class=\"n\">share</th></tr></thead><tbody>");
        for (label, n) in half {
            let _ = write!(
                out,
                "<tr><td>{label}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                thousands(*n),
                percent(*n, facts.checked.valid)
            );
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</div>\n");
}

fn examples(facts: &Facts<'_>, out: &mut String) {
    let counts = sorted(facts);
    let shown: Vec<(Code, u64, &Vec<Problem>)> = counts
        .into_iter()
        .filter_map(|(code, n)| {
            let list = facts.examples.get(&code)?;
            list.iter().any(|problem| problem.place.row > 0).then_some((code, n, list))
        })
        .collect();
    if shown.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2>Examples</h2>\n<p class=\"soft\">The first {SHOWN} of each kind. Row counts data records from 1; line is what a text editor shows.</p>"
    );
    for (code, n, list) in shown {
        let list: Vec<&Problem> = list.iter().filter(|problem| problem.place.row > 0).take(SHOWN).collect();
        let _ = writeln!(
            out,
            "<h3>{} <span class=\"code\">· {} · {}</span></h3>",
            escaped(code.title()),
            code.as_str(),
            thousands(n)
        );
        // What is the same for each row is said once.
        let same = list.windows(2).all(|pair| pair[0].hint == pair[1].hint);
        let advice = list.first().filter(|_| same).map(|problem| escaped(&problem.hint));
        if let Some(advice) = &advice {
            let _ = writeln!(out, "<p class=\"soft\">{advice}</p>");
        }
        let last = if same { "<th>value</th>" } else { "<th class=\"v\">value</th><th>what to do</th>" };
        let _ = write!(
            out,
            "<table class=\"examples\"><thead><tr><th class=\"n\">row</th><th class=\"n\">line</th><th class=\"c\">column</th>{last}</tr></thead><tbody>"
        );
        for problem in list {
            let _ = write!(
                out,
                "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"v mono\">{}</td>",
                thousands(problem.place.row),
                thousands(problem.place.line),
                escaped(&facts.column(problem)),
                escaped(&facts.value(problem)),
            );
            if !same {
                let _ = write!(out, "<td>{}</td>", escaped(&problem.hint));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>\n");
    }
}

fn file(facts: &Facts<'_>, out: &mut String) {
    let (document, checked) = (facts.document, facts.checked);
    let format = document.format();
    let mut rows: Vec<(&str, String)> = vec![
        ("Name", escaped(&document.name())),
        ("SHA-256", format!("<span class=\"mono\">{}</span>", escaped(&checked.sha256))),
        ("Size", format!("{} bytes", thousands(document.stored_size()))),
    ];
    if let Some(container) = document.container() {
        let part = container.part.as_deref().map(|part| format!(", {}", escaped(part))).unwrap_or_default();
        rows.push(("Unpacked from", format!("{}{part}", escaped(container.kind))));
    }
    rows.push((
        "Encoding",
        format!("{}{}", format.encoding, if format.bom { " with a byte order mark" } else { "" }),
    ));
    let delimiter = match format.delimiter {
        Some(byte) => escaped(&delimiter_name(byte)),
        None => match &format.widths {
            Some(widths) => format!("none, fixed widths {}", escaped(&widths.to_string())),
            None => "one column".to_owned(),
        },
    };
    rows.push(("Delimiter", delimiter));
    let ending = match format.line_ending {
        LineEnding::Lf => "LF",
        LineEnding::CrLf => "CRLF",
        LineEnding::Cr => "CR",
        LineEnding::Mixed => "mixed",
    };
    rows.push(("Line ending", ending.to_owned()));
    rows.push(("Header", if format.header { "the first line names the columns" } else { "none" }.to_owned()));
    rows.extend(format.layout.map(|layout| ("Layout", escaped(layout))));
    let name = |at: &usize| escaped(&mask::column(document, *at));
    let mut read: Vec<String> = document
        .mapping()
        .columns
        .iter()
        .map(|(field, at)| format!("{} from {}", field.as_str(), name(at)))
        .collect();
    read.extend(document.mapping().more_numbers.iter().map(|at| format!("number from {}", name(at))));
    rows.push(("Read as", read.join("<br>")));
    let _ = write!(out, "<h2>The file</h2>\n<table class=\"facts\"><tbody>");
    for (label, value) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{label}</th><td>{value}</td></tr>");
    }
    out.push_str("</tbody></table>\n");
    notes(facts, out);
    sums(facts, out);
}

fn notes(facts: &Facts<'_>, out: &mut String) {
    let notes: Vec<Problem> = facts.checked.problems.iter().take_while(|note| note.place.row == 0).collect();
    if notes.is_empty() {
        return;
    }
    out.push_str("<h3>What was noticed or assumed about the file as a whole</h3>\n<table><thead><tr><th>note</th><th>value</th><th>what to do</th></tr></thead><tbody>");
    for note in notes {
        let _ = write!(
            out,
            "<tr><td>{}</td><td class=\"mono\">{}</td><td>{}</td></tr>",
            escaped(note.code.title()),
            escaped(&facts.value(&note)),
            escaped(&note.hint)
        );
    }
    out.push_str("</tbody></table>\n");
}

fn sums(facts: &Facts<'_>, out: &mut String) {
    let bytes = &facts.checked.accounting;
    out.push_str("<h3>Where every byte went</h3>\n<p class=\"soft\">The parts must add up to the text that was read, or the check fails.</p>\n<table class=\"sums\"><thead><tr><th>part</th><th class=\"n\">bytes</th></tr></thead><tbody>");
    let parts = [
        ("records", bytes.records),
        ("header", bytes.header),
        ("blank lines", bytes.blanks),
        ("comments", bytes.comments),
        ("byte order mark", bytes.bom),
        ("end-of-file character", bytes.other),
    ];
    for (label, n) in parts {
        let _ = write!(out, "<tr><td>{label}</td><td class=\"n\">{}</td></tr>", thousands(n));
    }
    let _ = writeln!(
        out,
        "<tr class=\"sum\"><td>all bytes of the text</td><td class=\"n\">{}</td></tr></tbody></table>",
        thousands(bytes.size)
    );
}
