//! `check`: validate a file. Needs no profile, writes nothing but the files that were asked for.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::args::CheckArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::CheckObject;
use crate::cli::{progress, report};
use crate::domain::text::{thousands, visible};
use crate::ops::{self, CheckedFile, FileError, OpsError, ReportFormat};

pub(super) async fn run(context: &Context, args: &CheckArgs) -> Result<u8, Failure> {
    if args.save_layout.is_some() {
        context.refuse_in_read_only("saving a layout")?;
    }
    let input = super::input::input(&args.input)?;
    let outputs = Output::all(args)?;
    let config = context.config()?;
    let profile = context.profile_if_any(&config)?;
    let now = Timestamp::now();
    let options = ops::check_options(profile.as_ref(), &input, now);
    let sink = progress::sink(context.out);
    let (path, said, layouts) = (args.file.clone(), input.clone(), config.layouts().to_vec());
    let (document, input) = ops::open_file(&path, &said, &layouts, &context.stop).await?;
    let options = ops::CheckOptions { date_order: input.options.date_order, ..options };
    let file = ops::check_document(document, options, sink, &context.stop).await?;
    for output in outputs {
        output.write(context, &file, now).await?;
    }
    if let Some(name) = &args.save_layout {
        super::layouts::save(context, &config, name, &file, &input)?;
    }
    context.out.answer(&CheckObject::of(&file), || report::check(&file))?;
    Ok(if file.checked.rejected > 0 && !args.allow_rejects { exit::NO } else { exit::DONE })
}

/// A file to write.
struct Output {
    what: What,
    path: PathBuf,
}

#[derive(Clone, Copy)]
enum What {
    Rejects,
    Clean,
    Report(ReportFormat),
}

impl Output {
    /// Those that were asked for. A mistake is told before the file is read, which may take its time.
    fn all(args: &CheckArgs) -> Result<Vec<Self>, Failure> {
        let one = |what| move |path: &PathBuf| Self { what, path: path.clone() };
        let mut all: Vec<Self> = args.rejects.iter().map(one(What::Rejects)).collect();
        all.extend(args.clean.iter().map(one(What::Clean)));
        for path in &args.report {
            let format = ReportFormat::of(path).ok_or_else(|| {
                let name = visible(&path.display().to_string(), 300);
                Failure::usage(
                    format!("--report: nothing is written as {name}"),
                    "End it in .html, .json or .csv.",
                )
            })?;
            all.push(one(What::Report(format))(path));
        }
        for (at, output) in all.iter().enumerate() {
            if all[..at].iter().any(|other| is_same(&other.path, &output.path)) {
                let name = visible(&output.path.display().to_string(), 300);
                return Err(Failure::usage(
                    format!("two outputs would be written to {name}"),
                    "Give each a name of its own.",
                ));
            }
        }
        Ok(all)
    }

    async fn write(self, context: &Context, file: &CheckedFile, now: Timestamp) -> Result<(), Failure> {
        let (document, checked, path, what) =
            (file.document.clone(), file.checked.clone(), self.path.clone(), self.what);
        let stop = context.stop.clone();
        let written = tokio::task::spawn_blocking(move || -> Result<u64, FileError> {
            match what {
                What::Rejects => ops::write_rejects(&document, &checked, &path, &stop),
                What::Clean => ops::write_clean(&document, &checked, &path, &stop),
                What::Report(format) => {
                    ops::write_report(&document, &checked, now, format, (&path, &stop)).map(|()| 0)
                }
            }
        });
        let n = thousands(written.await.map_err(std::io::Error::other)?.map_err(OpsError::from)?);
        let path = visible(&self.path.display().to_string(), 300);
        context.out.remark(&match self.what {
            What::Rejects => format!("{n} rejected rows written to {path}"),
            What::Clean => format!("{n} usable numbers written to {path}"),
            What::Report(_) => format!("report written to {path}"),
        });
        Ok(())
    }
}

/// Whether two names mean one file, be it there or not.
fn is_same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole(a) == whole(b) || ops::is_same_file(a, b)
}
