//! How many rows the tenant takes in one call, as far as its answers have told.

/// What was refused as too large, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Rows of the largest call that was taken.
    taken: usize,
    /// Rows of the smallest call that was too large.
    refused: Option<usize>,
}

impl Sizes {
    /// A call of so many rows was taken.
    pub(super) fn take(&mut self, rows: usize) {
        self.taken = self.taken.max(rows);
    }

    /// A call of so many rows was too large. One row alone says nothing of how many are.
    pub(super) fn refuse(&mut self, rows: usize) {
        if rows > 1 {
            self.refused = Some(self.refused.map_or(rows, |least| least.min(rows)));
        }
    }

    /// Rows that a call should have at the most; `None` = no lesson. Where a larger call than one that was refused was
    /// taken, it is not the number of rows that counts but one of them.
    pub(super) fn most(self) -> Option<usize> {
        let refused = self.refused?;
        (self.taken < refused).then(|| self.taken.max(refused.div_ceil(2)))
    }

    /// The same once it is proven: calls of this size were taken.
    pub(super) fn proven(self) -> Option<usize> {
        self.most().filter(|most| *most == self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_was_too_large_is_tried_and_proven_once_taken() {
        let mut sizes = Sizes::default();
        assert_eq!(sizes.most(), None);
        sizes.refuse(100);
        assert_eq!((sizes.most(), sizes.proven()), (Some(50), None));
        sizes.refuse(50);
        assert_eq!(sizes.most(), Some(25));
        sizes.take(25);
        assert_eq!((sizes.most(), sizes.proven()), (Some(25), Some(25)));
        // A smaller one, at the end of the file, is no other lesson.
        sizes.take(3);
        assert_eq!(sizes.proven(), Some(25));
    }

    #[test]
    fn one_heavy_row_does_not_make_all_calls_small() {
        let mut sizes = Sizes::default();
        for rows in [100, 50, 25, 13, 7, 4, 2, 1] {
            sizes.refuse(rows);
            sizes.take(rows / 2);
        }
        assert_eq!(sizes.most(), None, "fifty were taken, so two are not too many");
    }
}
