//! Handles the engine's events, and records what the caller hears of the engine's responses.

use super::agent_speech::is_clip;
use super::interruption::CompletedCalls;
use super::{CallSession, turn_output};
use crate::audio::EncodedAudio;
use crate::call::playback::Source;
use crate::call::{
    CallEvent, EngineCommand, EngineEvent, ItemId, ResponseId, ResponseOutcome, ResponseRequest, StreamEndAction, Usage,
};
use crate::domain::{AiFailure, AiPart, EndReason, WordTime};
use std::time::Instant;

/// The prompt to the model after a response that stopped early.
const CONTINUE_RESPONSE: &str =
    "Your last answer broke off before its end. Say the rest of it in a sentence or two; do not begin again.";
/// The prompt to the model after a response that a content filter stopped.
const DECLINE: &str = "A content filter stopped your last answer. Say in one sentence that you cannot help with that, and ask \
    what else you can do.";

impl CallSession {
    pub(super) fn engine_event(&mut self, event: EngineEvent, now: Instant) {
        self.reply_watch.engine_message(now);
        match event {
            EngineEvent::Activity => {}
            EngineEvent::FirstToken => self.transcript.first_token(now),
            EngineEvent::SpeechRequested => self.reply_watch.speech_requested(),
            EngineEvent::AudioDelta { response, item, audio } => self.agent_audio(response, item, &audio, now),
            EngineEvent::AudioDone { item } => self.playback.finish(&item),
            EngineEvent::AgentText { response, item, text, is_final } => {
                self.agent_text(&response, &item, &text, is_final, now);
            }
            EngineEvent::Ready => self.engine_ready(now),
            // No audio is sent to an engine that is not ready, so the event does not belong to speech of the caller.
            EngineEvent::SpeechStarted { .. } | EngineEvent::SpeechStopped { .. } if !self.engine.is_ready() => {}
            EngineEvent::SpeechStarted { item, at_ms } => self.speech_started(&item, at_ms, now),
            EngineEvent::SpeechStopped { item, at_ms } => self.speech_stopped(&item, at_ms, now),
            EngineEvent::CallerText { item, text, is_final } => self.caller_text(&item, &text, is_final, now),
            EngineEvent::CallerWordTimes { item, times } => self.caller_word_times(&item, times),
            EngineEvent::NoWords { until_ms } => self.sound_without_words(until_ms, now),
            EngineEvent::TranscriptionFailed { item } => self.transcription_failed(&item, now),
            EngineEvent::ResponseStarted { response } => self.response_started(response, now),
            EngineEvent::ResponseDone { response, outcome, usage } => {
                self.response_done(&response, &outcome, usage, now);
            }
            EngineEvent::ToolCall { response, id, call } => self.tool_call(response, id, call),
            EngineEvent::ClaimStopped { promise } => {
                self.event(CallEvent::ClaimStopped { promise, was_heard: false });
            }
            EngineEvent::MessageStarted => {
                self.caller.has_left_message = true;
                let at_ms = self.stream.call_ms(now);
                self.event(CallEvent::MessageStarted { at_ms });
            }
            EngineEvent::Finished { message_taken } => {
                let reason = if message_taken { EndReason::MessageTaken } else { EndReason::Idle };
                self.finish(reason, StreamEndAction::HangUp, now);
            }
            // These errors are races between the session's request and the engine's own turn, and need no report. The
            // rejected request is retried. A response that has ended need not be cancelled, and a turn that the engine
            // has ended need not be committed.
            EngineEvent::Warning { code } if code == ALREADY_ACTIVE => {
                if let Some(request) = self.responses.rejected() {
                    self.request_failed(request, None, "the engine rejects requests for a response", now);
                }
            }
            EngineEvent::Warning { code } if code == CANCEL_NOT_ACTIVE || code == COMMIT_EMPTY => {}
            EngineEvent::Warning { code } => self.warn(code),
            EngineEvent::Failed { retry, reason } => self.engine_failed(retry, reason, now),
        }
    }

    fn agent_audio(&mut self, response: ResponseId, item: ItemId, audio: &EncodedAudio, now: Instant) {
        if self.responses.is_cancelled(&response) {
            return self.cancelled_item(&response, &item);
        }
        self.note_held_item(&item);
        let source = Source { engine: Some(self.engine.generation()), response: Some(response.clone()), item };
        self.agent_speech.received(&response, audio.len());
        if self.playback.enqueue(&source, audio) {
            let at_ms = self.stream.call_ms(now);
            self.agent_speech.began(response, source.item.clone());
            self.transcript.first_delta(&source.item, at_ms, now);
        }
        self.reply_watch.response_audible(self.playback.remaining(now), now);
    }

    fn agent_text(&mut self, response: &ResponseId, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        self.end_other_text(item, now);
        if self.responses.is_cancelled(response) {
            return self.cancelled_item(response, item);
        }
        self.note_held_item(item);
        let at_ms = self.stream.call_ms(now);
        let turn = self.transcript.agent_text(item, text, is_final, at_ms, now);
        self.outputs.extend(turn.map(turn_output));
        self.check_text(response, item, text, is_final, now);
    }

    fn response_started(&mut self, response: ResponseId, now: Instant) {
        let is_cancelled = self.responses.started(&response);
        if is_cancelled || self.is_spoken_over() || self.waits_for_person() {
            // The request may have been sent before the caller started to speak, or before the transfer.
            self.responses.cancel(&response);
            return self.command(EngineCommand::Cancel { response });
        }
        self.transcript.response_started(now);
    }

    fn warn(&mut self, code: String) {
        if self.engine.admit_warning() {
            self.event(CallEvent::EngineWarning { code });
        }
    }

    fn caller_text(&mut self, item: &ItemId, text: &str, is_final: bool, now: Instant) {
        let at_ms = self.stream.call_ms(now);
        let turn = self.transcript.caller_text(item, text, is_final, at_ms, now);
        let has_words = !self.transcript.caller_words(item).trim().is_empty();
        self.caller.speech.words_known(item, has_words, is_final, now);
        if has_words {
            self.not_silent();
        }
        self.event(CallEvent::CallerSpeech { is_final, has_failed: false });
        self.outputs.extend(turn.map(turn_output));
        let words = self.transcript.caller_words(item);
        if let Some(evidence) = self.caller.robot.as_mut().and_then(|robot| robot.words(item, words)) {
            return self.end_robot(evidence, now);
        }
        self.update_held_wait(item);
        self.weigh_words(item, is_final, now);
    }

    fn caller_word_times(&mut self, item: &ItemId, times: Vec<WordTime>) {
        let audio = &self.caller.audio;
        let call_ms = |engine_ms| audio.call_ms(audio.position(engine_ms));
        let in_call = |time: WordTime| WordTime { start_ms: call_ms(time.start_ms), end_ms: call_ms(time.end_ms) };
        let turn = self.transcript.caller_word_times(item, times.into_iter().map(in_call).collect());
        self.outputs.extend(turn.map(turn_output));
    }

    /// Further words of the caller are unknown and may be important.
    fn transcription_failed(&mut self, item: &ItemId, now: Instant) {
        self.not_silent();
        let at_ms = self.stream.call_ms(now);
        let known = self.transcript.caller_words(item).to_owned();
        let turn = self.transcript.caller_text(item, &known, true, at_ms, now);
        self.event(CallEvent::CallerSpeech { is_final: true, has_failed: true });
        self.outputs.extend(turn.map(turn_output));
        self.words_unknowable(item, now);
    }

    fn response_done(&mut self, response: &ResponseId, outcome: &ResponseOutcome, usage: Usage, now: Instant) {
        self.responses.done(response);
        self.end_text(now);
        let is_cancelled = self.responses.is_cancelled(response);
        self.delete_unspoken(response);
        if usage != Usage::default() {
            self.event(CallEvent::Used(usage));
        }
        let newest = self.agent_speech.newest_of(response);
        if let Some(item) = &newest {
            self.playback.finish(item);
            let turn = self.transcript.add_usage(item, usage);
            self.outputs.extend(turn.map(turn_output));
        }
        let was_spoken = newest.is_some() && self.agent_speech.is_audible();
        let is_completed = *outcome == ResponseOutcome::Completed && !is_cancelled;
        let has_called = self.answer_calls(response, is_completed, was_spoken, now);
        let has_done_all = is_cancelled || (is_completed && has_called);
        if self.is_over() {
            return;
        }
        match outcome {
            ResponseOutcome::Incomplete => self.warn("response_incomplete".into()),
            ResponseOutcome::Filtered => self.warn("response_filtered".into()),
            ResponseOutcome::Failed { .. } => self.warn("response_failed".into()),
            ResponseOutcome::Completed | ResponseOutcome::Cancelled => {}
        }
        if is_completed && self.tools.is_endless(has_called, was_spoken) {
            return self.engine_failed(false, self.named_reason(AiPart::Model, AiFailure::ONLY_TOOLS), now);
        }
        if is_completed && was_spoken {
            self.engine.succeeded();
            self.reply_watch.reset_retries();
            let is_heard = !self.completed_in_pause() && !self.completed_while_held();
            if !self.caller.speech.is_detected() && is_heard && !self.interruptions.has_missed_reply() {
                self.mark_answered();
            }
        } else if !has_done_all && self.is_live() {
            self.retry_response(was_spoken, outcome, now);
        }
    }

    /// Runs the tool calls of a response that has ended, or defers them until it is known whether the caller interrupts
    /// the response. Returns true if the response contains tool calls.
    fn answer_calls(&mut self, response: &ResponseId, is_completed: bool, was_spoken: bool, now: Instant) -> bool {
        let calls = CompletedCalls { response: response.clone(), was_spoken };
        if is_completed
            && self.tools.has_received(response)
            && (self.defer_held_calls(&calls) || self.interruptions.defer(&calls))
        {
            return true;
        }
        let has_called = self.run_calls(&calls, is_completed, now);
        if !self.is_over() {
            self.ensure_goodbye(was_spoken);
        }
        has_called
    }

    pub(super) fn run_deferred_calls(&mut self, calls: &CompletedCalls, now: Instant) {
        self.run_calls(calls, true, now);
        if !self.is_over() {
            self.ensure_goodbye(calls.was_spoken);
        }
    }

    fn retry_response(&mut self, has_spoken: bool, outcome: &ResponseOutcome, now: Instant) {
        let again =
            if has_spoken { ResponseRequest::Instructed(CONTINUE_RESPONSE.into()) } else { ResponseRequest::Reply };
        let (request, retry_after, reason) = match outcome {
            // The same request would be stopped again.
            ResponseOutcome::Filtered => (ResponseRequest::Instructed(DECLINE.into()), None, AiFailure::FILTERED),
            ResponseOutcome::Failed { retry_after, reason } if !reason.is_empty() => (again, *retry_after, &**reason),
            ResponseOutcome::Failed { retry_after, .. } => (again, *retry_after, AiFailure::RESPONSES_FAIL),
            _ => (again, None, AiFailure::RESPONSES_FAIL),
        };
        // A complete answer without audio is the fault of the synthesiser if it was asked for audio.
        let has_text = *outcome == ResponseOutcome::Completed && self.reply_watch.is_speech_requested();
        let reason = match reason {
            AiFailure::RESPONSES_FAIL if has_text => self.named_reason(AiPart::Synthesiser, reason),
            AiFailure::RESPONSES_FAIL | AiFailure::FILTERED => self.named_reason(AiPart::Model, reason),
            reason => reason.to_owned(),
        };
        self.request_failed(request, retry_after, &reason, now);
    }

    pub(super) fn mark(&mut self, name: &str, now: Instant) {
        if self.playback.mark(name, now) {
            self.played(now);
        }
    }

    pub(super) fn expire_marks(&mut self, now: Instant) {
        if self.playback.expire_marks(now) {
            self.played(now);
        }
    }

    fn played(&mut self, now: Instant) {
        if let Some((item, since)) = self.playback.playing() {
            self.transcript.first_played(&item, since, now);
        }
        self.record_heard(now);
    }

    pub(super) fn record_heard(&mut self, now: Instant) {
        while let Some(item) = self.playback.poll_heard() {
            if !is_clip(&item) {
                let turn = self.transcript.heard(&item, self.stream.call_ms(now));
                self.outputs.extend(turn.map(turn_output));
            }
        }
    }
}

/// OpenAI's error code for a second concurrent response.
const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";
const CANCEL_NOT_ACTIVE: &str = "response_cancel_not_active";
const COMMIT_EMPTY: &str = "input_audio_buffer_commit_empty";
