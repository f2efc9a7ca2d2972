//! OpenAI Realtime as a voice engine. Mu-law audio is forwarded in both directions without conversion.

mod connect;
mod pcm;

use crate::agent::tool::ToolRegistry;
use crate::audio::EncodedAudio;
use crate::call::{EngineCommand, EngineEvent, ItemId, ResponseId, ResponseOutcome, ResponseRequest, Usage};
use crate::clock;
use crate::config::{AudioFormat, Config, TurnDetection};
use crate::providers::openai::prices;
use crate::providers::openai::realtime::{self as wire, CallerAudio, ServerEvent};
use crate::providers::websocket::{self, Received};
use connect::{Failure, OpenSocket, Opened, connect, lost};
pub use connect::{FieldStatus, RealtimeSetup, RejectedFields};
use pcm::AgentPcm;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The interval between pings. If the server sends no data after two pings, the connection is treated as lost.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// OpenAI's error code for too many requests.
const RATE_LIMITED: &str = "rate_limit_exceeded";

type Opening = Pin<Box<dyn Future<Output = Result<Opened, Failure>> + Send>>;

pub struct Realtime {
    config: Arc<Config>,
    /// The general instructions. A response request with its own instructions must repeat the general instructions,
    /// because the request overrides those of the session.
    instructions: Arc<str>,
    tools: ToolRegistry,
    caller_audio: CallerAudio,
    /// The conversion of the agent's audio. None if the session sends telephone audio.
    pcm: Option<AgentPcm>,
    state: State,
    /// Events that `next` has not returned yet; one message of the server may cause several events.
    events: VecDeque<EngineEvent>,
    keep_alive: Interval,
    missed: u32,
    /// Whether the server transcribes the caller's speech.
    is_transcribed: bool,
    /// The time until an exhausted rate limit is reset, as last reported by the server; `None` if none is exhausted.
    limits_reset: Option<Duration>,
    /// The price of the transcriptions since the last response, in millionths of a dollar. OpenAI bills them apart from
    /// the responses.
    transcriptions_micros: i64,
    // The last ids, as a cache. The deltas of one utterance arrive in sequence, and thus share one allocation of their
    // id.
    last_item: ItemId,
    last_response: ResponseId,
}

enum State {
    Opening(Opening),
    Open(Box<OpenSocket>),
    Lost,
}

impl Realtime {
    /// Opens a session and closes it again, as a test. Returns the fields of `session.update` that the server rejects
    /// and that calls omit.
    ///
    /// # Errors
    /// The reason why the session failed.
    pub async fn try_session(setup: RealtimeSetup) -> Result<Vec<&'static str>, String> {
        let rejected = setup.rejected.clone();
        let opened = connect(setup, Duration::ZERO).await.map_err(|failure| failure.reason)?;
        opened.socket.close(CloseCode::Normal, "").await;
        Ok(rejected.names())
    }

    pub fn open(setup: RealtimeSetup, delay: Duration) -> Self {
        let (config, instructions, tools) = (setup.config.clone(), setup.instructions.clone(), setup.tools.clone());
        let format = config.openai.audio_format;
        let pcm = (format == AudioFormat::Pcm).then(AgentPcm::new);
        let opening = Box::pin(connect(setup, delay));
        let mut keep_alive = interval_at((clock::instant() + KEEP_ALIVE).into(), KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            config,
            instructions,
            tools,
            caller_audio: CallerAudio::new(format),
            pcm,
            state: State::Opening(opening),
            events: VecDeque::new(),
            keep_alive,
            missed: 0,
            is_transcribed: true,
            limits_reset: None,
            transcriptions_micros: 0,
            last_item: Arc::from(""),
            last_response: Arc::from(""),
        }
    }

    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            match &mut self.state {
                State::Lost => std::future::pending().await,
                State::Opening(opening) => match opening.await {
                    Ok(Opened { socket, is_transcribed }) => {
                        self.state = State::Open(Box::new(socket));
                        self.is_transcribed = is_transcribed;
                        return EngineEvent::Ready;
                    }
                    Err(failure) => self.fail(failure),
                },
                State::Open(socket) => {
                    tokio::select! {
                        biased;
                        received = socket.receive() => self.received(received),
                        _ = self.keep_alive.tick() => self.check_keepalive(),
                    }
                }
            }
        }
    }

    /// Drops commands while the session is not open.
    pub fn command(&mut self, command: &EngineCommand) {
        let text = match command {
            // Only audio that is sent may advance the conversion.
            EngineCommand::AppendAudio(_) if !matches!(self.state, State::Open(_)) => return,
            EngineCommand::AppendAudio(audio) => self.caller_audio.append(audio),
            EngineCommand::Commit => wire::commit(),
            EngineCommand::Respond(ResponseRequest::Reply) => wire::create_response(None),
            EngineCommand::Respond(ResponseRequest::Instructed(what)) => {
                wire::create_response(Some(&format!("{}\n\n{what}", self.instructions)))
            }
            EngineCommand::Cancel { response } => wire::cancel(response),
            EngineCommand::Truncate { item, heard_ms } => wire::truncate(item, *heard_ms),
            EngineCommand::Delete { item } => wire::delete(item),
            EngineCommand::Keys(keys) => wire::history_message(false, &format!("[the caller pressed the keys {keys}]")),
            EngineCommand::Hint(text) => wire::hint(text),
            EngineCommand::Note(text) => wire::history_message(false, &format!("[{text}]")),
            EngineCommand::ToolOutput { id, output } => wire::tool_output(id, output),
        };
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.queue(text)
        {
            self.fail(lost(&error));
        }
    }

    /// Sends queued messages, as far as the server accepts them without blocking. [`Realtime::next`] sends the
    /// remaining messages.
    pub fn try_flush(&mut self) {
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.try_flush()
        {
            self.fail(lost(&error));
        }
    }

    /// Closes the session immediately, because an open session costs money.
    pub async fn close(self) {
        if let State::Open(socket) = self.state {
            socket.close(CloseCode::Normal, "").await;
        }
    }

    fn received(&mut self, received: Received) {
        self.missed = 0;
        match received {
            Received::Text(text) => self.read(&text),
            Received::Binary(_) | Received::Activity => {}
            Received::Closed(frame) => {
                let reason = frame
                    .map_or_else(|| "closed".to_owned(), |frame| format!("closed: {} {}", frame.code, frame.reason));
                self.fail(Failure { retry: true, reason });
            }
            Received::Lost(error) => self.fail(lost(&error)),
        }
    }

    fn check_keepalive(&mut self) {
        self.missed += 1;
        if self.missed > 2 {
            return self.fail(Failure { retry: true, reason: "no response to pings".into() });
        }
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.ping().and_then(|()| socket.try_flush())
        {
            self.fail(lost(&error));
        }
    }

    fn fail(&mut self, failure: Failure) {
        if !matches!(self.state, State::Lost) {
            self.state = State::Lost;
            self.events.push_back(EngineEvent::Failed { retry: failure.retry, reason: failure.reason });
        }
    }

    fn read(&mut self, text: &Utf8Bytes) {
        let Some(event) = wire::parse(text) else {
            return self.events.push_back(EngineEvent::Warning { code: "malformed_event".into() });
        };
        let event = match event {
            ServerEvent::AudioDelta { response_id, item_id, delta } => {
                let (response, item) = (self.response(&response_id), self.item(&item_id));
                let audio = match &mut self.pcm {
                    None => EncodedAudio::parse(websocket::slice(text, delta)),
                    Some(pcm) => pcm.decode(&response, &item, &delta),
                };
                match audio {
                    None => EngineEvent::Warning { code: "malformed_audio".into() },
                    Some(audio) if audio.is_empty() => EngineEvent::Activity,
                    Some(audio) => EngineEvent::AudioDelta { response, item, audio },
                }
            }
            ServerEvent::AudioDone { item_id } => {
                let item = self.item(&item_id);
                let rest = self.pcm.as_mut().and_then(|pcm| pcm.finish(&item));
                self.events.extend(rest.map(|(response, audio)| EngineEvent::AudioDelta {
                    response,
                    item: item.clone(),
                    audio,
                }));
                EngineEvent::AudioDone { item }
            }
            ServerEvent::AgentText { response_id, item_id, text, is_final } => EngineEvent::AgentText {
                response: self.response(&response_id),
                item: self.item(&item_id),
                text: text.into_owned(),
                is_final,
            },
            ServerEvent::SpeechStarted { item_id, audio_start_ms } => {
                let padding = u64::from(self.config.openai.vad_prefix_padding_ms);
                let at_ms = audio_start_ms.map(|ms| ms.saturating_add(padding));
                EngineEvent::SpeechStarted { item: item_id.as_ref().into(), at_ms }
            }
            ServerEvent::SpeechStopped { item_id, audio_end_ms } => {
                let at_ms = audio_end_ms.map(|ms| ms.saturating_sub(self.silence_ms()));
                let item: ItemId = item_id.as_ref().into();
                self.events.push_back(EngineEvent::SpeechStopped { item: item.clone(), at_ms });
                if self.is_transcribed {
                    return;
                }
                // The server rejected the transcription settings, so it will not report a transcription.
                EngineEvent::TranscriptionFailed { item }
            }
            ServerEvent::TranscriptionFailed { item_id } => {
                EngineEvent::TranscriptionFailed { item: item_id.as_ref().into() }
            }
            ServerEvent::CallerText { item_id, text, is_final, cost_micros } => {
                self.transcriptions_micros += cost_micros;
                EngineEvent::CallerText { item: item_id.as_ref().into(), text: text.into_owned(), is_final }
            }
            ServerEvent::ResponseCreated { id } => EngineEvent::ResponseStarted { response: self.response(&id) },
            ServerEvent::FunctionCall { response_id, call_id, name, arguments, is_complete: true } => {
                let response = self.response(&response_id);
                EngineEvent::ToolCall { response, id: call_id, call: self.tools.classify(name, arguments) }
            }
            ServerEvent::FunctionCall { name, .. } => {
                tracing::info!(
                    event = "TOOL_CALL_INCOMPLETE",
                    tool = name,
                    "The agent's request to run tool {name} was cut off before it was complete, so the tool does not run"
                );
                EngineEvent::Activity
            }
            ServerEvent::ResponseDone { id, status, is_filtered, error, message, usage } => {
                let outcome = self.outcome(&status, is_filtered, error.as_deref(), &message);
                self.response_done(&id, outcome, error, &usage);
                return;
            }
            ServerEvent::RateLimits { reset } => {
                self.limits_reset = reset;
                EngineEvent::Activity
            }
            ServerEvent::Error { kind, code, message, param: _ } => error_event(kind, code, &message),
            ServerEvent::SessionCreated | ServerEvent::SessionUpdated | ServerEvent::Other => EngineEvent::Activity,
        };
        self.events.push_back(event);
    }

    /// Returns the silence, in milliseconds, that the server adds to the reported end of speech.
    fn silence_ms(&self) -> u64 {
        match self.config.openai.turn_detection {
            TurnDetection::ServerVad => self.config.openai.server_silence_ms().into(),
            TurnDetection::SemanticVad => 0,
        }
    }

    fn outcome(&self, status: &str, is_filtered: bool, error: Option<&str>, message: &str) -> ResponseOutcome {
        match status {
            "completed" => ResponseOutcome::Completed,
            "incomplete" if is_filtered => ResponseOutcome::Filtered,
            "incomplete" => ResponseOutcome::Incomplete,
            "cancelled" => ResponseOutcome::Cancelled,
            _ => {
                let is_limited = error == Some(RATE_LIMITED);
                let reported = wire::retry_after(message).or(self.limits_reset);
                let reason = error.unwrap_or_default().into();
                ResponseOutcome::Failed { retry_after: reported.filter(|_| is_limited), reason }
            }
        }
    }

    fn response_done(&mut self, id: &str, outcome: ResponseOutcome, error: Option<String>, usage: &prices::Usage) {
        let cost_micros = prices::cost_micros(&self.config.openai.realtime_model, usage)
            + std::mem::take(&mut self.transcriptions_micros);
        let usage = Usage { tokens_in: usage.input_tokens, tokens_out: usage.output_tokens, cost_micros };
        let response = self.response(id);
        self.events.push_back(EngineEvent::ResponseDone { response, outcome, usage });
        if let Some(code) = error.filter(|code| wire::is_permanent(code)) {
            self.fail(Failure { retry: false, reason: code });
        }
    }

    fn item(&mut self, id: &str) -> ItemId {
        if *self.last_item != *id {
            self.last_item = id.into();
        }
        self.last_item.clone()
    }

    fn response(&mut self, id: &str) -> ResponseId {
        if *self.last_response != *id {
            self.last_response = id.into();
        }
        self.last_response.clone()
    }
}

impl fmt::Debug for Realtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realtime").field("model", &self.config.openai.realtime_model).finish_non_exhaustive()
    }
}

/// Converts an error of the server to an event: a failure if the error ends the session, otherwise a warning. Most
/// errors concern only one message.
fn error_event(kind: String, code: Option<String>, message: &str) -> EngineEvent {
    let code = code.unwrap_or(kind);
    if wire::is_permanent(&code) {
        return EngineEvent::Failed { retry: false, reason: code };
    }
    if code == "session_expired" {
        return EngineEvent::Failed { retry: true, reason: code };
    }
    tracing::debug!(
        event = "ENGINE_ERROR",
        code,
        "The Realtime engine reported an error, and the call continues: {code}: {message}"
    );
    EngineEvent::Warning { code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tool::PhoneTools;
    use crate::domain::ContactName;

    #[tokio::test]
    async fn the_next_response_includes_the_price_of_the_transcriptions() {
        let setup = RealtimeSetup {
            config: Arc::new(Config::default()),
            instructions: "be brief".into(),
            tools: ToolRegistry::for_phone(PhoneTools::ALL),
            language: "he".to_owned(),
            terms: Vec::new(),
            caller_name: ContactName::Unknown,
            caller_history: None,
            history: Vec::new(),
            rejected: RejectedFields::default(),
        };
        let mut engine = Realtime::open(setup, Duration::ZERO);
        let heard = r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","content_index":0,
            "transcript":"שלום","usage":{"type":"duration","seconds":60}}"#;
        let unpriced = r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","content_index":0,
            "transcript":"שלום","usage":{"type":"of the future","seconds":"many"}}"#;
        let done = r#"{"type":"response.done","response":{"id":"r","status":"completed","usage":{"output_tokens":100,
            "output_token_details":{"audio_tokens":100}}}}"#;
        for text in [heard, heard, unpriced, done, done] {
            engine.read(&Utf8Bytes::from(text));
        }
        let costs = engine.events.iter().filter_map(|event| match event {
            EngineEvent::ResponseDone { usage, .. } => Some(usage.cost_micros),
            _ => None,
        });
        assert_eq!(costs.collect::<Vec<_>>(), [6400 + 2 * 6000, 6400]);
        let texts = engine.events.iter().filter(|event| matches!(event, EngineEvent::CallerText { .. }));
        assert_eq!(texts.count(), 3, "a text is kept although its price is unknown");
    }
}
