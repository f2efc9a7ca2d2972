//! The traits of the three parts of a pipeline. Each client of a provider implements one of these traits.
//!
//! Each `next` is cancel safe: no event is lost if the future is dropped.

use crate::audio::EncodedAudio;
use crate::pipeline::{ClauseId, Entry, ModelEvent, SpeechEvent};
use crate::providers::transcription::Transcribed;
use crate::providers::websocket::DialError;
use futures_util::future::BoxFuture;

pub(super) use crate::pipeline::TranscriberEvent;

pub(super) type ClauseEvent = (ClauseId, SpeechEvent);

#[derive(Debug)]
pub(super) enum PartEvent<T> {
    Ready,
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
            Transcribed::WordTimes { utterance, times } => {
                Self::Event(TranscriberEvent::WordTimes { utterance, times })
            }
            Transcribed::End => Self::Event(TranscriberEvent::End),
            Transcribed::ExpectedProgress(ms) => Self::Event(TranscriberEvent::ExpectedProgress(ms)),
            Transcribed::Progress(ms) => Self::Event(TranscriberEvent::Progress(ms)),
        }
    }
}

pub(super) trait Transcriber: Send {
    /// `is_voice` states whether the local detector found voice in the audio.
    fn send(&mut self, audio: &EncodedAudio, is_voice: bool);
    /// Requests the end of the current utterance, with the audio that was sent so far.
    fn end_utterance(&mut self);
    /// Sends queued data, as far as the server accepts it without blocking.
    fn try_flush(&mut self);
    fn next(&mut self) -> BoxFuture<'_, PartEvent<TranscriberEvent>>;
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

#[derive(Debug)]
pub(super) struct Question {
    /// The number of the request, which is returned with each event.
    pub(super) request: u64,
    /// Instructions for this answer alone.
    pub(super) instructions: Option<String>,
    pub(super) conversation: Vec<Entry>,
    /// Whether to send the request twice, and to use the answer that begins first.
    pub(super) is_twice: bool,
}

pub(super) trait Model: Send {
    /// Requests an answer, and stops an earlier request.
    fn ask(&mut self, question: Question);
    fn stop(&mut self);
    fn next(&mut self) -> BoxFuture<'_, (u64, ModelEvent)>;
}

pub(super) trait Synthesiser: Send {
    /// Requests the audio of a clause in a language (ISO 639-1).
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str);
    /// Stops the synthesis of a clause, because the rest of its audio is not needed.
    fn stop(&mut self, clause: ClauseId);
    fn try_flush(&mut self);
    fn next(&mut self) -> BoxFuture<'_, PartEvent<ClauseEvent>>;
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}
