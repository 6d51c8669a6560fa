//! The input flags as `ops` understands them.

use std::path::Path;
use std::str::FromStr as _;

use tokio_util::sync::CancellationToken;

use crate::cli::args::{ChangesArg, DateOrderArg, InputArgs};
use crate::cli::failure::Failure;
use crate::config::{Config, nearest};
use crate::domain::phone::Region;
use crate::domain::text::visible;
use crate::ops::{
    self, BadValue, Changes, Constants, DateOrder, Field, Input, InputOptions, LayoutWish, Values, Widths,
    delimiter_named,
};

/// How a file is to be read, its saved layout settled: for a plan or a run, which keeps it.
pub(super) async fn settled(
    config: &Config,
    path: &Path,
    args: &InputArgs,
    stop: &CancellationToken,
) -> Result<Input, Failure> {
    Ok(ops::settle_layout(path, &input(args)?, config.layouts(), stop).await?)
}

pub(super) fn input(args: &InputArgs) -> Result<Input, Failure> {
    let header = match (args.header, args.no_header) {
        (false, false) => None,
        (header, _) => Some(header),
    };
    let region = args.region.as_deref().map(Region::from_str).transpose().map_err(|why| {
        Failure::usage(format!("--region: {why}"), "Use a two-letter country code such as US.")
    })?;
    Ok(Input {
        options: Box::new(InputOptions {
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
                ChangesArg::Deletions => Changes::Deletions,
                ChangesArg::Ignore => Changes::Ignore,
            }),
            constants: constants(&args.set)?,
            only_said: false,
            emails: false,
            values: values(&args.value)?,
            layout: None,
        }),
        region,
        layout: args.layout.as_deref().map_or(LayoutWish::Matching, LayoutWish::named),
        scrub: Vec::new(),
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
    delimiter_named(text).ok_or_else(|| {
        Failure::usage(
            "--delimiter takes one character that is no letter, digit or quotation mark",
            "One of: , ; | tab, or the words comma, semicolon, tab, pipe.",
        )
    })
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
    Ok((field_named("--map", field)?, column.to_owned()))
}

fn field_named(flag: &str, name: &str) -> Result<Field, Failure> {
    match Field::from_name(name) {
        Some(field) => Ok(field),
        None => {
            let known = Field::ALL.map(Field::as_str);
            let advice = match nearest(name, known) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("One of: {}.", known.join(", ")),
            };
            Err(Failure::usage(format!("{flag} names a field that does not exist"), advice))
        }
    }
}

fn constants(texts: &[String]) -> Result<Constants, Failure> {
    let mut constants = Constants::default();
    for text in texts {
        let Some((field, value)) = text.split_once('=') else {
            return Err(Failure::usage("--set takes FIELD=VALUE", "For example --set expires=2029-12-31."));
        };
        let field = field_named("--set", field)?;
        if constants.get(field).is_some() {
            return Err(Failure::usage(
                format!("--set says {} twice", field.as_str()),
                "A field has one constant.",
            ));
        }
        constants.set(field, value).map_err(|why| unreadable("--set", &why))?;
    }
    Ok(constants)
}

fn values(texts: &[String]) -> Result<Values, Failure> {
    let mut values = Values::default();
    for text in texts {
        let split = text.split_once(':').and_then(|(field, line)| Some((field, line.split_once('=')?)));
        let Some((field, (cell, value))) = split else {
            return Err(Failure::usage(
                "--value takes FIELD:CELL=VALUE",
                "For example --value jurisdiction:CA=US-CA.",
            ));
        };
        let field = field_named("--value", field)?;
        values.add(field, cell, value).map_err(|why| unreadable("--value", &why))?;
    }
    Ok(values)
}

fn unreadable(flag: &str, why: &BadValue) -> Failure {
    Failure::usage(
        format!("{flag}: {}", visible(&why.to_string(), 300)),
        "For example --set expires=2029-12-31 --set source=State_CA --value jurisdiction:CA=US-CA.",
    )
}
