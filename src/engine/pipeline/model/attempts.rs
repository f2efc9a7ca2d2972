//! The search for a form of a request that the model and its server accept.

use super::memory::ModelMemory;
use super::refusal::Refusal;
use crate::config::ModelServer;
use crate::pipeline::ModelEvent;
use crate::providers::openai::chat::ChatFields;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The lowest reasoning effort that the model accepts, so that the answer starts early, and the fields that the server
/// knows. After a rejection, the request is retried with the next effort, and finally without this parameter; a field that
/// the server does not know is replaced or omitted.
pub(super) struct Attempts<'a> {
    pub(super) candidates: &'static [&'static str],
    /// The number of efforts that the model has rejected in this call.
    pub(super) of_call: &'a AtomicUsize,
    /// The number of candidates that the model has rejected.
    pub(super) rejected: usize,
    pub(super) fields: ChatFields,
    pub(super) memory: &'a ModelMemory,
    pub(super) server: ModelServer<'a>,
}

impl Attempts<'_> {
    pub(super) fn effort(&self) -> Option<&'static str> {
        self.candidates.get(self.rejected).copied()
    }

    /// Records that the model accepts a request, for the further requests.
    pub(super) fn accepted(&self) {
        self.of_call.fetch_max(self.rejected, Ordering::Relaxed);
        if self.memory.of(&self.server).fields != self.fields {
            self.memory.learn(&self.server, |known| known.fields = self.fields);
        }
    }

    /// Fails unless another form can be tried.
    pub(super) fn refused(&mut self, refusal: Refusal) -> Result<(), ModelEvent> {
        let Refusal { failure, is_effort, rejected_form, is_unnamed } = refusal;
        let fields = |is_unnamed| {
            let error = rejected_form.as_ref().filter(|_| !self.server.uses_responses)?;
            self.fields.after(error, is_unnamed)
        };
        if let Some(fields) = fields(false) {
            self.fields = fields;
        } else if is_effort && self.effort().is_some() {
            self.rejected += 1;
        } else if let Some(fields) = fields(true).filter(|_| is_unnamed) {
            self.fields = fields;
        } else {
            return Err(failure);
        }
        Ok(())
    }
}
