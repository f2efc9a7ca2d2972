//! What the fake AI remembers of a session, for whoever wants to look.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A realtime session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SessionRecord {
    /// `sess_…`
    pub id: String,
    /// The model that was asked for.
    pub model: String,
    /// The configuration, as the client has set it.
    pub config: Value,
    /// How many events of each type came.
    pub events: BTreeMap<String, u64>,
    /// All sound that came, in mu-law at 8 kHz.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// Sound that came before `session.updated` had been sent: the API would take it for what its defaults say.
    pub early_appends: u64,
    /// How often speech began.
    pub speech_started: u64,
    /// The answers, in order.
    pub answers: Vec<AnswerRecord>,
    /// What functions gave back: call id and output.
    pub function_outputs: Vec<(String, String)>,
    /// Items that were deleted.
    pub deleted: Vec<String>,
    /// Messages that the client put into the conversation: role and text.
    pub messages: Vec<(String, String)>,
    /// Codes of the errors that were answered.
    pub errors: Vec<String>,
    /// Why it is over; none while it is open.
    pub ended: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AnswerRecord {
    /// `resp_…`
    pub response_id: String,
    /// `item_…`; none before there is one.
    pub item_id: Option<String>,
    /// What is said.
    pub text: String,
    /// How it sounds, whole, in mu-law.
    #[serde(skip)]
    pub sound: Vec<u8>,
    /// How much of that was sent.
    pub sent_ms: u64,
    /// To how much it was truncated.
    pub truncated_ms: Option<u64>,
    /// `in_progress`, `completed`, `cancelled` or `failed`.
    pub status: String,
}
