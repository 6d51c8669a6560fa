//! A desk for tests: a console with a real file on it. Folders, rows and validation are answered by the real thing, at
//! once; what needs a tenant is answered by the test.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::event::{Asked, Fact, Folder, FolderItem, Op, OpenedFile, PreviewRow, Report, RowWindow, Trouble};
use super::testkit::{Kit, catalog, overview};
use crate::config::{self, Config, Environment};
use crate::domain::plan::{Counts, Digest, PlanSummary};
use crate::domain::readiness::ListState;
use crate::ops::{self, CheckedFile, Layout, Planned, Silent, check_options};

/// Rows of ten kinds of trouble; the numbers are fictional.
pub const DIRTY: &str = "phone,jurisdiction,expires,source,remark\n\
    (415) 555-0101,US-CA,2027-12-31,State_CA,first\n\
    n/a,US-CA,2027-12-31,State_CA,no number\n\
    (213) 555-0142,,2027-12-31,State_CA,東京\n\
    2135550142,US-CA,2027-12-31,House,again\n\
    (415) 555-0103,US-CA,2020-01-01,State_CA,expired\n\
    hello\u{1b}[31m,US-CA,2027-12-31,State_CA,escape\n\
    (415) 555-0104,US-CA,2027-12-31,State_CA,e\u{301}te\u{301}\n\
    12,US-CA,2027-12-31,State_CA,short\n";

/// See the module.
pub struct Desk {
    /// The console.
    pub kit: Kit,
    folder: tempfile::TempDir,
}

impl Desk {
    /// On a sandbox, with this file in the folder, not open yet.
    pub fn with(content: &str) -> Self {
        Self::on(Environment::Sandbox, content)
    }

    /// On another kind of tenant.
    pub fn on(environment: Environment, content: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dirty.csv"), content).unwrap();
        fs::create_dir(folder.path().join("older")).unwrap();
        fs::write(folder.path().join("older").join("house_list.csv"), "phone\n4155550105\n").unwrap();
        let kit = Kit::with(|env| {
            env.folder = folder.path().to_path_buf();
            env.exports = folder.path().to_path_buf();
            if let Some(tenant) = &mut env.tenant {
                tenant.environment = environment;
            }
        });
        let mut desk = Self { kit, folder };
        desk.kit.started();
        let lists = vec![
            overview("L-1", "TCPA_National", ListState::Ready),
            overview("L-2", "House_list", ListState::Unverified),
        ];
        desk.kit.answer(|op| matches!(op, Op::Catalog), Fact::Catalog(catalog(lists)));
        desk
    }

    /// The same with the file open, on the File pane.
    pub fn open(content: &str) -> Self {
        let mut desk = Self::with(content);
        let path = desk.path();
        desk.kit.keys("f4").paste(&path.display().to_string());
        desk.serve();
        desk
    }

    /// A config file in the folder.
    pub fn config(&self) -> Config {
        Config::empty(&self.folder.path().join("config.toml"), self.folder.path())
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("dirty.csv")
    }

    /// Presses keys and lets files and folders answer.
    pub fn keys(&mut self, names: &str) -> &mut Self {
        self.kit.keys(names);
        self.serve();
        self
    }

    /// Answers everything that needs no tenant. Returns what does.
    pub fn serve(&mut self) -> Vec<Op> {
        let mut rest = Vec::new();
        loop {
            let started = self.kit.started();
            if started.is_empty() {
                return rest;
            }
            for op in started {
                match answer(&op, &self.config()) {
                    Some(facts) => {
                        let task = self
                            .kit
                            .task(|other| std::mem::discriminant(other) == std::mem::discriminant(&op));
                        for fact in facts {
                            self.kit.event(super::event::Event::Report(Report { task, fact }));
                        }
                    }
                    None => rest.push(op),
                }
            }
        }
    }

    /// A plan of the open file as the tenant would have it: so many to update and already there, the rest to add.
    pub fn planned(&self, update: u64, unchanged: u64) -> Planned {
        let file = self.kit.app.cx.store.file.as_ref().unwrap();
        let checked = file.checked.clone().unwrap();
        let counts = Counts {
            rows: checked.rows,
            add: checked.valid - update - unchanged,
            update,
            unchanged,
            duplicates: checked.duplicates,
            rejected: checked.rejected,
            ..Counts::default()
        };
        let list = overview("L-1", "TCPA_National", ListState::Ready).list;
        Planned {
            summary: PlanSummary {
                destination: Default::default(),
                operation: Default::default(),
                origin: Default::default(),
                scrub: Vec::new(),
                made_under: Default::default(),
                id: "p-3f9a12c4".into(),
                digest: Digest("3f9a12c4aabbccdd".into()),
                profile: "acme".into(),
                list: list.id.clone(),
                list_name: list.name.clone(),
                file: self.path().display().to_string(),
                file_sha256: checked.sha256.clone(),
                counts,
                says: Vec::new(),
                made_at: self.kit.now,
                made_by: "ada".into(),
            },
            file: Some(CheckedFile { document: file.opened.document.clone(), checked, input: None }),
            comes_off: Vec::new(),
            approval: None,
            list,
            enforced_by: vec!["National_DNC".into()],
            effect: "suppress 3 more numbers for OUTBOUND and INBOUND; takes about 3 min".into(),
            takes: Duration::from_secs(200),
        }
    }
}

fn answer(op: &Op, config: &Config) -> Option<Vec<Fact>> {
    let failed = |error: &ops::OpsError| vec![Fact::Failed(Trouble::new(op.doing(), error))];
    let now = "2026-11-20T14:00:00Z".parse().unwrap();
    Some(match op {
        Op::OpenFile { path, input } => {
            let layouts = config.layouts_now().unwrap();
            match ops::open_or_ask(path, input, &layouts, &CancellationToken::new(), &mut |_| ()) {
                Ok(ops::Opened::Question(question)) => {
                    let asked = Asked { path: path.clone(), input: input.clone(), question };
                    vec![Fact::Asked(Box::new(asked))]
                }
                Ok(ops::Opened::Document(document, input)) => {
                    let opened = OpenedFile { document: document.clone(), input };
                    let index = document.build_index(&CancellationToken::new(), &mut |_| ()).unwrap();
                    vec![Fact::Opened(opened), Fact::Indexed(ops::IndexState { complete: true, ..index })]
                }
                Err(error) => failed(&error),
            }
        }
        Op::SaveLayout { name, file } => {
            match config::save_layout(config, &Layout::of(name, &file.document, &file.input.options)) {
                Ok(new) => vec![Fact::LayoutSaved { name: name.clone(), new }],
                Err(error) => failed(&error.into()),
            }
        }
        Op::LoadRows { file, first, count } => {
            let options = check_options(None, &file.input, now);
            let read = |record| PreviewRow { read: file.document.interpret(&record, &options), record };
            match file.document.rows(*first, *count) {
                Ok(rows) => {
                    vec![Fact::Rows(RowWindow { first: *first, rows: rows.into_iter().map(read).collect() })]
                }
                Err(error) => failed(&error.into()),
            }
        }
        Op::Search { file, needle, from } => {
            let (mut facts, stop) = (Vec::new(), CancellationToken::new());
            let searched =
                file.document.search(needle, *from, &stop, &mut |found| facts.push(Fact::Found(found)));
            facts.push(searched.map_or_else(
                |error| Fact::Failed(Trouble::new(op.doing(), &error.into())),
                |()| Fact::Searched,
            ));
            facts
        }
        Op::Check { file } => {
            let options = check_options(None, &file.input, now);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let stop = CancellationToken::new();
            let work = ops::check_document(file.document.clone(), options, Arc::new(Silent), &stop);
            let checked = runtime.block_on(work);
            match checked {
                Ok(file) => vec![Fact::Checked(file.checked)],
                Err(error) => failed(&error),
            }
        }
        Op::Folder { path } => vec![Fact::Folder(folder(path.canonicalize().unwrap()))],
        _ => return None,
    })
}

fn folder(path: PathBuf) -> Folder {
    let mut items: Vec<FolderItem> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let about = entry.metadata().unwrap();
            FolderItem {
                path: entry.path(),
                name: entry.file_name().to_string_lossy().into_owned(),
                is_folder: about.is_dir(),
                size: about.len(),
                modified: None,
            }
        })
        .collect();
    items.sort_by(|a, b| (!a.is_folder, &a.name).cmp(&(!b.is_folder, &b.name)));
    Folder { path, items }
}
