//! Receives the caller's audio: for the recording, for users who listen, and for the session.

use super::CallTask;
use super::audio_rate_limit::Admission;
use crate::audio::EncodedAudio;
use crate::call::Input;
use bytes::Bytes;
use std::time::Instant;

impl CallTask {
    /// `None` if the audio is malformed or ahead of real time.
    pub(super) fn caller_audio(&mut self, timestamp_ms: u64, payload: &str, now: Instant) -> Option<Input> {
        // The audio is copied, because it is kept for a while, and a slice of the message would keep the entire read
        // buffer in memory.
        let Some(audio) = EncodedAudio::parse(Bytes::copy_from_slice(payload.as_bytes())) else {
            tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, "Media message without valid audio ignored in call {}", self.sid);
            return None;
        };
        if !self.is_in_time(timestamp_ms, &audio, now) {
            return None;
        }
        if let Some(recording_writer) = &mut self.recording_writer {
            recording_writer.caller(timestamp_ms, &audio);
        }
        if let Some(listeners) = &mut self.listeners {
            listeners.caller(timestamp_ms, &audio);
        }
        let is_voice = self.voice.detect(&audio, self.session.trusts_engine(now));
        Some(Input::CallerAudio { timestamp_ms, audio, is_voice })
    }

    /// Closes a stream that continues to send faster than real time.
    fn is_in_time(&mut self, timestamp_ms: u64, audio: &EncodedAudio, now: Instant) -> bool {
        let (Some(stream), Some(began)) = (&mut self.stream, self.began) else { return false };
        match stream.admit(timestamp_ms, audio, now - began) {
            Admission::Accept => return true,
            Admission::Drop if stream.is_first_drop(audio) => {
                tracing::warn!(event = "STREAM_TOO_FAST", call.sid = %self.sid, "Caller audio dropped in call {}: it arrives faster than real time. The stream is closed if this continues", self.sid);
            }
            Admission::Drop => {}
            Admission::Close => {
                tracing::warn!(event = "STREAM_FLOOD", call.sid = %self.sid, "Media stream of call {} closed: it sends faster than real time", self.sid);
                if let Some(stream) = self.stream.take() {
                    stream.reject_flood();
                }
                self.session.handle_input(self.stream_lost(), now);
            }
        }
        false
    }
}
