//! Which providers are down, as far as is known.

use crate::clock;
use crate::config::Reloadable;
use crate::domain::{NotSent, Outcome, Provider, Timestamp, Trouble};
use crate::drive::InForce;
use crate::providers::baileys::bridge::{Bridge, LinkState, Report};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which providers are down.
pub(super) struct Health {
    in_force: Reloadable<InForce>,
    // A plain mutex: it is held to copy a few values.
    seen: Mutex<Seen>,
    /// Serializes queries to the bridge: one task queries, the others wait for its result.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    bridge: Option<LinkState>,
    /// The state that was logged last.
    bridge_told: Option<LinkState>,
    bridge_asked_at: Option<Timestamp>,
    bridge_deaf_since: Option<Timestamp>,
    twilio_down_until: Option<Timestamp>,
    loop_at: Option<Timestamp>,
}

impl Health {
    pub(super) fn new(in_force: Reloadable<InForce>) -> Self {
        let seen = Seen { loop_at: Some(clock::now()), ..Seen::default() };
        Self { in_force, seen: Mutex::new(seen), asking: tokio::sync::Mutex::default() }
    }

    /// The providers that are down.
    pub(super) fn down(&self, now: Timestamp) -> Vec<Provider> {
        let seen = *self.seen();
        let bridge = seen.bridge_is_down().then_some(Provider::Baileys);
        let twilio = seen.twilio_down_until.is_some_and(|until| now < until).then_some(Provider::Twilio);
        bridge.into_iter().chain(twilio).collect()
    }

    /// Queries the bridge, unless its last answer is recent.
    pub(super) async fn fresh(&self) {
        let _turn = self.asking.lock().await;
        let asked = self.seen().bridge_asked_at;
        if asked.is_none_or(|asked| clock::now().since(asked) >= FRESH) {
            self.ask().await;
        }
    }

    /// Queries the bridge; returns true if it is up again.
    pub(super) async fn probe(&self) -> bool {
        let _turn = self.asking.lock().await;
        let before = *self.seen();
        self.ask().await;
        before.bridge_is_down() && !self.seen().bridge_is_down()
    }

    async fn ask(&self) {
        let in_force = self.in_force.current();
        let Some(bridge) = &in_force.bridge else { return };
        let Report { state, deaf_since, .. } = bridge.report().await;
        // The answer came from the bridge of replaced settings, and is discarded.
        if !Arc::ptr_eq(&in_force, &self.in_force.current()) {
            return;
        }
        let mut seen = self.seen();
        if seen.bridge_told != Some(state) {
            report(state);
        }
        seen.bridge = Some(state);
        seen.bridge_told = Some(state);
        seen.bridge_deaf_since = deaf_since;
        seen.bridge_asked_at = Some(clock::now());
    }

    /// The state of the bridge's link, if the bridge is in use and was queried.
    pub(super) fn bridge(&self) -> Option<LinkState> {
        self.bridge_in_use().and(self.seen().bridge)
    }

    /// Since when nothing has been received through the bridge's link, although it is connected.
    pub(super) fn bridge_deaf_since(&self) -> Option<Timestamp> {
        self.bridge_in_use().and(self.seen().bridge_deaf_since)
    }

    /// Discards what is known of the bridge: the new settings may name another one.
    pub(super) fn forget(&self) {
        let mut seen = self.seen();
        *seen = Seen { bridge_told: seen.bridge_told, loop_at: seen.loop_at, ..Seen::default() };
    }

    fn bridge_in_use(&self) -> Option<Bridge> {
        self.in_force.current().bridge.clone()
    }

    /// Adds the known reason to an outcome in which the bridge says only that it is not connected.
    pub(super) fn explain(&self, outcome: Outcome) -> Outcome {
        match (&outcome, self.bridge_in_use(), self.bridge()) {
            (Outcome::NotSent(NotSent::Down, trouble), Some(bridge), Some(state)) if trouble.code == NOT_CONNECTED => {
                let sentence = bridge.sentence(state).map(str::to_owned);
                sentence.map_or(outcome, |sentence| {
                    Outcome::NotSent(NotSent::Down, Trouble { code: state.as_str().to_owned(), sentence })
                })
            }
            _ => outcome,
        }
    }

    /// Records that an attempt found a provider down.
    pub(super) fn note_down(&self, provider: Provider, now: Timestamp) {
        let mut seen = self.seen();
        match provider {
            Provider::Baileys => {
                // The reason is queried later; a reason that is known already is kept.
                seen.bridge = seen.bridge.filter(|state| !state.is_connected()).or(Some(LinkState::Other));
                seen.bridge_asked_at = Some(now);
            }
            Provider::Twilio => seen.twilio_down_until = Some(now.plus(TWILIO_REST)),
        }
    }

    /// Records that a provider accepted an attempt.
    pub(super) fn note_up(&self, provider: Provider) {
        let mut seen = self.seen();
        match provider {
            Provider::Baileys => seen.bridge = Some(LinkState::Connected),
            Provider::Twilio => seen.twilio_down_until = None,
        }
    }

    pub(super) fn note_loop(&self, now: Timestamp) {
        self.seen().loop_at = Some(now);
    }

    pub(super) fn is_loop_alive(&self, now: Timestamp) -> bool {
        self.seen().loop_at.is_some_and(|at| now.since(at) < STALLED)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn bridge_is_down(&self) -> bool {
        self.bridge.is_some_and(|state| !state.is_connected())
    }
}

/// Logs one line for each change, with the remedy.
fn report(state: LinkState) {
    match state.sentence(false) {
        None => tracing::info!(event = "BRIDGE_UP", state = state.as_str(), "The WhatsApp bridge is connected"),
        Some(sentence) => {
            tracing::warn!(
                event = "BRIDGE_DOWN",
                state = state.as_str(),
                "Messages cannot be sent by the bridge: {sentence}"
            );
        }
    }
}

/// The bridge's code if it gives no reason.
const NOT_CONNECTED: &str = "not_connected";
/// A younger answer of the bridge is reused, so many messages at once query it once.
const FRESH: Duration = Duration::from_millis(50);
/// How long Twilio is not used after it was found down.
const TWILIO_REST: Duration = Duration::from_secs(20);
/// The loop is stuck if it has not run for this long.
const STALLED: Duration = Duration::from_mins(1);
