//! The greeting, and the prompt that Twilio plays before it records: audio of the owner, or the included files.

use crate::audio::mp3;
use crate::audio::prompt::{self, Prompt};
use crate::config::{Config, ConfigErrors};
use crate::domain::{Language, SettingError, hex, text_enum};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct TwilioPrompt {
    pub content: Bytes,
    pub mime: &'static str,
    /// The value of the `ETag` header, derived from the content.
    pub etag: String,
    pub length: Duration,
}

text_enum! {
    /// The source of the active greeting.
    GreetingSource {
        /// The file that is included in the program.
        Shipped = "shipped",
        /// The web page; the audio is in the database.
        Page = "page",
        /// The file in `voice.greeting_file`.
        File = "file",
    }
}

/// The audio that Twilio itself plays to a caller.
#[derive(Clone, Debug)]
pub struct TwilioPrompts {
    /// The language of the included files.
    language: Language,
    /// Played when the call begins, while the engine connects.
    pub greeting: TwilioPrompt,
    pub greeting_source: GreetingSource,
    /// Played before Twilio records a message.
    pub fallback: TwilioPrompt,
}

impl TwilioPrompts {
    /// Reads the files that the settings name. The greeting must be an MP3 or WAV file of at most 10 s; the other
    /// prompt must be an MP3 file.
    pub fn load(config: &Config) -> Result<Self, ConfigErrors> {
        let (voice, language) = (&config.voice, config.agent.built_in_language());
        let fallback = match voice.fallback_file.as_deref() {
            None => TwilioPrompt::shipped(fallback_of(language)),
            Some(path) => read(config, "voice.fallback_file", path, |file| {
                let length = mp3::duration(&file).map_err(|error| error.to_string())?;
                Ok(Prompt { mime: prompt::MP3, content: file, length })
            })?,
        };
        let Some(path) = voice.greeting_file.as_deref() else {
            let greeting = TwilioPrompt::shipped(greeting_of(language));
            return Ok(Self { language, greeting, greeting_source: GreetingSource::Shipped, fallback });
        };
        let greeting =
            read(config, "voice.greeting_file", path, |file| Prompt::read(file).map_err(|error| error.to_string()))?;
        if greeting.length > MAX_GREETING {
            let seconds = format!("{:.1}", greeting.length.as_secs_f64());
            return Err(config.invalid_setting("voice.greeting_file", SettingError::GreetingTooLong { seconds }));
        }
        Ok(Self { language, greeting, greeting_source: GreetingSource::File, fallback })
    }

    /// Uses the greeting that was set on the web page, unless the settings name a file. If the stored audio cannot be
    /// decoded, the included greeting is used, because callers must hear a greeting.
    #[must_use]
    pub fn with_greeting(mut self, stored: Option<Vec<u8>>) -> Self {
        if self.greeting_source == GreetingSource::File {
            return self;
        }
        match stored.map(Prompt::read) {
            None => {}
            Some(Ok(prompt)) => {
                (self.greeting, self.greeting_source) = (prompt.into(), GreetingSource::Page);
            }
            Some(Err(error)) => {
                tracing::error!(event = "GREETING_UNREADABLE", %error, "Cannot decode the stored greeting, so callers hear the default one; set the greeting again on the settings page of the web interface");
            }
        }
        self
    }

    /// Returns the URL path of `fallback`.
    pub fn fallback_path(&self) -> String {
        format!("/static/tts/fallback_{}.mp3", self.language.as_str())
    }

    /// Returns the URL path under which Twilio fetches the greeting. Twilio caches files by URL, so the path of an
    /// owner's greeting changes with its content.
    pub fn greeting_path(&self) -> String {
        let TwilioPrompt { mime, etag, .. } = &self.greeting;
        let extension = if *mime == prompt::WAV { "wav" } else { "mp3" };
        match self.greeting_source {
            GreetingSource::Shipped => format!("/static/tts/greeting_{}.mp3", self.language.as_str()),
            GreetingSource::Page | GreetingSource::File => format!("/static/tts/greeting_he.{extension}?v={etag}"),
        }
    }
}

impl TwilioPrompt {
    /// Creates a prompt from an included file. The included files are valid, as a test verifies.
    fn shipped(file: &'static [u8]) -> Self {
        let length = mp3::duration(file).unwrap_or_default();
        Self { content: Bytes::from_static(file), mime: prompt::MP3, etag: etag(file), length }
    }
}

impl From<Prompt> for TwilioPrompt {
    fn from(Prompt { mime, content, length }: Prompt) -> Self {
        Self { etag: etag(&content), content: content.into(), mime, length }
    }
}

fn read(
    config: &Config,
    key: &str,
    path: &Path,
    parse: impl FnOnce(Vec<u8>) -> Result<Prompt, String>,
) -> Result<TwilioPrompt, ConfigErrors> {
    let file = fs::read(path).map_err(|error| error.to_string());
    let prompt = file.and_then(parse);
    prompt.map(Into::into).map_err(|problem| {
        config.invalid_setting(key, SettingError::AudioFile { file: path.display().to_string(), problem })
    })
}

/// Returns the first half of the file's SHA-256 in hex.
fn etag(file: &[u8]) -> String {
    hex(&Sha256::digest(file)[..16])
}

fn greeting_of(language: Language) -> &'static [u8] {
    match language {
        Language::Hebrew => include_bytes!("../../packaging/audio/greeting_he.mp3"),
        Language::English => include_bytes!("../../packaging/audio/greeting_en.mp3"),
    }
}

fn fallback_of(language: Language) -> &'static [u8] {
    match language {
        Language::Hebrew => include_bytes!("../../packaging/audio/fallback_he.mp3"),
        Language::English => include_bytes!("../../packaging/audio/fallback_en.mp3"),
    }
}

/// Twilio plays the whole greeting before the stream starts, so a long greeting keeps the caller waiting.
pub const MAX_GREETING: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;

    #[test]
    fn shipped_prompts_need_no_setting() {
        let prompts = TwilioPrompts::load(&Config::default()).unwrap();
        assert!(!prompts.greeting.length.is_zero() && prompts.greeting.length < Duration::from_secs(4));
        assert_eq!(
            (&*prompts.fallback.content, prompts.fallback.length.is_zero()),
            (fallback_of(Language::Hebrew), false)
        );
        assert_eq!(prompts.greeting_path(), "/static/tts/greeting_he.mp3");
        let mut english = Config::default();
        english.agent.language = "en".into();
        let prompts = TwilioPrompts::load(&english).unwrap();
        assert_eq!(
            (&*prompts.greeting.content, &*prompts.fallback.content),
            (greeting_of(Language::English), fallback_of(Language::English))
        );
        assert_eq!(prompts.greeting_path(), "/static/tts/greeting_en.mp3");
        assert_eq!(prompts.fallback_path(), "/static/tts/fallback_en.mp3");
    }

    #[test]
    fn a_greeting_that_is_too_long_or_no_sound_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("greeting.mp3");
        let mut config = Config::default();
        config.voice.greeting_file = Some(file.clone());
        fs::write(&file, greeting_of(Language::Hebrew).repeat(3)).unwrap();
        let error = TwilioPrompts::load(&config).unwrap_err().to_string();
        assert!(error.contains("voice.greeting_file: found a greeting of 11."), "{error}");
        fs::write(&file, "RIFF").unwrap();
        let error = TwilioPrompts::load(&config).unwrap_err().to_string();
        assert!(error.contains("greeting.mp3: not an MP3 file"), "{error}");
    }

    #[test]
    fn the_page_has_a_greeting_of_its_own_address_unless_a_file_is_named() {
        let sound = |samples: usize| [&wav::pcm_header(1, 8000, samples as u64)[..], &vec![1; samples * 2]].concat();
        let with = |config: &Config, stored| TwilioPrompts::load(config).unwrap().with_greeting(stored);
        let (first, second) = (with(&Config::default(), Some(sound(80))), with(&Config::default(), Some(sound(81))));
        assert_eq!((first.greeting_source, first.greeting.length), (GreetingSource::Page, Duration::from_millis(10)));
        assert!(first.greeting_path().starts_with("/static/tts/greeting_he.wav?v="), "{}", first.greeting_path());
        assert_ne!(first.greeting_path(), second.greeting_path());
        assert_eq!(with(&Config::default(), Some(b"x".to_vec())).greeting_source, GreetingSource::Shipped);

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("greeting.mp3");
        fs::write(&file, greeting_of(Language::Hebrew)).unwrap();
        let mut config = Config::default();
        config.voice.greeting_file = Some(file);
        assert_eq!(with(&config, Some(sound(80))).greeting_source, GreetingSource::File);
    }
}
