//! Reading one sorted sequence beside another: whatever is sorted by whom it means needs no table in memory to be found.

use std::iter::Peekable;

use super::diff::Expected;
use super::entry::RemoteEntry;
use super::identifier::Identifier;
use super::plan::PlanRow;

/// What means somebody.
pub trait Whose {
    /// Whom; `None` where nobody can tell.
    fn whom(&self) -> Option<&Identifier>;
}

/// A sequence in order of whom its rows mean, those that mean nobody first. It is read only as far as it is asked for.
pub struct Beside<T, I: Iterator> {
    rows: Peekable<I>,
    of: Option<Identifier>,
    here: Vec<T>,
}

impl<T: Whose, E, I: Iterator<Item = Result<T, E>>> Beside<T, I> {
    /// Beside this sequence.
    pub fn new(rows: I) -> Self {
        Self { rows: rows.peekable(), of: None, here: Vec::new() }
    }

    /// Everything that means somebody. Who is asked for must not come before who was asked for last.
    ///
    /// # Errors
    /// The one that the sequence ends with.
    pub fn at(&mut self, whom: &Identifier) -> Result<&[T], E> {
        if self.of.as_ref() == Some(whom) {
            return Ok(&self.here);
        }
        // The answer would be that nothing stands there, and that means a call too much, or one too few.
        assert!(self.of.as_ref().is_none_or(|before| before < whom), "a sorted sequence is read in order");
        self.here.clear();
        self.of = Some(whom.clone());
        while let Some(row) =
            self.rows.next_if(|row| row.as_ref().map_or(true, |row| row.whom() <= Some(whom)))
        {
            let row = row?;
            if row.whom() == Some(whom) {
                self.here.push(row);
            }
        }
        Ok(&self.here)
    }

    /// The same to keep: asked for once more, there is nothing.
    ///
    /// # Errors
    /// The one that the sequence ends with.
    pub fn take(&mut self, whom: &Identifier) -> Result<Vec<T>, E> {
        self.at(whom)?;
        Ok(std::mem::take(&mut self.here))
    }

    /// Who comes next, behind whoever was asked for last.
    ///
    /// # Errors
    /// The one that the sequence ends with.
    pub fn next_whom(&mut self) -> Result<Option<Identifier>, E> {
        loop {
            match self.rows.peek() {
                None => return Ok(None),
                Some(Ok(row)) if row.whom().is_some() => return Ok(row.whom().cloned()),
                // An error is told, and what means nobody is passed over.
                Some(_) => drop(self.rows.next().transpose()?),
            }
        }
    }
}

impl Whose for RemoteEntry {
    fn whom(&self) -> Option<&Identifier> {
        self.identifier.as_ref()
    }
}

impl Whose for Expected {
    fn whom(&self) -> Option<&Identifier> {
        Some(&self.identifier)
    }
}

impl Whose for PlanRow {
    fn whom(&self) -> Option<&Identifier> {
        Some(&self.identifier)
    }
}

impl Whose for Identifier {
    fn whom(&self) -> Option<&Identifier> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::phone::E164;
    use super::*;

    fn number(n: u64) -> Identifier {
        E164::from_digits(12_025_550_100 + n).unwrap().into()
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_table_finds(
            mut rows in prop::collection::vec(0u64..40, 0..60),
            asked in prop::collection::btree_set(0u64..40, 0..40),
        ) {
            rows.sort_unstable();
            let mut table: BTreeMap<u64, usize> = BTreeMap::new();
            rows.iter().for_each(|n| *table.entry(*n).or_default() += 1);
            let mut beside = Beside::new(rows.iter().map(|n| Ok::<_, ()>(number(*n))));
            for n in asked {
                let found = beside.at(&number(n)).unwrap();
                prop_assert!(found.iter().all(|it| *it == number(n)));
                prop_assert_eq!(found.len(), table.get(&n).copied().unwrap_or(0));
                prop_assert_eq!(beside.at(&number(n)).unwrap().len(), table.get(&n).copied().unwrap_or(0), "once more");
                let next = table.range(n + 1..).next().map(|(next, _)| number(*next));
                prop_assert_eq!(beside.next_whom().unwrap(), next);
            }
        }
    }

    #[test]
    fn an_error_is_told_and_not_taken_for_the_end() {
        // Whether the torn row is another one of the first, nobody knows.
        let rows = [Ok(number(1)), Err("torn"), Ok(number(3))];
        assert_eq!(Beside::new(rows.into_iter()).at(&number(1)), Err("torn"));
        let rows = [Ok(number(1)), Ok(number(2)), Err("torn")];
        let mut beside = Beside::new(rows.into_iter());
        assert_eq!(beside.at(&number(1)).unwrap().len(), 1);
        assert_eq!(beside.at(&number(3)), Err("torn"));
        let mut beside = Beside::new([Err("torn"), Ok(number(1))].into_iter());
        assert_eq!(beside.next_whom(), Err("torn"));
    }
}
