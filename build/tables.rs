//! The plan as Rust: what `src/domain/phone/plan.rs` includes.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};

use crate::automaton::{DEAD, Nodes};
use crate::plan::{ASSIGNED, Country, Region};
use crate::prefix::Item;

/// Digits of a North American number behind the thousand: whether it is assigned must not depend on them.
const INSIDE_A_THOUSAND: usize = 3;

/// The text of the tables.
pub fn write(countries: &[Country], regions: &[Region], nodes: &Nodes) -> Result<String, String> {
    let mut text = String::new();
    let next: Vec<[u16; 10]> = nodes.all.iter().map(|node| node.next).collect();
    table(&mut text, "NEXT", "[u16; 10]", &next);
    let says: Result<Vec<u8>, _> = nodes.all.iter().map(|node| u8::try_from(node.says)).collect();
    table(&mut text, "SAYS", "u8", &says.map_err(|_| "more than 127 regions share a code")?);

    let mut prefixes: Vec<&[Item]> = Vec::new();
    let rows: Vec<String> = regions.iter().map(|region| region_row(region, &mut prefixes)).collect();
    rows_of(&mut text, "REGIONS", "Region", &rows);
    let rows: Vec<String> = prefixes.iter().map(|items| prefix_row(items)).collect();
    rows_of(&mut text, "PREFIXES", "Prefix", &rows);
    let rows: Vec<String> = countries.iter().map(country_row).collect();
    rows_of(&mut text, "COUNTRIES", "Country", &rows);
    table(&mut text, "COUNTRY_OF", "u8", &country_of(countries)?);

    let first = countries.iter().find(|country| country.code == 1).ok_or("no country code 1")?;
    north_america(&mut text, first.assigned, nodes)?;
    Ok(text)
}

fn region_row<'a>(region: &'a Region, prefixes: &mut Vec<&'a [Item]>) -> String {
    let mut index = |items: &'a [Item]| {
        prefixes.iter().position(|known| *known == items).unwrap_or_else(|| {
            prefixes.push(items);
            prefixes.len() - 1
        })
    };
    let (national, international) = (index(&region.national), index(&region.international));
    format!(
        "Region {{ letters: {:?}, country: {}, general: {}, possible: {:#x}, local: {:#x}, national: {national}, \
         international: {international} }}",
        region.letters, region.country, region.general, region.possible, region.local,
    )
}

fn prefix_row(items: &[Item]) -> String {
    // An item without a head may begin with any digit, unless it is nothing at all and changes nothing.
    let firsts = items.iter().fold(0_u16, |firsts, item| match item.head.first() {
        Some(digit) => firsts | 1 << digit,
        None if item.sure && item.tail == 0 => firsts,
        None => crate::pattern::ANY,
    });
    let items: Vec<String> = items
        .iter()
        .map(|Item { head, tail, whole, sure, .. }| {
            format!("Item {{ head: &{head:?}, tail: {tail}, whole: {whole}, sure: {sure} }}")
        })
        .collect();
    format!("Prefix {{ firsts: {firsts:#x}, items: &[{}] }}", items.join(", "))
}

fn country_row(country: &Country) -> String {
    let Country { code, assigned, regions } = country;
    format!("Country {{ code: {code}, assigned: {assigned}, regions: &{regions:?} }}")
}

/// By the first three digits: the index of the country, counted from 1.
fn country_of(countries: &[Country]) -> Result<Vec<u8>, String> {
    let mut table = vec![0_u8; 1000];
    for (index, country) in (1..).zip(countries) {
        let below = match country.code {
            0..=9 => 100,
            10..=99 => 10,
            _ => 1,
        };
        let from = usize::from(country.code) * below;
        for place in &mut table[from..from + below] {
            if std::mem::replace(place, index) != 0 {
                return Err(format!("+{} begins another country code", country.code));
            }
        }
    }
    Ok(table)
}

/// Area code → row → exchange → group → which of its thousands are assigned. Fails where a thousand is not all of one
/// kind: the table would not be exact.
fn north_america(text: &mut String, root: u16, nodes: &Nodes) -> Result<(), String> {
    let (mut rows, mut groups) = (vec![vec![0_u8; 1000]], vec![0_u16]);
    let mut areas = vec![0_u8; 1000];
    let mut known = HashMap::new();
    for (area, place) in areas.iter_mut().enumerate() {
        let node = nodes.walk(root, three(area));
        if node == DEAD {
            continue;
        }
        let row: Result<Vec<u8>, String> = (0..1000)
            .map(|exchange| {
                let at = nodes.walk(node, three(exchange));
                let thousands = *known.entry(at).or_insert_with(|| thousands(nodes, at));
                let thousands = thousands.ok_or_else(|| format!("{area} {exchange}: a thousand in parts"))?;
                index_of(&mut groups, thousands)
            })
            .collect();
        *place = index_of(&mut rows, row?)?;
    }
    let rows: Result<Vec<[u8; 1000]>, _> = rows.into_iter().map(TryInto::try_into).collect();
    table(text, "AREAS", "u8", &areas);
    table(text, "EXCHANGES", "[u8; 1000]", &rows.map_err(|_| "a row of another length")?);
    table(text, "THOUSANDS", "u16", &groups);
    Ok(())
}

fn thousands(nodes: &Nodes, exchange: u16) -> Option<u16> {
    let mut bits = 0;
    for digit in 0..10 {
        let assigned = nodes.all_say(nodes.walk(exchange, [digit]), INSIDE_A_THOUSAND, ASSIGNED)?;
        bits |= u16::from(assigned) << digit;
    }
    Some(bits)
}

fn three(number: usize) -> [usize; 3] {
    [number / 100, number / 10 % 10, number % 10]
}

fn index_of<T: PartialEq>(known: &mut Vec<T>, wanted: T) -> Result<u8, String> {
    let at = known.iter().position(|one| *one == wanted).unwrap_or(known.len());
    if at == known.len() {
        known.push(wanted);
    }
    u8::try_from(at).map_err(|_| "more kinds than fit into a byte".to_owned())
}

fn table<T: Debug>(text: &mut String, name: &str, of: &str, values: &[T]) {
    let _ = writeln!(text, "static {name}: [{of}; {}] = {values:?};", values.len());
}

fn rows_of(text: &mut String, name: &str, of: &str, rows: &[String]) {
    let _ = writeln!(text, "static {name}: [{of}; {}] = [\n{}\n];", rows.len(), rows.join(",\n"));
}
