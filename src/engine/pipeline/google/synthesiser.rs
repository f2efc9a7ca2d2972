//! Google as a synthesiser. All clauses share one connection; each clause is one gRPC call.

use super::super::clause_tasks::{ClauseEvents, ClauseTasks, LIMIT};
use super::super::parts::{ClauseEvent, PartEvent, Synthesiser};
use super::{Access, Service, closed};
use crate::audio::EncodedAudio;
use crate::audio::wav::WavFormat;
use crate::config::Config;
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::google::{self, AccessTokens, Speech};
use crate::providers::grpc::{Call, Status};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

enum Event {
    Audio(EncodedAudio),
    Done,
    Failed(Status),
}

/// A client for Google's Chirp 3 HD voices.
pub(in crate::engine::pipeline) struct GoogleSynthesiser {
    service: Service,
    config: Arc<Config>,
    tokens: AccessTokens,
    clauses: ClauseTasks<Event>,
}

impl GoogleSynthesiser {
    pub(in crate::engine::pipeline) fn open(access: Access, delay: Duration) -> Self {
        Self {
            service: Service::open(&access, Speech::FromText, delay),
            config: access.config,
            tokens: access.tokens,
            clauses: ClauseTasks::new(),
        }
    }

    fn start(&self, text: &str, language: &str) -> Option<Result<Call, Status>> {
        let connection = self.service.connection()?;
        Some(connection.channel.call(google::SYNTHESIZE).map(|mut call| {
            for message in google::speech(&self.config.google, language, text) {
                call.send(&message);
            }
            call.finish();
            call
        }))
    }

    fn event(&self, event: Event) -> SpeechEvent {
        match event {
            Event::Audio(audio) => SpeechEvent::Audio(audio),
            Event::Done => SpeechEvent::Done,
            Event::Failed(status) => {
                let error = self.service.connection().map_or_else(closed, |connection| connection.error(&status));
                if google::is_rejected_token(&status) {
                    self.tokens.forget();
                }
                let reason = format!("synthesiser: {}", error.reason);
                SpeechEvent::Failed { retry: error.retry, retry_after: None, reason }
            }
        }
    }
}

impl Synthesiser for GoogleSynthesiser {
    fn speak(&mut self, clause: ClauseId, text: &str, language: &str) {
        let Some(call) = self.start(text, language) else { return };
        self.clauses.start(clause, |events| async move {
            match call {
                Ok(call) => match tokio::time::timeout(LIMIT, speak(call, &events)).await {
                    Ok(Ok(())) => Event::Done,
                    Ok(Err(status)) => Event::Failed(status),
                    Err(_) => Event::Failed(Status::late(LIMIT)),
                },
                Err(status) => Event::Failed(status),
            }
        });
    }

    fn stop(&mut self, clause: ClauseId) {
        self.clauses.stop(clause);
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<ClauseEvent>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                (clause, event) = self.clauses.next() => PartEvent::Event((clause, self.event(event))),
                changed = self.service.changed() => match changed {
                    Ok(()) => PartEvent::Ready,
                    Err(error) => PartEvent::Lost(error),
                },
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn speak(mut call: Call, events: &ClauseEvents<Event>) -> Result<(), Status> {
    let mut is_first = true;
    while let Some(message) = call.next().await? {
        let Some(audio) = google::read_speech(message) else {
            tracing::warn!(
                event = "GOOGLE_MALFORMED",
                "Ignored a malformed message from Google, the speech synthesiser of this call: the caller may not hear a part of the agent's answer"
            );
            continue;
        };
        let audio = if std::mem::replace(&mut is_first, false) { without_header(&audio) } else { audio };
        if !audio.is_empty() {
            events.send(Event::Audio(EncodedAudio::encode(&audio))).await;
        }
    }
    Ok(())
}

/// Removes a WAV header, if there is one. According to the documentation ("AudioEncoding"), mu-law audio has one; it
/// does not say whether that also applies to streams.
fn without_header(audio: &Bytes) -> Bytes {
    let header = WavFormat::parse(audio, audio.len() as u64).and_then(|format| usize::try_from(format.data.start).ok());
    audio.slice(header.unwrap_or(0).min(audio.len())..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;

    #[test]
    fn a_header_is_not_spoken() {
        let plain = Bytes::from_static(&[1; 320]);
        assert_eq!(without_header(&plain), plain);
        let with_header: Vec<u8> = wav::header(1, 320).into_iter().chain(plain.to_vec()).collect();
        assert_eq!(without_header(&with_header.into()), plain);
    }
}
