//! The messages of the simulated account, and whether free text may be sent to a number.

use super::TwilioState;
use crate::twilio::records::{MessageRecord, random_sid};

impl TwilioState {
    /// Returns all messages in the order in which Twilio accepted them.
    pub fn messages(&self) -> Vec<MessageRecord> {
        self.lock().messages.clone()
    }

    /// Returns the messages that the daemon has sent.
    pub fn sent_messages(&self) -> Vec<MessageRecord> {
        self.messages().into_iter().filter(|message| message.direction == "outbound-api").collect()
    }

    /// Returns the message with this sid.
    pub fn message(&self, sid: &str) -> Option<MessageRecord> {
        self.lock().messages.iter().find(|message| message.sid == sid).cloned()
    }

    /// Stores a message. Assigns its sid, and the current time if it has no time.
    pub(crate) fn add_message(&self, mut message: MessageRecord) -> MessageRecord {
        let with_media = !message.media.is_empty() || !message.media_urls.is_empty();
        message.sid = random_sid(if with_media { "MM" } else { "SM" });
        message.created_at.get_or_insert_with(crate::clock::now);
        self.lock().messages.push(message.clone());
        message
    }

    /// Sets the status that Twilio's lists show, without a status callback.
    pub fn set_message_status(&self, sid: &str, status: &str, error_code: Option<u32>) {
        if let Some(message) = self.lock().messages.iter_mut().find(|message| message.sid == sid) {
            status.clone_into(&mut message.status);
            message.error_code = error_code;
        }
    }

    /// Returns true if `contact` has written to `own` in the last 24 hours, which allows free text by WhatsApp's rules.
    pub(crate) fn window_is_open(&self, own: &str, contact: &str) -> bool {
        let since = crate::clock::now().minus(std::time::Duration::from_hours(24));
        let messages = &self.lock().messages;
        messages.iter().any(|message| {
            let this = message.direction == "inbound" && message.from == contact && message.to == own;
            this && message.created_at.is_some_and(|at| at > since)
        })
    }
}
