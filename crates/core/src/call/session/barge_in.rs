//! Stops the agent's speech, for example after [`super::interruption`] has confirmed an interruption, and records how
//! much of the speech was heard.

use super::agent_speech::is_clip;
use super::{CallSession, Phase, turn_output};
use crate::audio::BYTES_PER_MS;
use crate::call::playback::ClearedUtterance;
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, Output, StreamEndAction};
use crate::domain::EndReason;
use std::time::Instant;

impl CallSession {
    /// `engine_cancels`: whether the engine cancels its response by itself.
    pub(super) fn barge_in(&mut self, engine_cancels: bool, now: Instant) {
        if let Some(heard_ms) = self.stop_speaking(engine_cancels, now) {
            self.event(CallEvent::BargeIn { heard_ms });
        }
    }

    /// Returns the heard milliseconds; none if no audio was queued or playing.
    pub(super) fn stop_speaking(&mut self, engine_cancels: bool, now: Instant) -> Option<u64> {
        self.reconsider_ending();
        self.drop_pause(now);
        self.drop_held_reply(now);
        let cleared = self.playback.is_open().then(|| self.clear(now));
        // The cancel command precedes the deletion of items: an item cannot be deleted while its response is in
        // progress.
        if let Some(response) = self.responses.cancel_active()
            && !engine_cancels
        {
            self.command(EngineCommand::Cancel { response });
        }
        let heard_ms = cleared.map(|cleared| self.report_cleared(&cleared, now));
        self.playback.resume();
        heard_ms
    }

    fn clear(&mut self, now: Instant) -> Vec<ClearedUtterance> {
        let was_withdrawn = self.playback.is_withdrawn();
        let cleared = self.playback.clear(now);
        if self.stream.is_open() && !was_withdrawn {
            self.outputs.push_back(Output::Clear { heard_until_ms: self.stream.stream_ms(now) });
        }
        cleared
    }

    /// Returns the heard milliseconds of the last utterance that was heard at all.
    fn report_cleared(&mut self, cleared: &[ClearedUtterance], now: Instant) -> u64 {
        let at_ms = self.stream.call_ms(now);
        for utterance in cleared {
            if let Some(response) = &utterance.source.response {
                self.responses.cancel(response);
            }
            if !is_clip(&utterance.source.item) {
                self.truncate_at_engine(utterance);
                self.record_heard_part(utterance, at_ms);
            }
        }
        self.reply_watch.cleared(now);
        self.timers.cancel(Timer::FlushPlayback);
        self.timers.cancel(Timer::MarkTimeout);
        cleared.iter().rfind(|utterance| utterance.heard > 0).map_or(0, |utterance| utterance.heard / BYTES_PER_MS)
    }

    fn truncate_at_engine(&mut self, utterance: &ClearedUtterance) {
        let item = utterance.source.item.clone();
        let heard_ms = utterance.heard / BYTES_PER_MS;
        if utterance.source.engine == Some(self.engine.generation())
            && utterance.heard < utterance.received
            && self.engine.capabilities().can_truncate
        {
            self.command(if heard_ms > 0 {
                EngineCommand::Truncate { item, heard_ms }
            } else {
                EngineCommand::Delete { item }
            });
        }
    }

    pub(super) fn record_heard_part(&mut self, utterance: &ClearedUtterance, at_ms: u64) {
        let item = &utterance.source.item;
        let turn = if utterance.is_fully_heard() {
            self.transcript.heard(item, at_ms)
        } else {
            self.transcript.interrupt(item, utterance.heard, utterance.received, at_ms)
        };
        self.outputs.extend(turn.map(turn_output));
    }

    /// Returns to the conversation from the goodbye, or from a transfer that the agent has requested: a caller who
    /// speaks does not want it yet. A transfer that an employee has requested is not revoked.
    fn reconsider_ending(&mut self) {
        let is_revocable = match self.phase {
            Phase::Ending { reason, action: StreamEndAction::HangUp, .. } => {
                matches!(reason, EndReason::AgentHungUp | EndReason::Idle | EndReason::Silent)
            }
            Phase::Ending { action: StreamEndAction::Transfer, .. } => self.tools.has_transfer(),
            _ => false,
        };
        if is_revocable {
            self.phase = Phase::Live;
            self.timers.cancel(Timer::Drain);
            self.revoke_end_of_conversation();
        }
    }
}
