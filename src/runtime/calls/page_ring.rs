//! Calls whose callers ask for a person, and that ring in the open web pages of the staff.

use super::open_pages::OpenPage;
use super::ringing_page::PageRing;
use super::transfer::MAX_REASON;
use super::{CallMessage, Calls};
use crate::clock;
use crate::domain::{ActorId, CallSid, UserId};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often a ringing call checks whether the page is still open at a user who could answer.
const CHECK_PAGES_EVERY: Duration = Duration::from_secs(1);

/// The effect of a user's decline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    Recorded,
    /// The user has declined this ringing before.
    Repeated,
    NotRinging,
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
    pub(in crate::runtime) fn start_page_ring(&self, sid: &CallSid, reason: &str, time: Duration) -> bool {
        let has_page = self.has_open_page();
        let mut registry = self.registry();
        let Some(live) = registry.live.get_mut(sid).filter(|_| has_page) else { return false };
        let (reason, until) = (reason.chars().take(MAX_REASON).collect(), clock::now().plus(time));
        live.page_ring = Some(PageRing { reason, until, declined: BTreeSet::new() });
        true
    }

    /// Returns false if the call does not ring.
    pub(in crate::runtime) fn prolong_page_ring(&self, sid: &CallSid, time: Duration) -> bool {
        let mut registry = self.registry();
        let Some(ring) = registry.live.get_mut(sid).and_then(|live| live.page_ring.as_mut()) else { return false };
        ring.until = clock::now().plus(time);
        true
    }

    /// Waits until the pages of all users who could still answer are closed. Returns false if the call has stopped ringing
    /// before.
    pub(in crate::runtime) async fn ring_outlasts_pages(&self, sid: &CallSid) -> bool {
        loop {
            let has_user = |ring: &PageRing| self.has_user_for(ring);
            match self.registry().live.get(sid).and_then(|live| live.page_ring.as_ref()).map(has_user) {
                None => return false,
                Some(false) => return true,
                Some(true) => {}
            }
            tokio::time::sleep(CHECK_PAGES_EVERY).await;
        }
    }

    fn has_user_for(&self, ring: &PageRing) -> bool {
        !self.inner.open_pages.users().is_subset(&ring.declined)
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
    pub fn decline_page_ring(&self, sid: &CallSid, user: UserId) -> Decline {
        let mut registry = self.registry();
        let Some(live) = registry.live.get_mut(sid) else { return Decline::NotRinging };
        let Some(ring) = &mut live.page_ring else { return Decline::NotRinging };
        if !ring.declined.insert(user) {
            return Decline::Repeated;
        }
        if !self.has_user_for(ring) {
            // The send fails if the call has ended, and then nothing rings.
            let _ = live.sender.send(CallMessage::PageUnanswered);
        }
        Decline::Recorded
    }
}
