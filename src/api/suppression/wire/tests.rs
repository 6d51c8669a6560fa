use super::*;
use crate::domain::contact::Reason;
use crate::domain::phone::{E164, PhonePolicy, Region};

fn phone(n: u64) -> ContactWrite {
    let number = E164::from_digits(12_025_550_100 + n).unwrap();
    ContactWrite { identifier: Identifier::Phone(number), reason: Reason::Dnc, until: None }
}

fn email(text: &str) -> ContactWrite {
    let identifier = Identifier::Email(Email::parse(text).unwrap());
    ContactWrite { identifier, reason: Reason::Bounce, until: Some("2030-01-01T00:00:00Z".parse().unwrap()) }
}

fn read(status: u16, body: &str) -> Result<Vec<RowVerdict>, Error> {
    let sent = [phone(1), email("Ann@example.com"), phone(2)];
    read_contacts_answer(status, body.as_bytes(), &sent).map(|reading| reading.rows)
}

fn refused(code: &str) -> RowVerdict {
    RowVerdict::Refused(Refusal { code: code.into(), message: String::new() })
}

const TAKEN: RowVerdict = RowVerdict::Accepted(None);

#[test]
fn a_contact_is_written_with_the_one_identifier_it_has() {
    let body = String::from_utf8(encode_contacts(&[phone(1), email("Ann@example.com")])).unwrap();
    assert_eq!(
        body,
        r#"{"contacts":[{"phoneNumber":"+12025550101","reason":"DNC","version":1},{"email":"ann@example.com","reason":"BOUNCE","suppressUntil":"2030-01-01T00:00:00Z","version":1}]}"#
    );
}

#[test]
fn rows_without_an_error_are_taken_if_the_count_says_so() {
    let all = r#"{"status":"COMPLETED","contactCount":3,"validationErrors":[]}"#;
    assert_eq!(read(201, all).unwrap(), [TAKEN, TAKEN, TAKEN]);
    let two = r#"{"status":"COMPLETED","contactCount":"2","validationErrors":[{"identifier":"ann@EXAMPLE.com","code":"X"}]}"#;
    assert_eq!(read(201, two).unwrap(), [TAKEN, refused("X"), TAKEN]);
    let by_place = r#"{"status":"COMPLETED","contactCount":2,"validationErrors":[{"index":2,"code":"Y"}]}"#;
    assert_eq!(read(200, by_place).unwrap(), [TAKEN, TAKEN, refused("Y")]);
}

#[test]
fn a_count_that_does_not_add_up_settles_nothing_it_does_not_name() {
    for body in [
        r#"{"status":"COMPLETED","contactCount":2,"validationErrors":[]}"#,
        r#"{"status":"COMPLETED","contactCount":4}"#,
        r#"{"status":"COMPLETED"}"#,
        r#"{"status":"PROCESSING","contactCount":3}"#,
        r#"{"contactCount":3}"#,
        "{}",
    ] {
        let rows = read(201, body).unwrap();
        assert!(rows.iter().all(|verdict| *verdict == RowVerdict::Unaccounted), "{body}");
    }
    let one = r#"{"status":"COMPLETED","contactCount":3,"validationErrors":[{"index":0,"code":"X"}]}"#;
    assert_eq!(read(201, one).unwrap(), [refused("X"), RowVerdict::Unaccounted, RowVerdict::Unaccounted]);
}

#[test]
fn a_422_refuses_records_and_the_others_are_sent_again() {
    let body = r#"{"validationErrors":[{"phoneNumber":"(1) 202-555-0101","code":"X"}]}"#;
    assert_eq!(read(422, body).unwrap(), [refused("X"), RowVerdict::Again, RowVerdict::Again]);
    assert!(read(422, r#"{"message":"no"}"#).is_err(), "a refusal that names nobody");
}

#[test]
fn an_answer_about_strangers_breaks_the_contract() {
    for errors in [
        r#"{"identifier":"bob@example.com"}"#,
        r#"{"phoneNumber":"+12025550199"}"#,
        r#"{"index":3}"#,
        r#"{"index":-1}"#,
        r#"{"index":0,"phoneNumber":"+12025550102"}"#,
        r#"{"index":0,"identifier":"bob@example.com"}"#,
        r#"{"index":0,"phoneNumber":"+12025550199"}"#,
        r#"{"phoneNumber":"+12025550101","email":"ann@example.com"}"#,
        "{}",
    ] {
        let body = format!(r#"{{"status":"COMPLETED","contactCount":2,"validationErrors":[{errors}]}}"#);
        assert!(matches!(read(201, &body), Err(Error::Protocol { .. })), "{errors}");
    }
    assert!(read(204, "").is_err());
    assert!(read(201, "<html>").is_err());
}

#[test]
fn contacts_are_read_back_in_either_envelope() {
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    let rows =
        r#"[{"phoneNumber":"202-555-0101","reason":"DNC"},{"email":"a@B.example"},{"email":"nobody"}]"#;
    for body in [format!(r#"{{"contacts":{rows}}}"#), format!(r#"{{"entities":{rows}}}"#), rows.to_owned()] {
        let contacts = read_contacts(body.as_bytes(), &normaliser).unwrap();
        assert_eq!(contacts[0].identifier, Some(phone(1).identifier));
        assert_eq!(contacts[1].identifier, Email::parse("a@b.example").map(Identifier::Email));
        assert_eq!(contacts[2].identifier, None);
    }
    assert!(read_contacts(br#"{"contacts":[{"suppressUntil":"soon"}]}"#, &normaliser).is_err());
}
