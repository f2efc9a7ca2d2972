//! What the protocols of real-time transcription over a WebSocket have in common. Each vendor's file implements
//! [`TranscriptionProtocol`] without I/O.

use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// Where and how a session is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAddress {
    /// The URL.
    pub url: String,
    /// How the server wants the key.
    pub key_header: KeyHeader,
    /// The session is kept open by a message if nothing was sent for this time.
    pub keep_alive_every: Duration,
}

/// What the server has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcribed {
    /// The session can be used.
    Ready,
    /// The words of the current utterance so far; the last ones may still change.
    Words {
        /// The text.
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
    /// It cannot be read; the session goes on.
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

    /// The message that keeps the session open.
    fn keep_alive(&self) -> Message;

    /// Reads a message of the server.
    ///
    /// # Errors
    /// If it cannot be read, or ends the session.
    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError>;
}

/// A time in seconds as milliseconds.
pub(super) fn whole_ms(seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
    let ms = (seconds * 1000.0).round() as u64;
    ms
}
