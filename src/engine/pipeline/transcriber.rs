//! A transcriber over a WebSocket, for the protocol of any vendor.

use super::link::{Link, LinkEvent};
use super::parts::{PartEvent, Transcriber, TranscriberEvent};
use crate::audio::EncodedAudio;
use crate::config::Secret;
use crate::providers::transcription::{Step, Transcribed, TranscriptionError, TranscriptionProtocol};
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) struct SocketTranscriber<P> {
    link: Link,
    protocol: P,
    /// Received reports that `next` has not returned yet.
    events: VecDeque<Transcribed>,
}

impl<P: TranscriptionProtocol> SocketTranscriber<P> {
    pub(super) fn open(protocol: P, key: Option<Secret>, delay: Duration) -> Self {
        Self { link: Link::open(protocol.address(), key, delay), protocol, events: VecDeque::new() }
    }

    fn apply(&mut self, (message, event): Step) {
        if let Some(message) = message {
            self.link.send(message);
        }
        self.events.extend(event);
    }

    fn read(&mut self, text: &str) {
        match self.protocol.read(text) {
            Ok(read) => {
                self.events.extend(read);
                if let Some(reply) = self.protocol.take_reply() {
                    self.link.send(reply);
                    self.link.try_flush();
                }
            }
            Err(TranscriptionError::Failed { retry, reason }) => self.link.fail(retry, reason),
            Err(TranscriptionError::Malformed) => {
                tracing::warn!(
                    event = "TRANSCRIBER_MALFORMED",
                    "Ignored a malformed message from {}, the transcriber of this call: the agent may not know a part of the caller's words",
                    P::VENDOR
                );
            }
        }
    }
}

impl<P: TranscriptionProtocol> Transcriber for SocketTranscriber<P> {
    fn send(&mut self, audio: &EncodedAudio, _is_voice: bool) {
        let step = self.protocol.audio(audio);
        self.apply(step);
    }

    fn end_utterance(&mut self) {
        let step = self.protocol.end_utterance();
        self.apply(step);
    }

    fn try_flush(&mut self) {
        self.link.try_flush();
    }

    fn next(&mut self) -> BoxFuture<'_, PartEvent<TranscriberEvent>> {
        Box::pin(async move {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return event.into();
                }
                match self.link.next().await {
                    LinkEvent::Opened => {
                        let step = self.protocol.opened();
                        self.apply(step);
                        self.link.try_flush();
                    }
                    LinkEvent::Text(text) => self.read(&text),
                    LinkEvent::Lost(error) => return PartEvent::Lost(error),
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.link.close())
    }
}
