//! Saved layouts in the config: read, refused with their key, written and taken out again.

use super::{Config, ConfigError, Sources, layout_text, remove_layout, save_layout};
use crate::files::{Changes, Contents, DateOrder, Field, Layout};
use rstest::rstest;

fn load(text: &str) -> (tempfile::TempDir, Result<Config, ConfigError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let sources = Sources { config: Some(path), data_dir: Some(folder.path().into()), profile: None };
    (folder, Config::load(&sources))
}

const WHOLE: &str = r#"# ours
[layouts.ca_state] # from the state
match = { header = ["Phone", "State"], file = "state_*.csv" }
delimiter = "semicolon"
encoding = "windows-1252"
header = true
date_order = "mdy"
contents = "delta"
changes = "additions"
sheet = "Q4"
member = "a.csv"
columns = { number = ["Phone", 4], expires = "Until", notes = "-", range-end = "End", change = 6 }
constants = { source = "State_CA" }
[layouts.ca_state.values.jurisdiction]
CA = "US-CA"
"" = "US-NV"
[layouts.ca_state.values.expires]
"01/02/27" = 2027-02-01
"#;

#[test]
fn a_layout_says_all_that_a_person_could_say() {
    let (_folder, config) = load(WHOLE);
    let config = config.unwrap();
    let [layout] = config.layouts() else { panic!("{:?}", config.layouts()) };
    assert_eq!((layout.name.as_str(), layout.contents), ("ca_state", Contents::Delta));
    assert_eq!(layout.matches.header, ["Phone", "State"]);
    assert_eq!(layout.matches.file.as_deref(), Some("state_*.csv"));
    let options = &layout.options;
    assert_eq!((options.delimiter, options.header), (Some(b';'), Some(true)));
    assert_eq!(
        (options.encoding.as_deref(), options.date_order),
        (Some("windows-1252"), Some(DateOrder::Mdy))
    );
    assert_eq!((options.changes, &options.widths), (Some(Changes::Additions), &None));
    assert_eq!((options.sheet.as_deref(), options.member.as_deref()), (Some("Q4"), Some("a.csv")));
    let column = |field, name: &str| (field, name.to_owned());
    assert_eq!(
        options.map,
        [
            column(Field::Number, "Phone"),
            column(Field::Number, "4"),
            column(Field::Expires, "Until"),
            column(Field::Notes, "-"),
            column(Field::RangeEnd, "End"),
            column(Field::Change, "6"),
        ]
    );
    assert_eq!(options.constants.iter().collect::<Vec<_>>(), [(Field::Source, "State_CA")]);
    assert_eq!(
        options.values.iter().collect::<Vec<_>>(),
        [
            (Field::Jurisdiction, "", "US-NV"),
            (Field::Jurisdiction, "CA", "US-CA"),
            (Field::Expires, "01/02/27", "2027-02-01"),
        ]
    );
}

#[rstest]
#[case("delimitr = \";\"", "delimitr", "did you mean “delimiter”")]
#[case("delimiter = \"a\"", "delimiter", "one of comma")]
#[case("delimiter = 1", "delimiter", "a text in quotation marks")]
#[case("encoding = \"klingon\"", "encoding", "no such encoding")]
#[case("header = \"yes\"", "header", "true or false")]
#[case("date_order = \"ydm\"", "date_order", "dmy, mdy, ymd")]
#[case("contents = \"half\"", "contents", "full or delta")]
#[case("widths = [10, 8]", "widths", "a text in quotation marks")]
#[case("widths = \"10,x\"", "widths", "a number of characters")]
#[case("widths = \"10\"\ndelimiter = \"tab\"", "widths", "delimiter")]
#[case("changes = \"all\"", "changes", "additions or ignore")]
#[case("columns = { change = [1, 2] }", "columns.change", "one column")]
#[case("columns = { nmber = 1 }", "columns.nmber", "“number”")]
#[case("columns = { number = 0 }", "columns.number", "from 1")]
#[case("columns = { expires = [1, 2] }", "columns.expires", "one column")]
#[case("match = { header = [] }", "match.header", "a list of column names")]
#[case("match = { name = \"x\" }", "match.name", "header, file")]
#[case("constants = { expires = \"soon\" }", "constants.expires", "2029-12-31")]
#[case("constants = { number = \"x\" }", "constants.number", "no key")]
#[case("values = { jurisdiction = { CA = \"California\" } }", "values.jurisdiction.CA", "US-CA")]
#[case("values = { source = { a = 1 } }", "values.source.a", "a text")]
fn a_mistake_names_file_layout_and_key(#[case] line: &str, #[case] key: &str, #[case] why: &str) {
    let (_folder, refused) = load(&format!("[layouts.ca_state]\n{line}\n"));
    let error = refused.unwrap_err();
    assert_eq!(error.code, "bad-config");
    for part in ["config.toml", "layout “ca_state”", key, why] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[test]
fn a_saved_layout_comes_back_as_it_was_and_the_rest_of_the_file_stays() {
    let (folder, config) = load(WHOLE);
    let config = config.unwrap();
    let second = Layout { name: "second".into(), ..config.layouts()[0].clone() };
    assert!(save_layout(&config, &second).unwrap());
    let text = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    assert!(text.starts_with(WHOLE), "{text}");
    assert_eq!(config.layouts_now().unwrap()[1], second);
    assert!(text.contains(&layout_text(&second)), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("config.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    assert!(!save_layout(&config, &second).unwrap(), "it says the same: nothing to do");
    let other = Layout { contents: Contents::Full, ..second };
    assert_eq!(save_layout(&config, &other).unwrap_err().code, "layout-exists");
    assert_eq!(std::fs::read_to_string(folder.path().join("config.toml")).unwrap(), text);

    assert!(remove_layout(&config, "second").unwrap());
    assert!(!remove_layout(&config, "second").unwrap());
    assert_eq!(config.layouts_now().unwrap(), config.layouts());
}

#[test]
fn a_layout_of_fixed_width_comes_back_as_it_was() {
    let (_folder, config) = load("[layouts.fixed]\nmatch = { file = \"a*.txt\" }\nwidths = \"10, 5,*\"\n");
    let config = config.unwrap();
    let layout = &config.layouts()[0];
    assert_eq!(layout.options.widths, "10,5,*".parse().ok());
    assert!(layout_text(layout).contains("widths = \"10,5,*\""), "{}", layout_text(layout));
    let second = Layout { name: "second".into(), ..layout.clone() };
    assert!(save_layout(&config, &second).unwrap());
    assert_eq!(config.layouts_now().unwrap()[1], second);
}

#[test]
fn the_first_layout_makes_the_file_and_its_name_must_be_one() {
    let (folder, config) = load("");
    let config = config.unwrap();
    std::fs::remove_file(folder.path().join("config.toml")).unwrap();
    let layout = Layout { name: "house list".into(), ..Layout::default() };
    assert_eq!(save_layout(&config, &layout).unwrap_err().code, "bad-name");
    assert!(save_layout(&config, &Layout { name: "house".into(), ..layout }).unwrap());
    assert_eq!(config.layouts_now().unwrap()[0].name, "house");
}
