//! `[voice]`: the engines, greetings, limits and recording of calls.

use super::parser::{Parser, boolean, choice, choices, integer, optional, phone_numbers, readable_file, token};
use super::setting::{Section, Setting};
use crate::domain::{AllowedValues, PhoneNumber, SettingFault, text_enum};
use serde::Serialize;
use std::path::PathBuf;

text_enum! {
    /// The engine that answers calls.
    EngineChoice {
        /// The AI engines whose required settings are set, in the order of `voice.ai_engines`; voicemail if there is no
        /// such engine.
        Auto = "auto",
        /// OpenAI Realtime.
        Realtime = "realtime",
        /// A transcriber, a language model and a synthesiser.
        Pipeline = "pipeline",
        /// OpenAI GPT-Live, experimental.
        Live = "live",
        /// Records a message without an AI; requires no API key.
        Voicemail = "voicemail",
    }
}

text_enum! {
    /// An engine in which an AI talks to the caller.
    AiEngine {
        /// OpenAI Realtime.
        Realtime = "realtime",
        /// A transcriber, a language model and a synthesiser.
        Pipeline = "pipeline",
        /// OpenAI GPT-Live, experimental.
        Live = "live",
    }
}

text_enum! {
    /// The condition under which a call rings at the human agent's phone before the AI answers.
    RingFirst {
        /// Never: the AI answers at once.
        Never = "never",
        /// While the business is open.
        Open = "open",
        /// At any time.
        Always = "always",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct VoiceConfig {
    pub engine: EngineChoice,
    /// The order of the AI engines for `auto`. If an engine fails, the next one continues the conversation. An engine
    /// that failed in recent calls is tried last.
    pub ai_engines: Vec<AiEngine>,
    /// The condition under which a call rings at the phones of the staff before the AI answers.
    pub ring_first: RingFirst,
    /// The phones that ring at the same time before the AI answers; empty means `agent.transfer_to`.
    pub ring_numbers: Vec<PhoneNumber>,
    /// The time for which the phones ring before the AI answers, in seconds.
    pub ring_first_s: u32,
    /// The time for which a caller who asks for a person rings in the open web pages, before `agent.transfer_to` rings,
    /// in seconds; 0 means that no page rings.
    pub ring_page_s: u32,
    /// The file of the greeting, at most 10 s long; `None` means the greeting that was set on the web page, otherwise
    /// the included one.
    pub greeting_file: Option<PathBuf>,
    /// The MP3 file that is played before Twilio's recorder records the caller; `None` means the included file.
    pub fallback_file: Option<PathBuf>,
    /// The amount of audio that is sent to Twilio ahead of playback, in milliseconds.
    pub lead_ms: u32,
    /// The silence after which the caller is first asked "are you there?", in seconds; 0 means never.
    pub idle_prompt_s: u32,
    /// Maximum duration of a call, in seconds.
    pub max_call_s: u32,
    pub recording: bool,
    /// How long the inputs and decisions of each call are kept for `agentlocator replay`, in days; 0 means that they
    /// are not logged. These logs contain the calls' audio and words, so they are kept neither without recordings nor
    /// longer than recordings and transcripts.
    pub input_log_days: u32,
    /// The voice of sentences that Twilio speaks while no AI voice is connected. The name of the voice contains its
    /// language.
    pub say_voice: String,
    /// Maximum duration of a caller's message, in seconds.
    pub message_max_s: u32,
    /// The silence that ends a message, in seconds.
    pub message_silence_s: u32,
    /// Whether the AI speaks first when the stream begins, after the greeting.
    pub agent_speaks_first: bool,
    /// Whether the call of a machine is ended: a fax, a modem, or an announcement that asks to press a key.
    pub end_robot_calls: bool,
    /// Whether the call of a caller who never says a word ends after the first "are you there?". Has no effect without
    /// that question (`idle_prompt_s`).
    pub end_silent_calls: bool,
    /// Maximum number of concurrent calls that the AI answers or that ring; further calls go to voicemail. For this and
    /// the following limits, 0 means no limit.
    pub ai_calls_at_once: u32,
    /// Maximum number of concurrent calls from one number that the AI answers or that ring. All callers with a withheld
    /// number count as one number, for which this limit and `ai_calls_per_number_per_day` are multiplied by five.
    pub ai_calls_per_number_at_once: u32,
    /// Maximum number of calls per day from one number that the AI answers or that ring. The agent's calls to the
    /// number do not count.
    pub ai_calls_per_number_per_day: u32,
    /// Maximum minutes of AI calls per day.
    pub ai_minutes_per_day: u32,
    /// Maximum cost of AI calls per day, in US dollars.
    pub ai_usd_per_day: u32,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Auto,
            ai_engines: vec![AiEngine::Realtime, AiEngine::Pipeline],
            ring_first: RingFirst::Never,
            ring_numbers: Vec::new(),
            ring_first_s: 20,
            ring_page_s: 15,
            greeting_file: None,
            fallback_file: None,
            lead_ms: 800,
            idle_prompt_s: 10,
            max_call_s: 1800,
            recording: true,
            input_log_days: 3,
            say_voice: SAY_VOICE.into(),
            message_max_s: 120,
            message_silence_s: 4,
            agent_speaks_first: false,
            end_robot_calls: true,
            end_silent_calls: true,
            ai_calls_at_once: 50,
            ai_calls_per_number_at_once: 2,
            ai_calls_per_number_per_day: 20,
            ai_minutes_per_day: 600,
            ai_usd_per_day: 100,
        }
    }
}

pub(super) fn settings() -> Vec<Setting<VoiceConfig>> {
    let voice = Section::<VoiceConfig>::new();
    vec![
        voice.setting("voice.engine", |c| &mut c.engine, choice(EngineChoice::ALL, EngineChoice::as_str)),
        voice.setting("voice.ai_engines", |c| &mut c.ai_engines, choices(AiEngine::ALL, AiEngine::as_str)),
        voice.setting("voice.ring_first", |c| &mut c.ring_first, choice(RingFirst::ALL, RingFirst::as_str)),
        voice.setting("voice.ring_numbers", |c| &mut c.ring_numbers, phone_numbers()),
        voice.setting("voice.ring_first_s", |c| &mut c.ring_first_s, integer(5..=60)),
        voice.setting("voice.ring_page_s", |c| &mut c.ring_page_s, integer(0..=60)),
        voice.setting("voice.greeting_file", |c| &mut c.greeting_file, optional(readable_file())),
        voice.setting("voice.fallback_file", |c| &mut c.fallback_file, optional(readable_file())),
        voice.setting("voice.lead_ms", |c| &mut c.lead_ms, integer(60..=10_000)),
        voice.setting("voice.idle_prompt_s", |c| &mut c.idle_prompt_s, integer(0..=600)),
        voice.setting("voice.max_call_s", |c| &mut c.max_call_s, integer(30..=14_400)),
        voice.setting("voice.recording", |c| &mut c.recording, boolean()),
        voice.setting("voice.input_log_days", |c| &mut c.input_log_days, integer(0..=365)),
        voice.setting("voice.say_voice", |c| &mut c.say_voice, say_voice()),
        voice.setting("voice.message_max_s", |c| &mut c.message_max_s, integer(5..=3600)),
        voice.setting("voice.message_silence_s", |c| &mut c.message_silence_s, integer(1..=60)),
        voice.setting("voice.agent_speaks_first", |c| &mut c.agent_speaks_first, boolean()),
        voice.setting("voice.end_robot_calls", |c| &mut c.end_robot_calls, boolean()),
        voice.setting("voice.end_silent_calls", |c| &mut c.end_silent_calls, boolean()),
        voice.setting("voice.ai_calls_at_once", |c| &mut c.ai_calls_at_once, integer(0..=100_000)),
        voice.setting(
            "voice.ai_calls_per_number_at_once",
            |c| &mut c.ai_calls_per_number_at_once,
            integer(0..=100_000),
        ),
        voice.setting(
            "voice.ai_calls_per_number_per_day",
            |c| &mut c.ai_calls_per_number_per_day,
            integer(0..=100_000),
        ),
        voice.setting("voice.ai_minutes_per_day", |c| &mut c.ai_minutes_per_day, integer(0..=1_000_000)),
        voice.setting("voice.ai_usd_per_day", |c| &mut c.ai_usd_per_day, integer(0..=1_000_000)),
    ]
}

/// How many numbers Twilio dials at the same time (the noun `Number` of `<Dial>`).
pub(super) const MAX_RING_NUMBERS: usize = 10;

/// The default voice for sentences that Twilio speaks. A Google voice, because Twilio offers no other Hebrew voices.
pub const SAY_VOICE: &str = "Google.he-IL-Wavenet-A";

/// Returns the language of a Google voice at Twilio, such as `he-IL` of `Google.he-IL-Wavenet-A`.
pub fn say_language(voice: &str) -> Option<&str> {
    let locale_and_name = voice.strip_prefix("Google.")?;
    let (end, _) = locale_and_name.match_indices('-').nth(1)?;
    locale_and_name.get(..end)
}

fn say_voice() -> Parser<String> {
    token(AllowedValues::TwilioVoice, |text| say_language(text).is_none().then_some(SettingFault::VoiceWithoutLanguage))
}
