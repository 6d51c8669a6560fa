//! What goes in comes out.

use std::borrow::Cow;

use super::*;
use proptest::prelude::*;

fn any_problem() -> impl Strategy<Value = Problem> {
    let hint = prop_oneof![Just(None), "[a-z ]{0,12}".prop_map(Some), Just(Some("shared".to_owned()))];
    let raw = prop_oneof![".{0,9}", Just("+12025550101".to_owned()), Just("+012".to_owned())];
    let place = (0..5_u64, 0..9_u64, 0..400_u64);
    (0..Code::ALL.len(), place, proptest::option::of(0..300_usize), raw, hint).prop_map(
        |(code, (row, line, byte), column, raw, hint)| {
            let code = Code::ALL[code];
            let hint = hint.map_or(Cow::Borrowed(code.hint()), Cow::Owned);
            Problem { code, place: Place { row, line, byte }, column, raw: raw.into(), hint }
        },
    )
}

/// Steps become places, so that rows rise.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    let mut last = Place { row: 0, line: 0, byte: 0 };
    for problem in &mut problems {
        problem.place = later(problem.place, last);
        last = problem.place;
    }
    problems
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_by_every_way(
        steps in proptest::collection::vec(any_problem(), 0..200),
        cut in 0..200_usize,
    ) {
        let list = in_order(steps);
        let store: Problems = list.iter().cloned().collect();
        prop_assert!(store.iter().eq(list.iter().cloned()));
        for (index, problem) in list.iter().enumerate() {
            prop_assert_eq!(store.get(index), Some(problem.clone()));
            let row = problem.place.row;
            prop_assert_eq!(store.before(row), list.partition_point(|other| other.place.row < row));
            let own: Vec<_> = list.iter().filter(|other| other.place.row == row).cloned().collect();
            prop_assert_eq!(store.range(store.of_row(row)).collect::<Vec<_>>(), own);
        }
        prop_assert_eq!(store.before(u64::MAX), list.len());
        prop_assert!(store.get(list.len()).is_none());
        // Put together from two halves whose places are counted from where the first ends.
        let cut = cut.min(list.len());
        let from = cut.checked_sub(1).map_or(Place { row: 0, line: 0, byte: 0 }, |at| list[at].place);
        let tail = list[cut..].iter().cloned().map(|mut problem| {
            let place = problem.place;
            problem.place = Place {
                row: place.row - from.row,
                line: place.line - from.line,
                byte: place.byte - from.byte,
            };
            problem
        });
        let mut joined: Problems = list[..cut].iter().cloned().collect();
        joined.append(&tail.collect(), from);
        prop_assert!(joined.iter().eq(list.iter().cloned()));
        prop_assert_eq!(joined.get(cut), list.get(cut).cloned());
        let rows: Vec<_> = list[cut..].iter().map(|problem| problem.place.row).collect();
        prop_assert_eq!(joined.briefs(cut).map(|brief| brief.row).collect::<Vec<_>>(), rows);
    }
}

#[test]
fn what_would_break_the_order_is_not_taken_in() {
    let at = |row| Problem {
        code: Code::TooShort,
        place: Place { row, line: row, byte: row },
        column: None,
        raw: "1".into(),
        hint: "".into(),
    };
    let list = |rows: &[u64]| rows.iter().map(|row| at(*row)).collect::<Problems>();
    let mut store = Problems::default();
    assert!(store.go_on(&list(&[0, 3])) && store.go_on(&list(&[3, 9])) && store.go_on(&Problems::default()));
    assert!(!store.go_on(&list(&[8, 20])));
    assert_eq!(store, list(&[0, 3, 3, 9]));
}

#[test]
fn a_repeated_number_says_where_it_stands_first_and_is_small() {
    let mut store = Problems::default();
    let number = E164::from_canonical("+12025550101").unwrap();
    for row in 1..=10_000 {
        let place = Place { row: row * 50, line: row * 52, byte: row * 3_200 };
        store.push_repeat(Code::Duplicate, place, Some(0), &number.into(), row * 50 - 1);
    }
    let third = store.get(2).unwrap();
    assert_eq!(third.raw.as_ref(), "+12025550101");
    assert_eq!(third.hint, "row 149 holds the same number: nothing to do: the number is sent once");
    store.shrink();
    assert!(store.held() < 20 * 10_000, "{} bytes", store.held());
}

#[test]
fn a_list_with_other_hints_comes_over_whole_also_where_there_is_no_room_to_share_them() {
    let at = |row: u64, hint: String| Problem {
        code: Code::TooShort,
        place: Place { row, line: row, byte: row },
        column: Some(1),
        raw: "12".into(),
        hint: hint.into(),
    };
    let many = SHARED_HINTS as u64;
    let mut list: Vec<Problem> = (0..many).map(|row| at(row, format!("hint {row}"))).collect();
    let mut store: Problems = list.iter().cloned().collect();
    let mut other: Problems = (0..3).map(|row| at(many + row, format!("other {row}"))).collect();
    let (place, number) =
        (Place { row: many + 9, line: 0, byte: 0 }, E164::from_canonical("+12025550101").unwrap());
    other.push_repeat(Code::Duplicate, place, None, &number.into(), 7);
    list.extend(other.iter());
    store.append(&other, Place::default());
    assert!(store.iter().eq(list.iter().cloned()));
    assert!(list.last().unwrap().hint.starts_with("row 7 holds the same number"));
}
