//! Sends the owner a message about a call after the call has ended, see [`crate::crm::call_notice`].

mod text;

use super::Settings;
use super::jobs::{JobError, write_until_stored};
use super::outbox::Outbox;
use crate::clock;
use crate::config::{CallNotices as Choice, Config, Reloadable};
use crate::crm;
use crate::crm::call_notice::{self, Due, NoticeJob};
use crate::crm::outbox::{NotifyOwnerError, notify_owner};
use crate::domain::{AlertChannel, CallId, CallSid, PageUrls, PhoneNumber};
use crate::providers::mail::Mailer;
use crate::store::{Job, Store};
use std::time::Duration;
use text::Message;

#[derive(Clone)]
pub struct CallNotices {
    pub store: Store,
    pub settings: Settings,
    pub outbox: Outbox,
    /// The base URLs of the server, to which the path of a page is appended.
    pub pages: Reloadable<PageUrls>,
}

impl CallNotices {
    pub async fn notify(self, job: Job) -> Result<(), JobError> {
        let NoticeJob { call_sid, channel } =
            serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
        let config = self.settings.config();
        let wanted = config.agent.call_notices;
        if wanted == Choice::Off || !is_configured(&config, channel) {
            return Ok(());
        }
        let sid = call_sid.clone();
        let found = crm::read(&self.store, move |tx| call_notice::report(tx, &sid)).await.map_err(retry)?;
        let Some(report) = found.filter(|report| wanted == Choice::All || report.is_important()) else {
            return Ok(());
        };
        let message = text::of(&report, &config, &self.pages.current().best);
        let id = report.item.call.id;
        let due = match channel {
            AlertChannel::Mail => self.mail(&config, &message, &call_sid, id).await?,
            AlertChannel::WhatsApp => {
                let Some(to) = config.alerts.whatsapp_to.clone() else { return Ok(()) };
                self.whatsapp(to, message, &call_sid, id).await?
            }
        };
        match due {
            Due::Now => {
                let done = if channel == AlertChannel::WhatsApp { "queued for" } else { "sent to" };
                tracing::info!(event = "CALL_NOTICE", call.sid = %call_sid, channel = channel.as_str(), "Message about call {call_sid} {done} the owner by {channel}");
            }
            Due::SentBefore => {}
            Due::TooMany => {
                tracing::warn!(event = "CALL_NOTICE_SKIPPED", call.sid = %call_sid, channel = channel.as_str(), "The owner gets no message about call {call_sid} by {channel}: the limit of messages in one hour is reached");
            }
        }
        Ok(())
    }

    async fn mail(&self, config: &Config, message: &Message, sid: &CallSid, id: CallId) -> Result<Due, JobError> {
        let due = self.store.read(move |tx| call_notice::is_due(tx, id, AlertChannel::Mail, clock::now())).await;
        let due = due.map_err(retry)?;
        if due != Due::Now {
            return Ok(due);
        }
        let mailer = Mailer::new(&config.mail).map_err(|error| JobError::Permanent(error.to_string()))?;
        mailer.send(&config.alerts.mail_to, &message.subject, &message.body).await.map_err(retry)?;
        // Without the record, the mail would be sent again.
        let (what, sid) = (format!("that the owner got a mail about call {sid}"), sid.clone());
        write_until_stored(&self.store, &what, move |tx| {
            call_notice::record(tx, &sid, AlertChannel::Mail, clock::now())
        })
        .await;
        Ok(due)
    }

    /// The message is recorded in the same transaction, so that a repeated job sends no second message.
    async fn whatsapp(&self, to: PhoneNumber, message: Message, sid: &CallSid, id: CallId) -> Result<Due, JobError> {
        let (rules, sid) = (self.outbox.rules(), sid.clone());
        let queued = crm::transact(&self.store, move |tx| {
            let now = clock::now();
            let due = call_notice::is_due(tx, id, AlertChannel::WhatsApp, now)?;
            if due == Due::Now {
                notify_owner(tx, to, message.body, &rules, now)?;
                call_notice::record(tx, &sid, AlertChannel::WhatsApp, now)?;
            }
            Ok::<_, NotifyOwnerError>(due)
        });
        let due = queued.await.map_err(retry)?;
        self.outbox.wake();
        Ok(due)
    }
}

/// Returns true if the settings name a recipient for this channel and, for mail, a mail server.
fn is_configured(config: &Config, channel: AlertChannel) -> bool {
    match channel {
        AlertChannel::Mail => !config.alerts.mail_to.is_empty() && config.mail.host.is_some(),
        AlertChannel::WhatsApp => config.alerts.whatsapp_to.is_some(),
    }
}

fn retry(error: impl std::fmt::Display) -> JobError {
    JobError::RetryFor(RETRY_FOR, error.to_string())
}

/// How long a failed message is retried. A later message about a call would be of no use to the owner.
const RETRY_FOR: Duration = Duration::from_hours(6);
