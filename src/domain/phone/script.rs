//! Characters of a telephone number in other scripts, brought to ASCII.

/// The zero of every run of ten decimal digits (Unicode category Nd) beside ASCII's own. Superscripts, circled digits
/// and Roman numerals are not among them: nobody dials those.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The ASCII digit that a digit of another script stands for.
pub(crate) fn foreign_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let run = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    char::from_digit(code - ZEROS[run], 10)
}

/// The ASCII twin of a space, dash or other punctuation mark that people put into numbers; anything else unchanged.
pub(super) fn plain(c: char) -> char {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        '\u{ff0b}' | '\u{fe62}' => '+',
        '\u{ff0c}' | '\u{3001}' => ',',
        '\u{ff0e}' => '.',
        '\u{ff0f}' => '/',
        '\u{ff1b}' => ';',
        '\u{ff3b}' => '[',
        '\u{ff3d}' => ']',
        '\u{ff5c}' => '|',
        '\u{ff06}' => '&',
        '\u{ff03}' => '#',
        '\u{2018}' | '\u{2019}' | '\u{ff07}' => '\'',
        _ => c,
    }
}

/// The keypad digit of a letter.
pub(super) fn keypad(letter: char) -> Option<char> {
    Some(match letter.to_ascii_lowercase() {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        _ => return None,
    })
}
