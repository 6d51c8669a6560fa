//! What there is to order, for people. Written from the tables that the reader uses, so that it can neither leave a word out
//! nor promise one.

use super::Story;
use super::family::Place;
use super::fault::FAULTS;
use super::feed::TROUBLES;
use super::outbound::FATES;
use super::properties::PROPERTIES;
use super::words::Word;

/// Lists every story, every word of an order and every property of the tenant, a line each.
pub fn help() -> String {
    let mut help = Help::default();
    help.title("Stories (--story NAME)");
    Story::ALL.iter().for_each(|(_, word, does)| help.line(word, does));
    help.title("Orders (--fault 'at=FAMILY[#N] do=WORD [next=K]', any number of them)");
    for (word, does) in [
        (
            "at=FAMILY",
            "the next call of the family, after those that earlier orders strike; without it any call",
        ),
        ("at=FAMILY#N", "the Nth call of the family that token and limit let in, whatever else is ordered"),
        ("next=K", "this call and those behind it, K in all"),
        ("skip=K", "without #N: leave K calls alone first"),
    ] {
        help.line(word, does);
    }
    help.title("Words of do= for a call; ms=50 is what ms is unless it is given");
    help.words(&FAULTS);
    help.title("Words of do= for a socket of the job events (at=events, the Nth handshake)");
    help.words(&TROUBLES);
    help.title("Words of do= for the job of a bulk insert (at=bulk, the Nth job)");
    help.words(&FATES);
    help.title("Families (one without _read or _write is both)");
    help.wrapped(&Place::words());
    help.title("Properties of the tenant (--tenant KEY=VALUE, any number of them)");
    for property in PROPERTIES {
        help.line(&format!("{}={}", property.word, property.usual), property.does);
    }
    help.title("Examples");
    for example in [
        "quietline sandbox serve --fault 'at=entries#17 do=apply-then-reset'",
        "quietline sandbox serve --fault 'at=bulk#2 do=quiet_loss rows=3'",
        "quietline sandbox serve --story slow --tenant token_life=5",
    ] {
        help.line(example, "");
    }
    help.0
}

/// Width of what words stand in, and of a line.
const COLUMN: usize = 24;
const WIDTH: usize = 80;

#[derive(Default)]
struct Help(String);

impl Help {
    fn title(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0 += &format!("{title}:\n");
    }

    /// A word, and beside it what it does, in as many lines as that takes.
    fn line(&mut self, word: &str, does: &str) {
        let mut lines = broken(does.split(' '), WIDTH - COLUMN - 3).into_iter();
        let first = lines.next().unwrap_or_default();
        let line = format!("  {word:COLUMN$} {first}");
        self.0 += line.trim_end();
        self.0.push('\n');
        for more in lines {
            self.0 += &format!("  {:COLUMN$} {more}\n", "");
        }
    }

    fn words<T>(&mut self, table: &[Word<T>]) {
        table.iter().for_each(|word| self.line(word.word, word.does));
    }

    fn wrapped(&mut self, words: &[&str]) {
        for line in broken(words.iter().copied(), WIDTH - 2) {
            self.0 += &format!("  {line}\n");
        }
    }
}

/// Words in lines of at most this width.
fn broken<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_and_no_word_is_lost_on_the_way() {
        let help = help();
        assert!(help.lines().all(|line| line.len() <= WIDTH), "{help}");
        let does = FAULTS.iter().map(|word| (word.word, word.does));
        let does = does.chain(TROUBLES.iter().map(|word| (word.word, word.does)));
        let told: Vec<&str> = help.split_whitespace().collect();
        for (word, does) in does.chain(FATES.iter().map(|word| (word.word, word.does))) {
            let line: Vec<&str> = std::iter::once(word).chain(does.split(' ')).collect();
            assert!(told.windows(line.len()).any(|window| window == line), "{word}: {does}\n{help}");
        }
    }
}
