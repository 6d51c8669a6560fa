//! Questions about a file that only a person can answer, with the answers there are and what each would make of it.
//!
//! ```text
//! FileError::NeedsChoice { flag } ─▶ question(path, options, flag) ─▶ a person chooses ─▶ InputOptions::answer ─▶ open again
//! ```
//!
//! A new question is one arm in [`question`] and one in [`InputOptions::answer`]; whoever shows it needs no change.

use std::fs::File;
use std::path::Path;

use encoding_rs::Encoding;
use tokio_util::sync::CancellationToken;

use super::delimiter::DELIMITERS;
use super::scan::Width;
use super::scan::split::Fields;
use super::source::{Source, read_up_to};
use super::{Changes, DateOrder, Document, Field, FileError, InputOptions, changes, ranges, text, unpack};

mod dates;
mod encoding;
mod parts;

use dates::ambiguous_dates;
pub use dates::date_order;
use encoding::{encodings, named};
use parts::parts;

/// How much of the file is looked at.
const HEAD: usize = 256 * 1024;
/// Widths under which each line is one field.
const ONE_FIELD: &str = "*";
/// Values that one sample shows.
const VALUES: usize = 3;
/// In larger files they are not opened to be shown: each would have to be unpacked whole.
const SAMPLED: u64 = 4 << 20;

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The flag of the command line that answers it: `--encoding`.
    pub flag: &'static str,
    /// A few words: `Which encoding?`
    pub title: &'static str,
    /// What is open, in a sentence.
    pub sentence: String,
    /// The answers, in the order in which they are shown. Never empty.
    pub answers: Vec<Answer>,
    /// The answer that is proposed.
    pub proposed: usize,
}

/// One way to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The flag's value, as [`InputOptions::answer`] takes it. Empty: leave it open, which changes nothing.
    pub value: String,
    /// The answer in words.
    pub text: String,
    /// What the file reads like with it. From the file: not escaped for a terminal.
    pub sample: String,
}

impl Answer {
    fn new(value: &str, text: impl Into<String>, sample: impl Into<String>) -> Self {
        Self { value: value.to_owned(), text: text.into(), sample: sample.into() }
    }
}

impl InputOptions {
    /// Takes an answer in; `false` where the flag or its value is not known.
    pub fn answer(&mut self, flag: &str, value: &str) -> bool {
        match flag {
            "--encoding" => {
                let known = Encoding::for_label(value.as_bytes()).is_some();
                if known {
                    self.encoding = Some(value.to_owned());
                }
                known
            }
            "--delimiter" => {
                let found = DELIMITERS.iter().find(|(_, name)| *name == value);
                self.delimiter = found.map(|(byte, _)| *byte).or(self.delimiter);
                found.is_some()
            }
            "--widths" => {
                let found = value.parse().ok();
                let known = found.is_some();
                self.widths = found.or(self.widths.take());
                known
            }
            "--header" => {
                let said = match value {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => None,
                };
                self.header = said.or(self.header);
                said.is_some()
            }
            "--date-order" => {
                let said = DateOrder::from_name(value);
                self.date_order = said.or(self.date_order);
                said.is_some()
            }
            "--sheet" => {
                self.sheet = Some(value.to_owned());
                true
            }
            "--member" => {
                self.member = Some(value.to_owned());
                true
            }
            "--changes" => {
                let said = Changes::from_name(value);
                self.changes = said.or(self.changes);
                said.is_some()
            }
            "--map range-end" => {
                self.map.retain(|(field, _)| *field != Field::RangeEnd);
                self.map.push((Field::RangeEnd, value.to_owned()));
                true
            }
            _ => false,
        }
    }
}

/// The question that a flag answers, for one file; `None` where there is nothing to choose from. `flag` may carry more
/// behind a blank, as in [`FileError::NeedsChoice`]. Reads a bounded head of the file.
pub fn question(
    path: &Path,
    options: &InputOptions,
    flag: &str,
    stop: &CancellationToken,
) -> Result<Option<Question>, FileError> {
    let open = |options: &InputOptions| Document::open_with(path, options, stop, &mut |_| ());
    if flag.starts_with("--map range-end") {
        let none = InputOptions { map: vec![(Field::RangeEnd, "-".into())], ..options.clone() };
        let document = open(&none)?;
        let first =
            document.rows(1, 200)?.into_iter().find(|row| row.fields.get(1).is_some_and(|c| !c.is_empty()));
        return Ok(first.map(|row| ranges::question(1, &row.fields)));
    }
    let flag = flag.split(' ').next().unwrap_or_default();
    if flag == "--widths" {
        return widths(&open, options);
    }
    if flag == "--changes" {
        let as_answered = InputOptions { changes: Some(Changes::Additions), ..options.clone() };
        return Ok(changes::question(&open(&as_answered)?));
    }
    if matches!(flag, "--sheet" | "--member") {
        let source = Source::open(path)?;
        let names = unpack::parts(&source, stop)?;
        let parts = parts(&open, options, flag == "--sheet", &names, source.size() <= SAMPLED);
        return if stop.is_cancelled() { Err(FileError::Stopped) } else { Ok(parts) };
    }
    if !matches!(flag, "--encoding" | "--delimiter" | "--header" | "--no-header" | "--date-order") {
        return Ok(None);
    }
    let source = Source::open(path)?;
    let head = read_up_to::<File>(source.file(), 0, HEAD).map_err(|error| source.error(error))?;
    let whole = head.len() as u64 == source.size();
    // How it is read now, where it can be read at all.
    let now = Document::open_with(path, options, stop, &mut |_| ()).ok();
    Ok(match flag {
        "--encoding" => Some(encodings(&head, whole, now.as_ref())),
        "--delimiter" => Some(delimiters(&lines(&head, options, now.as_ref()), now.as_ref())),
        "--date-order" => now.as_ref().and_then(|now| date_order(&ambiguous_dates(now), false)),
        _ => headers(path, options, now.as_ref()),
    })
}

/// Whether the columns are those that the lines show.
fn widths(
    open: &dyn Fn(&InputOptions) -> Result<Document, FileError>,
    options: &InputOptions,
) -> Result<Option<Question>, FileError> {
    let document = open(options)?;
    let Some(widths) = document.format().widths.clone() else { return Ok(None) };
    let read = |document: &Document| {
        let first = document.rows(1, 1).unwrap_or_default().into_iter().next();
        first.map_or_else(String::new, |record| record.fields.join(" │ "))
    };
    let mut whole = options.clone();
    whole.answer("--widths", ONE_FIELD);
    let lines = open(&whole).ok();
    let answers = vec![
        Answer::new(
            &widths.to_string(),
            format!("{} columns of fixed width", widths.columns()),
            read(&document),
        ),
        Answer::new(ONE_FIELD, "each line is one field", lines.as_ref().map_or_else(String::new, read)),
    ];
    let sentence = "Every line is equally long and no mark separates the fields. Choose the line in which the first \
                    row falls into its fields; other widths can be given with --widths.";
    let (flag, title) = ("--widths", "Columns of fixed width?");
    Ok(Some(Question { flag, title, sentence: sentence.into(), answers, proposed: 0 }))
}

/// The first lines, decoded.
fn lines(head: &[u8], options: &InputOptions, now: Option<&Document>) -> Vec<String> {
    let said = options.encoding.as_deref().or(now.map(|now| now.format().encoding)).and_then(named);
    let encoding = said.unwrap_or_else(|| {
        let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
        marked.unwrap_or(encoding_rs::UTF_8)
    });
    let end = if text::width_of(encoding) == Width::One { head.len() } else { head.len() / 2 * 2 };
    let (text, _) = encoding.decode_with_bom_removal(&head[..end]);
    let filled = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty() && !line.starts_with("sep="));
    filled.take(20).map(str::to_owned).collect()
}

fn delimiters(lines: &[String], now: Option<&Document>) -> Question {
    let mut fields = Fields::default();
    let mut cells = |line: &str, delimiter: u8| {
        fields.split(line, Some(delimiter), true);
        fields.iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut best = (0, 0);
    let mut answers = Vec::new();
    for (at, (byte, name)) in DELIMITERS.into_iter().enumerate() {
        let first = lines.first().map(|line| cells(line, byte)).unwrap_or_default();
        let same = lines.iter().filter(|line| cells(line, byte).len() == first.len()).count();
        let columns = match first.len() {
            0 | 1 => "one column".to_owned(),
            count => format!("{count} columns"),
        };
        if first.len() > 1 && same > best.1 {
            best = (at, same);
        }
        answers.push(Answer::new(name, format!("{name}: {columns}"), first.join(" │ ")));
    }
    let chosen =
        now.and_then(|now| DELIMITERS.iter().position(|(byte, _)| now.format().delimiter == Some(*byte)));
    Question {
        flag: "--delimiter",
        title: "What separates the fields?",
        sentence: "Choose the line in which the first row falls into its fields.".into(),
        answers,
        proposed: chosen.unwrap_or(best.0),
    }
}

fn headers(path: &Path, options: &InputOptions, now: Option<&Document>) -> Option<Question> {
    let read = |header| Document::open(path, &InputOptions { header: Some(header), ..options.clone() }).ok();
    let with = read(true);
    let without = read(false)?;
    let first = without.rows(1, 1).ok()?.into_iter().next().map(|record| record.fields.join(" │ "));
    let names = with.as_ref().map_or_else(String::new, |with| with.columns().join(" │ "));
    let mut answers =
        vec![Answer::new("no", "no header: the first line is data, row 1", first.unwrap_or_default())];
    if with.is_some() {
        answers.push(Answer::new("yes", "the first line names the columns", names));
    }
    let is_header = now.is_some_and(|now| now.format().header) && answers.len() > 1;
    Some(Question {
        flag: "--header",
        title: "Does the first line name the columns?",
        sentence: "A first line that is data must not be taken for names: its number would be lost.".into(),
        answers,
        proposed: usize::from(is_header),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(content: &[u8], options: &InputOptions, flag: &str) -> Question {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.csv");
        std::fs::write(&path, content).unwrap();
        question(&path, options, flag, &CancellationToken::new()).unwrap().unwrap()
    }

    #[test]
    fn an_encoding_shows_how_the_first_names_would_read() {
        let (content, ..) = encoding_rs::WINDOWS_1251.encode("phone;имя\n2025550101;Ёжик\n2025550102;Анна\n");
        let asked = ask(&content, &InputOptions::default(), "--encoding NAME");
        assert_eq!(asked.answers[asked.proposed].value, "windows-1251");
        assert_eq!(asked.answers[asked.proposed].sample, "имя · Ёжик · Анна");
        let utf8 = asked.answers.iter().find(|answer| answer.value == "UTF-8").unwrap();
        assert!(utf8.text.contains("some bytes are no text"), "{}", utf8.text);
        assert!(asked.answers.len() <= encoding::ENCODINGS);
    }

    #[test]
    fn wide_text_without_a_mark_is_offered_in_both_orders() {
        let content: Vec<u8> = "phone\n2025550101\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let asked = ask(&content, &InputOptions::default(), "--encoding NAME");
        let values: Vec<_> = asked.answers.iter().take(2).map(|answer| answer.value.as_str()).collect();
        assert_eq!(values, ["UTF-16BE", "UTF-16LE"]);
        assert_eq!(asked.answers[0].sample, "phone · 2025550101");
    }

    #[test]
    fn a_delimiter_shows_the_first_row_in_its_fields() {
        let content = b"phone;state,name\n2025550101;US-CA,Anna\n";
        let asked = ask(content, &InputOptions::default(), "--delimiter");
        let semicolon = asked.answers.iter().find(|answer| answer.value == "semicolon").unwrap();
        assert_eq!(semicolon.sample, "phone │ state,name");
        assert_eq!(asked.answers[2].text, "tab: one column");
        assert_ne!(asked.answers[asked.proposed].value, "tab");
    }

    #[test]
    fn a_header_is_proposed_as_the_file_is_read_now() {
        let content = b"phone,state\n2025550101,US-CA\n";
        let asked = ask(content, &InputOptions::default(), "--header");
        assert_eq!(asked.answers[asked.proposed].value, "yes");
        assert_eq!(asked.answers[0].sample, "phone │ state");
        let title = b"Register of California\nphone,state\n2025550101,US-CA\n";
        let asked = ask(title, &InputOptions::default(), "--no-header");
        assert_eq!(asked.answers[asked.proposed].value, "no");
    }

    #[test]
    fn the_order_of_dates_is_asked_with_dates_of_the_file() {
        let content = b"phone,expires\n2025550101,03/04/2027\n2025550102,2027-12-31\n";
        let asked = ask(content, &InputOptions::default(), "--date-order");
        assert_eq!(asked.answers[0].sample, "03/04/2027 is 3 April 2027");
        assert_eq!(asked.answers[1].sample, "03/04/2027 is 4 March 2027");
        assert_eq!(date_order(&["03/04/2027".to_owned()], true).unwrap().proposed, 1);
        assert_eq!(date_order(&["31/12/2027".to_owned()], true), None);
    }

    #[test]
    fn an_answer_is_an_option_of_the_file() {
        let mut options = InputOptions::default();
        for (flag, value) in
            [("--encoding", "UTF-16LE"), ("--delimiter", "pipe"), ("--header", "no"), ("--date-order", "dmy")]
        {
            assert!(options.answer(flag, value), "{flag}");
        }
        assert_eq!(options.encoding.as_deref(), Some("UTF-16LE"));
        assert_eq!((options.delimiter, options.header), (Some(b'|'), Some(false)));
        assert_eq!(options.date_order, Some(DateOrder::Dmy));
        for (flag, value) in
            [("--encoding", "morse"), ("--delimiter", "x"), ("--header", ""), ("--colour", "red")]
        {
            assert!(!options.answer(flag, value), "{flag}");
        }
        assert_eq!(options.delimiter, Some(b'|'));
    }
}
