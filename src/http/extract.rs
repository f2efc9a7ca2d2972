//! Extractors whose rejections are error responses of the API.

mod explanation;

use super::body_budget::read_body;
use super::idempotency::IdempotencyKey;
use super::{ApiError, AppState};
use axum::body::{Body, Bytes};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use explanation::Explanation;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// Extracts a JSON object from the body.
pub(crate) struct Json<T>(pub(crate) T);

/// Extracts the JSON body of a login, a set-up or a confirmation of the password, of at most [`MAX_SHORT_BYTES`].
pub(crate) struct ShortJson<T>(pub(crate) T);

/// Extracts the query parameters. An empty parameter counts as absent.
pub(crate) struct Query<T>(pub(crate) T);

/// Extracts the id in the path. An invalid id is rejected with 404.
pub(crate) struct Id(pub(crate) i64);

/// Extracts the two ids in the path. An invalid id is rejected with 404.
pub(crate) struct Ids(pub(crate) i64, pub(crate) i64);

/// Extracts the name in the path. An invalid name is rejected with 404.
pub(crate) struct Name(pub(crate) String);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let body = read_body(body, state.config().http.max_body_bytes, MAX_PAUSE).await?;
        object(head, body).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for ShortJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let most = state.config().http.max_body_bytes.min(MAX_SHORT_BYTES);
        let body = state.bodies.read(body, most).await?;
        object(head, body.bytes.clone()).await.map(Self)
    }
}

/// Parses a complete body.
async fn object<T: DeserializeOwned>(head: Parts, body: Bytes) -> Result<T, ApiError> {
    // A compressed body would be rejected as JSON with errors, which does not name the cause.
    let encoding = head.headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        let message = "send the body without compression and without Content-Encoding";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    let extensions = head.extensions.clone();
    let body = axum::Json::<Box<RawValue>>::from_request(Request::from_parts(head, Body::from(body)), &()).await;
    let axum::Json(body) = body.map_err(|rejection| body_error(&rejection))?;
    IdempotencyKey::set_body(&extensions, body.get().as_bytes());
    // Without this check, a derived type would also accept an array of its fields.
    if !body.get().starts_with('{') {
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "the body must be a JSON object"));
    }
    match axum::Json::from_bytes(body.get().as_bytes()) {
        Ok(axum::Json(body)) => Ok(body),
        Err(rejection) => Err(body_error(&rejection)),
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let given = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let given = form_urlencoded::Serializer::new("/?".to_owned())
            .extend_pairs(given.filter(|pair| !pair.1.is_empty()))
            .finish();
        let uri = given.parse().map_err(|_| ApiError::invalid("the query cannot be read"))?;
        let query = axum::extract::Query::try_from_uri(&uri);
        let query = query.map_err(|rejection: QueryRejection| {
            let refused = Explanation::of(&rejection.body_text());
            refused.into_error(StatusCode::BAD_REQUEST, "the query cannot be read")
        })?;
        Ok(Self(query.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<i64>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| ApiError::not_found("there is nothing with that id"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ids = Path::<(i64, i64)>::from_request_parts(parts, state).await;
        ids.map(|Path((one, other))| Self(one, other)).map_err(|_| ApiError::not_found("there is nothing with that id"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self(name)).map_err(|_| ApiError::not_found("there is nothing with that name"))
    }
}

fn body_error(rejection: &JsonRejection) -> ApiError {
    let (code, message) = match rejection {
        JsonRejection::JsonDataError(error) => {
            let refused = Explanation::of(&error.body_text());
            return refused.into_error(rejection.status(), "the body cannot be read");
        }
        JsonRejection::JsonSyntaxError(error) => ("invalid", not_json(&error.body_text())),
        JsonRejection::MissingJsonContentType(_) => {
            ("unsupported_media_type", "send the body as JSON, with Content-Type: application/json".to_owned())
        }
        rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            ("too_large", "the body is too large".to_owned())
        }
        _ => ("invalid", "the body cannot be read".to_owned()),
    };
    ApiError::new(rejection.status(), code, message)
}

fn not_json(reason: &str) -> String {
    match reason.rsplit_once(" at line ").and_then(|(_, place)| place.split_once(" column ")) {
        Some((line, column)) => format!("the body is not valid JSON: line {line}, column {column}"),
        None => "the body is not valid JSON".to_owned(),
    }
}

/// The maximum length of the body of a login, a set-up or a confirmation of the password: enough for a name of 60
/// characters, a set-up code and a password of 1 KiB, even if every character is escaped.
const MAX_SHORT_BYTES: usize = 16 << 10;

/// The maximum pause within the JSON body of an authenticated request. It is shorter than the default of
/// `http.request_timeout_s`, whose response and warning would blame the daemon.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Search words of at most [`MAX_SEARCH_CHARS`] characters. SQLite rejects patterns of more than 50,000 bytes; the
/// limit is far above what users type.
#[derive(Clone, Debug)]
pub(crate) struct SearchWords(pub(crate) String);

impl<'de> Deserialize<'de> for SearchWords {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let words = String::deserialize(d)?;
        if words.chars().count() > MAX_SEARCH_CHARS {
            return Err(serde::de::Error::custom(format!("may have at most {MAX_SEARCH_CHARS} characters")));
        }
        Ok(Self(words))
    }
}

const MAX_SEARCH_CHARS: usize = 500;

/// Values of a query parameter, separated by commas. A missing parameter has no values.
#[derive(Clone, Debug)]
pub(crate) struct CommaSeparated<T>(pub(crate) Vec<T>);

impl<T> Default for CommaSeparated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for CommaSeparated<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let list = String::deserialize(d)?;
        let values = list.split(',').map(str::trim).map(str::parse).collect::<Result<Vec<_>, _>>();
        values.map(Self).map_err(serde::de::Error::custom)
    }
}

/// Deserializes a field of a change that null clears. Null becomes `Some(None)`; an absent field becomes none, which
/// needs `#[serde(default)]`.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
