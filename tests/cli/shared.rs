//! Two users of one machine on one ledger: one plans, the other approves, the first one launches.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Desk, Ended, Tenant};

const LIST: &str = "Internal_OptOuts";
/// Two users that every system has, in one group.
const USERS: [u32; 2] = [1, 2];
const GROUP: u32 = 1;

/// A desk of a user, with a data folder that is not theirs alone.
struct User {
    desk: Desk,
    uid: u32,
    data: PathBuf,
}

impl User {
    fn new(tenant: &Tenant, uid: u32, data: &Path) -> Self {
        let desk = Desk::on(tenant);
        let text = fs::read_to_string(desk.config()).unwrap();
        let text = text.replace("cool_down_seconds = 1", "cool_down_seconds = 1\nfour_eyes = \"always\"");
        fs::write(desk.config(), text).unwrap();
        let home = desk.work().parent().unwrap().to_owned();
        let mut folders = vec![home];
        while let Some(path) = folders.pop() {
            chown(&path, Some(uid), Some(GROUP)).unwrap();
            if path.is_dir() {
                folders.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        Self { desk, uid, data: data.to_owned() }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.desk.command(arguments);
        command.env("QUIETLINE_DATA_DIR", &self.data).uid(self.uid).gid(GROUP);
        Ended::of(command, None)
    }
}

/// Whether tests can be two users here. A machine on which they cannot holds the modes to it (`tests/ledger`).
fn may_be_others() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = |uid: &u32| passwd.lines().any(|line| line.split(':').nth(2) == Some(&uid.to_string()));
    let program = Path::new(env!("CARGO_BIN_EXE_quietline"));
    let is_open =
        |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o005 == 0o005);
    is_root && USERS.iter().all(known) && program.ancestors().all(is_open)
}

#[test]
fn two_users_of_a_shared_ledger_are_two_persons() {
    if !may_be_others() {
        eprintln!("skipped: only root can be two users");
        return;
    }
    let tenant = Tenant::calm();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("quietline");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(0), Some(GROUP)).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o2770)).unwrap();
    let [maker, second] = USERS.map(|uid| User::new(&tenant, uid, &data));

    let file = maker.desk.write("f.csv", "phone\n4155550187\n");
    chown(&file, Some(maker.uid), Some(GROUP)).unwrap();
    let planned = maker.run(&["plan", "f.csv", "--list", LIST, "--json"]).exits(0).json();
    let plan = planned["plan"].as_str().unwrap();
    maker.run(&["approve", plan, "--reason", "mine"]).fails(4, "approval-needed");
    maker.run(&["upload", plan, "--reason", "now", "--yes"]).fails(4, "approval-needed");

    let waiting = second.run(&["plans", "--json"]).exits(0).json();
    assert_eq!((&waiting[0]["plan"], &waiting[0]["second_person"]), (&planned["plan"], &json!(true)));
    assert_ne!(waiting[0]["by"], json!("root"));
    let approved = second.run(&["approve", plan, "--reason", "counted", "--json"]).exits(0).json();
    assert_ne!(approved["by"], waiting[0]["by"], "the system says who they are");
    let run = maker.run(&["upload", plan, "--reason", "now", "--yes", "--json"]).exits(0).json();
    assert_eq!((&run["state"], &run["accepted"]), (&json!("ready"), &json!(1)));

    // Both wrote, both can read and write what the other one has left: also the files of the database.
    second.run(&["runs", "--json"]).exits(0).says(run["run"].as_str().unwrap());
    second.run(&["audit", "verify"]).exits(0);
    let verified = maker.run(&["audit", "verify", "--json"]).exits(0).json();
    assert_eq!((&verified["intact"], &verified["checkpoint"]["ours"]), (&json!(true), &json!(true)));
    second.run(&["doctor"]).says(&format!("shared with group {GROUP}"));
    let mut folders = vec![data.clone()];
    while let Some(path) = folders.pop() {
        let about = fs::metadata(&path).unwrap();
        assert_eq!(about.gid(), GROUP, "{}", path.display());
        let wanted = if path.is_dir() { 0o2770 } else { 0o660 };
        assert_eq!(about.permissions().mode() & 0o7777, wanted, "{}", path.display());
        if path.is_dir() {
            folders.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }

    // Open to the group is not shared with it.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o770)).unwrap();
    second.run(&["plan", "g.csv", "--list", LIST]).fails(6, "ledger-unwritable").says("has not shared it");
}
