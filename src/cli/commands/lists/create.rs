//! `lists create`: a list is made or found, and bound to a rule once a person has agreed to what that changes.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::show;
use crate::cli::args::{CreateListArgs, ToArg};
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::config::Environment;
use crate::domain::plan::Destination;
use crate::domain::text::visible;
use crate::ops::{Binding, NewList, Ops};

pub(super) async fn run(context: &Context, args: CreateListArgs) -> Result<u8, Failure> {
    let CreateListArgs { name, to, description, kind, expires, inactive, bind, reason, yes } = args;
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
    let reason = reason.as_deref().map(crate::cli::commands::plan::reason).transpose()?;
    if bind.is_some() && !yes && !ask::can_ask() {
        return Err(Failure::usage(
            "binding a list to a rule changes who is called, and nobody is here to ask",
            "Look at the rule with `quietline rules` first, then say --yes.",
        ));
    }
    let default_expires = expires.as_deref().map(end_of_day).transpose()?;
    let new = NewList { name, description, kind, default_expires, active: !inactive };
    let (_, ops) = context.connect().await?;
    let binding = match &bind {
        Some(rule) => Some(agreed(context, &ops, &new, rule, yes).await?),
        None => None,
    };
    let made = context.or_stopped(ops.create_list(&new, binding.as_ref().zip(reason))).await?;
    if !made.made {
        context.out.remark("A list of exactly this name was there already: it was left as it is.");
    }
    show(context, &ops, &made.list.id.0).await?;
    Ok(exit::DONE)
}

/// Says what the binding changes, and asks. In production the rule's name has to be typed.
async fn agreed(
    context: &Context,
    ops: &Ops,
    new: &NewList,
    rule: &str,
    yes: bool,
) -> Result<Binding, Failure> {
    let binding = context.or_stopped(ops.binding(new, rule)).await?;
    if binding.stands {
        return Ok(binding);
    }
    context.out.remark(&visible(&binding.effect, 600));
    if yes {
        return Ok(binding);
    }
    let name = &binding.rule.name;
    let production = ops.profile().environment == Environment::Production;
    let question = match production {
        true => format!("Type the rule's name to bind the list to it ({}):", visible(name, 100)),
        false => "Bind it? [y/N]".to_owned(),
    };
    let answer = ask::wait(&context.stop, move || ask::line(&question)).await?;
    let agreed = match production {
        true => answer == *name,
        false => matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"),
    };
    if agreed {
        return Ok(binding);
    }
    Err(Failure::new(
        exit::STOPPED,
        "stopped",
        "it was not confirmed; nothing was made",
        "Start it again when you are ready.",
    ))
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
