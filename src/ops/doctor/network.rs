//! The way to the tenant: names, TLS, clocks.

use super::{Finding, Health, not_checked};
use crate::api::{Sight, is_behind_proxy};
use crate::domain::text::visible;

/// Seconds that two clocks may be apart.
const MOST_SKEW_SECONDS: u64 = 30;

/// Whether the names of the profile's addresses resolve.
pub(super) fn of_names(sights: &[Sight]) -> Finding {
    let broken: Vec<String> =
        sights.iter().filter_map(|it| Some(told(it, it.name.as_ref().err()?))).collect();
    if broken.is_empty() {
        return Finding::new("dns", Health::Fine, format!("{}: found", hosts(sights.iter())));
    }
    let finding = Finding::new("dns", Health::Broken, broken.join(" · "));
    match is_behind_proxy() {
        true => Finding { health: Health::Attention, ..finding }
            .advise("A proxy is set, and may find it all the same; otherwise check the profile's preset and addresses."),
        false => finding.advise(
            "Check the profile's preset and addresses (`quietline profile show`), then the name servers of this machine.",
        ),
    }
}

/// Whether what answers at the profile's addresses can be trusted.
pub(super) fn of_tls(sights: &[Sight]) -> Finding {
    let broken: Vec<String> =
        sights.iter().filter_map(|it| Some(told(it, it.secure.as_ref()?.as_ref().err()?))).collect();
    if !broken.is_empty() {
        return Finding::new("tls", Health::Broken, broken.join(" · ")).advise(
            "Nothing is sent where the connection cannot be trusted. Check the addresses, the proxy, the clock and the \
             certificates of this machine; with a certificate that has expired only the tenant can help.",
        );
    }
    if sights.iter().any(|it| it.name.is_err() && it.secure.is_none()) {
        return not_checked("tls", "not every name has an address");
    }
    match sights.iter().filter(|it| it.secure.is_some()).count() {
        0 => Finding::new("tls", Health::Fine, "not used: plain http on this machine"),
        _ => {
            let secure = hosts(sights.iter().filter(|it| it.secure.is_some()));
            Finding::new("tls", Health::Fine, format!("{secure}: the connection is secure"))
        }
    }
}

/// Whether calls can be made at all, by what was seen.
pub(super) fn is_passable(sights: &[Sight]) -> bool {
    sights.iter().filter(|it| it.used_for.iter().any(|what| *what != "events")).all(|it| {
        let named = it.name.is_ok() || it.secure.is_some();
        named && it.secure.as_ref().is_none_or(Result::is_ok)
    })
}

fn told(sight: &Sight, why: &str) -> String {
    format!("{} ({})", visible(why, 200), sight.used_for.join(", "))
}

fn hosts<'a>(sights: impl Iterator<Item = &'a Sight>) -> String {
    let named = sights.map(|it| format!("{} ({})", visible(&it.host, 100), it.used_for.join(", ")));
    named.collect::<Vec<_>>().join(", ")
}

/// Cool-downs, expiry dates and the trail are told by the clock of this machine.
pub(super) fn of_clock(skew: Option<i64>) -> Finding {
    let Some(skew) = skew else { return not_checked("clock", "no answer of the tenant told its time") };
    let apart = skew.unsigned_abs();
    let seen = match skew {
        0 => "as the tenant's, to the second".to_owned(),
        1.. => format!("{apart} s behind the tenant's"),
        _ => format!("{apart} s ahead of the tenant's"),
    };
    match apart > MOST_SKEW_SECONDS {
        true => Finding::new("clock", Health::Attention, seen)
            .advise("Set the clock of this machine (NTP): cool-downs and expiry dates are told by it."),
        false => Finding::new("clock", Health::Fine, seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_half_a_minute_apart_and_an_unknown_one_is_never_fine() {
        for (skew, health, seen) in [
            (Some(0), Health::Fine, "to the second"),
            (Some(30), Health::Fine, "30 s behind"),
            (Some(-30), Health::Fine, "30 s ahead"),
            (Some(31), Health::Attention, "31 s behind"),
            (Some(-31), Health::Attention, "31 s ahead"),
            (Some(i64::MAX), Health::Attention, "behind"),
            (None, Health::NotChecked, "not checked"),
        ] {
            let finding = of_clock(skew);
            assert_eq!(finding.health, health, "{skew:?}");
            assert!(finding.seen.contains(seen), "{skew:?}: {}", finding.seen);
            assert_eq!(finding.advice.is_some(), health == Health::Attention);
        }
    }
}
