//! The credential of a request, and whether it is still accepted.

use super::unstored::UnstoredSessions;
use crate::clock;
use crate::domain::{Role, Timestamp};
use crate::runtime::calls::LoginCheck;
use crate::store::{self, ReadTx, Store};
use std::sync::Arc;

/// The credential of a request: the hash of its session cookie or of its token.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    Cookie(String, UnstoredSessions),
    Token(String),
}

impl Credential {
    pub(crate) fn is_accepted(&self, tx: &ReadTx<'_>, now: Timestamp) -> store::Result<bool> {
        Ok(self.role(tx, now)?.is_some())
    }

    /// Returns the current role of the user or the token; `None` if the credential is no longer accepted.
    pub(crate) fn role(&self, tx: &ReadTx<'_>, now: Timestamp) -> store::Result<Option<Role>> {
        Ok(match self {
            Self::Cookie(hash, sessions) => sessions.find(tx, hash, now)?.map(|session| session.user.role),
            Self::Token(hash) => tx.token_by_hash(hash)?.filter(|token| !token.is_expired(now)).map(|token| token.role),
        })
    }

    /// If the database cannot be read, the session or the token counts as valid.
    pub(crate) fn into_check(self, store: Store) -> LoginCheck {
        Arc::new(move || {
            let (store, credential) = (store.clone(), self.clone());
            Box::pin(
                async move { store.read(move |tx| credential.is_accepted(tx, clock::now())).await.unwrap_or(true) },
            )
        })
    }
}
