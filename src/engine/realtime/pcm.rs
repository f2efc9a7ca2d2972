//! Converts the agent's 24 kHz PCM to telephone audio, for servers that speak no mu-law (`openai.audio_format = "pcm"`).

use crate::audio::{Downsampler, EncodedAudio};
use crate::call::{ItemId, ResponseId};
use crate::providers::openai::realtime::PCM_RATE;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct AgentPcm {
    converter: Downsampler,
    /// The utterance that `converter` converts.
    item: ItemId,
    response: ResponseId,
}

impl AgentPcm {
    pub(super) fn new() -> Self {
        Self { converter: Downsampler::new(PCM_RATE), item: Arc::from(""), response: Arc::from("") }
    }

    /// Converts the next piece of an utterance. The result can be empty, because the conversion needs some
    /// samples in advance. Returns `None` if the text is not base64.
    pub(super) fn decode(&mut self, response: &ResponseId, item: &ItemId, base64: &str) -> Option<EncodedAudio> {
        let pcm = STANDARD.decode(base64).ok()?;
        if self.item != *item {
            (self.item, self.response) = (item.clone(), response.clone());
            self.converter = Downsampler::new(PCM_RATE);
        }
        Some(EncodedAudio::encode(&self.converter.push(&pcm)))
    }

    /// Returns the rest of this utterance at its end, with its response; `None` if it has no audio.
    pub(super) fn finish(&mut self, item: &ItemId) -> Option<(ResponseId, EncodedAudio)> {
        if self.item != *item {
            return None;
        }
        self.item = Arc::from("");
        let rest = EncodedAudio::encode(&self.converter.finish());
        (!rest.is_empty()).then(|| (self.response.clone(), rest))
    }
}
