//! Calls whose callers ask for a person, and that ring in the open web pages of the staff.

use super::open_pages::OpenPage;
use super::{CallMessage, Calls};
use crate::clock;
use crate::domain::{ActorId, CallSid, Timestamp, UserId};
use std::collections::BTreeSet;
use std::time::Duration;

/// A call that rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRing {
    /// The caller's request, as the AI describes it; may be empty.
    pub reason: String,
    /// When the pages stop ringing.
    pub until: Timestamp,
    /// The users who cannot answer now.
    declined: BTreeSet<UserId>,
}

impl Calls {
    /// Records that a page of the user is open, as long as the result exists.
    pub fn open_page(&self, user: UserId) -> OpenPage {
        self.inner.open_pages.open(user)
    }

    pub(in crate::runtime) fn has_open_page(&self) -> bool {
        !self.inner.open_pages.users().is_empty()
    }

    /// Returns false if no user has the page open, so that the call does not ring.
    pub(in crate::runtime) fn start_page_ring(&self, sid: &CallSid, reason: String, time: Duration) -> bool {
        if !self.has_open_page() {
            return false;
        }
        let until = clock::now().plus(time);
        if let Some(live) = self.registry().live.get_mut(sid) {
            live.page_ring = Some(PageRing { reason, until, declined: BTreeSet::new() });
        }
        true
    }

    /// Returns false if the call does not ring.
    pub(in crate::runtime) fn end_page_ring(&self, sid: &CallSid) -> bool {
        self.registry().live.get_mut(sid).is_some_and(|live| live.page_ring.take().is_some())
    }

    /// Returns the calls that ring for a user or an API client, the longest-ringing first.
    pub fn page_rings(&self, reader: ActorId) -> Vec<(CallSid, PageRing)> {
        let registry = self.registry();
        let rings = registry.live.iter().filter_map(|(sid, live)| Some((sid.clone(), live.page_ring.clone()?)));
        let mut rings: Vec<_> = rings.filter(|(_, ring)| !ring.is_declined_by(reader)).collect();
        rings.sort_by_key(|(_, ring)| ring.until);
        rings
    }

    /// Records that a user cannot answer. Once no user with an open page is left, the call rings no longer in the page.
    /// Returns false if the call does not ring.
    pub fn decline_page_ring(&self, sid: &CallSid, user: UserId) -> bool {
        let open = self.inner.open_pages.users();
        let mut registry = self.registry();
        let Some(live) = registry.live.get_mut(sid) else { return false };
        let Some(ring) = &mut live.page_ring else { return false };
        ring.declined.insert(user);
        if open.is_subset(&ring.declined) {
            // The send fails if the call has ended, and then nothing rings.
            let _ = live.sender.send(CallMessage::PageUnanswered);
        }
        true
    }
}

impl PageRing {
    fn is_declined_by(&self, reader: ActorId) -> bool {
        matches!(reader, ActorId::User(user) if self.declined.contains(&user))
    }
}
