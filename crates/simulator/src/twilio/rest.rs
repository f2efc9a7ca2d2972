//! The part of Twilio's REST interface (version 2010-04-01) that the daemon uses: calls, messages, media, recordings,
//! and the account with its phone numbers; and the list of WhatsApp senders.

mod calls;
mod faults;
mod format;
mod lists;
mod messages;
mod numbers;
mod recordings;
mod senders;
mod shared;
mod status;

pub use faults::{Fault, Operation};
pub use shared::{RecordedRequest, TwilioOptions};

use super::state::TwilioState;
use crate::server::Server;
use crate::{DaemonConnector, EventLog, Party};
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use faults::Faults;
use format::error;
use shared::Shared;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// A running REST interface. Dropping this value stops the server.
pub struct TwilioRest {
    server: Server,
    shared: Arc<Shared>,
}

impl TwilioRest {
    /// Serves `twilio_state` on `listener`, and sends message statuses to the daemon by `connector`. Sets the base URL
    /// of recordings and media in `twilio_state` to the listener's. A request that breaks Twilio's rules is recorded as
    /// a violation in `log`.
    pub fn start(
        listener: TcpListener,
        twilio_state: TwilioState,
        connector: DaemonConnector,
        options: TwilioOptions,
        log: EventLog,
    ) -> std::io::Result<Self> {
        let state = |address, stopping| {
            twilio_state.set_api_base_url(format!("http://{address}"));
            Shared {
                twilio_state,
                connector,
                log,
                options: Mutex::new(options),
                faults: Faults::default(),
                requests: Mutex::default(),
                stopping,
            }
        };
        let (server, shared) = Server::start(listener, state, |shared| routes().with_state(shared))?;
        Ok(Self { server, shared })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `TWILIO_API_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Applies `fault` to the next `times` requests of this kind.
    pub fn fail_next(&self, operation: Operation, fault: Fault, times: usize) {
        self.shared.faults.plan(operation, fault, times);
    }

    /// Removes the planned faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Changes the options of the running interface.
    pub fn change(&self, change: impl FnOnce(&mut TwilioOptions)) {
        change(&mut self.shared.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the requests to known endpoints, in order. Downloads by a signed URL are not included.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops the interface. The port is free when this function returns.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn routes() -> Router<Arc<Shared>> {
    let account = "/2010-04-01/Accounts/{account}";
    Router::new()
        .route(&format!("{account}/Calls/{{call}}"), get(calls::read).post(calls::update))
        .route(&format!("{account}/Calls.json"), get(calls::list).post(calls::create))
        .route(&format!("{account}/Recordings.json"), get(recordings::list))
        .route(&format!("{account}/Messages.json"), get(messages::list).post(messages::create))
        .route(&format!("{account}/Messages/{{message}}"), get(messages::read))
        .route(&format!("{account}/Messages/{{message}}/Media.json"), get(messages::list_media))
        .route(&format!("{account}/Messages/{{message}}/Media/{{media}}"), get(messages::media))
        .route("/2010-04-01/Accounts/{account}", get(numbers::account))
        .route("/v2/Channels/Senders", get(senders::list))
        .route(&format!("{account}/IncomingPhoneNumbers.json"), get(numbers::list))
        .route(&format!("{account}/IncomingPhoneNumbers/{{number}}"), axum::routing::post(numbers::update))
        .route("/media-content/{media}", get(messages::media_content))
        .route(&format!("{account}/Recordings/{{recording}}"), get(recordings::read).delete(recordings::delete))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
}

async fn unknown(
    axum::extract::State(shared): axum::extract::State<Arc<Shared>>,
    method: axum::http::Method,
    uri: Uri,
) -> Response {
    // The daemon sends a HEAD request only to check that the server is reachable.
    if method != axum::http::Method::HEAD {
        shared.log.violation(Party::Twilio, format!("REST has no {}", uri.path()));
    }
    error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource {} was not found", uri.path()))
}

#[cfg(test)]
mod tests;
