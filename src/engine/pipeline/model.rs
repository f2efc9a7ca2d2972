//! A client for language models with OpenAI's Responses API or chat completions API.

mod race;
mod refusal;

use super::parts::{Model, Question};
use super::response_socket::{Connection, Received, ResponseSocket};
use crate::agent::tool::ToolRegistry;
use crate::call::Usage;
use crate::config::{Config, ModelServer};
use crate::pipeline::{Entry, ModelEvent};
use crate::providers::http_client;
use crate::providers::openai::ChatRole;
use crate::providers::openai::chat::{self, ChatEvent, ChatStream};
use crate::providers::openai::realtime::hint_note;
use crate::providers::openai::response_stream::{self as responses, Opening, ResponseStream};
use crate::providers::openai::sse::Malformed;
use crate::providers::websocket::DialError;
use crate::telemetry::log::inherit_subject;
use futures_util::future::BoxFuture;
use race::Race;
use refusal::{Refusal, failed, refusal, refusal_of, unreadable};
use serde_json::Value;
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
}

impl LanguageModel {
    pub(super) fn new(
        config: Arc<Config>,
        client: reqwest::Client,
        instructions: Arc<str>,
        tools: ToolRegistry,
    ) -> Self {
        let api =
            if config.model_server().is_some_and(|server| server.uses_responses) { Api::Responses } else { Api::Chat };
        let definitions = api.functions(&tools);
        let (sender, receiver) = mpsc::channel(BUFFER);
        let rejected_efforts = Arc::default();
        let socket = matches!(api, Api::Responses).then(|| Arc::new(ResponseSocket::open(config.clone())));
        let asker = Asker { config, client, instructions, tools, definitions, api, socket, rejected_efforts };
        Self { asker, tasks: JoinSet::new(), race: Race::default(), sender, receiver }
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
        let (mut stream, mut efforts) = (ResponseStream::default(), self.efforts());
        let mut event = loop {
            // If the connection is lost, the next event says why.
            let _ = connection.send(responses::socket_message(self.body(question, &efforts)?)).await;
            match first_event(&mut connection, &mut stream).await {
                Ok(First::Event(event)) => break event,
                Ok(First::Lost(error)) => {
                    if !connection.was_open() {
                        socket.reject(&error);
                    }
                    return Ok(OverSocket::NotAnswered);
                }
                Ok(First::ConnectionEnded) => return Ok(OverSocket::NotAnswered),
                Ok(First::Unreadable) => return Err(unreadable(Malformed)),
                Err(refusal) => {
                    if let Err(failure) = efforts.refused(refusal) {
                        socket.put_back(connection);
                        return Err(failure);
                    }
                }
            }
        };
        efforts.accepted();
        events.send(ModelEvent::Activity).await;
        loop {
            if let Some(event) = event {
                let is_done = matches!(event, ChatEvent::Done { .. });
                events.send(self.event(event)).await;
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
        let mut stream = self.api.stream();
        events.send(ModelEvent::Activity).await;
        loop {
            let chunk = response.chunk().await.map_err(lost)?;
            let received = match &chunk {
                Some(bytes) => stream.push(bytes).map_err(unreadable)?,
                None => stream.finish().map_err(unreadable)?,
            };
            for event in received {
                let is_done = matches!(event, ChatEvent::Done { .. });
                events.send(self.event(event)).await;
                if is_done {
                    return Ok(());
                }
            }
        }
    }

    fn event(&self, event: ChatEvent) -> ModelEvent {
        match event {
            ChatEvent::Text(text) => ModelEvent::Text(text),
            ChatEvent::ToolCall { name, arguments } => {
                let call = self.tools.classify(name.clone(), arguments.clone());
                ModelEvent::ToolCall { name, arguments, call }
            }
            ChatEvent::Done { is_complete, is_filtered, tokens: (tokens_in, tokens_out) } => {
                ModelEvent::Done { is_complete, is_filtered, usage: Usage { tokens_in, tokens_out, cost_micros: 0 } }
            }
        }
    }

    async fn request(&self, question: &Question) -> Result<reqwest::Response, ModelEvent> {
        let (server, mut efforts) = (self.server()?, self.efforts());
        loop {
            let body = self.body(question, &efforts)?;
            let request = self.client.post(format!("{}/{}", server.base_url, self.api.path())).json(&body);
            let request = match server.key {
                Some(key) => request.bearer_auth(key.expose()),
                None => request,
            };
            let response = request.timeout(LIMIT).send().await;
            let response = response.map_err(|error| failed(true, None, &http_client::root_cause(&error)))?;
            if response.status().is_success() {
                efforts.accepted();
                return Ok(response);
            }
            efforts.refused(refusal(response).await)?;
        }
    }

    fn efforts(&self) -> Efforts<'_> {
        let candidates = self.config.openai.reasoning_effort.candidates();
        Efforts { candidates, of_call: &self.rejected_efforts, rejected: self.rejected_efforts.load(Ordering::Relaxed) }
    }

    fn server(&self) -> Result<ModelServer<'_>, ModelEvent> {
        self.config.model_server().ok_or_else(|| failed(false, None, "the model has no key"))
    }

    fn body(&self, question: &Question, efforts: &Efforts<'_>) -> Result<Value, ModelEvent> {
        let (instructions, messages) = (self.instructions(question), self.api.messages(&question.conversation));
        Ok(self.api.body(self.server()?.model, &instructions, &messages, &self.definitions, efforts.next()))
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

/// The search for the lowest reasoning effort that the model accepts, so that the answer starts early. After a
/// rejection, the request is retried with the next effort, and finally without this parameter.
struct Efforts<'a> {
    candidates: &'static [&'static str],
    of_call: &'a AtomicUsize,
    /// The number of candidates that the model has rejected.
    rejected: usize,
}

impl Efforts<'_> {
    fn next(&self) -> Option<&'static str> {
        self.candidates.get(self.rejected).copied()
    }

    /// Records that the model accepts a request, for the further requests of the call.
    fn accepted(&self) {
        self.of_call.fetch_max(self.rejected, Ordering::Relaxed);
    }

    /// Fails unless another effort can be tried.
    fn refused(&mut self, refusal: Refusal) -> Result<(), ModelEvent> {
        if !refusal.is_effort || self.next().is_none() {
            return Err(refusal.failure);
        }
        self.rejected += 1;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Api {
    Chat,
    Responses,
}

enum AnswerStream {
    Chat(ChatStream),
    Responses(ResponseStream),
}

impl Api {
    fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Responses => "responses",
        }
    }

    fn functions(self, tools: &ToolRegistry) -> Arc<[Value]> {
        let definitions = tools.definitions();
        definitions.iter().map(|tool| self.function(&tool.name, &tool.description, &tool.parameters)).collect()
    }

    fn function(self, name: &str, description: &str, parameters: &Value) -> Value {
        match self {
            Self::Chat => chat::function(name, description, parameters),
            Self::Responses => responses::function(name, description, parameters),
        }
    }

    /// Leaves out hints from staff, which are part of the instructions.
    fn messages(self, conversation: &[Entry]) -> Vec<Value> {
        conversation.iter().flat_map(|entry| self.entry(entry)).collect()
    }

    fn entry(self, entry: &Entry) -> Vec<Value> {
        match (self, entry) {
            (_, Entry::Staff(_)) => Vec::new(),
            (Self::Chat, Entry::Caller(text)) => vec![chat::message(ChatRole::User, text)],
            (Self::Responses, Entry::Caller(text)) => vec![responses::message(ChatRole::User, text)],
            (Self::Chat, Entry::Agent { text, calls }) if calls.is_empty() => {
                vec![chat::message(ChatRole::Assistant, text)]
            }
            (Self::Chat, Entry::Agent { text, calls }) => {
                let calls: Vec<_> =
                    calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect();
                vec![chat::calling_message(text, &calls)]
            }
            (Self::Responses, Entry::Agent { text, calls }) => {
                let said = Some(text)
                    .filter(|text| !text.is_empty())
                    .map(|text| responses::message(ChatRole::Assistant, text));
                let calls = calls.iter().map(|call| responses::call(&call.id, &call.name, &call.arguments));
                said.into_iter().chain(calls).collect()
            }
            (Self::Chat, Entry::ToolOutput { id, output }) => vec![chat::tool_message(id, output)],
            (Self::Responses, Entry::ToolOutput { id, output }) => vec![responses::output(id, output)],
        }
    }

    fn body(self, model: &str, instructions: &str, messages: &[Value], tools: &[Value], effort: Option<&str>) -> Value {
        match self {
            Self::Chat => {
                let system = chat::message(ChatRole::System, instructions);
                let messages: Vec<_> = std::iter::once(system).chain(messages.iter().cloned()).collect();
                chat::body(model, &messages, tools, effort)
            }
            Self::Responses => responses::body(model, instructions, messages, tools, effort),
        }
    }

    fn stream(self) -> AnswerStream {
        match self {
            Self::Chat => AnswerStream::Chat(ChatStream::default()),
            Self::Responses => AnswerStream::Responses(ResponseStream::default()),
        }
    }
}

impl AnswerStream {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<ChatEvent>, Malformed> {
        match self {
            Self::Chat(stream) => stream.push(bytes),
            Self::Responses(stream) => stream.push(bytes),
        }
    }

    fn finish(&mut self) -> Result<Vec<ChatEvent>, Malformed> {
        match self {
            Self::Chat(stream) => stream.finish(),
            Self::Responses(stream) => stream.finish(),
        }
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
    Unreadable,
}

async fn first_event(connection: &mut Connection, stream: &mut ResponseStream) -> Result<First, Refusal> {
    loop {
        let text = match connection.next().await {
            Received::Opened => continue,
            Received::Event(text) => text,
            Received::Lost(error) => return Ok(First::Lost(error)),
        };
        return match stream.open(&text) {
            Err(Malformed) => Ok(First::Unreadable),
            Ok(Opening::Answer(event)) => Ok(First::Event(event)),
            Ok(Opening::Rejected { error, .. })
                if error["code"].as_str().unwrap_or_default().starts_with("websocket_") =>
            {
                Ok(First::ConnectionEnded)
            }
            Ok(Opening::Rejected { status, error }) => Err(refusal_of(status, None, &error)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tool::PhoneTools;
    use crate::pipeline::ToolRequest;

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
        let body = api.body("some-model", "be brief", &api.messages(&conversation), &tools, Some("none"));
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
