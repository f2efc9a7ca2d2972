//! `/metrics`: Prometheus metrics, for requests from this machine or with a bearer token.

use super::auth::authenticate;
use super::{ApiError, AppState, Peer};
use crate::clock;
use crate::domain::AlertKind;
use crate::store::{Integrity, PublishState};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/metrics", get(show))
}

/// Returns the route for requests from this machine only; over plain HTTP, a token would be sent unencrypted.
pub(super) fn local_routes() -> Router<AppState> {
    Router::new().route("/metrics", get(show_locally))
}

async fn show_locally(state: State<AppState>, peer: Peer) -> Response {
    if peer.is_local() { render(&state).await } else { StatusCode::NOT_FOUND.into_response() }
}

async fn show(State(state): State<AppState>, peer: Peer, method: Method, headers: HeaderMap) -> Response {
    if !peer.is_local() {
        let allowed = if headers.contains_key(header::AUTHORIZATION) {
            authenticate(&state, &method, &headers).await
        } else {
            Err(ApiError::unauthorized())
        };
        if let Err(error) = allowed {
            return (error.status(), [(header::WWW_AUTHENTICATE, "Bearer")], "a bearer token is required\n")
                .into_response();
        }
    }
    render(&state).await
}

async fn render(state: &AppState) -> Response {
    measure(state).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render()).into_response()
}

async fn measure(state: &AppState) {
    let now = clock::now();
    if let Ok((backlog, fill)) = state.store.read(|tx| Ok((tx.backlog()?, tx.page_usage()?))).await {
        set("agentlocator_outbox_messages", backlog.outbox);
        set("agentlocator_outbox_oldest_seconds", backlog.oldest.map_or(0, |oldest| now.since(oldest).as_secs()));
        set("agentlocator_jobs", backlog.jobs);
        set("agentlocator_calls_open", backlog.calls);
        set("agentlocator_unread_messages", backlog.unread);
        set("agentlocator_store_bytes", fill.pages * fill.page_bytes);
        set("agentlocator_store_free_bytes", fill.free_pages * fill.page_bytes);
    }
    set("agentlocator_calls_live", state.calls.count() as u64);
    if let Some(link) = state.outbox.bridge() {
        set("agentlocator_whatsapp_bridge_up", u64::from(link.is_connected()));
    }
    measure_store(state);
    for kind in AlertKind::ALL {
        let raised = u8::from(state.alerts.is_raised(*kind));
        metrics::gauge!("agentlocator_alert", "kind" => kind.as_str()).set(f64::from(raised));
    }
    let backup = state.snapshots.last_run();
    if let Some(last) = backup.last_success_at {
        set("agentlocator_backup_last_success_timestamp_seconds", u64::try_from(last.as_secs()).unwrap_or(0));
        set("agentlocator_backup_last_size_bytes", backup.last_bytes);
    }
    let last = state.self_check.last();
    set("agentlocator_self_check_ok", u64::from(last.as_ref().is_some_and(|check| check.ok)));
    let end = state.tls.status().not_after.map_or(0, |end| end.as_secs());
    set("agentlocator_tls_certificate_expiry_timestamp_seconds", u64::try_from(end).unwrap_or(0));
    let ended_at = last.map_or(0, |check| check.ended_at.as_secs());
    set("agentlocator_self_check_timestamp_seconds", u64::try_from(ended_at).unwrap_or(0));
}

fn measure_store(state: &AppState) {
    let health = state.store.health();
    set("agentlocator_store_writes_waiting", state.store.waiting_writes() as u64);
    set("agentlocator_store_wal_bytes", state.store.wal_size().bytes);
    set("agentlocator_store_writable", u64::from(health.writable));
    let late = match &health.publish {
        PublishState::Late { age, .. } => age.as_secs().max(1),
        PublishState::Current | PublishState::Foreign { .. } | PublishState::Frozen | PublishState::Off => 0,
    };
    set("agentlocator_published_copy_current", u64::from(health.publish == PublishState::Current));
    set("agentlocator_published_copy_late_seconds", late);
    set("agentlocator_integrity_ok", u64::from(!matches!(health.integrity, Integrity::Damaged { .. })));
    let disk = state.disk.check().data;
    set("agentlocator_disk_free_bytes", disk.free_bytes);
    set("agentlocator_disk_total_bytes", disk.total_bytes);
    set("agentlocator_disk_free_files", disk.free_files);
    set("agentlocator_disk_takes_media", u64::from(state.disk.takes_media()));
}

fn set(name: &'static str, value: u64) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and no number here needs more digits")]
    metrics::gauge!(name).set(value as f64);
}
