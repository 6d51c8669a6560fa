//! `check`: validate a file. Needs no profile, writes nothing but the rejects that were asked for.

use crate::cli::args::CheckArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::CheckObject;
use crate::cli::{progress, report};
use crate::domain::text::{thousands, visible};
use crate::ops::{self, OpsError};

pub(super) async fn run(context: &Context, args: &CheckArgs) -> Result<u8, Failure> {
    if args.save_layout.is_some() {
        context.refuse_in_read_only("saving a layout")?;
    }
    let input = super::input::input(&args.input)?;
    let config = context.config()?;
    let profile = context.profile_if_any(&config)?;
    let options = ops::check_options(profile.as_ref(), &input, jiff::Timestamp::now());
    let sink = progress::sink(context.out);
    let (path, said, layouts) = (args.file.clone(), input.clone(), config.layouts().to_vec());
    let opened = tokio::task::spawn_blocking(move || ops::open_file(&path, &said, &layouts)).await;
    let (document, input) = opened.map_err(std::io::Error::other)??;
    let options = ops::CheckOptions { date_order: input.options.date_order, ..options };
    let file = ops::check_document(document, options, sink, &context.stop).await?;
    if let Some(out) = &args.rejects {
        let (document, checked, path) = (file.document.clone(), file.checked.clone(), out.clone());
        let written =
            tokio::task::spawn_blocking(move || ops::write_rejects(&document, &checked, &path)).await;
        let rows = written.map_err(std::io::Error::other)?.map_err(OpsError::from)?;
        let path = visible(&out.display().to_string(), 300);
        context.out.remark(&format!("{} rejected rows written to {path}", thousands(rows)));
    }
    if let Some(name) = &args.save_layout {
        super::layouts::save(context, &config, name, &file, &input)?;
    }
    context.out.answer(&CheckObject::of(&file), || report::check(&file))?;
    Ok(if file.checked.rejected > 0 && !args.allow_rejects { exit::NO } else { exit::DONE })
}
