//! The account's state and its phone numbers.

use super::super::account::random_sid;
use super::TwilioState;

/// The state of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// `active`, `suspended` or `closed`.
    pub status: &'static str,
    /// `Full` or `Trial`.
    pub kind: &'static str,
}

impl Default for AccountState {
    fn default() -> Self {
        Self { status: "active", kind: "Full" }
    }
}

/// A phone number of the account. An empty string means that the field is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberRecord {
    /// `PN…`
    pub sid: String,
    /// The phone number in E.164 form.
    pub phone_number: String,
    /// The URL that Twilio requests for a call.
    pub voice_url: String,
    /// The HTTP method of `voice_url`.
    pub voice_method: String,
    /// The URL that Twilio requests if `voice_url` fails.
    pub voice_fallback_url: String,
    /// The URL that receives the status of calls.
    pub status_callback: String,
    /// The HTTP method of `status_callback`.
    pub status_callback_method: String,
    /// `AP…`: a TwiML application, whose URLs replace those of the number.
    pub voice_application_sid: String,
    /// `TK…`: a SIP trunk that receives the calls of the number instead.
    pub trunk_sid: String,
}

impl TwilioState {
    /// Adds a number with the defaults of Twilio's console: its webhooks have the URLs of Twilio's demo. `change`
    /// modifies the record before it is stored.
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

    /// Returns all numbers.
    pub fn numbers(&self) -> Vec<NumberRecord> {
        self.lock().numbers.clone()
    }

    /// Returns the state of the account.
    pub fn account_state(&self) -> AccountState {
        self.lock().state.clone()
    }

    /// Sets the state of the account, for example to suspended.
    pub fn set_account_state(&self, state: AccountState) {
        self.lock().state = state;
    }

    /// Changes a number, as the account's owner can in Twilio's console.
    pub fn change_number(&self, sid: &str, change: impl FnOnce(&mut NumberRecord)) -> Option<NumberRecord> {
        let mut memory = self.lock();
        let record = memory.numbers.iter_mut().find(|record| record.sid == sid)?;
        change(record);
        Some(record.clone())
    }
}
