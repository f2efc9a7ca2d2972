//! The API's own description.

use super::{
    account, alerts, audit, backups, bridge, calls, contacts, database, events, media, merge_suggestions, self_check,
    sessions, settings, setup, threads, tls, tokens, updates, users, whatsapp,
};
use crate::http::AppState;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

pub(super) fn open_routes() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(show))
}

/// The OpenAPI document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document: what there is, and who may call it. The names in an operation's `security` are the role that it needs; an
/// owner may do all that staff may.
#[utoipa::path(get, path = "/api/openapi.json", tag = "house", security(()), operation_id = "get_openapi_document", responses((status = 200, body = Object)))]
async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}

#[derive(OpenApi)]
#[openapi(
    info(title = "AgentLocator", description = "Threads, messages, calls and people of one business."),
    paths(
        show,
        account::log_in,
        account::log_out,
        account::who_am_i,
        account::change_password,
        alerts::list,
        alerts::history,
        alerts::mute,
        alerts::unmute,
        database::show,
        database::choose,
        database::review,
        database::dismiss,
        audit::list,
        backups::list,
        bridge::show,
        bridge::pair,
        bridge::pairing_code,
        bridge::log_out,
        bridge::reconnect,
        calls::list,
        calls::show,
        calls::play,
        contacts::list,
        contacts::show,
        contacts::rename,
        contacts::merge,
        contacts::undo_merge,
        events::follow,
        media::show,
        merge_suggestions::list,
        merge_suggestions::confirm,
        merge_suggestions::dismiss,
        self_check::show,
        self_check::begin,
        settings::show,
        sessions::list,
        sessions::end_others,
        sessions::end,
        sessions::list_of_user,
        sessions::end_of_user,
        setup::is_needed,
        setup::complete,
        threads::list,
        threads::show,
        threads::messages,
        threads::mark_read,
        threads::set_ai_mode,
        tls::show,
        tokens::list,
        tokens::create,
        tokens::revoke,
        updates::show,
        users::list,
        users::add,
        users::reset_password,
        users::remove,
        whatsapp::send,
    ),
    modifiers(&SecuritySchemes, &Refusals)
)]
struct Document;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("agentlocator_session")));
        let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("cookie", cookie);
        components.add_security_scheme("token", token);
    }
}

/// Adds the error responses that follow from how an operation is declared, where it does not describe them itself.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            add_refusals(&mut item.get, true);
            for operation in [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete] {
                add_refusals(operation, false);
            }
        }
    }
}

fn add_refusals(operation: &mut Option<Operation>, is_safe: bool) {
    let Some(operation) = operation else { return };
    for (status, description) in refusals(operation, is_safe) {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let response = ResponseBuilder::new().description(description).content("application/json", body).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}

fn refusals(operation: &Operation, is_safe: bool) -> Vec<(&'static str, &'static str)> {
    let mut refusals = vec![("503", "Not at the moment; try again: `unavailable`, `timeout`")];
    let in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query));
    let has_query = operation.parameters.iter().flatten().any(in_query);
    if has_query || operation.request_body.is_some() {
        refusals.push(("400", "A parameter or the body cannot be read, or has a value that is not allowed: `invalid`"));
    }
    if operation.request_body.is_some() {
        refusals.extend([
            ("408", "The body did not arrive in time: `timeout`"),
            ("413", "The body is too large: `too_large`"),
            ("415", "The body is not declared as JSON: `unsupported_media_type`"),
            ("422", "A field of the body is missing or has a wrong type: `invalid`"),
        ]);
    }
    refusals.extend(refusals_of_security(operation, is_safe));
    refusals
}

/// 401 where an operation asks for a login or a token, and 403 where the role may not be enough, or the `X-CSRF-Token` of a
/// login may be wrong.
fn refusals_of_security(operation: &Operation, is_safe: bool) -> Vec<(&'static str, &'static str)> {
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
