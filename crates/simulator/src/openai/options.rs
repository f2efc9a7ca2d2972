//! What the fake AI says, how fast, and its planned faults.

use crate::delay::NO_SPREAD;
use serde_json::Value;
use std::time::Duration;

/// What the fake AI says, how fast, and its planned faults.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// The required API key; none accepts any key.
    pub api_key: Option<String>,
    /// The turns of each session, in order; after the last one the first follows again.
    pub turns: Vec<Turn>,
    /// Transcripts of the caller's utterances that are no turns, by the number of the utterance in its session, from 1: a
    /// "mm-hm", or nothing for a cough.
    pub asides: Vec<(usize, String)>,
    /// What it says if a response is requested before the caller has spoken.
    pub greeting: String,
    /// The delay from the end of the caller's turn to the first audio of the answer.
    pub think: Duration,
    /// The 95th percentile of this delay, in medians.
    pub spread: f64,
    /// The length of the audio in one delta.
    pub delta: Duration,
    /// How many times faster than real time an answer is sent.
    pub speed: f64,
    /// The delay from the end of the caller's turn to its transcript.
    pub transcribe: Duration,
    /// The delay from the request to the open socket.
    pub connect: Duration,
    /// From `session.update` to `session.updated`.
    pub update: Duration,
    /// The maximum duration of a session.
    pub session_limit: Duration,
    /// Start each delta with a timestamp: microseconds since the fake AI started.
    pub audio_timestamps: bool,
    /// Models with an announced shutdown date: `2026-12-11`.
    pub shutdown_dates: Vec<(String, String)>,
    /// The answer to requests for a JSON object; none: an object by the schema of the request, with the usual answer as its texts.
    pub structured: Option<Value>,
    /// The planned faults.
    pub faults: Faults,
}

impl Default for OpenAiOptions {
    fn default() -> Self {
        Self {
            api_key: None,
            turns: Turn::conversation(),
            asides: Vec::new(),
            greeting: "שלום, איך אפשר לעזור?".into(),
            think: Duration::from_millis(300),
            spread: NO_SPREAD,
            delta: Duration::from_millis(100),
            speed: 4.0,
            transcribe: Duration::from_millis(400),
            connect: Duration::ZERO,
            update: Duration::ZERO,
            session_limit: Duration::from_hours(1),
            audio_timestamps: false,
            shutdown_dates: Vec::new(),
            structured: None,
            faults: Faults::default(),
        }
    }
}

/// One exchange: the caller's words, and the answer.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The transcript of the caller's words.
    pub heard: String,
    /// The text of the answer.
    pub answer: String,
    /// The length of the answer; by default derived from its text.
    pub answer_length: Option<Duration>,
    /// A function call before the answer.
    pub function: Option<FunctionCall>,
}

/// A function call.
#[derive(Clone, Debug)]
pub struct FunctionCall {
    /// The name of the function.
    pub name: String,
    /// The arguments as JSON. `{call_id}` in them becomes the id of the call.
    pub arguments: String,
}

impl Turn {
    /// A turn with the transcript `heard` and the answer `answer`.
    pub fn new(heard: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { heard: heard.into(), answer: answer.into(), ..Self::default() }
    }

    /// The same turn with an answer of this length.
    #[must_use]
    pub fn lasting(mut self, length: Duration) -> Self {
        self.answer_length = Some(length);
        self
    }

    /// The same turn with a function call before the answer.
    #[must_use]
    pub fn calling(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.function = Some(FunctionCall { name: name.into(), arguments: arguments.into() });
        self
    }

    /// The length of the answer in milliseconds.
    pub fn answer_ms(&self) -> u64 {
        match self.answer_length {
            Some(length) => u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            None => spoken_ms(&self.answer),
        }
    }

    fn conversation() -> Vec<Self> {
        vec![
            Self::new("שלום, אתם פתוחים היום?", "שלום! כן, אנחנו פתוחים היום עד שבע בערב. במה אפשר לעזור?"),
            Self::new(
                "אפשר לקבוע תור למחר?",
                "בשמחה. למחר יש לי תור פנוי בשעה עשר בבוקר או בשעה ארבע אחר הצהריים. מה נוח לך?",
            ),
            Self::new("בארבע, בבקשה.", "מצוין, רשמתי אותך למחר בארבע. נתראה!"),
        ]
    }
}

/// How long it takes to say `text`: about 15 characters a second.
pub(crate) fn spoken_ms(text: &str) -> u64 {
    (text.chars().count() as u64 * 65).max(400)
}

/// Planned faults; by default none.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Realtime sockets are refused with this HTTP status.
    pub refuse_sockets: Option<u16>,
    /// `session.updated` is never sent.
    pub never_updated: bool,
    /// A `session.update` with this field is rejected as a whole: `audio.input.transcription.model`.
    pub refuse_field: Option<&'static str>,
    /// The error for a rejected `session.update` does not name the field.
    pub refuse_unnamed: bool,
    /// These responses of each session, counted from 1, fail because of the rate limit.
    pub rate_limited: Vec<usize>,
    /// How long a rate limit lasts, by its message; none means that the message does not state it.
    pub rate_limit: Option<Duration>,
    /// The first sessions, this many, detect no speech.
    pub deaf_sessions: usize,
    /// The first sessions, this many, start their responses and send none of the audio.
    pub mute_sessions: usize,
    /// In the first sessions, this many, the end of speech is not detected.
    pub endless_speech_sessions: usize,
    /// The first session closes its socket at this time after the end of the caller's first turn.
    pub close_after_speech: Option<Duration>,
    /// This response of the first session, counted from 1, fails after this much of its audio.
    pub fail_midway: Option<(usize, Duration)>,
    /// This response of the first session, counted from 1, ends as incomplete after this much of its audio, as at the
    /// limit of output tokens.
    pub incomplete: Option<(usize, Duration)>,
    /// These responses of each session, counted from 1, are completed without any output.
    pub empty: Vec<usize>,
    /// The function calls in these responses of each session are cut off: their items stay incomplete.
    pub cut_off_calls: Vec<usize>,
    /// This many response requests of each session are rejected because of an active response that does not exist.
    pub phantom_responses: usize,
    /// The socket is dropped during this response of the first session, counted from 1, after this much of its audio.
    pub break_off: Option<(usize, Duration)>,
    /// Each HTTP request gets this status.
    pub refuse_requests: Option<u16>,
    /// `/chat/completions` rejects these values of `reasoning_effort`.
    pub refuse_efforts: Vec<&'static str>,
    /// `/chat/completions` spends a budget of fewer tokens on reasoning, and returns no text.
    pub reasoning_tokens: u64,
    /// These streamed chat completions, counted from 1, break off after this many words.
    pub break_off_chats: Vec<(usize, usize)>,
    /// These chat completions are rejected because of the rate limit.
    pub rate_limited_chats: Vec<usize>,
    /// These streamed chat completions contain an event that is no JSON.
    pub malformed_chats: Vec<usize>,
    /// The delay of HTTP responses.
    pub slow_requests: Duration,
    /// The transcript is sent after the answer.
    pub late_transcripts: bool,
}
