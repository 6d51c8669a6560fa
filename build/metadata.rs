//! The library's metadata, copied out of the library itself: one source for the tables and for what they fall back to.

use rlibphonenumber::interfaces::AsOriginal;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

/// One kind of number.
pub struct Kind {
    /// What it looks like; nothing where there are no numbers of the kind.
    pub pattern: Option<String>,
    /// Lengths it may have; empty where any will do that the general pattern matches.
    pub lengths: Vec<i32>,
    /// Lengths that are enough inside one area.
    pub local: Vec<i32>,
}

/// What the library knows of one region.
pub struct Metadata {
    /// `GB`, or `001` for a code of no country.
    pub letters: String,
    /// Where a number begins like this, it belongs to the region and to no other of the same country code.
    pub leading: Option<String>,
    /// What stands before a country code.
    pub international: Option<String>,
    /// What stands before a number at home.
    pub national: Option<String>,
    /// Whether what `national` captures is written back in another way.
    pub rewrites: bool,
    /// What all numbers have in common.
    pub general: Kind,
    /// Every kind of number that makes one count as assigned.
    pub kinds: Vec<Kind>,
}

/// A macro, because the library does not name the type in public.
macro_rules! kind {
    ($from:expr) => {
        Kind {
            pattern: $from.national_number_pattern().pattern_base.clone(),
            lengths: $from.original.possible_length.clone(),
            local: $from.original.possible_length_local_only.clone(),
        }
    };
}

/// Every country code with its regions, the main one first.
pub fn read() -> Result<Vec<(u16, Vec<Metadata>)>, String> {
    let library = PHONE_NUMBER_UTIL.as_original();
    let mut codes: Vec<i32> = library.get_supported_calling_codes().collect();
    codes.sort_unstable();
    codes
        .into_iter()
        .map(|code| Ok((u16::try_from(code).map_err(|_| "an odd country code")?, regions(code)?)))
        .collect()
}

fn regions(code: i32) -> Result<Vec<Metadata>, String> {
    let library = PHONE_NUMBER_UTIL.as_original();
    let letters = library.get_regions_for_country_calling_code(code).into_iter().flatten();
    letters
        .map(|letters: Region| {
            let from = library
                .get_metadata_for_region_or_calling_code(code, letters)
                .ok_or_else(|| format!("{letters}: no metadata"))?;
            let mut kinds = vec![
                kind!(from.fixed_line),
                kind!(from.premium_rate),
                kind!(from.toll_free),
                kind!(from.shared_cost),
                kind!(from.voip),
                kind!(from.personal_number),
                kind!(from.pager),
                kind!(from.uan),
                kind!(from.voicemail),
            ];
            if !from.original.same_mobile_and_fixed_line_pattern() {
                kinds.push(kind!(from.mobile));
            }
            Ok(Metadata {
                letters: letters.to_string(),
                leading: from.leading_digits().pattern_base.clone(),
                international: from.international_prefix().pattern_base.clone(),
                national: from.national_prefix_for_parsing().pattern_base.clone(),
                rewrites: !from.original.national_prefix_transform_rule().is_empty(),
                general: kind!(from.general_desc),
                kinds,
            })
        })
        .collect()
}
