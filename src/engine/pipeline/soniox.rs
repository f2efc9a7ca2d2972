//! Soniox as a synthesiser.

use super::link::{Link, LinkEvent};
use super::parts::{ClauseEvent, PartEvent, Synthesiser};
use crate::config::Config;
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::soniox as wire;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// A client for Soniox's real-time speech synthesis. All clauses share one socket; each clause is one stream on it.
pub(super) struct SonioxTts {
    link: Link,
    config: Arc<Config>,
    streams: Vec<(String, ClauseId)>,
    /// The number of streams so far, for unique ids, because an id must not be reused while the server is still ending
    /// its stream.
    count: u64,
}

impl SonioxTts {
    pub(super) fn open(config: Arc<Config>, delay: Duration) -> Self {
        let link = Link::open(wire::tts_address(&config.soniox), config.soniox.key().cloned(), delay);
        Self { link, config, streams: Vec::new(), count: 0 }
    }

    fn take(&mut self, stream: &str) -> Option<ClauseId> {
        let at = self.streams.iter().position(|(known, _)| known == stream)?;
        Some(self.streams.swap_remove(at).1)
    }

    fn read(&mut self, text: &str) -> Option<ClauseEvent> {
        let Some(event) = wire::read_speech(text) else {
            tracing::warn!(
                event = "SONIOX_MALFORMED",
                "Ignored a malformed message from Soniox, the speech synthesiser of this call: the caller may not hear a part of the agent's answer"
            );
            return None;
        };
        match event {
            wire::SpeechMessage::Audio { stream, audio } => {
                let (_, clause) = self.streams.iter().find(|(known, _)| *known == stream)?;
                Some((*clause, SpeechEvent::Audio(audio)))
            }
            wire::SpeechMessage::Terminated { stream } => Some((self.take(&stream)?, SpeechEvent::Done)),
            wire::SpeechMessage::Error { stream: Some(stream), error } => {
                let retry = error.is_temporary();
                let reason = format!("synthesiser: {} {}", error.code, error.message);
                Some((self.take(&stream)?, SpeechEvent::Failed { retry, retry_after: None, reason }))
            }
            wire::SpeechMessage::Error { stream: None, error } => {
                self.link.fail(error.is_temporary(), format!("{} {}", error.code, error.message));
                None
            }
            wire::SpeechMessage::Other => None,
        }
    }
}

impl Synthesiser for SonioxTts {
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str) {
        self.count += 1;
        let stream = format!("clause-{}", self.count);
        self.link.send(wire::start_speech(&self.config.soniox, language, &stream));
        self.link.send(wire::speech_text(&stream, text));
        self.streams.push((stream, clause));
    }

    fn stop(&mut self, clause: ClauseId) {
        if let Some(at) = self.streams.iter().position(|(_, of)| *of == clause) {
            let (stream, _) = self.streams.swap_remove(at);
            self.link.send(wire::cancel_speech(&stream));
        }
    }

    fn try_flush(&mut self) {
        self.link.try_flush();
    }

    fn next(&mut self) -> BoxFuture<'_, PartEvent<ClauseEvent>> {
        Box::pin(async move {
            self.link.try_flush();
            loop {
                match self.link.next().await {
                    LinkEvent::Opened => return PartEvent::Ready,
                    LinkEvent::Text(text) => {
                        if let Some(spoken) = self.read(&text) {
                            return PartEvent::Event(spoken);
                        }
                    }
                    LinkEvent::Lost(error) => return PartEvent::Lost(error),
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.link.close())
    }
}
