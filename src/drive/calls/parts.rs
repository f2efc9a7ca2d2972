//! What every call works with.

use crate::agent::instructions;
use crate::call::{CallPolicy, EngineKind, Prompts};
use crate::config::{Config, Eagerness, EngineChoice, Live, OpenAiConfig, TurnDetection};
use crate::drive::jobs::Jobs;
use crate::drive::{Clips, InForce};
use crate::engine::RefusedFields;
use crate::ops::alert::Alerts;
use crate::ops::disk::DiskWatch;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// How long after the greeting caller and engine may take to be connected.
const WATCHDOG: Duration = Duration::from_secs(6);
/// The longest that a tool may take.
const TOOL_LIMIT: Duration = Duration::from_secs(8);

/// What every call works with.
#[derive(Clone)]
pub struct CallParts {
    /// The settings, and what is built from them.
    pub in_force: Live<InForce>,
    /// The database.
    pub store: Store,
    /// For Twilio's REST interface.
    pub client: reqwest::Client,
    /// The sentences of our own that are heard through the stream.
    pub clips: Arc<Clips>,
    /// How much room there is.
    pub disk: DiskWatch,
    /// Wakes the worker that compresses recordings.
    pub compression: Jobs,
    /// Where it is told what needs a person.
    pub alerts: Alerts,
    /// What the AI's server refuses of our settings.
    pub refused: RefusedFields,
}

impl CallParts {
    /// The settings as they are now.
    pub fn config(&self) -> Arc<Config> {
        self.in_force.now().config.clone()
    }

    /// Whether these settings let the AI answer calls.
    pub(super) fn uses_ai(settings: &InForce) -> bool {
        match settings.config.voice.engine {
            EngineChoice::Auto => settings.config.openai.key().is_some(),
            EngineChoice::Realtime => true,
            EngineChoice::Voicemail => false,
        }
    }

    /// How a call is to go that begins with these settings. `may_use_ai`: the limits allow it.
    pub(super) fn policy(&self, settings: &InForce, may_use_ai: bool) -> CallPolicy {
        let config = &settings.config;
        let (voice, agent) = (&config.voice, &config.agent);
        let engines = if may_use_ai && Self::uses_ai(settings) {
            vec![EngineKind::Realtime, EngineKind::Voicemail]
        } else {
            vec![EngineKind::Voicemail]
        };
        CallPolicy {
            engines,
            greeting: settings.prompts.greeting.length,
            watchdog: WATCHDOG,
            lead: Duration::from_millis(voice.lead_ms.into()),
            turn_end: turn_end(&config.openai),
            idle: (voice.idle_prompt_s > 0).then(|| Duration::from_secs(voice.idle_prompt_s.into())),
            max_call: Duration::from_secs(voice.max_call_s.into()),
            tool_limit: TOOL_LIMIT,
            speaks_first: voice.agent_speaks_first,
            can_transfer: agent.transfer_to.is_some(),
            prompts: Prompts {
                speak_first: instructions::SPEAK_FIRST.into(),
                still_there: instructions::STILL_THERE.into(),
                wrap_up: instructions::WRAP_UP.into(),
                one_moment_clip: self.clips.one_moment.clone(),
                more_time_clip: self.clips.more_time.clone(),
                goodbye_clip: self.clips.goodbye.clone(),
                still_there_clip: self.clips.still_there.clone(),
            },
        }
    }
}

/// How long the AI may wait after the caller's last word before it takes the turn for ended.
fn turn_end(openai: &OpenAiConfig) -> Duration {
    match (openai.turn_detection, openai.vad_eagerness) {
        (TurnDetection::ServerVad, _) => Duration::from_millis(openai.vad_silence_ms.into()),
        (TurnDetection::SemanticVad, Eagerness::Low) => Duration::from_secs(8),
        (TurnDetection::SemanticVad, Eagerness::Medium | Eagerness::Auto) => Duration::from_secs(4),
        (TurnDetection::SemanticVad, Eagerness::High) => Duration::from_secs(2),
    }
}
