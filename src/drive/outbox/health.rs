//! Who is down at the moment, as far as is known.

use crate::clock;
use crate::domain::{Provider, Timestamp};
use crate::providers::baileys::bridge::Bridge;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Who is down.
pub(super) struct Health {
    bridge: Option<Bridge>,
    // A plain mutex: it is held to copy a few values.
    seen: Mutex<Seen>,
    /// One asks the bridge, the others wait for its answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    bridge_up: Option<bool>,
    bridge_asked_at: Option<Timestamp>,
    twilio_down_until: Option<Timestamp>,
    loop_at: Option<Timestamp>,
}

impl Health {
    pub(super) fn new(bridge: Option<Bridge>) -> Self {
        let seen = Seen { loop_at: Some(clock::now()), ..Seen::default() };
        Self { bridge, seen: Mutex::new(seen), asking: tokio::sync::Mutex::default() }
    }

    /// Providers that are down.
    pub(super) fn down(&self, now: Timestamp) -> Vec<Provider> {
        let seen = *self.seen();
        let bridge = (seen.bridge_up == Some(false)).then_some(Provider::Baileys);
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
        let before = self.seen().bridge_up;
        self.ask().await;
        before == Some(false) && self.seen().bridge_up == Some(true)
    }

    async fn ask(&self) {
        let Some(bridge) = &self.bridge else { return };
        let up = bridge.is_healthy().await;
        let mut seen = self.seen();
        if seen.bridge_up != Some(up) {
            if up {
                tracing::info!(event = "BRIDGE_UP", "The WhatsApp bridge is connected");
            } else {
                tracing::warn!(event = "BRIDGE_DOWN", "The WhatsApp bridge is not connected, or does not run");
            }
        }
        seen.bridge_up = Some(up);
        seen.bridge_asked_at = Some(clock::now());
    }

    /// Notes that an attempt found a provider down.
    pub(super) fn note_down(&self, provider: Provider, now: Timestamp) {
        let mut seen = self.seen();
        match provider {
            Provider::Baileys => {
                seen.bridge_up = Some(false);
                seen.bridge_asked_at = Some(now);
            }
            Provider::Twilio => seen.twilio_down_until = Some(now.plus(TWILIO_REST)),
        }
    }

    /// Notes that an attempt got through.
    pub(super) fn note_up(&self, provider: Provider) {
        let mut seen = self.seen();
        match provider {
            Provider::Baileys => seen.bridge_up = Some(true),
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

/// An answer of the bridge that is younger is believed: many messages at once ask it once.
const FRESH: Duration = Duration::from_millis(50);
/// How long Twilio is left alone after it was found down.
const TWILIO_REST: Duration = Duration::from_secs(20);
/// A loop that has not come round for so long is stuck.
const STALLED: Duration = Duration::from_mins(1);
