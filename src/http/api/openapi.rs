//! The API's own description.

use super::{
    account, alerts, audit, backups, bridge, calls, contacts, database, events, media, self_check, settings, setup,
    threads, tls, tokens, updates, users, whatsapp,
};
use crate::http::AppState;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

pub(super) fn open_routes() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(show))
}

/// The OpenAPI document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "house", security(()), responses((status = 200, body = Object)))]
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
        self_check::show,
        self_check::begin,
        settings::show,
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
    modifiers(&LoginOrToken),
    security(("cookie" = []), ("token" = []))
)]
struct Document;

struct LoginOrToken;

impl Modify for LoginOrToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("agentlocator_session")));
        let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("cookie", cookie);
        components.add_security_scheme("token", token);
    }
}
