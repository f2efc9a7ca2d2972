//! What the protocols of real-time transcription over a WebSocket have in common. Each vendor's file implements
//! [`TranscriptionProtocol`] without I/O.

use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// Where and how a session with a speech service is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAddress {
    pub url: String,
    /// How the server wants the key.
    pub key_header: KeyHeader,
    /// After this time without a sent message, `keep_alive` is sent.
    pub keep_alive_every: Duration,
    /// The message that keeps the session open.
    pub keep_alive: Message,
}

/// What the server has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcribed {
    /// The session can be used.
    Ready,
    /// The words of the current utterance so far; the last ones may still change.
    Words {
        text: String,
        /// When it began, in milliseconds of the audio that was sent.
        from_ms: Option<u64>,
        /// When its last word ended.
        until_ms: Option<u64>,
    },
    /// The utterance has ended.
    End,
    /// The audio up to here was processed, in milliseconds.
    Progress(u64),
}

/// Why a message brings no words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptionError {
    /// It cannot be read; the session continues.
    Malformed,
    /// The session is over.
    Failed {
        /// Whether another session may succeed: not with a wrong key or wrong parameters.
        retry: bool,
        /// The server's reason, for the log.
        reason: String,
    },
}

/// A message to send, if there is one, and what has happened by it.
pub type Step = (Option<Message>, Option<Transcribed>);

/// A session with a transcriber, without its connection.
pub trait TranscriptionProtocol: Send {
    /// Where and how the session is opened.
    fn address(&self) -> SessionAddress;

    /// The socket is open.
    fn opened(&mut self) -> Step;

    /// There is a piece of the caller's audio.
    fn audio(&mut self, audio: &EncodedAudio) -> Step;

    /// The current utterance ends with the audio so far.
    fn end_utterance(&mut self) -> Step;

    /// Reads a message of the server.
    ///
    /// # Errors
    /// If it cannot be read, or ends the session.
    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError>;
}

/// Milliseconds, rounded.
pub(super) fn whole_ms(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
    let whole = ms.round() as u64;
    whole
}
