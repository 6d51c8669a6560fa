//! 1–12, 16: how text is stored.

use super::Case;

fn wide(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

pub fn cases() -> Vec<Case> {
    let plain = "phone,name\n2025550101,Ada\n2025550102,Grüße\n";
    let latin = b"phone,name\n2025550101,Andr\xe9\n2025550102,gr\xfc\xdfe\n";
    let quotes = b"phone,name\n2025550101,\x93Bob\x94 \x96 his line\n2025550102,it\x92s\n";
    let names = "phone,name\n2025550101,東京電話番号\n2025550102,大阪の名簿\n";
    let (japanese, ..) = encoding_rs::SHIFT_JIS.encode(names);
    let utf_32: Vec<u8> =
        "\u{feff}phone\n2025550101\n".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let mut cut = wide(plain, true, true);
    cut.pop();
    vec![
        Case::of(1, "utf8_bom.csv", [b"\xef\xbb\xbf", plain.as_bytes()].concat()).checked(
            2,
            0,
            0,
            &[INFERRED],
        ),
        Case::of(2, "utf16le_bom.csv", wide(plain, true, true))
            .checked(2, 0, 0, &[INFERRED])
            .shows(&["UTF-16LE", "Grüße"]),
        Case::of(3, "utf16be_nobom.csv", wide(plain, false, false)).asked("--encoding", "Which encoding?"),
        Case::of(3, "utf16be_nobom.csv", wide(plain, false, false))
            .said(&["--encoding", "utf-16be"])
            .checked(2, 0, 0, &[INFERRED]),
        Case::of(4, "utf16_truncated_odd.csv", cut).refused("wrong-kind", "cut in the middle of a character"),
        Case::of(5, "utf32.csv", utf_32).refused("wrong-kind", "UTF-32 text"),
        // 6, 7: unambiguous, so taken with a warning; the pane shows the encoding in its heading.
        Case::of(6, "latin1.csv", latin)
            .checked(2, 0, 0, &[("assumed-encoding", 1), INFERRED])
            .shows(&["windows-1252", "André"]),
        Case::of(7, "windows1252_smartquotes.csv", quotes)
            .checked(2, 0, 0, &[("assumed-encoding", 1), INFERRED])
            .shows(&["“Bob” – his line"]),
        Case::of(8, "shift_jis.csv", japanese.clone()).asked("--encoding", "Which encoding?"),
        Case::of(8, "shift_jis.csv", japanese)
            .said(&["--encoding", "shift_jis"])
            .checked(2, 0, 0, &[INFERRED])
            .shows(&["東"]),
        Case::of(
            9,
            "invalid_utf8_midrow.csv",
            b"phone,name\n2025550101,caf\xc3\xa9\n2025550102,caf\xe9\n2025550103,\n",
        )
        .checked(2, 0, 1, &[("invalid-encoding", 1), INFERRED]),
        Case::of(
            10,
            "overlong_utf8.csv",
            b"phone,name\n2025550101,\xc3\xa9t\xc3\xa9\n2025550102,\xc0\xaf\n2025550103,x\n",
        )
        .checked(2, 0, 1, &[("invalid-encoding", 1), INFERRED]),
        Case::of(11, "nul_in_number.csv", b"phone,name\n20255\x0050101,x\n2025550102,y\n").checked(
            1,
            0,
            1,
            &[("nul-byte", 1), ("inferred-jurisdiction", 1)],
        ),
        Case::of(12, "all_nul_4k.csv", [0; 4096]).refused("wrong-kind", "binary data"),
        // The line separators of Unicode end no line here, and as control characters they cost the row.
        Case::of(
            16,
            "u2028_nel.csv",
            "phone,name\n2025550101,a\u{2028}b\n2025550102,a\u{85}b\n2025550103,x\n",
        )
        .checked(1, 0, 2, &[("control-character", 2), ("inferred-jurisdiction", 1)]),
    ]
}

/// Both rows tell their state by their area code.
const INFERRED: (&str, u64) = ("inferred-jurisdiction", 2);
