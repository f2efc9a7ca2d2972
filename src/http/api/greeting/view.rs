//! What the API shows of the greeting.

use crate::domain::{self, Timestamp};
use crate::runtime::{ActiveSettings, GreetingSource};
use serde::Deserialize;
use serde::Serialize;

/// The greeting that callers hear, and those that are kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GreetingResponse {
    /// Where it comes from: `shipped`, `page`, or `file`: `voice.greeting_file` names it, and the page cannot change it.
    source: &'static str,
    /// Its duration.
    duration_ms: u64,
    /// Changes with its sound.
    version: String,
    /// With `file`: the path of the file.
    path: Option<String>,
    /// With `file`: the settings file that names it.
    file: Option<String>,
    /// The line of the settings file.
    line: Option<usize>,
    /// With `file`: the environment variable that names it.
    variable: Option<String>,
    /// The greetings that were recorded or uploaded on the page, newest first; the last five are kept.
    recordings: Vec<StoredGreeting>,
}

/// A greeting that was recorded or uploaded on the page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StoredGreeting {
    /// The id.
    id: i64,
    /// Whether it is the one of the page that callers hear.
    is_current: bool,
    /// Its duration.
    duration_ms: i64,
    /// Its name; null for a recording.
    name: Option<String>,
    /// Who added it: `user:3`, `token:2`.
    author: String,
    /// When it was added.
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
            source: match prompts.greeting_source {
                GreetingSource::Shipped => "shipped",
                GreetingSource::Page => "page",
                GreetingSource::File => "file",
            },
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

/// The setting of a greeting on the machine.
pub(super) const KEY: &str = "voice.greeting_file";

/// An uploaded file that becomes the greeting.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetGreetingRequest {
    /// The id of the file, as `POST /api/media` answers it: MP3, or WAV with 16-bit or mu-law samples, of at most 10 s.
    pub(super) media_id: String,
    /// A name to show, such as that of the file.
    pub(super) name: Option<String>,
}

/// A greeting that is stored already.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseGreetingRequest {
    /// Its id.
    pub(super) id: i64,
}
