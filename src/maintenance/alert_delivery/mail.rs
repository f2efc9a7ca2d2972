//! Sends alerts by email.

use super::message_context::MessageContext;
use crate::config::Config;
use crate::domain::{Alert, AlertTransition};
use crate::providers::mail::Mailer;

pub(super) struct MailChannel {
    mailer: Mailer,
    to: Vec<String>,
    context: MessageContext,
}

impl MailChannel {
    /// `None` if the settings name no recipient or no mail server, or are invalid.
    pub(super) fn new(config: &Config, context: MessageContext) -> Option<Self> {
        let to = config.alerts.mail_to.clone();
        if to.is_empty() || config.mail.host.is_none() {
            return None;
        }
        let mailer = Mailer::new(&config.mail).inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::error!(
                event = "MAIL_SETTINGS_INVALID",
                error,
                "The mail settings cannot be used; no alerts are sent by mail until they are corrected"
            );
        });
        Some(Self { mailer: mailer.ok()?, to, context })
    }

    pub(super) async fn send(&self, changes: &[(Alert, AlertTransition)]) -> Result<(), String> {
        let message = self.context.message(changes);
        self.mailer.send(&self.to, &message.subject, &message.body).await.map_err(|error| error.to_string())
    }
}
