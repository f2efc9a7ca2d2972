//! What is in force at the moment: read at any time, swapped whole.

use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// Settings, or what is built from them, as they are in force. Clones share it.
///
/// Whoever does one piece of work takes [`Live::now`] once and keeps it: a call or a request sees one state of the
/// settings from its beginning to its end.
#[derive(Debug)]
pub struct Live<T = Config> {
    cell: watch::Sender<Arc<T>>,
}

impl<T> Live<T> {
    /// In force from now on.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self { cell: watch::Sender::new(value.into()) }
    }

    /// What is in force now.
    pub fn now(&self) -> Arc<T> {
        self.cell.borrow().clone()
    }

    /// Puts another value in force. What has taken the old one keeps that.
    pub fn replace(&self, value: impl Into<Arc<T>>) {
        self.cell.send_replace(value.into());
    }

    /// Tells of each change, for a loop that must do something about it.
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
