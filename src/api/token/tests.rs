use super::*;

fn read(body: &str) -> Result<Duration, Error> {
    read_token(body.as_bytes()).map(|read| read.life)
}

#[test]
fn it_is_renewed_at_80_percent_or_a_minute_before_the_end() {
    let seconds = Duration::from_secs;
    assert_eq!(refresh_after(seconds(3600)), seconds(2880));
    assert_eq!(refresh_after(seconds(200)), seconds(140));
    assert_eq!(refresh_after(seconds(121)), seconds(61));
    assert_eq!(refresh_after(seconds(120)), seconds(96));
    assert_eq!(refresh_after(seconds(1)), Duration::from_millis(800));
}

#[test]
fn every_life_is_read_or_refused() {
    let with = |life: &str| read(&format!(r#"{{"access_token":"a","token_type":"bearer"{life}}}"#));
    assert_eq!(with(r#","expires_in":3600"#).unwrap(), Duration::from_secs(3600));
    assert_eq!(with(r#","expires_in":"3600""#).unwrap(), Duration::from_secs(3600));
    assert_eq!(with("").unwrap(), UNTOLD_LIFE);
    assert_eq!(with(r#","expires_in":null"#).unwrap(), UNTOLD_LIFE);
    assert_eq!(with(r#","expires_in":1000000000"#).unwrap(), LONGEST_LIFE);
    assert_eq!(with(r#","expires_in":1e300"#).unwrap(), LONGEST_LIFE);
    for bad in ["0", "-1", r#""soon""#, r#""NaN""#, r#""""#] {
        assert!(with(&format!(r#","expires_in":{bad}"#)).is_err(), "{bad}");
    }
}

#[test]
fn only_a_sound_bearer_token_is_taken() {
    for bad in [
        r#"{"token_type":"Bearer"}"#,
        r#"{"access_token":"","token_type":"Bearer"}"#,
        r#"{"access_token":"a\r\nX: y","token_type":"Bearer"}"#,
        r#"{"access_token":"a b","token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"mac"}"#,
        r#"{"access_token":"a"}"#,
        "<html>",
        "",
    ] {
        assert!(matches!(read(bad), Err(Error::Protocol { .. })), "{bad}");
    }
    let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "a".repeat(1 << 20));
    assert!(read(&long).is_err());
}

#[test]
fn the_token_is_not_in_its_debug_form() {
    let read = read_token(br#"{"access_token":"canary","token_type":"Bearer"}"#).unwrap();
    let token = Token { header: read.header, granted: Scopes::LOOK, generation: 1 };
    assert!(!format!("{token:?}").contains("canary"));
}

/// A token endpoint that nobody listens at.
fn tokens_of_a_dead_endpoint() -> Tokens {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/token", listener.local_addr().unwrap());
    drop(listener);
    let transport = Transport::new(&address, "token address", crate::api::Deadlines::default()).unwrap();
    let credentials = Credentials { client_id: "id".into(), client_secret: "secret".into() };
    let patience = Patience {
        first_pause: Duration::from_micros(10),
        longest_pause: Duration::from_millis(1),
        ..Patience::default()
    };
    Tokens::new(transport, credentials, Clock::start(), patience, 1)
}

fn keep(tokens: &Tokens, header: &'static str, forced: bool) -> Token {
    let life = Duration::from_secs(600);
    let read = ReadToken { header: HeaderValue::from_static(header), life, told: None };
    tokens.keep(Scopes::LOOK, read, Duration::ZERO, forced)
}

fn held(tokens: &Tokens, change: impl FnOnce(&mut Held)) {
    change(lock(&tokens.state).held.get_mut(&Scopes::LOOK).unwrap());
}

#[test]
fn what_was_granted_is_read_where_it_is_told() {
    let with = |scope: &str| {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer"{scope}}}"#);
        read_token(body.as_bytes()).unwrap().told
    };
    assert_eq!(with(""), None);
    assert_eq!(with(r#","scope":"dnc:read x:new""#).unwrap().to_string(), "dnc:read");
    for untold in ["openid", "openid profile", "DEFAULT", ""] {
        assert_eq!(
            with(&format!(r#","scope":"{untold}""#)),
            None,
            "{untold:?} says nothing of what is granted"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_due_bridges_an_endpoint_that_is_down_until_it_ends() {
    let tokens = tokens_of_a_dead_endpoint();
    keep(&tokens, "Bearer old", false);
    held(&tokens, |held| held.refresh_at = Duration::ZERO);
    assert_eq!(tokens.get(Scopes::LOOK).await.unwrap().header, "Bearer old");
    held(&tokens, |held| held.expires_at = Duration::ZERO);
    assert!(matches!(tokens.get(Scopes::LOOK).await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn a_token_that_was_refused_is_renewed_once_for_all_who_saw_it() {
    let tokens = tokens_of_a_dead_endpoint();
    let old = keep(&tokens, "Bearer old", false);
    let new = keep(&tokens, "Bearer new", true);
    assert_eq!(
        tokens.renew(Scopes::LOOK, &old).await.unwrap().header,
        "Bearer new",
        "another task has renewed it"
    );
    assert!(
        matches!(tokens.renew(Scopes::LOOK, &new).await, Err(Error::Unauthorised { .. })),
        "and that was the one renewal"
    );
    tokens.proven(&new);
    assert!(
        matches!(tokens.renew(Scopes::LOOK, &new).await, Err(Error::Unreachable { .. })),
        "a proven one may be renewed"
    );
}
