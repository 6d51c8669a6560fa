//! What stands before a number: `0` at home, `00` for abroad, carriers' codes in some countries.

use regex_syntax::hir::{Hir, HirKind, Look};

use crate::pattern::{ANY, digits};

/// More spellings than this are not told apart.
const MOST: usize = 64;

/// One thing that a number may begin with.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Item {
    /// Its digits.
    pub head: Vec<u8>,
    /// How many digits of any kind follow and belong to it.
    pub tail: u8,
    /// Nothing may follow.
    pub whole: bool,
    /// It is taken off and that is all; otherwise only the library knows what becomes of the number.
    pub sure: bool,
    captured: bool,
    open: bool,
}

/// Everything a number may begin with, in the order in which the pattern prefers it: the first that fits is it.
///
/// `rewrites` says that what the pattern captures is written back in another way.
pub fn items(pattern: &Hir, rewrites: bool) -> Result<Vec<Item>, String> {
    let mut items = expand(pattern, vec![Item { sure: true, ..Item::default() }])?;
    for item in &mut items {
        if item.open || (rewrites && item.captured) {
            item.sure = false;
        }
        item.whole &= !item.open;
        // Told apart while they were collected only.
        (item.captured, item.open) = (false, false);
    }
    items.dedup();
    Ok(if items.len() > MOST { coarse(&items) } else { items })
}

/// Only by the first digit: unsure where anything but nothing may begin with it.
fn coarse(items: &[Item]) -> Vec<Item> {
    if items.iter().any(|item| item.head.is_empty() && item.tail > 0) {
        return vec![Item::default()];
    }
    let mut firsts: Vec<u8> = items.iter().filter_map(|item| item.head.first().copied()).collect();
    firsts.sort_unstable();
    firsts.dedup();
    firsts.into_iter().map(|digit| Item { head: vec![digit], ..Item::default() }).collect()
}

fn expand(pattern: &Hir, items: Vec<Item>) -> Result<Vec<Item>, String> {
    match pattern.kind() {
        HirKind::Empty => Ok(items),
        HirKind::Literal(literal) => items
            .into_iter()
            .map(|item| literal.0.iter().try_fold(item, |item, byte| followed(item, *byte)))
            .collect(),
        HirKind::Class(class) => match digits(class)? {
            ANY => Ok(items.into_iter().map(|item| tailed(item, 1, 1)).collect()),
            mask => {
                let digits: Vec<u8> = (b'0'..=b'9').filter(|byte| mask >> (byte - b'0') & 1 == 1).collect();
                let each = |item: Item| {
                    digits.iter().map(move |byte| followed(item.clone(), *byte)).collect::<Vec<_>>()
                };
                items.into_iter().flat_map(each).collect()
            }
        },
        HirKind::Capture(capture) => {
            let mut items = expand(&capture.sub, items)?;
            items.iter_mut().for_each(|item| item.captured = true);
            Ok(items)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(items, |items, part| expand(part, items)),
        HirKind::Alternation(ways) => each_way(&items, |item| {
            ways.iter().map(|way| expand(way, vec![item.clone()])).collect::<Result<Vec<_>, _>>()
        }),
        HirKind::Repetition(repetition) => {
            let (least, most) = (repetition.min, repetition.max.ok_or("a prefix without end")?);
            let any = matches!(repetition.sub.kind(), HirKind::Class(class) if digits(class)? == ANY);
            if any {
                return Ok(items.into_iter().map(|item| tailed(item, least, most)).collect());
            }
            if !repetition.greedy {
                return Err("a prefix that takes as little as it can".to_owned());
            }
            each_way(&items, |item| {
                (least..=most)
                    .rev()
                    .map(|times| {
                        (0..times).try_fold(vec![item.clone()], |items, _| expand(&repetition.sub, items))
                    })
                    .collect()
            })
        }
        HirKind::Look(Look::End) => Ok(items.into_iter().map(|item| Item { whole: true, ..item }).collect()),
        HirKind::Look(look) => Err(format!("{look:?} inside a prefix")),
    }
}

/// All ways of the first item, then all of the second: the order in which a pattern tries them.
fn each_way(
    items: &[Item],
    ways: impl Fn(&Item) -> Result<Vec<Vec<Item>>, String>,
) -> Result<Vec<Item>, String> {
    let mut all = Vec::new();
    for item in items {
        all.extend(ways(item)?.into_iter().flatten());
    }
    Ok(all)
}

fn followed(mut item: Item, byte: u8) -> Result<Item, String> {
    if item.tail == 0 {
        item.head.push(crate::pattern::digit(byte)?);
    } else {
        // Behind digits of any kind only their number is kept: more fits than should, so nothing is sure.
        item.open = true;
        item.tail += 1;
    }
    Ok(item)
}

fn tailed(mut item: Item, least: u32, most: u32) -> Item {
    item.tail += u8::try_from(least).unwrap_or(u8::MAX);
    item.open |= least != most;
    item
}
