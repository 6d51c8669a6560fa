//! What holds for any bytes at all.

use super::*;

/// Tables and damage, mixed.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        5 => Just(b"2025550101".to_vec()),
        3 => "[0-9+() .-]{1,16}".prop_map(String::into_bytes),
        5 => Just(b",".to_vec()),
        5 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        2 => Just(b"\"".to_vec()),
        1 => Just(b"phone".to_vec()),
        1 => Just(b"state,expires".to_vec()),
        1 => Just(b"03/04/2031".to_vec()),
        1 => Just(b"#".to_vec()),
        1 => Just(b"sep=;".to_vec()),
        1 => Just(b";".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_bytes_every_row_and_every_byte_is_accounted_for(bytes in anything()) {
        let (folder, path) = stored("list.csv", &bytes);
        let Ok(document) = Document::open(&path, &InputOptions::default()) else { return Ok(()) };
        let rows = document.rows(1, 10_000).unwrap();
        let state = document.build_index(&CancellationToken::new(), &mut |_| {}).unwrap();
        prop_assert_eq!(state.rows, rows.len() as u64);
        for record in &rows {
            let at = record.place.byte as usize;
            prop_assert_eq!(&bytes[at..at + record.raw.len()], &record.raw[..]);
        }
        match check_document(&document) {
            Ok(checked) => {
                prop_assert_eq!(checked.rows, rows.len() as u64);
                prop_assert!(checked.accounting.is_conserved());
                prop_assert_eq!(checked.accounting.size, bytes.len() as u64);
                let out = folder.path().join("rejects.csv");
                prop_assert_eq!(write_rejects(&document, &checked, &out).unwrap(), checked.rejected);
            }
            Err(error) => prop_assert!(
                matches!(error, FileError::NeedsChoice { .. } | FileError::Empty { .. }), "{}", error
            ),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(document) = open_bytes(&bytes) {
            prop_assert!(!document.columns().is_empty());
        }
    }

    #[test]
    fn whatever_stands_beside_it_a_first_number_is_a_row(
        beside in prop::collection::vec("[a-zA-Z ]{0,8}|phone|state|number", 0..3), at in 0_usize..3, rows in 1_usize..4
    ) {
        let mut cells = beside;
        cells.insert(at.min(cells.len()), "202-555-0123".into());
        let line = cells.join(",");
        let file = format!("{line}\n{}", "x,2025550101\n".repeat(rows - 1));
        if let Ok(document) = open_bytes(&file) {
            prop_assert_eq!(document.rows(1, 1).unwrap()[0].raw.clone(), line.into_bytes());
        }
    }
}
