//! The answers of the fake AI, their timing, and planned faults.

use crate::server::NO_SPREAD;
use serde_json::Value;
use std::time::Duration;

/// The answers of the fake AI, their timing, and planned faults.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// The required API key; `None` accepts any key that is not empty.
    pub api_key: Option<String>,
    /// The turns of each session, in order. After the last one, the list starts again. A chat completion or response
    /// over HTTP gets the answer of the turn of its last user message; transcriptions take the turns in order.
    pub turns: Vec<Turn>,
    /// Utterances of the caller that are not turns: the number of the utterance in its session, from 1, and its
    /// transcript, such as "mm-hm" or an empty text for a cough.
    pub asides: Vec<(usize, String)>,
    /// The text of a response that is requested without a new utterance, user message or function output, such as the
    /// greeting of a call.
    pub greeting: String,
    /// The delay from the end of the caller's turn to the first audio of the answer, and from an HTTP request to the
    /// first event of a streamed answer.
    pub think: Duration,
    /// The 95th percentile of `think`, as a multiple of its median.
    pub spread: f64,
    /// The length of the audio in one delta.
    pub delta: Duration,
    /// How many times faster than real time an answer is sent.
    pub speed: f64,
    /// The delay from the end of the caller's turn to its transcript, unless `late_transcripts` is set.
    pub transcribe: Duration,
    /// The delay from the request for a WebSocket to the response that opens it.
    pub connect: Duration,
    /// The delay from `session.update` to `session.updated`.
    pub update: Duration,
    /// The maximum duration of a session.
    pub session_limit: Duration,
    /// Whether each delta that is long enough starts with a timestamp: the microseconds since the fake AI started.
    pub audio_timestamps: bool,
    /// Models and their announced shutdown dates, such as `2026-12-11`.
    pub shutdown_dates: Vec<(String, String)>,
    /// The answer to requests for a JSON object. `None` creates an object by the schema of the request, with the usual
    /// answer as its texts.
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

/// A turn of a conversation: the caller's words, and the AI's answer.
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
    /// Words of the instructions, and the answer to a request with them. In a realtime session, the turn of the request
    /// does not matter.
    pub instructed: Option<(String, String)>,
}

/// A function call of the model.
#[derive(Clone, Debug)]
pub struct FunctionCall {
    /// The name of the function, as in the `tools` of the request.
    pub name: String,
    /// The arguments as JSON. In a realtime session, `{call_id}` in the arguments becomes the id of the function call.
    pub arguments: String,
}

impl Turn {
    /// Creates a turn without a function call. The length of the answer follows from its text.
    pub fn new(heard: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { heard: heard.into(), answer: answer.into(), ..Self::default() }
    }

    /// Sets the length of the answer's audio.
    #[must_use]
    pub fn lasting(mut self, length: Duration) -> Self {
        self.answer_length = Some(length);
        self
    }

    /// Adds another answer, to requests whose instructions contain these words.
    #[must_use]
    pub fn instructed(mut self, words: impl Into<String>, answer: impl Into<String>) -> Self {
        self.instructed = Some((words.into(), answer.into()));
        self
    }

    /// Returns the answer to a request with these instructions.
    pub(super) fn answer_to(&self, instructions: &str) -> &str {
        let instructed = self.instructed.as_ref().filter(|(words, _)| instructions.contains(words.as_str()));
        instructed.map_or(&self.answer, |(_, answer)| answer)
    }

    /// Adds a function call before the answer.
    #[must_use]
    pub fn calling(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.function = Some(FunctionCall { name: name.into(), arguments: arguments.into() });
        self
    }

    /// Returns the length of the answer's audio, in milliseconds.
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
                "בשמחה. אפשר להגיע אלינו מחר בבוקר או אחר הצהריים, איך שיותר מתאים. מה נוח לך?",
            ),
            Self::new("בארבע, בבקשה.", "מצוין, תודה רבה שהתקשרת אלינו. נתראה!"),
        ]
    }
}

/// Returns how many milliseconds it takes to say `text`, at about 15 characters a second, but at least 400.
pub(crate) fn spoken_ms(text: &str) -> u64 {
    (text.chars().count() as u64 * 65).max(400)
}

/// Planned faults; by default none.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each fault is independent of the others")]
pub struct Faults {
    /// Whether transcription requests for the times of words are rejected.
    pub rejects_word_times: bool,
    /// The HTTP status with which realtime sockets are rejected; `None` accepts them.
    pub refuse_sockets: Option<u16>,
    /// Whether `session.updated` is never sent.
    pub never_updated: bool,
    /// The field, such as `audio.input.transcription.model`, because of which a `session.update` is rejected as a
    /// whole.
    pub refuse_field: Option<&'static str>,
    /// Whether the error for a rejected `session.update` omits the name of the field.
    pub refuse_unnamed: bool,
    /// The responses of each session, counted from 1, that fail because of the rate limit.
    pub rate_limited: Vec<usize>,
    /// The duration of the rate limit that the error message states; `None` if the message does not state it.
    pub rate_limit: Option<Duration>,
    /// The number of sessions, from the first, in which no speech is detected.
    pub deaf_sessions: usize,
    /// The number of sessions, from the first, whose responses start but send no audio.
    pub mute_sessions: usize,
    /// The number of sessions, from the first, in which the end of speech is not detected.
    pub endless_speech_sessions: usize,
    /// The time from the end of the caller's first turn until the socket of the first session is closed; `None` leaves
    /// it open.
    pub close_after_speech: Option<Duration>,
    /// The number of the response of the first session that fails, from 1, and the amount of audio that it sends before
    /// the failure.
    pub fail_midway: Option<(usize, Duration)>,
    /// The number of the response of the first session that ends as incomplete, from 1, and the amount of audio that it
    /// sends before its end. The API ends a response as incomplete at the limit of output tokens.
    pub incomplete: Option<(usize, Duration)>,
    /// The responses of each session, counted from 1, that a content filter stops.
    pub filtered: Vec<usize>,
    /// The responses of each session, counted from 1, that are completed without any output.
    pub empty: Vec<usize>,
    /// The numbers of the responses of each session, from 1, whose function calls are cut off. The items of these calls
    /// stay incomplete.
    pub cut_off_calls: Vec<usize>,
    /// The number of response requests of each session, from the first, that are wrongly rejected because of an active
    /// response.
    pub phantom_responses: usize,
    /// The number of the response of the first session, from 1, during which the socket is dropped. The second value is
    /// the amount of audio that the response sends before that.
    pub break_off: Option<(usize, Duration)>,
    /// The HTTP status with which WebSockets of the Responses API are rejected; `None` accepts them.
    pub refuse_response_sockets: Option<u16>,
    /// The models and voices that REST requests reject because they do not exist.
    pub unknown_names: Vec<&'static str>,
    /// The HTTP status with which REST requests are rejected; `None` accepts them.
    pub refuse_requests: Option<u16>,
    /// The values of the reasoning effort that chat completions and streamed responses reject.
    pub refuse_efforts: Vec<&'static str>,
    /// The number of chat completions and streamed responses, from the first, that reject any reasoning effort without
    /// naming the parameter, as OpenAI does for models without reasoning.
    pub unnamed_effort_refusals: usize,
    /// The fields that chat completions reject, as servers do that do not know them.
    pub unknown_fields: Vec<&'static str>,
    /// Whether speech is MP3, whatever format the request asks for.
    pub speech_is_mp3: bool,
    /// The number of tokens that an unstreamed chat completion spends on reasoning. The answer to a request with a
    /// lower token limit has no text.
    pub reasoning_tokens: u64,
    /// The streamed answers that break off, and the number of events that they send after the first event. Chat
    /// completions and streamed responses are counted together, from 1.
    pub break_off_chats: Vec<(usize, usize)>,
    /// The chat completions and streamed responses, counted together from 1, that are rejected because of the rate
    /// limit.
    pub rate_limited_chats: Vec<usize>,
    /// The streamed answers that contain an event that is not JSON, counted as in `break_off_chats`.
    pub malformed_chats: Vec<usize>,
    /// The delay of the responses to REST requests.
    pub slow_requests: Duration,
    /// Whether the text of an answer of a realtime session is sent only with the last part of its audio.
    pub late_answer_texts: bool,
    /// Whether transcripts are delayed to eight times `think`, so that they arrive after the start of the answer.
    pub late_transcripts: bool,
}
