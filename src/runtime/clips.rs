//! The built-in sentences that are played through the media stream, as mu-law.

use crate::audio::EncodedAudio;
use crate::domain::Language;
use crate::messages::{self, Phrase};
use std::sync::LazyLock;

/// The sentences in one language.
#[derive(Debug)]
pub struct Clips {
    language: Language,
    /// "Please leave a message", and the beep.
    pub leave_message: EncodedAudio,
    /// "Thank you, your message has been saved."
    pub thanks: EncodedAudio,
    /// "One moment, please."
    pub one_moment: EncodedAudio,
    /// "One more moment, thank you."
    pub more_time: EncodedAudio,
    /// "Thank you for calling. Goodbye."
    pub goodbye: EncodedAudio,
    /// "Are you still there?"
    pub still_there: EncodedAudio,
}

impl Clips {
    /// Returns the sentences that the program contains.
    pub fn shipped(language: Language) -> &'static Self {
        match language {
            Language::Hebrew => &HEBREW,
            Language::English => &ENGLISH,
        }
    }

    /// Returns the words of `leave_message`, for the transcript.
    pub(super) fn leave_message_text(&self) -> String {
        messages::text(self.language, &Phrase::SayLeaveMessage)
    }

    pub(super) fn thanks_text(&self) -> String {
        messages::text(self.language, &Phrase::SayThanks)
    }

    pub(super) fn goodbye_text(&self) -> String {
        messages::text(self.language, &Phrase::SayGoodbye)
    }
}

macro_rules! clip {
    ($name:literal) => {
        include_bytes!(concat!("../../packaging/audio/", $name, ".ulaw"))
    };
}

static HEBREW: LazyLock<Clips> = LazyLock::new(|| Clips {
    language: Language::Hebrew,
    leave_message: EncodedAudio::encode(&[clip!("leave_message_he").as_slice(), clip!("beep")].concat()),
    thanks: EncodedAudio::encode(clip!("thanks_he")),
    one_moment: EncodedAudio::encode(clip!("one_moment_he")),
    more_time: EncodedAudio::encode(clip!("more_time_he")),
    goodbye: EncodedAudio::encode(clip!("goodbye_he")),
    still_there: EncodedAudio::encode(STILL_THERE),
});

static ENGLISH: LazyLock<Clips> = LazyLock::new(|| Clips {
    language: Language::English,
    leave_message: EncodedAudio::encode(&[clip!("leave_message_en").as_slice(), clip!("beep")].concat()),
    thanks: EncodedAudio::encode(clip!("thanks_en")),
    one_moment: EncodedAudio::encode(clip!("one_moment_en")),
    more_time: EncodedAudio::encode(clip!("more_time_en")),
    goodbye: EncodedAudio::encode(clip!("goodbye_en")),
    still_there: EncodedAudio::encode(clip!("still_there_en")),
});

/// "Are you still there?" in Hebrew.
pub(super) const STILL_THERE: &[u8] = clip!("still_there_he");
