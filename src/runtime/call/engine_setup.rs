//! Opens the engine of a call, builds the data with which the engine starts, and passes commands on to it.

use super::{CallTask, claims};
use crate::agent::instructions::{self, PhoneContext};
use crate::call::{EngineCommand, EngineEvent, EngineKind, HistoryTurn, Input};
use crate::clock;
use crate::crm::call::CallerIdentity;
use crate::domain::ContactName;
use crate::engine::{Engine, Live, Pipeline, PipelineSetup, Realtime, RealtimeSetup, Voicemail, VoicemailSetup};
use crate::runtime::Clips;
use crate::runtime::calls::KnownAtStart;
use crate::telemetry::log;
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
            EngineKind::Live => {
                let mut setup = self.realtime_setup(history);
                let pronunciation = instructions::pronunciation(&setup.config.agent);
                setup.instructions = format!("{}{pronunciation}", setup.instructions).into();
                Engine::Live(Box::new(Live::open(setup, delay)))
            }
            EngineKind::Pipeline => Engine::Pipeline(Box::new(Pipeline::open(self.pipeline_setup(history), delay))),
            EngineKind::Voicemail => Engine::Voicemail(Box::new(Voicemail::new(self.voicemail_setup()))),
        };
        self.close_engine();
        self.engine = Some(engine);
    }

    pub(super) fn log_engine(&mut self) {
        if let Some(engine) = &mut self.engine {
            self.session.log_engine(engine);
        }
    }

    pub(super) fn close_engine(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            self.session.log_engine(&mut engine);
            log::spawn(engine.close());
        }
    }

    /// If voicemail would lose the message, the engine fails instead. The session then has no engine left, so Twilio's
    /// recorder takes the message.
    pub(super) fn command_engine(&mut self, command: &EngineCommand) {
        if matches!(command, EngineCommand::Respond(_)) && self.loses_message() {
            let failed = EngineEvent::Failed { retry: false, reason: NOT_RECORDED.to_owned() };
            return self.session.handle_input(Input::Engine(failed), clock::instant());
        }
        if let Some(engine) = &mut self.engine {
            engine.command(command);
        }
    }

    /// Returns true if a message in voicemail would be lost, because the settings or a full disk forbid the recording
    /// of the stream. A trial call and a rehearsal have no message to keep.
    fn loses_message(&self) -> bool {
        self.session.engine() == EngineKind::Voicemail && self.recording_writer.is_none() && self.is_by_phone()
    }

    fn realtime_setup(&self, history: Vec<HistoryTurn>) -> RealtimeSetup {
        let config = self.settings.config.clone();
        // A caller number that may be forged does not identify the caller.
        let is_known = self.context.call.identity() == CallerIdentity::Number;
        let caller_name = if is_known { self.context.name.clone() } else { ContactName::Unknown };
        let can_transfer = self.offers_transfer;
        let KnownAtStart { profile, memory, .. } = &self.known;
        let can_book = profile.can_book();
        let is_resumed = !history.is_empty();
        let now = self.calls.services().now();
        let context = PhoneContext { now, profile, memory, can_transfer, can_book, is_resumed };
        let outbound = self.context.purpose.as_deref().map(instructions::outbound).unwrap_or_default();
        let instructions = instructions::for_phone(&config.business, &config.agent, &context);
        RealtimeSetup {
            instructions: format!("{instructions}{outbound}").into(),
            tools: self.tools.clone(),
            language: claims::expected_language(&self.known, &config).to_owned(),
            // Without the caller's name, so that a server's rejection of these words holds for all calls.
            terms: self.business_terms(),
            caller_name,
            caller_history: instructions::caller_history(memory, &config.business.time_zone),
            history,
            rejected: self.calls.services().rejected.clone(),
            config,
        }
    }

    fn pipeline_setup(&self, history: Vec<HistoryTurn>) -> PipelineSetup {
        let setup = self.realtime_setup(history);
        let claims = self.session.claim_check().cloned();
        let RealtimeSetup {
            config,
            instructions,
            tools,
            language,
            mut terms,
            caller_name,
            caller_history,
            history,
            ..
        } = setup;
        if let ContactName::ByOwner(name) | ContactName::ByProfile(name) = &self.context.name {
            add_term(&mut terms, name);
        }
        let services = self.calls.services();
        let (client, google, model_memory) =
            (services.client.clone(), services.google.clone(), services.model_memory.clone());
        PipelineSetup {
            config,
            client,
            google,
            model_memory,
            instructions,
            tools,
            language,
            terms,
            caller_name,
            caller_history,
            history,
            claims,
            is_logged: self.session.is_logged(),
        }
    }

    /// Returns the names of the services, of the people and of the business, which callers are likely to say.
    fn business_terms(&self) -> Vec<String> {
        let KnownAtStart { profile, .. } = &self.known;
        let services = profile.services.iter().map(|service| &service.name);
        let resources = profile.resources.iter().filter_map(|resource| resource.name.as_ref());
        let mut terms = Vec::new();
        for name in services.chain(resources).chain([&self.settings.config.business.name]) {
            add_term(&mut terms, name);
        }
        terms
    }

    fn voicemail_setup(&self) -> VoicemailSetup {
        let config = &self.settings.config;
        let (clips, voice) = (Clips::shipped(config.agent.built_in_language()), &config.voice);
        VoicemailSetup {
            prompt: clips.leave_message.clone(),
            prompt_text: clips.leave_message_text(),
            thanks: clips.thanks.clone(),
            thanks_text: clips.thanks_text(),
            goodbye: clips.goodbye.clone(),
            goodbye_text: clips.goodbye_text(),
            longest: Duration::from_secs(voice.message_max_s.into()),
            silence: Duration::from_secs(voice.message_silence_s.into()),
        }
    }
}

fn add_term(terms: &mut Vec<String>, name: &str) {
    let name = name.trim();
    if !name.is_empty() && terms.iter().all(|known| known != name) {
        terms.push(name.to_owned());
    }
}

const NOT_RECORDED: &str = "the call is not recorded, so a message would be lost";
