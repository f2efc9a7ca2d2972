//! The script and the result of a rehearsed conversation.

use crate::config::Config;
use crate::crm;
use crate::crm::call::IncomingCall;
use crate::crm::rehearsal::{self, EarlierAppointment, Left};
use crate::domain::{CallSid, EngineKind, Timestamp, TurnLatency};
use crate::entropy;
use crate::runtime::ActivationError;
use crate::store::Store;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Scene {
    /// The caller as Twilio reports it: a number, or `anonymous`.
    pub from: String,
    /// The caller's name, if the business knows it.
    pub name: Option<String>,
    pub now: Timestamp,
    pub lines: Vec<CallerLine>,
    /// Appointments from before the call.
    pub earlier: Vec<EarlierAppointment>,
    /// The answers of the owner's own tools, which send no requests in a rehearsal.
    pub answers: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
pub struct CallerLine {
    /// The words, or in their place the mark of a sound without words.
    pub text: String,
    pub is_noise: bool,
    pub start: LineStart,
}

/// When the caller begins a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// After the agent's answer.
    AfterAnswer,
    /// After this number of words of the agent's answer: the caller interrupts the agent.
    AfterWords(usize),
    /// At this time after the caller's last words, whether or not the agent answers: the caller has paused.
    AfterPause(Duration),
}

#[derive(Debug)]
pub struct HeldConversation {
    pub turns: Vec<RehearsedTurn>,
    pub end: ConversationEnd,
    /// What the conversation left in the database.
    pub left: Left,
    /// `None` for a conversation in writing.
    pub call: Option<HeldCall>,
}

#[derive(Debug, Serialize)]
pub struct HeldCall {
    /// The engine that answered last, and its model.
    pub engine: Option<EngineKind>,
    pub model: Option<String>,
    pub duration_ms: u64,
    pub cost_micros: i64,
    /// The engines that failed in the call, with the reasons.
    pub engine_failures: Vec<(EngineKind, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationEnd {
    /// The caller had nothing more to say.
    Caller,
    Agent,
    Transfer,
}

#[derive(Debug, Default, Serialize)]
pub struct RehearsedTurn {
    pub caller: String,
    pub agent: String,
    pub tools: Vec<UsedTool>,
    /// In writing, the time from the caller's words to the agent's first word; `None` if the agent said nothing.
    pub first_word_ms: Option<u64>,
    /// The time from the caller's words to the end of the answer, tools included.
    pub total_ms: u64,
    /// Input tokens of all requests to the model in this turn.
    pub tokens_in: i64,
    /// Output tokens of all requests to the model in this turn.
    pub tokens_out: i64,
    /// The cost in millionths of a dollar, as far as it is known.
    pub cost_micros: Option<i64>,
    #[serde(flatten)]
    pub spoken: Option<SpokenTurn>,
}

/// What is known about a turn only if the conversation was held by phone.
#[derive(Debug, Default, Serialize)]
pub struct SpokenTurn {
    /// The caller's words as the engine understood them.
    pub understood: String,
    /// The time from the end of the caller's words until the caller heard the agent; `None` if the caller heard nothing.
    pub first_audio_ms: Option<u64>,
    /// The stages of the first answer.
    pub stages: TurnLatency,
    /// Whether the agent stopped its answer because the caller spoke.
    pub interrupted: bool,
    /// Whether the caller got no answer within the time limit.
    pub unanswered: bool,
}

#[derive(Debug, Serialize)]
pub struct UsedTool {
    pub name: String,
    pub arguments: String,
    pub output: String,
    pub ms: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    #[error("the model does not answer: {0}")]
    Model(String),
    /// A voice engine failed, and no other one could continue.
    #[error("the voice engine does not answer: {0}")]
    Engine(String),
    #[error(transparent)]
    Settings(#[from] ActivationError),
    #[error(transparent)]
    Crm(#[from] crm::Error),
}

/// Stores the call, and what was known before it.
pub(super) async fn begin(config: &Config, store: &Store, scene: &Scene) -> Result<IncomingCall, crm::Error> {
    let sid = CallSid::stored(&format!("CA{}", entropy::random_hex::<16>()));
    let call = IncomingCall { from: scene.from.clone(), ..IncomingCall::by_sid(sid) };
    let (zone, now, country) = (config.business.time_zone.clone(), scene.now, config.business.country);
    let (begun, name, earlier) = (call.clone(), scene.name.clone(), scene.earlier.clone());
    crm::transact(store, move |tx| rehearsal::begin(tx, &begun, (name.as_deref(), &earlier), (country, &zone), now))
        .await?;
    Ok(call)
}

pub(super) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
