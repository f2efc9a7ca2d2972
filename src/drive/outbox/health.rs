//! Who is down at the moment, as far as is known.

use crate::clock;
use crate::config::Live;
use crate::domain::{NotSent, Outcome, Provider, Timestamp, Trouble};
use crate::drive::InForce;
use crate::providers::baileys::bridge::{Bridge, LinkState, Report};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Who is down.
pub(super) struct Health {
    in_force: Live<InForce>,
    // A plain mutex: it is held to copy a few values.
    seen: Mutex<Seen>,
    /// One asks the bridge, the others wait for its answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    bridge: Option<LinkState>,
    /// What the log said last of it.
    bridge_told: Option<LinkState>,
    bridge_asked_at: Option<Timestamp>,
    bridge_deaf_since: Option<Timestamp>,
    twilio_down_until: Option<Timestamp>,
    loop_at: Option<Timestamp>,
}

impl Health {
    pub(super) fn new(in_force: Live<InForce>) -> Self {
        let seen = Seen { loop_at: Some(clock::now()), ..Seen::default() };
        Self { in_force, seen: Mutex::new(seen), asking: tokio::sync::Mutex::default() }
    }

    /// Providers that are down.
    pub(super) fn down(&self, now: Timestamp) -> Vec<Provider> {
        let seen = *self.seen();
        let bridge = seen.bridge_is_down().then_some(Provider::Baileys);
        let twilio = seen.twilio_down_until.is_some_and(|until| now < until).then_some(Provider::Twilio);
        bridge.into_iter().chain(twilio).collect()
    }

    /// Asks the bridge, unless it was asked a moment ago.
    pub(super) async fn fresh(&self) {
        let _turn = self.asking.lock().await;
        let asked = self.seen().bridge_asked_at;
        if asked.is_none_or(|asked| clock::now().since(asked) >= FRESH) {
            self.ask().await;
        }
    }

    /// Asks the bridge; true if it is back.
    pub(super) async fn probe(&self) -> bool {
        let _turn = self.asking.lock().await;
        let before = *self.seen();
        self.ask().await;
        before.bridge_is_down() && !self.seen().bridge_is_down()
    }

    async fn ask(&self) {
        let in_force = self.in_force.now();
        let Some(bridge) = &in_force.bridge else { return };
        let Report { state, deaf_since, .. } = bridge.report().await;
        // What the bridge of other settings says is no news any more.
        if !Arc::ptr_eq(&in_force, &self.in_force.now()) {
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

    /// How the bridge's link is, if the bridge is in use and has been asked.
    pub(super) fn bridge(&self) -> Option<LinkState> {
        self.bridge_in_use().and(self.seen().bridge)
    }

    /// Since when nothing comes in by the bridge's link, although it is connected.
    pub(super) fn bridge_deaf_since(&self) -> Option<Timestamp> {
        self.bridge_in_use().and(self.seen().bridge_deaf_since)
    }

    /// Nothing is known of the bridge any more: it may be another one.
    pub(super) fn forget(&self) {
        let mut seen = self.seen();
        *seen = Seen { bridge_told: seen.bridge_told, loop_at: seen.loop_at, ..Seen::default() };
    }

    fn bridge_in_use(&self) -> Option<Bridge> {
        self.in_force.now().bridge.clone()
    }

    /// The outcome with the reason that is known, where the bridge says no more than that it is not connected.
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

    /// Notes that an attempt found a provider down.
    pub(super) fn note_down(&self, provider: Provider, now: Timestamp) {
        let mut seen = self.seen();
        match provider {
            Provider::Baileys => {
                // Why it is down is asked later; what was known of it stays.
                seen.bridge = seen.bridge.filter(|state| !state.is_connected()).or(Some(LinkState::Other));
                seen.bridge_asked_at = Some(now);
            }
            Provider::Twilio => seen.twilio_down_until = Some(now.plus(TWILIO_REST)),
        }
    }

    /// Notes that an attempt got through.
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

/// One line for each change, with the remedy.
fn report(state: LinkState) {
    match state.sentence(false) {
        None => tracing::info!(event = "BRIDGE_UP", state = state.as_str(), "The WhatsApp bridge is connected"),
        Some(sentence) => {
            tracing::warn!(event = "BRIDGE_DOWN", state = state.as_str(), "No messages by the bridge: {sentence}");
        }
    }
}

/// The bridge's word where it gives no reason.
const NOT_CONNECTED: &str = "not_connected";
/// An answer of the bridge that is younger is believed: many messages at once ask it once.
const FRESH: Duration = Duration::from_millis(50);
/// How long Twilio is left alone after it was found down.
const TWILIO_REST: Duration = Duration::from_secs(20);
/// A loop that has not come round for so long is stuck.
const STALLED: Duration = Duration::from_mins(1);
