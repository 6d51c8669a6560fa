use super::*;
use crate::domain::phone::{PhonePolicy, Region};

fn number(last: u64) -> E164 {
    E164::from_digits(12_025_550_100 + last).unwrap()
}

fn row(last: u64) -> EntryWrite {
    EntryWrite {
        number: number(last),
        list: ListId("L1".into()),
        jurisdiction: Jurisdiction::parse("US-DC").unwrap(),
        expires: None,
        source: None,
        key: format!("key{last}"),
    }
}

fn read(status: u16, body: &str) -> Result<Vec<RowVerdict>, Error> {
    let sent = [row(0), row(1), row(2)];
    read_entries_answer(status, body.as_bytes(), &sent).map(|reading| reading.rows)
}

fn taken(id: &str) -> RowVerdict {
    RowVerdict::Accepted(Some(id.into()))
}

fn refused(code: &str, message: &str) -> RowVerdict {
    RowVerdict::Refused(Refusal { code: code.into(), message: message.into() })
}

#[test]
fn the_body_is_spelled_as_the_contract_has_it() {
    let full = EntryWrite {
        expires: Some("2030-12-31T23:59:59Z".parse().unwrap()),
        source: Some("web form".into()),
        ..row(1)
    };
    let timed = EntryWrite { expires: Some("2030-06-01T10:00:00Z".parse().unwrap()), ..row(2) };
    assert_eq!(
        String::from_utf8(encode_entries(&[row(0), full, timed])).unwrap(),
        concat!(
            r#"{"data":[{"phoneNumber":"+12025550100","listId":"L1","jurisdiction":"US-DC","idempotencyKey":"key0"},"#,
            r#"{"phoneNumber":"+12025550101","listId":"L1","jurisdiction":"US-DC","expirationDate":"2030-12-31","#,
            r#""source":"web form","idempotencyKey":"key1"},"#,
            r#"{"phoneNumber":"+12025550102","listId":"L1","jurisdiction":"US-DC","#,
            r#""expirationDate":"2030-06-01T10:00:00Z","idempotencyKey":"key2"}]}"#,
        )
    );
}

#[test]
fn rows_are_found_by_key_in_any_order() {
    let rows = read(
        201,
        r#"{"data":[{"id":"e2","idempotencyKey":"key2"},{"id":"e0","idempotencyKey":"key0","phoneNumber":"+12025550100"},
            {"id":1,"idempotencyKey":"key1"}]}"#,
    );
    assert_eq!(rows.unwrap(), [taken("e0"), taken("1"), taken("e2")]);
}

#[test]
fn a_partial_answer_settles_each_row_by_its_own_word() {
    let rows = read(
        200,
        r#"{"data":[{"id":"e1","phoneNumber":"1 202 555 0101"}],
            "errors":[{"index":"2","code":"BAD","message":"no"},{"index":2,"code":"WORSE"}]}"#,
    );
    assert_eq!(rows.unwrap(), [RowVerdict::Unaccounted, taken("e1"), refused("BAD", "no")]);
    let rows = read(200, r#"{"data":[],"errors":[{"phoneNumber":"+12025550100","code":7}]}"#);
    assert_eq!(rows.unwrap()[0], refused("7", ""));
}

#[test]
fn an_answer_that_says_nothing_settles_nothing() {
    for body in ["{}", r#"{"data":[]}"#, r#"{"data":null,"errors":null}"#, r#"{"status":"OK"}"#] {
        assert_eq!(read(201, body).unwrap(), vec![RowVerdict::Unaccounted; 3], "{body}");
    }
}

#[test]
fn what_contradicts_itself_or_speaks_of_strangers_is_a_violation() {
    for body in [
        r#"{"data":[{"idempotencyKey":"stranger"}]}"#,
        r#"{"data":[{"phoneNumber":"+12025550199"}]}"#,
        r#"{"data":[{"id":"position only"}]}"#,
        r#"{"data":[{"idempotencyKey":"key0","phoneNumber":"+12025550101"}]}"#,
        r#"{"data":[{"idempotencyKey":"key0"}],"errors":[{"idempotencyKey":"key0","code":"BAD"}]}"#,
        r#"{"data":[{"id":"a","idempotencyKey":"key0"},{"id":"b","idempotencyKey":"key0"}]}"#,
        r#"{"data":[],"errors":[{"index":3}]}"#,
        r#"{"data":[],"errors":[{"index":-1}]}"#,
        r#"{"data":[],"errors":[{"code":"BAD"}]}"#,
        r#"{"data":[],"data":[]}"#,
        r#"{"data":"yes"}"#,
        r#"["key0"]"#,
        "<html>",
        "",
        r#"{"data":[{"idempotencyKey":"key0"}"#,
    ] {
        assert!(matches!(read(200, body), Err(Error::Protocol { .. })), "{body}");
    }
    assert!(read(202, r#"{"data":[]}"#).is_err(), "another status has no verdicts");
}

#[test]
fn an_echo_of_the_same_record_is_no_second_one() {
    let twice = r#"{"data":[{"id":"a","idempotencyKey":"key0"},{"id":"a","idempotencyKey":"key0"}]}"#;
    assert_eq!(read(200, twice).unwrap()[0], taken("a"));
}

#[test]
fn one_number_on_two_lists_is_told_apart_or_not_at_all() {
    let sent = [row(0), EntryWrite { list: ListId("L2".into()), key: "other".into(), ..row(0) }];
    let read = |body: &str| read_entries_answer(200, body.as_bytes(), &sent).map(|reading| reading.rows);
    let second = read(r#"{"data":[{"id":"e","phoneNumber":"+12025550100","listId":"L2"}]}"#).unwrap();
    assert_eq!(second, [RowVerdict::Unaccounted, taken("e")]);
    let second = read(r#"{"errors":[{"phoneNumber":"+12025550100","index":1,"code":"X"}]}"#).unwrap();
    assert_eq!(second, [RowVerdict::Unaccounted, refused("X", "")]);
    assert!(read(r#"{"data":[{"id":"e","phoneNumber":"+12025550100"}]}"#).is_err());
}

#[test]
fn every_word_of_the_tenant_survives_but_its_numbers_do_not_reach_debug() {
    let refusal = Refusal { code: "BAD".into(), message: "+12025550101 is odd".into() };
    assert!(refusal.message.contains("2025550101"));
    assert!(!format!("{refusal:?}").contains("2025550101"));
}

#[test]
fn a_page_of_entries_is_read_with_odd_spellings_kept() {
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    let list = ListId("L1".into());
    let entries = read_entries(
        br#"{"data":[
            {"id":1,"listId":"L1","phoneNumber":"(202) 555-0101","expirationDate":"2030-01-01","source":"","new":[]},
            {"id":"e2","phoneNumber":"call me","expirationDate":null,"idempotencyKey":"k"}]}"#,
        Some(&list),
        &normaliser,
    )
    .unwrap();
    assert_eq!((entries[0].id.as_str(), &entries[0].identifier), ("1", &Some(number(1).into())));
    assert!(!entries[0].is_canonical());
    assert_eq!(entries[0].source, None);
    assert_eq!(entries[0].expires.unwrap().to_string(), "2030-01-01T23:59:59Z");
    assert_eq!(
        (entries[1].raw.as_str(), &entries[1].identifier, &entries[1].list),
        ("call me", &None, &list)
    );
    let unreadable = br#"[{"id":"1","phoneNumber":"+12025550101","expirationDate":"soon"}]"#;
    assert!(read_entries(unreadable, Some(&list), &normaliser).is_err());
    let no_list = br#"[{"id":"1","phoneNumber":"+12025550101"}]"#;
    assert!(read_entries(no_list, None, &normaliser).is_err());
}
