//! A written conversation with the pipeline's language model: as in a call, but without a transcriber and a
//! synthesiser.

use super::parts::{Model, Question};
use super::{LanguageModel, PipelineSetup};
use crate::call::ToolCall;
use crate::clock;
use crate::pipeline::{Entry, ModelEvent, ToolRequest};
use crate::providers::openai::prices::{TextUsage, text_cost_micros};
use std::time::Duration;

/// How often a request with a temporary failure is repeated at most.
const MAX_RETRIES: u32 = 4;
/// The delay before a repeated request, if the server does not specify one.
const RETRY_DELAY: Duration = Duration::from_secs(1);

pub struct TextConversation {
    model: LanguageModel,
    /// The model's name if the server at `openai.base_url` provides the model, so that OpenAI's prices apply; otherwise
    /// `None`.
    priced_model: Option<String>,
    entries: Vec<Entry>,
    requests: u64,
    calls: u64,
}

/// An answer of the model. If it ends with tool calls, the model continues the answer after their outputs.
#[derive(Debug, Default)]
pub struct TextAnswer {
    pub text: String,
    /// The tool calls, each with the action for the call session.
    pub calls: Vec<(ToolRequest, ToolCall)>,
    /// The time from the request to the first word.
    pub first_text: Option<Duration>,
    /// The time from the request to the end of the answer.
    pub duration: Duration,
    /// Input tokens; zero if the server does not report them.
    pub tokens_in: i64,
    /// Output tokens, including the reasoning tokens; zero if the server does not report them.
    pub tokens_out: i64,
    /// The cost in millionths of a dollar, without the discount for repeated input; `None` if the prices are not known.
    pub cost_micros: Option<i64>,
}

impl TextConversation {
    /// The transcriber and the synthesiser of the setup are not used.
    pub fn new(setup: PipelineSetup) -> Self {
        let entries = setup.notes().into_iter().map(Entry::Caller).collect();
        let config = &setup.config;
        let server = config.model_server().filter(|server| *server.base_url == config.openai.base_url);
        let priced_model = server.map(|server| server.model.to_owned());
        let model = LanguageModel::new(setup.config, setup.client, setup.instructions, setup.tools, setup.model_memory);
        Self { model, priced_model, entries, requests: 0, calls: 0 }
    }

    /// Adds words of the caller, or appends them to the caller's last words if the agent has not answered since.
    pub fn caller_says(&mut self, text: &str) {
        match self.entries.last_mut() {
            // The templates of some models require that the sides alternate.
            Some(Entry::Caller(before)) => {
                before.push('\n');
                before.push_str(text);
            }
            _ => self.entries.push(Entry::Caller(text.to_owned())),
        }
    }

    /// Shortens the agent's last words to those that the caller heard before interrupting the agent.
    pub fn agent_was_heard(&mut self, words: usize) {
        if let Some(Entry::Agent { text, .. }) = self.entries.last_mut() {
            *text = text.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
        }
    }

    pub fn tool_output(&mut self, id: &str, output: &str) {
        self.entries.push(Entry::ToolOutput { id: id.to_owned(), output: output.to_owned() });
    }

    /// Returns the reason if there is no answer.
    pub async fn answer(&mut self) -> Result<TextAnswer, String> {
        let mut tries = 0;
        loop {
            match self.try_answer().await {
                Ok(answer) => {
                    let calls = answer.calls.iter().map(|(request, _)| request.clone()).collect();
                    self.entries.push(Entry::Agent { text: answer.text.clone(), calls });
                    return Ok(answer);
                }
                Err((true, wait, _)) if tries < MAX_RETRIES => {
                    tries += 1;
                    tokio::time::sleep(wait.unwrap_or(RETRY_DELAY)).await;
                }
                Err((_, _, reason)) => return Err(reason),
            }
        }
    }

    async fn try_answer(&mut self) -> Result<TextAnswer, (bool, Option<Duration>, String)> {
        let asked = clock::instant();
        let mut answer = TextAnswer::default();
        self.requests += 1;
        let conversation = self.entries.clone();
        self.model.ask(Question { request: self.requests, instructions: None, conversation, is_twice: false });
        loop {
            let (request, event) = self.model.next().await;
            if request != self.requests {
                continue;
            }
            match event {
                ModelEvent::Activity => {}
                ModelEvent::Text(text) => {
                    answer.first_text.get_or_insert_with(|| clock::instant() - asked);
                    answer.text.push_str(&text);
                }
                ModelEvent::ToolCall { name, arguments, call } => {
                    self.calls += 1;
                    let id = format!("call.{}", self.calls);
                    answer.calls.push((ToolRequest { id, name, arguments }, call));
                }
                ModelEvent::Done { usage, .. } => {
                    (answer.tokens_in, answer.tokens_out) = (usage.tokens_in, usage.tokens_out);
                    let tokens = TextUsage {
                        input_tokens: usage.tokens_in,
                        output_tokens: usage.tokens_out,
                        ..TextUsage::default()
                    };
                    answer.cost_micros = self.priced_model.as_ref().map(|model| text_cost_micros(model, &tokens));
                    answer.duration = clock::instant() - asked;
                    answer.text = answer.text.trim().to_owned();
                    return Ok(answer);
                }
                ModelEvent::Failed { retry, retry_after, reason } => return Err((retry, retry_after, reason)),
            }
        }
    }
}
