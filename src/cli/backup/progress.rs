//! Shows the progress of a large copy on a terminal.

use crate::host::disk::format_bytes;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub(super) struct Progress {
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Shows nothing for small copies, or if stderr is not a terminal.
    pub(super) fn start(file: &File, expected: u64) -> Self {
        if expected < LARGE || !std::io::stderr().is_terminal() {
            return Self { shown: None };
        }
        let Ok(file) = file.try_clone() else { return Self { shown: None } };
        let (end, ended) = channel();
        let show = move || {
            while ended.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
                let length = file.metadata().map_or(0, |found| found.len());
                let percent = (length * 100 / expected).min(100);
                let mut err = std::io::stderr().lock();
                let _ = write!(err, "\r{percent:3} % of {}", format_bytes(expected)).and_then(|()| err.flush());
            }
            let _ = writeln!(std::io::stderr().lock(), "\r100 %; verifying …");
        };
        let shown = std::thread::Builder::new().name("progress".into()).spawn(show).ok();
        Self { shown: shown.map(|thread| (end, thread)) }
    }

    pub(super) fn end(self) {
        if let Some((end, thread)) = self.shown {
            drop(end);
            let _ = thread.join();
        }
    }
}

const LARGE: u64 = 64 << 20;
const BETWEEN: Duration = Duration::from_millis(300);
