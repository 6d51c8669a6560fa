//! From metadata to the numbering plan of the product: what is assigned, what is possible, what stands before a number.

use std::collections::HashMap;

use crate::automaton::{DEAD, Nodes};
use crate::metadata::{Kind, Metadata};
use crate::pattern::{States, parse};
use crate::prefix::{Item, items};

/// Digits of the longest number in E.164 form, country code included.
const LONGEST_E164: usize = 15;
/// Digits of the longest spelling that the tables are asked about; `src/domain/phone/plan.rs` knows it too.
pub const LONGEST_SPELLING: usize = 17;
/// The bit of a number that is assigned.
pub const ASSIGNED: u16 = 1;

/// What numbers of one region look like. Where several share a country code, the first stands for all of them.
pub struct Region {
    /// `GB`, or `001`.
    pub letters: String,
    /// Index of its country.
    pub country: usize,
    /// The first node for numbers that the general pattern matches, whatever their length.
    pub general: u16,
    /// Lengths that a number may have, as bits.
    pub possible: u32,
    /// Lengths that are enough inside one area, as bits.
    pub local: u32,
    /// What may stand before a number at home.
    pub national: Vec<Item>,
    /// What may stand before a country code.
    pub international: Vec<Item>,
}

/// A country calling code.
pub struct Country {
    /// `44`
    pub code: u16,
    /// The first node for national numbers. What it says: [`ASSIGNED`], and above that bit, where regions share the code,
    /// which of them the number belongs to, counted from 1.
    pub assigned: u16,
    /// Indices of its regions, the main one first.
    pub regions: Vec<usize>,
}

/// Compiles everything there is.
pub fn compile(
    metadata: &[(u16, Vec<Metadata>)],
    nodes: &mut Nodes,
) -> Result<(Vec<Country>, Vec<Region>), String> {
    let (mut countries, mut regions) = (Vec::new(), Vec::new());
    for (code, sharing) in metadata {
        let first = regions.len();
        for metadata in sharing {
            let region = region(metadata, countries.len(), nodes);
            regions.push(region.map_err(|error| format!("{}: {error}", metadata.letters))?);
        }
        let assigned = assigned(*code, sharing, nodes).map_err(|error| format!("+{code}: {error}"))?;
        countries.push(Country { code: *code, assigned, regions: (first..regions.len()).collect() });
    }
    Ok((countries, regions))
}

fn region(metadata: &Metadata, country: usize, nodes: &mut Nodes) -> Result<Region, String> {
    let general = metadata.general.pattern.as_deref().ok_or("no general pattern")?;
    let general = States::of(&parse(general)?, false)?;
    let prefix = |pattern: &Option<String>, rewrites| match pattern {
        Some(pattern) => items(&parse(pattern)?, rewrites),
        None => Ok(Vec::new()),
    };
    let possible = bits(&metadata.general.lengths)?;
    if possible == 0 {
        return Err("no length is possible".to_owned());
    }
    Ok(Region {
        letters: metadata.letters.clone(),
        country,
        general: nodes.pattern(&general, (1 << (LONGEST_SPELLING + 1)) - 1)?,
        possible,
        local: bits(&metadata.general.local)?,
        national: prefix(&metadata.national, metadata.rewrites)?,
        international: prefix(&metadata.international, false)?,
    })
}

/// The patterns of one region, by their numbers in the automaton of its country.
struct Rule {
    /// The digits that no other region's numbers begin with, where there are such.
    leading: Option<u16>,
    general: u16,
    kinds: Vec<u16>,
}

fn assigned(code: u16, sharing: &[Metadata], nodes: &mut Nodes) -> Result<u16, String> {
    let any_length = (1_u32 << (LONGEST_E164 + 1 - code.to_string().len())) - 1;
    let mut parts = Nodes::new();
    let mut start = Vec::new();
    let mut add = |pattern: &str, beginning, lengths| {
        let node = parts.pattern(&States::of(&parse(pattern)?, beginning)?, lengths)?;
        start.push((u16::try_from(start.len()).map_err(|_| "too many patterns")?, node));
        Ok::<u16, String>(start[start.len() - 1].0)
    };
    let mut rules = Vec::new();
    for metadata in sharing {
        let mut kind = |kind: &Kind| {
            let lengths =
                if kind.lengths.is_empty() { any_length } else { any_length & bits(&kind.lengths)? };
            kind.pattern.as_deref().map(|pattern| add(pattern, false, lengths)).transpose()
        };
        let general = kind(&metadata.general)?.ok_or("no general pattern")?;
        let kinds: Result<Vec<_>, _> = metadata.kinds.iter().map(&mut kind).collect();
        let leading =
            metadata.leading.as_deref().map(|pattern| add(pattern, true, any_length)).transpose()?;
        rules.push(Rule { leading, general, kinds: kinds?.into_iter().flatten().collect() });
    }
    start.retain(|(_, node)| *node != DEAD);
    nodes.together(&parts, start, &|met| says(&rules, met), &mut HashMap::new())
}

/// The library's own reasoning: the first region that claims the number by its leading digits or knows it is the one,
/// and there it must be of some kind. A single region has all numbers of its code.
fn says(rules: &[Rule], met: &[u16]) -> u16 {
    for (place, rule) in (1..).zip(rules) {
        let known = met.contains(&rule.general) && rule.kinds.iter().any(|kind| met.contains(kind));
        let claimed = rule.leading.is_some_and(|leading| met.contains(&leading));
        if known || (claimed && rules.len() > 1) {
            let place = if rules.len() > 1 { place << 1 } else { 0 };
            return place | if known { ASSIGNED } else { 0 };
        }
    }
    0
}

/// Lengths as bits. The library writes -1 for a kind of which there are no numbers.
fn bits(lengths: &[i32]) -> Result<u32, String> {
    let mut bits = 0;
    for &length in lengths.iter().filter(|length| **length != -1) {
        bits |=
            u32::try_from(length).ok().and_then(|length| 1_u32.checked_shl(length)).ok_or("an odd length")?;
    }
    Ok(bits)
}
