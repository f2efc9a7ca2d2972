//! The transcripts that the fake Soniox returns, its timing, and planned faults.

use crate::server::NO_SPREAD;
use crate::transcriber;
use std::time::Duration;

/// The transcripts that the fake Soniox returns, its timing, and planned faults.
#[derive(Clone, Debug)]
pub struct SonioxOptions {
    /// The required API key; `None` accepts any key that is not empty.
    pub api_key: Option<String>,
    /// The transcript of each utterance of a session, in order. After the last one, the list starts again.
    pub heard: Vec<String>,
    /// The silence that ends an utterance. The real service's threshold depends on the words.
    pub endpoint: Duration,
    /// The delay from the last audio of an utterance to the response that ends the utterance. Other responses are sent
    /// after half of this delay.
    pub transcribe: Duration,
    /// The delay from the text of a stream to the first audio.
    pub think: Duration,
    /// The 95th percentiles of `transcribe` and `think`, as a multiple of their medians.
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
    /// The HTTP status with which sockets of both services are rejected; `None` accepts them.
    pub refuse_sockets: Option<u16>,
    /// The number of transcriptions, from the first, that end with error 503 at the end of their first utterance. The
    /// service sends this error when it restarts a session.
    pub restart_transcriptions: usize,
    /// The error code with which every transcription ends as soon as it begins.
    pub reject_transcriptions: Option<u16>,
    /// Whether endpoint detection never ends an utterance.
    pub endless_utterances: bool,
    /// Whether each transcription response is preceded by a message that is not JSON.
    pub malformed: bool,
    /// The speech streams, counted from 1 over all sockets, that are rejected because of the rate limit.
    pub rate_limited_streams: Vec<usize>,
    /// The stream, counted from 1 over all sockets, during which the socket is closed, and the amount of audio that is
    /// sent before that. Afterwards, sockets of both services are rejected.
    pub close_in_stream: Option<(usize, Duration)>,
    /// The number of the first stream, from 1 over all sockets, that gets no audio. All later streams also get no
    /// audio.
    pub mute_from_stream: Option<usize>,
}
