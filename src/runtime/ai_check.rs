//! Checks of the AI account. They verify that OpenAI accepts the API key, offers the configured models, and accepts the
//! session settings of a call. They also report announced shutdowns of the configured models.

use crate::agent::instructions::{self, PhoneContext};
use crate::agent::tool::{PhoneTools, ToolRegistry};
use crate::config::{AiEngine, BaseUrl, Config, OpenAiConfig};
use crate::crm::business_profile::BusinessProfile;
use crate::crm::caller_memory::CallerMemory;
use crate::domain::{
    AiFailure, AiFailureCause, Cause, CheckResult, CheckStatus, ContactName, Found, Remedy, Timestamp,
};
use crate::engine::{Live, Realtime, RealtimeSetup, RejectedFields};
use crate::host::local_time;
use crate::providers::http_client;
use crate::providers::openai::rest::{self, Error, Model};
use jiff::civil::Date;
use std::sync::Arc;
use std::time::Duration;

pub const CHECK: &str = "openai";
/// The field of `session.update` that requests a transcript of the caller's speech.
pub(super) const TRANSCRIPTION: &str = "audio.input.transcription";
const LIMIT: Duration = Duration::from_secs(10);
/// A warning is reported if a model's shutdown is at most this many days away.
const WARN_DAYS: i32 = 60;
/// An error is reported if a model's shutdown is fewer than this many days away.
const URGENT_DAYS: i32 = 7;

/// Queries the models of the AI server and, if none of the results is an error, opens a session with the settings of a
/// call. Without an API key, the check is skipped.
pub async fn check(client: &reqwest::Client, config: &Arc<Config>, now: Timestamp) -> Vec<CheckResult> {
    check_and_learn(client, config, now, &RejectedFields::default()).await
}

/// Like [`check`], but also records in `known` which fields the server rejects, so that calls omit these fields, and
/// send a field again once the server accepts it.
pub async fn check_and_learn(
    client: &reqwest::Client,
    config: &Arc<Config>,
    now: Timestamp,
    known: &RejectedFields,
) -> Vec<CheckResult> {
    let openai = &config.openai;
    if openai.key().is_none() {
        return vec![CheckResult::skipped(CHECK, without_key(config))];
    }
    let models = match rest::models(client, openai, LIMIT).await {
        Ok(models) => models,
        Err(error) => return vec![error_finding(&error, &openai.base_url)],
    };
    let today = local_time::date(now, &config.business.time_zone);
    let mut findings = missing(&models, config).map_or_else(Vec::new, |finding| vec![finding]);
    findings.extend(shutting_down(&models, config, today));
    if findings.iter().all(|finding| finding.state != CheckStatus::Error) {
        findings.extend(session(config.clone(), now, known).await);
    }
    if findings.is_empty() {
        findings.push(CheckResult::ok(CHECK, Found::AiAccepted { model: openai.realtime_model.clone() }));
    }
    findings
}

/// The pipeline engine may need no key of OpenAI.
pub(super) fn without_key(config: &Config) -> Found {
    let has_pipeline = config.ai_engines().contains(&AiEngine::Pipeline) && config.missing_for_pipeline().is_empty();
    if has_pipeline { Found::AiNoKeyNeeded } else { Found::AiNoKey }
}

fn configured_models(config: &Config) -> Vec<&str> {
    let OpenAiConfig { realtime_model, transcription_model, file_transcription_model, chat_model, .. } = &config.openai;
    let all = [realtime_model, transcription_model, file_transcription_model, chat_model];
    let mut wanted: Vec<&str> = Vec::new();
    let live = config.ai_engines().contains(&AiEngine::Live).then_some(config.openai.live_model.as_str());
    for model in all.into_iter().map(String::as_str).chain(live).chain(config.pipeline_models_at_openai()) {
        if !wanted.contains(&model) {
            wanted.push(model);
        }
    }
    wanted
}

fn missing(models: &[Model], config: &Config) -> Option<CheckResult> {
    let is_there = |wanted: &str| models.iter().any(|model| model.id == wanted);
    let missing: Vec<_> = configured_models(config).into_iter().filter(|wanted| !is_there(wanted)).collect();
    let found = Found::AiModelMissing { models: missing.join(", ") };
    if missing.contains(&config.openai.realtime_model.as_str()) {
        return Some(CheckResult::error(CHECK, found, Remedy::AiModel));
    }
    (!missing.is_empty()).then(|| CheckResult::warning(CHECK, found, Remedy::AiModel))
}

fn shutting_down(models: &[Model], config: &Config, today: Date) -> Vec<CheckResult> {
    let wanted = configured_models(config);
    let used = models.iter().filter(|model| wanted.contains(&model.id.as_str()));
    used.filter_map(|model| {
        let day = model.shutdown_date?;
        let days = (day - today).get_days();
        let found = Found::AiShutdown { model: model.id.clone(), day: day.to_string(), days: days.to_string() };
        match days {
            ..URGENT_DAYS => Some(CheckResult::error(CHECK, found, Remedy::AiSuccessor)),
            URGENT_DAYS..=WARN_DAYS => Some(CheckResult::warning(CHECK, found, Remedy::AiSuccessor)),
            _ => None,
        }
    })
    .collect()
}

async fn session(config: Arc<Config>, now: Timestamp, known: &RejectedFields) -> Option<CheckResult> {
    let engines = config.ai_engines();
    let setup = call_setup(config, now);
    if engines.contains(&AiEngine::Live) {
        let tried = tokio::time::timeout(LIMIT, Box::pin(Live::try_session(setup.clone()))).await;
        if let Err(failure) = tried.map_or(Err(NoSession::Slow), |tried| tried.map_err(NoSession::Refused)) {
            return Some(no_session(CHECK, failure));
        }
        if !engines.contains(&AiEngine::Realtime) {
            return None;
        }
    }
    let tried = setup.rejected.clone();
    let opened = try_session(setup).await;
    if opened.is_ok() {
        known.learn(&tried);
    }
    match opened {
        Ok(rejected) if rejected.is_empty() => None,
        Ok(rejected) => Some(rejected_settings(CHECK, &rejected)),
        Err(failure) => Some(no_session(CHECK, failure)),
    }
}

/// For a call by an unknown caller, with every built-in tool that a call may have with these settings.
pub(super) fn call_instructions(config: &Config, now: Timestamp) -> (Arc<str>, ToolRegistry) {
    let can_transfer = config.agent.transfer_to.is_some();
    let (profile, memory) = (&BusinessProfile::EMPTY, &CallerMemory::EMPTY);
    let context = PhoneContext { now, profile, memory, can_transfer, can_book: true, is_resumed: false };
    let instructions = instructions::for_phone(&config.business, &config.agent, &context);
    (instructions.into(), ToolRegistry::for_phone(PhoneTools { transfer: can_transfer, ..PhoneTools::ALL }))
}

pub(super) fn call_setup(config: Arc<Config>, now: Timestamp) -> RealtimeSetup {
    let (instructions, tools) = call_instructions(&config, now);
    RealtimeSetup {
        instructions,
        tools,
        language: config.agent.language.clone(),
        terms: Some(config.business.name.clone()).into_iter().filter(|name| !name.is_empty()).collect(),
        caller_name: ContactName::Unknown,
        caller_history: None,
        history: Vec::new(),
        rejected: RejectedFields::default(),
        config,
    }
}

pub(super) async fn try_session(setup: RealtimeSetup) -> Result<Vec<&'static str>, NoSession> {
    let outcome = tokio::time::timeout(LIMIT, Box::pin(Realtime::try_session(setup))).await;
    outcome.map_or(Err(NoSession::Slow), |outcome| outcome.map_err(NoSession::Refused))
}

/// The reason why no session for a call was opened.
#[derive(Debug)]
pub(super) enum NoSession {
    Refused(String),
    /// The server did not answer within [`LIMIT`].
    Slow,
}

impl NoSession {
    pub(super) fn found(self) -> Found {
        match self {
            Self::Refused(reason) => {
                let failure = AiFailure::from_reason(&reason);
                let reason = failure.detail();
                match failure.cause {
                    AiFailureCause::BadKey => Found::AiKeyRejected { reason },
                    AiFailureCause::NoCredit => Found::AiNoCredit { reason },
                    AiFailureCause::RateLimited => Found::AiRateLimited { reason },
                    AiFailureCause::Rejected | AiFailureCause::Outage => Found::AiNoSession { reason },
                }
            }
            Self::Slow => Found::AiSlowSession { seconds: LIMIT.as_secs() },
        }
    }
}

pub(super) fn rejected_settings(check: &str, rejected: &[&str]) -> CheckResult {
    let fields = rejected.join(", ");
    CheckResult::warning(check, Found::AiRejectedSettings { fields }, Remedy::AiOtherValues)
}

pub(super) fn no_session(check: &str, failure: NoSession) -> CheckResult {
    let remedy = match &failure {
        NoSession::Refused(reason) => match AiFailure::from_reason(reason).cause {
            AiFailureCause::BadKey => Remedy::AiNewKey,
            cause => remedy_of(cause, OPENAI).unwrap_or(Remedy::AiMessages),
        },
        NoSession::Slow => Remedy::AiMessages,
    };
    CheckResult::error(check, failure.found(), remedy)
}

/// `None` unless the account has no credit or has reached its rate limit. `account` is the setting that identifies the
/// account.
pub(super) fn remedy_of(cause: AiFailureCause, account: &str) -> Option<Remedy> {
    match cause {
        AiFailureCause::NoCredit => Some(Remedy::AiCredit { settings: account.to_owned() }),
        AiFailureCause::RateLimited => Some(Remedy::AiLater),
        AiFailureCause::BadKey | AiFailureCause::Rejected | AiFailureCause::Outage => None,
    }
}

const OPENAI: &str = "openai.api_key";

/// `base_url` is the address of the server that caused the error.
pub(super) fn error_finding(error: &Error, base_url: &BaseUrl) -> CheckResult {
    match error {
        Error::Refused { status, code, .. } => {
            let cause = AiFailureCause::from_status(*status, code);
            let reason = Cause::other(code.as_str()).into();
            match (cause, remedy_of(cause, OPENAI)) {
                (AiFailureCause::BadKey, _) => {
                    CheckResult::error(CHECK, Found::AiKeyRejected { reason }, Remedy::AiNewKey)
                }
                (AiFailureCause::NoCredit, Some(remedy)) => {
                    CheckResult::error(CHECK, Found::AiNoCredit { reason }, remedy)
                }
                (AiFailureCause::RateLimited, Some(remedy)) => {
                    CheckResult::warning(CHECK, Found::AiRateLimited { reason }, remedy)
                }
                _ => {
                    let found = Found::AiAnswer { status: u64::from(*status), reason };
                    // OpenAI answers 404 for a model that it does not have. Without that code, the address is wrong.
                    let is_elsewhere = matches!(status, 404 | 405) && code != "model_not_found";
                    let address = || Remedy::AiAddress { url: base_url.to_string() };
                    CheckResult::warning(CHECK, found, if is_elsewhere { address() } else { Remedy::AiLimits })
                }
            }
        }
        Error::Unreachable(source) => {
            let reason = http_client::causes(source);
            CheckResult::error(CHECK, Found::AiUnreachable { reason }, Remedy::Internet)
        }
        Error::Malformed => unusable(Cause::AiMalformed),
        Error::NotConfigured => unusable(Cause::AiNoKey),
    }
}

fn unusable(cause: Cause) -> CheckResult {
    CheckResult::warning(CHECK, Found::AiUnusable { reason: cause.into() }, Remedy::AiServer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: &str, shutdown_date: Option<&str>) -> Model {
        Model { id: id.to_owned(), shutdown_date: shutdown_date.map(|day| day.parse().unwrap()) }
    }

    #[test]
    fn a_missing_model_is_named() {
        let config = Config::default();
        let openai = &config.openai;
        let all = [&openai.realtime_model, &openai.transcription_model, &openai.chat_model];
        let all = all.map(|id| model(id, None));
        assert_eq!(missing(&all, &config), None);
        assert_eq!(missing(&all[..2], &config).unwrap().state, CheckStatus::Warning);
        let finding = missing(&all[1..], &config).unwrap();
        assert_eq!(finding.state, CheckStatus::Error);
        assert_eq!(finding.found, Found::AiModelMissing { models: openai.realtime_model.clone() }.into());
    }

    #[test]
    fn the_shutdown_of_a_model_in_use_is_reported_weeks_before() {
        let config = Config::default();
        let chat = config.openai.chat_model.as_str();
        let states = |day| {
            let models = [model(chat, Some("2026-12-11")), model("gpt-other", Some("2020-01-01"))];
            let found = shutting_down(&models, &config, day);
            found.into_iter().map(|finding| finding.state).collect::<Vec<_>>()
        };
        assert_eq!(states("2026-10-11".parse().unwrap()), []);
        assert_eq!(states("2026-11-21".parse().unwrap()), [CheckStatus::Warning]);
        assert_eq!(states("2026-12-05".parse().unwrap()), [CheckStatus::Error]);
        assert_eq!(states("2027-12-05".parse().unwrap()), [CheckStatus::Error]);
    }
}
