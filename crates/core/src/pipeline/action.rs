//! The actions that the pipeline requests from its driver.

use super::conversation::Entry;
use serde::{Deserialize, Serialize};

/// An action that the driver must perform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Tell the transcriber to end the current utterance with the audio that it has received.
    EndUtterance,
    /// Request an answer from the model. The new request replaces a request that is still running.
    Ask {
        /// The number of the request, for [`super::Pipeline::handle_model`].
        request: u64,
        /// Instructions for this answer alone; none for a plain reply to the conversation.
        instructions: Option<String>,
        /// The messages so far, oldest first.
        conversation: Vec<Entry>,
        /// Whether to send the request twice, and to use the answer that begins first. The other one is stopped.
        is_twice: bool,
    },
    /// Stop the model: the rest of its answer is not needed.
    StopModel,
    /// Synthesise a clause.
    Speak {
        /// The id of the clause, for [`super::Pipeline::handle_speech`].
        clause: ClauseId,
        /// The text of the clause's sentence up to the clause, without surrounding white space. It decides how numbers
        /// of the clause are read. The log omits it, because earlier actions contain it.
        #[serde(skip)]
        before: String,
        /// The text to synthesise, without surrounding white space.
        text: String,
    },
    /// Stop the synthesis of a clause: the rest of its audio is not needed.
    StopSpeech {
        /// The clause whose synthesis stops.
        clause: ClauseId,
    },
}

/// The id of a clause, unique within a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClauseId {
    /// The number of the answer in the pipeline, from 1.
    pub answer: u64,
    /// The index of the clause in the answer, from 0.
    pub index: u64,
    /// The number of the synthesis, from 0, if the clause is synthesised more than once at the same time.
    pub copy: u8,
}
