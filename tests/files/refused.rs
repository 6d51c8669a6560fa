//! What is no table, or holds nothing.

use super::*;

#[rstest]
#[case::pdf(b"%PDF-1.7\n1 0 obj", "a PDF document")]
#[case::png(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture")]
#[case::elf(b"\x7fELF\x02\x01\x01\0\0\0\0\0", "a program")]
#[case::xls(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Excel or Word document (xls, doc)")]
#[case::locked_xlsx(
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
    "a workbook or document that is locked with a password"
)]
#[case::html_as_xls(b"\n<HTML><table><tr><td>2025550101</td>", "an HTML page")]
#[case::json(b"[{\"phone\": \"2025550101\"}]", "a JSON document")]
#[case::ndjson(b"{\"phone\": \"2025550101\"}\n{\"phone\": \"2025550102\"}\n", "a JSON document")]
#[case::utf_32(b"\xff\xfe\0\0p\0\0\0h\0\0\0", "UTF-32 text")]
#[case::disk_hole(&[0; 4096], "binary data")]
#[case::utf_16_cut(
    b"\xff\xfep\0h\0o\0n\0e\0\n\0\x32",
    "UTF-16 text that is cut in the middle of a character"
)]
fn another_kind_of_file_is_named_by_its_content(#[case] bytes: &[u8], #[case] name: &str) {
    match open_bytes(bytes) {
        Err(FileError::WrongKind { what, .. }) => assert_eq!(what, name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn random_bytes_are_no_table() {
    let mut state = 7_u64;
    let bytes: Vec<u8> = (0..20_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as u8
        })
        .collect();
    assert!(matches!(open_bytes(bytes), Err(FileError::WrongKind { .. })));
}

#[rstest]
#[case::no_bytes(b"")]
#[case::header_only(b"phone,state\n")]
#[case::header_without_newline(b"phone")]
#[case::blank_lines(b"\n\n  \r\n")]
#[case::comments_only(b"# nothing here\n# nor here\n")]
#[case::mark_only(b"\xef\xbb\xbf")]
#[case::control_z_only(b"\x1a")]
fn a_file_without_records_is_no_success(#[case] bytes: &[u8]) {
    assert!(matches!(open_bytes(bytes), Err(FileError::Empty { .. })), "{:?}", open_bytes(bytes));
}

#[test]
fn a_folder_and_a_missing_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Document::open(path, &InputOptions::default()).unwrap_err();
    assert!(matches!(open(folder.path()), FileError::NotAFile { what: "a directory", .. }));
    assert!(matches!(open(&folder.path().join("gone.csv")), FileError::Io { .. }));
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_without_waiting_for_them() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let (pipe, socket) = (folder.path().join("pipe.csv"), folder.path().join("socket.csv"));
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let open = |path: &Path| Document::open(path, &InputOptions::default()).unwrap_err();
    assert!(matches!(open(&pipe), FileError::NotAFile { what: "a named pipe", .. }));
    assert!(matches!(open(&socket), FileError::NotAFile { what: "a socket", .. }));
    assert!(matches!(open(Path::new("/dev/zero")), FileError::NotAFile { what: "a device", .. }));
}

#[test]
fn a_line_that_never_ends_is_refused_from_the_head_alone() {
    assert!(matches!(open_bytes(vec![b'7'; 3 << 20]), Err(FileError::WrongKind { .. })));
    assert!(matches!(open_bytes("phone,".repeat(200_000)), Err(FileError::WrongKind { .. })));
}

#[test]
fn a_column_that_is_not_there_is_asked_about_without_a_number() {
    let text = "the main office 2025550101,a\n2125550102,b\n";
    for wanted in ["phone", "202-555-0199"] {
        let map = vec![(Field::Number, wanted.to_owned())];
        let said = InputOptions { header: Some(true), map, ..InputOptions::default() };
        let error = check_with(text, &said).unwrap_err();
        assert_eq!(error.code(), "needs-choice");
        let said = error.to_string();
        assert!(said.contains("1 the main office ••••••••01, 2 a"), "{said}");
        assert!(!said.contains("2025550101") && !said.contains("555-0199"), "{said}");
    }
}
