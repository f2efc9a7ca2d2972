//! A call's session together with the log of its inputs and outputs.

use crate::call::{CallSession, Input, Output};
use crate::engine::Engine;
use crate::runtime::input_log::InputLog;
use std::ops::Deref;
use std::time::Instant;

/// A session whose inputs and outputs are written to the input log, except through `unlogged`. Methods that only read
/// the session are not logged.
pub(super) struct LoggedSession {
    session: CallSession,
    log: Option<InputLog>,
}

impl LoggedSession {
    pub(super) fn new(session: CallSession, log: Option<InputLog>) -> Self {
        Self { session, log }
    }

    pub(super) fn handle_input(&mut self, input: Input, now: Instant) {
        if let Some(log) = &mut self.log {
            log.input(&input, now);
        }
        self.session.handle_input(input, now);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Some(log) = &mut self.log {
            log.timeout(now);
        }
        self.session.handle_timeout(now);
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        let output = self.session.poll_output()?;
        if let Some(log) = &mut self.log {
            log.output(&output);
        }
        Some(output)
    }

    pub(super) fn is_logged(&self) -> bool {
        self.log.is_some()
    }

    /// Logs what the engine has received and decided since the last call of this function.
    pub(super) fn log_engine(&mut self, engine: &mut Engine) {
        if let Some(log) = &mut self.log {
            engine.drain_steps(|(at, step)| log.pipeline(step, at));
        }
    }

    /// For the reports of a trial call, which has no input log.
    pub(super) fn unlogged(&mut self) -> &mut CallSession {
        &mut self.session
    }
}

impl Deref for LoggedSession {
    type Target = CallSession;

    fn deref(&self) -> &CallSession {
        &self.session
    }
}
