//! The list itself: what stands there, what became of it on the way, and what was sent again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{Evidence, Fate, Faults, Kind, Meaning, Records};

pub(super) fn check(evidence: &Evidence, faults: &mut Faults) {
    as_intended((&evidence.before, &evidence.after, &evidence.meaning), faults);
    never_bare(evidence, faults);
    suppressed_first(evidence, faults);
    once(evidence, faults);
    again_only_behind_a_reading(evidence, faults);
    for what in &evidence.unplanned {
        faults.claim(false, "I6", || what.clone());
    }
}

/// Whether exactly one record stands there, and says what is wanted.
pub(super) fn stands(records: Option<&Vec<Value>>, wanted: &BTreeMap<&'static str, Value>) -> bool {
    let Some([record]) = records.map(Vec::as_slice) else { return false };
    wanted.iter().all(|(name, value)| record[name] == *value)
}

pub(super) fn as_intended((before, after, meaning): (&Records, &Records, &Meaning), faults: &mut Faults) {
    let fates = &meaning.fates;
    let everybody: BTreeSet<&String> = before.keys().chain(after.keys()).chain(fates.keys()).collect();
    for who in everybody {
        let (was, is) = (before.get(who), after.get(who));
        let told = || format!("{who}: {was:?} became {is:?}");
        match fates.get(who) {
            Some(Fate::Stands(wanted)) => {
                faults.claim(is.is_some(), "I1", || format!("lost: {}", told()));
                faults.claim(is.is_none_or(|it| it.len() == 1), "I2", || format!("doubled: {}", told()));
                faults
                    .claim(is.is_none() || stands(is, wanted), "I1", || format!("not as meant: {}", told()));
            }
            Some(Fate::Unchanged) => {
                faults.claim(was == is, "I1", || format!("nothing was meant to change: {}", told()));
            }
            Some(Fate::Gone) => {
                faults.claim(is.is_none(), "I1", || format!("it should be off the list: {}", told()));
            }
            Some(Fate::Refused) => {
                faults.claim(was == is, "I1", || format!("refused, and changed: {}", told()));
            }
            None => faults.claim(was == is, "I1", || format!("not in the file, and changed: {}", told())),
        }
    }
}

/// A number that is on the list before and after has a record at every moment in between.
fn never_bare(evidence: &Evidence, faults: &mut Faults) {
    let mut counts: HashMap<&str, usize> =
        evidence.before.iter().map(|(who, records)| (who.as_str(), records.len())).collect();
    for effect in &evidence.effects {
        let who = effect["who"].as_str().unwrap();
        let count = counts.entry(who).or_default();
        match effect["change"].as_str() {
            Some("+") => *count += 1,
            Some("-") => {
                *count = count.saturating_sub(1);
                let stays = evidence.before.contains_key(who) && evidence.after.contains_key(who);
                faults.claim(*count > 0 || !stays, "I1", || {
                    format!("{who} was without a record after effect {}", effect["seq"])
                });
            }
            _ => {}
        }
    }
}

/// Nobody may be called again as long as one is still to be suppressed.
fn suppressed_first(evidence: &Evidence, faults: &mut Faults) {
    let fate = |effect: &Value| evidence.meaning.fates.get(effect["who"].as_str().unwrap());
    let is_off = |effect: &&Value| effect["change"] == "-" && matches!(fate(effect), Some(Fate::Gone));
    let Some(first_off) = evidence.effects.iter().find(is_off) else { return };
    for effect in evidence.effects.iter().filter(|effect| effect["change"] == "+") {
        let is_early = effect["seq"].as_u64() < first_off["seq"].as_u64();
        faults.claim(is_early, "I1", || {
            format!("effect {} suppresses, and effect {} has let go", effect["seq"], first_off["seq"])
        });
    }
}

/// No intent takes effect twice.
fn once(evidence: &Evidence, faults: &mut Faults) {
    let keys = evidence.truth["keys"].as_object().unwrap();
    for (key, used) in keys.iter().filter(|(_, used)| used["applied"].as_u64() > Some(1)) {
        faults.claim(false, "I2", || format!("key {key} took effect {} times", used["applied"]));
    }
    let mut came: BTreeMap<&str, u32> = BTreeMap::new();
    for effect in evidence.effects.iter().filter(|effect| effect["change"] == "+") {
        *came.entry(effect["who"].as_str().unwrap()).or_default() += 1;
    }
    for (who, times) in came.into_iter().filter(|(_, times)| *times > 1) {
        faults.claim(false, "I2", || format!("{who} came onto the list {times} times"));
    }
}

/// What took effect is sent again only once the list was read. Entries show it by their keys.
fn again_only_behind_a_reading(evidence: &Evidence, faults: &mut Faults) {
    if evidence.kind != Kind::Entries {
        return;
    }
    let applied: HashSet<&str> =
        evidence.effects.iter().filter_map(|effect| effect["key"].as_str()).collect();
    let mut unread: HashSet<&str> = HashSet::new();
    for line in &evidence.log {
        let is_entries = line["path"] == "/api/v2/dnc/entries";
        if is_entries && line["method"] == "GET" {
            unread.clear();
        }
        if !is_entries || line["method"] != "POST" {
            continue;
        }
        let keys: Vec<&str> = line["keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let again = keys.iter().filter(|key| unread.contains(*key)).count();
        faults.claim(again == 0, "I8", || {
            format!(
                "call {} sends {again} rows again that took effect, and nobody had read the list",
                line["seq"]
            )
        });
        if line["applied"].as_u64() > Some(0) {
            unread.extend(keys.into_iter().filter(|key| applied.contains(key)));
        }
    }
}
