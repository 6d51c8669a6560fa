//! `lists` and `rules`.

mod create;

use crate::cli::args::ListsAction;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::{list_object, rule_object};
use crate::cli::table::table;
use crate::domain::list::ListId;
use crate::domain::rule::Rule;
use crate::domain::text::{thousands, visible};
use crate::ops::{Catalog, ListOverview, Ops};

pub(super) async fn lists(context: &Context, action: Option<ListsAction>) -> Result<u8, Failure> {
    match action.unwrap_or(ListsAction::Ls) {
        ListsAction::Ls => {
            let (_, ops) = context.connect().await?;
            let catalog = context.or_stopped(ops.catalog()).await?;
            let objects: Vec<_> = catalog.lists.iter().map(list_object).collect();
            context.out.answer(&objects, || table_of(&catalog))?;
        }
        ListsAction::Show { list } => {
            let (_, ops) = context.connect().await?;
            show(context, &ops, &list).await?;
        }
        ListsAction::Create(args) => return create::run(context, args).await,
        ListsAction::Activate { list, force, reason } => {
            context.refuse_in_read_only("activating a list")?;
            let reason = reason.as_deref().map(super::plan::reason).transpose()?;
            let (_, ops) = context.connect().await?;
            let forced = reason.filter(|_| force);
            let done = context.or_stopped(ops.activate_list(&list, forced)).await?;
            show(context, &ops, &done.list.id.0).await?;
        }
    }
    Ok(exit::DONE)
}

async fn show(context: &Context, ops: &Ops, wanted: &str) -> Result<(), Failure> {
    let list = context.or_stopped(ops.find_list(wanted)).await?;
    let catalog = context.or_stopped(ops.catalog()).await?;
    let Some(overview) = catalog.lists.iter().find(|overview| overview.list.id == list.id) else {
        return Err(Failure::new(
            exit::TENANT,
            "not-found",
            format!("list {} was there and is gone", list.id),
            "See what there is with `quietline lists`.",
        ));
    };
    context.out.answer(&list_object(overview), || one(overview))
}

fn table_of(catalog: &Catalog) -> String {
    if catalog.lists.is_empty() {
        return "The tenant has no list: `quietline lists create NAME` makes one.".into();
    }
    let rows = catalog.lists.iter().map(|overview| {
        let list = &overview.list;
        [
            list.id.to_string(),
            list.name.clone(),
            list.kind.clone(),
            if list.active { "active" } else { "inactive" }.into(),
            list.entry_count.map(thousands).unwrap_or_default(),
            overview.readiness.state.as_str().into(),
            overview.enforced_by.join(", "),
        ]
    });
    table(["id", "name", "type", "active", "entries", "state", "enforced by"], rows)
}

fn one(overview: &ListOverview) -> String {
    let list = &overview.list;
    let enforced = match overview.enforced_by.as_slice() {
        [] => "no active rule blocks by it".to_owned(),
        rules => format!("enforced by {}", visible(&rules.join(", "), 300)),
    };
    format!(
        "{}  {}  {}  {}\n{}{}\n{}: {}\n",
        visible(&list.name, 100),
        visible(&list.id.to_string(), 60),
        visible(&list.kind, 40),
        if list.active { "active" } else { "inactive" },
        if list.description.is_empty() {
            String::new()
        } else {
            format!("{}\n", visible(&list.description, 300))
        },
        enforced,
        overview.readiness.state.as_str(),
        visible(&overview.readiness.because, 300),
    )
}

pub(super) async fn rules(context: &Context) -> Result<u8, Failure> {
    let (_, ops) = context.connect().await?;
    let catalog = context.or_stopped(ops.catalog()).await?;
    let objects: Vec<_> = catalog.rules.iter().map(rule_object).collect();
    context.out.answer(&objects, || {
        let names = |rule: &Rule| {
            let name =
                |id: &ListId| catalog.lists.iter().find(|o| o.list.id == *id).map(|o| o.list.name.clone());
            rule.lists
                .iter()
                .map(|id| name(id).unwrap_or_else(|| id.to_string()))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let rows = catalog.rules.iter().map(|rule| {
            [
                rule.priority.to_string(),
                rule.name.clone(),
                rule.scope.as_str().into(),
                rule.action.as_str().into(),
                if rule.active { "active" } else { "inactive" }.into(),
                names(rule),
            ]
        });
        table(["priority", "name", "scope", "action", "active", "lists"], rows)
    })?;
    Ok(exit::DONE)
}
