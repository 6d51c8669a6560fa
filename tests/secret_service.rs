//! The keyring for real: runs where `SECRET_SERVICE_TEST=1` says that a Secret Service is there to be used.
//! `scripts/with-secret-service.sh cargo test --test secret_service` starts one of its own.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "a test that was skipped says so")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use quietline::config::{CredentialSource, Profile};
use quietline::credentials;
use quietline::ops::Credentials;

const SECRET: &str = "keyring-canary-4711";

fn is_there() -> bool {
    let there = std::env::var_os("SECRET_SERVICE_TEST").is_some_and(|value| value == "1");
    if !there {
        println!("skipped: SECRET_SERVICE_TEST is not 1, so no Secret Service may be used here");
    }
    there
}

fn profile(name: &str) -> Profile {
    let mut profile = Profile::sandbox(name, "https://a.example.com/token", "https://a.example.com/api/v2");
    profile.credentials = CredentialSource::Keyring;
    profile
}

fn keep() -> Credentials {
    Credentials { client_id: "id-1".into(), client_secret: SECRET.to_owned().into() }
}

#[test]
fn a_secret_is_kept_found_and_removed() {
    if !is_there() {
        return;
    }
    let profile = profile("kept");
    assert_eq!(credentials::load(&profile).unwrap_err().code, "no-credentials");
    credentials::store(&profile, &keep()).unwrap();
    assert_eq!(credentials::load(&profile).unwrap().client_id, "id-1");
    assert!(credentials::remove(&profile).unwrap());
    assert!(!credentials::remove(&profile).unwrap(), "the second time there is nothing to remove");
    assert!(credentials::probe_keyring().is_ok());
}

#[test]
fn whoever_moves_the_profile_does_not_get_the_secret() {
    if !is_there() {
        return;
    }
    let profile = profile("moved");
    credentials::store(&profile, &keep()).unwrap();
    let mut moved = profile.clone();
    moved.endpoints.api_url = "https://evil.example.net/api/v2".into();
    let refused = credentials::load(&moved).unwrap_err();
    assert_eq!(refused.code, "origin-changed");
    assert!(!format!("{refused:?}").contains(SECRET));
    credentials::remove(&profile).unwrap();
}

#[test]
fn the_secret_of_a_webhook_is_kept_beside_the_credentials_and_bound_to_its_origin() {
    if !is_there() {
        return;
    }
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut profile = profile("listened");
    profile.upload.webhook = Some("https://hooks.example.com/dnc".into());
    credentials::store(&profile, &keep()).unwrap();
    assert!(credentials::webhook::load(&profile).unwrap().is_none());
    let refused = credentials::webhook::store(&profile, &SECRET.to_owned().into()).unwrap_err();
    assert_eq!(refused.code, "bad-secret");
    credentials::webhook::store(&profile, &text.to_owned().into()).unwrap();
    assert!(credentials::webhook::load(&profile).unwrap().is_some());
    profile.upload.webhook = Some("https://evil.example.net/dnc".into());
    assert_eq!(credentials::webhook::load(&profile).unwrap_err().code, "origin-changed");
    assert!(credentials::remove(&profile).unwrap());
    assert!(credentials::webhook::load(&profile).unwrap().is_none(), "logging out leaves nothing behind");
}

#[test]
fn login_by_hand_stores_what_other_tools_of_the_desktop_can_find() {
    if !is_there() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let add = ["profile", "add", "typed", "--preset", "custom", "--tenant", "t", "--environment", "sandbox"];
    // Nothing listens there: the secret is stored all the same, and said to be not verified.
    let urls = ["--token-url", "http://127.0.0.1:9/t", "--api-url", "http://127.0.0.1:9/api/v2"];
    assert!(quietline(home.path(), &[&add[..], &urls[..]].concat(), "").status.success());
    let login = quietline(home.path(), &["auth", "login", "--client-id", "id-2"], SECRET);
    let said = String::from_utf8(login.stdout).unwrap();
    assert!(login.status.success() && said.contains("stored, not verified"), "{said}");
    assert!(!said.contains(SECRET) && !String::from_utf8_lossy(&login.stderr).contains(SECRET));
    assert!(quietline(home.path(), &["auth", "status"], "").status.success());
    assert!(quietline(home.path(), &["auth", "logout"], "").status.success());
    assert_eq!(quietline(home.path(), &["auth", "status"], "").status.code(), Some(4));
}

/// The program with a config of its own and the session bus of this machine.
fn quietline(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_quietline"))
        .args(arguments)
        .env("QUIETLINE_CONFIG", home.join("quietline.toml"))
        .env("QUIETLINE_DATA_DIR", home.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
