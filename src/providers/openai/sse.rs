//! Server-sent events of an answer, which arrive in pieces of any size.

/// A longer line is no event of an answer.
const MAX_LINE: usize = 1 << 20;

/// The stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The data of the events. Each is one line: servers name the type of an event in its data as well.
#[derive(Debug, Default)]
pub(super) struct Events {
    rest: Vec<u8>,
}

impl Events {
    /// The data of the events that are complete with this piece.
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
