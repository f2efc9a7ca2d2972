//! Sends the messages of the outbox: in order for each contact, in parallel for different contacts, and at a human's
//! pace through the bridge.
//!
//! [`crate::inbox::delivery`] decides the next step of a message; this module carries it out. Each attempt is recorded
//! before it starts and after it ends. After a crash, the records show which messages are unconfirmed: they may or may
//! not have been sent.

mod attempt;
mod health;
mod senders;
mod shared;

use super::Settings;
pub use super::active_settings::{new_chats, rules};
use crate::alerting::Alerts;
use crate::crm::outbox;
use crate::domain::{MessageId, OutboxId, Provider, Timestamp};
use crate::inbox::delivery::Step;
use crate::inbox::policy::{Route, RoutingRules};
use crate::inbox::send_rate::{SendPacer, Slot};
use crate::providers::baileys::bridge::LinkState;
use crate::store::{self, OutboxEntry, Store};
use crate::telemetry::log;
use crate::{clock, entropy};
use attempt::{Attempt, Ended};
use health::{Probe, ProviderHealth};
pub(super) use senders::ProviderSenders;
use shared::{Shared, delivery, route_input};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

/// Clones refer to the same outbox.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

impl Outbox {
    /// The outbox sends nothing until [`Outbox::run`].
    pub fn new(settings: Settings, store: Store, alerts: Alerts) -> Self {
        let health = ProviderHealth::new(settings.clone(), store.clone());
        Self {
            shared: Arc::new(Shared {
                store,
                settings,
                health,
                wake: Notify::new(),
                look_at_bridge: Notify::new(),
                alerts,
            }),
        }
    }

    /// Call it after the commit that stored a message.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Call it after a request that changes the bridge's link. Its changes are then reported sooner.
    pub fn look_at_bridge(&self) {
        self.shared.look_at_bridge.notify_one();
    }

    pub fn rules(&self) -> RoutingRules {
        self.shared.settings.current().rules.clone()
    }

    /// Applies new settings: queued messages may now take another route, and postponed ones may be sent today.
    pub fn settings_changed(&self) {
        self.shared.health.reset();
        let outbox = self.clone();
        log::spawn(async move {
            // The routes have changed also if the postponed messages stay postponed.
            let _ = outbox.shared.store.write(|tx| outbox::hasten_postponed(tx, clock::now())).await;
            outbox.wake();
        });
    }

    /// If there is a choice of providers, queries the bridge first.
    pub async fn down(&self) -> Vec<Provider> {
        if self.shared.settings.current().rules.priority.len() > 1 {
            self.shared.health.refresh().await;
        }
        self.shared.health.down(clock::now())
    }

    /// `None` if the bridge is not in use or was not queried yet.
    pub fn bridge(&self) -> Option<LinkState> {
        self.shared.health.bridge()
    }

    /// Returns since when the bridge's link checks receive no echo, although its link to WhatsApp is connected; `None`
    /// if the checks receive an echo, or if this is not known.
    pub fn bridge_not_receiving_since(&self) -> Option<Timestamp> {
        self.shared.health.bridge_not_receiving_since()
    }

    /// Returns false if the loop has not run for a minute, which means that it is stuck.
    pub fn is_alive(&self) -> bool {
        self.shared.health.is_loop_alive(clock::now())
    }

    /// Sends messages until `stopping`, then waits for the attempts in flight. Interrupted attempts are unconfirmed at
    /// the next start.
    pub async fn run(self, stopping: CancellationToken) {
        let mut dispatcher = tokio::select! {
            () = stopping.cancelled() => return,
            dispatcher = Dispatcher::new(self.shared.clone()) => dispatcher,
        };
        let bridge_watch = tokio::spawn(watch_bridge(self.clone()));
        loop {
            self.shared.health.record_loop(clock::now());
            let wait = dispatcher.start_due().await;
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.shared.wake.notified() => {}
                () = dispatcher.ended() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        bridge_watch.abort();
        dispatcher.drain().await;
    }
}

/// When the bridge is connected again, wakes the loop for the messages that wait for it.
async fn watch_bridge(outbox: Outbox) {
    let Shared { health, store, look_at_bridge, .. } = &*outbox.shared;
    let (mut last, mut changed_at) = (None, clock::instant());
    loop {
        let Probe { is_up_again, has_changed } = health.probe(&mut last).await;
        if is_up_again {
            let hastened = store.write(|tx| outbox::hasten(tx, Provider::Baileys, clock::now())).await;
            if hastened.is_ok() {
                outbox.wake();
            }
        }
        if has_changed {
            changed_at = clock::instant();
        }
        let pause = if clock::instant().duration_since(changed_at) < BUSY { PROBE_BUSY } else { PROBE };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = look_at_bridge.notified() => changed_at = clock::instant(),
        }
    }
}

struct Dispatcher {
    shared: Arc<Shared>,
    pacer: SendPacer,
    running: JoinSet<Ended>,
    attempts: HashMap<task::Id, Running>,
    in_flight: HashSet<OutboxId>,
    /// The messages whose attempt has panicked. They stay in flight until their state is stored.
    panicked: Vec<(OutboxId, MessageId)>,
}

struct Running {
    id: OutboxId,
    message: MessageId,
    /// The place of the attempt in the send rate of the bridge; `None` if the attempt does not count.
    slot: Option<Slot>,
}

impl Dispatcher {
    /// Waits until the database can be used, because messages of the previous process would otherwise block the
    /// messages after them.
    async fn new(shared: Arc<Shared>) -> Self {
        let (unconfirmed, sends) = loop {
            let now = clock::now();
            shared.health.record_loop(now);
            let recovered = shared.store.write(move |tx| {
                let unconfirmed = outbox::recover(tx, now)?;
                Ok((unconfirmed, tx.sends_since(Provider::Baileys, now.minus(DAY))?))
            });
            match recovered.await {
                Ok(recovered) => break recovered,
                Err(error) => log_not_started(&error),
            }
            tokio::time::sleep(START_RETRY).await;
        };
        if unconfirmed > 0 {
            tracing::warn!(
                event = "OUTBOX_UNCONFIRMED",
                messages = unconfirmed,
                "Messages that may have been sent before the last stop: {unconfirmed}. They are not sent twice: Twilio's list is checked first, and the bridge recognizes a repeated message"
            );
        }
        let first_contacts: Vec<_> = sends.iter().filter(|(_, first)| *first).map(|(at, _)| *at).collect();
        let send_rate = shared.settings.current().send_rate();
        let pacer = SendPacer::new(send_rate, sends.into_iter().map(|(at, _)| at), first_contacts);
        Self {
            shared,
            pacer,
            running: JoinSet::new(),
            attempts: HashMap::new(),
            in_flight: HashSet::new(),
            panicked: Vec::new(),
        }
    }

    /// Returns the time until the next check.
    async fn start_due(&mut self) -> Duration {
        if let Err((message, error)) = self.recover_panicked().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                event = "OUTBOX_FAILED",
                message.id = %message,
                error,
                "Cannot record that an attempt to send message {message} panicked; no message is sent until this is recorded"
            );
            return AFTER_FAILURE;
        }
        let now = clock::now();
        let read = self.shared.store.read(move |tx| Ok((tx.due_outbox(now, MAX_BATCH)?, tx.next_outbox_at(now)?)));
        let (due, mut next) = match read.await {
            Ok(found) => found,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    event = "OUTBOX_FAILED",
                    error,
                    "Cannot read the outbox; no message is sent until it can be read"
                );
                return AFTER_FAILURE;
            }
        };
        let down = self.shared.health.down(now);
        let settings = self.shared.settings.current();
        self.pacer.set_rate(settings.send_rate());
        for entry in due {
            if self.in_flight.len() >= MAX_CONCURRENT {
                break;
            }
            if self.in_flight.contains(&entry.id) {
                continue;
            }
            match self.admit(&entry, &settings.rules, &down, now).await {
                Ok(Admission::Start(slot)) => self.start(entry, slot),
                Ok(Admission::Wait(until)) => next = Some(next.map_or(until, |next| next.min(until))),
                Err(_) => return AFTER_FAILURE,
            }
        }
        next.map_or(IDLE, |next| next.since(clock::now()).clamp(MIN_WAIT, IDLE))
    }

    /// A message that must wait longer than `POSTPONE_AFTER` is postponed, so that later messages can be sent before
    /// it.
    async fn admit(
        &mut self,
        entry: &OutboxEntry,
        rules: &RoutingRules,
        down: &[Provider],
        now: Timestamp,
    ) -> store::Result<Admission> {
        let delivery = delivery(entry);
        let is_by_bridge = |down: &[Provider]| {
            let step = delivery.next(&route_input(entry, rules, down, now));
            matches!(step, Step::Send(Route { provider: Provider::Baileys, .. }))
        };
        // A repeated attempt of an unconfirmed message does not count towards the send rate.
        if !is_by_bridge(down) || entry.unconfirmed {
            return Ok(Admission::Start(None));
        }
        let Some(until) = self.pacer.earliest(entry.is_first_contact, now).filter(|until| *until > now) else {
            return Ok(Admission::Start(Some(self.pacer.reserve(entry.is_first_contact, now, entropy::chance()))));
        };
        if until.since(now) > POSTPONE_AFTER {
            // If the bridge only replaces a provider that is down, the message waits for that provider.
            if !is_by_bridge(&[]) {
                return Ok(Admission::Wait(now.plus(IDLE)));
            }
            let (id, delivery) = (entry.id, delivery.clone());
            let reason = "today's limit of new conversations is reached; WhatsApp blocks accounts that write to many new contacts";
            self.shared.store.write(move |tx| outbox::postpone(tx, id, delivery, until, reason)).await?;
        }
        Ok(Admission::Wait(until))
    }

    fn start(&mut self, entry: OutboxEntry, slot: Option<Slot>) {
        let running = Running { id: entry.id, message: entry.message, slot };
        self.in_flight.insert(entry.id);
        let attempt = Attempt { settings: self.shared.settings.current(), shared: self.shared.clone(), entry };
        let task = self.running.spawn(attempt.run());
        self.attempts.insert(task.id(), running);
    }

    /// Never returns if no attempt is running.
    async fn ended(&mut self) {
        match self.running.join_next_with_id().await {
            Some(Ok((task, Ended { counts }))) => {
                let Some(Running { id, slot, .. }) = self.attempts.remove(&task) else { return };
                self.in_flight.remove(&id);
                if let Some(slot) = slot.filter(|_| !counts) {
                    self.pacer.release(slot);
                }
            }
            Some(Err(error)) => {
                let Some(Running { id, message, .. }) = self.attempts.remove(&error.id()) else { return };
                tracing::error!(event = "OUTBOX_PANICKED", message.id = %message, %error, "An attempt to send message {message} panicked, and may have sent it; the daemon looks the message up in Twilio's list, or sends it again to the bridge, which recognizes it by its key");
                self.panicked.push((id, message));
            }
            None => std::future::pending().await,
        }
    }

    /// Stores that the outcome of the attempts that have panicked is unknown. The next attempt waits, because it may
    /// panic again. An error names the message whose attempt it concerns.
    async fn recover_panicked(&mut self) -> Result<(), (MessageId, store::Error)> {
        while let Some((id, message)) = self.panicked.last().copied() {
            let now = clock::now();
            let stored = self.shared.store.write(move |tx| outbox::recover_one(tx, id, now.plus(AFTER_PANIC), now));
            stored.await.map_err(|error| (message, error))?;
            self.panicked.pop();
            self.in_flight.remove(&id);
        }
        Ok(())
    }

    async fn drain(mut self) {
        let (running, attempts) = (&mut self.running, &mut self.attempts);
        let ended = async {
            while let Some(ended) = running.join_next_with_id().await {
                attempts.remove(&ended.map_or_else(|error| error.id(), |(task, _)| task));
            }
        };
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            let messages: Vec<_> = self.attempts.values().map(|running| running.message.to_string()).collect();
            let messages = messages.join(", ");
            tracing::warn!(
                event = "OUTBOX_ABORTED",
                messages,
                "The shutdown aborted attempts to send messages {messages}: the next start searches for them in Twilio's list, or sends them again to the bridge, which recognizes them by their keys"
            );
        }
    }
}

fn log_not_started(error: &crate::store::Error) {
    let error = error as &dyn std::error::Error;
    let again_s = START_RETRY.as_secs();
    tracing::error!(
        event = "OUTBOX_NOT_STARTED",
        error,
        again_s,
        "The database cannot be used, so no messages are sent; retrying in {again_s} s"
    );
}

enum Admission {
    /// Contains the attempt's place in the bridge's send rate, if the attempt counts.
    Start(Option<Slot>),
    Wait(Timestamp),
}

const PROBE: Duration = Duration::from_secs(5);
/// The interval of the bridge's probes for `BUSY` after a change of its link. Changes come in series: a user who links an
/// account waits for a code, then for the next one, then for the connection.
const PROBE_BUSY: Duration = Duration::from_secs(1);
const BUSY: Duration = Duration::from_mins(1);
const IDLE: Duration = Duration::from_secs(15);
const MIN_WAIT: Duration = Duration::from_millis(1);
const START_RETRY: Duration = Duration::from_secs(5);
const AFTER_FAILURE: Duration = Duration::from_secs(2);
const AFTER_PANIC: Duration = Duration::from_mins(1);
const POSTPONE_AFTER: Duration = Duration::from_mins(2);
/// How long attempts in flight may take after the daemon was stopped.
const DRAIN: Duration = Duration::from_secs(9);
const DAY: Duration = Duration::from_hours(24);
const MAX_CONCURRENT: usize = 32;
const MAX_BATCH: usize = 256;

#[cfg(test)]
mod tests;
