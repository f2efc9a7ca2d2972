//! The control socket: the command line asks the running daemon, because one process alone has the store open.
//!
//! A socket in the folder of the live database, for its owner alone (0600). A connection brings one order as a line of
//! JSON, and gets one line back.

mod ask;
mod path;
mod status;

pub use ask::{AskError, ask, ask_status, ask_to_reload};
pub use status::{About, Status};

use super::reload::{Refused, Reloaded, Reloads};
use crate::clock;
use crate::crm;
use crate::crm::order::{Order, Outcome};
use crate::domain::PageUrls;
use crate::store::Store;
use path::ShortPath;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// Where the daemon with this live database listens.
pub fn socket_path(live_database: &Path) -> PathBuf {
    live_database.with_file_name("control.sock")
}

/// What the daemon answers.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Reply {
    Done {
        outcome: Outcome,
        /// Where the page is, as the running daemon knows.
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

/// What is asked beside orders: it changes nothing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
enum Question {
    /// How the daemon is.
    TellStatus,
}

/// What is asked of the daemon itself, beside orders that are done in the database.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
enum DaemonOrder {
    /// Read the settings again.
    Reload,
}

/// The daemon's end of the socket.
pub struct Control {
    listener: UnixListener,
    host: Host,
}

/// Whom orders concern.
#[derive(Clone)]
pub struct Host {
    /// The database, in which most are done.
    pub store: Store,
    /// Where the page is.
    pub pages: PageUrls,
    /// What the daemon says of itself.
    pub about: About,
    /// Who reads the settings again.
    pub reloads: Reloads,
}

impl Control {
    /// Opens the socket. One that is there already is left over: whoever has the store open is alone.
    pub fn open(socket: &Path, host: Host) -> io::Result<Self> {
        // Made under another name, so that nobody finds it before it is for its owner alone.
        let fresh = socket.with_extension("sock.new");
        let _ = std::fs::remove_file(&fresh);
        let listener = UnixListener::bind(ShortPath::of(&fresh)?.as_path())?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, socket)?;
        Ok(Self { listener, host })
    }

    /// Takes orders for as long as it is polled.
    pub async fn run(self) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let host = self.host.clone();
            tokio::spawn(async move { tokio::time::timeout(LONGEST, serve(stream, host)).await });
        }
    }
}

async fn serve(mut stream: UnixStream, host: Host) -> io::Result<()> {
    let Host { store, pages, about, reloads } = host;
    let mut line = String::new();
    BufReader::new((&mut stream).take(LONGEST_ORDER)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Order>(&line) {
        _ if serde_json::from_str::<Question>(&line).is_ok() => Reply::Status(Box::new(about.status(&store).await)),
        _ if serde_json::from_str::<DaemonOrder>(&line).is_ok() => reload(&reloads).await,
        Ok(order) => perform(order, &store, pages).await,
        Err(error) => Reply::Refused { error: format!("the daemon does not know this order: {error}") },
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

async fn perform(order: Order, store: &Store, pages: PageUrls) -> Reply {
    let now = clock::now();
    match crm::transact(store, move |tx| order.perform(tx, now)).await {
        Ok(outcome) => Reply::Done { outcome, pages },
        Err(error) => Reply::Refused { error: error.to_string() },
    }
}

async fn reload(reloads: &Reloads) -> Reply {
    match reloads.ask().await {
        Ok(reloaded) => Reply::Reloaded { reloaded },
        Err(Refused { reasons }) => Reply::Refused { error: reasons.join("\n") },
    }
}

const PAUSE: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_ORDER: u64 = 64 << 10;
