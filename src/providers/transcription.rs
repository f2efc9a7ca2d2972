//! The common interface of the vendors' real-time transcription over a WebSocket. Each vendor's file implements
//! [`TranscriptionProtocol`] without I/O.

use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAddress {
    pub url: String,
    pub key_header: KeyHeader,
    /// The maximum time without a sent message. `keep_alive` is sent before this time has passed.
    pub keep_alive_every: Duration,
    pub keep_alive: Message,
}

/// A report of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcribed {
    /// The session is ready for audio.
    Ready,
    /// The words of the current utterance so far. The last words can still change.
    Words {
        text: String,
        /// The start of the utterance, in milliseconds of the sent audio.
        from_ms: Option<u64>,
        /// The end of the last word, in milliseconds of the sent audio.
        until_ms: Option<u64>,
    },
    /// The utterance has ended.
    End,
    /// The server has processed the audio up to this position, in milliseconds.
    Progress(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptionError {
    /// The message is malformed. The session continues.
    Malformed,
    /// The session has ended.
    Failed {
        /// Whether a new session may succeed. A new session with a wrong key or wrong parameters cannot succeed.
        retry: bool,
        /// The reason that the server gave, for the log.
        reason: String,
    },
}

/// The message to send, if any, and the event that results, if any.
pub type Step = (Option<Message>, Option<Transcribed>);

pub trait TranscriptionProtocol: Send {
    const VENDOR: &'static str;

    fn address(&self) -> SessionAddress;

    fn opened(&mut self) -> Step;

    fn audio(&mut self, audio: &EncodedAudio) -> Step;

    /// Ends the current utterance with the audio sent so far.
    fn end_utterance(&mut self) -> Step;

    /// Fails if the message is malformed, or ends the session.
    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError>;
}

pub(super) fn whole_ms(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
    let whole = ms.round() as u64;
    whole
}
