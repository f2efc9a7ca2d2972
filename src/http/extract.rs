//! Extractors whose failures look like every other failure of the API.

use super::ApiError;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

/// The query's parameters; a wrong one is 400, one without a value is as if it were not there.
pub(crate) struct Query<T>(pub(crate) T);

/// The id in the path; what is no id names nothing, so it is 404.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(body_error(&rejection)),
        }
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
        let query = query.map_err(|rejection: QueryRejection| ApiError::invalid(rejection.body_text()))?;
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

fn body_error(rejection: &JsonRejection) -> ApiError {
    let code = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        _ => "invalid",
    };
    ApiError::new(rejection.status(), code, rejection.body_text())
}
