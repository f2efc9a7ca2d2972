//! The media sockets of browsers, which begin with a ticket.

use super::browser_ticket::{BrowserTickets, LoginCheck};
use super::pending_sockets::SocketRefusal;
use super::{Calls, MediaSocket};
use crate::clock;
use crate::providers::twilio::media_stream::Start;
use std::time::Duration;

/// How often the login is checked while the socket is open.
pub(super) const CHECK_LOGIN_EVERY: Duration = Duration::from_secs(2);

pub(super) struct BrowserSocket<T> {
    pub(super) socket: MediaSocket,
    pub(super) start: Start,
    /// The login that requested the ticket.
    pub(super) login: LoginCheck,
    pub(super) permits: T,
}

impl Calls {
    /// Within five seconds, the browser must send the token of a ticket whose login is still valid. Otherwise, closes
    /// the socket and returns `None`.
    pub(super) async fn authenticate_browser<T>(
        &self,
        mut socket: MediaSocket,
        tickets: &BrowserTickets<T>,
    ) -> Option<BrowserSocket<T>> {
        let slot = self.inner.pending_sockets.add();
        let refusal = match slot.start(&mut socket).await {
            Err(refusal) => refusal,
            Ok(start) => match tickets.take(&start, clock::instant()) {
                None => SocketRefusal::BadToken,
                Some((login, permits)) if login().await => {
                    return Some(BrowserSocket { socket, start, login, permits });
                }
                Some(_) => SocketRefusal::LoggedOut,
            },
        };
        slot.refuse(socket, refusal, None).await;
        None
    }
}
