//! Twilio's state: calls, recordings, messages, phone numbers, WhatsApp senders.

mod messages;
mod numbers;

use super::records::{
    Account, AccountState, CallRecord, CallUpdate, DialRequest, MessageRecord, NumberRecord, RecordingRecord,
    SenderRecord, random_sid,
};
use crate::clock;
use agentlocator_core::domain::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The state of one Twilio account. Cheap to clone; all clones share one state. The simulated calls and the REST
/// interface use the same state, so that a REST request can redirect a call in progress.
#[derive(Clone)]
pub struct TwilioState {
    account: Arc<Account>,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
pub(super) struct Memory {
    api_base_url: String,
    calls: BTreeMap<String, LiveCall>,
    recordings: BTreeMap<String, RecordingRecord>,
    pub(super) messages: Vec<MessageRecord>,
    asked_for: BTreeSet<String>,
    /// The channel to the phone network, which receives the calls that REST requests make. `None` if no phone network
    /// receives them.
    dialled: Option<mpsc::UnboundedSender<DialRequest>>,
    numbers: Vec<NumberRecord>,
    senders: Vec<SenderRecord>,
    state: AccountState,
}

struct LiveCall {
    record: CallRecord,
    updates: Option<mpsc::UnboundedSender<CallUpdate>>,
}

/// Why a call cannot be updated.
#[derive(Debug, PartialEq, Eq)]
pub enum CallError {
    /// The call has ended, is still queued, or was only added to the list of calls (error 21220).
    NotInProgress,
    /// No call has this sid (error 20404).
    Unknown,
}

impl TwilioState {
    /// Creates the state of an account without any calls.
    pub fn new(account: Account) -> Self {
        let memory = Memory { api_base_url: "https://api.twilio.com".into(), ..Memory::default() };
        Self { account: Arc::new(account), memory: Arc::new(Mutex::new(memory)) }
    }

    /// Returns the account with its credentials.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the base URL of recordings and media.
    pub fn api_base_url(&self) -> String {
        self.lock().api_base_url.clone()
    }

    /// Sets the base URL by which the daemon reaches the REST interface, for example through a relay.
    pub fn set_api_base_url(&self, url: String) {
        self.lock().api_base_url = url;
    }

    /// Adds an inbound call that rings. Returns the receiver of its updates by REST.
    pub(crate) fn begin_call(&self, sid: &str, from: &str, to: &str) -> mpsc::UnboundedReceiver<CallUpdate> {
        let (updates, receiver) = mpsc::unbounded_channel();
        let record = CallRecord::new(sid, "inbound", from, to, "ringing");
        self.lock().calls.insert(sid.to_owned(), LiveCall { record, updates: Some(updates) });
        receiver
    }

    /// Adds a call that a REST request makes. The call is `queued` until the phone network lets it ring.
    pub(super) fn dial(&self, request: DialRequest) -> CallRecord {
        let record = CallRecord::new(&request.sid, "outbound-api", &request.from, &request.to, "queued");
        let mut memory = self.lock();
        memory.calls.insert(request.sid.clone(), LiveCall { record: record.clone(), updates: None });
        if let Some(dialled) = &memory.dialled {
            // Sending fails only if the phone network has ended.
            let _ = dialled.send(request);
        }
        record
    }

    /// Returns the receiver of all calls that REST requests make from now on. It replaces an earlier receiver.
    pub(crate) fn receive_dialled(&self) -> mpsc::UnboundedReceiver<DialRequest> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().dialled = Some(sender);
        receiver
    }

    /// Lets a queued call ring. Returns the receiver of its updates by REST.
    pub(crate) fn ring(&self, sid: &str) -> mpsc::UnboundedReceiver<CallUpdate> {
        let (updates, receiver) = mpsc::unbounded_channel();
        if let Some(call) = self.lock().calls.get_mut(sid) {
            "ringing".clone_into(&mut call.record.status);
            call.updates = Some(updates);
        }
        receiver
    }

    pub(crate) fn end_unanswered(&self, sid: &str, status: &str) {
        self.end_call(sid);
        self.set_call_status(sid, status);
    }

    pub(crate) fn set_call_status(&self, sid: &str, status: &str) {
        if let Some(call) = self.lock().calls.get_mut(sid) {
            status.clone_into(&mut call.record.status);
        }
    }

    pub(crate) fn end_call(&self, sid: &str) {
        if let Some(call) = self.lock().calls.get_mut(sid) {
            "completed".clone_into(&mut call.record.status);
            call.record.ended_at = Some(clock::now());
            call.updates = None;
        }
    }

    /// Adds a call to the list of calls without reporting it to the daemon. Returns its sid.
    pub fn insert_call(
        &self,
        from: &str,
        to: &str,
        status: &str,
        started_at: Timestamp,
        ended_at: Option<Timestamp>,
    ) -> String {
        let sid = random_sid("CA");
        self.insert_call_of(&sid, from, to, status, started_at, ended_at);
        sid
    }

    /// Adds a call as `insert_call` does, with a given sid. Use this function for a call whose first webhook the daemon
    /// has received.
    pub fn insert_call_of(
        &self,
        sid: &str,
        from: &str,
        to: &str,
        status: &str,
        started_at: Timestamp,
        ended_at: Option<Timestamp>,
    ) {
        let record = CallRecord { started_at, ended_at, ..CallRecord::new(sid, "inbound", from, to, status) };
        self.lock().calls.insert(sid.to_owned(), LiveCall { record, updates: None });
    }

    /// Adds a recording to the list of recordings without reporting it to the daemon. Returns its sid.
    pub fn insert_recording(&self, call_sid: &str, wav: Vec<u8>, duration_s: u64) -> String {
        self.add_recording(call_sid, wav, duration_s).0
    }

    /// Returns all recordings, sorted by sid.
    pub fn recordings(&self) -> Vec<RecordingRecord> {
        self.lock().recordings.values().cloned().collect()
    }

    /// Updates a call, as a REST request does. Fails unless the call rings or is in progress.
    pub fn update_call(&self, sid: &str, update: CallUpdate) -> Result<CallRecord, CallError> {
        let mut memory = self.lock();
        let call = memory.calls.get_mut(sid).ok_or(CallError::Unknown)?;
        let updates = call.updates.as_ref().ok_or(CallError::NotInProgress)?;
        // The receiver exists until the call ends.
        let _ = updates.send(update.clone());
        call.record.updates.push(update);
        Ok(call.record.clone())
    }

    /// Returns a call, in progress or ended.
    pub fn call(&self, sid: &str) -> Option<CallRecord> {
        self.lock().calls.get(sid).map(|call| call.record.clone())
    }

    /// Returns all calls, in progress and ended, sorted by sid.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.lock().calls.values().map(|call| call.record.clone()).collect()
    }

    /// Adds a recording. Returns its sid and its URL.
    pub(crate) fn add_recording(&self, call_sid: &str, wav: Vec<u8>, duration_s: u64) -> (String, String) {
        let sid = random_sid("RE");
        let mut memory = self.lock();
        let url = format!("{}/2010-04-01/Accounts/{}/Recordings/{sid}", memory.api_base_url, self.account.sid);
        let record = RecordingRecord {
            sid: sid.clone(),
            call_sid: call_sid.to_owned(),
            wav,
            duration_s,
            created_at: clock::now(),
        };
        memory.recordings.insert(sid.clone(), record);
        (sid, url)
    }

    /// Returns the recording with this sid.
    pub fn recording(&self, sid: &str) -> Option<RecordingRecord> {
        self.lock().recordings.get(sid).cloned()
    }

    pub(super) fn remove_recording(&self, sid: &str) -> bool {
        self.lock().recordings.remove(sid).is_some()
    }

    /// Returns true at the first request for `sid`.
    pub(super) fn first_request_for(&self, sid: &str) -> bool {
        self.lock().asked_for.insert(sid.to_owned())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
