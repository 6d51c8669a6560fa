//! Line endings, counted without looking at records: the scanner's count has a twin.

use super::Width;

/// Counts the line endings of bytes that come piece by piece, in order, each of whole units.
#[derive(Debug)]
pub(in crate::files) struct LineCount {
    width: Width,
    lines: u64,
    after_return: bool,
    units: Vec<u8>,
}

impl LineCount {
    pub(in crate::files) fn new(width: Width) -> Self {
        Self { width, lines: 0, after_return: false, units: Vec::new() }
    }

    /// So many so far.
    pub(in crate::files) fn lines(&self) -> u64 {
        self.lines
    }

    /// Takes in what comes next.
    pub(in crate::files) fn add(&mut self, stored: &[u8]) {
        if self.width == Width::One {
            return self.count(stored);
        }
        let mut units = std::mem::take(&mut self.units);
        self.width.narrow_into(stored, &mut units);
        self.count(&units);
        self.units = units;
    }

    fn count(&mut self, units: &[u8]) {
        let lines = if !self.after_return && memchr::memchr(b'\r', units).is_none() {
            memchr::memchr_iter(b'\n', units).count()
        } else {
            let is_second = |at: usize| {
                units[at] == b'\n'
                    && at.checked_sub(1).map_or(self.after_return, |before| units[before] == b'\r')
            };
            memchr::memchr2_iter(b'\n', b'\r', units).filter(|&at| !is_second(at)).count()
        };
        self.lines += lines as u64;
        self.after_return = units.last().map_or(self.after_return, |last| *last == b'\r');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ending_that_is_cut_in_two_is_one() {
        let text = b"a\r\nb\nc\rd\r\n\n\r";
        for cut in 0..=text.len() {
            let mut count = LineCount::new(Width::One);
            text.split_at(cut).0.chunks(1).chain([text.split_at(cut).1]).for_each(|part| count.add(part));
            assert_eq!(count.lines(), 6, "cut at {cut}");
        }
        let wide: Vec<u8> = text.iter().flat_map(|unit| [*unit, 0]).collect();
        let mut count = LineCount::new(Width::TwoLittle);
        wide.chunks(4).for_each(|part| count.add(part));
        assert_eq!(count.lines(), 6);
    }
}
