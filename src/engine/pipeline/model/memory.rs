//! What requests have shown about a language model and its server, so that later requests and calls need not find out.

use crate::config::ModelServer;
use crate::providers::openai::chat::ChatFields;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by all calls.
#[derive(Clone, Debug, Default)]
pub struct ModelMemory {
    /// By the address of the server and the name of the model.
    known: Arc<Mutex<HashMap<(String, String), Known>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The fields that the server accepts.
    pub(super) fields: ChatFields,
    /// Whether the model writes its reasoning into its answers.
    pub(super) writes_reasoning: bool,
    /// Whether its answers begin with reasoning without its first tag.
    pub(super) begins_with_reasoning: bool,
}

impl ModelMemory {
    pub(super) fn of(&self, server: &ModelServer<'_>) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(server)).copied().unwrap_or_default()
    }

    pub(super) fn learn(&self, server: &ModelServer<'_>, change: impl FnOnce(&mut Known)) {
        change(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(key(server)).or_default());
    }
}

fn key(server: &ModelServer<'_>) -> (String, String) {
    (server.base_url.to_string(), server.model.to_owned())
}
