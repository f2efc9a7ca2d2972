//! The engine of a call: which settings it is opened with.

use super::CallTask;
use crate::agent::instructions::{self, PhoneContext};
use crate::call::{EngineKind, HistoryTurn};
use crate::clock;
use crate::domain::ContactName;
use crate::engine::{Engine, Pipeline, PipelineSetup, Realtime, RealtimeSetup, Voicemail, VoicemailSetup};
use crate::runtime::calls::{KnownAtStart, can_transfer};
use crate::runtime::clips;
use std::time::Duration;

impl CallTask {
    pub(super) fn open_engine(&mut self, kind: EngineKind, delay: Duration, history: Vec<HistoryTurn>) {
        let engine = match kind {
            EngineKind::Realtime => {
                let mut setup = self.realtime_setup(history);
                let pronunciation = instructions::pronunciation(&setup.config.agent);
                setup.instructions = format!("{}{pronunciation}", setup.instructions).into();
                Engine::Realtime(Box::new(Realtime::open(setup, delay)))
            }
            EngineKind::Pipeline => Engine::Pipeline(Box::new(Pipeline::open(self.pipeline_setup(history), delay))),
            EngineKind::Voicemail => Engine::Voicemail(Box::new(Voicemail::new(self.voicemail_setup()))),
        };
        if let Some(before) = self.engine.replace(engine) {
            tokio::spawn(before.close());
        }
    }

    fn realtime_setup(&self, history: Vec<HistoryTurn>) -> RealtimeSetup {
        let config = self.settings.config.clone();
        // A profile name is chosen by the caller, so it must not be part of the instructions (prompt injection).
        let (caller_name, profile_name) = match &self.context.name {
            ContactName::Unknown => (None, None),
            ContactName::ByOwner(name) => (Some(name.as_str()), None),
            ContactName::ByProfile(name) => (None, Some(name.clone())),
        };
        let can_transfer = can_transfer(&config, &self.context.call);
        let KnownAtStart { profile, memory } = &self.known;
        let can_book = profile.can_book();
        let is_resumed = !history.is_empty();
        let context =
            PhoneContext { caller_name, now: clock::now(), profile, memory, can_transfer, can_book, is_resumed };
        RealtimeSetup {
            instructions: instructions::for_phone(&config.business, &config.agent, &context).into(),
            tools: self.tools.clone(),
            language: config.agent.language.clone(),
            profile_name,
            caller_history: instructions::caller_history(memory, &config.business.time_zone),
            history,
            rejected: self.calls.services().rejected.clone(),
            config,
        }
    }

    fn pipeline_setup(&self, history: Vec<HistoryTurn>) -> PipelineSetup {
        let RealtimeSetup { config, instructions, tools, language, profile_name, caller_history, history, rejected: _ } =
            self.realtime_setup(history);
        let terms = self.known.profile.services.iter().map(|service| service.name.clone()).collect();
        let client = self.calls.services().client.clone();
        PipelineSetup { config, client, instructions, tools, language, terms, profile_name, caller_history, history }
    }

    fn voicemail_setup(&self) -> VoicemailSetup {
        let (services, voice) = (self.calls.services(), &self.settings.config.voice);
        VoicemailSetup {
            prompt: services.clips.leave_message.clone(),
            prompt_text: clips::leave_message_text(),
            thanks: services.clips.thanks.clone(),
            thanks_text: clips::thanks_text(),
            longest: Duration::from_secs(voice.message_max_s.into()),
            silence: Duration::from_secs(voice.message_silence_s.into()),
        }
    }
}
