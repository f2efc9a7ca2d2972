//! Writes a call's transcript and state to the database during the call, in order and without blocking the call.

use super::ai_outcome::AiOutcome;
use super::claims;
use crate::call::{CallEvent, EngineKind, FalseBargeIn, HandBackCause, StreamEndAction, TurnRecord, Usage};
use crate::clock;
use crate::config::Config;
use crate::crm::call::{self, Conversation, EndedStream, IncomingCall};
use crate::crm::{caller_text, recording};
use crate::domain::{AiFailure, CallEventKind, CallSid, CallState, EndReason, StreamSid, Timestamp, TurnLatency};
use crate::runtime::calls::{CallContext, CallServices};
use crate::runtime::unstored_calls;
use crate::store::TurnUpdate;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct CallLogWriter {
    sid: CallSid,
    /// The call's data, if the call could not be stored when it began.
    unstored: Option<IncomingCall>,
    started_at: Timestamp,
    services: CallServices,
    config: Arc<Config>,
    stream: Option<StreamSid>,
    /// When the first engine was connected with the caller.
    live_at: Option<Timestamp>,
    ai: AiOutcome,
    /// The position of the last turn whose latencies were counted. A turn is stored again when its text changes.
    counted_seq: i64,
}

impl CallLogWriter {
    pub(super) fn new(context: &CallContext, config: Arc<Config>, services: &CallServices) -> Self {
        let call = &context.call;
        let ai = AiOutcome::new(&config);
        Self {
            sid: call.call_sid.clone(),
            unstored: (!context.is_stored).then(|| call.clone()),
            started_at: clock::now(),
            services: services.clone(),
            config,
            stream: None,
            live_at: None,
            ai,
            counted_seq: 0,
        }
    }

    pub(super) fn stream_began(&mut self, stream: &StreamSid) {
        self.stream = Some(stream.clone());
    }

    pub(super) fn turn(&mut self, turn: Box<TurnRecord>) {
        if turn.seq > self.counted_seq && turn.latency.first_sent_ms.is_some() {
            self.counted_seq = turn.seq;
            count_stages(&turn.latency);
        }
        let (sid, at) = (self.sid.clone(), clock::now());
        self.services.store.write_soon(move |tx| {
            let Usage { tokens_in, tokens_out, cost_micros } = turn.usage;
            let now = TurnUpdate {
                item_id: &turn.item,
                seq: turn.seq,
                speaker: turn.speaker,
                text: &turn.text,
                heard_text: &turn.heard_text,
                interrupted: turn.interrupted,
                started_ms: turn.started_ms,
                ended_ms: turn.ended_ms,
                word_times: &turn.word_times,
                latency: turn.latency,
                tokens_in,
                tokens_out,
                cost_micros,
            };
            call::store_turn(tx, &sid, &now, at)
        });
    }

    pub(super) fn event(&mut self, event: &CallEvent) {
        self.ai.event(event);
        let sid = &self.sid;
        match event {
            CallEvent::Live { engine } => self.live(*engine),
            CallEvent::CallerSpeech { is_final, has_failed } => {
                let outcome = match (*has_failed, *is_final) {
                    (true, _) => "cannot be transcribed, so its words are unknown",
                    (false, true) => "is transcribed completely",
                    (false, false) => "is transcribed in part, and more of it follows",
                };
                tracing::info!(event = "HEBREW_SPEECH", call.sid = %sid, r#final = is_final, "An utterance of the caller {outcome}: call {sid}");
            }
            CallEvent::FirstAudio { latency_ms } => {
                if let Some(latency_ms) = latency_ms {
                    let latency = Duration::from_millis(*latency_ms);
                    metrics::histogram!("agentlocator_call_answer_seconds").record(latency);
                }
                tracing::info!(event = "PING_PONG_TX", call.sid = %sid, latency_ms, "The agent started to speak in call {sid}");
            }
            CallEvent::BargeIn { heard_ms } => {
                tracing::info!(event = "BARGE_IN", call.sid = %sid, heard_ms, "The caller interrupted the agent after hearing {heard_ms} ms of the answer: call {sid}");
                metrics::counter!("agentlocator_call_interruptions_total", "outcome" => "interrupted").increment(1);
                self.insert_event(CallEventKind::BargeIn, &json!({"heard_ms": heard_ms}));
            }
            CallEvent::BargeInUndone { cause, paused_ms } => self.barge_in_undone(*cause, *paused_ms),
            CallEvent::HeldReplyDiscarded => {
                metrics::counter!("agentlocator_call_early_replies_discarded_total").increment(1);
                self.insert_event(CallEventKind::EarlyReplyDiscarded, &Value::Null);
            }
            CallEvent::Key(key) => self.insert_event(CallEventKind::Key, &json!({"key": key.to_string()})),
            CallEvent::IdlePrompt { number } => {
                self.insert_event(CallEventKind::IdlePrompt, &json!({"number": number}));
            }
            CallEvent::MessageStarted { at_ms } => self.message_started(*at_ms),
            CallEvent::EngineLost { engine, reason } => {
                metrics::counter!("agentlocator_engine_failures_total", "engine" => engine.as_str()).increment(1);
                let failure = AiFailure::from_reason(reason);
                let (part, cause) = (failure.part.as_str(), failure.cause.as_str());
                let problem = failure.cause.words();
                tracing::warn!(event = "ENGINE_LOST", call.sid = %sid, engine = engine.as_str(), part, cause, reason, "Engine {} failed in call {sid}: {problem} ({reason})", engine.as_str());
                let detail = json!({"engine": engine.as_str(), "part": part, "cause": cause, "reason": reason});
                self.insert_event(CallEventKind::EngineLost, &detail);
            }
            CallEvent::EngineRenewed { engine } => {
                tracing::info!(event = "ENGINE_RENEWED", call.sid = %sid, engine = engine.as_str(), "Call {sid} continues with a new session of engine {}, because the provider ends sessions of that age", engine.as_str());
            }
            CallEvent::EngineFailover { to } => self.failover(*to),
            CallEvent::EngineWarning { code } => {
                tracing::warn!(event = "ENGINE_WARNING", call.sid = %sid, code, "The engine of call {sid} reported an error, did not complete a response, or sent a malformed message, and the call continues: error code {code}");
                self.insert_event(CallEventKind::EngineWarning, &json!({"code": code}));
            }
            CallEvent::Used(usage) => {
                self.services.add_cost(&self.sid, usage.cost_micros);
            }
            CallEvent::ClaimStopped { promise, was_heard } => {
                claims::report_stopped(&self.services, &self.sid, *promise, *was_heard);
            }
            CallEvent::RobotDetected(evidence) => {
                let (evidence, words) = (evidence.as_str(), evidence.words());
                tracing::info!(event = "ROBOT_CALL", call.sid = %sid, evidence, "The agent ends call {sid}, because its caller is a machine: {words}");
                self.insert_event(CallEventKind::Robot, &json!({"evidence": evidence}));
            }
            CallEvent::TransferBegan => {
                tracing::info!(event = "TRANSFER_STARTED", call.sid = %sid, "Transferring call {sid} to a human agent");
                self.shown_event(CallEventKind::TransferBegan, None);
            }
            CallEvent::TransferAccepted => {
                tracing::info!(event = "TRANSFER_ACCEPTED", call.sid = %sid, "The human agent accepted call {sid}");
                self.shown_event(CallEventKind::TransferAccepted, None);
            }
            CallEvent::TransferFailed(why) => {
                let (why, words) = (why.as_str(), why.words());
                tracing::info!(event = "TRANSFER_FAILED", call.sid = %sid, why, "Transfer of call {sid} to a human agent failed: {words}; the call returns to its engine");
                self.shown_event(CallEventKind::TransferFailed, Some(&json!({"why": why})));
            }
            CallEvent::TakenOver => self.insert_event(CallEventKind::TakenOver, &Value::Null),
            CallEvent::HandedBack { cause } => {
                let words = match cause {
                    HandBackCause::Employee => "the employee handed the call back",
                    HandBackCause::Lost => "the employee was disconnected",
                    HandBackCause::TimeLimit => "the employee had talked for the maximum time",
                };
                let (cause, is_lost) = (cause.as_str(), *cause == HandBackCause::Lost);
                tracing::info!(event = "CALL_HANDED_BACK", call.sid = %sid, is_lost, cause, "The agent continues call {sid}: {words}");
                self.insert_event(CallEventKind::HandedBack, &json!({"is_lost": is_lost, "cause": cause}));
            }
            CallEvent::WatchdogFired => {
                tracing::warn!(event = "WATCHDOG_FIRED", call.sid = %sid, "Media stream or engine of call {sid} was not connected in time, or no engine could be opened: the daemon redirects the call to Twilio's recorder");
                self.insert_event(CallEventKind::Watchdog, &Value::Null);
            }
        }
    }

    /// Stores an event that changes what the web pages show of the call.
    pub(super) fn shown_event(&self, kind: CallEventKind, detail: Option<&Value>) {
        let (sid, at, detail) = (self.sid.clone(), clock::now(), detail.map(Value::to_string));
        self.services.store.write_soon(move |tx| call::record_shown_event(tx, &sid, kind, detail.as_deref(), at));
    }

    pub(super) fn ended(&self, reason: EndReason, action: StreamEndAction) {
        tracing::info!(event = "CALL_STREAM_ENDED", call.sid = %self.sid, end_reason = reason.as_str(), "The daemon's part of call {} has ended: {}", self.sid, reason.words());
        // The current threshold: a reload can change it during the call.
        self.services.alerts.record_ai_call(self.ai.call(), self.services.config().alerts.failed_calls);
        self.services.engine_breaker.record(self.ai.call(), &self.config, clock::instant());
        metrics::counter!("agentlocator_calls_ended_total", "reason" => reason.as_str()).increment(1);
        let (ended, country) = (Arc::new(self.ended_stream(reason, action)), self.config.business.country);
        let first = ended.clone();
        let written = self.services.store.write_soon_with_outcome(move |tx| call::end_stream(tx, &first, country));
        let (store, jobs) = (self.services.store.clone(), self.services.jobs.clone());
        tokio::spawn(async move {
            match written.await {
                Ok(()) => unstored_calls::discard(&store, &ended.sid).await,
                Err(refused) => unstored_calls::store_until_stored(&store, ended, country, refused).await,
            }
            // Jobs that are due later need no wake-up, because the job worker waits for their time.
            tokio::time::sleep(caller_text::AFTER_CALL).await;
            jobs.wake();
        });
    }

    fn ended_stream(&self, reason: EndReason, action: StreamEndAction) -> EndedStream {
        let heard = self.live_at.zip(self.ai.engine());
        let conversation = self.stream.clone().zip(heard).map(|(stream, (at, engine))| Conversation {
            stream,
            engine,
            model: self.model(engine),
            at,
        });
        let state = match action {
            StreamEndAction::HangUp | StreamEndAction::CallerGone => CallState::Ended,
            StreamEndAction::Transfer => CallState::Transferred,
            StreamEndAction::Record | StreamEndAction::Resume => CallState::Fallback,
        };
        let (sid, unstored, started_at) = (self.sid.clone(), self.unstored.clone(), self.started_at);
        EndedStream { sid, unstored, started_at, conversation, reason, state, at: clock::now() }
    }

    fn barge_in_undone(&self, cause: FalseBargeIn, paused_ms: u64) {
        let (cause, sound) = (cause.as_str(), cause.words());
        tracing::info!(event = "BARGE_IN_UNDONE", call.sid = %self.sid, cause, paused_ms, "The agent paused for {paused_ms} ms in call {}, because it heard {sound}, which is no interruption", self.sid);
        metrics::counter!("agentlocator_call_interruptions_total", "outcome" => cause).increment(1);
        self.insert_event(CallEventKind::BargeInUndone, &json!({"cause": cause, "paused_ms": paused_ms}));
    }

    fn live(&mut self, engine: EngineKind) {
        let Some(stream) = self.stream.clone() else { return };
        self.live_at.get_or_insert_with(clock::now);
        tracing::info!(event = "CALL_LIVE", call.sid = %self.sid, engine = engine.as_str(), "Call {} is connected to engine {}", self.sid, engine.as_str());
        if self.unstored.is_some() {
            // If this process is killed, Twilio's recorder takes over the call, because the call loses its stream.
            let cut_off = Arc::new(self.ended_stream(EndReason::Interrupted, StreamEndAction::Record));
            let store = self.services.store.clone();
            tokio::spawn(async move { unstored_calls::keep_cut_off(&store, cut_off).await });
        }
        let (sid, at, model) = (self.sid.clone(), clock::now(), self.model(engine));
        self.services
            .store
            .write_soon(move |tx| call::start_conversation(tx, &sid, &stream, engine, model.as_deref(), at));
    }

    fn failover(&self, to: EngineKind) {
        tracing::warn!(event = "ENGINE_FAILOVER", call.sid = %self.sid, engine = to.as_str(), "Call {} switches to engine {}, because the previous engine failed", self.sid, to.as_str());
        self.insert_event(CallEventKind::EngineFailover, &json!({"engine": to.as_str()}));
        let (sid, at, model) = (self.sid.clone(), clock::now(), self.model(to));
        self.services.store.write_soon(move |tx| call::change_engine(tx, &sid, to, model.as_deref(), at));
    }

    fn message_started(&self, at_ms: u64) {
        self.insert_event(CallEventKind::MessageStarted, &json!({"at_ms": at_ms}));
        let Some(key) = self.stream.as_ref().map(|stream| stream.as_str().to_owned()) else { return };
        let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
        self.services.store.write_soon(move |tx| recording::mark_message(tx, &key, at_ms));
    }

    fn model(&self, engine: EngineKind) -> Option<String> {
        match engine {
            EngineKind::Realtime => Some(self.config.openai.realtime_model.clone()),
            EngineKind::Live => Some(self.config.openai.live_model.clone()),
            EngineKind::Pipeline => self.config.model_server().map(|server| server.model.to_owned()),
            EngineKind::Voicemail => None,
        }
    }

    fn insert_event(&self, kind: CallEventKind, detail: &Value) {
        let (sid, at, detail) = (self.sid.clone(), clock::now(), detail.to_string());
        self.services.store.write_soon(move |tx| call::record_event(tx, &sid, kind, Some(&detail), at));
    }
}

fn count_stages(latency: &TurnLatency) {
    let stages = [
        ("transcript_partial", latency.transcript_partial_ms),
        ("transcript_final", latency.transcript_final_ms),
        ("response_created", latency.response_created_ms),
        ("first_token", latency.first_token_ms),
        ("first_delta", latency.first_delta_ms),
        ("first_sent", latency.first_sent_ms),
        ("first_played", latency.first_played_ms),
    ];
    for (stage, ms) in stages {
        if let Some(ms) = ms.and_then(|ms| u64::try_from(ms).ok()) {
            let passed = Duration::from_millis(ms);
            metrics::histogram!("agentlocator_call_answer_stage_seconds", "stage" => stage).record(passed);
        }
    }
}
