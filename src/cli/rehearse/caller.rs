//! The speech of the caller in a rehearsal by phone: synthesised, or from recordings.

use super::scenario::Scenario;
use crate::audio::line_noise::trimmed;
use crate::audio::wav::WavFormat;
use crate::audio::{Downsampler, mulaw};
use crate::config::{Config, Synthesiser};
use crate::domain::{AiFailure, AiFailureCause};
use crate::engine::CallerVoice;
use crate::runtime::rehearsal::Scene;
use anyhow::{Context, bail, ensure};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) enum CallerSpeech {
    Synthesised {
        voice: CallerVoice,
        settings: VoiceSettings,
        /// The audio of the lines so far, by their texts.
        known: HashMap<String, Arc<[u8]>>,
    },
    /// The folder with the recordings.
    Recorded(PathBuf),
}

/// The names of the settings for the error messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct VoiceSettings {
    key: &'static str,
    voice: &'static str,
}

impl CallerSpeech {
    pub(super) fn synthesised(config: &Config, voice: Option<&str>, client: &reqwest::Client) -> anyhow::Result<Self> {
        let (config, settings) = with_voice(config, voice)?;
        let voice = CallerVoice::new(Arc::new(config), client.clone());
        Ok(Self::Synthesised { voice, settings, known: HashMap::new() })
    }

    /// Fails if a recording is missing.
    pub(super) fn recorded(folder: &Path, scenarios: &[&Scenario]) -> anyhow::Result<Self> {
        let mut lines = HashMap::new();
        let mut missing = Vec::new();
        for scenario in scenarios {
            let base = file_base(&scenario.name);
            if let Some(other) = lines.insert(base, &scenario.name) {
                bail!("the recordings of the scenarios {other:?} and {:?} would have the same names", scenario.name);
            }
            for (number, text) in scenario.words() {
                let path = file(folder, &scenario.name, number);
                if !path.exists() {
                    missing.push(format!("  {}: {text}", path.display()));
                }
            }
        }
        let (count, more) = (missing.len(), missing.len().saturating_sub(MAX_LISTED));
        missing.truncate(MAX_LISTED);
        if more > 0 {
            missing.push(format!("  and {more} more"));
        }
        ensure!(count == 0, "{count} recordings of the caller are missing:\n{}", missing.join("\n"));
        Ok(Self::Recorded(folder.to_owned()))
    }

    /// Returns the audio of each line, in mu-law; empty for a sound without words.
    pub(super) async fn lines(&mut self, scenario: &str, scene: &Scene) -> anyhow::Result<Vec<Arc<[u8]>>> {
        let mut lines = Vec::new();
        for (index, line) in scene.lines.iter().enumerate() {
            lines.push(if line.is_noise { Arc::default() } else { self.line(scenario, index + 1, &line.text).await? });
        }
        Ok(lines)
    }

    async fn line(&mut self, scenario: &str, number: usize, text: &str) -> anyhow::Result<Arc<[u8]>> {
        match self {
            Self::Recorded(folder) => Ok(read(&file(folder, scenario, number))?.into()),
            Self::Synthesised { voice, settings, known } => {
                if let Some(audio) = known.get(text) {
                    return Ok(audio.clone());
                }
                let audio = voice.speak(text).await.map_err(|reason| refused(&reason, *settings))?;
                ensure!(
                    !trimmed(&audio).is_empty(),
                    "the synthesiser of the caller's voice returned only silence for {text:?}; use another --caller-voice, \
                     or play recordings with --speech"
                );
                let audio: Arc<[u8]> = audio.into();
                known.insert(text.to_owned(), audio.clone());
                Ok(audio)
            }
        }
    }
}

/// Returns the settings with the synthesiser and the voice of the caller: the synthesiser of the pipeline, or that of
/// OpenAI if the pipeline's has no key or no address.
fn with_voice(config: &Config, voice: Option<&str>) -> anyhow::Result<(Config, VoiceSettings)> {
    let mut config = config.clone();
    let is_configured = match config.pipeline.synthesiser {
        Synthesiser::Soniox => config.soniox.key().is_some(),
        Synthesiser::ElevenLabs => config.elevenlabs.key().is_some(),
        Synthesiser::Google => config.google.is_configured(),
        Synthesiser::Speech => config.pipeline.speech_base_url.is_some(),
    };
    let mut key = match config.pipeline.synthesiser {
        Synthesiser::Soniox => "soniox.api_key",
        Synthesiser::ElevenLabs => "elevenlabs.api_key",
        Synthesiser::Google => config.google.account_setting(),
        Synthesiser::Speech => "pipeline.speech_api_key",
    };
    if !is_configured {
        let Some(openai) = config.openai.key().cloned() else {
            bail!(
                "no synthesiser can speak the caller's lines: set {key}, or openai.api_key, or play recordings with --speech"
            );
        };
        let pipeline = &mut config.pipeline;
        pipeline.synthesiser = Synthesiser::Speech;
        pipeline.speech_base_url = Some(config.openai.base_url.clone());
        pipeline.speech_api_key = Some(openai);
        key = "openai.api_key";
    }
    let (setting, to) = match config.pipeline.synthesiser {
        Synthesiser::Soniox => ("soniox.voice", &mut config.soniox.voice),
        Synthesiser::ElevenLabs => ("elevenlabs.voice", &mut config.elevenlabs.voice),
        Synthesiser::Google => ("google.voice", &mut config.google.voice),
        Synthesiser::Speech => ("pipeline.speech_voice", &mut config.pipeline.speech_voice),
    };
    if let Some(voice) = voice {
        // The voice becomes part of a URL or of a message to the provider.
        let is_name = !voice.is_empty() && voice.chars().all(|char| char.is_alphanumeric() || "-_. ".contains(char));
        ensure!(is_name, "--caller-voice: found {voice:?}, expected the name of a voice, as in {setting}");
        voice.clone_into(to);
    }
    Ok((config, VoiceSettings { key, voice: setting }))
}

fn refused(reason: &str, settings: VoiceSettings) -> anyhow::Error {
    let VoiceSettings { key, voice } = settings;
    let remedy = match AiFailure::from_reason(reason).cause {
        AiFailureCause::BadKey => format!("check the key: {key}"),
        AiFailureCause::NoCredit => "the account has no credit".to_owned(),
        AiFailureCause::RateLimited => "the account's rate limit is reached; try again later".to_owned(),
        AiFailureCause::Rejected => format!("check the voice: --caller-voice, else {voice}"),
        AiFailureCause::Outage => "try again later, or play recordings with --speech".to_owned(),
    };
    anyhow::anyhow!("the caller's lines cannot be synthesised: {reason}; {remedy}")
}

fn file(folder: &Path, scenario: &str, number: usize) -> PathBuf {
    folder.join(format!("{}-{number}.wav", file_base(scenario)))
}

/// Returns the name of a scenario with a hyphen in place of all that is no letter and no digit.
fn file_base(scenario: &str) -> String {
    let lower = scenario.to_lowercase();
    let parts = lower.split(|char: char| !char.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// Reads a WAV file as mu-law at 8 kHz.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let format = WavFormat::parse(&bytes, bytes.len() as u64).filter(|format| format.rate >= 8000);
    let format = format.with_context(|| {
        format!("{shown} is not a WAV file with 16-bit or mu-law samples and at least 8,000 samples per second")
    })?;
    let (from, to) = (usize::try_from(format.data.start)?, usize::try_from(format.data.end)?);
    let mut samples = Vec::new();
    format.decode_into(bytes.get(from..to).unwrap_or_default(), &mut samples);
    // Of a stereo recording, the left channel is used.
    let mono = samples.chunks(usize::from(format.channels)).filter_map(|frame| frame.first().copied());
    let audio = if format.rate == 8000 {
        mono.map(mulaw::encode).collect()
    } else {
        let mut downsampler = Downsampler::new(format.rate);
        let bytes: Vec<u8> = mono.flat_map(i16::to_le_bytes).collect();
        [downsampler.push(&bytes), downsampler.finish()].concat()
    };
    ensure!(!trimmed(&audio).is_empty(), "{shown} contains only silence");
    Ok(audio)
}

/// How many missing recordings are listed.
const MAX_LISTED: usize = 20;

#[cfg(test)]
mod tests {
    use super::file_base;

    #[test]
    fn recordings_are_named_after_the_scenario() {
        assert_eq!(file_base("self-correction: another hour"), "self-correction-another-hour");
        assert_eq!(file_base(" תור ליום שני! "), "תור-ליום-שני");
    }
}
