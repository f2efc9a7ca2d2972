//! What handlers get.

use super::Auth;
use crate::config::Config;
use crate::store::Store;
use std::sync::Arc;

/// What handlers get; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// What logging in remembers.
    pub auth: Arc<Auth>,
}
