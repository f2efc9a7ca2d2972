//! The control socket. The command line sends its commands to the running daemon, because only one process may open the
//! database.
//!
//! The socket is a Unix socket with mode 0600 in the folder of the live database. A client sends one command per
//! connection as a line of JSON. The daemon answers with a line of JSON.

mod client;
mod path;
mod status;

pub use client::{ControlError, query_status, request_reload, send_command};
pub use status::{DaemonInfo, Status};

use crate::clock;
use crate::config::Reloadable;
use crate::crm;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::domain::PageUrls;
use crate::runtime::reload::{ReloadHandle, ReloadRejected, Reloaded};
use crate::store::Store;
use path::ShortPath;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

pub fn socket_path(live_database: &Path) -> PathBuf {
    live_database.with_file_name("control.sock")
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Reply {
    Done {
        outcome: CommandOutput,
        /// The URLs of the web page, according to the active settings.
        #[serde(flatten)]
        pages: PageUrls,
    },
    Refused {
        error: String,
    },
    Reloaded {
        reloaded: Reloaded,
    },
    Status(Box<Status>),
}

/// A query, which does not change any data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
enum Query {
    GetStatus,
}

/// A command that affects the daemon process itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
enum DaemonCommand {
    Reload,
}

pub struct Control {
    listener: UnixListener,
    handler: ControlHandler,
}

#[derive(Clone)]
pub struct ControlHandler {
    pub store: Store,
    pub pages: Reloadable<PageUrls>,
    pub info: DaemonInfo,
    pub reload_handle: ReloadHandle,
}

impl Control {
    /// Opens the socket. An existing socket is a leftover of a previous process, because only the process that has
    /// locked the store calls this function.
    pub fn open(socket: &Path, handler: ControlHandler) -> io::Result<Self> {
        // Create the socket under a temporary name, and rename it after its mode is set. Otherwise another user could
        // connect before the mode is set.
        let fresh = socket.with_extension("sock.new");
        let _ = std::fs::remove_file(&fresh);
        let listener = UnixListener::bind(ShortPath::of(&fresh)?.as_path())?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, socket)?;
        Ok(Self { listener, handler })
    }

    /// Never returns; the caller stops the server by dropping the future.
    pub async fn run(self) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            };
            let handler = self.handler.clone();
            tokio::spawn(async move { tokio::time::timeout(TIMEOUT, serve(stream, handler)).await });
        }
    }
}

async fn serve(mut stream: UnixStream, handler: ControlHandler) -> io::Result<()> {
    let ControlHandler { store, pages, info, reload_handle } = handler;
    let mut line = String::new();
    BufReader::new((&mut stream).take(MAX_REQUEST_BYTES)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<AdminCommand>(&line) {
        _ if serde_json::from_str::<Query>(&line).is_ok() => Reply::Status(Box::new(info.status(&store).await)),
        _ if serde_json::from_str::<DaemonCommand>(&line).is_ok() => reload(&reload_handle).await,
        Ok(command) => run_command(command, &store, &pages).await,
        Err(error) => Reply::Refused { error: format!("unknown command: {error}") },
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

async fn run_command(command: AdminCommand, store: &Store, pages: &Reloadable<PageUrls>) -> Reply {
    let now = clock::now();
    match crm::transact(store, move |tx| command.execute(tx, now)).await {
        Ok(outcome) => Reply::Done { outcome, pages: PageUrls::clone(&pages.current()) },
        Err(error) => Reply::Refused { error: error.to_string() },
    }
}

async fn reload(reload_handle: &ReloadHandle) -> Reply {
    match reload_handle.request().await {
        Ok(reloaded) => Reply::Reloaded { reloaded },
        Err(ReloadRejected { reasons }) => Reply::Refused { error: reasons.join("\n") },
    }
}

const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_REQUEST_BYTES: u64 = 64 << 10;
