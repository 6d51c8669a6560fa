//! `[layouts.NAME]`: saved file layouts, as they stand in the config.
//!
//! ```toml
//! [layouts.ca_state]
//! match = { header = ["Phone", "State"], file = "state_register_*.csv" }
//! delimiter = "semicolon"     # or widths = "10,5,*"
//! encoding = "windows-1252"
//! header = true
//! date_order = "mdy"
//! contents = "full"
//! changes = "additions"       # of a list of changes
//! columns = { number = ["Phone", "Mobile"], jurisdiction = 4 }
//! constants = { source = "State_CA", expires = "2029-12-31" }
//! [layouts.ca_state.values.jurisdiction]
//! CA = "US-CA"
//! ```

use std::path::Path;

use toml::{Table, Value};
use toml_edit::{Array, Item, value};

use super::{Config, ConfigError, config_error, edit, file, nearest};
use crate::domain::text::visible;
use crate::files::{
    BadValue, BadWidths, Changes, Constants, Contents, DateOrder, Field, InputOptions, Layout, Match, Widths,
    delimiter_name, delimiter_named,
};

/// What is wrong with a key of a layout: the key, and a sentence.
struct Wrong(String, String);

fn wrong(key: &str, why: impl Into<String>) -> Wrong {
    Wrong(key.to_owned(), why.into())
}

const KEYS: [&str; 13] = [
    "match",
    "delimiter",
    "encoding",
    "header",
    "date_order",
    "columns",
    "constants",
    "values",
    "sheet",
    "member",
    "contents",
    "widths",
    "changes",
];

/// Every layout of a config file. A mistake names file, layout and key.
pub(super) fn read_all(path: &Path, file: &file::File) -> Result<Vec<Layout>, ConfigError> {
    let read = |(name, table): (&String, &Table)| {
        check_name(name)?;
        read(name, table).map_err(|Wrong(key, why)| {
            let place = file::shown(path);
            let message = format!("{place}: layout “{}”, {}: {why}", visible(name, 60), visible(&key, 100));
            config_error("bad-config", message, "Mend that key; the README describes layouts.")
        })
    };
    file.layouts.iter().map(read).collect()
}

fn read(name: &str, table: &Table) -> Result<Layout, Wrong> {
    let mut layout = Layout { name: name.to_owned(), ..Layout::default() };
    let options = &mut layout.options;
    for (key, value) in table {
        match key.as_str() {
            "match" => layout.matches = matches(value)?,
            "delimiter" => {
                let said = text(key, value)?;
                let known = delimiter_named(&said);
                options.delimiter = Some(known.ok_or_else(|| {
                    wrong(key, "one of comma, semicolon, tab, pipe, or another mark as it stands")
                })?);
            }
            "encoding" => {
                let said = text(key, value)?;
                if encoding_rs::Encoding::for_label(said.as_bytes()).is_none() {
                    return Err(wrong(key, "there is no such encoding; for example utf-8, windows-1252"));
                }
                options.encoding = Some(said);
            }
            "header" => options.header = Some(value.as_bool().ok_or_else(|| wrong(key, "true or false"))?),
            "date_order" => {
                let order = DateOrder::from_name(&text(key, value)?);
                options.date_order = Some(order.ok_or_else(|| wrong(key, "one of dmy, mdy, ymd"))?);
            }
            "columns" => options.map = columns(value)?,
            "constants" => constants(value, options)?,
            "values" => values(value, options)?,
            "sheet" => options.sheet = Some(text(key, value)?),
            "member" => options.member = Some(text(key, value)?),
            "contents" => {
                let contents = Contents::from_name(&text(key, value)?);
                layout.contents = contents.ok_or_else(|| wrong(key, "full or delta"))?;
            }
            "widths" => {
                let said = text(key, value)?;
                options.widths = Some(said.parse().map_err(|why: BadWidths| wrong(key, why.to_string()))?);
            }
            "changes" => {
                let said = Changes::from_name(&text(key, value)?);
                options.changes = Some(said.ok_or_else(|| wrong(key, "additions or ignore"))?);
            }
            _ => return Err(unknown(key, &KEYS)),
        }
    }
    if options.widths.is_some() && options.delimiter.is_some() {
        return Err(wrong("widths", "columns have widths or a delimiter between them, not both"));
    }
    Ok(layout)
}

fn unknown(key: &str, known: &[&str]) -> Wrong {
    let last = key.rsplit('.').next().unwrap_or(key);
    match nearest(last, known.iter().copied()) {
        Some(near) => wrong(key, format!("no key that is known here; did you mean “{near}”?")),
        None => wrong(key, format!("no key that is known here; there are {}", known.join(", "))),
    }
}

fn text(key: &str, value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        // A date is written as it would be in a file.
        Value::Datetime(at) => Ok(at.to_string()),
        _ => Err(wrong(key, "a text in quotation marks")),
    }
}

fn table<'a>(key: &str, value: &'a Value) -> Result<&'a Table, Wrong> {
    value.as_table().ok_or_else(|| wrong(key, "a table"))
}

fn matches(value: &Value) -> Result<Match, Wrong> {
    let mut found = Match::default();
    for (key, value) in table("match", value)? {
        let place = format!("match.{key}");
        match key.as_str() {
            "header" => {
                let names = value.as_array().filter(|names| !names.is_empty());
                let names = names.ok_or_else(|| wrong(&place, "a list of column names"))?;
                found.header = names.iter().map(|name| text(&place, name)).collect::<Result<_, _>>()?;
            }
            "file" => found.file = Some(text(&place, value)?),
            _ => return Err(unknown(&place, &["header", "file"])),
        }
    }
    Ok(found)
}

fn field(place: &str, key: &str, known: &[Field]) -> Result<Field, Wrong> {
    let words: Vec<&str> = known.iter().map(|field| field.as_str()).collect();
    Field::from_name(key).filter(|field| known.contains(field)).ok_or_else(|| unknown(place, &words))
}

fn columns(value: &Value) -> Result<Vec<(Field, String)>, Wrong> {
    let mut map = Vec::new();
    for (key, value) in table("columns", value)? {
        let place = format!("columns.{key}");
        let field = field(&place, key, &Field::ALL)?;
        let column = |value: &Value| match value {
            Value::Integer(number) if *number > 0 => Ok(number.to_string()),
            Value::String(name) if !name.trim().is_empty() => Ok(name.clone()),
            _ => Err(wrong(&place, "the name of a column, or its number from 1")),
        };
        match value {
            Value::Array(several) if field == Field::Number && !several.is_empty() => {
                for value in several {
                    map.push((field, column(value)?));
                }
            }
            Value::Array(_) => return Err(wrong(&place, "one column; only number may stand in several")),
            value => map.push((field, column(value)?)),
        }
    }
    map.sort_by_key(|(field, _)| *field);
    Ok(map)
}

fn constants(value: &Value, options: &mut InputOptions) -> Result<(), Wrong> {
    for (key, value) in table("constants", value)? {
        let place = format!("constants.{key}");
        let field = field(&place, key, &Constants::FIELDS)?;
        let said = text(&place, value)?;
        options.constants.set(field, &said).map_err(|why: BadValue| wrong(&place, why.to_string()))?;
    }
    Ok(())
}

fn values(value: &Value, options: &mut InputOptions) -> Result<(), Wrong> {
    for (key, lines) in table("values", value)? {
        let place = format!("values.{key}");
        let field = field(&place, key, &Constants::FIELDS)?;
        for (cell, value) in table(&place, lines)? {
            let place = format!("{place}.{cell}");
            let said = match value {
                Value::String(empty) if empty.is_empty() => String::new(),
                value => text(&place, value)?,
            };
            options.values.add(field, cell, &said).map_err(|why| wrong(&place, why.to_string()))?;
        }
    }
    Ok(())
}

/// Writes a layout into the config file, which is made where there is none. One of that name is never replaced: it is an
/// error, unless both say the same, which is `Ok(false)`.
pub fn save_layout(config: &Config, layout: &Layout) -> Result<bool, ConfigError> {
    check_name(&layout.name)?;
    let mut edit = edit::open(config.path())?;
    let saved = read_all(config.path(), &file::parse(config.path(), &edit.old)?)?;
    match saved.iter().find(|saved| saved.name == layout.name) {
        Some(same) if same == layout => return Ok(false),
        Some(_) => {
            return Err(config_error(
                "layout-exists",
                format!("another layout “{}” is saved already; it stays as it is", layout.name),
                "Take another name, or remove that one with `quietline layouts rm NAME`.",
            ));
        }
        None => {}
    }
    let layouts = edit.document.entry("layouts").or_insert_with(edit::implicit_table);
    let Some(layouts) = layouts.as_table_like_mut() else {
        return Err(edit::not_a_table(config.path(), "layouts"));
    };
    layouts.insert(&layout.name, Item::Table(written(layout)));
    edit.save(config.path())?;
    Ok(true)
}

/// Takes a layout out of the config file. `Ok(false)` = there was none of that name.
pub fn remove_layout(config: &Config, name: &str) -> Result<bool, ConfigError> {
    let mut edit = edit::open(config.path())?;
    let Some(layouts) = edit.document.get_mut("layouts").and_then(Item::as_table_like_mut) else {
        return Ok(false);
    };
    if layouts.remove(name).is_none() {
        return Ok(false);
    }
    edit.save(config.path())?;
    Ok(true)
}

/// A layout as it is written into the config.
pub fn layout_text(layout: &Layout) -> String {
    let mut document = toml_edit::DocumentMut::new();
    let mut layouts = toml_edit::Table::new();
    layouts.set_implicit(true);
    layouts.insert(&layout.name, Item::Table(written(layout)));
    document.insert("layouts", Item::Table(layouts));
    document.to_string()
}

fn written(layout: &Layout) -> toml_edit::Table {
    let options = &layout.options;
    let mut table = toml_edit::Table::new();
    let mut put = |key: &str, text: Option<String>| {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    };
    put("delimiter", options.delimiter.map(delimiter_name));
    put("widths", options.widths.as_ref().map(Widths::to_string));
    put("encoding", options.encoding.clone());
    put("date_order", options.date_order.map(|order| order.as_str().to_owned()));
    put("sheet", options.sheet.clone());
    put("member", options.member.clone());
    put("changes", options.changes.map(|changes| changes.as_str().to_owned()));
    put("contents", Some(layout.contents.as_str().to_owned()));
    if let Some(header) = options.header {
        table.insert("header", value(header));
    }
    let mut matches = toml_edit::Table::new();
    if !layout.matches.header.is_empty() {
        matches.insert("header", value(layout.matches.header.iter().collect::<Array>()));
    }
    if let Some(pattern) = &layout.matches.file {
        matches.insert("file", value(pattern));
    }
    let mut columns = toml_edit::Table::new();
    for field in Field::ALL {
        let named: Vec<&String> =
            options.map.iter().filter(|(other, _)| *other == field).map(|(_, column)| column).collect();
        match named.as_slice() {
            [] => {}
            [only] => drop(columns.insert(field.as_str(), Item::Value(column(only)))),
            several => {
                let several: Array = several.iter().map(|name| column(name)).collect();
                columns.insert(field.as_str(), value(several));
            }
        }
    }
    let mut constants = toml_edit::Table::new();
    for (field, text) in options.constants.iter() {
        constants.insert(field.as_str(), value(text));
    }
    let mut values = toml_edit::Table::new();
    values.set_implicit(true);
    for (field, cell, meaning) in options.values.iter() {
        let lines = values.entry(field.as_str()).or_insert_with(|| Item::Table(toml_edit::Table::new()));
        if let Some(lines) = lines.as_table_mut() {
            lines.insert(cell, value(meaning));
        }
    }
    for (key, part) in
        [("match", matches), ("columns", columns), ("constants", constants), ("values", values)]
    {
        if !part.is_empty() {
            table.insert(key, Item::Table(part));
        }
    }
    table
}

/// A column by number is a number in the file, so that it cannot be taken for a name.
fn column(text: &str) -> toml_edit::Value {
    match text.parse::<i64>() {
        Ok(number) if number > 0 => number.into(),
        _ => text.into(),
    }
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    edit::check_name(name, "a layout")
}
