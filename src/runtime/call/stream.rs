//! The media socket of a call. Its peer is Twilio or the browser of a trial call; both use the Media Streams protocol.
//!
//! The peer returns a mark after it has played the audio before the mark; after a `clear`, it returns all pending
//! marks. Browsers also receive reports, which have their own message types. The browser of an employee who answers a
//! call uses such a socket without marks.

use super::audio_rate_limit::{Admission, AudioRateLimit};
use crate::audio::EncodedAudio;
use crate::providers::twilio::media_stream::{Outgoing, Start};
use crate::providers::websocket::Received;
use crate::runtime::calls::MediaSocket;
use futures_util::FutureExt;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Error;

pub(super) struct Stream {
    socket: MediaSocket,
    writer: Outgoing,
    audio_rate_limit: AudioRateLimit,
    /// True while the browser still plays the greeting. Twilio plays the greeting before it opens the stream.
    pub(super) awaits_greeting: bool,
}

impl Stream {
    pub(super) fn new(socket: MediaSocket, start: &Start) -> Self {
        Self {
            socket,
            writer: Outgoing::new(&start.stream_sid),
            audio_rate_limit: AudioRateLimit::default(),
            awaits_greeting: false,
        }
    }

    /// Cancel-safe.
    pub(super) async fn receive(&mut self) -> Received {
        self.socket.socket.receive().await
    }

    pub(super) fn admit(&mut self, timestamp_ms: u64, audio: &EncodedAudio, elapsed: Duration) -> Admission {
        self.audio_rate_limit.admit(timestamp_ms, audio.ms(), elapsed)
    }

    /// Returns true if the piece that was dropped last was the first dropped piece of the stream.
    pub(super) fn is_first_drop(&self, audio: &EncodedAudio) -> bool {
        self.audio_rate_limit.is_first_drop(audio.ms())
    }

    pub(super) fn play(&mut self, audio: &EncodedAudio) -> Result<(), Error> {
        self.socket.socket.queue(self.writer.media(audio.base64()))
    }

    pub(super) fn mark(&mut self, name: &str) -> Result<(), Error> {
        self.socket.socket.queue(self.writer.mark(name))
    }

    pub(super) fn clear(&mut self) -> Result<(), Error> {
        self.socket.socket.queue(self.writer.clear())
    }

    /// Returns true while queued messages are not sent, for example because the peer does not read.
    pub(super) fn is_behind(&self) -> bool {
        self.socket.socket.has_unsent()
    }

    pub(super) fn report(&mut self, message: String) -> Result<(), Error> {
        self.socket.socket.queue(message)
    }

    /// A write error is ignored, because the reader of the socket reports it.
    pub(super) fn flush(&mut self) {
        let _ = self.socket.socket.try_flush();
    }

    pub(super) async fn close(self) {
        self.socket.close().await;
    }

    /// Closes the socket because the peer sends audio faster than real time. Sends the close frame without waiting for
    /// the peer, because reading the reply would also read the flood of audio before it.
    pub(super) fn reject_flood(self) {
        let _ = self.socket.reject_flood().now_or_never();
    }
}
