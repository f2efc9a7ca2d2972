//! Operations: a handler with its route and its documentation. The types of the handler's arguments determine the
//! access level.

use super::access::Access;
use super::{conditions, error_responses};
use crate::http::auth::{Anyone, LoggedIn, LoggedInOrOwner, Member, Owner};
use crate::http::etag::IfMatch;
use crate::http::extract::{Id, Ids, Json, Name, Query, ShortJson};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{AppState, Confidential, Peer};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::{HeaderMap, Method};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// An argument of a handler, and what its type says about the handler's operation.
pub(super) trait Argument {
    /// The access level that this argument requires; none if the argument does not determine one.
    const ACCESS: Option<Access> = None;
    /// Whether a handler with this argument supports `If-Match`.
    const IS_CONDITIONAL: bool = false;
    /// Whether a handler with this argument supports `Idempotency-Key`.
    const IS_REPEATABLE: bool = false;
}

impl Argument for Anyone {
    const ACCESS: Option<Access> = Some(Access::Anyone);
}

impl Argument for Member {
    const ACCESS: Option<Access> = Some(Access::Member);
}

impl Argument for LoggedIn {
    const ACCESS: Option<Access> = Some(Access::LoggedIn);
}

impl Argument for LoggedInOrOwner {
    const ACCESS: Option<Access> = Some(Access::LoggedInOrOwner);
}

impl Argument for Owner {
    const ACCESS: Option<Access> = Some(Access::Owner);
}

impl Argument for IfMatch {
    const IS_CONDITIONAL: bool = true;
}

impl Argument for IdempotencyKey {
    const IS_REPEATABLE: bool = true;
}

impl Argument for State<AppState> {}
impl Argument for Body {}
impl Argument for Confidential {}
impl Argument for HeaderMap {}
impl Argument for Id {}
impl Argument for Ids {}
impl Argument for Method {}
impl Argument for Name {}
impl Argument for Peer {}
impl<T> Argument for Extension<T> {}
impl<T> Argument for Json<T> {}
impl<T> Argument for Query<T> {}
impl<T> Argument for ShortJson<T> {}

/// The arguments of a handler, of which exactly one determines the access level.
pub(super) trait Arguments {
    const ACCESS: Access;
    const IS_CONDITIONAL: bool;
    const IS_REPEATABLE: bool;
}

/// Returns the access level that exactly one of the arguments determines. The compiler evaluates this function, and
/// rejects a handler with no or several such arguments.
const fn only(arguments: &[Option<Access>]) -> Access {
    let (mut found, mut count, mut at) = (Access::Owner, 0, 0);
    while at < arguments.len() {
        if let Some(access) = arguments[at] {
            found = access;
            count += 1;
        }
        at += 1;
    }
    assert!(count == 1, "a handler takes exactly one argument that says who may call it, such as `Member`");
    found
}

// The argument tuples of axum's `Handler`; their first element only distinguishes kinds of handlers.
macro_rules! arguments {
    ($($argument:ident),+) => {
        impl<Kind, $($argument: Argument),+> Arguments for (Kind, $($argument,)+) {
            const ACCESS: Access = only(&[$($argument::ACCESS),+]);
            const IS_CONDITIONAL: bool = $($argument::IS_CONDITIONAL)||+;
            const IS_REPEATABLE: bool = $($argument::IS_REPEATABLE)||+;
        }
    };
}

arguments!(A);
arguments!(A, B);
arguments!(A, B, C);
arguments!(A, B, C, D);
arguments!(A, B, C, D, E);
arguments!(A, B, C, D, E, F);
arguments!(A, B, C, D, E, F, G);

#[derive(Default)]
pub(super) struct Operations {
    pub(super) public: OpenApiRouter<AppState>,
    pub(super) authenticated: OpenApiRouter<AppState>,
}

impl Operations {
    /// Adds a handler with its route, and adds the access level, `If-Match`, `Idempotency-Key` and the error responses to its
    /// documentation, as they follow from the types of its arguments.
    pub(super) fn with<H, T>(self, _handler: H, (schemas, mut paths, methods): UtoipaMethodRouter<AppState>) -> Self
    where
        H: Handler<T, AppState>,
        T: Arguments,
    {
        let access = T::ACCESS;
        for item in paths.paths.values_mut() {
            for (is_safe, operation) in conditions::operations(item) {
                operation.security = Some(access.security());
                if T::IS_CONDITIONAL {
                    conditions::add_if_match(operation);
                }
                if T::IS_REPEATABLE {
                    conditions::add_idempotency_key(operation);
                }
                error_responses::add(operation, access, is_safe);
            }
        }
        let route = (schemas, paths, methods);
        if access == Access::Anyone {
            Self { public: self.public.routes(route), ..self }
        } else {
            Self { authenticated: self.authenticated.routes(route), ..self }
        }
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self { public: self.public.merge(other.public), authenticated: self.authenticated.merge(other.authenticated) }
    }
}

/// Builds the [`Operations`] of these handlers.
macro_rules! operations {
    ($($handler:path),+ $(,)?) => {
        $crate::http::api::operation::Operations::default()$(.with($handler, utoipa_axum::routes!($handler)))+
    };
}

pub(super) use operations;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[utoipa::path(get, path = "/anyone")]
    async fn anyone(_: Anyone) {}

    #[utoipa::path(get, path = "/member")]
    async fn member(_: Member, _: HeaderMap) {}

    #[utoipa::path(get, path = "/logged-in")]
    async fn logged_in(_: HeaderMap, _: LoggedIn) {}

    #[utoipa::path(get, path = "/logged-in-or-owner")]
    async fn logged_in_or_owner(_: LoggedInOrOwner) {}

    // The declared `security` is overwritten.
    #[utoipa::path(get, path = "/owner", security(()))]
    async fn owner(_: Owner) {}

    #[utoipa::path(post, path = "/owner")]
    async fn change(_: Owner) {}

    #[test]
    fn the_document_follows_from_the_arguments() {
        let operations = operations![anyone, member, logged_in, logged_in_or_owner, owner, change];
        let security = |path: &str, method: &str, document: &Value| {
            let operation = &document["paths"][path][method];
            let errors = ["401", "403"].map(|status| operation["responses"][status].is_object());
            (operation["security"].clone(), errors)
        };
        let both = |cookie: &str, token: &str| json!([{"cookie": [cookie]}, {"token": [token]}]);
        let public = serde_json::to_value(operations.public.into_openapi()).unwrap();
        assert_eq!(public["paths"].as_object().unwrap().len(), 1);
        assert_eq!(security("/anyone", "get", &public), (json!([{}]), [false, false]));
        let others = serde_json::to_value(operations.authenticated.into_openapi()).unwrap();
        for (path, method, expected, errors) in [
            ("/member", "get", both("staff", "staff"), [true, false]),
            ("/logged-in", "get", json!([{"cookie": ["staff"]}]), [true, true]),
            ("/logged-in-or-owner", "get", both("staff", "owner"), [true, true]),
            ("/owner", "get", both("owner", "owner"), [true, true]),
            ("/owner", "post", both("owner", "owner"), [true, true]),
        ] {
            assert_eq!(security(path, method, &others), (expected, errors), "{method} {path}");
        }
    }
}
