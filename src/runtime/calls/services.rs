//! The services that every call uses.

use super::limits::is_within_daily_limits;
use super::{EngineBreaker, KnownUsage, Rehearsal, TrialUsage};
use crate::agent::instructions;
use crate::alerting::Alerts;
use crate::call::{CallPolicy, EngineKind, OtherFillers, Prompts};
use crate::clock;
use crate::config::{AiEngine, Config, Eagerness, TurnDetection};
use crate::crm;
use crate::crm::business_profile::{self, BusinessProfile};
use crate::crm::call::{self, IncomingCall};
use crate::crm::caller_memory::{self, CallerMemory};
use crate::domain::{CallSid, Language, Timestamp};
use crate::engine::{ModelMemory, RejectedFields};
use crate::host::disk::DiskMonitor;
use crate::host::local_time::start_of_day;
use crate::providers::google::AccessTokens;
use crate::runtime::caller_texts::CallerTexts;
use crate::runtime::input_log::InputLogs;
use crate::runtime::jobs::Jobs;
use crate::runtime::{ActiveSettings, Clips, Settings};
use crate::store::{AiUsage, ReadTx, Store};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;

/// How long the media stream and the engine may take to connect after the greeting has ended.
const WATCHDOG: Duration = Duration::from_secs(6);

/// How long a call waits for the database to return the business profile and the data about the caller. The greeting
/// plays during the wait.
const PROFILE_LIMIT: Duration = Duration::from_secs(1);
/// How log messages name the data of [`CallServices::business_profile`] and of [`CallServices::known_at_start`].
const PROFILE: &str = "the services and facts of the business";
const PROFILE_AND_MEMORY: &str = "the services and facts of the business and the caller's history";

#[derive(Clone)]
pub struct CallServices {
    pub settings: Settings,
    pub store: Store,
    /// The HTTP client for Twilio's REST API and for the AI servers.
    pub client: reqwest::Client,
    pub google: AccessTokens,
    pub model_memory: ModelMemory,
    /// The built-in sentences that are played through the media stream.
    pub disk: DiskMonitor,
    /// Wakes the worker that compresses recordings.
    pub compression: Jobs,
    /// Wakes the worker for the other jobs.
    pub jobs: Jobs,
    pub alerts: Alerts,
    pub trial_usage: TrialUsage,
    pub known_usage: KnownUsage,
    /// Sends the messages that the agent writes to callers.
    pub texts: CallerTexts,
    pub engine_breaker: EngineBreaker,
    /// The session fields that the AI server rejects.
    pub rejected: RejectedFields,
    pub input_logs: InputLogs,
    /// What the calls do differently if they are rehearsals; `None` in the daemon.
    pub rehearsal: Option<Rehearsal>,
}

pub(in crate::runtime) struct KnownAtStart {
    pub(in crate::runtime) profile: BusinessProfile,
    pub(in crate::runtime) memory: CallerMemory,
    /// False if data are missing, because the database did not return them.
    pub(in crate::runtime) is_complete: bool,
}

impl KnownAtStart {
    /// No data, for a call without AI, or if the database does not return the data in time.
    pub(in crate::runtime) const NOTHING: Self =
        Self { profile: BusinessProfile::EMPTY, memory: CallerMemory::EMPTY, is_complete: false };
}

impl CallServices {
    pub fn config(&self) -> Arc<Config> {
        self.settings.config()
    }

    /// Returns the time of calls, which in a rehearsal is not that of the clock.
    pub(in crate::runtime) fn now(&self) -> Timestamp {
        self.rehearsal.as_ref().map_or_else(clock::now, Rehearsal::now)
    }

    /// Empty if the database does not answer in time.
    pub(in crate::runtime) async fn business_profile(&self, zone: &TimeZone, sid: &CallSid) -> BusinessProfile {
        let (zone, now) = (zone.clone(), self.now());
        let read = self.read_in_time(sid, PROFILE, move |tx| business_profile::read(tx, &zone, now)).await;
        read.unwrap_or(BusinessProfile::EMPTY)
    }

    /// Both parts are read in one transaction.
    pub(in crate::runtime) async fn known_at_start(&self, zone: &TimeZone, call: &IncomingCall) -> KnownAtStart {
        let (zone, sid, call, now) = (zone.clone(), &call.call_sid, call.clone(), self.now());
        let read = self.read_in_time(sid, PROFILE_AND_MEMORY, move |tx| {
            let profile = business_profile::read(tx, &zone, now)?;
            let memory = caller_memory::read(tx, &call, &zone, now);
            let is_complete = memory.is_ok();
            let memory = memory.unwrap_or_else(|error| {
                let sid = &call.call_sid;
                tracing::warn!(event = "CALLER_MEMORY", call.sid = %sid, %error, "Cannot read the caller's history for call {sid}; the agent answers without it");
                CallerMemory::EMPTY
            });
            Ok(KnownAtStart { profile, memory, is_complete })
        });
        read.await.unwrap_or(KnownAtStart::NOTHING)
    }

    /// A call does not wait for a busy database. `what` names the data in log messages.
    async fn read_in_time<T: Send + 'static>(
        &self,
        sid: &CallSid,
        what: &str,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Option<T> {
        match tokio::time::timeout(PROFILE_LIMIT, crm::read(&self.store, work)).await {
            Ok(Ok(known)) => return Some(known),
            Ok(Err(error)) => {
                tracing::warn!(event = "AGENT_PROFILE", call.sid = %sid, %error, "Cannot read {what}; the agent answers call {sid} without them");
            }
            Err(_) => {
                tracing::warn!(
                    event = "AGENT_PROFILE",
                    call.sid = %sid,
                    limit_ms = PROFILE_LIMIT.as_millis(),
                    "Cannot read {what} in time: the agent answers call {sid} without them"
                );
            }
        }
        None
    }

    /// Returns false if the usage cannot be read.
    pub(in crate::runtime) async fn may_use_ai(&self, sid: &CallSid) -> bool {
        let (sid, now, config) = (sid.clone(), clock::now(), self.config());
        let today = start_of_day(now, &config.business.time_zone);
        let used = self.store.read(move |tx| tx.ai_usage(Some(&sid), today, now)).await;
        used.is_ok_and(|used| is_within_daily_limits(&config.voice, self.usage_of_day(Some(used), today, now)))
    }

    /// Returns the use of the AI since `today` (the start of the day), including trial calls. `stored` is the value
    /// from the database; if it is `None`, the value that this process has counted is used.
    pub fn usage_of_day(&self, stored: Option<AiUsage>, today: Timestamp, now: Timestamp) -> AiUsage {
        let used = match stored {
            Some(stored) => self.known_usage.observe(stored, today),
            None => self.known_usage.last(today),
        };
        self.trial_usage.add_to(used, today, now)
    }

    /// Returns false if the usage cannot be read.
    pub(in crate::runtime) async fn has_ai_left(&self) -> bool {
        let (now, config) = (clock::now(), self.config());
        let today = start_of_day(now, &config.business.time_zone);
        let used = self.store.read(move |tx| tx.ai_usage(None, today, now)).await;
        used.is_ok_and(|used| is_within_daily_limits(&config.voice, self.usage_of_day(Some(used), today, now)))
    }

    pub(in crate::runtime) fn add_cost(&self, sid: &CallSid, micros: i64) {
        self.known_usage.add_cost(micros);
        let sid = sid.clone();
        self.store.write_soon(move |tx| call::add_cost(tx, &sid, micros));
    }

    pub(super) fn uses_ai(settings: &ActiveSettings) -> bool {
        !settings.config.ai_engines().is_empty()
    }

    /// In the order in which they are tried.
    pub(in crate::runtime) fn ai_engines(config: &Config) -> Vec<EngineKind> {
        let kind = |engine| match engine {
            AiEngine::Realtime => EngineKind::Realtime,
            AiEngine::Pipeline => EngineKind::Pipeline,
            AiEngine::Live => EngineKind::Live,
        };
        config.ai_engines().into_iter().map(kind).collect()
    }

    /// `is_ai_allowed` is true if the usage limits allow the AI.
    pub(super) fn policy(&self, settings: &ActiveSettings, is_ai_allowed: bool) -> CallPolicy {
        let config = &settings.config;
        let (voice, clips) = (&config.voice, Clips::shipped(config.agent.built_in_language()));
        let mut engines = if is_ai_allowed { Self::ai_engines(config) } else { Vec::new() };
        self.engine_breaker.sort(&mut engines, config, clock::instant());
        engines.push(EngineKind::Voicemail);
        CallPolicy {
            greeting: settings.prompts.greeting.length,
            watchdog: WATCHDOG,
            lead: Duration::from_millis(voice.lead_ms.into()),
            turn_end: realtime_turn_end(config),
            pipeline_turn_end: Some(config.max_pause()),
            pipeline_detects_late: config.pipeline_detects_late(),
            hold_replies: config.openai.hold_replies(),
            engines,
            idle: (voice.idle_prompt_s > 0).then(|| Duration::from_secs(voice.idle_prompt_s.into())),
            max_call: Duration::from_secs(voice.max_call_s.into()),
            speaks_first: voice.agent_speaks_first,
            ends_robots: voice.end_robot_calls,
            ends_silent: voice.end_silent_calls,
            claims: None,
            page_ring: None,
            prompts: Prompts {
                speak_first: instructions::SPEAK_FIRST.into(),
                still_there: instructions::STILL_THERE.into(),
                wrap_up: instructions::WRAP_UP.into(),
                one_moment_clip: clips.one_moment.clone(),
                more_time_clip: clips.more_time.clone(),
                goodbye_clip: clips.goodbye.clone(),
                still_there_clip: clips.still_there.clone(),
                other_fillers: Some(other_fillers(config)),
            },
        }
    }
}

/// Returns the fillers in the language of the shipped sentences that the agent does not use.
fn other_fillers(config: &Config) -> OtherFillers {
    let (language, tag) = match config.agent.built_in_language() {
        Language::Hebrew => (Language::English, "en"),
        Language::English => (Language::Hebrew, "he"),
    };
    let clips = Clips::shipped(language);
    OtherFillers {
        language: tag.to_owned(),
        expected: config.agent.language.clone(),
        one_moment_clip: clips.one_moment.clone(),
        more_time_clip: clips.more_time.clone(),
    }
}

fn realtime_turn_end(config: &Config) -> Duration {
    let openai = &config.openai;
    match (openai.turn_detection, openai.vad_eagerness) {
        (TurnDetection::ServerVad, _) => Duration::from_millis(openai.vad_silence_ms.into()),
        (TurnDetection::SemanticVad, Eagerness::Low) => Duration::from_secs(8),
        (TurnDetection::SemanticVad, Eagerness::Medium | Eagerness::Auto) => Duration::from_secs(4),
        (TurnDetection::SemanticVad, Eagerness::High) => Duration::from_secs(2),
    }
}
