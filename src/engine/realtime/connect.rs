//! How a session is opened: the connection, our settings without those that the server refuses, and the conversation so far.

use super::{Failure, OpenSocket, RealtimeSetup};
use crate::config::OpenAiConfig;
use crate::domain::Speaker;
use crate::providers::openai::realtime::{self as wire, ServerEvent};
use crate::providers::websocket::{self, Received, Socket};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tower::ServiceExt;

/// Name, connection, TLS and the WebSocket's handshake together.
const DIAL_LIMIT: Duration = Duration::from_secs(3);
/// The next address of a name is tried so long after the one before (RFC 8305, section 5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(300);
/// Longer than any event: six minutes of sound in one piece.
const MAX_MESSAGE: usize = 4 << 20;
/// A message with 100 ms of sound has about 1.2 KiB.
const READ_BUFFER: usize = 4 << 10;

/// Fields of `session.update` that the server has refused, with their values; clones share them. Another value is tried.
#[derive(Clone, Debug, Default)]
pub struct RefusedFields {
    fields: Arc<Mutex<Vec<(&'static str, Value)>>>,
}

impl RefusedFields {
    /// The names of the fields, as the interface calls them.
    pub fn names(&self) -> Vec<&'static str> {
        self.locked(|fields| fields.iter().map(|(field, _)| *field).collect())
    }

    fn leave_out_of(&self, session: &mut Value) {
        self.locked(|fields| {
            for (field, value) in fields.iter() {
                wire::take_field_if(session, field, |present| present == value);
            }
        });
    }

    /// Returns whether that is news.
    pub(super) fn note(&self, field: &'static str, value: Value) -> bool {
        self.locked(|fields| {
            let is_new = fields.iter().all(|known| known.0 != field || known.1 != value);
            if is_new {
                fields.push((field, value));
            }
            is_new
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Vec<(&'static str, Value)>) -> T) -> T {
        work(&mut self.fields.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Connects, waits for the session, and gives it our settings and the conversation so far. A setting that the server refuses
/// and a call can do without is left out.
pub(super) async fn connect(setup: RealtimeSetup, delay: Duration) -> Result<OpenSocket, Failure> {
    tokio::time::sleep(delay).await;
    let config = &setup.config.openai;
    let mut socket = dial(config).await?;
    expect(&mut socket, &ServerEvent::SessionCreated).await.map_err(Refusal::into_failure)?;
    let mut session = setup.session();
    setup.refused.leave_out_of(&mut session);
    let mut messages = vec![wire::session_update(&session)];
    messages.extend(setup.profile_name.as_deref().map(wire::profile_name));
    for said in &setup.history {
        match said.speaker {
            Speaker::Caller => messages.push(wire::earlier_message(false, &said.text)),
            Speaker::Agent => messages.push(wire::earlier_message(true, &said.text)),
            Speaker::Tool | Speaker::System => {}
        }
    }
    loop {
        for message in messages {
            socket.queue(message).map_err(|error| lost(&error))?;
        }
        socket.flush().await.map_err(|error| lost(&error))?;
        let refusal = match expect(&mut socket, &ServerEvent::SessionUpdated).await {
            Ok(()) => return Ok(socket),
            Err(refusal) => refusal,
        };
        let left_out = refusal.param.as_deref().and_then(|param| wire::leave_out(&mut session, param));
        let Some((field, value)) = left_out else { return Err(refusal.into_failure()) };
        let reason = refusal.reason;
        if setup.refused.note(field, value) {
            tracing::warn!(
                event = "REALTIME_FIELD_REFUSED",
                field,
                reason,
                "The AI refuses session.{field} ({reason}); calls go on without it"
            );
        }
        messages = vec![wire::session_update(&session)];
    }
}

async fn dial(config: &OpenAiConfig) -> Result<OpenSocket, Failure> {
    let late = |_| Failure { retry: true, reason: format!("no connection within {} s", DIAL_LIMIT.as_secs()) };
    tokio::time::timeout(DIAL_LIMIT, open(config)).await.map_err(late)?
}

async fn open(config: &OpenAiConfig) -> Result<OpenSocket, Failure> {
    let refused = |reason: &str| Failure { retry: false, reason: reason.to_owned() };
    let key = config.key().ok_or_else(|| refused("no key"))?;
    let mut request = wire::url(config).into_client_request().map_err(|error| lost(&error))?;
    let bearer =
        HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| refused("the key is no text"))?;
    request.headers_mut().insert("authorization", bearer);
    let stream = connect_tcp(request.uri()).await.map_err(|error| lost(&WsError::Io(error)))?;
    let limits = Some(websocket::limits(READ_BUFFER, MAX_MESSAGE));
    match tokio_tungstenite::client_async_tls_with_config(request, stream, limits, None).await {
        Ok((socket, _)) => Ok(Socket::new(socket)),
        Err(WsError::Http(response)) => {
            let status = response.status().as_u16();
            // 401, 403 and 404 will be the same next time; 429 and 5xx may pass.
            Err(Failure { retry: status == 429 || status >= 500, reason: format!("HTTP {status}") })
        }
        Err(error) => Err(lost(&error)),
    }
}

/// The addresses of the name are raced, so that one without a route costs no call (RFC 8305).
async fn connect_tcp(url: &Uri) -> io::Result<TcpStream> {
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("wss") { 443 } else { 80 });
    let place = Uri::builder().scheme("http").path_and_query("/");
    let place = place.authority(format!("{}:{port}", url.host().unwrap_or_default())).build();
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_happy_eyeballs_timeout(Some(NEXT_ADDRESS_AFTER));
    let stream = connector.oneshot(place.map_err(io::Error::other)?).await;
    Ok(stream.map_err(io::Error::other)?.into_inner())
}

/// What was sent is not taken.
struct Refusal {
    retry: bool,
    reason: String,
    /// The field that it is about.
    param: Option<String>,
}

impl Refusal {
    fn into_failure(self) -> Failure {
        Failure { retry: self.retry, reason: self.reason }
    }
}

/// Waits for an event; errors on the way are the end.
async fn expect(socket: &mut OpenSocket, wanted: &ServerEvent<'_>) -> Result<(), Refusal> {
    loop {
        match socket.receive().await {
            Received::Text(text) => match wire::parse(&text) {
                Some(event) if event == *wanted => return Ok(()),
                Some(ServerEvent::Error { kind, code, message, param }) => {
                    let word = code.unwrap_or(kind);
                    let retry = !wire::is_hopeless(&word);
                    return Err(Refusal { retry, reason: format!("{word}: {message}"), param });
                }
                _ => {}
            },
            Received::Binary(_) | Received::Alive => {}
            Received::Closed(frame) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                let retry = !wire::is_hopeless(&reason);
                return Err(Refusal { retry, reason: format!("closed: {reason}"), param: None });
            }
            Received::Lost(error) => {
                let Failure { retry, reason } = lost(&error);
                return Err(Refusal { retry, reason, param: None });
            }
        }
    }
}

pub(super) fn lost(error: &WsError) -> Failure {
    Failure { retry: true, reason: error.to_string() }
}
