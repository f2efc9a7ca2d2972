//! Opens a session: the connection, the settings without those that the server rejects, and the conversation until
//! now.

use crate::agent::tool::ToolRegistry;
use crate::call::HistoryTurn;
use crate::config::{Config, OpenAiConfig};
use crate::domain::{ContactName, Speaker, ToolUse};
use crate::providers::openai::realtime::{self as wire, ServerEvent};
use crate::providers::websocket::{self, DialError, KeyHeader, Received, Socket};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Error as WsError;

/// Longer than any event: six minutes of audio in one message.
const MAX_MESSAGE: usize = 4 << 20;
/// A message with 100 ms of audio has about 1.2 KiB.
const READ_BUFFER: usize = 4 << 10;

/// The settings of a session.
#[derive(Clone, Debug)]
pub struct RealtimeSetup {
    /// The settings: key, model, voice, turn detection.
    pub config: Arc<Config>,
    /// The instructions for the model.
    pub instructions: Arc<str>,
    /// The tools that the model may call.
    pub tools: ToolRegistry,
    /// The language that callers are expected to speak, ISO 639-1.
    pub language: String,
    /// The caller's name, which is data to the model.
    pub caller_name: ContactName,
    /// Earlier calls and messages with the caller, as JSON.
    pub caller_history: Option<String>,
    /// The conversation before this engine was opened.
    pub history: Vec<HistoryTurn>,
    /// The fields that the server has rejected before.
    pub rejected: RejectedFields,
}

impl RealtimeSetup {
    /// The same setup without an optional field of `session.update`, as if the server had rejected it.
    #[must_use]
    pub fn without(self, field: &str) -> Self {
        let rejected = RejectedFields::default();
        if let Some((field, value)) = wire::remove_optional_field(&mut self.session(), field) {
            rejected.add(field, value);
        }
        Self { rejected, ..self }
    }

    fn session(&self) -> Value {
        let tools = self.tools.definitions();
        let tools: Vec<_> =
            tools.iter().map(|tool| wire::function(tool.name, tool.description, &tool.parameters)).collect();
        wire::session(&self.config.openai, &self.instructions, &tools, &self.language)
    }
}

/// Fields of `session.update` that the server rejected, with their values; clones share them. A different value of
/// such a field is sent again.
#[derive(Clone, Debug, Default)]
pub struct RejectedFields {
    fields: Arc<Mutex<Vec<(&'static str, Value)>>>,
    /// Whether the server has accepted a session with all fields since the last rejection.
    all_accepted: Arc<AtomicBool>,
}

/// What sessions have shown about the fields of the settings in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldStatus {
    /// No session was opened with these settings yet.
    Unknown,
    /// The server accepts all fields, or those that it rejected have other values now.
    Accepted,
    /// The server rejects these fields, and sessions omit them.
    Rejected(Vec<&'static str>),
}

impl RejectedFields {
    /// The names of the fields in the API.
    pub fn names(&self) -> Vec<&'static str> {
        self.locked(|fields| fields.iter().map(|(field, _)| *field).collect())
    }

    /// What is known about the session of this setup.
    pub fn status(&self, setup: impl FnOnce() -> RealtimeSetup) -> FieldStatus {
        let rejected = self.locked(|fields| fields.clone());
        if rejected.is_empty() {
            let is_accepted = self.all_accepted.load(Ordering::Relaxed);
            return if is_accepted { FieldStatus::Accepted } else { FieldStatus::Unknown };
        }
        let mut session = setup().session();
        let in_use = rejected.into_iter().filter(|(field, value)| {
            let mut is_sent = false;
            wire::remove_field_if(&mut session, field, |present| {
                is_sent = present == value;
                false
            });
            is_sent
        });
        let in_use: Vec<_> = in_use.map(|(field, _)| field).collect();
        if in_use.is_empty() { FieldStatus::Accepted } else { FieldStatus::Rejected(in_use) }
    }

    /// Takes over what a session has shown that was opened with all fields.
    pub fn learn(&self, tried: &Self) {
        let rejected = tried.locked(|fields| fields.clone());
        self.all_accepted.store(rejected.is_empty(), Ordering::Relaxed);
        self.locked(|fields| *fields = rejected);
    }

    fn remove_from(&self, session: &mut Value) {
        self.locked(|fields| {
            for (field, value) in fields.iter() {
                wire::remove_field_if(session, field, |present| present == value);
            }
        });
    }

    /// Adds a field; returns true if it is new.
    fn add(&self, field: &'static str, value: Value) -> bool {
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

/// The items of an earlier turn, which is the `number`th. What the agent has done is part of the conversation: it is
/// not done again, and not denied.
fn history_items(turn: &HistoryTurn, number: usize) -> Vec<String> {
    match turn.speaker {
        Speaker::Caller => vec![wire::history_message(false, &turn.text)],
        Speaker::Agent => vec![wire::history_message(true, &turn.text)],
        Speaker::Tool => {
            ToolUse::from_text(&turn.text).map(|tool| wire::history_tool(number, &tool)).unwrap_or_default()
        }
        Speaker::System => vec![wire::hint(&turn.text)],
    }
}

pub(super) type OpenSocket = Socket<MaybeTlsStream<TcpStream>>;

/// Why a session could not be opened, or was lost.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) retry: bool,
    pub(super) reason: String,
}

/// A session that the server has accepted.
pub(super) struct Opened {
    pub(super) socket: OpenSocket,
    /// Whether the server transcribes what the caller says.
    pub(super) is_transcribed: bool,
}

/// Connects, waits for the session, and sends the settings and the conversation until now. An optional setting that
/// the server rejects is omitted.
pub(super) async fn connect(setup: RealtimeSetup, delay: Duration) -> Result<Opened, Failure> {
    tokio::time::sleep(delay).await;
    let config = &setup.config.openai;
    let mut socket = dial(config).await?;
    wait_for_event(&mut socket, &ServerEvent::SessionCreated).await.map_err(Rejection::into_failure)?;
    let mut session = setup.session();
    setup.rejected.remove_from(&mut session);
    let mut messages = vec![wire::session_update(&session)];
    messages.extend(wire::caller_name(&setup.caller_name));
    messages.extend(setup.caller_history.as_deref().map(wire::caller_history));
    messages.extend(setup.history.iter().zip(1..).flat_map(|(turn, number)| history_items(turn, number)));
    loop {
        for message in messages {
            socket.queue(message).map_err(|error| lost(&error))?;
        }
        socket.flush().await.map_err(|error| lost(&error))?;
        let rejection = match wait_for_event(&mut socket, &ServerEvent::SessionUpdated).await {
            Ok(()) => {
                setup.rejected.all_accepted.store(session == setup.session(), Ordering::Relaxed);
                let is_transcribed =
                    session.pointer("/audio/input/transcription").is_some_and(|field| !field.is_null());
                return Ok(Opened { socket, is_transcribed });
            }
            Err(rejection) => rejection,
        };
        let left_out = rejection.param.as_deref().and_then(|param| wire::remove_optional_field(&mut session, param));
        let Some((field, value)) = left_out else { return Err(rejection.into_failure()) };
        let reason = rejection.reason;
        if setup.rejected.add(field, value) {
            tracing::warn!(
                event = "REALTIME_FIELD_REFUSED",
                field,
                reason,
                "The AI provider rejects session.{field} ({reason}); calls continue without it"
            );
        }
        messages = vec![wire::session_update(&session)];
    }
}

async fn dial(config: &OpenAiConfig) -> Result<OpenSocket, Failure> {
    let failure = |reason: &str| Failure { retry: false, reason: reason.to_owned() };
    let key = config.key().ok_or_else(|| failure("no key"))?;
    let limits = websocket::limits(READ_BUFFER, MAX_MESSAGE);
    let dialled = websocket::dial(&wire::url(config), KeyHeader::BEARER, key.expose(), limits).await;
    dialled.map_err(|DialError { retry, reason }| Failure { retry, reason })
}

/// The server rejected the settings.
struct Rejection {
    retry: bool,
    reason: String,
    /// The field that the error names.
    param: Option<String>,
}

impl Rejection {
    fn into_failure(self) -> Failure {
        Failure { retry: self.retry, reason: self.reason }
    }
}

/// Waits for an event. An error event or a lost connection is a rejection.
async fn wait_for_event(socket: &mut OpenSocket, wanted: &ServerEvent<'_>) -> Result<(), Rejection> {
    loop {
        match socket.receive().await {
            Received::Text(text) => match wire::parse(&text) {
                Some(event) if event == *wanted => return Ok(()),
                Some(ServerEvent::Error { kind, code, message, param }) => {
                    let code = code.unwrap_or(kind);
                    let retry = !wire::is_permanent(&code);
                    return Err(Rejection { retry, reason: format!("{code}: {message}"), param });
                }
                _ => {}
            },
            Received::Binary(_) | Received::Activity => {}
            Received::Closed(frame) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                let retry = !wire::is_permanent(&reason);
                return Err(Rejection { retry, reason: format!("closed: {reason}"), param: None });
            }
            Received::Lost(error) => {
                let Failure { retry, reason } = lost(&error);
                return Err(Rejection { retry, reason, param: None });
            }
        }
    }
}

pub(super) fn lost(error: &WsError) -> Failure {
    Failure { retry: true, reason: error.to_string() }
}
