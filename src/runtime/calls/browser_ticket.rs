//! Tickets, with which a browser opens a media socket: for a trial call, or to answer a call.

use crate::domain::CallSid;
use crate::entropy;
use crate::providers::twilio::media_stream::Start;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;

/// Lifetime of a ticket: how long a browser may take to open the socket.
const TICKET_LIFETIME: Duration = Duration::from_mins(1);
/// The maximum number of tickets; the oldest one is evicted.
const MAX_TICKETS: usize = 64;

/// A function that returns true while the login that requested the ticket is valid.
pub type LoginCheck = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserTicket {
    /// The id of the ticket, in the format of a call's id. A trial call gets the id of its ticket.
    pub id: CallSid,
    /// The secret that the first message on the socket must carry.
    pub token: String,
}

/// The tickets that were not used yet. `T` is what each ticket permits.
pub(super) struct BrowserTickets<T> {
    /// Ordered by age, the oldest first.
    tickets: Mutex<VecDeque<Ticket<T>>>,
}

struct Ticket<T> {
    id: CallSid,
    token_hash: [u8; 32],
    expires: Instant,
    login: LoginCheck,
    permits: T,
}

impl<T> Default for BrowserTickets<T> {
    fn default() -> Self {
        Self { tickets: Mutex::default() }
    }
}

impl<T> BrowserTickets<T> {
    pub(super) fn issue(&self, permits: T, login: LoginCheck, now: Instant) -> BrowserTicket {
        let ticket = BrowserTicket { id: random_sid(), token: entropy::random_hex::<32>() };
        let mut tickets = self.tickets();
        tickets.retain(|ticket| ticket.expires > now);
        if tickets.len() >= MAX_TICKETS {
            tickets.pop_front();
        }
        let (id, token_hash) = (ticket.id.clone(), hash(&ticket.token));
        tickets.push_back(Ticket { id, token_hash, expires: now + TICKET_LIFETIME, login, permits });
        ticket
    }

    /// Consumes the ticket; `None` if no valid ticket matches.
    pub(super) fn take(&self, start: &Start, now: Instant) -> Option<(LoginCheck, T)> {
        let token = start.parameters.get("token").map_or("", String::as_str);
        self.take_by(&start.call_sid, token, now)
    }

    fn take_by(&self, id: &CallSid, token: &str, now: Instant) -> Option<(LoginCheck, T)> {
        let mut tickets = self.tickets();
        let at = tickets.iter().position(|ticket| ticket.id == *id && ticket.expires > now)?;
        let is_right = bool::from(tickets.get(at)?.token_hash.ct_eq(&hash(token)));
        is_right.then(|| tickets.remove(at).map(|ticket| (ticket.login, ticket.permits))).flatten()
    }

    // A plain mutex is enough, because it is held only for a lookup, never across an await.
    fn tickets(&self) -> MutexGuard<'_, VecDeque<Ticket<T>>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In the format of Twilio's call SIDs, so that a trial call can be registered like any active call.
pub(super) fn random_sid() -> CallSid {
    loop {
        // Any 32 hex digits are a valid SID, so the first attempt succeeds.
        if let Ok(sid) = format!("CA{}", entropy::random_hex::<16>()).parse() {
            return sid;
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_ticket_is_for_one_socket_once_and_for_a_minute() {
        let (tickets, now) = (BrowserTickets::default(), clock::instant());
        let issue = |permits| tickets.issue(permits, Arc::new(|| Box::pin(async { true })), now);
        let take = |id, token, now| tickets.take_by(id, token, now).map(|(_, permits)| permits);
        let (first, second) = (issue(1), issue(2));
        assert!(take(&first.id, &second.token, now).is_none(), "the token of another ticket");
        assert!(take(&first.id, "", now).is_none());
        assert_eq!(take(&first.id, &first.token, now), Some(1));
        assert!(take(&first.id, &first.token, now).is_none(), "a second use");
        assert!(take(&second.id, &second.token, now + TICKET_LIFETIME).is_none(), "too late");
        let many: Vec<_> = (0..=MAX_TICKETS).map(|_| issue(3)).collect();
        assert!(take(&many[0].id, &many[0].token, now).is_none(), "evicted");
        assert_eq!(take(&many[1].id, &many[1].token, now), Some(3));
    }
}
