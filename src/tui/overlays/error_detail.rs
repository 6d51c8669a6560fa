//! An error in full: what, why, what next.

use super::detail::Detail;
use crate::tui::event::Trouble;

/// The overlay for a trouble.
pub fn error_detail(trouble: &Trouble) -> Detail {
    let mut lines =
        vec![("could not".to_owned(), trouble.doing.clone()), ("what".to_owned(), trouble.message.clone())];
    for (depth, cause) in trouble.chain.iter().enumerate() {
        lines.push((if depth == 0 { "because".to_owned() } else { String::new() }, cause.clone()));
    }
    lines.push(("what next".to_owned(), trouble.advice.clone()));
    lines.push(("code".to_owned(), trouble.code.clone()));
    Detail::error(lines)
}
