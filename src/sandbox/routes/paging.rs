//! Pages: cut as asked for, and wrongly where a fault says so.

use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::fault::Fault;

/// Takes a page out of all there is.
pub(super) fn cut<T>(mut all: Vec<T>, skip: usize, take: usize, fault: Option<Fault>) -> Vec<T> {
    let (skip, take) = match fault {
        Some(Fault::ClampPage) => (skip, (take / 2).max(1)),
        Some(Fault::RepeatPage) => (0, take),
        _ => (skip, take),
    };
    if fault == Some(Fault::ReorderPage) {
        let half = all.len() / 2;
        all.rotate_left(half);
    }
    let mut page: Vec<T> = all.into_iter().skip(skip).take(take).collect();
    if fault == Some(Fault::Omit) && !page.is_empty() {
        page.remove(0);
    }
    page
}

/// Answers a page by `pageNumber` and `pageSize`, whose default and largest value are `sizes`.
pub(super) fn entities<T>(
    call: &Call,
    fault: Option<Fault>,
    sizes: (usize, usize),
    all: Vec<T>,
    write: impl Fn(T) -> Value,
) -> Result<Reply, Reply> {
    let number = call.number("pageNumber", 1, (1, 1_000_000))?;
    let size = call.number("pageSize", sizes.0, (1, sizes.1))?;
    let total = all.len();
    // Whoever clamps pages counts them by the size that it gives out.
    let size_kept = if fault == Some(Fault::ClampPage) { (size / 2).max(1) } else { size };
    let page: Vec<Value> = cut(all, (number - 1) * size_kept, size, fault).into_iter().map(write).collect();
    Ok(Reply::json(
        200,
        &json!({ "entities": page, "pageNumber": number, "pageSize": size_kept, "total": total }),
    ))
}
