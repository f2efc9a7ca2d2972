//! The operations of a path in the OpenAPI document.

use utoipa::openapi::PathItem;
use utoipa::openapi::path::Operation;

/// Returns the operations of a path, each with a flag that is true for a safe method.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    item.get.iter_mut().map(|operation| (true, operation)).chain(changing.into_iter().flatten().map(|it| (false, it)))
}
