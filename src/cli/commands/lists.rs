//! `lists` and `rules`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use serde_json::json;

use crate::cli::args::{ListsAction, ToArg};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::{list_object, rule_object};
use crate::cli::table::table;
use crate::domain::list::ListId;
use crate::domain::plan::Destination;
use crate::domain::rule::Rule;
use crate::domain::text::{thousands, visible};
use crate::ops::{Catalog, ListOverview, NewList, Ops};

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
        ListsAction::Create { name, to, description, kind, expires, inactive, bind } => {
            context.refuse_in_read_only("making a list")?;
            if name.trim().is_empty() {
                return Err(Failure::usage("a list needs a name", "Name it: `quietline lists create NAME`."));
            }
            if to == ToArg::Suppression {
                let plain = description.is_empty() && expires.is_none() && !inactive && bind.is_none();
                return create_suppression(context, &name, plain).await;
            }
            if to == ToArg::Outbound {
                return Err(Failure::usage(
                    "contact lists are not made here",
                    "Make it in the platform, and name it by its id: `quietline upload FILE --to outbound --list ID`.",
                ));
            }
            let default_expires = expires.as_deref().map(end_of_day).transpose()?;
            let new = NewList { name, description, kind, default_expires, active: !inactive };
            let (_, ops) = context.connect().await?;
            let made = context.or_stopped(ops.create_list(&new, bind.as_deref())).await?;
            if !made.made {
                context.out.remark("A list of exactly this name was there already: it was left as it is.");
            }
            show(context, &ops, &made.list.id.0).await?;
        }
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

async fn create_suppression(context: &Context, name: &str, plain: bool) -> Result<u8, Failure> {
    if !plain {
        return Err(Failure::usage(
            "a suppression list has a name and nothing else",
            "Leave out --description, --expires, --inactive and --bind.",
        ));
    }
    let (_, ops) = context.connect().await?;
    let (list, made) = context.or_stopped(ops.create_suppression_list(name)).await?;
    let id = Destination::Suppression.list_of(&list.id).to_string();
    let object = json!({"id": id, "name": list.name, "made": made, "contacts": list.entry_count});
    context.out.answer(&object, || {
        let what = if made { "was made" } else { "was there already" };
        format!("suppression list {} ({}) {what}\n", visible(&list.name, 100), visible(&id, 60))
    })?;
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

/// A day, as the end of it in UTC; one that is past would make every entry expire at once.
fn end_of_day(text: &str) -> Result<Timestamp, Failure> {
    let wrong = |what: &str| Failure::usage(what, "Write the day as 2027-12-31.");
    let day: Date = text.trim().parse().map_err(|_| wrong("--expires is no day"))?;
    let end = day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).map_err(|_| wrong("--expires is no day"))?;
    if end.timestamp() <= Timestamp::now() {
        return Err(wrong("--expires lies in the past"));
    }
    Ok(end.timestamp())
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
