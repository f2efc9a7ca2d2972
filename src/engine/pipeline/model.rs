//! A client for language models with OpenAI's Responses API or chat completions API.

mod api;
mod attempts;
mod memory;
mod race;
mod refusal;

use super::parts::{Model, Question};
use super::response_socket::{Connection, Received, ResponseSocket};
use crate::agent::tool::ToolRegistry;
use crate::call::Usage;
use crate::config::{Config, ModelServer};
use crate::pipeline::{Entry, ModelEvent};
use crate::providers::http_client;
use crate::providers::openai::answer_text::AnswerText;
use crate::providers::openai::chat::ChatEvent;
use crate::providers::openai::realtime::hint_note;
use crate::providers::openai::response_stream::{self as responses, Opening, ResponseStream};
use crate::providers::openai::sse::StreamError;
use crate::providers::websocket::DialError;
use crate::telemetry::log::inherit_subject;
use api::Api;
use attempts::Attempts;
use futures_util::future::BoxFuture;
use memory::Beginning;
pub use memory::ModelMemory;
use race::Race;
use refusal::{Refusal, failed, refusal, refusal_of, unreadable, unspeakable};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;

/// The maximum time for an answer. The session's own timeout for an answer without data is much shorter.
const LIMIT: Duration = Duration::from_mins(1);
const BUFFER: usize = 64;

pub(super) struct LanguageModel {
    asker: Asker,
    /// Dropping the set aborts the running requests.
    tasks: JoinSet<()>,
    /// Which of the requests is used, if the newest one was sent twice.
    race: Race,
    sender: Sender<Sent>,
    receiver: Receiver<Sent>,
}

/// An event with the number of its request, and the number of the request's copy.
type Sent = (u64, usize, ModelEvent);

/// Sends the events of one copy of a request.
struct Events<'a> {
    request: u64,
    copy: usize,
    sender: &'a Sender<Sent>,
}

impl Events<'_> {
    async fn send(&self, event: ModelEvent) {
        // Fails only if the engine, and with it the receiver, was dropped.
        let _ = self.sender.send((self.request, self.copy, event)).await;
    }
}

/// The data that a request task needs; cheap to clone.
#[derive(Clone)]
struct Asker {
    config: Arc<Config>,
    client: reqwest::Client,
    instructions: Arc<str>,
    tools: ToolRegistry,
    definitions: Arc<[Value]>,
    api: Api,
    /// The connection for requests to the Responses API.
    socket: Option<Arc<ResponseSocket>>,
    /// The number of candidates for the reasoning effort that the model has rejected in this call.
    rejected_efforts: Arc<AtomicUsize>,
    memory: ModelMemory,
}

impl LanguageModel {
    pub(super) fn new(
        config: Arc<Config>,
        client: reqwest::Client,
        instructions: Arc<str>,
        tools: ToolRegistry,
        memory: ModelMemory,
    ) -> Self {
        let api =
            if config.model_server().is_some_and(|server| server.uses_responses) { Api::Responses } else { Api::Chat };
        let definitions = api.functions(&tools);
        let (sender, receiver) = mpsc::channel(BUFFER);
        let rejected_efforts = Arc::default();
        let socket = matches!(api, Api::Responses).then(|| Arc::new(ResponseSocket::open(config.clone())));
        let asker = Asker { config, client, instructions, tools, definitions, api, socket, rejected_efforts, memory };
        Self { asker, tasks: JoinSet::new(), race: Race::default(), sender, receiver }
    }

    /// Returns true if answers of the model contained its reasoning.
    pub(super) fn writes_reasoning(&self) -> bool {
        let server = self.asker.config.model_server();
        server.is_some_and(|server| self.asker.memory.of(&server).writes_reasoning)
    }
}

impl Model for LanguageModel {
    fn ask(&mut self, question: Question) {
        self.stop();
        let question = Arc::new(question);
        let copies = (0..if question.is_twice { 2 } else { 1 }).map(|copy| {
            let (asker, question, sender) = (self.asker.clone(), question.clone(), self.sender.clone());
            self.tasks.spawn(inherit_subject(async move {
                let events = Events { request: question.request, copy, sender: &sender };
                if let Err(failed) = asker.answer(&question, &events).await {
                    events.send(failed).await;
                }
            }))
        });
        self.race = Race::new(question.request, copies.collect());
    }

    fn stop(&mut self) {
        self.tasks.abort_all();
        while self.tasks.try_join_next().is_some() {}
    }

    fn next(&mut self) -> BoxFuture<'_, (u64, ModelEvent)> {
        Box::pin(async move {
            loop {
                let Some((request, copy, event)) = self.receiver.recv().await else {
                    // Never happens, because `self.sender` keeps the channel open.
                    std::future::pending().await
                };
                if self.race.passes(request, copy, &event) {
                    return (request, event);
                }
            }
        })
    }
}

impl Asker {
    /// If the request fails, returns the last event as an error.
    async fn answer(&self, question: &Question, events: &Events<'_>) -> Result<(), ModelEvent> {
        if let Some(socket) = &self.socket
            && let Some(connection) = socket.take()
        {
            let over_socket = self.answer_over_socket(question, events, socket, connection);
            let late = |_| failed(true, None, "no answer within a minute");
            if tokio::time::timeout(LIMIT, over_socket).await.map_err(late)?? == OverSocket::Answered {
                return Ok(());
            }
        }
        self.answer_over_http(question, events).await
    }

    async fn answer_over_socket(
        &self,
        question: &Question,
        events: &Events<'_>,
        socket: &ResponseSocket,
        mut connection: Connection,
    ) -> Result<OverSocket, ModelEvent> {
        let (mut stream, mut attempts) = (ResponseStream::default(), self.attempts()?);
        let mut event = loop {
            // If the connection is lost, the next event says why.
            let _ = connection.send(responses::socket_message(self.body(question, &attempts)?)).await;
            match first_event(&mut connection, &mut stream).await {
                Ok(First::Event(event)) => break event,
                Ok(First::Lost(error)) => {
                    if !connection.was_open() {
                        socket.reject(&error);
                    }
                    return Ok(OverSocket::NotAnswered);
                }
                Ok(First::ConnectionEnded) => return Ok(OverSocket::NotAnswered),
                Ok(First::Unreadable(error)) => return Err(unreadable(error)),
                Err(refusal) => {
                    if let Err(failure) = attempts.refused(refusal) {
                        socket.put_back(connection);
                        return Err(failure);
                    }
                }
            }
        };
        attempts.accepted();
        events.send(ModelEvent::Activity).await;
        let mut answer = self.answer_text()?;
        loop {
            if let Some(event) = event {
                let is_done = matches!(event, ChatEvent::Done { .. });
                self.send_event(event, &mut answer, events).await?;
                if is_done {
                    socket.put_back(connection);
                    return Ok(OverSocket::Answered);
                }
            }
            event = match connection.next().await {
                Received::Opened => None,
                Received::Event(text) => stream.read(&text).map_err(unreadable)?,
                Received::Lost(_) => return Err(failed(true, None, "the connection was lost")),
            };
        }
    }

    async fn answer_over_http(&self, question: &Question, events: &Events<'_>) -> Result<(), ModelEvent> {
        let mut response = self.request(question).await?;
        let lost = |error: reqwest::Error| failed(true, None, &http_client::root_cause(&error));
        let (mut stream, mut answer) = (self.api.stream(), self.answer_text()?);
        events.send(ModelEvent::Activity).await;
        loop {
            let chunk = response.chunk().await.map_err(lost)?;
            let received = match &chunk {
                Some(bytes) => stream.push(bytes).map_err(unreadable)?,
                None => stream.finish().map_err(unreadable)?,
            };
            for event in received {
                let is_done = matches!(event, ChatEvent::Done { .. });
                self.send_event(event, &mut answer, events).await?;
                if is_done {
                    return Ok(());
                }
            }
        }
    }

    fn answer_text(&self) -> Result<AnswerText, ModelEvent> {
        Ok(AnswerText::new(self.memory.of(&self.server()?).beginning != Beginning::Words))
    }

    /// Sends an event of the server, with the words that a caller may hear.
    async fn send_event(
        &self,
        event: ChatEvent,
        answer: &mut AnswerText,
        events: &Events<'_>,
    ) -> Result<(), ModelEvent> {
        let (is_text, is_complete) =
            (matches!(event, ChatEvent::Text(_)), !matches!(event, ChatEvent::Done { is_complete: false, .. }));
        let words = match &event {
            ChatEvent::Text(text) => answer.push(text),
            ChatEvent::ToolCall { .. } | ChatEvent::Done { .. } => answer.finish(),
        };
        self.learn(answer, words.is_ok() && !matches!(event, ChatEvent::Done { .. }));
        let words = words.map_err(unspeakable)?;
        // The end of an incomplete answer may be reasoning whose last tag is missing.
        let words = if is_complete { words } else { String::new() };
        match event {
            _ if !words.is_empty() => events.send(ModelEvent::Text(words)).await,
            _ if is_text => events.send(ModelEvent::Activity).await,
            _ => {}
        }
        match event {
            ChatEvent::Text(_) => {}
            ChatEvent::ToolCall { name, arguments } => {
                let call = self.tools.classify(name.clone(), arguments.clone());
                events.send(ModelEvent::ToolCall { name, arguments, call }).await;
            }
            ChatEvent::Done { is_complete, is_filtered, tokens: (tokens_in, tokens_out) } => {
                let usage = Usage { tokens_in, tokens_out, cost_micros: 0 };
                events.send(ModelEvent::Done { is_complete, is_filtered, usage }).await;
            }
        }
        Ok(())
    }

    /// Records what an answer shows about the model. If it `continues`, the rest of it is not known.
    fn learn(&self, answer: &AnswerText, continues: bool) {
        let Some(server) = self.config.model_server() else { return };
        let known = self.memory.of(&server);
        let writes_reasoning = known.writes_reasoning || answer.has_reasoning();
        let beginning = match answer.begins_with_reasoning() {
            Some(is_reasoning) if !continues => known.beginning.after(is_reasoning),
            _ => known.beginning,
        };
        if (writes_reasoning, beginning) != (known.writes_reasoning, known.beginning) {
            self.memory
                .learn(&server, |known| (known.writes_reasoning, known.beginning) = (writes_reasoning, beginning));
        }
    }

    async fn request(&self, question: &Question) -> Result<reqwest::Response, ModelEvent> {
        let (server, mut attempts) = (self.server()?, self.attempts()?);
        loop {
            let body = self.body(question, &attempts)?;
            let request = self.client.post(format!("{}/{}", server.base_url, self.api.path())).json(&body);
            let request = match server.key {
                Some(key) => request.bearer_auth(key.expose()),
                None => request,
            };
            let response = request.timeout(LIMIT).send().await;
            let response = response.map_err(|error| failed(true, None, &http_client::root_cause(&error)))?;
            if response.status().is_success() {
                attempts.accepted();
                return Ok(response);
            }
            attempts.refused(refusal(response).await)?;
        }
    }

    fn attempts(&self) -> Result<Attempts<'_>, ModelEvent> {
        let server = self.server()?;
        Ok(Attempts {
            candidates: self.config.openai.reasoning_effort.candidates(),
            of_call: &self.rejected_efforts,
            rejected: self.rejected_efforts.load(Ordering::Relaxed),
            fields: self.memory.of(&server).fields,
            memory: &self.memory,
            server,
        })
    }

    fn server(&self) -> Result<ModelServer<'_>, ModelEvent> {
        self.config.model_server().ok_or_else(|| failed(false, None, "the model has no key"))
    }

    fn body(&self, question: &Question, attempts: &Attempts<'_>) -> Result<Value, ModelEvent> {
        let (instructions, messages) = (self.instructions(question), self.api.messages(&question.conversation));
        let form = (attempts.effort(), attempts.fields);
        Ok(self.api.body(self.server()?.model, &instructions, &messages, &self.definitions, form))
    }

    fn instructions(&self, question: &Question) -> String {
        let staff = question.conversation.iter().filter_map(|entry| match entry {
            Entry::Staff(text) => Some(hint_note(text)),
            _ => None,
        });
        let all = std::iter::once(self.instructions.to_string()).chain(staff).chain(question.instructions.clone());
        all.collect::<Vec<_>>().join("\n\n")
    }
}

/// The result of a request over a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OverSocket {
    Answered,
    /// The connection failed before the answer began, so the request can be sent over HTTP.
    NotAnswered,
}

/// The first event after a request over a WebSocket.
enum First {
    Event(Option<ChatEvent>),
    Lost(DialError),
    /// The error concerns the connection, such as its end after 60 minutes, and not the request.
    ConnectionEnded,
    Unreadable(StreamError),
}

async fn first_event(connection: &mut Connection, stream: &mut ResponseStream) -> Result<First, Refusal> {
    loop {
        let text = match connection.next().await {
            Received::Opened => continue,
            Received::Event(text) => text,
            Received::Lost(error) => return Ok(First::Lost(error)),
        };
        return match stream.open(&text) {
            Err(error) => Ok(First::Unreadable(error)),
            Ok(Opening::Answer(event)) => Ok(First::Event(event)),
            Ok(Opening::Rejected { error, .. })
                if error["code"].as_str().unwrap_or_default().starts_with("websocket_") =>
            {
                Ok(First::ConnectionEnded)
            }
            Ok(Opening::Rejected { status, error }) => Err(refusal_of(status, None, &json!({ "error": error }))),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tool::PhoneTools;
    use crate::pipeline::ToolRequest;
    use crate::providers::openai::chat::ChatFields;

    fn request(api: Api) -> String {
        let calls = vec![ToolRequest {
            id: "call_1".to_owned(),
            name: "find_appointments".to_owned(),
            arguments: r#"{"day":"2026-11-18"}"#.to_owned(),
        }];
        let conversation = [
            Entry::Caller("יש לי תור היום?".to_owned()),
            Entry::Agent { text: "רגע, אני בודקת.".to_owned(), calls },
            Entry::ToolOutput { id: "call_1".to_owned(), output: r#"{"appointments":[]}"#.to_owned() },
            Entry::Staff("The shop closes at 18:00 today.".to_owned()),
            Entry::Agent { text: "אין לך תור היום.".to_owned(), calls: Vec::new() },
        ];
        let tools = api.functions(&ToolRegistry::for_phone(PhoneTools::ALL));
        let body = api.body(
            "some-model",
            "be brief",
            &api.messages(&conversation),
            &tools,
            (Some("none"), ChatFields::default()),
        );
        serde_json::to_string_pretty(&body).unwrap()
    }

    #[test]
    fn a_request_with_all_tools_to_the_responses_api() {
        insta::assert_snapshot!(request(Api::Responses));
    }

    #[test]
    fn a_request_with_all_tools_for_a_chat_completion() {
        insta::assert_snapshot!(request(Api::Chat));
    }
}
