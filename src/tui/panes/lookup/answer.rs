//! An answer as text: for the clipboard and for an export.

use crate::domain::rule::Channel;
use crate::domain::text::guarded;
use crate::domain::verdict::Answer;
use crate::tui::cx::Cx;
use crate::tui::store::Answered;

/// The other direction.
pub fn other(channel: Channel) -> Channel {
    match channel {
        Channel::Outbound => Channel::Inbound,
        Channel::Inbound => Channel::Outbound,
    }
}

/// The number of an answer, or what was typed where it is none.
pub fn subject(cx: &Cx, answer: &Answer) -> String {
    answer.number.map_or_else(|| cx.text(&answer.input, 40), |number| cx.number(number))
}

/// Three lines: for a ticket or a mail.
pub fn plain(cx: &Cx, answered: &Answered) -> String {
    let answer = &answered.answer;
    format!(
        "{}: {}\n{}\nAsked {} by quietline\n",
        subject(cx, answer),
        answer.verdict.headline(),
        cx.name(&answer.because, 1_000),
        cx.when_exactly(answered.at),
    )
}

/// The answers of a paste as CSV. Cells cannot be formulas; numbers stay importable.
pub fn csv<'a>(answers: impl Iterator<Item = &'a Answer>) -> String {
    let mut out = String::from("input,number,verdict,because\n");
    for answer in answers {
        let number = answer.number.map(|number| number.to_e164()).unwrap_or_default();
        let cells = [cell(&answer.input), number, answer.verdict.as_str().to_owned(), cell(&answer.because)];
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// A quoted cell; what a spreadsheet could take for a formula gets an apostrophe, a telephone number does not.
fn cell(text: &str) -> String {
    format!("\"{}\"", guarded(text).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_number_stays_a_number() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("+1 (202) 555-0101"), "\"+1 (202) 555-0101\"");
        assert_eq!(cell("say \"no\""), "\"say \"\"no\"\"\"");
    }
}
