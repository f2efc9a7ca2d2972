//! The active value of the settings: read at any time, replaced as a whole.

use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// The active settings, or a value built from them. Clones share it.
///
/// Code that handles one call or request calls [`Live::now`] once and keeps the result, so it uses one state of the
/// settings from beginning to end.
#[derive(Debug)]
pub struct Live<T = Config> {
    cell: watch::Sender<Arc<T>>,
}

impl<T> Live<T> {
    /// Creates the cell with its first value.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self { cell: watch::Sender::new(value.into()) }
    }

    /// The active value.
    pub fn now(&self) -> Arc<T> {
        self.cell.borrow().clone()
    }

    /// Replaces the active value. Holders of the old one keep it.
    pub fn replace(&self, value: impl Into<Arc<T>>) {
        self.cell.send_replace(value.into());
    }

    /// Signals each change, for a loop that must react to it.
    pub fn changes(&self) -> watch::Receiver<Arc<T>> {
        self.cell.subscribe()
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_stays_and_clones_see_what_is_new() {
        let (live, mut config) = (Live::new(Config::default()), Config::default());
        let (other, taken, changes) = (live.clone(), live.now(), live.changes());
        config.voice.recording = !config.voice.recording;
        live.replace(config);
        assert!(changes.has_changed().unwrap());
        assert_ne!(other.now().voice.recording, taken.voice.recording);
    }
}
