//! `profile`: the tenants of the config file.

use serde_json::{Value, json};

use crate::cli::args::{ProfileAction, ProfileAddArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::table::table;
use crate::config::{self, Config, NewProfile, Profile};
use crate::domain::text::visible;

pub(super) fn run(context: &Context, action: Option<ProfileAction>) -> Result<u8, Failure> {
    match action.unwrap_or(ProfileAction::Ls) {
        ProfileAction::Ls => ls(context),
        ProfileAction::Show { name } => show(context, name),
        ProfileAction::Add(args) => add(context, &args),
        ProfileAction::Rm { name } => rm(context, &name),
    }
}

fn object(profile: &Profile, in_use: bool) -> Value {
    json!({
        "name": profile.name, "default": in_use, "preset": profile.preset, "tenant": profile.tenant,
        "environment": profile.environment.as_str().to_lowercase(), "token_url": profile.endpoints.token_url,
        "api_url": profile.endpoints.api_url, "credentials": profile.credentials.as_str(),
        "cool_down_seconds": profile.cool_down_seconds, "cool_down_shortened": profile.cool_down_is_shortened(),
    })
}

fn ls(context: &Context) -> Result<u8, Failure> {
    let config = context.config()?;
    let in_use = config.profile_name().ok().map(|(name, _)| name);
    let mut profiles = Vec::new();
    for name in config.profile_names() {
        profiles.push(config.profile_named(&name)?);
    }
    let is_used = |profile: &Profile| in_use.as_deref() == Some(profile.name.as_str());
    let objects: Vec<Value> = profiles.iter().map(|profile| object(profile, is_used(profile))).collect();
    context.out.answer(&objects, || match profiles.is_empty() {
        true => {
            "There is no profile: `quietline profile add NAME --preset my --tenant TENANT` makes one.".into()
        }
        false => {
            let rows = profiles.iter().map(|profile| {
                [
                    if is_used(profile) { "▶" } else { "" }.into(),
                    profile.name.clone(),
                    profile.environment.as_str().into(),
                    profile.preset.clone(),
                    profile.tenant.clone(),
                    profile.credentials.as_str().into(),
                    profile.endpoints.api_url.clone(),
                ]
            });
            table(["", "name", "environment", "preset", "tenant", "credentials", "api"], rows)
        }
    })?;
    Ok(exit::DONE)
}

fn show(context: &Context, name: Option<String>) -> Result<u8, Failure> {
    let mut sources = context.sources();
    sources.profile = name.or(sources.profile);
    let config = Config::load(&sources)?;
    let profile = config.profile()?;
    context.out.answer(&object(&profile, true), || {
        let rows = config.settings().into_iter().map(|s| [s.name.into(), s.value, s.from.as_str().into()]);
        table(["setting", "value", "from"], rows)
    })?;
    Ok(exit::DONE)
}

fn add(context: &Context, args: &ProfileAddArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("adding a profile")?;
    let config = context.config()?;
    let new = NewProfile {
        name: args.name.clone(),
        preset: args.preset.clone(),
        tenant: args.tenant.clone(),
        region: args.region.clone(),
        token_url: args.token_url.clone(),
        api_url: args.api_url.clone(),
        events_url: args.events_url.clone(),
        environment: args.environment.clone(),
        credentials: args.credentials.clone(),
        default_region: args.default_region.clone(),
        cool_down_seconds: args.cool_down,
    };
    config::add_profile(&config, &new)?;
    let config = context.config()?;
    let profile = config.profile_named(&args.name)?;
    let in_use = config.profile_name().is_ok_and(|(name, _)| name == args.name);
    context.out.answer(&object(&profile, in_use), || {
        let next = match profile.credentials {
            config::CredentialSource::Keyring => {
                "`quietline auth login --client-id ID` stores its credentials"
            }
            config::CredentialSource::Env => "set QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET",
        };
        format!(
            "profile “{}” added to {}\nnext: {next}",
            profile.name,
            visible(&config.path().display().to_string(), 300)
        )
    })?;
    Ok(exit::DONE)
}

fn rm(context: &Context, name: &str) -> Result<u8, Failure> {
    context.refuse_in_read_only("removing a profile")?;
    let config = context.config()?;
    // Asked for first, so that a wrong name gets the nearest known one.
    config.profile_named(name)?;
    let removed = config::remove_profile(&config, name)?;
    context.out.answer(&json!({"name": name, "removed": removed}), || {
        format!(
            "profile “{}” removed; credentials in the keyring, if any, are still there",
            visible(name, 60)
        )
    })?;
    Ok(exit::DONE)
}
