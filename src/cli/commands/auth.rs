//! `auth`: the client secret into the keyring, and out of it. It comes from a hidden prompt or from stdin, never from
//! an argument.

use serde_json::json;

use crate::cli::args::AuthAction;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::config::{CredentialSource, Profile};
use crate::domain::text::visible;
use crate::ops::{Credentials, setup};

pub(super) async fn run(context: &Context, action: Option<AuthAction>) -> Result<u8, Failure> {
    let profile = context.config()?.profile()?;
    match action.unwrap_or(AuthAction::Status) {
        AuthAction::Login { client_id, no_test } => login(context, &profile, client_id, no_test).await,
        AuthAction::Webhook => webhook(context, &profile).await,
        AuthAction::Status => status(context, &profile).await,
        AuthAction::Logout => logout(context, &profile).await,
    }
}

async fn login(
    context: &Context,
    profile: &Profile,
    client_id: String,
    no_test: bool,
) -> Result<u8, Failure> {
    context.refuse_in_read_only("storing credentials")?;
    if profile.credentials == CredentialSource::Env {
        return Err(Failure::new(
            exit::ACCESS,
            "no-keyring",
            format!(
                "profile “{}” takes its credentials from the environment: there is nothing to store",
                profile.name
            ),
            "Set QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET, or set credentials = \"keyring\" in the profile.",
        ));
    }
    if client_id.trim().is_empty() {
        return Err(Failure::usage(
            "--client-id is empty",
            "Take the client id from the tenant's administrator.",
        ));
    }
    let client_secret =
        ask::wait(&context.stop, || ask::secret("Client secret", "quietline auth login --client-id ID"))
            .await?;
    let credentials = Credentials { client_id, client_secret };
    context.or_stopped(setup::store_credentials(profile, &credentials)).await?;
    let tested = match no_test {
        true => None,
        false => Some(context.or_stopped(setup::test_connection(profile, &credentials)).await),
    };
    let why = match tested {
        Some(Ok(())) => None,
        // Wrong is another matter than unreachable: it needs a person.
        Some(Err(e)) if e.exit == exit::ACCESS => {
            return Err(Failure { message: format!("they are stored, but {}", e.message), ..e });
        }
        Some(Err(e)) => Some(e.message),
        None => Some("the test was left out".into()),
    };
    let object = json!({"profile": profile.name, "stored": true, "verified": why.is_none(), "because": why});
    context.out.answer(&object, || match &why {
        None => format!("stored and verified: profile “{}”", visible(&profile.name, 60)),
        Some(why) => format!(
            "stored, not verified: profile “{}” ({})\nnext: `quietline doctor` tries again",
            visible(&profile.name, 60),
            visible(why, 300)
        ),
    })?;
    Ok(exit::DONE)
}

async fn webhook(context: &Context, profile: &Profile) -> Result<u8, Failure> {
    context.refuse_in_read_only("storing a secret")?;
    if profile.credentials == CredentialSource::Env {
        return Err(Failure::new(
            exit::ACCESS,
            "no-keyring",
            format!(
                "profile “{}” takes its secrets from the environment: there is nothing to store",
                profile.name
            ),
            "Set QUIETLINE_WEBHOOK_SECRET, or set credentials = \"keyring\" in the profile.",
        ));
    }
    let secret = ask::wait(&context.stop, || ask::secret("Webhook secret", "quietline auth webhook")).await?;
    context.or_stopped(setup::store_webhook_secret(profile, secret)).await?;
    // Whoever stores a secret means the receiver to be asked again, also one that had gone.
    let config = context.config()?;
    context.or_stopped(setup::revive_receiver(config.data_dir(), profile)).await?;
    let is_used = profile.upload.webhook.is_some();
    let object = json!({"profile": profile.name, "stored": true, "webhook": is_used});
    context.out.answer(&object, || {
        let what = format!("stored: the webhook secret of profile “{}”", visible(&profile.name, 60));
        match is_used {
            true => format!("{what}, bound to the origin of its webhook"),
            false => format!("{what}\nnext: the profile names no webhook yet: set webhook = \"https://…\" under its [upload]"),
        }
    })?;
    Ok(exit::DONE)
}

async fn status(context: &Context, profile: &Profile) -> Result<u8, Failure> {
    // No credentials is the answer here, with the way out; the secret itself stays where it is.
    context.or_stopped(setup::load_credentials(profile)).await?;
    let source = profile.credentials.as_str();
    let object = json!({"profile": profile.name, "source": source, "stored": true});
    context.out.answer(&object, || {
        let place = match profile.credentials {
            CredentialSource::Keyring => "in the keyring, bound to the origins of the profile",
            CredentialSource::Env => "in the environment",
        };
        format!("profile “{}”: credentials {place}", visible(&profile.name, 60))
    })?;
    Ok(exit::DONE)
}

async fn logout(context: &Context, profile: &Profile) -> Result<u8, Failure> {
    context.refuse_in_read_only("removing credentials")?;
    if profile.credentials == CredentialSource::Env {
        return Err(Failure::new(
            exit::ACCESS,
            "no-keyring",
            format!(
                "profile “{}” takes its credentials from the environment: nothing is stored",
                profile.name
            ),
            "Unset QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET.",
        ));
    }
    let removed = context.or_stopped(setup::remove_credentials(profile)).await?;
    let object = json!({"profile": profile.name, "removed": removed});
    context.out.answer(&object, || match removed {
        true => format!("credentials of profile “{}” removed from the keyring", visible(&profile.name, 60)),
        false => format!("the keyring held no credentials for profile “{}”", visible(&profile.name, 60)),
    })?;
    Ok(exit::DONE)
}
