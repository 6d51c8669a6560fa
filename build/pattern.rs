//! A metadata pattern, from its text to states that are walked digit by digit.
//!
//! The patterns are regular expressions over digits, without loops. Whatever else turns up one day stops the build.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Every digit.
pub const ANY: u16 = 0b11_1111_1111;

/// What a pattern of the library looks like from outside.
const OPENING: &str = "^(?:";
const CLOSING: &str = ")$";

/// The pattern inside the anchors that the library's metadata puts around each.
pub fn parse(anchored: &str) -> Result<Hir, String> {
    let inner = anchored
        .strip_prefix(OPENING)
        .and_then(|rest| rest.strip_suffix(CLOSING))
        .ok_or_else(|| format!("`{anchored}` is not anchored as every pattern was"))?;
    ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(inner)
        .map_err(|error| format!("`{inner}`: {error}"))
}

/// The digits of a class, as bits. A class that holds anything else is refused.
pub fn digits(class: &Class) -> Result<u16, String> {
    let Class::Bytes(bytes) = class else { return Err(format!("{class:?} is no class of bytes")) };
    let mut mask = 0;
    for range in bytes.ranges() {
        for byte in range.start()..=range.end() {
            mask |= 1 << digit(byte)?;
        }
    }
    Ok(mask)
}

/// The value of an ASCII digit.
pub fn digit(byte: u8) -> Result<u8, String> {
    let value = byte.wrapping_sub(b'0');
    if value < 10 { Ok(value) } else { Err(format!("`{}` is no digit", byte.escape_ascii())) }
}

/// One state.
enum State {
    /// Takes a digit of the mask.
    Digit { mask: u16, next: usize },
    /// Is in all of these at once.
    Split(Vec<usize>),
    /// The pattern has matched.
    End,
}

/// The states of one pattern.
pub struct States {
    states: Vec<State>,
    first: usize,
    /// Whether the pattern only has to match the beginning.
    beginning: bool,
}

/// Where the walk may be.
pub type Places = Vec<usize>;

/// The only end there is.
const END: usize = 0;

impl States {
    /// The states of a pattern that must match the whole number, or only its `beginning`.
    pub fn of(pattern: &Hir, beginning: bool) -> Result<Self, String> {
        let mut states = Self { states: vec![State::End], first: END, beginning };
        states.first = states.compile(pattern, END)?;
        Ok(states)
    }

    /// The places before the first digit.
    pub fn start(&self) -> Places {
        self.settle(vec![self.first])
    }

    /// The places after one more digit.
    pub fn step(&self, from: &[usize], digit: usize) -> Places {
        let next = from.iter().filter_map(|&at| match &self.states[at] {
            State::Digit { mask, next } if mask >> digit & 1 == 1 => Some(*next),
            State::End if self.beginning => Some(at),
            _ => None,
        });
        self.settle(next.collect())
    }

    /// Whether the pattern matches what ends here.
    pub fn matches(at: &[usize]) -> bool {
        at.contains(&END)
    }

    /// Goes through the splits; sorted, so that equal sets look equal.
    fn settle(&self, mut open: Places) -> Places {
        let mut settled = Vec::new();
        while let Some(at) = open.pop() {
            match &self.states[at] {
                State::Split(ways) => open.extend(ways),
                _ => settled.push(at),
            }
        }
        settled.sort_unstable();
        settled.dedup();
        settled
    }

    /// Builds the pattern backwards, in front of `next`; returns where it begins.
    fn compile(&mut self, pattern: &Hir, next: usize) -> Result<usize, String> {
        match pattern.kind() {
            HirKind::Empty => Ok(next),
            HirKind::Literal(literal) => {
                literal.0.iter().rev().try_fold(next, |next, &byte| {
                    Ok(self.push(State::Digit { mask: 1 << digit(byte)?, next }))
                })
            }
            HirKind::Class(class) => Ok(self.push(State::Digit { mask: digits(class)?, next })),
            HirKind::Capture(capture) => self.compile(&capture.sub, next),
            HirKind::Concat(parts) => {
                parts.iter().rev().try_fold(next, |next, part| self.compile(part, next))
            }
            HirKind::Alternation(ways) => {
                let ways: Result<Vec<usize>, String> =
                    ways.iter().map(|way| self.compile(way, next)).collect();
                Ok(self.push(State::Split(ways?)))
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.ok_or("a pattern without end")?;
                let mut at = next;
                for _ in repetition.min..most {
                    let once = self.compile(&repetition.sub, at)?;
                    at = self.push(State::Split(vec![once, next]));
                }
                (0..repetition.min).try_fold(at, |at, _| self.compile(&repetition.sub, at))
            }
            HirKind::Look(look) => Err(format!("{look:?} inside a pattern")),
        }
    }

    fn push(&mut self, state: State) -> usize {
        self.states.push(state);
        self.states.len() - 1
    }
}
