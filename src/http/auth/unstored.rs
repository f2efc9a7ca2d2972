//! Sessions that could not be stored or deleted, because the disk is full or failing. They are kept in memory, so that
//! an owner can log in and see what is wrong, and can log out.

use crate::clock;
use crate::crm;
use crate::crm::session::{self, Browser};
use crate::domain::{ActorId, Session, Timestamp};
use crate::store::{self, ReadTx, Store, WriteTx};
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
        session::if_valid(tx, begun)
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
                let stored = {
                    let (sessions, session, browser) = (sessions.clone(), session.clone(), browser.clone());
                    crm::transact(&store, move |tx| sessions.store(tx, session, &browser)).await
                };
                if stored.is_ok() || session.expires_at <= clock::now() {
                    sessions.lock().begun.remove(&id_hash);
                    return;
                }
            }
        });
    }

    /// Stores a session unless it has ended, or was stored by an attempt that reported an error.
    fn store(&self, tx: &WriteTx<'_>, session: Session, browser: &Browser) -> Result<(), crm::Error> {
        let id_hash = browser.id_hash();
        let is_over = !self.lock().begun.contains_key(&id_hash) || session::find(tx, &id_hash, clock::now())?.is_some();
        match session::if_valid(tx, session)? {
            Some(session) if !is_over => session::begin(tx, &session, browser),
            _ => Ok(()),
        }
    }

    /// Forgets a session that is not stored. Must be called before the transaction that ends the session, so that no later
    /// transaction stores it.
    pub(crate) fn forget(&self, id_hash: &str) {
        self.lock().begun.remove(id_hash);
    }

    /// Ends a session that could not be deleted, and deletes it as soon as possible.
    pub(crate) fn end(&self, store: &Store, actor: ActorId, id_hash: String) {
        self.lock().ended.insert(id_hash.clone());
        let (sessions, store, now) = (self.clone(), store.clone(), clock::now());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RETRY_INTERVAL).await;
                let hash = id_hash.clone();
                if crm::transact(&store, move |tx| session::end(tx, actor, &hash, now)).await.is_ok() {
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
