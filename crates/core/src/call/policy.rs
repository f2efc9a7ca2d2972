//! The parameters of a call: values from the settings, and the engines' capabilities.

use crate::audio::EncodedAudio;
use std::time::Duration;

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// OpenAI Realtime: speech to speech.
    Realtime,
    /// A transcriber, a language model and a synthesiser.
    Pipeline,
    /// Takes a message; needs no external service.
    Voicemail,
}

impl EngineKind {
    /// The name in the database and the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Pipeline => "pipeline",
            Self::Voicemail => "voicemail",
        }
    }

    /// Whether an AI talks to the caller.
    pub const fn is_ai(self) -> bool {
        match self {
            Self::Realtime | Self::Pipeline => true,
            Self::Voicemail => false,
        }
    }

    /// Its capabilities.
    pub const fn capabilities(self) -> EngineCapabilities {
        match self {
            Self::Realtime | Self::Pipeline => EngineCapabilities {
                can_truncate: true,
                leads_turns: false,
                can_follow_instructions: true,
                controls_hangup: false,
            },
            Self::Voicemail => EngineCapabilities {
                can_truncate: false,
                leads_turns: true,
                can_follow_instructions: false,
                controls_hangup: true,
            },
        }
    }
}

/// An engine's capabilities. The session requests nothing that an engine lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four things that an engine can or cannot do")]
pub struct EngineCapabilities {
    /// It accepts how much of an utterance was heard.
    pub can_truncate: bool,
    /// It cancels its response by itself when the caller speaks, and replies by itself when the caller has spoken;
    /// otherwise the session decides both.
    pub leads_turns: bool,
    /// It can follow instructions for a response.
    pub can_follow_instructions: bool,
    /// It handles the caller's silence itself, and reports when the call is over.
    pub controls_hangup: bool,
}

/// The parameters of a call.
#[derive(Clone, Debug)]
pub struct CallPolicy {
    /// The engines to use, in order of preference. Never empty; the last one must not be able to fail.
    pub engines: Vec<EngineKind>,
    /// How long the greeting plays before the stream starts.
    pub greeting: Duration,
    /// How long the stream and the engine may take to connect after the greeting.
    pub watchdog: Duration,
    /// How far ahead of the caller's position audio is sent.
    pub lead: Duration,
    /// How long the engine may wait after the caller's last word before it ends the turn.
    pub turn_end: Duration,
    /// The silence after which the agent asks "are you still there?"; none disables it.
    pub idle: Option<Duration>,
    /// The maximum duration of the call.
    pub max_call: Duration,
    /// Whether the agent speaks first.
    pub speaks_first: bool,
    /// The prompts to the engine, and the built-in audio for when it cannot speak.
    pub prompts: Prompts,
}

/// The prompts for certain moments.
#[derive(Clone, Debug)]
pub struct Prompts {
    /// To the model: open the conversation.
    pub speak_first: String,
    /// To the model: ask whether the caller is still there.
    pub still_there: String,
    /// To the model: the call must end soon.
    pub wrap_up: String,
    /// The built-in "one moment, please".
    pub one_moment_clip: EncodedAudio,
    /// The built-in "one more moment".
    pub more_time_clip: EncodedAudio,
    /// The built-in "goodbye".
    pub goodbye_clip: EncodedAudio,
    /// The built-in "are you still there?".
    pub still_there_clip: EncodedAudio,
}
