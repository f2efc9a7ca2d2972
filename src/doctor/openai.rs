//! Does the AI take our key, and has it the model?

use super::{Finding, Site, address};
use crate::config::OpenAiConfig;
use crate::providers::openai::rest::{self, Error};
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "openai";

pub(super) async fn look(site: Arc<Site>) -> Vec<Finding> {
    let Some(config) = site.config().map(|config| &config.openai) else { return Vec::new() };
    if config.key().is_none() {
        return vec![Finding::skipped(CHECK, "no AI key is set (OPENAI_API_KEY): callers leave a message instead")];
    }
    match rest::models(&site.client, config, LIMIT).await {
        Ok(models) => vec![judge(&models, config)],
        Err(error) => vec![refusal(&error)],
    }
}

fn judge(models: &[String], config: &OpenAiConfig) -> Finding {
    let wanted =
        [&config.realtime_model, &config.transcription_model, &config.file_transcription_model, &config.chat_model];
    let mut missing: Vec<_> =
        wanted.into_iter().filter(|wanted| !models.contains(wanted)).map(String::as_str).collect();
    missing.dedup();
    if missing.is_empty() {
        return Finding::ok(CHECK, format!("the AI takes the key, and has {}", config.realtime_model));
    }
    let found = format!("the key may not use {}", missing.join(", "));
    let remedy = "allow it in the project's settings at OpenAI, or name another under [openai]";
    if missing.contains(&config.realtime_model.as_str()) {
        return Finding::error(CHECK, found, remedy);
    }
    Finding::warning(CHECK, found, remedy)
}

fn refusal(error: &Error) -> Finding {
    match error {
        Error::Refused { status: 401 | 403, word, .. } => Finding::error(
            CHECK,
            format!("the AI does not take the key ({word})"),
            "make a new key at platform.openai.com, and set OPENAI_API_KEY",
        ),
        Error::Refused { status, word, .. } => {
            let found = format!("the AI answers {status} {word}");
            Finding::warning(CHECK, found, "see the account's limits and payments, and status.openai.com")
        }
        Error::Unreachable(source) => Finding::error(
            CHECK,
            format!("the AI cannot be reached ({})", address::innermost(source)),
            "see that this machine reaches the internet: name server, firewall, clock",
        ),
        Error::Malformed | Error::NotConfigured => {
            Finding::warning(CHECK, error.to_string(), "see that OPENAI_BASE_URL is a server of this kind")
        }
    }
}

const LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_missing_model_is_named() {
        let config = OpenAiConfig::default();
        let all = [&config.realtime_model, &config.transcription_model, &config.chat_model].map(Clone::clone);
        assert_eq!(judge(&all, &config).state, State::Ok);
        assert_eq!(judge(&all[..2], &config).state, State::Warning);
        let finding = judge(&all[1..], &config);
        assert!(finding.state == State::Error && finding.found.contains(&config.realtime_model));
    }
}
