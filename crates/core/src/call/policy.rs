//! The parameters of a call: values from the settings, and the capabilities of the engines.

use crate::audio::EncodedAudio;
use crate::domain::EngineKind;
use crate::promise::ClaimCheck;
use serde::{Deserialize, Serialize};
use std::time::Duration;

impl EngineKind {
    /// Returns what engines of this kind can do.
    pub const fn capabilities(self) -> EngineCapabilities {
        match self {
            Self::Realtime | Self::Pipeline => EngineCapabilities {
                can_truncate: true,
                only_measures_silence: matches!(self, Self::Realtime),
                leads_turns: false,
                can_follow_instructions: true,
                controls_hangup: false,
                max_session: if matches!(self, Self::Realtime) { Some(REALTIME_SESSION) } else { None },
                checks_claims: matches!(self, Self::Pipeline),
            },
            Self::Live => EngineCapabilities {
                can_truncate: false,
                only_measures_silence: false,
                leads_turns: false,
                can_follow_instructions: true,
                controls_hangup: false,
                max_session: Some(LIVE_SESSION),
                checks_claims: false,
            },
            Self::Voicemail => EngineCapabilities {
                can_truncate: false,
                only_measures_silence: false,
                leads_turns: true,
                can_follow_instructions: false,
                controls_hangup: true,
                max_session: None,
                checks_claims: true,
            },
        }
    }
}

/// The time after which OpenAI ends a Realtime session.
const REALTIME_SESSION: Duration = Duration::from_hours(1);
/// The time after which OpenAI ends a GPT-Live session.
const LIVE_SESSION: Duration = Duration::from_hours(2);

/// The capabilities of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "six things that an engine can or cannot do")]
pub struct EngineCapabilities {
    /// The engine accepts a report of how much of an utterance was heard.
    pub can_truncate: bool,
    /// The engine ends the caller's turn after a silence, without regard to the words.
    pub only_measures_silence: bool,
    /// The engine cancels its response by itself when the caller speaks, and replies by itself after the caller has
    /// spoken. If false, the session makes both decisions.
    pub leads_turns: bool,
    /// The engine can follow instructions for a single response.
    pub can_follow_instructions: bool,
    /// The engine handles the caller's silence itself, and reports when the call is over.
    pub controls_hangup: bool,
    /// The time after which the provider ends a session of the engine; none if sessions are not limited.
    pub max_session: Option<Duration>,
    /// The engine checks its words itself before it sends their audio, or its words are not those of a model. If false,
    /// the session checks the text of its responses.
    pub checks_claims: bool,
}

/// The time without a message after which an engine counts as lost while its reply is expected.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(3);
/// The time after which an engine counts as lost if it sends messages but no audio. A pipeline whose transcriber detects
/// no speech gets this time also without a message, if no other AI engine could reply sooner: its services are usually
/// the owner's own and may be slow, such as a model that is still being loaded. The same request would not be faster.
pub const AUDIO_TIMEOUT: Duration = Duration::from_secs(8);

/// The parameters of a call, which do not change during the call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct CallPolicy {
    /// The engines to use, in order of preference. Never empty. If the last engine fails, Twilio's recorder takes over.
    pub engines: Vec<EngineKind>,
    /// How long the greeting plays before the stream starts.
    pub greeting: Duration,
    /// How long the stream and the engine may take to connect after the greeting.
    pub watchdog: Duration,
    /// The maximum time by which the sent audio is ahead of the caller's position.
    pub lead: Duration,
    /// How long the engine may wait after the caller's last word before it ends the turn.
    pub turn_end: Duration,
    /// The same for the pipeline engine; none: `turn_end` applies.
    #[serde(default)]
    pub pipeline_turn_end: Option<Duration>,
    /// Whether the pipeline engine reports speech only with its words, after the speech has ended. Until then, only the
    /// local detector finds the speech.
    #[serde(default)]
    pub pipeline_detects_late: bool,
    /// The silence after which the caller hears the reply of an engine that only measures silence. The reply is held
    /// until then. The words of the caller's turn may determine a different silence. None: replies are not held.
    #[serde(default)]
    pub hold_replies: Option<Duration>,
    /// The silence after which the agent asks "are you still there?"; none disables the question.
    pub idle: Option<Duration>,
    /// The maximum duration of the conversation; a takeover by an employee may extend it.
    pub max_call: Duration,
    /// Whether the agent speaks before the caller does, at the start of the conversation.
    pub speaks_first: bool,
    /// Whether the session ends the calls of fax machines, modems and recorded announcements.
    #[serde(default)]
    pub ends_robots: bool,
    /// Whether the call of a caller who has not spoken ends after one question. Has no effect without `idle`.
    #[serde(default)]
    pub ends_silent: bool,
    /// How the agent's words are checked before the caller hears them; none if they are not checked.
    #[serde(default)]
    pub claims: Option<ClaimCheck>,
    /// How a caller who asks for a person rings in the web pages of the staff; none if no page rings.
    #[serde(default)]
    pub page_ring: Option<PageRing>,
    /// The prompts for the engine, and the built-in sentences that need no engine.
    pub prompts: Prompts,
}

/// The ringing in the web pages of the staff, before the human agent's phone rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRing {
    /// How long the pages ring.
    pub time: Duration,
    /// Whether the call is transferred to the human agent's phone if no employee answers in the page. If false, the
    /// agent continues the conversation.
    pub has_phone: bool,
}

/// The prompts for the model, and the built-in sentences as audio.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prompts {
    /// Instructs the model to open the conversation.
    pub speak_first: String,
    /// Instructs the model to ask whether the caller is still there.
    pub still_there: String,
    /// Informs the model that the call must end soon.
    pub wrap_up: String,
    /// The built-in sentence "one moment, please".
    pub one_moment_clip: EncodedAudio,
    /// The built-in sentence "one more moment".
    pub more_time_clip: EncodedAudio,
    /// The built-in sentence "goodbye".
    pub goodbye_clip: EncodedAudio,
    /// The built-in sentence "are you still there?".
    pub still_there_clip: EncodedAudio,
    /// The fillers for callers who speak another language than the agent; none if there are none.
    #[serde(default)]
    pub other_fillers: Option<OtherFillers>,
}

/// The fillers in the second language of the built-in sentences.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OtherFillers {
    /// The language of these fillers (ISO 639-1).
    pub language: String,
    /// The language that the caller is expected to speak (ISO 639-1).
    pub expected: String,
    /// The sentence "one moment, please".
    pub one_moment_clip: EncodedAudio,
    /// The sentence "one more moment".
    pub more_time_clip: EncodedAudio,
}
