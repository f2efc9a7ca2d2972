//! The health of the bridge, for `/readyz`.

use crate::clock;
use crate::runtime::ActiveSettings;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The result of the last health check of the bridge, so that frequent requests do not query the bridge each time.
#[derive(Default)]
pub struct BridgeHealth {
    // Locked during a query of the bridge, so that concurrent requests share the query.
    last: Mutex<Option<CachedCheck>>,
}

struct CachedCheck {
    settings: Arc<ActiveSettings>,
    at: Instant,
    is_healthy: bool,
}

impl BridgeHealth {
    /// Returns whether the bridge is healthy; none if no bridge is configured.
    pub(super) async fn check(&self, settings: Arc<ActiveSettings>) -> Option<bool> {
        let bridge = settings.bridge.as_ref()?;
        let mut last = self.last.lock().await;
        if let Some(cached) = &*last
            && Arc::ptr_eq(&cached.settings, &settings)
            && clock::instant().duration_since(cached.at) < MAX_AGE
        {
            return Some(cached.is_healthy);
        }
        let is_healthy = tokio::time::timeout(TIMEOUT, bridge.is_healthy()).await.unwrap_or(false);
        *last = Some(CachedCheck { at: clock::instant(), is_healthy, settings: settings.clone() });
        Some(is_healthy)
    }
}

const TIMEOUT: Duration = Duration::from_millis(800);
const MAX_AGE: Duration = Duration::from_secs(3);
