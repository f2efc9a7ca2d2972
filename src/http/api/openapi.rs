//! The OpenAPI document.

use super::operation::{Operations, operations};
use super::{conditions, error_responses};
use crate::http::auth::Anyone;
use axum::Extension;
use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::Modify;
use utoipa::openapi::info::LicenseBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Content, InfoBuilder, OpenApi, RefOr, Response, Schema, Server};

pub(super) fn operations() -> Operations {
    operations![show]
}

/// Adds the parts that apply to all routes.
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
    Descriptions.modify(&mut document);
    conditions::add_etags(&mut document);
    document
}

const TAGS: [(&str, &str); 11] = [
    ("account", "Log-in, sessions and the first set-up."),
    ("booking", "Services, opening hours, free times, appointments, and facts about the business."),
    ("calls", "Phone calls, their turns and recordings."),
    ("contacts", "Contacts with their notes, tags and fields, and pairs that may be the same person."),
    ("leads", "Possible sales, and the stages that they pass through."),
    ("system", "The service itself: alerts, backups, certificates, settings, updates, events."),
    ("tasks", "Tasks of the users."),
    ("threads", "Threads, their messages and files."),
    ("tokens", "API tokens."),
    ("users", "Users who may log in."),
    ("whatsapp", "The bridge and its link to WhatsApp."),
];

/// Get this OpenAPI document.
///
/// The names in an operation's `security` are the roles that it needs; an owner may call every operation that staff may
/// call.
#[utoipa::path(get, path = "/api/openapi.json", tag = "system", operation_id = "get_openapi_document",
    responses((status = 200, description = "The OpenAPI document.", body = Object)))]
async fn show(_anyone: Anyone, Extension(Document(document)): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], Bytes::clone(document))
}

/// The document as JSON, which the first request for the document builds.
#[derive(Clone, Copy)]
pub(super) struct Document(pub(super) &'static LazyLock<Bytes>);

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

/// Sets the description of each response that has none, from its schema.
struct Descriptions;

impl Modify for Descriptions {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.as_ref().map(|components| components.schemas.clone()).unwrap_or_default();
        for item in document.paths.paths.values_mut() {
            for (_, operation) in conditions::operations(item) {
                for response in operation.responses.responses.values_mut() {
                    let description = match response {
                        RefOr::T(response) => schema_description(response, &schemas),
                        RefOr::Ref(_) => continue,
                    };
                    error_responses::describe(response, &description);
                }
            }
        }
    }
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
    described.unwrap_or_default()
}
