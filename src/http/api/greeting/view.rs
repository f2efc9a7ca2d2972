//! API types of the greeting.

use crate::domain::{self, Timestamp};
use crate::runtime::{ActiveSettings, GreetingSource};
use serde::Deserialize;
use serde::Serialize;

/// The active greeting, and the stored greetings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GreetingResponse {
    /// The source of the active greeting: `shipped` (the built-in one), `page` (a stored greeting), or `file` (the
    /// setting `voice.greeting_file`). With `file`, a request to change the greeting answers 409 `setting_locked`.
    source: &'static str,
    /// The duration of the active greeting in milliseconds.
    duration_ms: u64,
    /// The version of the active greeting's audio, which changes with the audio.
    version: String,
    /// The path of the greeting file; null unless `source` is `file`.
    path: Option<String>,
    /// The settings file that sets the path; null unless `source` is `file` and a settings file sets the path.
    file: Option<String>,
    /// The line of the settings file that sets the path; null if `file` is null.
    line: Option<usize>,
    /// The environment variable that sets the path; null unless `source` is `file` and a variable sets the path.
    variable: Option<String>,
    /// The greetings that were recorded or uploaded on the web page, newest first. The last five and the selected one
    /// are kept.
    recordings: Vec<StoredGreeting>,
}

/// A greeting that was recorded or uploaded on the web page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StoredGreeting {
    /// The id of the greeting.
    id: i64,
    /// Whether this greeting is selected among the stored greetings. It is active only if `source` is `page`.
    is_current: bool,
    /// The duration of the greeting in milliseconds.
    duration_ms: i64,
    /// The name to display, such as the name of the uploaded file; null if none was given.
    name: Option<String>,
    /// The actor that added the greeting: `user:3` or `token:2`.
    author: String,
    /// When the greeting was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<domain::Greeting> for StoredGreeting {
    fn from(greeting: domain::Greeting) -> Self {
        Self {
            id: greeting.id,
            is_current: greeting.is_current,
            duration_ms: greeting.duration_ms,
            name: greeting.file_name,
            author: greeting.author,
            created_at: greeting.created_at,
        }
    }
}

impl GreetingResponse {
    pub(super) fn new(settings: &ActiveSettings, stored: Vec<domain::Greeting>) -> Self {
        let prompts = &settings.prompts;
        let is_file = prompts.greeting_source == GreetingSource::File;
        let origin = settings.config.origins.of(KEY);
        let path = settings.config.voice.greeting_file.as_ref().map(|path| path.display().to_string());
        Self {
            source: prompts.greeting_source.as_str(),
            duration_ms: u64::try_from(prompts.greeting.length.as_millis()).unwrap_or(u64::MAX),
            version: prompts.greeting.etag.clone(),
            path: path.filter(|_| is_file),
            file: origin.file().filter(|_| is_file).map(|file| file.display().to_string()),
            line: origin.line().filter(|_| is_file),
            variable: origin.variable().filter(|_| is_file).map(str::to_owned),
            recordings: stored.into_iter().map(Into::into).collect(),
        }
    }
}

pub(super) const KEY: &str = "voice.greeting_file";

/// An uploaded file that becomes the greeting.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetGreetingRequest {
    /// The id of a file that `POST /api/media` returned: MP3, or WAV with 16-bit or mu-law samples, at most 10 s and 4
    /// MiB.
    pub(super) media_id: String,
    /// The name to display, such as the file name; absent or null if there is none.
    pub(super) name: Option<String>,
}

/// The selection of a stored greeting.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseGreetingRequest {
    /// The id of the stored greeting.
    pub(super) id: i64,
}
