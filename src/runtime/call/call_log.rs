//! The destination of a call's turns and events: the database, or the browser of a trial call.

use super::call_log_writer::CallLogWriter;
use super::trial_log::{TrialEnd, TrialLog};
use crate::call::{CallEvent, CallSession, StreamEndAction, TurnRecord};
use crate::domain::{CallEventKind, EndReason, StreamSid};
use crate::runtime::ActiveSettings;
use crate::runtime::calls::{CallContext, CallServices, Calls, Transport};
use std::time::Instant;

pub(super) enum CallLog {
    Database(Box<CallLogWriter>),
    Browser(Box<TrialLog>),
}

impl CallLog {
    pub(super) fn new(calls: &Calls, settings: &ActiveSettings, context: &CallContext) -> Self {
        match context.transport {
            Transport::Twilio => {
                Self::Database(Box::new(CallLogWriter::new(context, settings.config.clone(), calls.services())))
            }
            Transport::Browser => {
                let sid = context.call.call_sid.clone();
                let CallServices { store, trial_usage, .. } = calls.services();
                Self::Browser(Box::new(TrialLog::new(trial_usage.clone(), store.clone(), sid)))
            }
        }
    }

    pub(super) fn stream_began(&mut self, stream: &StreamSid) {
        if let Self::Database(writer) = self {
            writer.stream_began(stream);
        }
    }

    pub(super) fn turn(&mut self, turn: Box<TurnRecord>) {
        match self {
            Self::Database(writer) => writer.turn(turn),
            Self::Browser(log) => log.turn(&turn, true),
        }
    }

    pub(super) fn event(&mut self, event: &CallEvent) {
        match self {
            Self::Database(writer) => writer.event(event),
            Self::Browser(log) => log.event(event),
        }
    }

    /// A trial call does not ring.
    pub(super) fn page_ring(&self, kind: CallEventKind) {
        if let Self::Database(writer) = self {
            writer.shown_event(kind, None);
        }
    }

    /// For an end that the session did not decide. Without effect on a stored call.
    pub(super) fn set_end(&mut self, reason: TrialEnd) {
        if let Self::Browser(log) = self {
            log.set_end(reason);
        }
    }

    pub(super) fn ended(&mut self, reason: EndReason, action: StreamEndAction) {
        match self {
            Self::Database(writer) => writer.ended(reason, action),
            Self::Browser(log) => log.ended(reason),
        }
    }

    /// Returns the messages for the browser since the last call of this function.
    pub(super) fn take_reports(&mut self, session: &mut CallSession, now: Instant) -> Vec<String> {
        match self {
            Self::Database(_) => Vec::new(),
            Self::Browser(log) => log.take_reports(session, now),
        }
    }
}
