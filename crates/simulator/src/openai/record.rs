//! The fake AI's record of a session, for assertions and reports.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The record of a realtime session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SessionRecord {
    /// The API's id of the session, `sess_…`.
    pub id: String,
    /// The requested model.
    pub model: String,
    /// The configuration: the API's defaults with the client's changes.
    pub config: Value,
    /// The number of received events by type.
    pub events: BTreeMap<String, u64>,
    /// All received audio, in mu-law at 8 kHz.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// The number of audio events received before `session.updated` was sent. The API would decode their audio in its
    /// default format.
    pub early_appends: u64,
    /// The number of times that speech was detected.
    pub speech_started: u64,
    /// The AI's responses, in order.
    pub answers: Vec<AnswerRecord>,
    /// The outputs of function calls: call id and output.
    pub function_outputs: Vec<(String, String)>,
    /// Function calls of an earlier session that the client added to the conversation: name and call id.
    pub function_history: Vec<(String, String)>,
    /// The ids of deleted items.
    pub deleted: Vec<String>,
    /// Messages that the client added to the conversation: role and text.
    pub messages: Vec<(String, String)>,
    /// The codes of the errors that were sent.
    pub errors: Vec<String>,
    /// Why the session ended; `None` while it is open.
    pub ended: Option<String>,
}

/// A response of the AI; also one that calls a function or fails.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AnswerRecord {
    /// The API's id of the response, `resp_…`.
    pub response_id: String,
    /// The API's id of the answer's item, `item_…`; `None` before the item exists.
    pub item_id: Option<String>,
    /// The whole planned text; empty for a response without speech.
    pub text: String,
    /// The whole audio, in mu-law.
    #[serde(skip)]
    pub sound: Vec<u8>,
    /// The length of the sent audio, in milliseconds.
    pub sent_ms: u64,
    /// The length to which the client truncated the answer, in milliseconds; `None` if the client did not truncate it.
    pub truncated_ms: Option<u64>,
    /// `in_progress`, `completed`, `cancelled`, `incomplete` or `failed`.
    pub status: String,
}
