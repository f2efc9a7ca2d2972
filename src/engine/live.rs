//! OpenAI GPT-Live as a voice engine. The model has no turns; [`LiveTurns`] finds them in the audio of both sides.

use super::realtime::RealtimeSetup;
use crate::agent::tool::ToolRegistry;
use crate::audio::{EncodedAudio, VoiceDetector};
use crate::call::{EngineCommand, EngineEvent, HistoryTurn, Usage};
use crate::clock;
use crate::config::Config;
use crate::domain::{Speaker, ToolUse};
use crate::live::{BackendEvent, LiveAction, LiveTurns};
use crate::providers::openai::live::{self as wire, Role, ServerEvent, SessionParts};
use crate::providers::openai::{prices, realtime};
use crate::providers::websocket::{self, DialError, KeyHeader, Received, Socket};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The maximum size of a received message, and of the read buffer.
const MAX_MESSAGE: usize = 1 << 20;
const READ_BUFFER: usize = 4 << 10;

type OpenSocket = Socket<MaybeTlsStream<TcpStream>>;
type Opening = Pin<Box<dyn Future<Output = Result<OpenSocket, Failure>> + Send>>;

pub struct Live {
    config: Arc<Config>,
    tools: ToolRegistry,
    state: State,
    turns: LiveTurns,
    detector: VoiceDetector,
    failed: Option<Failure>,
    /// The seconds of the session whose cost was reported.
    charged_s: f64,
}

enum State {
    Opening(Opening),
    Open(Box<OpenSocket>),
    Lost,
}

struct Failure {
    retry: bool,
    reason: String,
}

impl Live {
    /// Opens a session and closes it again, as a test.
    ///
    /// # Errors
    /// The reason why the session failed.
    pub async fn try_session(setup: RealtimeSetup) -> Result<(), String> {
        let mut socket = connect(setup, Duration::ZERO).await.map_err(|failure| failure.reason)?;
        // The server closes the session in any case when the socket is closed.
        let _ = socket.queue(wire::close());
        socket.close(CloseCode::Normal, "").await;
        Ok(())
    }

    pub fn open(setup: RealtimeSetup, delay: Duration) -> Self {
        let (config, tools) = (setup.config.clone(), setup.tools.clone());
        let state = State::Opening(Box::pin(connect(setup, delay)));
        Self {
            config,
            tools,
            state,
            turns: LiveTurns::default(),
            detector: VoiceDetector::default(),
            failed: None,
            charged_s: 0.0,
        }
    }

    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        loop {
            if let Some(event) = self.turns.poll_event() {
                return event;
            }
            if let Some(Failure { retry, reason }) = self.failed.take() {
                self.state = State::Lost;
                return EngineEvent::Failed { retry, reason };
            }
            let timeout = self.turns.poll_timeout();
            match &mut self.state {
                State::Lost => std::future::pending().await,
                State::Opening(opening) => match opening.await {
                    Ok(socket) => {
                        self.state = State::Open(Box::new(socket));
                        return EngineEvent::Ready;
                    }
                    Err(failure) => self.failed = Some(failure),
                },
                State::Open(socket) => {
                    tokio::select! {
                        biased;
                        received = socket.receive() => self.received(received),
                        () = until(timeout) => self.turns.handle_timeout(clock::instant()),
                    }
                    self.send_actions();
                }
            }
        }
    }

    /// Drops commands while the session is not open.
    pub fn command(&mut self, command: &EngineCommand, now: Instant) {
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        match command {
            EngineCommand::AppendAudio(audio) => {
                let is_voice = self.detector.detect(audio, false);
                self.turns.caller_audio(audio, is_voice, now);
                self.send([wire::append(audio.base64())]);
            }
            EngineCommand::Hint(text) => {
                self.turns.command(&EngineCommand::Hint(realtime::hint_note(text)), now);
            }
            command => self.turns.command(command, now),
        }
        self.send_actions();
    }

    /// Sends queued messages, as far as the server accepts them without blocking.
    pub fn try_flush(&mut self) {
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.try_flush()
        {
            self.failed = Some(Failure { retry: true, reason: error.to_string() });
        }
    }

    /// Ends the session immediately, because each second of it costs money.
    pub async fn close(self) {
        if let State::Open(mut socket) = self.state {
            // The session ends with its socket, too.
            let _ = socket.queue(wire::close());
            socket.close(CloseCode::Normal, "").await;
        }
    }

    fn send_actions(&mut self) {
        while let Some(action) = self.turns.poll_action() {
            match action {
                LiveAction::Instruct(text) => self.send(wire::instruct(&text)),
                LiveAction::Inform(text) => self.send(wire::inform(&text)),
                LiveAction::FunctionOutput { id, output } => self.send([wire::function_output(&id, &output)]),
                LiveAction::Continue => self.send([wire::continue_backend()]),
            }
        }
    }

    fn send(&mut self, messages: impl IntoIterator<Item = String>) {
        let State::Open(socket) = &mut self.state else { return };
        for message in messages {
            if let Err(error) = socket.queue(message) {
                self.failed = Some(Failure { retry: true, reason: error.to_string() });
                return;
            }
        }
    }

    fn received(&mut self, received: Received) {
        match received {
            Received::Text(text) => self.read(&text),
            Received::Binary(_) | Received::Activity => {}
            received => self.failed = Some(lost(received)),
        }
    }

    fn read(&mut self, text: &Utf8Bytes) {
        let now = clock::instant();
        match wire::parse(text) {
            Some(ServerEvent::Audio(delta)) => {
                if let Some(audio) = EncodedAudio::parse(websocket::slice(text, delta)) {
                    self.turns.agent_audio(audio, now);
                }
            }
            Some(ServerEvent::AgentText { text, start_ms }) => self.turns.agent_words(&text, start_ms),
            Some(ServerEvent::CallerText { text, times_ms }) => self.turns.caller_words(&text, times_ms, now),
            Some(ServerEvent::Delegated) => self.turns.backend(BackendEvent::Began, now),
            Some(ServerEvent::FunctionCall { id, name, arguments }) => {
                let call = self.tools.classify(name, arguments);
                self.turns.backend(BackendEvent::Call { id, call }, now);
            }
            Some(ServerEvent::BackendDone { is_completed, usage }) => {
                let cost_micros = prices::text_cost_micros(&self.config.openai.chat_model, &usage);
                let (tokens_in, tokens_out) = (usage.input_tokens, usage.output_tokens);
                let usage = Usage { tokens_in, tokens_out, cost_micros };
                self.turns.backend(BackendEvent::Done { is_completed, usage }, now);
            }
            Some(ServerEvent::Seconds(seconds)) => self.charge(seconds),
            Some(ServerEvent::Closed { reason }) => {
                self.failed = Some(Failure { retry: true, reason: format!("closed: {reason}") });
            }
            Some(ServerEvent::Error { code, message }) => self.server_error(&code, &message),
            Some(ServerEvent::Started | ServerEvent::Other) | None => {}
        }
    }

    /// `seconds` is the duration of the session so far.
    fn charge(&mut self, seconds: f64) {
        let new = (seconds - self.charged_s).max(0.0);
        self.charged_s = self.charged_s.max(seconds);
        #[expect(clippy::cast_possible_truncation, reason = "a cost of at most some dollars")]
        let cost_micros = (new * wire::MICROS_PER_SECOND).round() as i64;
        self.turns.add_usage(Usage { cost_micros, ..Usage::default() });
    }

    fn server_error(&mut self, code: &str, message: &str) {
        if realtime::is_permanent(code) {
            self.failed = Some(Failure { retry: false, reason: code.to_owned() });
        } else {
            tracing::debug!(
                event = "ENGINE_ERROR",
                code,
                "GPT-Live reported an error, and the call continues: {code}: {message}"
            );
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("model", &self.config.openai.live_model).finish_non_exhaustive()
    }
}

async fn connect(setup: RealtimeSetup, delay: Duration) -> Result<OpenSocket, Failure> {
    tokio::time::sleep(delay).await;
    let config = &setup.config.openai;
    let key = config.key().ok_or_else(|| Failure { retry: false, reason: "no key".to_owned() })?;
    let limits = websocket::limits(READ_BUFFER, MAX_MESSAGE);
    let dialled = websocket::dial(&wire::url(config), KeyHeader::BEARER, key.expose(), limits).await;
    let mut socket = dialled.map_err(|DialError { retry, reason }| Failure { retry, reason })?;
    let tools = setup.tools.definitions();
    let tools: Vec<_> =
        tools.iter().map(|tool| realtime::function(&tool.name, &tool.description, &tool.parameters)).collect();
    let history = history(&setup);
    let parts = SessionParts { instructions: &setup.instructions, tools: &tools, history: &history };
    let failure = |error: tokio_tungstenite::tungstenite::Error| Failure { retry: true, reason: error.to_string() };
    socket.queue(wire::session_start(config, parts)).map_err(failure)?;
    socket.flush().await.map_err(failure)?;
    loop {
        match socket.receive().await {
            Received::Text(text) => match wire::parse(&text) {
                Some(ServerEvent::Started) => return Ok(socket),
                Some(ServerEvent::Error { code, message }) => {
                    let retry = !realtime::is_permanent(&code);
                    return Err(Failure { retry, reason: format!("{code}: {message}") });
                }
                Some(ServerEvent::Closed { reason }) => {
                    return Err(Failure { retry: true, reason: format!("closed: {reason}") });
                }
                _ => {}
            },
            Received::Binary(_) | Received::Activity => {}
            received => return Err(lost(received)),
        }
    }
}

fn lost(received: Received) -> Failure {
    let reason = match received {
        Received::Closed(Some(frame)) => format!("closed: {} {}", frame.code, frame.reason),
        Received::Lost(error) => error.to_string(),
        _ => "closed".to_owned(),
    };
    let retry = !realtime::is_permanent(&reason);
    Failure { retry, reason }
}

/// The session accepts only texts, so earlier uses of tools are texts too.
fn history(setup: &RealtimeSetup) -> Vec<(Role, String)> {
    let name = realtime::caller_name_note(&setup.caller_name);
    let earlier = setup.caller_history.as_deref().map(realtime::caller_history_note);
    let known = name.into_iter().chain(earlier).map(|note| (Role::User, note));
    known.chain(setup.history.iter().filter_map(message)).collect()
}

fn message(turn: &HistoryTurn) -> Option<(Role, String)> {
    Some(match turn.speaker {
        Speaker::Agent => (Role::Agent, turn.text.clone()),
        Speaker::Caller => (Role::User, turn.text.clone()),
        Speaker::System => (Role::Developer, realtime::hint_note(&turn.text)),
        Speaker::Employee => (Role::Developer, turn.employee_note()),
        Speaker::Tool => {
            let tool = ToolUse::from_text(&turn.text)?;
            let (arguments, output) = (tool.arguments.to_string(), tool.output_for_model());
            (Role::User, format!("(Data: the tool {} was used with {arguments}. Its output: {output})", tool.name))
        }
    })
}

async fn until(timeout: Option<Instant>) {
    match timeout {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
