//! Tracks which providers are down.

use crate::clock;
use crate::domain::{Language, NotSent, Outcome, Provider, ProviderError, Timestamp};
use crate::messages;
use crate::providers::baileys::bridge::{Bridge, LinkState, Overview, Report};
use crate::runtime::Settings;
use crate::store::Store;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) struct ProviderHealth {
    settings: Settings,
    store: Store,
    // A plain mutex is enough, because it is held only to copy a few values, never across an await.
    state: Mutex<State>,
    /// Serializes queries to the bridge: one task sends the query, and the other tasks wait for its result.
    query_lock: tokio::sync::Mutex<()>,
}

/// The result of [`ProviderHealth::probe`].
pub(super) struct Probe {
    /// Whether the bridge was down before, and is up.
    pub(super) is_up_again: bool,
    /// Whether users see another state, account or code than after the last probe.
    pub(super) has_changed: bool,
}

#[derive(Clone, Copy, Default)]
struct State {
    bridge: Option<LinkState>,
    /// The last logged state, so that only changes are logged.
    bridge_logged: Option<LinkState>,
    bridge_queried_at: Option<Timestamp>,
    bridge_not_receiving_since: Option<Timestamp>,
    twilio_down_until: Option<Timestamp>,
    loop_at: Option<Timestamp>,
}

impl ProviderHealth {
    pub(super) fn new(settings: Settings, store: Store) -> Self {
        let state = State { loop_at: Some(clock::now()), ..State::default() };
        Self { settings, store, state: Mutex::new(state), query_lock: tokio::sync::Mutex::default() }
    }

    pub(super) fn down(&self, now: Timestamp) -> Vec<Provider> {
        let seen = *self.lock();
        let bridge = seen.bridge_is_down().then_some(Provider::Baileys);
        // A longer wait than `TWILIO_BACKOFF` means that the system clock was set back.
        let is_waiting = |until: Timestamp| now < until && until.since(now) <= TWILIO_BACKOFF;
        let twilio = seen.twilio_down_until.is_some_and(is_waiting).then_some(Provider::Twilio);
        bridge.into_iter().chain(twilio).collect()
    }

    pub(super) async fn refresh(&self) {
        let _guard = self.query_lock.lock().await;
        let queried_at = self.lock().bridge_queried_at;
        let is_due = queried_at.is_none_or(|queried_at| clock::now().since(queried_at) >= MAX_STATE_AGE);
        if is_due && self.query_bridge().await {
            self.record_change();
        }
    }

    /// Queries the bridge, also for what its users see, which is compared with `last` and then stored there.
    pub(super) async fn probe(&self, last: &mut Option<Overview>) -> Probe {
        let guard = self.query_lock.lock().await;
        let was_down = self.lock().bridge_is_down();
        let is_other = self.query_bridge().await;
        let is_up_again = was_down && !self.lock().bridge_is_down();
        drop(guard);
        let overview = match self.bridge_in_use() {
            Some(bridge) => Some(bridge.overview(true).await.without_counts_and_times()),
            None => None,
        };
        let has_changed = is_other || *last != overview;
        *last = overview;
        if has_changed {
            self.record_change();
        }
        Probe { is_up_again, has_changed }
    }

    /// Returns true if the state differs from the last one.
    async fn query_bridge(&self) -> bool {
        let settings = self.settings.current();
        let Some(bridge) = &settings.bridge else { return false };
        let Report { state, not_receiving_since, .. } = bridge.report().await;
        // If the settings were replaced meanwhile, the answer is from the former bridge and is discarded.
        if !Arc::ptr_eq(&settings, &self.settings.current()) {
            return false;
        }
        let is_other = {
            let mut seen = self.lock();
            seen.bridge = Some(state);
            seen.bridge_not_receiving_since = not_receiving_since;
            seen.bridge_queried_at = Some(clock::now());
            seen.bridge_logged.replace(state) != Some(state)
        };
        if is_other {
            log_change(state);
        }
        is_other
    }

    fn record_change(&self) {
        self.store.write_soon(|tx| tx.record_bridge());
    }

    /// `None` if the bridge is not in use or was not queried.
    pub(super) fn bridge(&self) -> Option<LinkState> {
        self.bridge_in_use().and(self.lock().bridge)
    }

    pub(super) fn bridge_not_receiving_since(&self) -> Option<Timestamp> {
        self.bridge_in_use().and(self.lock().bridge_not_receiving_since)
    }

    /// New settings may name another bridge or another account.
    pub(super) fn reset(&self) {
        let mut seen = self.lock();
        *seen = State { bridge_logged: seen.bridge_logged, loop_at: seen.loop_at, ..State::default() };
    }

    fn bridge_in_use(&self) -> Option<Bridge> {
        self.settings.current().bridge.clone()
    }

    /// Adds the known reason to an outcome for which the bridge reports only that it is not connected.
    pub(super) fn explain(&self, outcome: Outcome) -> Outcome {
        match (&outcome, self.bridge()) {
            (Outcome::NotSent(NotSent::Down, provider_error), Some(state)) if provider_error.code == NOT_CONNECTED => {
                state.notice().map_or(outcome, |notice| {
                    let (code, notice) = (state.as_str().to_owned(), notice.into());
                    Outcome::NotSent(NotSent::Down, ProviderError { code, notice })
                })
            }
            _ => outcome,
        }
    }

    pub(super) fn record_down(&self, provider: Provider, now: Timestamp) {
        let mut seen = self.lock();
        match provider {
            Provider::Baileys => {
                // The reason is queried later. A reason that is already known is kept.
                seen.bridge = seen.bridge.filter(|state| !state.is_connected()).or(Some(LinkState::Other));
                seen.bridge_queried_at = Some(now);
            }
            Provider::Twilio => seen.twilio_down_until = Some(now.plus(TWILIO_BACKOFF)),
        }
    }

    pub(super) fn record_up(&self, provider: Provider) {
        let mut seen = self.lock();
        match provider {
            Provider::Baileys => seen.bridge = Some(LinkState::Connected),
            Provider::Twilio => seen.twilio_down_until = None,
        }
    }

    pub(super) fn record_loop(&self, now: Timestamp) {
        self.lock().loop_at = Some(now);
    }

    pub(super) fn is_loop_alive(&self, now: Timestamp) -> bool {
        self.lock().loop_at.is_some_and(|at| now.since(at) < STALLED)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn bridge_is_down(&self) -> bool {
        self.bridge.is_some_and(|state| !state.is_connected())
    }
}

fn log_change(state: LinkState) {
    match state.notice() {
        None => tracing::info!(
            event = "BRIDGE_UP",
            state = state.as_str(),
            "The WhatsApp bridge is connected to WhatsApp, and messages can be sent by it"
        ),
        Some(notice) => {
            let sentence = messages::text(Language::English, &notice);
            tracing::warn!(
                event = "BRIDGE_DOWN",
                state = state.as_str(),
                "Messages cannot be sent by the bridge: {sentence}"
            );
        }
    }
}

/// The error code of a bridge that reports no reason.
const NOT_CONNECTED: &str = "not_connected";
/// How long an answer of the bridge is reused, so that many simultaneous messages cause only one query.
const MAX_STATE_AGE: Duration = Duration::from_millis(50);
const TWILIO_BACKOFF: Duration = Duration::from_secs(20);
const STALLED: Duration = Duration::from_mins(1);
