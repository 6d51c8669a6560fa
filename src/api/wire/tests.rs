use super::*;

fn rows(body: &str) -> Result<Vec<Text>, Error> {
    decode::<Rows<Text>>(body.as_bytes(), "the question").map(|rows| rows.0)
}

#[test]
fn rows_come_bare_or_in_an_envelope() {
    let two = vec![Text("a".into()), Text("7".into())];
    assert_eq!(rows(r#"["a",7]"#).unwrap(), two);
    for name in ENVELOPES {
        assert_eq!(rows(&format!(r#"{{"total":2,"{name}":["a",7],"next":null}}"#)).unwrap(), two);
    }
}

#[test]
fn an_array_that_is_missing_is_not_an_empty_one() {
    for body in
        ["{}", r#"{"entities":null}"#, r#"{"total":0}"#, "null", "0", r#"{"data":[],"entities":["a"]}"#]
    {
        assert!(matches!(rows(body), Err(Error::Protocol { .. })), "{body}");
    }
    assert_eq!(rows(r#"{"entities":[]}"#).unwrap(), []);
}

#[test]
fn what_is_no_json_is_named_for_what_it_is_and_never_quoted() {
    let detail = |body: &[u8]| match decode::<Rows<Text>>(body, "the question") {
        Err(Error::Protocol { detail }) => detail,
        other => panic!("{other:?}"),
    };
    assert!(detail(b"").contains("empty"));
    assert!(detail(b"  <html>log in</html>").contains("web page"));
    assert!(detail(b"[\"a\",").contains("broken JSON"));
    assert!(detail(b"[\"\xff\"]").contains("JSON"));
    assert!(detail(b"[NaN]").contains("JSON"));
    let deep = format!(r#"{{"x":{}"#, "[".repeat(100_000));
    assert!(detail(deep.as_bytes()).contains("broken JSON"));
    assert!(!detail(br#"[{"phone":"+12025550101"}]"#).contains("2025550101"));
}

#[test]
fn expiries_are_read_in_every_form_the_contract_knows() {
    let read =
        |text: &str| expiry_of(Some(Text(text.into())), "an entry").map(|at| at.map(|at| at.to_string()));
    assert_eq!(read("2030-12-31").unwrap().as_deref(), Some("2030-12-31T23:59:59Z"));
    assert_eq!(read("2030-12-31T10:00:00Z").unwrap().as_deref(), Some("2030-12-31T10:00:00Z"));
    assert_eq!(read("2030-12-31T10:00:00+02:00").unwrap().as_deref(), Some("2030-12-31T08:00:00Z"));
    assert_eq!(read("2030-12-31T10:00:00").unwrap().as_deref(), Some("2030-12-31T10:00:00Z"));
    assert_eq!(read("2030-12-31T10:00:00.250Z").unwrap().as_deref(), Some("2030-12-31T10:00:00.25Z"));
    assert_eq!(read("").unwrap(), None);
    assert_eq!(expiry_of(None, "an entry").unwrap(), None);
    for bad in ["soon", "31/12/2030", "2030-02-30", "0", "2030-12"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_expiry_survives_the_way_out_and_back() {
    for text in
        ["2030-12-31T23:59:59Z", "2030-12-31T23:59:58Z", "2030-12-31T23:59:59.5Z", "1999-01-01T00:00:00Z"]
    {
        let at: Timestamp = text.parse().unwrap();
        assert_eq!(expiry_of(Some(Text(expiry_text(at))), "an entry").unwrap(), Some(at), "{text}");
    }
    assert_eq!(expiry_text("2030-12-31T23:59:59Z".parse().unwrap()), "2030-12-31");
}

#[test]
fn the_tenants_words_lose_their_numbers() {
    assert_eq!(words_of(br#"{"message":"phone +1 (202) 555-0101 is on line 12"}"#), "phone… is on line 12");
    assert_eq!(words_of(br#"{"error_description":"no such list"}"#), "no such list");
    assert_eq!(words_of(b"<html>"), "no reason that can be read");
    assert_eq!(words_of(b""), "no reason given");
    assert_eq!(words_of(b"{}"), "no reason given");
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(10_000));
    assert_eq!(words_of(long.as_bytes()).chars().count(), 200);
    assert!(!without_people("٢٠٢٥٥٥٠١٠١", 50).contains('٢'), "digits of any script");
    let said = without_people("“ann.lee+x@example.com” (a@b), refused: c@d, e", 60);
    assert_eq!(said, "“…” (…), refused: …, e");
}

#[test]
fn numbers_and_truth_values_may_be_spelled_as_strings() {
    assert_eq!(whole_of(Some(&Text(" 10 ".into()))), Some(10));
    assert_eq!(whole_of(Some(&Text("ten".into()))), None);
    assert_eq!(truth_of(Some(&Text("TRUE".into()))), Some(true));
    assert_eq!(truth_of(Some(&Text("0".into()))), Some(false));
    assert_eq!(truth_of(Some(&Text("perhaps".into()))), None);
    assert_eq!(truth_of(None), None);
}
