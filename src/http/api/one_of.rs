//! Enums with a fixed set of strings in requests and responses.

use crate::domain::TextEnum;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A value of an enum, whose schema in the OpenAPI document has the enum's own name.
///
/// Each view module uses an alias of this type for each enum, because `ToSchema` would otherwise include the type
/// parameter in the name, and require a schema of the parameter.
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
