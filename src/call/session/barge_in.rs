//! Interruptions: the caller speaks over the agent.

use super::{CallSession, Phase, is_clip, written};
use crate::audio::BYTES_PER_MS;
use crate::call::playback::Cut;
use crate::call::timers::Timer;
use crate::call::{After, CallEvent, EngineCommand, Output};
use crate::domain::EndReason;
use std::time::Instant;

impl CallSession {
    /// Stops the current speech: first on the caller's phone, then at the engine, then in the session's state.
    pub(super) fn barge_in(&mut self, engine_cancels: bool, now: Instant) {
        self.reconsider_ending();
        if self.playback.is_open() {
            self.clear(now);
        }
        if let Some(response) = self.responses.cut_active()
            && !engine_cancels
        {
            self.command(EngineCommand::Cancel { response });
        }
    }

    /// Drops all audio that the caller has not heard, and reports to the engine how much was heard.
    pub(super) fn clear(&mut self, now: Instant) {
        let at_ms = self.call_ms(now);
        let cuts = self.playback.clear(now);
        if self.stream_began.is_some() {
            self.outputs.push_back(Output::Clear { heard_until_ms: self.stream_ms(now) });
        }
        for cut in &cuts {
            if let Some(response) = &cut.source.response {
                self.responses.cut(response);
            }
            if !is_clip(&cut.source.item) {
                self.tell_engine_of(cut);
                self.write_cut(cut, at_ms);
            }
        }
        self.watch.cleared(now);
        let heard = cuts.iter().rfind(|cut| cut.heard > 0).map_or(0, |cut| cut.heard / BYTES_PER_MS);
        self.event(CallEvent::BargeIn { heard_ms: heard });
        self.timers.cancel(Timer::Pump);
        self.timers.cancel(Timer::Settle);
    }

    fn tell_engine_of(&mut self, cut: &Cut) {
        let item = cut.source.item.clone();
        let heard_ms = cut.heard / BYTES_PER_MS;
        if cut.source.engine == Some(self.engine.number)
            && cut.heard < cut.received
            && self.engine().caps().can_truncate
        {
            self.command(if heard_ms > 0 {
                EngineCommand::Truncate { item, heard_ms }
            } else {
                EngineCommand::Delete { item }
            });
        }
    }

    /// Stores how much of the utterance was heard.
    pub(super) fn write_cut(&mut self, cut: &Cut, at_ms: u64) {
        let item = &cut.source.item;
        let turn = if cut.is_whole() {
            self.transcript.heard(item, at_ms)
        } else {
            self.transcript.cut(item, cut.heard, cut.received, at_ms)
        };
        self.outputs.extend(turn.map(written));
    }

    /// A caller who speaks during the goodbye does not want to end the call yet.
    fn reconsider_ending(&mut self) {
        if let Phase::Ending { reason: EndReason::AgentHungUp | EndReason::Idle, after: After::HangUp, .. } = self.phase
        {
            self.phase = Phase::Live;
            self.timers.cancel(Timer::Drain);
            self.revoke_end_call();
        }
    }
}
