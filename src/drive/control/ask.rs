//! The command line's end of the control socket.

use super::path::ShortPath;
use super::{LONGEST, Reply};
use crate::crm::order::{Order, Outcome};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Why the daemon did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No daemon runs on this store.
    #[error("no daemon is running")]
    NotRunning,
    /// It said no.
    #[error("{0}")]
    Refused(String),
    /// It cannot be talked to.
    #[error("the running daemon does not answer at {path}")]
    Failed {
        /// The socket.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Asks the daemon; gives what came of it and where the page is.
pub fn ask(socket: &Path, order: &Order) -> Result<(Outcome, String), AskError> {
    match exchange(socket, order) {
        Ok(Reply::Done { outcome, page }) => Ok((outcome, page)),
        Ok(Reply::Refused { error }) => Err(AskError::Refused(error)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            Err(AskError::NotRunning)
        }
        Err(source) => Err(AskError::Failed { path: socket.display().to_string(), source }),
    }
}

fn exchange(socket: &Path, order: &Order) -> io::Result<Reply> {
    let mut stream = UnixStream::connect(ShortPath::of(socket)?.as_path())?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply)?;
    Ok(serde_json::from_str(&reply)?)
}
