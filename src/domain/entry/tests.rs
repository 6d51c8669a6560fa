use proptest::prelude::*;

use super::*;

fn attributes(jurisdiction: &str, expires: Option<i64>, source: Option<&str>) -> Attributes {
    Attributes {
        jurisdiction: Jurisdiction::parse(jurisdiction).unwrap(),
        expires: expires.map(|second| Timestamp::from_second(second).unwrap()),
        source: source.map(Arc::from),
    }
}

fn remote(jurisdiction: Option<&str>, expires: Option<&str>, source: Option<&str>) -> RemoteEntry {
    RemoteEntry {
        id: "e1".to_owned(),
        list: ListId("L-1".to_owned()),
        raw: "+12025550101".to_owned(),
        identifier: Identifier::from_whole("+12025550101"),
        jurisdiction: jurisdiction.map(str::to_owned),
        expires: expires.map(|at| at.parse().unwrap()),
        source: source.map(str::to_owned),
        key: None,
    }
}

#[test]
fn the_stronger_expiry_brings_its_jurisdiction_and_sources_are_united() {
    let early = attributes("US-CA", Some(10), Some("State"));
    let late = attributes("US-NV", Some(20), Some("Carrier; State"));
    let never = attributes("US-DC", None, None);
    assert_eq!(early.clone().strongest(late.clone()), attributes("US-NV", Some(20), Some("Carrier; State")));
    assert_eq!(late.clone().strongest(never.clone()), attributes("US-DC", None, Some("Carrier; State")));
    assert_eq!(never.strongest(early), attributes("US-DC", None, Some("State")));
    let first = attributes("US-CA", Some(20), None);
    assert_eq!(first.clone().strongest(late).jurisdiction, first.jurisdiction, "the first row's on a tie");
}

#[test]
fn an_entry_that_says_the_same_satisfies() {
    let ours = attributes("US-CA", Some(1_861_919_999), Some("State"));
    let same = remote(Some("US-CA"), Some("2028-12-31T23:59:59Z"), Some("State"));
    assert!(ours.satisfied_by(&same));
    assert!(
        ours.satisfied_by(&remote(Some("us-ca"), Some("2029-01-01T01:59:59+02:00"), Some("State"))),
        "by instant"
    );
    assert!(!ours.satisfied_by(&remote(Some("US-NV"), Some("2028-12-31T23:59:59Z"), Some("State"))));
    assert!(!ours.satisfied_by(&remote(None, Some("2028-12-31T23:59:59Z"), Some("State"))));
    assert!(!ours.satisfied_by(&remote(Some("US-CA"), Some("2028-12-31T23:59:58Z"), Some("State"))));
    assert!(!ours.satisfied_by(&remote(Some("US-CA"), None, Some("State"))), "for ever is not until then");
    assert!(!ours.satisfied_by(&remote(Some("US-CA"), Some("2028-12-31T23:59:59Z"), None)));
    let no_opinion = Attributes { source: None, ..ours };
    assert!(no_opinion.satisfied_by(&same));
}

#[test]
fn canonical_and_live_are_what_they_say() {
    let mut entry = remote(None, Some("2028-12-31T23:59:59Z"), None);
    assert!(entry.is_canonical());
    let end: Timestamp = "2028-12-31T23:59:59Z".parse().unwrap();
    assert!(!entry.is_live(end));
    assert!(entry.is_live("2028-12-31T23:59:58Z".parse().unwrap()));
    entry.raw = "2025550101".to_owned();
    assert!(!entry.is_canonical());
}

fn any_attributes() -> impl Strategy<Value = Attributes> {
    let source = prop::option::of("(A|B|C|B; A|A;B|A; A| C ;A|)");
    let expires = prop::option::of(0_i64..4);
    ("US-(CA|NV|DC)", expires, source)
        .prop_map(|(jurisdiction, expires, source)| attributes(&jurisdiction, expires, source.as_deref()))
}

proptest! {
    #[test]
    fn folding_is_idempotent(a in any_attributes()) {
        prop_assert_eq!(a.clone().strongest(a.clone()), a);
    }

    #[test]
    fn folding_is_associative(a in any_attributes(), b in any_attributes(), c in any_attributes()) {
        let left = a.clone().strongest(b.clone()).strongest(c.clone());
        let right = a.strongest(b.strongest(c));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn folding_is_commutative_but_for_the_jurisdiction_on_a_tie(a in any_attributes(), b in any_attributes()) {
        let tie = a.expires == b.expires;
        let (ab, ba) = (a.clone().strongest(b.clone()), b.clone().strongest(a.clone()));
        prop_assert_eq!((&ab.expires, &ab.source), (&ba.expires, &ba.source));
        if tie {
            prop_assert_eq!((ab.jurisdiction, ba.jurisdiction), (a.jurisdiction, b.jurisdiction));
        } else {
            prop_assert_eq!(ab.jurisdiction, ba.jurisdiction);
        }
    }
}
