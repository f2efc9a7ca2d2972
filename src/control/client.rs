//! The client of the control socket, used by the command line.

use super::path::ShortPath;
use super::{DaemonCommand, Query, Reply, Status, TIMEOUT};
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::domain::PageUrls;
use crate::runtime::reload::Reloaded;
use serde::Serialize;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No running daemon uses this store.
    #[error("no daemon is running")]
    NotRunning,
    /// The daemon rejected the command, or its answer belongs to another command.
    #[error("{0}")]
    Rejected(String),
    /// The connection failed, or the daemon did not answer.
    #[error("the running daemon does not answer at {path}")]
    Failed {
        path: String,
        #[source]
        source: io::Error,
    },
}

/// Returns the output of the command and the URLs of the web page.
pub fn send_command(socket: &Path, command: &AdminCommand) -> Result<(CommandOutput, PageUrls), ControlError> {
    match send_request(socket, command)? {
        Reply::Done { outcome, pages } => Ok((outcome, pages)),
        other => Err(ControlError::unexpected(other)),
    }
}

/// An older daemon rejects the query.
pub fn query_status(socket: &Path) -> Result<Status, ControlError> {
    match send_request(socket, &Query::GetStatus)? {
        Reply::Status(status) => Ok(*status),
        other => Err(ControlError::unexpected(other)),
    }
}

pub fn request_reload(socket: &Path) -> Result<Reloaded, ControlError> {
    match send_request(socket, &DaemonCommand::Reload)? {
        Reply::Reloaded { reloaded } => Ok(reloaded),
        other => Err(ControlError::unexpected(other)),
    }
}

impl ControlError {
    fn unexpected(reply: Reply) -> Self {
        match reply {
            Reply::Refused { error } => Self::Rejected(error),
            Reply::Done { .. } | Reply::Reloaded { .. } | Reply::Status(_) => {
                Self::Rejected("the daemon sent an unexpected answer".to_owned())
            }
        }
    }
}

fn send_request(socket: &Path, request: &impl Serialize) -> Result<Reply, ControlError> {
    round_trip(socket, request).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => ControlError::NotRunning,
        _ => ControlError::Failed { path: socket.display().to_string(), source: error },
    })
}

fn round_trip(socket: &Path, request: &impl Serialize) -> io::Result<Reply> {
    let mut stream = UnixStream::connect(ShortPath::of(socket)?.as_path())?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply)?;
    Ok(serde_json::from_str(&reply)?)
}
