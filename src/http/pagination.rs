//! Pagination of lists: the limit, the cursor and the page.

use crate::domain::Cursor;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::str::FromStr;
use utoipa::openapi::schema::{ArrayBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The number of items per page: 1 to 200, 50 by default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let limit = String::deserialize(d)?.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.map(Self).ok_or_else(|| serde::de::Error::custom(format!("must be 1 to {MAX_LIMIT}")))
    }
}

/// The position of a page: `next_cursor` of the previous page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CursorParam<C = Cursor>(pub(crate) C);

impl<'de, C: FromStr> Deserialize<'de> for CursorParam<C> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let cursor = String::deserialize(d)?.parse();
        cursor.map(Self).map_err(|_| serde::de::Error::custom("must be the next_cursor of another page"))
    }
}

/// A page of a list.
///
/// Each type of items has an alias for its page. `ToSchema` is not derived for the generic type: a derived schema of a
/// page would repeat the item's schema instead of referring to it.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page of these items; `next` is the position of the next page, or none for the last page.
    pub(crate) fn new<I: Into<T>>(items: Vec<I>, next: Option<impl ToString>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next_cursor: next.map(|next| next.to_string()) }
    }

    /// Creates the only page of a list that is not paginated.
    pub(crate) fn only<I: Into<T>>(items: Vec<I>) -> Self {
        Self::new(items, None::<String>)
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let next_cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("`cursor` of the next page; null on the last page."));
        let page = ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property("items", ArrayBuilder::new().items(Ref::from_schema_name(T::name())))
            .required("items")
            .property("next_cursor", next_cursor);
        page.build().into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

const MAX_LIMIT: usize = 200;
