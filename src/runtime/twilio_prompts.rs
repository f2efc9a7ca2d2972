//! The greeting, and the prompt that is played before Twilio records: the owner's files, or the shipped ones.

use crate::audio::mp3;
use crate::config::{Config, ConfigErrors};
use crate::domain::hex;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// An audio file that Twilio fetches and plays.
#[derive(Clone, Debug)]
pub struct TwilioPrompt {
    /// The MP3 file.
    pub mp3: Bytes,
    /// Changes with the content of the file.
    pub etag: String,
    /// Its duration.
    pub length: Duration,
}

/// What Twilio itself plays to a caller.
#[derive(Clone, Debug)]
pub struct TwilioPrompts {
    /// Played at once, while the stream and the engine connect.
    pub greeting: TwilioPrompt,
    /// Played before Twilio records.
    pub fallback: TwilioPrompt,
}

impl TwilioPrompts {
    /// Reads the files that the settings name. They must be MP3 files, and the greeting at most 10 s long.
    pub fn load(config: &Config) -> Result<Self, ConfigErrors> {
        let voice = &config.voice;
        let greeting = prompt(config, "voice.greeting_file", voice.greeting_file.as_deref(), GREETING)?;
        if greeting.length > MAX_GREETING {
            let seconds = greeting.length.as_secs_f64();
            let message = format!("found a greeting of {seconds:.1} s; allowed: at most 10 s");
            return Err(config.invalid_setting("voice.greeting_file", message));
        }
        let fallback = prompt(config, "voice.fallback_file", voice.fallback_file.as_deref(), FALLBACK)?;
        Ok(Self { greeting, fallback })
    }
}

fn prompt(
    config: &Config,
    key: &str,
    file: Option<&Path>,
    shipped: &'static [u8],
) -> Result<TwilioPrompt, ConfigErrors> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| {
        config.invalid_setting(key, format!("{}: {error}", path.display()))
    };
    let bytes = match file {
        None => Bytes::from_static(shipped),
        Some(path) => fs::read(path).map_err(|error| wrong(path, &error))?.into(),
    };
    let length = mp3::duration(&bytes).map_err(|error| wrong(file.unwrap_or(Path::new("the shipped file")), &error))?;
    Ok(TwilioPrompt { etag: etag(&bytes), mp3: bytes, length })
}

/// Half of the SHA-256, in hex.
fn etag(file: &[u8]) -> String {
    hex(&Sha256::digest(file)[..16])
}

const GREETING: &[u8] = include_bytes!("../../packaging/audio/greeting_he.mp3");
const FALLBACK: &[u8] = include_bytes!("../../packaging/audio/fallback_he.mp3");

/// Twilio plays the whole greeting before the stream starts, so a long one keeps the caller waiting.
const MAX_GREETING: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_prompts_need_no_setting() {
        let prompts = TwilioPrompts::load(&Config::default()).unwrap();
        assert!(prompts.greeting.length < Duration::from_secs(4));
        assert_eq!(prompts.fallback.mp3, FALLBACK);
    }

    #[test]
    fn a_greeting_that_is_too_long_or_no_mp3_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("greeting.mp3");
        let mut config = Config::default();
        config.voice.greeting_file = Some(file.clone());
        fs::write(&file, [GREETING, GREETING, GREETING].concat()).unwrap();
        let error = TwilioPrompts::load(&config).unwrap_err().to_string();
        assert!(error.contains("voice.greeting_file: found a greeting of 11."), "{error}");
        fs::write(&file, "RIFF").unwrap();
        let error = TwilioPrompts::load(&config).unwrap_err().to_string();
        assert!(error.contains("greeting.mp3: not an MP3 file"), "{error}");
    }
}
