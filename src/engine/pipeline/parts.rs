//! The traits of the three parts of a pipeline. Each client of a provider implements one of these traits.
//!
//! Each `next` is cancel safe: no event is lost if the future is dropped.

use crate::audio::EncodedAudio;
use crate::pipeline::{ClauseId, Entry, ModelEvent, SpeechEvent};
use crate::providers::transcription::Transcribed;
use crate::providers::websocket::DialError;
use futures_util::future::BoxFuture;

pub(super) use crate::pipeline::TranscriberEvent;

/// An event of a synthesiser, with the clause that it concerns.
pub(super) type ClauseEvent = (ClauseId, SpeechEvent);

/// An event of the transcriber or the synthesiser.
#[derive(Debug)]
pub(super) enum PartEvent<T> {
    /// The part is ready for use.
    Ready,
    /// A result of the part.
    Event(T),
    /// The connection or a request failed, or the connection was closed. The part can no longer be used.
    Lost(DialError),
}

impl From<Transcribed> for PartEvent<TranscriberEvent> {
    fn from(transcribed: Transcribed) -> Self {
        match transcribed {
            Transcribed::Ready => Self::Ready,
            Transcribed::Words { text, from_ms, until_ms } => {
                Self::Event(TranscriberEvent::Words { text, from_ms, until_ms })
            }
            Transcribed::End => Self::Event(TranscriberEvent::End),
            Transcribed::Progress(ms) => Self::Event(TranscriberEvent::Progress(ms)),
        }
    }
}

/// Transcribes the caller's speech, and detects the ends of utterances.
pub(super) trait Transcriber: Send {
    /// Queues a piece of the caller's audio. `is_voice` states whether the local detector found voice in it.
    fn send(&mut self, audio: &EncodedAudio, is_voice: bool);
    /// Requests the end of the current utterance, with the audio that was sent so far.
    fn end_utterance(&mut self);
    /// Sends queued data, as far as the server accepts it without blocking.
    fn try_flush(&mut self);
    fn next(&mut self) -> BoxFuture<'_, PartEvent<TranscriberEvent>>;
    /// Closes the connection, if the part has one.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A request to the model for an answer.
#[derive(Debug)]
pub(super) struct Question {
    /// The number of the request, which is returned with each event.
    pub(super) request: u64,
    /// Instructions for this answer alone.
    pub(super) instructions: Option<String>,
    pub(super) conversation: Vec<Entry>,
}

/// Generates the agent's answers with a language model.
pub(super) trait Model: Send {
    /// Requests an answer, and stops an earlier request.
    fn ask(&mut self, question: Question);
    /// Stops the current request.
    fn stop(&mut self);
    /// Returns the next event and the number of its request.
    fn next(&mut self) -> BoxFuture<'_, (u64, ModelEvent)>;
}

/// Converts the agent's answers to speech.
pub(super) trait Synthesiser: Send {
    /// Requests the audio of a clause in a language (ISO 639-1).
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str);
    /// Stops the synthesis of a clause, because the rest of its audio is not needed.
    fn stop(&mut self, clause: ClauseId);
    /// Sends queued data, as far as the server accepts it without blocking.
    fn try_flush(&mut self);
    fn next(&mut self) -> BoxFuture<'_, PartEvent<ClauseEvent>>;
    /// Closes the connection, if the part has one.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}
