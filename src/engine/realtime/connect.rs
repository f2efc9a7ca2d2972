//! Opens a session: connects, sends the settings without the fields that the server rejects, and sends the
//! conversation so far.

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

/// The maximum size of a received message. It is enough for six minutes of audio, more than any event contains.
const MAX_MESSAGE: usize = 4 << 20;
/// The size of the read buffer. It holds several messages with 100 ms of audio, of about 1.2 KiB each.
const READ_BUFFER: usize = 4 << 10;

#[derive(Clone, Debug)]
pub struct RealtimeSetup {
    pub config: Arc<Config>,
    pub instructions: Arc<str>,
    pub tools: ToolRegistry,
    /// The language that callers are expected to speak, ISO 639-1.
    pub language: String,
    /// Names of the business that callers are likely to say, as a hint for the transcription.
    pub terms: Vec<String>,
    /// The caller's name. The model receives it as data, not as an instruction.
    pub caller_name: ContactName,
    /// Earlier calls and messages with the caller, as JSON.
    pub caller_history: Option<String>,
    pub history: Vec<HistoryTurn>,
    /// The fields of `session.update` that the server rejected in earlier sessions.
    pub rejected: RejectedFields,
}

impl RealtimeSetup {
    /// Returns the same setup with an optional field of `session.update` as its only rejected field, so that the
    /// session omits this field.
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
            tools.iter().map(|tool| wire::function(&tool.name, &tool.description, &tool.parameters)).collect();
        wire::session(&self.config.openai, &self.instructions, &tools, &self.language, &self.terms)
    }

    fn first_messages(&self, session: &Value) -> Vec<String> {
        let mut messages = vec![wire::session_update(session)];
        messages.extend(wire::caller_name(&self.caller_name));
        messages.extend(self.caller_history.as_deref().map(wire::caller_history));
        messages.extend(self.history.iter().zip(1..).flat_map(|(turn, number)| history_items(turn, number)));
        messages
    }
}

/// The fields of `session.update` that the server rejected, with the rejected values. If the value of such a field
/// changes, the field is sent again. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct RejectedFields {
    fields: Arc<Mutex<Vec<(&'static str, Value)>>>,
    /// Whether the server has accepted a session with all fields since the last rejection.
    all_accepted: Arc<AtomicBool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldStatus {
    /// No session has shown yet whether the server accepts all fields.
    Unknown,
    /// The server accepts all fields, or the rejected fields now have different values.
    Accepted,
    /// The server rejects these fields, and sessions omit them.
    Rejected(Vec<&'static str>),
}

impl RejectedFields {
    pub fn names(&self) -> Vec<&'static str> {
        self.locked(|fields| fields.iter().map(|(field, _)| *field).collect())
    }

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

    /// Replaces the list by `tried`, the result of a session that was opened with all fields.
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

/// `number` is the position of the turn, from 1. Earlier tool calls are included, so that the model neither repeats nor
/// denies its actions.
fn history_items(turn: &HistoryTurn, number: usize) -> Vec<String> {
    match turn.speaker {
        Speaker::Caller => vec![wire::history_message(false, &turn.text)],
        Speaker::Agent => vec![wire::history_message(true, &turn.text)],
        Speaker::Tool => {
            ToolUse::from_text(&turn.text).map(|tool| wire::history_tool(number, &tool)).unwrap_or_default()
        }
        Speaker::System => vec![wire::hint(&turn.text)],
        Speaker::Employee => vec![wire::hint(&turn.employee_note())],
    }
}

pub(super) type OpenSocket = Socket<MaybeTlsStream<TcpStream>>;

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) retry: bool,
    pub(super) reason: String,
}

pub(super) struct Opened {
    pub(super) socket: OpenSocket,
    /// Whether the server transcribes the caller's speech.
    pub(super) is_transcribed: bool,
}

/// If the server rejects an optional field, sends the settings again without this field.
pub(super) async fn connect(setup: RealtimeSetup, delay: Duration) -> Result<Opened, Failure> {
    tokio::time::sleep(delay).await;
    let config = &setup.config.openai;
    let mut socket = dial(config).await?;
    wait_for_event(&mut socket, &ServerEvent::SessionCreated).await.map_err(Rejection::into_failure)?;
    let mut session = setup.session();
    setup.rejected.remove_from(&mut session);
    let mut messages = setup.first_messages(&session);
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
                "The AI provider rejects the setting session.{field} ({reason}); calls continue without this setting"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tool::PhoneTools;

    #[test]
    fn the_first_messages_of_a_session() {
        let turn = |speaker, text: &str| HistoryTurn { speaker, text: text.to_owned() };
        let tool = ToolUse::new("find_appointments", r#"{"day":"2026-11-18"}"#).with_output(r#"{"appointments":[]}"#);
        let setup = RealtimeSetup {
            config: Arc::new(Config::default()),
            instructions: "be brief".into(),
            tools: ToolRegistry::for_phone(PhoneTools::ALL),
            language: "he".to_owned(),
            terms: vec!["תספורת".to_owned()],
            caller_name: ContactName::ByProfile("דנה".to_owned()),
            caller_history: Some(r#"{"earlier_calls":[],"last_messages":[]}"#.to_owned()),
            history: vec![
                turn(Speaker::Agent, "שלום, במה אפשר לעזור?"),
                turn(Speaker::Caller, "יש לי תור היום?"),
                turn(Speaker::Tool, &tool.to_text()),
                turn(Speaker::System, "The shop closes at 18:00 today."),
                turn(Speaker::Employee, "רון"),
            ],
            rejected: RejectedFields::default(),
        };
        let messages = setup.first_messages(&setup.session());
        let messages = messages.iter().map(|message| serde_json::from_str::<Value>(message).unwrap());
        insta::assert_snapshot!(serde_json::to_string_pretty(&messages.collect::<Vec<_>>()).unwrap());
    }
}
