//! Tool calls of the engine that were not run yet: their responses have not ended, or the tool calls are deferred.

use crate::call::{ResponseId, ToolCall};
use std::collections::VecDeque;

/// The number of tool call ids that are kept to prevent a second run.
const MAX_SEEN_CALLS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct ReceivedCalls {
    pending: Vec<ReceivedCall>,
    /// The ids of received tool calls; the oldest id is evicted.
    seen: VecDeque<String>,
}

#[derive(Debug)]
pub(super) struct ReceivedCall {
    response: ResponseId,
    pub(super) id: String,
    pub(super) call: ToolCall,
}

impl ReceivedCalls {
    pub(super) fn add(&mut self, response: ResponseId, id: String, call: ToolCall) {
        if self.seen.contains(&id) {
            return;
        }
        if self.seen.len() == MAX_SEEN_CALLS {
            self.seen.pop_front();
        }
        self.seen.push_back(id.clone());
        self.pending.push(ReceivedCall { response, id, call });
    }

    pub(super) fn has(&self, response: &ResponseId) -> bool {
        self.pending.iter().any(|received| received.response == *response)
    }

    /// Tool calls that end or transfer the phone call are last.
    pub(super) fn take(&mut self, response: &ResponseId) -> Vec<ReceivedCall> {
        let mut calls: Vec<_> = self.pending.extract_if(.., |received| received.response == *response).collect();
        calls.sort_by_key(|received| matches!(received.call, ToolCall::EndCall | ToolCall::Transfer { .. }));
        calls
    }

    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }
}
