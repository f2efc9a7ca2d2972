//! Enums of fixed words in requests and responses.

use crate::domain::TextEnum;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A value of an enum, which the document describes under the enum's own name.
///
/// Each view names the enums that it uses by an alias, because `ToSchema` would name the type after its parameter too, and
/// require a schema of the parameter.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OneOf<T>(pub(crate) T);

impl<T: TextEnum> From<T> for OneOf<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: TextEnum> PartialSchema for OneOf<T> {
    fn schema() -> RefOr<Schema> {
        let description = T::DESCRIPTION.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let words = T::ALL.iter().map(|value| value.as_str());
        let schema = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        schema.enum_values(Some(words)).build().into()
    }
}

impl<T: TextEnum> ToSchema for OneOf<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}
