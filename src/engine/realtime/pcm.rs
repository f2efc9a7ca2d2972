//! Converts between telephone audio and 24 kHz PCM, for servers that speak no mu-law (`openai.audio_format = "pcm"`).

use crate::audio::{Downsampler, EncodedAudio, Upsampler};
use crate::call::{ItemId, ResponseId};
use crate::providers::openai::realtime::PCM_RATE;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct PcmAudio {
    caller: Upsampler,
    agent: Downsampler,
    /// The utterance that `agent` converts.
    item: ItemId,
    response: ResponseId,
}

impl PcmAudio {
    pub(super) fn new() -> Self {
        Self {
            caller: Upsampler::new(PCM_RATE),
            agent: Downsampler::new(PCM_RATE),
            item: Arc::from(""),
            response: Arc::from(""),
        }
    }

    /// Returns the caller's audio as base64 of PCM.
    pub(super) fn encode(&mut self, audio: &EncodedAudio) -> String {
        STANDARD.encode(self.caller.push(&audio.decode()))
    }

    /// Converts the next piece of an utterance of the agent. The result can be empty, because the conversion needs some
    /// samples in advance. Returns `None` if the text is not base64.
    pub(super) fn decode(&mut self, response: &ResponseId, item: &ItemId, base64: &str) -> Option<EncodedAudio> {
        let pcm = STANDARD.decode(base64).ok()?;
        if self.item != *item {
            (self.item, self.response) = (item.clone(), response.clone());
            self.agent = Downsampler::new(PCM_RATE);
        }
        Some(EncodedAudio::encode(&self.agent.push(&pcm)))
    }

    /// Returns the rest of this utterance at its end, with its response; `None` if it has no audio.
    pub(super) fn finish(&mut self, item: &ItemId) -> Option<(ResponseId, EncodedAudio)> {
        if self.item != *item {
            return None;
        }
        self.item = Arc::from("");
        let rest = EncodedAudio::encode(&self.agent.finish());
        (!rest.is_empty()).then(|| (self.response.clone(), rest))
    }
}
