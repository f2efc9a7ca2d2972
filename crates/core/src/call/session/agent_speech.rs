//! The agent's newest utterance, and the ids of the built-in sentences.

use crate::audio::FRAME_BYTES;
use crate::call::{ItemId, ResponseId};

/// The prefix of the item ids of the built-in sentences.
const CLIP: &str = "clip.";

#[derive(Debug, Default)]
pub(super) struct AgentSpeech {
    /// The newest utterance and its response.
    newest: Option<(ResponseId, ItemId)>,
    /// The number of audio bytes received of the newest response.
    newest_bytes: usize,
    /// The number of built-in sentences that were played.
    clips: u32,
}

impl AgentSpeech {
    /// Records that audio of a response was received.
    pub(super) fn received(&mut self, response: &ResponseId, bytes: usize) {
        if self.newest.as_ref().is_none_or(|(of, _)| of != response) {
            self.newest_bytes = 0;
        }
        self.newest_bytes += bytes;
    }

    /// Records that an utterance of a response began.
    pub(super) fn began(&mut self, response: ResponseId, item: ItemId) {
        self.newest = Some((response, item));
    }

    /// Returns the newest utterance, if it belongs to this response.
    pub(super) fn newest_of(&self, response: &ResponseId) -> Option<ItemId> {
        self.newest.as_ref().filter(|(of, _)| of == response).map(|(_, item)| item.clone())
    }

    /// Returns true if at least one frame of the newest response's audio was received.
    pub(super) fn is_audible(&self) -> bool {
        self.newest_bytes >= FRAME_BYTES
    }

    /// Returns the item id for the next built-in sentence.
    pub(super) fn next_clip(&mut self) -> ItemId {
        self.clips += 1;
        format!("{CLIP}{}", self.clips).into()
    }
}

pub(super) fn is_clip(item: &str) -> bool {
    item.starts_with(CLIP)
}
