//! `layouts`, and what `check --save-layout` writes: the saved file layouts of the config file.

use serde_json::{Value, json};

use crate::cli::args::LayoutsAction;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::table::table;
use crate::config::{self, Config};
use crate::domain::text::visible;
use crate::ops::{CheckedFile, Input, Layout, find_layout};

pub(super) fn run(context: &Context, action: Option<LayoutsAction>) -> Result<u8, Failure> {
    match action.unwrap_or(LayoutsAction::Ls) {
        LayoutsAction::Ls => ls(context),
        LayoutsAction::Show { name } => show(context, &name),
        LayoutsAction::Rm { name } => rm(context, &name),
    }
}

fn object(layout: &Layout) -> Value {
    let columns: Vec<Value> = layout
        .options
        .map
        .iter()
        .map(|(field, column)| json!({"field": field.as_str(), "column": column}))
        .collect();
    json!({
        "name": layout.name, "contents": layout.contents.as_str(), "header": layout.matches.header,
        "file": layout.matches.file, "columns": columns,
    })
}

fn ls(context: &Context) -> Result<u8, Failure> {
    let config = context.config()?;
    let objects: Vec<Value> = config.layouts().iter().map(object).collect();
    context.out.answer(&objects, || match config.layouts() {
        [] => "There is no saved layout: `quietline check FILE --save-layout NAME` saves one.".into(),
        layouts => {
            let rows = layouts.iter().map(|layout| {
                let header = (!layout.matches.header.is_empty())
                    .then(|| format!("header with {}", layout.matches.header.join(", ")));
                let file = layout.matches.file.as_ref().map(|pattern| format!("called {pattern}"));
                let fits: Vec<String> = header.into_iter().chain(file).collect();
                let fits = if fits.is_empty() { "by its name only".into() } else { fits.join(" and ") };
                [layout.name.clone(), layout.contents.as_str().into(), fits]
            });
            table(["name", "contents", "fits"], rows)
        }
    })?;
    Ok(exit::DONE)
}

fn show(context: &Context, name: &str) -> Result<u8, Failure> {
    let config = context.config()?;
    let layout = find_layout(name, config.layouts())?;
    context.out.answer(&object(layout), || {
        config::layout_text(layout).lines().map(|line| visible(line, 2_000) + "\n").collect()
    })?;
    Ok(exit::DONE)
}

fn rm(context: &Context, name: &str) -> Result<u8, Failure> {
    context.refuse_in_read_only("removing a layout")?;
    let config = context.config()?;
    // Asked for first, so that a wrong name gets the nearest known one.
    find_layout(name, config.layouts())?;
    let removed = config::remove_layout(&config, name)?;
    context.out.answer(&json!({"name": name, "removed": removed}), || {
        format!("layout “{}” removed; runs that were made with it are read as before", visible(name, 60))
    })?;
    Ok(exit::DONE)
}

/// Saves how a checked file was read.
pub(super) fn save(
    context: &Context,
    config: &Config,
    name: &str,
    file: &CheckedFile,
    input: &Input,
) -> Result<(), Failure> {
    let layout = Layout::of(name, &file.document, &input.options);
    let path = visible(&config.path().display().to_string(), 300);
    let said = match config::save_layout(config, &layout)? {
        true => format!("layout “{name}” saved in {path}: the next file of this kind opens with it"),
        false => format!("layout “{name}” is saved already, and says the same"),
    };
    context.out.remark(&said);
    Ok(())
}
