//! The account's state, its phone numbers and its WhatsApp senders.

use super::TwilioState;
use crate::twilio::records::{AccountState, NumberRecord, SenderRecord, random_sid};

impl TwilioState {
    /// Adds a number with the defaults of Twilio's console: its voice webhook is Twilio's demo. `change` modifies the
    /// record before it is stored.
    pub fn add_number(&self, phone_number: &str, change: impl FnOnce(&mut NumberRecord)) -> NumberRecord {
        let mut record = NumberRecord {
            sid: random_sid("PN"),
            phone_number: phone_number.to_owned(),
            voice_url: "https://demo.twilio.com/welcome/voice/".to_owned(),
            voice_method: "POST".to_owned(),
            status_callback_method: "POST".to_owned(),
            ..NumberRecord::default()
        };
        change(&mut record);
        self.lock().numbers.push(record.clone());
        record
    }

    /// Returns all numbers, in the order in which they were added.
    pub fn numbers(&self) -> Vec<NumberRecord> {
        self.lock().numbers.clone()
    }

    /// Returns the status and the type of the account.
    pub fn account_state(&self) -> AccountState {
        self.lock().state.clone()
    }

    /// Sets the status and the type of the account, for example to suspended.
    pub fn set_account_state(&self, state: AccountState) {
        self.lock().state = state;
    }

    /// Changes a number, as the account's owner can in Twilio's console. Returns `None` if no number has this sid.
    pub fn change_number(&self, sid: &str, change: impl FnOnce(&mut NumberRecord)) -> Option<NumberRecord> {
        let mut memory = self.lock();
        let record = memory.numbers.iter_mut().find(|record| record.sid == sid)?;
        change(record);
        Some(record.clone())
    }

    /// Adds a WhatsApp sender that is online and whose messages go to `callback_url`. `change` modifies the record before
    /// it is stored.
    pub fn add_sender(&self, number: &str, callback_url: &str, change: impl FnOnce(&mut SenderRecord)) {
        let mut record = SenderRecord {
            sid: random_sid("XE"),
            number: number.to_owned(),
            status: "ONLINE".to_owned(),
            offline_reason: String::new(),
            callback_url: callback_url.to_owned(),
        };
        change(&mut record);
        self.lock().senders.push(record);
    }

    /// Returns all WhatsApp senders, in the order in which they were added.
    pub fn senders(&self) -> Vec<SenderRecord> {
        self.lock().senders.clone()
    }

    /// Changes all WhatsApp senders, as the account's owner can in Twilio's console.
    pub fn change_senders(&self, change: impl FnMut(&mut SenderRecord)) {
        self.lock().senders.iter_mut().for_each(change);
    }
}
