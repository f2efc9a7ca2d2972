//! The end of a media stream, after which the call continues or ends.

use super::CallTask;
use crate::clock;
use crate::runtime::jobs::Jobs;
use crate::telemetry::log;

impl CallTask {
    pub(super) fn await_stream(&mut self) {
        if self.began.is_some() {
            tracing::warn!(event = "STREAM_LOST", call.sid = %self.sid, "Media stream of call {} lost; Twilio is instructed to open another one", self.sid);
        }
        // Record the follow-up action before the socket is closed, because Twilio then requests the action at once.
        self.calls.await_stream(&self.sid);
        self.end_stream();
    }

    /// The workers of the jobs about a recording.
    pub(super) fn recording_jobs(&self) -> [Jobs; 2] {
        let services = self.calls.services();
        [services.compression.clone(), services.jobs.clone()]
    }

    /// The next stream gets a recording of its own.
    pub(super) fn end_stream(&mut self) {
        if let Some(began) = self.began.take() {
            self.past_streams += 1;
            if let Some(recording_writer) = self.recording_writer.take() {
                recording_writer.finish(clock::instant() - began, self.recording_jobs());
            }
        }
        if let Some(stream) = self.stream.take() {
            log::spawn(stream.close());
        }
    }
}
