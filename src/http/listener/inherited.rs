//! Sockets of systemd's socket activation (sd_listen_fds(3)). They stay open during a restart, so no connection is
//! refused.

use super::bind::ListenError;
use crate::config::process_env;
use listenfd::ListenFd;
use tokio::net::{TcpListener, UnixListener};

#[derive(Debug, Default)]
pub(super) struct Inherited {
    pub(super) public: Vec<TcpListener>,
    pub(super) crm: Vec<TcpListener>,
    pub(super) http: Vec<TcpListener>,
    pub(super) https: Vec<TcpListener>,
    pub(super) bridge: Vec<UnixListener>,
}

impl Inherited {
    pub(super) fn take() -> Result<Self, ListenError> {
        // Read first, because taking the sockets removes the environment variables.
        let names = process_env("LISTEN_FDNAMES").unwrap_or_default();
        let mut fds = ListenFd::from_env();
        let mut sockets = Self::default();
        for (index, name) in names.split(':').chain(std::iter::repeat("")).take(fds.len()).enumerate() {
            if name == BRIDGE {
                sockets.bridge.extend(unix_listener(&mut fds, index).map_err(ListenError::Inherited)?);
                continue;
            }
            let Some(listener) = fds.take_tcp_listener(index).map_err(ListenError::Inherited)? else { continue };
            listener.set_nonblocking(true).map_err(ListenError::Inherited)?;
            let listener = TcpListener::from_std(listener).map_err(ListenError::Inherited)?;
            sockets.of(name).push(listener);
        }
        Ok(sockets)
    }

    fn of(&mut self, name: &str) -> &mut Vec<TcpListener> {
        match name {
            "web" => &mut self.public,
            "crm" => &mut self.crm,
            "http" => &mut self.http,
            "https" => &mut self.https,
            _ if self.public.is_empty() => &mut self.public,
            _ => &mut self.crm,
        }
    }
}

fn unix_listener(fds: &mut ListenFd, index: usize) -> std::io::Result<Option<UnixListener>> {
    let Some(listener) = fds.take_unix_listener(index)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener).map(Some)
}

const BRIDGE: &str = "bridge";
