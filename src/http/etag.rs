//! Versions of editable items. A response with one such item has the version as its `ETag`. With `If-Match`, a change
//! is rejected if the item has changed since the client read it.
//!
//! The version is a hash of the item's view or of a part of it, so no version is stored. Comparison and change are in
//! one transaction, so of two changes that are based on the same version, the second is rejected.

use super::idempotency::IdempotencyKey;
use super::{Actor, ApiError};
use crate::clock;
use crate::crm;
use crate::crm::idempotency::{Kind, create_once};
use crate::domain::hex;
use crate::store::{ReadTx, Store, WriteTx};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::convert::Infallible;

/// An editable item, in the form in which the API returns it.
pub(crate) trait Versioned: Serialize {
    /// Returns the part of the item that its version covers; the complete item by default. An implementation leaves out
    /// data that changes without an edit, such as the time of the newest message, so that such a change does not make
    /// an edit fail.
    fn version(&self) -> impl Serialize {
        self
    }

    fn etag(&self) -> String {
        etag(self).unwrap_or_default()
    }
}

/// An item that lists return for editing. A response with a list cannot have an `ETag` header for each item, so each
/// item has its version as a field.
pub(crate) trait Listed: Versioned + Sized {
    /// Returns the version field, which is not part of the version.
    fn etag_field(&mut self) -> &mut String;

    fn with_etag(mut self) -> Self {
        let etag = self.etag();
        *self.etag_field() = etag;
        self
    }
}

#[derive(Debug)]
pub(crate) struct Tagged<V>(pub(crate) V);

impl<V: Versioned> IntoResponse for Tagged<V> {
    fn into_response(self) -> Response {
        let etag = etag(&self.0).and_then(header_value);
        let mut response = Json(self.0).into_response();
        if let Some(etag) = etag {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// The condition of a change: the header `If-Match`, with the required version of the item. Without the header, every
/// version is accepted.
#[derive(Debug)]
pub(crate) struct IfMatch(Option<String>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl IfMatch {
    pub(crate) const ANY: Self = Self(None);

    fn of(headers: &HeaderMap) -> Self {
        let lists: Vec<_> = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
        Self((!lists.is_empty()).then(|| String::from_utf8_lossy(&lists.join(&b',')).into_owned()))
    }

    /// If the version does not match, nothing is changed, and the error is 412 with the current item and its `ETag`.
    /// `show` reads the item in the form in which the API returns it.
    pub(crate) async fn edit<V: Versioned + Send + 'static>(
        self,
        actor: &Actor,
        store: &Store,
        show: impl Fn(&ReadTx<'_>) -> Result<V, crm::Error> + Send + 'static,
        change: impl FnOnce(&WriteTx<'_>) -> Result<(), crm::Error> + Send + 'static,
    ) -> Result<Tagged<V>, ApiError> {
        let edited = actor.transact(store, move |tx| {
            if let Some(changed) = self.refusal(tx, &show)? {
                return Ok(Err(changed));
            }
            change(tx)?;
            Ok(Ok(Tagged(show(tx)?)))
        });
        edited.await?.map_err(OtherVersion::into_error)
    }

    /// Like [`IfMatch::edit`], for a deletion.
    pub(crate) async fn delete<V: Versioned + Send + 'static>(
        self,
        actor: &Actor,
        store: &Store,
        show: impl Fn(&ReadTx<'_>) -> Result<V, crm::Error> + Send + 'static,
        delete: impl FnOnce(&WriteTx<'_>) -> Result<(), crm::Error> + Send + 'static,
    ) -> Result<(), ApiError> {
        self.apply(actor, store, show, delete).await
    }

    /// Like [`IfMatch::edit`], for a change whose response is not the changed item.
    pub(crate) async fn apply<V: Versioned + Send + 'static, T: Send + 'static>(
        self,
        actor: &Actor,
        store: &Store,
        show: impl Fn(&ReadTx<'_>) -> Result<V, crm::Error> + Send + 'static,
        change: impl FnOnce(&WriteTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, ApiError> {
        let applied = actor.transact(store, move |tx| match self.refusal(tx, &show)? {
            Some(changed) => Ok(Err(changed)),
            None => Ok(Ok(change(tx)?)),
        });
        applied.await?.map_err(OtherVersion::into_error)
    }

    /// Returns none if the condition is met.
    fn refusal<V: Versioned>(
        &self,
        tx: &WriteTx<'_>,
        show: &impl Fn(&ReadTx<'_>) -> Result<V, crm::Error>,
    ) -> Result<Option<OtherVersion>, crm::Error> {
        let Some(wanted) = &self.0 else { return Ok(None) };
        let current = show(tx)?;
        let etag = etag(&current);
        let is_current = etag.as_ref().is_some_and(|etag| includes(wanted, etag));
        Ok((!is_current).then(|| OtherVersion { current: serde_json::to_value(&current).unwrap_or_default(), etag }))
    }
}

#[derive(Debug)]
struct OtherVersion {
    current: Value,
    etag: Option<String>,
}

impl OtherVersion {
    fn into_error(self) -> ApiError {
        ApiError::changed(self.current, self.etag)
    }
}

/// Returns true if a list of entity tags contains this tag or `*`. Proxies that compress responses change the tag: nginx
/// and Cloudflare make it weak, Apache appends the encoding. RFC 9110, section 13.1.1, requires a strong comparison, but
/// the tag names a version of the item, not bytes of a response, so the changed tag still names the same version.
fn includes(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || version(tag).is_some_and(|tag| version(etag) == Some(tag)))
}

/// Returns what is between the quotes of a tag, without a proxy's changes.
fn version(tag: &str) -> Option<&str> {
    let version = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    Some(ENCODING_SUFFIXES.iter().find_map(|suffix| version.strip_suffix(suffix)).unwrap_or(version))
}

/// What a proxy appends to a tag within its quotes when it compresses the response.
const ENCODING_SUFFIXES: [&str; 3] = ["-gzip", "-br", "-zstd"];

/// Returns none if the version is not serialisable.
fn etag<V: Versioned + ?Sized>(item: &V) -> Option<String> {
    let json = serde_json::to_vec(&item.version()).ok()?;
    Some(format!("\"{}\"", hex(&Sha256::digest(json)[..16])))
}

fn header_value(etag: String) -> Option<HeaderValue> {
    HeaderValue::try_from(etag).ok()
}

impl Actor {
    /// If the path contains no id, the subject of the request's audit row is the noun of `kind` with the new id. A
    /// repeated request with the same key creates nothing and returns the item as it is now.
    pub(crate) async fn create<I: Copy + From<i64> + Into<i64>, V: Versioned + Send + 'static>(
        &self,
        store: &Store,
        kind: Kind,
        key: &IdempotencyKey,
        create: impl FnOnce(&WriteTx<'_>) -> Result<I, crm::Error> + Send + 'static,
        show: impl FnOnce(&ReadTx<'_>, I) -> Result<V, crm::Error> + Send + 'static,
    ) -> Result<(StatusCode, Tagged<V>), ApiError> {
        let (audit, keyed, now) = (self.audit.clone(), key.of(kind, self.id), clock::now());
        let created = self.transact(store, move |tx| {
            let id = create_once(tx, keyed, create, now)?;
            if let Some(audit) = audit {
                audit.set_subject(format!("{}:{}", kind.noun, id.into()));
            }
            show(tx, id)
        });
        Ok((StatusCode::CREATED, Tagged(created.await?)))
    }
}

impl ApiError {
    /// Returns 412: the item is not at the version that the request names, in `If-Match` or, for settings, in
    /// `expected`. `current` is the current item, and `etag` its version, if it has one.
    pub(super) fn changed(current: Value, etag: Option<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", "another user has changed this in the meantime")
            .with_current(current, etag.and_then(header_value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Item {
        name: &'static str,
        seen: i64,
    }

    impl Versioned for Item {
        fn version(&self) -> impl Serialize {
            self.name
        }
    }

    #[test]
    fn the_tag_follows_the_version_and_nothing_else() {
        let tag = |name, seen| etag(&Item { name, seen }).unwrap();
        assert_eq!(tag("a", 1), tag("a", 2));
        assert_ne!(tag("a", 1), tag("b", 1));
        assert_eq!(tag("a", 1).len(), 34);
    }

    #[test]
    fn a_condition_names_tags_as_a_proxy_passes_them_or_any() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, HeaderValue::from_static(value));
            }
            IfMatch::of(&headers).0
        };
        assert_eq!(of(&[]), None);
        for (values, is_met) in [
            (&["\"x\""][..], true),
            (&["\"y\", \"x\""], true),
            (&["\"y\"", "\"x\""], true),
            (&["*"], true),
            (&["W/\"x\""], true),
            (&["\"x-gzip\""], true),
            (&["W/\"x-br\""], true),
            (&["\"x-other\""], false),
            (&["W/\"y\""], false),
            (&["x"], false),
            (&["\""], false),
            (&[""], false),
        ] {
            assert_eq!(includes(&of(values).unwrap(), "\"x\""), is_met, "{values:?}");
        }
    }
}
