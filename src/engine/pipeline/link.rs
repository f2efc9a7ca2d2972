//! A WebSocket connection to a speech service or a language model. It opens once, sends keep-alive messages, and is not
//! reopened after a failure.

use crate::clock;
use crate::config::Secret;
use crate::providers::transcription::SessionAddress;
use crate::providers::websocket::{self, DialError, Received, Socket};
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// The maximum size of a received message. Services send audio in pieces of less than a second, which are smaller.
const MAX_MESSAGE: usize = 1 << 20;
const READ_BUFFER: usize = 4 << 10;

type OpenSocket = Socket<MaybeTlsStream<TcpStream>>;

pub(super) struct Link {
    state: State,
    keep_alive_timer: Interval,
    keep_alive: Message,
    /// Whether a message was sent since the last tick of the timer.
    was_used: bool,
}

enum State {
    Opening(BoxFuture<'static, Result<OpenSocket, DialError>>),
    Open(Box<OpenSocket>),
    /// The connection failed or was closed. Contains the reason until it is reported.
    Lost(Option<DialError>),
}

pub(super) enum LinkEvent {
    Opened,
    Text(Utf8Bytes),
    Lost(DialError),
}

impl Link {
    pub(super) fn open(address: SessionAddress, key: Option<Secret>, delay: Duration) -> Self {
        let SessionAddress { url, key_header, keep_alive_every, keep_alive } = address;
        let opening = Box::pin(async move {
            tokio::time::sleep(delay).await;
            let no_key = || DialError { retry: false, reason: "no key".to_owned() };
            let key = key.ok_or_else(no_key)?;
            websocket::dial(&url, key_header, key.expose(), websocket::limits(READ_BUFFER, MAX_MESSAGE)).await
        });
        // The timer runs at half the interval, because the last message may be almost two periods old at a tick.
        let every = keep_alive_every / 2;
        let mut keep_alive_timer = interval_at((clock::instant() + every).into(), every);
        keep_alive_timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { state: State::Opening(opening), keep_alive_timer, keep_alive, was_used: false }
    }

    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> LinkEvent {
        loop {
            match &mut self.state {
                State::Lost(reason) => match reason.take() {
                    Some(reason) => return LinkEvent::Lost(reason),
                    None => std::future::pending().await,
                },
                State::Opening(opening) => match opening.await {
                    Ok(socket) => {
                        self.state = State::Open(Box::new(socket));
                        return LinkEvent::Opened;
                    }
                    Err(error) => self.state = State::Lost(Some(error)),
                },
                State::Open(socket) => {
                    tokio::select! {
                        biased;
                        received = socket.receive() => match received {
                            Received::Text(text) => return LinkEvent::Text(text),
                            Received::Binary(_) | Received::Activity => {}
                            Received::Closed(frame) => {
                                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                                self.fail(true, format!("closed: {reason}"));
                            }
                            Received::Lost(error) => self.fail(true, error.to_string()),
                        },
                        _ = self.keep_alive_timer.tick() => {
                            if !std::mem::take(&mut self.was_used) {
                                self.send(self.keep_alive.clone());
                                self.try_flush();
                            }
                        }
                    }
                }
            }
        }
    }

    /// Drops the message if the connection is not open.
    pub(super) fn send(&mut self, message: impl Into<Message>) {
        self.was_used = true;
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.queue(message)
        {
            self.fail(true, error.to_string());
        }
    }

    /// Sends queued messages, as far as the server accepts them without blocking.
    pub(super) fn try_flush(&mut self) {
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.try_flush()
        {
            self.fail(true, error.to_string());
        }
    }

    /// `next` then returns `LinkEvent::Lost` with this reason.
    pub(super) fn fail(&mut self, retry: bool, reason: String) {
        self.state = State::Lost(Some(DialError { retry, reason }));
    }

    pub(super) async fn close(self) {
        if let State::Open(socket) = self.state {
            socket.close(CloseCode::Normal, "").await;
        }
    }
}
