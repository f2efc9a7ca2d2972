//! The voice of the caller in a rehearsal, from a synthesiser of the pipeline.

use super::google::Access;
use super::parts::PartEvent;
use super::synthesiser;
use crate::config::Config;
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::google::AccessTokens;
use crate::spoken::{Dictionary, for_synthesis, language_of};
use std::sync::Arc;
use std::time::Duration;

/// The time limit for one line of the caller.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct CallerVoice {
    config: Arc<Config>,
    client: reqwest::Client,
    tokens: AccessTokens,
}

impl CallerVoice {
    /// The settings of the synthesiser may differ from those of the agent.
    pub fn new(config: Arc<Config>, client: reqwest::Client) -> Self {
        Self { config, client, tokens: AccessTokens::default() }
    }

    /// Returns mu-law at 8 kHz, or the reason why there is none, as for the failure of an engine.
    pub async fn speak(&self, text: &str) -> Result<Vec<u8>, String> {
        let late = |_| Err(format!("synthesiser: no answer within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, self.synthesise(text)).await.unwrap_or_else(late)
    }

    async fn synthesise(&self, text: &str) -> Result<Vec<u8>, String> {
        let Self { config, client, tokens } = self.clone();
        let (language, dictionary) = (&config.agent.language, Dictionary::from_lines(&config.agent.pronunciation));
        let text = for_synthesis(text, language, &dictionary);
        let mut synthesiser = synthesiser(Access { client, config: config.clone(), tokens }, Duration::ZERO);
        let mut samples = Vec::new();
        let outcome = loop {
            match synthesiser.next().await {
                PartEvent::Ready => {
                    synthesiser.speak(ClauseId { answer: 1, index: 0, copy: 0 }, &text, language_of(&text, language));
                    synthesiser.try_flush();
                }
                PartEvent::Event((_, SpeechEvent::Audio(audio))) => audio.decode_into(&mut samples),
                PartEvent::Event((_, SpeechEvent::Done)) if samples.is_empty() => {
                    break Err("synthesiser: no audio".to_owned());
                }
                PartEvent::Event((_, SpeechEvent::Done)) => break Ok(samples),
                PartEvent::Event((_, SpeechEvent::Failed { reason, .. })) => break Err(reason),
                PartEvent::Lost(error) => break Err(format!("synthesiser: {}", error.reason)),
            }
        };
        synthesiser.close().await;
        outcome
    }
}
