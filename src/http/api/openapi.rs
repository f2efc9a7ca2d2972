//! The OpenAPI document.

use crate::http::AppState;
use axum::Json;
use std::collections::BTreeMap;
use utoipa::Modify;
use utoipa::openapi::info::LicenseBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Content, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema, Server,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn public_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Adds what holds for all routes: title, tags, the ways to authenticate, the error responses that follow from how an
/// operation is declared, and a description for each response that has none.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("AgentLocator")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Threads, messages, calls and contacts of one business."))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    let tag = |(name, about): (&str, &str)| TagBuilder::new().name(name).description(Some(about)).build();
    document.tags = Some(TAGS.map(tag).to_vec());
    SecuritySchemes.modify(&mut document);
    ErrorResponses.modify(&mut document);
    Descriptions.modify(&mut document);
    document
}

const TAGS: [(&str, &str); 8] = [
    ("account", "Log-in, sessions and the first set-up."),
    ("calls", "Phone calls, their turns and recordings."),
    ("contacts", "Contacts, and pairs that may be the same person."),
    ("system", "The service itself: alerts, backups, certificates, settings, updates, events."),
    ("threads", "Threads, their messages and files."),
    ("tokens", "API tokens."),
    ("users", "Users who may log in."),
    ("whatsapp", "The bridge and its link to WhatsApp."),
];

/// Get this document. The names in an operation's `security` are the role that it needs; an owner may call all operations that
/// staff may call.
#[utoipa::path(get, path = "/api/openapi.json", tag = "system", security(()), operation_id = "get_openapi_document", responses((status = 200, body = Object)))]
async fn show() -> Json<OpenApi> {
    Json(super::document())
}

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("agentlocator_session")));
        let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("cookie", cookie);
        components.add_security_scheme("token", token);
    }
}

/// Adds the error responses that follow from how an operation is declared, where it does not describe them itself.
struct ErrorResponses;

impl Modify for ErrorResponses {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            add_error_responses(&mut item.get, true);
            for operation in [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete] {
                add_error_responses(operation, false);
            }
        }
    }
}

fn add_error_responses(operation: &mut Option<Operation>, is_safe: bool) {
    let Some(operation) = operation else { return };
    for (status, description) in error_responses(operation, is_safe) {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let response = ResponseBuilder::new().description(description).content("application/json", body).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}

fn error_responses(operation: &Operation, is_safe: bool) -> Vec<(&'static str, &'static str)> {
    let mut error_responses = vec![("503", "Not at the moment; try again: `unavailable`, `timeout`")];
    let in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query));
    let has_query = operation.parameters.iter().flatten().any(in_query);
    if has_query || operation.request_body.is_some() {
        error_responses
            .push(("400", "A parameter or the body cannot be read, or has a value that is not allowed: `invalid`"));
    }
    if operation.request_body.is_some() {
        error_responses.extend([
            ("408", "The body did not arrive in time: `timeout`"),
            ("413", "The body is too large: `too_large`"),
            ("415", "The body is not declared as JSON: `unsupported_media_type`"),
            ("422", "A field of the body is missing, unknown or has a wrong type: `invalid`, `unknown_field`"),
        ]);
    }
    error_responses.extend(security_error_responses(operation, is_safe));
    error_responses
}

/// 401 where an operation asks for a login or a token, and 403 where the role may not be enough, or the `X-CSRF-Token` of a
/// login may be wrong.
fn security_error_responses(operation: &Operation, is_safe: bool) -> Vec<(&'static str, &'static str)> {
    let Ok(security) = serde_json::to_value(&operation.security) else { return Vec::new() };
    let Some(ways) = security.as_array().filter(|ways| ways.iter().any(|way| way != &serde_json::json!({}))) else {
        return Vec::new();
    };
    // A token, of whatever role, may call what names it with the role of staff.
    let is_for_all = ways.iter().any(|way| way["token"] == serde_json::json!(["staff"]));
    let unauthorized = ("401", "No session, or a token that is not accepted: `unauthorized`, `token_expired`");
    match (is_safe, is_for_all) {
        (true, true) => vec![unauthorized],
        (true, false) => vec![unauthorized, ("403", "The role or the kind of login may not do this: `forbidden`")],
        (false, _) => {
            vec![unauthorized, ("403", "The role may not do this, or X-CSRF-Token is wrong: `forbidden`, `csrf`")]
        }
    }
}

/// Describes each response that does not describe itself: a success by its schema, an error by its status.
struct Descriptions;

impl Modify for Descriptions {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.as_ref().map(|components| components.schemas.clone()).unwrap_or_default();
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response
                        && response.description.is_empty()
                    {
                        let described = error_description(status).map(str::to_owned);
                        response.description = described.unwrap_or_else(|| schema_description(response, &schemas));
                    }
                }
            }
        }
    }
}

fn error_description(status: &str) -> Option<&'static str> {
    Some(match status {
        "204" => "Done",
        "400" => "A parameter or a field has a value that is not allowed: `invalid`",
        "401" => "The name or the password is wrong: `unauthorized`",
        "403" => "Not allowed: `forbidden`",
        "404" => "There is nothing with that id: `not_found`",
        "409" => "It does not fit the present state: `conflict`",
        "416" => "No byte of the file is within the requested range",
        "429" => "Too many attempts; `Retry-After` says when to try again: `too_many_requests`",
        "503" => "Not at the moment; try again: `unavailable`, `timeout`",
        _ => return None,
    })
}

fn schema_description(response: &Response, schemas: &BTreeMap<String, RefOr<Schema>>) -> String {
    let schema = response.content.values().find_map(|content| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(named)), .. }) => {
            schemas.get(named.ref_location.rsplit('/').next()?)
        }
        _ => None,
    });
    let described = schema.and_then(|schema| serde_json::to_value(schema).ok());
    let described = described.and_then(|schema| Some(schema["description"].as_str()?.to_owned()));
    described.unwrap_or_else(|| "Success".to_owned())
}
