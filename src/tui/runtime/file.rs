//! Work on the open file: opening, indexing, rows, validation, rejects.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Job;
use super::perform::End;
use crate::domain::progress::{Phase, Progress};
use crate::ops::{self, CheckEvent, Checked, Document, IndexState, Input, Needle, check_options};
use crate::tui::event::{Asked, Checking, Fact, OpenedFile, Output, PreviewRow, Report, RowWindow, Trouble};

/// Interim facts come this often at most: the screen shows no more, and keys must not wait behind them.
const PAUSE: Duration = Duration::from_millis(50);

impl Job {
    pub(super) async fn open_file(&self, doing: &str, path: PathBuf, input: Input) -> End {
        let (said, asked, config) = (input.clone(), path.clone(), Arc::clone(&self.config));
        let (stop, gauges, id) = (self.stop.clone(), self.progress.clone(), self.id);
        let unpacked = move |bytes| {
            let phase = Phase::Validate;
            super::note(&gauges, id, Progress { phase, done: bytes, total: None, rate: None, eta: None });
        };
        let open = move || ops::open_or_ask(&path, &said, &config.layouts_now()?, &stop, &mut { unpacked });
        let opened = self.blocking(doing, open).await?;
        let (document, input) = match opened.map_err(|error| Trouble::new(doing, &error))? {
            ops::Opened::Document(document, input) => (document, input),
            ops::Opened::Question(question) => {
                return Ok(Fact::Asked(Box::new(Asked { path: asked, input, question })));
            }
        };
        self.report(Fact::Opened(OpenedFile { document: document.clone(), input })).await;
        self.index(document).await
    }

    /// Indexes the whole file; how far it is comes as interim facts, which may be skipped: the last one is whole.
    async fn index(&self, document: Document) -> End {
        let (stop, facts, id) = (self.stop.clone(), self.facts.clone(), self.id);
        let indexed = self
            .blocking("index the file", move || {
                let mut told = Instant::now();
                document.build_index(&stop, &mut |state| {
                    if !state.complete && told.elapsed() >= PAUSE {
                        told = Instant::now();
                        let _ = facts.try_send(Report { task: id, fact: Fact::Indexed(state) });
                    }
                })
            })
            .await?;
        indexed
            .map(|state| Fact::Indexed(IndexState { complete: true, ..state }))
            .map_err(|error| Trouble::new("index the file", &error.into()))
    }

    pub(super) async fn rows(&self, doing: &str, file: OpenedFile, first: u64, count: usize) -> End {
        let options = check_options(self.profile(), &file.input, Timestamp::now());
        let read = self
            .blocking(doing, move || {
                file.document.rows(first, count).map(|records| {
                    records
                        .into_iter()
                        .map(|record| {
                            let read = file.document.interpret(&record, &options);
                            PreviewRow { record, read }
                        })
                        .collect()
                })
            })
            .await?;
        read.map(|rows| Fact::Rows(RowWindow { first, rows }))
            .map_err(|error| Trouble::new(doing, &error.into()))
    }

    /// Searches every row. Matches are never dropped: where the screen is slower, the search waits for it.
    pub(super) async fn search(&self, doing: &str, file: OpenedFile, needle: Box<Needle>, from: u64) -> End {
        let (stop, facts, id) = (self.stop.clone(), self.facts.clone(), self.id);
        let searched = self
            .blocking(doing, move || {
                file.document.search(&needle, from, &stop, &mut |found| {
                    let _ = facts.blocking_send(Report { task: id, fact: Fact::Found(found) });
                })
            })
            .await?;
        searched.map(|()| Fact::Searched).map_err(|error| Trouble::new(doing, &error.into()))
    }

    pub(super) async fn check(&self, doing: &str, file: OpenedFile) -> End {
        let options = check_options(self.profile(), &file.input, Timestamp::now());
        let (gauges, facts, id) = (self.progress.clone(), self.facts.clone(), self.id);
        let (mut told, mut news) = (None::<Instant>, Checking::default());
        let checked = ops::check_telling(file.document, options, &self.stop, move |event| {
            if let Some(progress) = ops::progress(&event) {
                super::note(&gauges, id, progress);
            }
            match event {
                // Problems come before the progress that counts their rows: told together, they agree.
                CheckEvent::Progress { rows, rejected, .. } => (news.rows, news.rejected) = (rows, rejected),
                // What only the whole file could tell comes last and out of order: the end says all of it.
                CheckEvent::Problems(problems) => {
                    news.problems.go_on(&problems);
                    return;
                }
            }
            if told.is_none_or(|told| told.elapsed() >= PAUSE) {
                told = Some(Instant::now());
                let fact = Fact::Checking(Box::new(std::mem::take(&mut news)));
                let _ = facts.blocking_send(Report { task: id, fact });
            }
        })
        .await;
        checked.map(|file| Fact::Checked(file.checked)).map_err(|error| Trouble::new(doing, &error))
    }

    pub(super) async fn write_out(
        &self,
        doing: &str,
        (what, file, checked): (Output, OpenedFile, Arc<Checked>),
        out: PathBuf,
        replace: bool,
    ) -> End {
        if !replace {
            let path = out.clone();
            if self.blocking(doing, move || path.symlink_metadata().is_ok()).await? {
                return Ok(Fact::Occupied(out));
            }
        }
        let (path, document, now) = (out.clone(), file.document, Timestamp::now());
        let stop = self.stop.clone();
        let write = move || match what {
            Output::Rejects => ops::write_rejects(&document, &checked, &path, &stop),
            Output::Clean => ops::write_clean(&document, &checked, &path, &stop),
            Output::Report => {
                ops::write_report(&document, &checked, now, ops::ReportFormat::Html, (&path, &stop))
                    .map(|()| 0)
            }
        };
        let written = self.blocking(doing, write).await?;
        written
            .map(|rows| Fact::Written { path: out, rows })
            .map_err(|error| Trouble::new(doing, &error.into()))
    }
}
