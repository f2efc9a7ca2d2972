//! The built-in sentences that are played through the media stream, as mu-law.

use crate::audio::EncodedAudio;
use crate::domain::Language;
use crate::messages::{self, Phrase};

#[derive(Clone, Debug)]
pub struct Clips {
    /// "Please leave a message", and the beep.
    pub leave_message: EncodedAudio,
    /// "Thank you, goodbye."
    pub thanks: EncodedAudio,
    /// "One moment, please."
    pub one_moment: EncodedAudio,
    /// "One more moment, thank you."
    pub more_time: EncodedAudio,
    pub goodbye: EncodedAudio,
    /// "Are you still there?"
    pub still_there: EncodedAudio,
}

impl Clips {
    pub fn shipped() -> Self {
        Self {
            leave_message: EncodedAudio::encode(&[LEAVE_MESSAGE, BEEP].concat()),
            thanks: EncodedAudio::encode(THANKS),
            one_moment: EncodedAudio::encode(ONE_MOMENT),
            more_time: EncodedAudio::encode(MORE_TIME),
            goodbye: EncodedAudio::encode(GOODBYE),
            still_there: EncodedAudio::encode(STILL_THERE),
        }
    }
}

pub(super) fn leave_message_text() -> String {
    messages::text(RECORDED_IN, &Phrase::SayLeaveMessage)
}

pub(super) fn thanks_text() -> String {
    messages::text(RECORDED_IN, &Phrase::SayThanks)
}

const RECORDED_IN: Language = Language::Hebrew;

const LEAVE_MESSAGE: &[u8] = include_bytes!("../../packaging/audio/leave_message_he.ulaw");
const BEEP: &[u8] = include_bytes!("../../packaging/audio/beep.ulaw");
const THANKS: &[u8] = include_bytes!("../../packaging/audio/thanks_he.ulaw");
const ONE_MOMENT: &[u8] = include_bytes!("../../packaging/audio/one_moment_he.ulaw");
const MORE_TIME: &[u8] = include_bytes!("../../packaging/audio/more_time_he.ulaw");
const GOODBYE: &[u8] = include_bytes!("../../packaging/audio/goodbye_he.ulaw");
/// "Are you still there?"
pub(super) const STILL_THERE: &[u8] = include_bytes!("../../packaging/audio/still_there_he.ulaw");
