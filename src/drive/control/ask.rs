//! The command line's end of the control socket.

use super::path::ShortPath;
use super::{DaemonOrder, LONGEST, Question, Reply, Status};
use crate::crm::order::{Order, Outcome};
use crate::domain::PageUrls;
use crate::drive::reload::Reloaded;
use serde::Serialize;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No daemon runs on this store.
    #[error("no daemon is running")]
    NotRunning,
    /// The daemon rejected the command.
    #[error("{0}")]
    Refused(String),
    /// The daemon does not answer.
    #[error("the running daemon does not answer at {path}")]
    Failed {
        /// The socket's path.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Sends a command to the daemon; returns its output and the addresses of the web page.
pub fn ask(socket: &Path, order: &Order) -> Result<(Outcome, PageUrls), AskError> {
    match exchange(socket, order)? {
        Reply::Done { outcome, pages } => Ok((outcome, pages)),
        other => Err(AskError::unforeseen(other)),
    }
}

/// Queries the daemon's status. An older daemon rejects the query.
pub fn ask_status(socket: &Path) -> Result<Status, AskError> {
    match exchange(socket, &Question::TellStatus)? {
        Reply::Status(status) => Ok(*status),
        other => Err(AskError::unforeseen(other)),
    }
}

/// Asks the daemon to reload its settings, and waits until it has.
pub fn ask_to_reload(socket: &Path) -> Result<Reloaded, AskError> {
    match exchange(socket, &DaemonOrder::Reload)? {
        Reply::Reloaded { reloaded } => Ok(reloaded),
        other => Err(AskError::unforeseen(other)),
    }
}

impl AskError {
    fn unforeseen(reply: Reply) -> Self {
        match reply {
            Reply::Refused { error } => Self::Refused(error),
            Reply::Done { .. } | Reply::Reloaded { .. } | Reply::Status(_) => {
                Self::Refused("the daemon sent an unexpected answer".to_owned())
            }
        }
    }
}

fn exchange(socket: &Path, request: &impl Serialize) -> Result<Reply, AskError> {
    talk(socket, request).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => AskError::NotRunning,
        _ => AskError::Failed { path: socket.display().to_string(), source: error },
    })
}

fn talk(socket: &Path, request: &impl Serialize) -> io::Result<Reply> {
    let mut stream = UnixStream::connect(ShortPath::of(socket)?.as_path())?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply)?;
    Ok(serde_json::from_str(&reply)?)
}
