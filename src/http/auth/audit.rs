//! Adds a row to the audit log for each change of business data through the API.
//!
//! A use case may add a more detailed row itself. Otherwise, a row with the `operationId` of the request and the id in
//! its path is added.

use crate::clock;
use crate::domain::ActorId;
use crate::store::{self, Store, WriteTx};
use axum::extract::MatchedPath;
use axum::http::Method;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use utoipa::openapi::path::Operation;

/// The audit row of one request that changes data.
#[derive(Clone, Debug)]
pub(crate) struct Audit(Arc<Row>);

#[derive(Debug)]
struct Row {
    actor: ActorId,
    action: String,
    subject: OnceLock<String>,
    /// The action and the subject of a second row, for another item that the request creates.
    also: OnceLock<(&'static str, String)>,
    is_recorded: AtomicBool,
}

impl Audit {
    pub(super) fn new(operations: &OperationIds, actor: ActorId, method: &Method, route: &str, path: &str) -> Self {
        let subject = subject_of(route, path).map(OnceLock::from).unwrap_or_default();
        let action = operations.id(method, route);
        Self(Arc::new(Row { actor, action, subject, also: OnceLock::new(), is_recorded: AtomicBool::new(false) }))
    }

    pub(crate) fn set_subject(&self, subject: impl Into<String>) {
        let _ = self.0.subject.set(subject.into());
    }

    pub(super) fn also(&self, action: &'static str, subject: String) {
        let _ = self.0.also.set((action, subject));
    }

    pub(super) fn skip(&self) {
        self.mark_recorded();
    }

    /// Runs a use case, and adds a row to its transaction unless the use case has added one itself or changed no data.
    pub(crate) fn around<T, E: From<store::Error>>(
        &self,
        tx: &WriteTx<'_>,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (rows, changes) = (tx.audit_rows(), tx.changed_rows());
        let done = work(tx)?;
        if tx.audit_rows() == rows && tx.changed_rows() != changes {
            self.record(tx)?;
        } else {
            self.mark_recorded();
        }
        Ok(done)
    }

    fn record(&self, tx: &WriteTx<'_>) -> store::Result<()> {
        let subject = self.0.subject.get().map(String::as_str).unwrap_or_default();
        tx.insert_audit(self.0.actor, &self.0.action, subject, clock::now())?;
        if let Some((action, subject)) = self.0.also.get() {
            tx.insert_audit(self.0.actor, action, subject, clock::now())?;
        }
        self.mark_recorded();
        Ok(())
    }

    fn mark_recorded(&self) {
        self.0.is_recorded.store(true, Ordering::Relaxed);
    }

    /// Adds the row after a change outside a transaction. If the row cannot be stored, the change is kept, so that an
    /// alert can be muted even when the disk is full.
    pub(super) async fn ensure_recorded(self, store: &Store) {
        if self.0.is_recorded.load(Ordering::Relaxed) {
            return;
        }
        let (action, actor) = (self.0.action.clone(), self.0.actor);
        let written = tokio::time::timeout(MAX_WAIT, store.write(move |tx| self.record(tx))).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "the database did not answer in time".to_owned(),
        };
        tracing::warn!(event = "AUDIT_FAILED", %actor, action, error, "Cannot record the change {action} by {actor} in the audit log; it may be missing there");
    }
}

/// The documentation of authenticated operations, which contains their ids, by method and route.
#[derive(Default)]
pub(crate) struct OperationIds(HashMap<(Method, String), fn() -> Operation>);

impl OperationIds {
    pub(crate) fn insert(&mut self, method: Method, route: String, document: fn() -> Operation) {
        self.0.insert((method, route), document);
    }

    fn id(&self, method: &Method, route: &str) -> String {
        let document = self.0.get(&(method.clone(), route.to_owned()));
        document.and_then(|document| document().operation_id).unwrap_or_else(|| format!("{method} {route}"))
    }
}

/// Returns the route pattern that a request matched, or the path of the request if it matched no pattern.
pub(super) fn route(request: &axum::extract::Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or_else(|| request.uri().path(), MatchedPath::as_str)
}

/// Returns the subject of a request, such as `contact:3` for `/api/contacts/{id}/merge` and `/api/contacts/3/merge`;
/// none for a path without an id.
fn subject_of(route: &str, path: &str) -> Option<String> {
    let mut segments = route.split('/').zip(path.split('/'));
    let mut noun = "";
    segments.find_map(|(name, value)| {
        if name.starts_with('{') {
            let value = &value[..value.floor_char_boundary(MAX_ID_LENGTH)];
            return Some(format!("{}:{value}", noun_singular(noun)));
        }
        noun = name;
        None
    })
}

fn noun_singular(noun: &str) -> Cow<'_, str> {
    match noun.strip_suffix("ies") {
        Some(stem) => format!("{stem}y").into(),
        None => noun.strip_suffix('s').unwrap_or(noun).into(),
    }
}

const MAX_ID_LENGTH: usize = 64;

/// The maximum time that a response waits for the audit row of a change outside a transaction.
const MAX_WAIT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_in_the_path_is_the_subject() {
        assert_eq!(subject_of("/api/contacts/{id}/merge", "/api/contacts/3/merge"), Some("contact:3".into()));
        assert_eq!(subject_of("/api/alerts/{kind}/mute", "/api/alerts/disk/mute"), Some("alert:disk".into()));
        assert_eq!(subject_of("/api/tokens", "/api/tokens"), None);
        assert_eq!(subject_of("/api/threads/{id}", &format!("/api/threads/{}", "9".repeat(500))).unwrap().len(), 71);
    }
}
