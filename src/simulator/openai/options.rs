//! What the fake AI says, how fast, and what goes wrong.

use std::time::Duration;

/// What the fake AI says, how fast, and what goes wrong.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// The key that is asked for; none means that any will do.
    pub api_key: Option<String>,
    /// What it hears and says in each session in turn; after the last one it begins again.
    pub turns: Vec<Turn>,
    /// What it says when it is asked for a response and nobody has spoken.
    pub greeting: String,
    /// From the end of the caller's turn to the first sound of the answer.
    pub think: Duration,
    /// The length of the sound in one delta.
    pub delta: Duration,
    /// How many times faster than real time an answer comes.
    pub speed: f64,
    /// From the end of the caller's turn to its transcript.
    pub transcribe: Duration,
    /// From the request to the open socket.
    pub connect: Duration,
    /// From `session.update` to `session.updated`.
    pub update: Duration,
    /// The longest that a session may go on.
    pub session_limit: Duration,
    /// Begin every delta with a stamp of the microseconds since the fake AI began.
    pub audio_timestamps: bool,
    /// Models whose end is announced, with its day: `2026-12-11`.
    pub shutdown_dates: Vec<(String, String)>,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for OpenAiOptions {
    fn default() -> Self {
        Self {
            api_key: None,
            turns: Turn::conversation(),
            greeting: "שלום, איך אפשר לעזור?".into(),
            think: Duration::from_millis(300),
            delta: Duration::from_millis(100),
            speed: 4.0,
            transcribe: Duration::from_millis(400),
            connect: Duration::ZERO,
            update: Duration::ZERO,
            session_limit: Duration::from_hours(1),
            audio_timestamps: false,
            shutdown_dates: Vec::new(),
            faults: Faults::default(),
        }
    }
}

/// One exchange: what is heard, and what is done about it.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// What the caller is understood to have said.
    pub heard: String,
    /// What is answered.
    pub answer: String,
    /// How long the answer lasts; by default as long as its text takes to say.
    pub answer_length: Option<Duration>,
    /// A function that is called before the answer.
    pub function: Option<FunctionCall>,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub struct FunctionCall {
    /// Its name.
    pub name: String,
    /// Its arguments, as JSON. `{call_id}` in them becomes the id of the call.
    pub arguments: String,
}

impl Turn {
    /// Hears `heard` and answers `answer`.
    pub fn new(heard: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { heard: heard.into(), answer: answer.into(), ..Self::default() }
    }

    /// The same, with an answer of this length.
    #[must_use]
    pub fn lasting(mut self, length: Duration) -> Self {
        self.answer_length = Some(length);
        self
    }

    /// The same, with a function called before the answer.
    #[must_use]
    pub fn calling(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.function = Some(FunctionCall { name: name.into(), arguments: arguments.into() });
        self
    }

    /// How long the answer lasts, in milliseconds.
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

/// How long it takes to say `text`: some 15 characters a second.
pub(super) fn spoken_ms(text: &str) -> u64 {
    (text.chars().count() as u64 * 65).max(400)
}

/// What goes wrong; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Sockets are refused with this status.
    pub refuse_sockets: Option<u16>,
    /// `session.updated` never comes.
    pub never_updated: bool,
    /// A `session.update` with this field is refused as a whole: `audio.input.transcription.model`.
    pub refuse_field: Option<&'static str>,
    /// A refused `session.update` does not say which field is refused.
    pub refuse_unnamed: bool,
    /// These responses of each session, counted from 1, fail as over the rate limit.
    pub rate_limited: Vec<usize>,
    /// How long a rate limit lasts, as its message says; none means that the message does not say.
    pub rate_limit: Option<Duration>,
    /// The first so many sessions notice no speech.
    pub deaf_sessions: usize,
    /// The first so many sessions begin their answers and send nothing of them.
    pub mute_sessions: usize,
    /// In the first so many sessions speech has no end.
    pub endless_speech_sessions: usize,
    /// The first session closes its socket so long after the end of the caller's first turn.
    pub close_after_speech: Option<Duration>,
    /// This response of the first session, counted from 1, fails after so much of its sound.
    pub fail_midway: Option<(usize, Duration)>,
    /// These responses of each session, counted from 1, are completed without any output.
    pub empty: Vec<usize>,
    /// The calls of functions in these responses of each session are cut off: their items stay incomplete.
    pub cut_off_calls: Vec<usize>,
    /// So many requests of each session are refused because of a response that does not exist.
    pub phantom_responses: usize,
    /// The socket breaks off in this response of the first session, counted from 1, after so much of its sound.
    pub break_off: Option<(usize, Duration)>,
    /// Every HTTP request is answered with this status.
    pub refuse_requests: Option<u16>,
    /// `/chat/completions` refuses these values of `reasoning_effort`.
    pub refuse_efforts: Vec<&'static str>,
    /// `/chat/completions` uses a budget of fewer tokens up with thinking, and answers nothing.
    pub reasoning_tokens: u64,
    /// HTTP requests are answered so much later.
    pub slow_requests: Duration,
    /// The transcript comes after the answer.
    pub late_transcripts: bool,
}
