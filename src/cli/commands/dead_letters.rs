//! `dead-letters`: what the tenant refused.

use crate::cli::args::DeadLettersArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::dead_letter_object;
use crate::cli::table::table;
use crate::domain::text::{thousands, told_cell, visible};
use crate::ops::{DeadLetter, write_safely};

pub(super) async fn run(context: &Context, args: &DeadLettersArgs) -> Result<u8, Failure> {
    if args.retry {
        return super::undo::retry(context, args).await;
    }
    let (_, ops) = context.connect_to_read().await?;
    let letters = context.or_stopped(ops.dead_letters(args.run.as_deref())).await?;
    if let Some(path) = &args.export {
        write_safely(path, &csv(&letters)?)?;
        let path = visible(&path.display().to_string(), 300);
        context.out.remark(&format!("{} dead letters written to {path}", thousands(letters.len() as u64)));
    }
    let objects: Vec<_> = letters.iter().map(|(run, letter)| dead_letter_object(run, letter)).collect();
    context.out.answer(&objects, || match letters.is_empty() {
        true => "There are no dead letters.".into(),
        false => table(["run", "row", "number", "code", "message"], letters.iter().map(row)),
    })?;
    Ok(exit::DONE)
}

fn row((run, letter): &(String, DeadLetter)) -> [String; 5] {
    let row = letter.row.to_string();
    [run.clone(), row, letter.identifier.whole(), letter.code.clone(), letter.message.clone()]
}

fn csv(letters: &[(String, DeadLetter)]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritable = |e: csv::Error| std::io::Error::other(e);
    writer.write_record(["run", "row", "number", "code", "message"]).map_err(unwritable)?;
    for letter in letters {
        writer.write_record(row(letter).map(|text| told_cell(&text))).map_err(unwritable)?;
    }
    Ok(writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?)
}
