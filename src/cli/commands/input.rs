//! The input flags as `ops` understands them.

use std::str::FromStr as _;

use crate::cli::args::{ChangesArg, DateOrderArg, InputArgs};
use crate::cli::failure::Failure;
use crate::config::nearest;
use crate::domain::phone::Region;
use crate::ops::{Changes, DateOrder, Field, Input, InputOptions, Widths};

pub(super) fn input(args: &InputArgs) -> Result<Input, Failure> {
    let header = match (args.header, args.no_header) {
        (false, false) => None,
        (header, _) => Some(header),
    };
    let region = args.region.as_deref().map(Region::from_str).transpose().map_err(|why| {
        Failure::usage(format!("--region: {why}"), "Use a two-letter country code such as US.")
    })?;
    Ok(Input {
        options: InputOptions {
            delimiter: args.delimiter.as_deref().map(delimiter).transpose()?,
            widths: args.widths.as_deref().map(widths).transpose()?,
            encoding: args.encoding.as_deref().map(encoding).transpose()?,
            header,
            date_order: args.date_order.map(|order| match order {
                DateOrderArg::Dmy => DateOrder::Dmy,
                DateOrderArg::Mdy => DateOrder::Mdy,
                DateOrderArg::Ymd => DateOrder::Ymd,
            }),
            map: mappings(&args.map)?,
            sheet: args.sheet.clone(),
            member: args.member.clone(),
            changes: args.changes.map(|changes| match changes {
                ChangesArg::Additions => Changes::Additions,
                ChangesArg::Ignore => Changes::Ignore,
            }),
        },
        region,
    })
}

fn encoding(label: &str) -> Result<String, Failure> {
    match encoding_rs::Encoding::for_label(label.as_bytes()) {
        Some(_) => Ok(label.to_owned()),
        None => Err(Failure::usage(
            format!("--encoding: there is no encoding “{label}”"),
            "For example utf-8, utf-16le, windows-1252, iso-8859-1, shift_jis.",
        )),
    }
}

fn widths(text: &str) -> Result<Widths, Failure> {
    text.parse().map_err(|why| {
        Failure::usage(format!("--widths: {why}"), "For example --widths 10,5,10 or --widths 10,5,*.")
    })
}

fn delimiter(text: &str) -> Result<u8, Failure> {
    match text {
        "comma" => Ok(b','),
        "semicolon" => Ok(b';'),
        "tab" | "\\t" => Ok(b'\t'),
        "pipe" => Ok(b'|'),
        _ => match text.as_bytes() {
            [byte] if (byte.is_ascii_punctuation() || matches!(byte, b'\t' | b' ')) && *byte != b'"' => {
                Ok(*byte)
            }
            _ => Err(Failure::usage(
                "--delimiter takes one character that is no letter, digit or quotation mark",
                "One of: , ; | tab, or the words comma, semicolon, tab, pipe.",
            )),
        },
    }
}

fn mappings(texts: &[String]) -> Result<Vec<(Field, String)>, Failure> {
    let mut map: Vec<(Field, String)> = Vec::new();
    for text in texts {
        let (field, column) = mapping(text)?;
        // Several columns may hold numbers; of any other field a second column would silently replace the first.
        if field != Field::Number && map.iter().any(|(said, _)| *said == field) {
            return Err(Failure::usage(
                format!("--map says twice which column holds {}", field.as_str()),
                "Name one column; only number may stand in several.",
            ));
        }
        map.push((field, column));
    }
    Ok(map)
}

fn mapping(text: &str) -> Result<(Field, String), Failure> {
    let Some((field, column)) = text.split_once('=').filter(|(_, column)| !column.is_empty()) else {
        return Err(Failure::usage(
            "--map takes FIELD=COLUMN",
            "For example --map number=phone, or --map number=2 for the second column.",
        ));
    };
    match Field::from_name(field) {
        Some(field) => Ok((field, column.to_owned())),
        None => {
            let known = Field::ALL.map(Field::as_str);
            let advice = match nearest(field, known) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("One of: {}.", known.join(", ")),
            };
            Err(Failure::usage("--map names a field that does not exist", advice))
        }
    }
}
