//! The engine in use, and the remaining engines for a failover.

use crate::call::{EngineCapabilities, EngineKind};
use std::time::{Duration, Instant};

/// The maximum number of warnings of the engines that are stored per phone call; further warnings are dropped.
const MAX_WARNINGS: u32 = 50;
/// How long before the end of its session an engine may be renewed. It is long, because the renewal waits for a pause
/// between two turns.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// The state of the connection to the engine in use.
#[derive(Debug)]
pub(super) struct EngineLink {
    /// The engines in order of preference.
    engines: Vec<EngineKind>,
    index: usize,
    is_ready: bool,
    /// True while no engine is open, because an employee talks with the caller. Late events of the closed engine are
    /// ignored.
    is_closed: bool,
    /// When the engine may be renewed, because the provider will end its session soon; none if it need not be.
    renew_at: Option<Instant>,
    /// A counter that increases when an engine is opened, and when it is closed for an employee. The value
    /// identifies the current engine, so that commands about an earlier engine's items are not sent to it.
    generation: u32,
    /// The number of failures since the engine's last complete spoken response, or since the switch to this engine.
    consecutive_failures: u32,
    warnings: u32,
}

impl EngineLink {
    pub(super) fn new(engines: Vec<EngineKind>) -> Self {
        Self {
            engines,
            index: 0,
            is_ready: false,
            is_closed: false,
            renew_at: None,
            generation: 0,
            consecutive_failures: 0,
            warnings: 0,
        }
    }

    pub(super) fn kind(&self) -> EngineKind {
        self.engines.get(self.index).copied().unwrap_or(EngineKind::Voicemail)
    }

    pub(super) fn capabilities(&self) -> EngineCapabilities {
        self.kind().capabilities()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// Returns true if the engine is ready, and handles silence and the end of the call itself.
    pub(super) fn is_leading(&self) -> bool {
        self.is_ready && self.capabilities().controls_hangup
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) fn opening(&mut self) {
        self.generation += 1;
        self.is_closed = false;
    }

    /// The generation increases, because the outputs of tools that this engine has called can no longer be sent to it.
    pub(super) fn close(&mut self) {
        self.generation += 1;
        (self.is_ready, self.is_closed) = (false, true);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Returns true if the engine was not ready before.
    pub(super) fn became_ready(&mut self, now: Instant) -> bool {
        if std::mem::replace(&mut self.is_ready, true) {
            return false;
        }
        self.renew_at = self.capabilities().max_session.map(|session| now + session.saturating_sub(RENEW_BEFORE));
        true
    }

    /// Returns when a new session of the engine should replace the current one; none while the engine is not ready, or
    /// if its sessions are not limited.
    pub(super) fn renew_at(&self) -> Option<Instant> {
        self.renew_at.filter(|_| self.is_ready)
    }

    /// Returns true if the engine was ready.
    pub(super) fn became_lost(&mut self) -> bool {
        std::mem::replace(&mut self.is_ready, false)
    }

    /// Returns true if the engine may be reopened, which is the case only after the first failure in a row.
    pub(super) fn failed(&mut self) -> bool {
        self.consecutive_failures += 1;
        self.consecutive_failures == 1
    }

    /// Returns true if no other AI engine is left, and the engine has not failed since its last reply.
    pub(super) fn is_last_ai(&self) -> bool {
        let mut others = self.engines.iter().skip(self.index + 1);
        self.consecutive_failures == 0 && !others.any(|engine| engine.is_ai())
    }

    pub(super) fn has_one_ai(&self) -> bool {
        self.engines.iter().filter(|engine| engine.is_ai()).count() == 1
    }

    pub(super) fn succeeded(&mut self) {
        self.consecutive_failures = 0;
    }

    /// Returns false if no engine is left.
    pub(super) fn switch(&mut self) -> bool {
        if self.index + 1 >= self.engines.len() {
            return false;
        }
        self.index += 1;
        (self.is_ready, self.consecutive_failures) = (false, 0);
        true
    }

    /// Returns true if the warning should be stored.
    pub(super) fn admit_warning(&mut self) -> bool {
        self.warnings += 1;
        self.warnings <= MAX_WARNINGS
    }
}
