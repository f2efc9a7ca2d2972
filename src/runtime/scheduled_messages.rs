//! Sends scheduled messages when they are due. They are stored in the database, so they survive a restart. Messages
//! that became due while the daemon was stopped are sent after its start, unless they are hours late.

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

/// Clones wake the same task.
#[derive(Clone, Default)]
pub struct ScheduleChanged(Arc<Notify>);

impl ScheduleChanged {
    /// Call it after the commit.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

pub struct ScheduledMessages {
    pub store: Store,
    pub settings: Settings,
    pub outbox: Outbox,
    pub clock: MessageClock,
    pub changed: ScheduleChanged,
}

impl ScheduledMessages {
    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        loop {
            let wait = match self.store.read(|tx| tx.next_scheduled()).await {
                Ok(Some((id, send_at))) if send_at <= clock::now() => self.send(id).await,
                Ok(Some((_, send_at))) => until(send_at),
                Ok(None) => MAX_WAIT,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(
                        event = "SCHEDULE_FAILED",
                        error,
                        "Cannot read the scheduled messages, so none is sent; retrying in {} s",
                        AFTER_FAILURE.as_secs()
                    );
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.0.notified() => {}
            }
        }
    }

    /// Returns the time to wait before the next message.
    async fn send(&self, id: i64) -> Duration {
        let (settings, down) = (self.settings.current(), self.outbox.down().await);
        let clock = self.clock.clone();
        let sent = self.store.write(move |tx| {
            let new_chats = outbox::new_chats(&settings.config);
            let context = SendContext { rules: &settings.rules, down: &down, new_chats, written_at: clock.now() };
            let state = send_due(tx, id, &context, clock::now())?;
            Ok((state, tx.scheduled_message(id)?.and_then(|message| message.error_code)))
        });
        match sent.await {
            Ok((state, error_code)) => {
                if state == Some(ScheduledState::Failed) {
                    let code = error_code.unwrap_or_default();
                    let reason = code.replace('_', " ");
                    tracing::warn!(
                        event = "SCHEDULED_NOT_SENT",
                        id,
                        code,
                        reason,
                        "Scheduled message {id} could not be sent ({reason}); it is not retried"
                    );
                }
                self.outbox.wake();
                Duration::ZERO
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    event = "SCHEDULE_FAILED",
                    id,
                    error,
                    "Cannot queue scheduled message {id} because of a database error; retrying in {} s",
                    AFTER_FAILURE.as_secs()
                );
                AFTER_FAILURE
            }
        }
    }
}

/// At most [`MAX_WAIT`], because the system clock may change during the wait.
fn until(at: Timestamp) -> Duration {
    at.since(clock::now()).min(MAX_WAIT)
}

const MAX_WAIT: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
