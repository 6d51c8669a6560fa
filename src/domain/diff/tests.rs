use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::list::ListId;
use crate::domain::phone::E164;

fn number(n: u8) -> E164 {
    E164::from_digits(12_025_550_100 + u64::from(n)).unwrap()
}

fn expected(n: u8, jurisdiction: &str, expires: Option<i64>, source: Option<&str>) -> Expected {
    Expected {
        identifier: number(n).into(),
        attributes: ExpectedAttributes {
            jurisdiction: Some(jurisdiction.to_owned()),
            expires: expires.map(|second| Timestamp::from_second(second).unwrap()),
            source: source.map(str::to_owned),
        },
    }
}

fn entry(id: &str, n: Option<u8>, raw: &str, jurisdiction: &str, expires: Option<i64>) -> RemoteEntry {
    RemoteEntry {
        id: id.to_owned(),
        list: ListId("L-1".to_owned()),
        raw: raw.to_owned(),
        identifier: n.map(|n| number(n).into()),
        jurisdiction: Some(jurisdiction.to_owned()),
        expires: expires.map(|second| Timestamp::from_second(second).unwrap()),
        source: Some("State".to_owned()),
        key: None,
    }
}

/// Compares in any order, at a time at which nothing is over yet.
fn compare(expected: &[Expected], mut remote: Vec<RemoteEntry>) -> Diff {
    remote.sort_by(|a, b| (&a.identifier, &a.raw, &a.id).cmp(&(&b.identifier, &b.raw, &b.id)));
    let expected = expected.iter().cloned().map(Ok::<_, ()>);
    super::compare(expected, remote.into_iter().map(Ok), Timestamp::MIN).unwrap()
}

fn canonical(id: &str, n: u8) -> RemoteEntry {
    entry(id, Some(n), &number(n).to_e164(), "US-DC", None)
}

/// The number of a difference; all of them are of telephones.
fn phone(difference: &Difference) -> Option<E164> {
    difference.identifier.as_ref().and_then(Identifier::phone)
}

fn kinds(diff: &Diff) -> Vec<(DiffKind, Option<E164>, &str)> {
    diff.differences.iter().map(|d| (d.kind, phone(d), d.raw.as_str())).collect()
}

#[test]
fn the_same_on_both_sides_is_clean() {
    let wanted = [expected(1, "US-DC", None, None), expected(2, "US-DC", None, Some("State"))];
    let diff = compare(&wanted, vec![canonical("b", 2), canonical("a", 1)]);
    assert!(diff.is_clean());
    assert_eq!((diff.remote, diff.expected, diff.matching), (2, 2, 2));
    assert!(compare(&[], vec![]).is_clean());
}

#[test]
fn missing_unexpected_and_changed_are_told_apart() {
    let wanted = [
        expected(1, "US-DC", None, None),
        expected(2, "US-CA", Some(10), Some("Other")),
        expected(3, "US-DC", None, None),
    ];
    let diff = compare(&wanted, vec![canonical("x", 9), canonical("b", 2), canonical("a", 1)]);
    assert_eq!(
        kinds(&diff),
        [
            (DiffKind::Missing, Some(number(3)), "+12025550103"),
            (DiffKind::Unexpected, Some(number(9)), "+12025550109"),
            (DiffKind::Changed, Some(number(2)), "+12025550102"),
        ]
    );
    assert_eq!(diff.matching, 1);
    assert_eq!(diff.differences[2].fields, ["jurisdiction", "expires", "source"]);
    assert!(diff.differences[0].remote.is_none() && diff.differences[0].expected.is_some());
    assert!(diff.differences[1].expected.is_none());
    assert_eq!(diff.differences[2].remote.as_ref().map(|entry| entry.id.as_str()), Some("b"));
}

#[test]
fn a_second_record_or_spelling_is_a_duplicate_and_the_number_still_matches() {
    let wanted = [expected(1, "US-DC", None, None)];
    let other = entry("c", Some(1), "202-555-0101", "US-DC", None);
    let worse = entry("a", Some(1), "+12025550101", "US-CA", None);
    let diff = compare(&wanted, vec![other, worse, canonical("b", 1)]);
    assert_eq!(diff.matching, 1, "the record that fits stands for the number");
    assert_eq!(
        kinds(&diff),
        [
            (DiffKind::RemoteDuplicate, Some(number(1)), "+12025550101"),
            (DiffKind::RemoteDuplicate, Some(number(1)), "202-555-0101"),
        ]
    );
    assert_eq!(diff.differences[0].remote.as_ref().map(|entry| entry.id.as_str()), Some("a"));
}

#[test]
fn a_spelling_without_its_twin_is_malformed_and_the_number_missing() {
    let wanted = [expected(1, "US-DC", None, None)];
    let spelled = entry("a", Some(1), "(202) 555-0101", "US-DC", None);
    let rubbish = entry("b", None, "n/a", "US-DC", None);
    let foreign = entry("c", Some(7), "2025550107", "US-DC", None);
    let diff = compare(&wanted, vec![spelled, rubbish, foreign]);
    assert_eq!(diff.matching, 0);
    assert_eq!(
        kinds(&diff),
        [
            (DiffKind::Missing, Some(number(1)), "+12025550101"),
            (DiffKind::Malformed, None, "n/a"),
            (DiffKind::Malformed, Some(number(1)), "(202) 555-0101"),
            (DiffKind::Malformed, Some(number(7)), "2025550107"),
        ]
    );
}

#[test]
fn a_baseline_compared_with_itself_is_clean_also_without_a_jurisdiction() {
    let mut odd = canonical("a", 1);
    odd.jurisdiction = None;
    let mut wanted = expected(1, "US-DC", None, None);
    wanted.attributes.jurisdiction = None;
    assert!(compare(&[wanted], vec![odd]).is_clean());
}

#[test]
fn hundreds_of_thousands_are_compared_in_one_go() {
    let wanted: Vec<Expected> = (0..300_000_u64)
        .map(|n| Expected {
            identifier: E164::from_digits(12_025_000_000 + n * 3).unwrap().into(),
            ..expected(0, "US-DC", None, None)
        })
        .collect();
    let remote: Vec<RemoteEntry> = (0..300_000_u64)
        .rev()
        .map(|n| {
            let number = E164::from_digits(12_025_000_000 + n * 2).unwrap();
            RemoteEntry { identifier: Some(number.into()), raw: number.to_e164(), ..canonical("x", 0) }
        })
        .collect();
    let diff = compare(&wanted, remote);
    assert_eq!(diff.matching, 100_000);
    assert_eq!((diff.count(DiffKind::Missing), diff.count(DiffKind::Unexpected)), (200_000, 200_000));
}

/// What a person would do with two sheets of paper: for each number, look through everything.
fn naive(wanted: &[Expected], remote: &[RemoteEntry]) -> (u64, Vec<(DiffKind, Option<E164>, String)>) {
    let mut matching = 0;
    let mut found = Vec::new();
    for entry in remote.iter().filter(|entry| entry.identifier.is_none()) {
        found.push((DiffKind::Malformed, None, entry.raw.clone()));
    }
    for n in 0..=9 {
        let number = number(n);
        let spelled = number.to_e164();
        let mine = wanted.iter().find(|expected| expected.identifier == number.into());
        let theirs: Vec<&RemoteEntry> =
            remote.iter().filter(|entry| entry.identifier == Some(number.into())).collect();
        let same = |entry: &&&RemoteEntry| {
            mine.is_some_and(|mine| {
                mine.attributes.jurisdiction == entry.jurisdiction
                    && mine.attributes.expires == entry.expires
                    && (mine.attributes.source.is_none() || mine.attributes.source == entry.source)
            })
        };
        let in_e164: Vec<&&RemoteEntry> = theirs.iter().filter(|entry| entry.raw == spelled).collect();
        if in_e164.is_empty() {
            found.extend(theirs.iter().map(|entry| (DiffKind::Malformed, Some(number), entry.raw.clone())));
            found.extend(mine.map(|_| (DiffKind::Missing, Some(number), spelled.clone())));
            continue;
        }
        match mine {
            None => found.push((DiffKind::Unexpected, Some(number), spelled.clone())),
            Some(_) if in_e164.iter().any(same) => matching += 1,
            Some(_) => found.push((DiffKind::Changed, Some(number), spelled.clone())),
        }
        found.extend(
            in_e164.iter().skip(1).map(|entry| (DiffKind::RemoteDuplicate, Some(number), entry.raw.clone())),
        );
        let others = theirs.iter().filter(|entry| entry.raw != spelled);
        found.extend(others.map(|entry| (DiffKind::RemoteDuplicate, Some(number), entry.raw.clone())));
    }
    found.sort();
    (matching, found)
}

fn any_entry() -> impl Strategy<Value = RemoteEntry> {
    (0_u8..10, 0_u8..6, "US-(DC|CA)", prop::option::weighted(0.3, 0_i64..2), "[a-z]{3}").prop_map(
        |(n, spelling, jurisdiction, expires, id)| {
            let e164 = number(n).to_e164();
            match spelling {
                0 => entry(&id, None, "n/a", &jurisdiction, expires),
                1 => entry(&id, Some(n), &e164[2..], &jurisdiction, expires),
                2 => entry(&id, Some(n), &e164[1..], &jurisdiction, expires),
                _ => entry(&id, Some(n), &e164, &jurisdiction, expires),
            }
        },
    )
}

fn any_expected() -> impl Strategy<Value = Vec<Expected>> {
    let one = ("US-(DC|CA)", prop::option::weighted(0.3, 0_i64..2), prop::option::of("(State|Other)"));
    prop::collection::btree_map(0_u8..10, one, 0..8).prop_map(|wanted| {
        wanted
            .into_iter()
            .map(|(n, (jurisdiction, expires, source))| {
                expected(n, &jurisdiction, expires, source.as_deref())
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_two_sheets_of_paper(wanted in any_expected(), remote in prop::collection::vec(any_entry(), 0..14)) {
        let (matching, found) = naive(&wanted, &remote);
        let diff = compare(&wanted, remote.clone());
        prop_assert_eq!(diff.matching, matching);
        let said: Vec<_> = diff.differences.iter().map(|d| (d.kind, phone(d), d.raw.clone())).collect();
        prop_assert_eq!(said, found);
        // Every remote record is either matching or in exactly one difference.
        let told = diff.differences.iter().filter(|d| d.remote.is_some()).count();
        prop_assert_eq!(told + usize::try_from(matching).unwrap(), remote.len());
        // The order in which the tenant lists them does not matter.
        let mut turned = remote;
        turned.reverse();
        let again = compare(&wanted, turned);
        prop_assert_eq!(diff.matching, again.matching);
        prop_assert_eq!(kinds(&diff), kinds(&again));
    }
}

#[test]
fn only_an_expired_entry_may_go_by_itself() {
    let now = Timestamp::from_second(1_000).unwrap();
    let wanted = [
        expected(1, "US-DC", None, None),
        expected(2, "US-DC", Some(999), None),
        expected(3, "US-DC", Some(999), None),
        expected(4, "US-DC", Some(2_000), None),
    ];
    let there = entry("c", Some(3), &number(3).to_e164(), "US-DC", Some(999));
    let diff = super::compare(wanted.into_iter().map(Ok::<_, ()>), [Ok(there)].into_iter(), now).unwrap();
    let missing = [1, 4].map(|n| (DiffKind::Missing, Some(number(n))));
    let told: Vec<_> = kinds(&diff).into_iter().map(|(kind, number, _)| (kind, number)).collect();
    assert_eq!(told, missing);
    assert_eq!((diff.expected, diff.matching), (3, 1));
}

#[test]
fn an_item_is_not_there_by_an_entry_that_is_over() {
    let now = Timestamp::from_second(1_000).unwrap();
    let item = Expected { identifier: number(1).into(), attributes: ExpectedAttributes::default() };
    let over = entry("a", Some(1), &number(1).to_e164(), "US-DC", Some(999));
    let compare = |there: RemoteEntry| {
        super::compare([Ok::<_, ()>(item.clone())].into_iter(), [Ok(there)].into_iter(), now).unwrap()
    };
    assert_eq!(kinds(&compare(over.clone()))[0].0, DiffKind::Missing);
    assert!(compare(RemoteEntry { expires: None, ..over }).is_clean());
}
