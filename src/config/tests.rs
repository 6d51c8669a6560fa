use std::path::{Path, PathBuf};

use super::{Config, CredentialSource, Environment, FourEyes, NewProfile, Profile, Provenance, Sources};

/// A config file in a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(text: &str) -> Self {
        let desk = Self::new();
        std::fs::write(desk.path(), text).unwrap();
        desk
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn sources(&self) -> Sources {
        Sources { config: Some(self.path()), data_dir: Some(self.folder.path().join("data")), profile: None }
    }

    fn load(&self) -> Config {
        Config::load(&self.sources()).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }
}

fn profile_of(body: &str) -> Profile {
    Desk::with(&format!("[profiles.acme]\n{body}")).load().profile().unwrap()
}

fn refused(text: &str) -> super::ConfigError {
    Config::load(&Desk::with(text).sources()).unwrap_err()
}

fn refused_profile(body: &str) -> super::ConfigError {
    refused(&format!("[profiles.acme]\n{body}"))
}

#[test]
fn a_missing_file_reads_as_empty_and_names_the_way_out() {
    let desk = Desk::new();
    let config = desk.load();
    assert!(config.profile_names().is_empty());
    let e = config.profile().unwrap_err();
    assert_eq!(e.code, "no-profile");
    assert!(e.advice.contains("profile add"), "{}", e.advice);
    assert!(!desk.path().exists(), "reading makes no file");
}

#[test]
fn every_preset_of_the_contract_gives_its_urls() {
    for (preset, token, api) in [
        (
            "engage",
            "https://auth.na1.engage.niceincontact.com/as/token.oauth2",
            "https://na1.niceincontact.com/api/v2",
        ),
        ("regional", "https://na1.niceincontact.com/oauth/token", "https://api.na1.niceincontact.com/api/v2"),
        ("tenant-api", "https://acme.api.cxone.com/oauth/token", "https://acme.api.cxone.com/api/v2"),
        ("org", "https://acme.cxone.com/api/v2/oauth2/token", "https://acme.cxone.com/api/v2"),
        ("my", "https://acme.my.cxone.com/oauth/token", "https://acme.my.cxone.com/api/v2"),
    ] {
        let profile = profile_of(&format!("preset = \"{preset}\"\ntenant = \"acme\"\nregion = \"na1\""));
        assert_eq!(profile.endpoints.token_url, token, "{preset}");
        assert_eq!(profile.endpoints.api_url, api, "{preset}");
    }
}

#[test]
fn the_defaults_are_the_careful_ones() {
    let profile = profile_of("preset = \"my\"\ntenant = \"acme\"");
    assert_eq!(profile.environment, Environment::Production);
    assert_eq!(profile.credentials, CredentialSource::Keyring);
    assert_eq!(profile.cool_down_seconds, 180);
    assert!(!profile.cool_down_is_shortened());
    assert_eq!(profile.limits, crate::api::Limits::default());
}

#[test]
fn what_the_contract_shows_is_read_whole() {
    let desk = Desk::with(
        r#"
default_profile = "acme"
[profiles.acme]
preset = "my"
tenant = "acme"
environment = "staging"
default_region = "GB"
credentials = "env"
list_dialect = "entries"
token_url = "https://login.example.com/token"
events_url = "wss://acme.example.com/events"
[profiles.acme.limits]
entries_per_second = 25
entries_per_call = 80
items_per_call = 5000
contacts_in_flight = 2
[profiles.acme.upload]
cool_down_seconds = 30
phone_policy = "valid"
four_eyes = "above:100"
approval_hours = 72
own_numbers = ["+1 202 456 1111"]
contact_field = "do_not_call"
require_opt_in = true
webhook = "https://hooks.example.com/dnc?team=1"
[profiles.acme.registries]
required = ["US"]
[layouts.ca_state]
delimiter = ";"
"#,
    );
    let config = desk.load();
    let profile = config.profile().unwrap();
    assert_eq!(profile.endpoints.token_url, "https://login.example.com/token");
    assert_eq!(profile.endpoints.api_url, "https://acme.my.cxone.com/api/v2");
    assert_eq!((profile.limits.entries_per_second, profile.limits.entries_per_call), (25.0, 80));
    assert!(profile.cool_down_is_shortened());
    assert_eq!(profile.own_numbers.len(), 1);
    let upload = &profile.upload;
    assert_eq!(profile.four_eyes, FourEyes::Above(100));
    assert!(!profile.four_eyes.demands(100, 0) && profile.four_eyes.demands(101, 0));
    assert_eq!((upload.contact_field.as_str(), upload.approval_hours), ("do_not_call", 72));
    assert_eq!(profile.endpoints.events_url.as_deref(), Some("wss://acme.example.com/events"));
    assert_eq!(config.layouts()[0].name, "ca_state");
    assert_eq!(config.layouts()[0].options.delimiter, Some(b';'));
    let from = |name| config.settings().into_iter().find(|s| s.name == name).unwrap().from;
    assert_eq!(from("config"), Provenance::Flag);
    assert_eq!(from("token_url"), Provenance::File);
    assert_eq!(from("api_url"), Provenance::Default);
}

#[test]
fn an_unknown_key_names_line_and_nearest_key() {
    let e = refused("[profiles.acme]\npreset = \"my\"\ntennant = \"acme\"\n");
    assert_eq!(e.code, "bad-config");
    assert!(e.message.contains("config.toml") && e.message.contains("line 3"), "{}", e.message);
    assert!(e.message.contains("tennant"), "{}", e.message);
    assert_eq!(e.advice, "Did you mean “tenant”?");
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_repeated() {
    for line in [
        "client_secret = \"canary-4711\"",
        "tenant = 3\nclient_secret = canary-4711",
        "preset = { a = \"canary-4711\" }",
    ] {
        let e = refused_profile(line);
        assert!(!format!("{e:?}").contains("canary"), "{e:?}");
    }
    assert!(refused_profile("client_secret = \"x\"").advice.contains("auth login"));
}

#[test]
fn a_wrong_word_names_the_nearest_one() {
    let tenant = "tenant = \"acme\"\n";
    for (body, hint) in [
        ("preset = \"mi\"", "“my”"),
        ("environment = \"prod\"", "production"),
        ("credentials = \"keyrng\"", "“keyring”"),
        ("default_region = \"Narnia\"", "two-letter"),
        ("upload.four_eyes = \"some\"", "above:N"),
        ("upload.phone_policy = \"strict\"", "possible"),
        ("upload.approval_hours = 0", "1 to 720"),
        ("upload.approval_hours = 721", "1 to 720"),
        ("upload.approval_hours = 4294967297", "1 to 720"),
        ("limits.entries_per_call = 101", "1 to 100"),
        ("limits.entries_per_call = 0", "1 to 100"),
        ("limits.entries_per_second = -1", "above 0"),
        ("limits.items_per_call = 10001", "10000"),
        ("upload.own_numbers = [\"n/a\"]", "+1"),
    ] {
        let e = refused_profile(&format!("{tenant}{body}"));
        assert_eq!(e.code, "bad-config", "{body}");
        assert!(e.advice.contains(hint), "{body}: {}", e.advice);
    }
}

#[test]
fn production_never_gets_a_short_cool_down() {
    let e = refused_profile("tenant = \"acme\"\nupload.cool_down_seconds = 179");
    assert_eq!(e.code, "cool-down-too-short");
    assert_eq!(profile_of("tenant = \"acme\"\nupload.cool_down_seconds = 180").cool_down_seconds, 180);
    let staging = profile_of("tenant = \"acme\"\nenvironment = \"staging\"\nupload.cool_down_seconds = 5");
    assert!(staging.cool_down_is_shortened());
}

#[test]
fn numbers_that_no_clock_and_no_limiter_can_work_with_are_refused() {
    for seconds in ["86401", "9223372036854775807"] {
        let e = refused_profile(&format!("tenant = \"acme\"\nupload.cool_down_seconds = {seconds}"));
        assert_eq!(e.code, "bad-config", "{seconds}");
    }
    for rate in ["1e-300", "0.001", "1e300"] {
        let e = refused_profile(&format!("tenant = \"acme\"\nlimits.entries_per_second = {rate}"));
        assert_eq!(e.code, "bad-config", "{rate}");
        let e = refused_profile(&format!("tenant = \"acme\"\nlimits.query_per_minute = {rate}"));
        assert_eq!(e.code, "bad-config", "{rate}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_a_device_or_a_heap_of_bytes_is_no_config_file() {
    let desk = Desk::new();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, desk.path(), mode).unwrap();
    let e = Config::load(&desk.sources()).unwrap_err();
    assert!(e.message.contains("not a regular file"), "{}", e.message);

    let device = Sources { config: Some("/dev/zero".into()), ..desk.sources() };
    assert_eq!(Config::load(&device).unwrap_err().code, "bad-config");

    let heap = Desk::with(&format!("# {}", "x".repeat(1 << 20)));
    assert!(Config::load(&heap.sources()).unwrap_err().message.contains("larger than 1 MiB"));
}

#[test]
fn urls_are_https_or_loopback_and_hide_nothing() {
    let with = |api: &str| {
        format!(
            "preset = \"custom\"\ntenant = \"t\"\ntoken_url = \"https://a.example.com/t\"\napi_url = \"{api}\""
        )
    };
    for good in [
        "https://api.example.com/api/v2",
        "https://api.example.com:8443/api/v2",
        "http://127.0.0.1:8080/api/v2",
        "http://[::1]:8080/api/v2",
        "http://localhost:8080/api/v2",
    ] {
        assert_eq!(profile_of(&with(good)).endpoints.api_url, good);
    }
    assert_eq!(
        profile_of(&with("https://api.example.com/api/v2/")).endpoints.api_url,
        "https://api.example.com/api/v2"
    );
    for bad in [
        "http://api.example.com/api/v2",
        "http://localhost.example.com/api/v2",
        "http://127.0.0.1.example.com/api/v2",
        "http://127.0.0.2/api/v2",
        "https://canary:canary@api.example.com/api/v2",
        "https://canary@api.example.com/api/v2",
        "https://api.example.com/api/v2#x",
        "https://api.example.com/api/v2?x=1",
        "https://api.example.com/api/v1",
        "https://169.254.169.254/api/v2",
        "https://10.0.0.1/api/v2",
        "https://[fd00::1]/api/v2",
        "https://[fe80::1]/api/v2",
        "https://[::ffff:127.0.0.1]/api/v2",
        "ftp://api.example.com/api/v2",
        "file:///api/v2",
        "api.example.com/api/v2",
        "",
    ] {
        let e = refused_profile(&with(bad));
        assert_eq!(e.code, "bad-url", "{bad}");
        assert!(!format!("{e:?}").contains("canary"), "{e:?}");
    }
}

#[test]
fn a_host_in_another_script_is_shown_as_punycode() {
    let profile = profile_of(
        "preset = \"custom\"\ntoken_url = \"https://аcme.example.com/t\"\napi_url = \"https://аcme.example.com/api/v2\"",
    );
    assert!(profile.endpoints.api_url.starts_with("https://xn--"), "{}", profile.endpoints.api_url);
}

#[test]
fn a_tenant_name_cannot_move_the_host() {
    for tenant in ["evil.example.com/", "a@b", "a.b", "-a", "a b", ""] {
        let e = refused_profile(&format!("preset = \"my\"\ntenant = \"{tenant}\""));
        assert_eq!(e.code, "bad-config", "{tenant}");
    }
}

#[test]
fn custom_and_sandbox_need_their_urls() {
    assert!(refused_profile("preset = \"custom\"\ntenant = \"t\"").message.contains("token_url"));
    assert!(refused_profile("preset = \"sandbox\"").advice.contains("quietline demo"));
    let urls = "token_url = \"http://127.0.0.1:9/oauth/token\"\napi_url = \"http://127.0.0.1:9/api/v2\"";
    let sandbox = profile_of(&format!("preset = \"sandbox\"\n{urls}"));
    assert_eq!((sandbox.environment, sandbox.tenant.as_str()), (Environment::Sandbox, "127.0.0.1"));
    assert!(sandbox.is_plain_http());
}

#[test]
fn which_profile_is_meant_is_never_guessed() {
    let two = "[profiles.acme]\ntenant = \"a\"\n[profiles.beta]\ntenant = \"b\"\n";
    let desk = Desk::with(two);
    assert_eq!(desk.load().profile().unwrap_err().code, "no-profile");
    assert_eq!(
        Desk::with(&format!("default_profile = \"beta\"\n{two}")).load().profile().unwrap().name,
        "beta"
    );
    let named = Sources { profile: Some("acme".into()), ..desk.sources() };
    assert_eq!(Config::load(&named).unwrap().profile().unwrap().name, "acme");
    let wrong = Sources { profile: Some("acne".into()), ..desk.sources() };
    let e = Config::load(&wrong).unwrap().profile().unwrap_err();
    assert_eq!((e.code, e.advice.as_str()), ("unknown-profile", "Did you mean “acme”?"));
}

fn new(name: &str) -> NewProfile {
    NewProfile {
        name: name.into(),
        preset: "my".into(),
        tenant: Some("acme".into()),
        ..NewProfile::default()
    }
}

#[test]
fn the_first_profile_becomes_the_default_and_the_file_is_private() {
    let desk = Desk::new();
    super::add_profile(&desk.load(), &new("acme")).unwrap();
    super::add_profile(&desk.load(), &new("beta")).unwrap();
    assert_eq!(desk.load().profile().unwrap().name, "acme");
    assert_eq!(desk.load().profile_names(), ["acme", "beta"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(desk.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["config.toml"], "no temporary file stays");
}

#[test]
fn edits_at_the_same_time_lose_nothing_of_each_other() {
    let desk = Desk::new();
    let config = desk.load();
    let names: Vec<String> = (0..8).map(|n| format!("p{n}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| {
                let layout = crate::files::Layout { name: name.clone(), ..Default::default() };
                assert!(super::save_layout(&config, &layout).unwrap());
                super::add_profile(&config, &new(name)).unwrap();
            });
        }
    });
    assert_eq!(desk.load().profile_names(), names);
    assert_eq!(desk.load().layouts().len(), names.len());
    // A profile that is there by now is not written over, whatever was loaded before.
    assert_eq!(super::add_profile(&config, &new("p0")).unwrap_err().code, "profile-exists");
}

#[test]
fn a_file_that_an_editor_changed_in_between_stays_as_it_is() {
    let desk = Desk::new();
    let mut edit = super::edit::open(&desk.path()).unwrap();
    edit.document.insert("default_profile", toml_edit::value("acme"));
    std::fs::write(desk.path(), "# mine\n").unwrap();
    assert_eq!(edit.save(&desk.path()).unwrap_err().code, "config-changed");
    assert_eq!(desk.text(), "# mine\n");
}

#[test]
fn comments_and_order_survive_an_edit() {
    let text = "# ours\n[profiles.acme] # the real one\ntenant = \"acme\" # keep\n\n[layouts.x]\nheader = true # too\n";
    let desk = Desk::with(text);
    super::add_profile(&desk.load(), &new("beta")).unwrap();
    for kept in [
        "# ours",
        "[profiles.acme] # the real one",
        "tenant = \"acme\" # keep",
        "[layouts.x]",
        "header = true # too",
    ] {
        assert!(desk.text().contains(kept), "{kept} is gone from\n{}", desk.text());
    }
    assert!(super::remove_profile(&desk.load(), "beta").unwrap());
    assert!(!super::remove_profile(&desk.load(), "beta").unwrap());
    assert_eq!(desk.text(), text, "adding and removing leaves no trace");
}

#[test]
fn a_bad_profile_is_refused_before_a_byte_is_written() {
    let desk = Desk::new();
    let mut bad = new("acme");
    bad.cool_down_seconds = Some(5);
    assert_eq!(super::add_profile(&desk.load(), &bad).unwrap_err().code, "cool-down-too-short");
    for name in ["", "-x", "a/b", "a b", "..", "a\u{1b}[2J"] {
        assert_eq!(super::add_profile(&desk.load(), &new(name)).unwrap_err().code, "bad-name", "{name:?}");
    }
    assert!(!desk.path().exists());
    super::add_profile(&desk.load(), &new("acme")).unwrap();
    assert_eq!(super::add_profile(&desk.load(), &new("acme")).unwrap_err().code, "profile-exists");
}

#[test]
fn removing_the_default_leaves_no_dangling_default() {
    let desk = Desk::new();
    super::add_profile(&desk.load(), &new("acme")).unwrap();
    super::add_profile(&desk.load(), &new("beta")).unwrap();
    super::remove_profile(&desk.load(), "acme").unwrap();
    assert_eq!(desk.load().profile().unwrap().name, "beta", "the only one left");
}

#[test]
fn nearest_finds_typing_errors_and_nothing_far_away() {
    assert_eq!(super::nearest("tokn_url", ["token_url", "api_url"]), Some("token_url"));
    assert_eq!(super::nearest("tenant", ["tenant"]), Some("tenant"));
    assert_eq!(super::nearest("zebra", ["token_url", "api_url"]), None);
    assert_eq!(super::nearest("", ["a", "bc"]), Some("a"));
}

#[test]
fn an_empty_configuration_knows_its_places() {
    let config = Config::empty(Path::new("/c"), Path::new("/d"));
    assert_eq!((config.path(), config.data_dir()), (Path::new("/c"), Path::new("/d")));
    assert_eq!(config.profile().unwrap_err().code, "no-profile");
}
