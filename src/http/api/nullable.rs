//! Fields of a change that may be null.

use serde::{Deserialize, Deserializer};

/// A field that clears its value by null: none if it is absent, `Some(None)` if it is null. With `#[serde(default)]`.
pub(super) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
