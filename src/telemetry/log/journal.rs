//! The native protocol of systemd's journal: each event is one datagram of `NAME=value` lines
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>). Sending blocks while the journal does not read, so only the thread
//! of the queue sends.

use super::record::Record;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use tracing::Level;

pub(super) struct Journal {
    socket: UnixDatagram,
    address: PathBuf,
}

impl Journal {
    /// Opens the journal of this machine.
    pub(super) fn open() -> io::Result<Self> {
        Self::at(SOCKET)
    }

    fn at(address: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self { socket: UnixDatagram::unbound()?, address: address.into() })
    }

    /// Blocks while the journal does not read. The socket is not connected, so that a restarted journal receives the
    /// next event.
    pub(super) fn send(&self, record: &Record) -> io::Result<()> {
        self.socket.send_to(&datagram(record), &self.address).map(|_| ())
    }
}

/// `journal_stream` is `device:inode`. The presence of the variable is not sufficient: child processes inherit it even
/// if their output is redirected.
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

/// A value that contains a line feed is preceded by its length. A very long value is truncated, so that the journal
/// accepts the datagram.
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

/// The journal's format: capital letters, digits and underscores, starting with a letter.
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

const MAX_VALUE_BYTES: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::super::queue::Queue;
    use super::*;
    use crate::clock;
    use std::time::Duration;

    fn record(message: &str) -> Record {
        Record { at: clock::now(), level: Level::INFO, event: "X".into(), fields: Vec::new(), message: message.into() }
    }

    /// The value of one field of the next datagram.
    fn receive(journal: &UnixDatagram, name: &str) -> String {
        let mut buffer = vec![0; 64 << 10];
        let size = journal.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
    }

    #[test]
    fn an_event_is_one_datagram() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("socket");
        let received = UnixDatagram::bind(&address).unwrap();
        let journal = Journal::at(&address).unwrap();
        journal.send(&record("first")).unwrap();
        journal.send(&record("second")).unwrap();
        assert_eq!(receive(&received, "MESSAGE"), "first");
        assert_eq!(receive(&received, "MESSAGE"), "second");
    }

    #[test]
    fn the_longest_event_fits_into_a_datagram() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("socket");
        let _received = UnixDatagram::bind(&address).unwrap();
        let long = "\u{5d0}".repeat(64 << 10);
        let fields = (0..8).map(|_| ("text", long.as_str().into())).collect();
        Journal::at(&address).unwrap().send(&Record { fields, ..record(&long) }).unwrap();
    }

    #[test]
    fn a_journal_that_is_restarted_receives_the_next_event() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("socket");
        let journal = Journal::at(&address).unwrap();
        assert!(journal.send(&record("before it starts")).is_err());
        for message in ["first", "second"] {
            let received = UnixDatagram::bind(&address).unwrap();
            journal.send(&record(message)).unwrap();
            assert_eq!(receive(&received, "MESSAGE"), message);
            std::fs::remove_file(&address).unwrap();
        }
        assert!(journal.send(&record("after its end")).is_err());
    }

    #[test]
    fn a_journal_that_does_not_read_blocks_no_thread_that_logs() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("socket");
        let received = UnixDatagram::bind(&address).unwrap();
        let journal = Journal::at(&address).unwrap();
        let queue = Queue::start(move |record| journal.send(record).unwrap()).unwrap();
        let message = "x".repeat(4 << 10);
        // More records than the socket and the queue can hold. If `push` waited for the journal, the test would hang.
        for _ in 0..4_000 {
            queue.push(record(&message));
        }
        queue.flush(Duration::from_millis(1));
        let mut events = std::iter::repeat_with(|| receive(&received, "EVENT"));
        let read = events.by_ref().take_while(|event| event == "X").count();
        assert!((1_000..4_000).contains(&read), "{read}");
        queue.push(record("later"));
        assert_eq!(receive(&received, "MESSAGE"), "later");
    }

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
