//! Patterns as one table that is walked digit by digit: the smallest one there is for all countries together.
//!
//! A number has an end, so the graph has no circles, and nodes are made from their ends: two that lead to the same
//! answers are the same node, in whichever country they were met.

use std::collections::HashMap;

use crate::pattern::{Places, States};

/// One place on the way through a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    /// Where each digit leads.
    pub next: [u16; 10],
    /// What is said of a number that ends here.
    pub says: u16,
}

/// From here on there is nothing to be said.
pub const DEAD: u16 = 0;

/// All nodes; the first is [`DEAD`].
pub struct Nodes {
    /// In the order in which they were made.
    pub all: Vec<Node>,
    known: HashMap<Node, u16>,
}

/// The nodes that several patterns are at, each with the number of its pattern. Those that are dead are left out.
pub type Together = Vec<(u16, u16)>;

impl Nodes {
    /// Only the dead node.
    pub fn new() -> Self {
        let dead = Node { next: [DEAD; 10], says: 0 };
        Self { all: vec![dead], known: HashMap::from([(dead, DEAD)]) }
    }

    /// Makes the nodes of one pattern, for the lengths whose bits are set; returns the first. They say 1 or nothing.
    pub fn pattern(&mut self, states: &States, lengths: u32) -> Result<u16, String> {
        self.pattern_at(states, states.start(), lengths, 0, &mut HashMap::new())
    }

    fn pattern_at(
        &mut self,
        states: &States,
        at: Places,
        lengths: u32,
        depth: u32,
        made: &mut HashMap<(Places, u32), u16>,
    ) -> Result<u16, String> {
        if at.is_empty() || lengths.checked_shr(depth).unwrap_or(0) == 0 {
            return Ok(DEAD);
        }
        let key = (at, depth);
        if let Some(&node) = made.get(&key) {
            return Ok(node);
        }
        let met = States::matches(&key.0) && lengths >> depth & 1 == 1;
        let mut node = Node { next: [DEAD; 10], says: u16::from(met) };
        for (digit, next) in node.next.iter_mut().enumerate() {
            *next = self.pattern_at(states, states.step(&key.0, digit), lengths, depth + 1, made)?;
        }
        let node = self.share(node)?;
        made.insert(key, node);
        Ok(node)
    }

    /// Makes the nodes of several patterns at once, that stand in `parts`; returns the first. `says` is given the
    /// numbers of the patterns that match.
    pub fn together(
        &mut self,
        parts: &Nodes,
        at: Together,
        says: &dyn Fn(&[u16]) -> u16,
        made: &mut HashMap<Together, u16>,
    ) -> Result<u16, String> {
        if at.is_empty() {
            return Ok(DEAD);
        }
        if let Some(&node) = made.get(&at) {
            return Ok(node);
        }
        let nodes = || at.iter().map(|(pattern, node)| (*pattern, &parts.all[usize::from(*node)]));
        let met: Vec<u16> = nodes().filter(|(_, node)| node.says != 0).map(|(pattern, _)| pattern).collect();
        let mut node = Node { next: [DEAD; 10], says: says(&met) };
        for (digit, next) in node.next.iter_mut().enumerate() {
            let after = nodes().map(|(pattern, node)| (pattern, node.next[digit]));
            *next = self.together(parts, after.filter(|(_, node)| *node != DEAD).collect(), says, made)?;
        }
        let node = self.share(node)?;
        made.insert(at, node);
        Ok(node)
    }

    fn share(&mut self, node: Node) -> Result<u16, String> {
        if let Some(&known) = self.known.get(&node) {
            return Ok(known);
        }
        let at = u16::try_from(self.all.len()).map_err(|_| "the nodes do not fit into 16 bits")?;
        self.all.push(node);
        self.known.insert(node, at);
        Ok(at)
    }

    /// Where these digits lead.
    pub fn walk(&self, from: u16, digits: impl IntoIterator<Item = usize>) -> u16 {
        digits.into_iter().fold(from, |at, digit| self.all[usize::from(at)].next[digit])
    }

    /// What is said of all numbers with exactly `more` digits behind that node, if it is the same of all.
    pub fn all_say(&self, from: u16, more: usize, bit: u16) -> Option<bool> {
        let node = self.all[usize::from(from)];
        if more == 0 {
            return Some(node.says & bit != 0);
        }
        let mut answers = node.next.into_iter().map(|next| self.all_say(next, more - 1, bit));
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }
}
