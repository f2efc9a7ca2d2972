//! The transcripts that the fake Google returns, its timing, and planned faults.

use crate::transcriber;
use std::time::Duration;

/// The transcripts that the fake Google returns, its timing, and planned faults.
#[derive(Clone, Debug)]
pub struct GoogleOptions {
    /// The transcript of each utterance, in order, over all streams. After the last one, the list starts again.
    pub heard: Vec<String>,
    /// The silence that ends an utterance.
    pub endpoint: Duration,
    /// The delay from the end of a stream to its last words.
    pub transcribe: Duration,
    /// The delay from the text of a speech request to its first audio.
    pub think: Duration,
    /// How many times faster than real time speech is sent.
    pub speed: f64,
    /// The planned faults.
    pub faults: GoogleFaults,
}

impl Default for GoogleOptions {
    fn default() -> Self {
        Self {
            heard: transcriber::sentences(),
            endpoint: Duration::from_secs(1),
            transcribe: Duration::from_millis(50),
            think: Duration::from_millis(150),
            speed: 4.0,
            faults: GoogleFaults::default(),
        }
    }
}

/// A gRPC status code, and the message that explains it.
pub type Rejection = (u32, &'static str);

/// Planned faults; by default none.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each fault is independent of the others")]
pub struct GoogleFaults {
    /// Whether token requests are rejected as if the account's key had been revoked.
    pub revoked_key: bool,
    /// The HTTP status with which requests for a token are rejected; `None` accepts them.
    pub refuse_tokens: Option<u16>,
    /// Whether both services reject every token.
    pub reject_tokens: bool,
    /// The status with which every transcription ends as soon as it begins.
    pub reject_recognitions: Option<Rejection>,
    /// The number of transcriptions, from the first, that end with `UNAVAILABLE` at their first words.
    pub restart_recognitions: usize,
    /// The number of transcriptions, from the first, at whose first words the connection is closed.
    pub close_connections: usize,
    /// Whether silence never ends an utterance.
    pub endless_utterances: bool,
    /// Whether each message of a transcription is preceded by a message that is not valid protobuf.
    pub malformed: bool,
    /// Speech requests that are rejected: the number of the request, from 1, and the status.
    pub reject_speeches: Vec<(usize, Rejection)>,
    /// The number of the first speech request, from 1, that gets no audio. All later requests also get no audio.
    pub mute_from_speech: Option<usize>,
}
