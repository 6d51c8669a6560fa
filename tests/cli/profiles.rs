//! The config file: made, read, edited, refused.

use crate::support::Desk;

#[test]
fn a_profile_is_added_shown_and_removed() {
    let desk = Desk::new();
    desk.run(["profile", "add", "acme", "--preset", "my", "--tenant", "acme"]).exits(0).says("auth login");
    assert_eq!(desk.files().into_iter().collect::<Vec<_>>(), [".config/quietline/config.toml"]);
    let shown = desk.run(["profile", "show", "--json"]).exits(0).json();
    assert_eq!(shown["name"], "acme");
    assert_eq!(shown["api_url"], "https://acme.my.cxone.com/api/v2");
    assert_eq!(shown["environment"], "production");
    assert_eq!(shown["cool_down_seconds"], 180);
    desk.run(["profile", "add", "beta", "--preset", "my", "--tenant", "b", "--environment", "staging"])
        .exits(0);
    let all = desk.run(["profile", "--json"]).exits(0).json();
    assert_eq!((all[0]["default"].clone(), all[1]["default"].clone()), (true.into(), false.into()), "{all}");
    desk.run(["profile", "rm", "acne"]).fails(2, "unknown-profile").says("“acme”");
    desk.run(["profile", "rm", "acme"]).exits(0);
    assert_eq!(desk.run(["profile", "show", "--json"]).exits(0).json()["name"], "beta");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&desk.config()), 0o600);
        assert_eq!(mode(desk.config().parent().unwrap()), 0o700);
    }
}

#[test]
fn what_is_dangerous_in_production_is_refused_and_not_written() {
    let desk = Desk::new();
    let add = ["profile", "add", "acme", "--preset", "my", "--tenant", "acme"];
    desk.run([&add[..], &["--cool-down", "30"]].concat()).fails(2, "cool-down-too-short");
    desk.run([&add[..], &["--api-url", "http://api.example.com/api/v2"]].concat()).fails(2, "bad-url");
    desk.run([&add[..], &["--token-url", "https://u:p@example.com/t"]].concat()).fails(2, "bad-url");
    desk.run(["profile", "add", "acme", "--preset", "custom", "--tenant", "acme"]).fails(2, "bad-config");
    assert!(desk.files().is_empty(), "{:?}", desk.files());
}

#[test]
fn a_broken_file_names_its_line_and_is_left_alone() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.config().parent().unwrap()).unwrap();
    let text = "[profiles.acme]\npreset = \"my\"\ntennant = \"acme\"\n";
    std::fs::write(desk.config(), text).unwrap();
    for arguments in
        [&["lists"][..], &["profile"], &["check", "f.csv"], &["doctor"], &["profile", "rm", "acme"]]
    {
        desk.run(arguments).fails(2, "bad-config").says("line 3").says("“tenant”");
    }
    assert_eq!(std::fs::read_to_string(desk.config()).unwrap(), text);
}

#[test]
fn flag_beats_environment_beats_default() {
    let desk = Desk::new();
    let here = desk.write("here.toml", "[profiles.here]\ntenant = \"here\"\n");
    let there = desk.write("there.toml", "[profiles.there]\ntenant = \"there\"\n");
    let mut command = desk.command(["profile", "--json"]);
    let output = command.env("QUIETLINE_CONFIG", &there).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"there\""));
    let mut command = desk.command(["profile", "--json", "--config"]);
    let output = command.arg(&here).env("QUIETLINE_CONFIG", &there).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"here\""));
}
