//! Bytes in bytes, letter by letter but for the case of ASCII letters.

use memchr::{memchr, memchr2, memmem};

/// The bytes, and how they are looked for.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    bytes: Vec<u8>,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    /// No letter in it.
    Plain(Box<memmem::Finder<'static>>),
    /// By its rarest byte, which stands at `at`; then the rest is compared.
    Anchor { at: usize, lower: u8, upper: u8 },
}

impl Literal {
    /// `bytes` must not be empty.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let way = if bytes.iter().any(u8::is_ascii_alphabetic) {
            // Digits fill these files; what is neither digit nor letter is rare, and of the letters any will do.
            let at = bytes
                .iter()
                .position(|b| !b.is_ascii_alphanumeric() && *b != b' ')
                .unwrap_or_else(|| bytes.iter().position(u8::is_ascii_alphabetic).unwrap_or_default());
            anchor(bytes, at)
        } else {
            Way::Plain(Box::new(memmem::Finder::new(bytes).into_owned()))
        };
        Self { bytes: bytes.to_vec(), way }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Chooses the byte that is rarest in `sample`.
    pub(super) fn tune(&mut self, sample: &[u8]) {
        if let Way::Anchor { .. } = self.way {
            let mut count = [0_u32; 256];
            sample.iter().for_each(|b| count[usize::from(b.to_ascii_lowercase())] += 1);
            let often = |b: &u8| count[usize::from(b.to_ascii_lowercase())];
            let rarest = self.bytes.iter().enumerate().min_by_key(|(_, b)| often(b)).map_or(0, |(at, _)| at);
            self.way = anchor(&self.bytes, rarest);
        }
    }

    /// The first place at or behind `from`.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        match &self.way {
            Way::Plain(finder) => finder.find(rest).map(|at| from + at),
            Way::Anchor { at, lower, upper } => {
                let mut place = from + at;
                loop {
                    let rest = text.get(place..)?;
                    let found =
                        if lower == upper { memchr(*lower, rest) } else { memchr2(*lower, *upper, rest) };
                    let start = place + found? - at;
                    let same = text.get(start..start + self.bytes.len())?;
                    if same.eq_ignore_ascii_case(&self.bytes) {
                        return Some(start);
                    }
                    place = start + at + 1;
                }
            }
        }
    }
}

fn anchor(bytes: &[u8], at: usize) -> Way {
    let (lower, upper) = (bytes[at].to_ascii_lowercase(), bytes[at].to_ascii_uppercase());
    Way::Anchor { at, lower, upper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(text: &[u8], bytes: &[u8], from: usize) -> Option<usize> {
        (from..(text.len() + 1).saturating_sub(bytes.len()))
            .find(|at| text[*at..at + bytes.len()].eq_ignore_ascii_case(bytes))
    }

    proptest! {
        #[test]
        fn it_is_found_where_a_letter_by_letter_look_finds_it(
            text in "[abAB1 é]{0,60}", bytes in "[abAB1 é]{1,4}", from in 0_usize..20, sample in "[abAB1 ]{0,30}",
        ) {
            let (text, bytes) = (text.as_bytes(), bytes.as_bytes());
            let mut literal = Literal::new(bytes);
            prop_assert_eq!(literal.find(text, from), slow(text, bytes, from));
            literal.tune(sample.as_bytes());
            prop_assert_eq!(literal.find(text, from), slow(text, bytes, from));
        }
    }
}
