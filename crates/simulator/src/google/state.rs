//! The state of the fake Google, which its methods share.

use super::options::GoogleOptions;
use crate::fault::FaultTable;
use crate::{EventLog, Party};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The requests that the fake Google has received.
#[derive(Clone, Debug, Default)]
pub struct GoogleState {
    /// The number of tokens that were issued.
    pub tokens: usize,
    /// The number of gRPC connections.
    pub connections: usize,
    /// Transcriptions, in order.
    pub recognitions: Vec<Recognition>,
    /// Speech requests, in order.
    pub speeches: Vec<Synthesis>,
}

/// The record of a transcription.
#[derive(Clone, Debug, Default)]
pub struct Recognition {
    /// The resource name of the recognizer.
    pub recognizer: String,
    /// The requested model, such as `chirp_3`.
    pub model: String,
    /// The language codes that the caller may speak.
    pub languages: Vec<String>,
    /// Whether the times of words were requested.
    pub word_times: bool,
    /// The phrases that the request asks the model to prefer.
    pub phrases: Vec<String>,
    /// All received audio, in mu-law.
    pub heard: Vec<u8>,
    /// Whether the client ended the stream.
    pub ended: bool,
}

/// The record of a speech request.
#[derive(Clone, Debug, Default)]
pub struct Synthesis {
    /// The requested language code, such as `he-IL`.
    pub language: String,
    /// The requested voice, such as `he-IL-Chirp3-HD-Kore`.
    pub voice: String,
    /// The texts of all messages of the request, joined.
    pub text: String,
}

pub(super) struct Shared {
    pub(super) log: EventLog,
    pub(super) stopping: CancellationToken,
    /// The URL of the token endpoint, which assertions must name as their audience.
    pub(super) token_url: String,
    pub(super) options: Mutex<GoogleOptions>,
    pub(super) state: Mutex<GoogleState>,
    /// The number of utterances that were transcribed, in all streams.
    pub(super) utterances: Mutex<usize>,
    pub(super) faults: FaultTable,
}

impl Shared {
    pub(super) fn options(&self) -> GoogleOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, GoogleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn utterances(&self) -> MutexGuard<'_, usize> {
        self.utterances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn violation(&self, complaint: impl Into<String>) {
        self.log.violation(Party::Google, complaint);
    }

    /// Returns true if the value of the header `authorization` has a token of this server, unless the fault
    /// `reject_tokens` is on.
    pub(super) fn accepts(&self, authorization: &str) -> bool {
        let number = authorization.strip_prefix("Bearer ya29.fake-").and_then(|number| number.parse().ok());
        number.is_some_and(|number: usize| (1..=self.state().tokens).contains(&number))
            && !self.options().faults.reject_tokens
    }
}
