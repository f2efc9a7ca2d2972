//! A parser for server-sent events. The input may be split at any byte.

/// The maximum length of a line. Events of an answer are shorter.
const MAX_LINE: usize = 1 << 20;

/// The stream is malformed, ended too early, or contains an error of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Collects the `data` lines of the events. The `event` lines are ignored, because the servers repeat the type of an
/// event in its data.
#[derive(Debug, Default)]
pub(super) struct Events {
    rest: Vec<u8>,
}

impl Events {
    /// Returns the data of the events that this piece completes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, Malformed> {
        self.rest.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = std::str::from_utf8(&line).map_err(|_| Malformed)?.trim();
            complete.extend(line.strip_prefix("data:").map(|data| data.trim().to_owned()));
        }
        if self.rest.len() > MAX_LINE { Err(Malformed) } else { Ok(complete) }
    }
}
