//! The state of the caller's side of the call.

use super::caller_speech::CallerSpeech;
use super::keys::Keys;
use crate::call::caller_audio::CallerAudio;

/// The caller's audio, speech and keys.
#[derive(Debug, Default)]
pub(super) struct Caller {
    pub(super) audio: CallerAudio,
    pub(super) speech: CallerSpeech,
    pub(super) keys: Keys,
    /// True once the caller has started to leave a message.
    pub(super) has_left_message: bool,
}
