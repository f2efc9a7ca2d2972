//! A WebSocket for requests to the Responses API (guide "WebSocket mode"). It stays open between the turns of a call, so
//! that no request waits for a connection.

use super::link::{Link, LinkEvent};
use crate::config::Config;
use crate::providers::transcription::SessionAddress;
use crate::providers::websocket::{DialError, KeyHeader};
use crate::telemetry::log::inherit_subject;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const BUFFER: usize = 64;
/// The maximum number of connections that no request uses.
const MAX_IDLE: usize = 2;

/// The connections of a call to the server of its language model. While a request uses one, another one is open, because
/// a cancelled request closes its connection and the next request follows at once.
#[derive(Debug)]
pub(super) struct ResponseSocket {
    config: Arc<Config>,
    /// The open or opening connections that no request uses. The last one was used most recently.
    idle: Mutex<Vec<Connection>>,
    /// Whether the server has rejected a WebSocket, so that requests are sent over HTTP.
    is_rejected: AtomicBool,
}

/// Dropping it closes the socket, which cancels a request that is still being answered.
#[derive(Debug)]
pub(super) struct Connection {
    requests: Sender<String>,
    events: Receiver<Received>,
    was_open: bool,
}

#[derive(Debug)]
pub(super) enum Received {
    Opened,
    Event(Utf8Bytes),
    Lost(DialError),
}

impl ResponseSocket {
    /// Opens the connection.
    pub(super) fn open(config: Arc<Config>) -> Self {
        let socket = Self { config, idle: Mutex::default(), is_rejected: AtomicBool::default() };
        socket.keep_open();
        socket
    }

    fn keep_open(&self) {
        let mut idle = self.idle();
        if idle.is_empty() && !self.is_rejected.load(Ordering::Relaxed) {
            idle.extend(connect(&self.config));
        }
    }

    /// Returns the connection for one request, and opens another one if there is none; `None` if requests must be sent
    /// over HTTP.
    pub(super) fn take(&self) -> Option<Connection> {
        if self.is_rejected.load(Ordering::Relaxed) {
            self.idle().clear();
            return None;
        }
        self.keep_open();
        let connection = self.idle().pop();
        self.keep_open();
        connection
    }

    /// Keeps the connection for further requests after the end of an answer.
    pub(super) fn put_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends all further requests over HTTP.
    pub(super) fn reject(&self, error: &DialError) {
        tracing::debug!(
            event = "ENGINE_ERROR",
            "The server of the language model accepts no WebSocket, so requests are sent over HTTP: {}",
            error.reason
        );
        self.is_rejected.store(true, Ordering::Relaxed);
    }
}

impl Connection {
    /// Returns false if the connection is lost.
    pub(super) async fn send(&self, request: String) -> bool {
        self.requests.send(request).await.is_ok()
    }

    pub(super) async fn next(&mut self) -> Received {
        let closed = || Received::Lost(DialError { retry: true, reason: "closed".to_owned() });
        let received = self.events.recv().await.unwrap_or_else(closed);
        self.was_open |= matches!(received, Received::Opened);
        received
    }

    pub(super) fn was_open(&self) -> bool {
        self.was_open
    }
}

/// Returns `None` if the model's server has no key.
fn connect(config: &Config) -> Option<Connection> {
    let server = config.model_server()?;
    let address = SessionAddress {
        url: format!("{}/responses", server.base_url.websocket_url()),
        key_header: KeyHeader::BEARER,
        keep_alive_every: KEEP_ALIVE,
        keep_alive: Message::Ping(Vec::new().into()),
    };
    let link = Link::open(address, Some(server.key?.clone()), Duration::ZERO);
    let (requests, asked) = mpsc::channel(1);
    let (sender, events) = mpsc::channel(BUFFER);
    tokio::spawn(inherit_subject(serve(link, asked, sender)));
    Some(Connection { requests, events, was_open: false })
}

/// Forwards requests and events until one of the sides is gone. Requests wait until the socket is open.
async fn serve(mut link: Link, mut asked: Receiver<String>, events: Sender<Received>) {
    let mut is_open = false;
    loop {
        let received = tokio::select! {
            biased;
            request = asked.recv(), if is_open => {
                let Some(request) = request else { break };
                link.send(Message::text(request));
                link.try_flush();
                continue;
            }
            () = events.closed() => break,
            event = link.next() => match event {
                LinkEvent::Opened => {
                    is_open = true;
                    Received::Opened
                }
                LinkEvent::Text(text) => Received::Event(text),
                LinkEvent::Lost(error) => Received::Lost(error),
            },
        };
        let is_lost = matches!(received, Received::Lost(_));
        if events.send(received).await.is_err() || is_lost {
            break;
        }
    }
    link.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Secret};
    use crate::simulator::EventLog;
    use crate::simulator::openai::{OpenAi, OpenAiOptions};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_cancelled_request_leaves_an_open_connection_for_the_next_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ai = OpenAi::start(listener, OpenAiOptions::default(), EventLog::new()).unwrap();
        let mut config = Config::default();
        config.openai.api_key = Some(Secret::new("key"));
        config.openai.base_url = BaseUrl::parse(&ai.base_url()).unwrap();
        let socket = ResponseSocket::open(Arc::new(config));
        let mut first = socket.take().unwrap();
        assert!(matches!(first.next().await, Received::Opened));
        // The server counts a connection before it accepts it.
        while ai.state().response_sockets < 2 || socket.idle().iter().all(|idle| idle.events.is_empty()) {
            tokio::task::yield_now().await;
        }
        drop(first);
        let mut next = socket.take().unwrap();
        assert!(matches!(next.events.try_recv(), Ok(Received::Opened)), "no request waits for a connection");
        socket.put_back(next);
        assert_eq!(socket.idle().len(), MAX_IDLE);
    }
}
