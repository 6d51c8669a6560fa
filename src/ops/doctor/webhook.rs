//! Whoever is told of the profile's runs: whether there is somebody, whether messages can be signed, and what waits.

use std::path::Path;

use super::{Finding, Health, not_checked};
use crate::config::Profile;
use crate::domain::text::visible;
use crate::ops::setup;

pub(super) async fn of_webhook(folder: &Path, profile: Option<&Profile>) -> Finding {
    let Some(profile) = profile else { return not_checked("webhook", "there is no profile") };
    if profile.upload.webhook.is_none() {
        return Finding::new("webhook", Health::Fine, "nobody is told of runs: the profile names no webhook");
    }
    match setup::load_webhook_secret(profile).await {
        Err(e) => return Finding::of_error("webhook", &e),
        Ok(None) => {
            let seen =
                "nobody is told of runs: there is no secret to sign with, and nothing is sent unsigned";
            return Finding::new("webhook", Health::Attention, seen)
                .advise("Store it with `quietline auth webhook`, or set QUIETLINE_WEBHOOK_SECRET.");
        }
        Ok(Some(_)) => {}
    }
    if !folder.join("ledger.db").exists() {
        return Finding::new(
            "webhook",
            Health::Fine,
            "there is a secret to sign with; no run to tell of yet",
        );
    }
    let ledger = match setup::open_ledger(folder).await {
        Ok(ledger) => ledger,
        Err(_) => return not_checked("webhook", "the ledger does not open"),
    };
    let asked = (ledger.deliveries_of(&profile.name).await, ledger.receiver_gone(&profile.name).await);
    let (Ok(deliveries), Ok(gone)) = asked else {
        return not_checked("webhook", "the ledger cannot be read");
    };
    let said = deliveries.said().unwrap_or_else(|| "no run was told of yet".into());
    let seen = format!("there is a secret to sign with; {}", visible(&said, 300));
    match gone {
        Some(at) => Finding::new("webhook", Health::Attention, format!("{seen}; gone since {at} (410)"))
            .advise("Name another webhook, or have this one asked again with `quietline auth webhook`."),
        None if deliveries.waiting + deliveries.given_up > 0 => {
            Finding::new("webhook", Health::Attention, seen)
                .advise("Look after the receiver; what waits is sent by the next upload, resume or console.")
        }
        None => Finding::new("webhook", Health::Fine, seen),
    }
}
