//! Fields of a change that may be null.

use serde::{Deserialize, Deserializer};

/// Deserializes a field of a change that null clears. Null becomes `Some(None)`; an absent field becomes none, which
/// needs `#[serde(default)]`.
pub(super) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
