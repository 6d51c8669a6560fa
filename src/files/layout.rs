//! Saved layouts: how the files of one source are read, so that next month's opens ready. The shape of one, and which
//! files it fits; where layouts are kept is for others to know.
//!
//! ```text
//! fits(name, header) ─▶ over(what the person said) ─▶ Document::open        next month
//! of(document, what the person said)                                        this month, to be saved
//! ```

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::out::masked;
use super::{Changes, Document, Field, FileError, InputOptions, names};

/// What a file of this source holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// Everything there is: a snapshot.
    #[default]
    Full,
    /// What is new since the last one.
    Delta,
}

impl Contents {
    /// Both, with their words.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Full, "full"), (Self::Delta, "delta")];

    /// The word of the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Delta => "delta",
        }
    }

    /// The inverse of [`Contents::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == name).map(|(contents, _)| contents)
    }
}

/// Which files a layout is for by itself. Both parts must fit; without any it is used by its name only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Names that the header must have, all of them, among others.
    pub header: Vec<String>,
    /// What the file must be called: `state_register_ca_*.csv`, where `*` stands for any text.
    pub file: Option<String>,
}

/// A saved layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Its name.
    pub name: String,
    /// Which files it is for by itself.
    pub matches: Match,
    /// How they are read.
    pub options: InputOptions,
    /// What they hold.
    pub contents: Contents,
}

/// The layout that a file was opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedLayout {
    /// Its name.
    pub name: String,
    /// What the file holds.
    pub contents: Contents,
    /// Nobody named it: it was the only one that fits.
    pub by_match: bool,
}

impl Layout {
    /// Whether a file of this name may be meant; the header is looked at only then.
    pub fn fits_name(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.matches.file.as_deref().is_none_or(|pattern| fits(pattern, &name))
    }

    /// Whether it is for a file of this name and header by itself. `header`: the names, where there is a header.
    pub fn fits(&self, path: &Path, header: Option<&[String]>) -> bool {
        let wants = &self.matches;
        let has = |wanted: &String| {
            header.is_some_and(|names| names.iter().any(|name| reduced(name) == reduced(wanted)))
        };
        (wants.file.is_some() || !wants.header.is_empty())
            && self.fits_name(path)
            && wants.header.iter().all(has)
    }

    /// Whether the header says if it fits.
    pub fn asks_header(&self) -> bool {
        !self.matches.header.is_empty()
    }

    /// How a file is read with it: what the person said goes before what the layout says.
    #[must_use]
    pub fn over(&self, said: &InputOptions, by_match: bool) -> InputOptions {
        let own = &self.options;
        let is_said = |field: &Field| said.map.iter().any(|(other, _)| other == field);
        let kept = own.map.iter().filter(|(field, _)| !is_said(field));
        InputOptions {
            // Who names a separator says that the columns have no widths, and the other way round.
            delimiter: said.delimiter.or(own.delimiter.filter(|_| said.widths.is_none())),
            widths: said.widths.clone().or_else(|| own.widths.clone().filter(|_| said.delimiter.is_none())),
            encoding: said.encoding.clone().or_else(|| own.encoding.clone()),
            header: said.header.or(own.header),
            date_order: said.date_order.or(own.date_order),
            map: kept.chain(&said.map).cloned().collect(),
            sheet: said.sheet.clone().or_else(|| own.sheet.clone()),
            member: said.member.clone().or_else(|| own.member.clone()),
            changes: said.changes.or(own.changes),
            constants: said.constants.over(&own.constants),
            only_said: said.only_said,
            emails: said.emails,
            values: said.values.over(&own.values),
            layout: Some(UsedLayout { name: self.name.clone(), contents: self.contents, by_match }),
        }
    }

    /// Its columns that the file does not have, where the person did not name others.
    pub fn missing(&self, said: &InputOptions, columns: &[String]) -> Vec<String> {
        let is_said = |field: &Field| said.map.iter().any(|(other, _)| other == field);
        let own = self.options.map.iter().filter(|(field, column)| !is_said(field) && column != "-");
        own.filter(|(_, column)| names::find(columns, column).is_none())
            .map(|(_, column)| column.clone())
            .collect()
    }

    /// The layout that an open file shows, with what the person said of it: what was used, not what was guessed and
    /// could be guessed otherwise next month.
    pub fn of(name: &str, document: &Document, said: &InputOptions) -> Self {
        let (format, columns) = (document.format(), document.columns());
        // A column is named where its name says which one it is.
        let column = |at: usize| match columns.get(at) {
            Some(name) if format.header && names::find(columns, name) == Some(at) => name.clone(),
            _ => (at + 1).to_string(),
        };
        let mapping = document.mapping();
        let mut map: Vec<(Field, String)> =
            mapping.columns.iter().map(|(field, at)| (*field, column(*at))).collect();
        map.extend(mapping.more_numbers.iter().map(|at| (Field::Number, column(*at))));
        let left_out =
            said.map.iter().filter(|(field, column)| column == "-" && !mapping.columns.contains_key(field));
        map.extend(left_out.cloned());
        map.sort_by_key(|(field, _)| *field);
        let text = document.container().is_none();
        Self {
            name: name.to_owned(),
            matches: match format.header {
                true => Match { header: columns.to_vec(), file: None },
                false => Match { header: Vec::new(), file: pattern_of(document.path()) },
            },
            options: InputOptions {
                delimiter: format.delimiter.filter(|_| text),
                widths: format.widths.clone(),
                encoding: text.then(|| format.encoding.to_owned()),
                header: Some(format.header),
                date_order: said.date_order,
                map,
                sheet: said.sheet.clone(),
                member: said.member.clone(),
                changes: said.changes,
                constants: document.constants().clone(),
                only_said: false,
                emails: false,
                values: document.values().clone(),
                layout: None,
            },
            contents: said.layout.as_ref().map_or(Contents::Full, |used| used.contents),
        }
    }
}

/// [`Document::open_with`] with a layout. Columns that the layout names and the file does not have are told by their names.
pub fn open_with_layout(
    path: &Path,
    layout: &Layout,
    (said, by_match): (&InputOptions, bool),
    stop: &CancellationToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Document, FileError> {
    let options = layout.over(said, by_match);
    let error = match Document::open_with(path, &options, stop, progress) {
        Err(error @ FileError::NeedsChoice { .. }) => error,
        result => return result,
    };
    let unmapped = InputOptions { map: said.map.clone(), ..options }.without_columns();
    let Ok(document) = Document::open_with(path, &unmapped, stop, &mut |_| ()) else { return Err(error) };
    let missing = layout.missing(said, document.columns());
    if missing.is_empty() {
        return Err(error);
    }
    let missing = missing.iter().map(|name| masked(name)).collect();
    Err(FileError::LayoutMismatch { path: path.into(), layout: layout.name.clone(), missing })
}

impl InputOptions {
    /// The same for a look at the names of the columns: nothing is asked that the columns are needed for.
    #[must_use]
    pub fn without_columns(mut self) -> Self {
        if !self.map.iter().any(|(field, _)| *field == Field::RangeEnd) {
            self.map.push((Field::RangeEnd, "-".into()));
        }
        self.changes = Some(Changes::Ignore);
        self.only_said = true;
        self
    }
}

fn reduced(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether a name fits a pattern in which `*` stands for any text, whatever the case.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The pattern of a file's name: what is likely to change from month to month, its digits, stands open. `None` where
/// nothing but its ending would be left: `*.txt` is every text file there is.
fn pattern_of(path: &Path) -> Option<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut pattern = String::new();
    // Marks between digits belong to them: `2026-11-19`.
    let mut held = String::new();
    for letter in name.chars() {
        if letter.is_ascii_digit() {
            if !pattern.ends_with('*') {
                pattern.push_str(&held);
                pattern.push('*');
            }
            held.clear();
        } else if matches!(letter, '-' | '_' | '.' | ' ') {
            held.push(letter);
        } else {
            pattern.push_str(&std::mem::take(&mut held));
            pattern.push(letter);
        }
    }
    pattern.push_str(&held);
    let stem = pattern.split('.').next().unwrap_or_default();
    stem.chars().any(char::is_alphabetic).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("state_*.csv", "State_2026-11.CSV", true)]
    #[case("*", "anything", true)]
    #[case("list.csv", "list.csv", true)]
    #[case("list.csv", "list.csv.gz", false)]
    #[case("a*b*c", "a-b-b-c", true)]
    #[case("a*b*c", "a-c-b", false)]
    #[case("ab*ba", "aba", false)]
    fn a_pattern_fits_names(#[case] pattern: &str, #[case] name: &str, #[case] wanted: bool) {
        assert_eq!(fits(pattern, name), wanted);
    }

    #[rstest]
    #[case("state_register_ca_2026-11-19.csv", "state_register_ca_*.csv")]
    #[case("numbers.csv", "numbers.csv")]
    #[case("202_20261119-full.txt", "*-full.txt")]
    fn what_changes_from_month_to_month_stands_open(#[case] name: &str, #[case] pattern: &str) {
        assert_eq!(pattern_of(Path::new(name)).as_deref(), Some(pattern));
        assert!(fits(pattern, name));
    }

    #[rstest]
    #[case("20261119.txt")]
    #[case("2026-11-19_202.csv.gz")]
    #[case("2026.csv")]
    fn a_name_of_digits_says_nothing_of_the_next_file(#[case] name: &str) {
        assert_eq!(pattern_of(Path::new(name)), None);
    }

    #[test]
    fn every_part_of_a_match_must_fit_and_none_fits_nothing() {
        let header = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let file = Path::new("/in/register_1.csv");
        let mut layout = Layout::default();
        assert!(!layout.fits(file, Some(&header(&["phone"]))));
        layout.matches.header = header(&["Phone ", "state"]);
        assert!(layout.fits(file, Some(&header(&["STATE", "note", "phone"]))));
        assert!(!layout.fits(file, Some(&header(&["phone"]))));
        assert!(!layout.fits(file, None));
        layout.matches.file = Some("other_*.csv".into());
        assert!(!layout.fits(file, Some(&header(&["phone", "state"]))));
    }

    fn other_options() -> InputOptions {
        let (widths, changes) = ("7,*".parse().ok(), Some(Changes::Ignore));
        InputOptions { widths, changes, ..InputOptions::default() }
    }

    #[test]
    fn what_the_person_said_goes_before_the_layout() {
        let mut layout = Layout { name: "ca".into(), contents: Contents::Delta, ..Layout::default() };
        layout.options.delimiter = Some(b';');
        layout.options.header = Some(true);
        layout.options.map =
            vec![(Field::Number, "a".into()), (Field::Number, "b".into()), (Field::Expires, "c".into())];
        let mut said = InputOptions { map: vec![(Field::Number, "2".into())], ..InputOptions::default() };
        said.delimiter = Some(b'|');
        let both = layout.over(&said, true);
        assert_eq!((both.delimiter, both.header), (Some(b'|'), Some(true)));
        assert_eq!(both.map, [(Field::Expires, "c".to_owned()), (Field::Number, "2".to_owned())]);
        let used = UsedLayout { name: "ca".into(), contents: Contents::Delta, by_match: true };
        assert_eq!(both.layout, Some(used));
        let widths = InputOptions { widths: "10,5".parse().ok(), ..InputOptions::default() };
        let other = layout.over(&widths, true);
        assert_eq!((other.delimiter, other.widths), (None, widths.widths), "one or the other");
        let fixed = Layout { options: other_options(), ..Layout::default() };
        let other = fixed.over(&said, true);
        assert_eq!((other.delimiter, other.widths, other.changes), (Some(b'|'), None, Some(Changes::Ignore)));
        assert_eq!(fixed.over(&InputOptions::default(), true).widths, fixed.options.widths);
        assert_eq!(layout.missing(&said, &["phone".to_owned(), "C".to_owned()]), [] as [&str; 0]);
        assert_eq!(layout.missing(&InputOptions::default(), &["C".to_owned()]), ["a", "b"]);
    }
}
