//! 85–89, 91–92, 94: paths that are not plain files, and files of any size. 90 and what cannot be seen from one command
//! stand in `moving.rs`.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::Case;

const LIST: &str = "phone,name\n2025550101,x\n2025550102,y\n";
const INFERRED: [(&str, u64); 1] = [("inferred-jurisdiction", 2)];

/// Rows of the large file: ten million where `QUIETLINE_ROWS` says so (`just bad-input-10m`).
pub fn many_rows() -> u64 {
    std::env::var("QUIETLINE_ROWS").map_or(200_000, |rows| rows.parse().unwrap())
}

/// Every number of the exchanges from 220 of one area code after the other.
fn write_many(path: &Path) {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(out, "phone,name").unwrap();
    for row in 0..many_rows() {
        let (area, rest) = (202 + row / 7_000_000, 2_200_000 + row % 7_000_000);
        writeln!(out, "{area}{rest:07},x").unwrap();
    }
}

fn sparse(path: &Path, start: &str) {
    std::fs::write(path, start).unwrap();
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::made(88, "directory", |path| std::fs::create_dir(path).unwrap())
            .refused("not-a-file", "a directory"),
        Case::made(91, "vanished.csv", |_| ()).refused("file-unreadable", "cannot read"),
        Case::made(92, "10M_rows.csv", write_many).checked(
            many_rows(),
            0,
            0,
            &[("inferred-jurisdiction", many_rows())],
        ),
        Case::made(94, "sparse_1TB.csv", |path| sparse(path, "")).refused("damaged-file", "never written"),
        // A sound beginning does not help it.
        Case::made(94, "sparse_1TB_behind_rows.csv", |path| sparse(path, LIST))
            .refused("damaged-file", "never written"),
    ];
    #[cfg(unix)]
    cases.extend(unix());
    cases
}

#[cfg(unix)]
fn unix() -> Vec<Case> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::os::unix::fs::symlink;
    let mut cases = vec![
        Case::made(85, "symlink_to_list.csv", |path| {
            let target = path.with_file_name("the list itself.csv");
            std::fs::write(&target, LIST).unwrap();
            symlink(target, path).unwrap();
        })
        // Followed, since a person named it, and where it leads is said. There is no mode that takes a whole folder.
        .checked(2, 0, 0, &[("followed-link", 1), INFERRED[0]])
        .shows(&["a link to another file"]),
        Case::made(85, "symlink_to_device.csv", |path| symlink("/dev/zero", path).unwrap())
            .refused("not-a-file", "a device"),
        Case::made(85, "symlink_to_itself.csv", |path| symlink(path, path).unwrap())
            .refused("file-unreadable", "cannot read"),
        Case::made(86, "fifo", |path| {
            mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        })
        .refused("not-a-file", "a named pipe"),
        Case::at(87, "/dev/zero").refused("not-a-file", "a device"),
        Case::made(89, "socket", |path| {
            // The socket stays in the folder when its listener goes.
            std::os::unix::net::UnixListener::bind(path).unwrap();
        })
        .refused("not-a-file", "a socket"),
        Case::made(91, "below_a_file.csv", |path| std::fs::write(path, LIST).unwrap())
            .below("list.csv")
            .refused("file-unreadable", "cannot read"),
    ];
    if cfg!(target_os = "linux") {
        // A regular file by its type, and without a size: nothing of it is read.
        cases.push(Case::at(89, "/proc/self/status").refused("no-records", "the file is empty"));
    }
    cases
}

#[cfg(unix)]
impl Case {
    /// Opens something below what was built, as if that were a folder.
    fn below(mut self, name: &str) -> Self {
        self.inside = Some(name.to_owned());
        self
    }
}
