//! The active value of the settings: read at any time, replaced as a whole.

use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// The active settings, or a value built from them. Clones share it.
///
/// Code that handles one call or request calls [`Reloadable::current`] once and keeps the result, so it uses one
/// state of the settings from beginning to end.
#[derive(Debug)]
pub struct Reloadable<T = Config> {
    cell: watch::Sender<Arc<T>>,
}

impl<T> Reloadable<T> {
    /// Creates the cell with its first value.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self { cell: watch::Sender::new(value.into()) }
    }

    /// The active value.
    pub fn current(&self) -> Arc<T> {
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

impl<T> Clone for Reloadable<T> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaded_settings_stay_and_clones_see_the_new_ones() {
        let (settings, mut config) = (Reloadable::new(Config::default()), Config::default());
        let (other, before, changes) = (settings.clone(), settings.current(), settings.changes());
        config.voice.recording = !config.voice.recording;
        settings.replace(config);
        assert!(changes.has_changed().unwrap());
        assert_ne!(other.current().voice.recording, before.voice.recording);
    }
}
