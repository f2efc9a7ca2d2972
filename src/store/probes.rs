//! The state that concurrent probes of the database share (see `probe`).

use crate::clock;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

#[derive(Debug, Default)]
pub(in crate::store) struct Probes {
    // Held only to read or set the state, never during a probe.
    state: Mutex<ProbeState>,
}

#[derive(Debug, Default)]
pub(in crate::store) struct ProbeState {
    pub last: Option<(Instant, Outcome)>,
    pub running: Option<watch::Receiver<Option<Outcome>>>,
}

/// `Ok`, or the reason of the failure.
pub(in crate::store) type Outcome = std::result::Result<(), String>;

impl Probes {
    pub(in crate::store) fn state(&self) -> MutexGuard<'_, ProbeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::store) fn finish(&self, outcome: Outcome) {
        *self.state() = ProbeState { last: Some((clock::instant(), outcome)), running: None };
    }
}
