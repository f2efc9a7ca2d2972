//! A parser for server-sent events. The input may be split at any byte.

use serde_json::Value;

/// The maximum length of a line. Events of an answer are shorter.
const MAX_LINE: usize = 1 << 20;

/// Why a stream cannot be read further.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamError {
    /// The stream is malformed, or ended too early.
    Malformed,
    /// The server reports this error instead of the rest of the answer.
    Reported(Value),
}

/// Collects the `data` lines of the events. The `event` lines are ignored, because the servers repeat the type of an
/// event in its data.
#[derive(Debug, Default)]
pub(super) struct Events {
    rest: Vec<u8>,
}

impl Events {
    /// Returns the data of the events that this piece completes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, StreamError> {
        self.rest.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = std::str::from_utf8(&line).map_err(|_| StreamError::Malformed)?.trim();
            complete.extend(line.strip_prefix("data:").map(|data| data.trim().to_owned()));
        }
        if self.rest.len() > MAX_LINE { Err(StreamError::Malformed) } else { Ok(complete) }
    }
}
