use secrecy::SecretString;

use super::bound::{bind, unbind};
use super::explain;
use crate::api::Credentials;
use crate::config::Profile;

fn profile() -> Profile {
    Profile::sandbox("acme", "https://auth.example.com/token", "https://api.example.com/api/v2")
}

fn credentials() -> Credentials {
    Credentials { client_id: "id-1".into(), client_secret: SecretString::from("canary-4711") }
}

#[test]
fn what_is_stored_comes_back_for_the_same_origins() {
    let stored = bind(&profile(), &credentials()).unwrap();
    let back = unbind(&profile(), &stored).unwrap();
    assert_eq!(back.client_id, "id-1");
    assert_eq!(super::expose(&back), "canary-4711");
}

#[test]
fn another_path_on_the_same_origin_is_no_change() {
    let stored = bind(&profile(), &credentials()).unwrap();
    let moved =
        Profile::sandbox("acme", "https://auth.example.com/v2/token", "https://api.example.com/api/v2");
    assert!(unbind(&moved, &stored).is_ok());
}

#[test]
fn a_changed_origin_gets_no_secret() {
    let stored = bind(&profile(), &credentials()).unwrap();
    for (token, api) in [
        ("https://evil.example.net/token", "https://api.example.com/api/v2"),
        ("https://auth.example.com/token", "https://evil.example.net/api/v2"),
        ("https://auth.example.com:8443/token", "https://api.example.com/api/v2"),
        ("http://auth.example.com/token", "https://api.example.com/api/v2"),
        ("not a url", "https://api.example.com/api/v2"),
    ] {
        let refused = unbind(&Profile::sandbox("acme", token, api), &stored).unwrap_err();
        assert_eq!(refused.code, "origin-changed", "{token} {api}");
        assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    }
}

#[test]
fn an_entry_of_someone_else_is_refused_without_repeating_it() {
    let refused = unbind(&profile(), "canary-4711").unwrap_err();
    assert_eq!(refused.code, "no-credentials");
    assert!(!format!("{refused:?}").contains("canary"));
}

#[test]
fn debug_of_credentials_hides_the_secret() {
    assert!(!format!("{:?}", credentials()).contains("canary"));
}

#[test]
fn every_keyring_error_becomes_a_sentence_with_a_way_out_and_without_what_was_stored() {
    let kinds = [
        keyring::Error::NoDefaultStore,
        keyring::Error::NoStorageAccess("canary-4711".into()),
        keyring::Error::PlatformFailure("canary-4711".into()),
        keyring::Error::BadEncoding(b"canary-4711".to_vec()),
        keyring::Error::TooLong("canary-4711".into(), 3),
        keyring::Error::NotSupportedByStore("canary-4711".into()),
    ];
    for kind in kinds {
        let said = explain(&kind);
        assert!(!said.advice.is_empty());
        assert!(!format!("{said:?}").contains("canary"), "{said:?}");
    }
}
