//! Which AI engines answered in a call, and which failed.

use crate::alerting::AiCall;
use crate::call::{CallEvent, EngineKind};
use crate::config::{AiEngine, Config};
use crate::domain::AiFailure;

/// The outcome so far. An engine counts as answering once its first audio was sent to the caller, unless the call had to
/// continue with another engine. An engine whose content filter ended a conversation works, and counts as neither.
#[derive(Debug)]
pub(super) struct AiOutcome {
    call: AiCall,
    engine: Option<EngineKind>,
    /// The engine that was lost last, and why.
    lost: Option<(&'static str, AiFailure)>,
}

impl AiOutcome {
    pub(super) fn new(config: &Config) -> Self {
        let configured = config.ai_engines().into_iter().map(AiEngine::as_str).collect();
        Self { call: AiCall { configured, ..AiCall::default() }, engine: None, lost: None }
    }

    pub(super) fn call(&self) -> &AiCall {
        &self.call
    }

    /// Returns the engine in use; none before the first one is connected with the caller.
    pub(super) fn engine(&self) -> Option<EngineKind> {
        self.engine
    }

    pub(super) fn event(&mut self, event: &CallEvent) {
        match event {
            CallEvent::Live { engine } => self.engine = Some(*engine),
            CallEvent::EngineFailover { to } => {
                self.engine = Some(*to);
                if let Some((engine, failure)) = self.lost.take() {
                    self.call.answered.retain(|answered| *answered != engine);
                    self.failed(engine, failure);
                }
            }
            CallEvent::FirstAudio { .. } => {
                let Some(engine) = self.engine.filter(|engine| engine.is_ai()) else { return };
                self.call.failed.retain(|(failed, _)| *failed != engine.as_str());
                if !self.call.answered.contains(&engine.as_str()) {
                    self.call.answered.push(engine.as_str());
                }
            }
            CallEvent::EngineLost { engine, reason } if engine.is_ai() => {
                let (name, failure) = (engine.as_str(), AiFailure::from_reason(reason));
                if failure.is_filtered() {
                    self.lost = None;
                    return;
                }
                if !self.call.answered.contains(&name) {
                    self.failed(name, failure.clone());
                }
                self.lost = Some((name, failure));
            }
            _ => {}
        }
    }

    fn failed(&mut self, engine: &'static str, failure: AiFailure) {
        self.call.failed.retain(|(failed, _)| *failed != engine);
        self.call.failed.push((engine, failure));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AiFailureCause;

    const AUDIO: CallEvent = CallEvent::FirstAudio { latency_ms: None };

    /// Returns the engines that answered, and those that failed, after these events.
    fn outcome(events: &[CallEvent]) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut outcome = AiOutcome::new(&Config::default());
        for event in events {
            outcome.event(event);
        }
        let failed = outcome.call().failed.iter().map(|(engine, _)| *engine).collect();
        (outcome.call.answered, failed)
    }

    fn lost(engine: EngineKind) -> CallEvent {
        CallEvent::EngineLost { engine, reason: "the connection was lost".to_owned() }
    }

    #[test]
    fn an_engine_that_is_lost_and_opened_again_has_answered() {
        let realtime = EngineKind::Realtime;
        let events = [CallEvent::Live { engine: realtime }, AUDIO, lost(realtime)];
        assert_eq!(outcome(&events), (vec!["realtime"], vec![]));
        let events = [lost(realtime), CallEvent::Live { engine: realtime }, AUDIO];
        assert_eq!(outcome(&events), (vec!["realtime"], vec![]), "its first connection failed");
    }

    #[test]
    fn a_content_filter_is_no_failure_of_the_engine() {
        let (realtime, reason) = (EngineKind::Realtime, format!("model: {}", AiFailure::FILTERED));
        let filtered = CallEvent::EngineLost { engine: realtime, reason };
        let to_voicemail = CallEvent::EngineFailover { to: EngineKind::Voicemail };
        let events = [CallEvent::Live { engine: realtime }, filtered, to_voicemail];
        assert_eq!(outcome(&events), (vec![], vec![]));
    }

    #[test]
    fn an_engine_that_another_one_replaces_has_failed_even_after_it_spoke() {
        let (realtime, pipeline) = (EngineKind::Realtime, EngineKind::Pipeline);
        let replaced = [
            CallEvent::Live { engine: realtime },
            AUDIO,
            lost(realtime),
            lost(realtime),
            CallEvent::EngineFailover { to: pipeline },
            AUDIO,
        ];
        assert_eq!(outcome(&replaced), (vec!["pipeline"], vec!["realtime"]));
        let mut to_voicemail = AiOutcome::new(&Config::default());
        let events = [
            CallEvent::Live { engine: realtime },
            AUDIO,
            lost(realtime),
            CallEvent::EngineFailover { to: EngineKind::Voicemail },
        ];
        for event in &events {
            to_voicemail.event(event);
        }
        assert!(to_voicemail.call().answered.is_empty());
        assert_eq!(to_voicemail.call().failed[0].1.cause, AiFailureCause::Outage);
    }
}
