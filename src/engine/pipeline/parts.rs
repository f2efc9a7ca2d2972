//! The three parts of a pipeline. A further provider is an implementation of one of these traits.
//!
//! Each `next` is cancel safe: nothing is lost if the future is dropped.

use crate::audio::EncodedAudio;
use crate::pipeline::{ClauseId, Entry, ModelEvent, SpeechEvent};
use crate::providers::websocket::DialError;
use futures_util::future::BoxFuture;

pub(super) use crate::pipeline::Heard;

/// An event of a synthesiser.
pub(super) type Spoken = (ClauseId, SpeechEvent);

/// An event of a part that has a connection.
#[derive(Debug)]
pub(super) enum PartEvent<T> {
    /// It can be used.
    Ready,
    /// It has produced something.
    Event(T),
    /// Its connection is lost; nothing follows.
    Lost(DialError),
}

/// Writes down what the caller says, and finds the ends of the caller's turns.
pub(super) trait Transcriber: Send {
    /// Queues a piece of the caller's audio. `is_voice`: the local detector has found a voice in it.
    fn send(&mut self, audio: &EncodedAudio, is_voice: bool);
    /// Ends the current utterance with the audio so far.
    fn end_utterance(&mut self);
    /// Sends what was queued, as far as the server accepts it without waiting.
    fn try_flush(&mut self);
    /// The next event.
    fn next(&mut self) -> BoxFuture<'_, PartEvent<Heard>>;
    /// Closes the connection.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A request for an answer.
#[derive(Debug)]
pub(super) struct Question {
    /// Returned with each event.
    pub(super) request: u64,
    /// Instructions for this answer alone.
    pub(super) instructions: Option<String>,
    pub(super) conversation: Vec<Entry>,
}

/// Answers the caller.
pub(super) trait Model: Send {
    /// Requests an answer; an earlier request is stopped.
    fn ask(&mut self, question: Question);
    /// Stops the request.
    fn stop(&mut self);
    /// The next event, and the number of its request.
    fn next(&mut self) -> BoxFuture<'_, (u64, ModelEvent)>;
}

/// Speaks the agent's answers.
pub(super) trait Synthesiser: Send {
    /// Requests the audio of a clause in a language (ISO 639-1).
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str);
    /// The rest of a clause's audio is not needed.
    fn stop(&mut self, clause: ClauseId);
    /// Sends what was queued, as far as the server accepts it without waiting.
    fn try_flush(&mut self);
    /// The next event.
    fn next(&mut self) -> BoxFuture<'_, PartEvent<Spoken>>;
    /// Closes the connection.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}
