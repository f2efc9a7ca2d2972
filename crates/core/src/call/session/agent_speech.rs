//! The agent's newest utterance, and the ids of the built-in sentences.

use crate::audio::FRAME_BYTES;
use crate::call::{ItemId, ResponseId};

/// The prefix of the item ids of the built-in sentences.
const CLIP: &str = "clip.";

#[derive(Debug, Default)]
pub(super) struct AgentSpeech {
    newest: Option<(ResponseId, ItemId)>,
    /// The number of audio bytes received of the newest response.
    newest_bytes: usize,
    clips: u32,
}

impl AgentSpeech {
    pub(super) fn received(&mut self, response: &ResponseId, bytes: usize) {
        if self.newest.as_ref().is_none_or(|(of, _)| of != response) {
            self.newest_bytes = 0;
        }
        self.newest_bytes += bytes;
    }

    pub(super) fn began(&mut self, response: ResponseId, item: ItemId) {
        self.newest = Some((response, item));
    }

    pub(super) fn newest_of(&self, response: &ResponseId) -> Option<ItemId> {
        self.newest.as_ref().filter(|(of, _)| of == response).map(|(_, item)| item.clone())
    }

    pub(super) fn is_audible(&self) -> bool {
        self.newest_bytes >= FRAME_BYTES
    }

    pub(super) fn next_clip(&mut self) -> ItemId {
        self.clips += 1;
        format!("{CLIP}{}", self.clips).into()
    }
}

pub(super) fn is_clip(item: &str) -> bool {
    item.starts_with(CLIP)
}
