//! The journal's native protocol: one datagram of `NAME=value` lines for each event
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>).

use super::record::Record;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use tracing::Level;

/// The connection to the journal.
pub(super) struct Journal {
    socket: UnixDatagram,
}

impl Journal {
    pub(super) fn open() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        Ok(Self { socket })
    }

    pub(super) fn send(&self, record: &Record) -> io::Result<()> {
        self.socket.send(&datagram(record)).map(|_| ())
    }
}

/// Whether stderr is the stream that `JOURNAL_STREAM` (`device:inode`) names. The variable alone is not enough: child
/// processes inherit it even if their output is redirected.
pub(super) fn is_stderr(journal_stream: Option<&str>) -> bool {
    let stderr = || std::fs::File::from(io::stderr().as_fd().try_clone_to_owned().ok()?).metadata().ok();
    let Some((device, inode)) = journal_stream.and_then(|names| names.split_once(':')) else { return false };
    stderr().is_some_and(|file| device == file.dev().to_string() && inode == file.ino().to_string())
}

fn datagram(record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let message = if record.message.is_empty() { &record.event } else { &record.message };
    field(&mut out, "MESSAGE", message);
    field(&mut out, "PRIORITY", priority(record.level));
    field(&mut out, "SYSLOG_IDENTIFIER", "agentlocator");
    field(&mut out, "EVENT", &record.event);
    for (name, value) in &record.fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        field(&mut out, &journal_name(name), &text);
    }
    out
}

/// Appends a field. A value with a line feed is preceded by its length; an unusually long one is cut, so that the
/// datagram is accepted.
fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    let value = &value.as_bytes()[..value.floor_char_boundary(MAX_VALUE_BYTES)];
    out.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// A field name in the journal's form: capital letters, digits and underscores, starting with a letter.
fn journal_name(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_uppercase()) { name } else { format!("F_{name}") }
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        _ => "7",
    }
}

const SOCKET: &str = "/run/systemd/journal/socket";

/// Maximum length of a value, in bytes.
const MAX_VALUE_BYTES: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn fields_stand_as_the_journal_reads_them() {
        let record = Record {
            at: clock::now(),
            level: Level::WARN,
            event: "X".into(),
            fields: vec![("call.sid", "CA1".into()), ("text", "a\nb".into()), ("n", 3.into())],
            message: "Hello".into(),
        };
        let text = String::from_utf8_lossy(&datagram(&record)).into_owned();
        assert_eq!(
            text,
            "MESSAGE=Hello\nPRIORITY=4\nSYSLOG_IDENTIFIER=agentlocator\nEVENT=X\nCALL_SID=CA1\n\
             TEXT\n\u{3}\0\0\0\0\0\0\0a\nb\nN=3\n"
        );
    }

    #[test]
    fn another_stream_is_not_stderr() {
        assert!(!is_stderr(None));
        assert!(!is_stderr(Some("1:2")));
        assert!(!is_stderr(Some("nonsense")));
    }
}
