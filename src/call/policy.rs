//! How a call is to go: numbers from the settings, and what the engines can do.

use crate::audio::EncodedAudio;
use std::time::Duration;

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// OpenAI Realtime: speech to speech.
    Realtime,
    /// Takes a message; needs nobody.
    Voicemail,
}

impl EngineKind {
    /// The word for database and log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Voicemail => "voicemail",
        }
    }

    /// What it can do.
    pub const fn caps(self) -> EngineCaps {
        match self {
            Self::Realtime => {
                EngineCaps { can_truncate: true, cancels_on_speech: true, can_improvise: true, ends_the_call: false }
            }
            Self::Voicemail => {
                EngineCaps { can_truncate: false, cancels_on_speech: true, can_improvise: false, ends_the_call: true }
            }
        }
    }
}

/// What an engine can do. The session asks for nothing that an engine cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four things that an engine can or cannot do")]
pub struct EngineCaps {
    /// It can be told how much of an uttering was heard.
    pub can_truncate: bool,
    /// It stops its answer by itself when the caller speaks.
    pub cancels_on_speech: bool,
    /// It can say what it is instructed to.
    pub can_improvise: bool,
    /// It keeps its own watch over silence, and says when the call is over.
    pub ends_the_call: bool,
}

/// How a call is to go.
#[derive(Clone, Debug)]
pub struct CallPolicy {
    /// The engines to use, the best first. Never empty; what is tried last must not be able to fail.
    pub engines: Vec<EngineKind>,
    /// How long the greeting plays before the stream begins.
    pub greeting: Duration,
    /// How long after the greeting caller and engine may take to be connected.
    pub watchdog: Duration,
    /// How far ahead of the caller's ear we send.
    pub lead: Duration,
    /// How long the engine may wait after the caller's last word before it takes the turn for ended.
    pub turn_end: Duration,
    /// Silence until "are you still there?"; none means never.
    pub idle: Option<Duration>,
    /// The longest call.
    pub max_call: Duration,
    /// The longest that a tool may take.
    pub tool_limit: Duration,
    /// Let the agent speak first.
    pub speaks_first: bool,
    /// Whether there is a person to pass the call on to.
    pub can_transfer: bool,
    /// What the engine is told to say, and our own sound for when it cannot.
    pub prompts: Prompts,
}

/// What to say at certain moments.
#[derive(Clone, Debug)]
pub struct Prompts {
    /// To the model: open the conversation.
    pub speak_first: String,
    /// To the model: ask whether the caller is still there.
    pub still_there: String,
    /// To the model: the call must end soon.
    pub wrap_up: String,
    /// Our own "one moment, please".
    pub one_moment_clip: EncodedAudio,
    /// Our own "one more moment".
    pub more_time_clip: EncodedAudio,
    /// Our own "goodbye".
    pub goodbye_clip: EncodedAudio,
    /// Our own "are you still there?".
    pub still_there_clip: EncodedAudio,
}
