//! The sentence that a person approves: what a plan does, measured.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::plan::{Counts, Destination};
use crate::domain::rule::{Channel, Rule};
use crate::domain::text::{counted, thousands};
use crate::ops::extra::Extras;
use crate::ops::records::Records;
use crate::ops::scrub::Scrub;
use crate::ops::{CheckedFile, OpsError};

pub(super) fn effect_sentence(
    counts: &Counts,
    enforcing: &[&Rule],
    environment: &str,
    takes: Duration,
) -> String {
    if counts.operations() == 0 {
        return nothing_to_send(counts, environment);
    }
    let covered: Vec<&str> = Channel::ALL
        .into_iter()
        .filter(|channel| enforcing.iter().any(|rule| rule.scope.covers(*channel)))
        .map(Channel::as_str)
        .collect();
    let changes = match counts.update {
        0 => String::new(),
        n => format!(", change {}", thousands(n)),
    };
    let shorter = match counts.shortened {
        0 => String::new(),
        n => format!(" ({} of them will expire earlier than now)", thousands(n)),
    };
    let time = crate::domain::progress::say_eta(takes);
    if counts.add + counts.update == 0 {
        let n = counted(counts.remove, "number", "numbers");
        return format!("take {n} OFF the list in {environment}; takes {time}");
    }
    if covered.is_empty() {
        return format!(
            "store {}{changes}{shorter} in {environment} on a list that no active rule enforces: \
             nothing will be suppressed; takes {time}",
            counted(counts.add, "more number", "more numbers")
        );
    }
    let channels = covered.join(" and ");
    format!(
        "suppress {}{changes}{shorter} for {channels} in {environment}; takes {time}",
        counted(counts.add, "more number", "more numbers")
    )
}

/// Numbers that come off beside those that are added, and what that means for them. Which ones they are is shown, and
/// never told: this sentence travels far.
pub(super) fn who_comes_off(counts: &Counts) -> Option<String> {
    let n = counted(counts.remove, "number comes", "numbers come");
    let what = "may be CALLED then, unless another list holds them";
    match counts.remove {
        0 => None,
        _ if counts.add + counts.update == 0 => Some(format!("they {what}")),
        _ => Some(format!("{n} OFF the list and {what}")),
    }
}

/// Why nothing is sent: it may not be because all is well.
fn nothing_to_send(counts: &Counts, environment: &str) -> String {
    if counts.unchanged > 0 && counts.removed + counts.rejected == 0 {
        return format!("nothing to send: the list in {environment} is already as the file wants it");
    }
    let parts = [
        (counts.unchanged, "already as wanted"),
        (counts.removed, "left out"),
        (counts.rejected, "REJECTED and not on it by this"),
    ];
    let said = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands(n)));
    format!("nothing to send in {environment}: {}", said.collect::<Vec<_>>().join(", "))
}

pub(super) fn effect_on_contacts(
    to: Destination,
    counts: &Counts,
    environment: &str,
    takes: Duration,
) -> String {
    if counts.operations() == 0 {
        return nothing_to_send(counts, environment);
    }
    let time = crate::domain::progress::say_eta(takes);
    if to == Destination::Outbound {
        let add = counted(counts.add, "contact", "contacts");
        return format!("put {add} on an outbound list in {environment}; takes {time}");
    }
    let changes = match counts.update {
        0 => String::new(),
        n => format!(", change {}", thousands(n)),
    };
    let shorter = match counts.shortened {
        0 => String::new(),
        n => format!(" ({} of them will end earlier than now)", thousands(n)),
    };
    let add = counted(counts.add, "more contact", "more contacts");
    format!("put {add} on a suppression list{changes}{shorter} in {environment}; takes {time}")
}

/// What a destination cannot keep of what the file says, in a sentence.
pub(super) fn what_is_not_kept(to: Destination, file: &CheckedFile, extras: &Extras) -> Option<String> {
    let odd_reasons = extras.odd_reasons;
    match to {
        Destination::Outbound if extras.knows_no_consent() => {
            Some("no column says who has opted in, and this profile asks for it".into())
        }
        Destination::Items => {
            let ending = file.checked.intents.iter().filter(|intent| intent.attributes.expires.is_some());
            let ending = ending.count() as u64;
            (ending > 0).then(|| {
                let n = thousands(ending);
                format!("items have no expiry: {n} numbers that the file lets expire will stay for ever")
            })
        }
        Destination::Suppression if odd_reasons > 0 => {
            let n = thousands(odd_reasons);
            Some(format!("{n} rows give a reason that the platform has no word for: they are sent as DNC"))
        }
        _ => None,
    }
}

/// Contacts that stand on the list, whoever put them there, and on a list that they were held against.
fn on_the_list_already(barred: u64) -> String {
    let n = thousands(barred);
    format!(
        "{n} contacts that must not be called stand on the contact list ALREADY: take them off it at the tenant"
    )
}

/// Items that are there, but not for as long as the file says.
pub(super) fn that_end_sooner(ending: u64) -> String {
    let n = thousands(ending);
    format!(
        "{n} numbers stand there only until a time before the file's: items cannot change that, --to entries can"
    )
}

/// What a snapshot does not take off: everything, where rows of it cannot be read; and what others changed.
pub(super) fn snapshot_leaves(unread: Option<u64>, foreign: u64) -> Option<String> {
    if let Some(rows) = unread {
        let n = thousands(rows);
        return Some(format!(
            "NOTHING is taken off, because {n} rejected rows may mean anybody: mend them and plan the file again"
        ));
    }
    (foreign > 0).then(|| {
        let n = thousands(foreign);
        format!("{n} numbers of ours stay that the file does not name, because others changed their records")
    })
}

/// Numbers that lose our record, and that are not callable for that.
pub(super) fn that_stay_all_the_same(still_there: u64) -> String {
    let n = counted(still_there, "of them keeps", "of them keep");
    format!("{n} the record of somebody else, and may still NOT be called while that holds")
}

/// `12 on list National, 3 no consent`.
pub(super) fn said(reasons: &BTreeMap<String, u64>) -> String {
    reasons.iter().map(|(why, n)| format!("{} {why}", thousands(*n))).collect::<Vec<_>>().join(", ")
}

/// Contacts of the list itself that must not be called. Blocking.
pub(in crate::ops) fn barred_there(scrub: &Scrub, there: &Records) -> Result<u64, OpsError> {
    let mut barred = 0;
    if !scrub.lists.is_empty() {
        for contact in there.rows() {
            barred += u64::from(contact?.identifier.is_some_and(|whom| scrub.bars(&whom).is_some()));
        }
    }
    Ok(barred)
}

/// What there is to say of who is left out, and of who could not be: of a list that goes to be called everything, also
/// where that is nobody. `barred`: of [`barred_there`]; `None` where nobody can read the list.
pub(in crate::ops) fn of_scrub(
    to: Destination,
    scrub: &Scrub,
    removed: &BTreeMap<String, u64>,
    barred: Option<u64>,
) -> Vec<String> {
    let is_scrubbed = !scrub.lists.is_empty();
    let said = [
        is_scrubbed.then(|| held_against(removed, &scrub.names, scrub.unread)),
        (!is_scrubbed && !removed.is_empty()).then(|| format!("left out: {}", said(removed))),
        (to == Destination::Outbound && !is_scrubbed)
            .then(|| "NOT SCRUBBED: held against no list (--scrub)".to_owned()),
        barred
            .is_none()
            .then(|| "the list cannot be read: whoever is on it already will be on it twice".to_owned()),
        barred.filter(|n| *n > 0).map(on_the_list_already),
    ];
    said.into_iter().flatten().collect()
}

/// What a scrub found, also where that is nobody.
fn held_against(removed: &BTreeMap<String, u64>, names: &[String], unread: u64) -> String {
    let against = names.join(", ");
    let found = match removed.is_empty() {
        true => format!("held against {against}: nobody of them stands there"),
        false => format!("held against {against}, left out: {}", said(removed)),
    };
    match unread {
        0 => found,
        n => {
            format!("{found}; {} entries there hold no number that can be read, and bar nobody", thousands(n))
        }
    }
}

/// An effect with more to say, in front of the time that it takes.
pub(super) fn with_clauses(effect: &str, clauses: impl Iterator<Item = String>) -> String {
    let (what, time) = match effect.rsplit_once("; takes ") {
        Some((what, time)) => (what, format!("; takes {time}")),
        None => (effect, String::new()),
    };
    let clauses: Vec<String> = std::iter::once(what.to_owned()).chain(clauses).collect();
    format!("{}{time}", clauses.join("; "))
}
