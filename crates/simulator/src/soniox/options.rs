//! What the fake Soniox hears, how fast, and its planned faults.

use crate::delay::NO_SPREAD;
use crate::transcriber;
use std::time::Duration;

/// What the fake Soniox hears, how fast, and its planned faults.
#[derive(Clone, Debug)]
pub struct SonioxOptions {
    /// The required API key; none accepts any key.
    pub api_key: Option<String>,
    /// The words of each utterance of a session, in order; after the last one the first follows again.
    pub heard: Vec<String>,
    /// The silence after which its model ends an utterance. The real one depends on the words.
    pub endpoint: Duration,
    /// The delay from audio to the words in it, and to the end of its utterance.
    pub transcribe: Duration,
    /// The delay from the text of a stream to the first audio.
    pub think: Duration,
    /// The 95th percentile of both delays, in medians.
    pub spread: f64,
    /// How many times faster than real time speech is sent.
    pub speed: f64,
    /// The planned faults.
    pub faults: SonioxFaults,
}

impl Default for SonioxOptions {
    fn default() -> Self {
        Self {
            api_key: None,
            heard: transcriber::sentences(),
            endpoint: Duration::from_millis(500),
            transcribe: Duration::ZERO,
            think: Duration::from_millis(150),
            spread: NO_SPREAD,
            speed: 4.0,
            faults: SonioxFaults::default(),
        }
    }
}

/// Planned faults; by default none.
#[derive(Clone, Debug, Default)]
pub struct SonioxFaults {
    /// Sockets of both services are refused with this HTTP status.
    pub refuse_sockets: Option<u16>,
    /// The first transcriptions, this many, end with error 503 at the end of the first utterance, as sessions do that
    /// the service has to restart.
    pub restart_transcriptions: usize,
    /// Every transcription ends with this error as soon as it begins.
    pub reject_transcriptions: Option<u16>,
    /// No utterance ends by itself.
    pub endless_utterances: bool,
    /// No words are found in any sound.
    pub no_words: bool,
    /// Each response of the transcription is preceded by a message that is no JSON.
    pub malformed: bool,
    /// These speech streams of all sockets, counted from 1, are rejected because of the rate limit.
    pub rate_limited_streams: Vec<usize>,
    /// During this stream, counted from 1 over all sockets, the socket is closed after this much audio; from then on,
    /// sockets of both services are refused.
    pub close_in_stream: Option<(usize, Duration)>,
    /// From this stream on, streams get no audio.
    pub mute_from_stream: Option<usize>,
}
