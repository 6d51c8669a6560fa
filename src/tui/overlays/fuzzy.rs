//! Fuzzy filter of the pickers.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Indices of the texts that have the typed letters, best first; all of them, in order, while nothing is typed.
pub fn filter<'a>(typed: &str, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let pattern = Pattern::parse(typed.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let mut letters = Vec::new();
    let mut scored: Vec<(u32, usize)> = texts
        .enumerate()
        .filter_map(|(index, text)| {
            pattern.score(Utf32Str::new(text, &mut letters), &mut matcher).map(|score| (score, index))
        })
        .collect();
    if !typed.trim().is_empty() {
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
    }
    scored.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn letters_in_order_are_enough_and_nothing_typed_shows_all() {
        let names = ["state_ca.csv", "house_list.txt", "ftc_202.txt"];
        assert_eq!(super::filter("hlst", names.into_iter()), [1]);
        assert_eq!(super::filter("", names.into_iter()), [0, 1, 2]);
        assert!(super::filter("zzz", names.into_iter()).is_empty());
    }
}
