//! Sessions that could not be stored or deleted, because the disk is full or failing. They are kept in memory, so that
//! an owner can log in and see what is wrong, and can log out.

use crate::clock;
use crate::crm::session::{self, Browser};
use crate::domain::{ActorId, Session, Timestamp};
use crate::store::{self, ReadTx, Store};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The keys are the hashes of session cookies. Clones share their state.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnstoredSessions {
    inner: Arc<Mutex<Unstored>>,
}

#[derive(Debug, Default)]
struct Unstored {
    begun: HashMap<String, Session>,
    ended: HashSet<String>,
}

impl UnstoredSessions {
    /// Returns the session of a cookie, stored or not, unless it has ended.
    pub(crate) fn find(&self, tx: &ReadTx<'_>, id_hash: &str, now: Timestamp) -> store::Result<Option<Session>> {
        let begun = {
            let unstored = self.lock();
            if unstored.ended.contains(id_hash) {
                return Ok(None);
            }
            unstored.begun.get(id_hash).cloned()
        };
        let Some(begun) = begun.filter(|session| session.expires_at > now) else {
            return session::find(tx, id_hash, now);
        };
        // The user may have been removed, or have another role by now.
        Ok(tx.user(begun.user.id)?.map(|user| Session { user, ..begun }))
    }

    /// Keeps a session that could not be stored, until it can be.
    pub(crate) fn begin(&self, store: &Store, session: Session, browser: Browser) {
        let id_hash = browser.id_hash();
        self.lock().begun.insert(id_hash.clone(), session.clone());
        let (sessions, store) = (self.clone(), store.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RETRY_INTERVAL).await;
                if !sessions.lock().begun.contains_key(&id_hash) {
                    return;
                }
                let (session, browser) = (session.clone(), browser.clone());
                if crate::crm::transact(&store, move |tx| session::begin(tx, &session, &browser)).await.is_ok() {
                    sessions.lock().begun.remove(&id_hash);
                    return;
                }
            }
        });
    }

    /// Ends a session that could not be deleted, and deletes it as soon as possible.
    pub(crate) fn end(&self, store: &Store, actor: ActorId, id_hash: String) {
        {
            let mut unstored = self.lock();
            unstored.begun.remove(&id_hash);
            unstored.ended.insert(id_hash.clone());
        }
        let (sessions, store, now) = (self.clone(), store.clone(), clock::now());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RETRY_INTERVAL).await;
                let hash = id_hash.clone();
                if crate::crm::transact(&store, move |tx| session::end(tx, actor, &hash, now)).await.is_ok() {
                    sessions.lock().ended.remove(&id_hash);
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Unstored> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const RETRY_INTERVAL: Duration = Duration::from_secs(5);
