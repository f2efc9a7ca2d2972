//! A shared cell for the active settings, which a reload replaces atomically.

use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// A cell with the active settings, or with a value that is built from them.
///
/// Code that handles a call or request uses [`Reloadable::current`] once and keeps the result. A reload therefore does
/// not change the settings of a running call or request.
#[derive(Debug)]
pub struct Reloadable<T = Config> {
    cell: watch::Sender<Arc<T>>,
}

impl<T> Reloadable<T> {
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self { cell: watch::Sender::new(value.into()) }
    }

    pub fn current(&self) -> Arc<T> {
        self.cell.borrow().clone()
    }

    /// Code that has called [`Reloadable::current`] before continues with the old value.
    pub fn replace(&self, value: impl Into<Arc<T>>) {
        self.cell.send_replace(value.into());
    }

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
