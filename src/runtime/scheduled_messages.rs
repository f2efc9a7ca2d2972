//! Sends scheduled messages when their time has come. They are rows, so a restart changes nothing; those that came due while the
//! service was off are sent after the start.

use super::Settings;
use super::outbox::{self, Outbox};
use crate::clock;
use crate::crm::message_clock::MessageClock;
use crate::crm::scheduled_message::{SendContext, send_due};
use crate::domain::{ScheduledState, Timestamp};
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Wakes the task after a message was scheduled, or its time was changed. Clones share it.
#[derive(Clone, Default)]
pub struct ScheduleChanged(Arc<Notify>);

impl ScheduleChanged {
    /// Wakes the task. Call it after the commit.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// What sending needs.
pub struct ScheduledMessages {
    /// The database.
    pub store: Store,
    /// The settings.
    pub settings: Settings,
    /// Sends what becomes a message.
    pub outbox: Outbox,
    /// The times of messages.
    pub clock: MessageClock,
    /// Wakes the task.
    pub changed: ScheduleChanged,
}

impl ScheduledMessages {
    /// Sends scheduled messages when they are due. Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        loop {
            let wait = match self.store.read(|tx| tx.next_scheduled()).await {
                Ok(Some((id, send_at))) if send_at <= clock::now() => self.send(id).await,
                Ok(Some((_, send_at))) => until(send_at),
                Ok(None) => LONGEST_WAIT,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(event = "SCHEDULE_FAILED", error, "Cannot read the scheduled messages; retrying");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.0.notified() => {}
            }
        }
    }

    /// Sends one message; returns how long to wait then.
    async fn send(&self, id: i64) -> Duration {
        let (settings, down) = (self.settings.current(), self.outbox.down().await);
        let clock = self.clock.clone();
        let sent = self.store.write(move |tx| {
            let new_chats = outbox::new_chats(&settings.config);
            let context = SendContext { rules: &settings.rules, down: &down, new_chats, written_at: clock.now() };
            send_due(tx, id, &context, clock::now())
        });
        match sent.await {
            Ok(state) => {
                if state == Some(ScheduledState::Failed) {
                    tracing::warn!(event = "SCHEDULED_NOT_SENT", id, "Scheduled message {id} could not be sent");
                }
                self.outbox.wake();
                Duration::ZERO
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(event = "SCHEDULE_FAILED", id, error, "Cannot send scheduled message {id}; retrying");
                AFTER_FAILURE
            }
        }
    }
}

/// The clock may be set meanwhile, so no wait is long.
fn until(at: Timestamp) -> Duration {
    at.since(clock::now()).min(LONGEST_WAIT)
}

const LONGEST_WAIT: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
