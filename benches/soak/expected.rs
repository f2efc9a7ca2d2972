//! Records of the clients and the fake vendors, which are compared with the database.

use agentlocator::simulator::caller::CallReport;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Expected {
    is_over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
pub struct State {
    /// The messages of each contact, by number, in the order in which they were written.
    pub written: BTreeMap<String, Vec<Written>>,
    /// The outbound messages that the API accepted, in the order of its responses.
    pub sent: Vec<Sent>,
    pub calls: Vec<Call>,
    pub calls_now: usize,
    pub problems: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Written {
    pub text: String,
    pub has_file: bool,
    /// Whether the daemon acknowledged the message with status 204. Always true for a message through the bridge, which
    /// retries its webhook until the daemon answers 204.
    pub is_acknowledged: bool,
}

#[derive(Clone, Debug)]
pub struct Sent {
    pub number: String,
    pub text: String,
    pub message_id: i64,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub sid: String,
    pub kind: &'static str,
    /// Whether the daemon answered the first webhook with status 200.
    pub is_answered: bool,
    /// Whether a media stream was open for a second or more.
    pub was_streamed: bool,
    pub dialled: usize,
}

impl Expected {
    /// Ends the load: no new work starts, and work in progress finishes.
    pub fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn written(&self, number: &str, written: Written) {
        self.state().written.entry(number.to_owned()).or_default().push(written);
    }

    pub fn sent(&self, sent: Sent) {
        self.state().sent.push(sent);
    }

    pub fn call_begins(&self) {
        self.state().calls_now += 1;
    }

    pub fn call_ended(&self, kind: &'static str, report: &CallReport) {
        let mut state = self.state();
        state.calls_now -= 1;
        state.calls.push(Call {
            sid: report.call_sid.clone(),
            kind,
            is_answered: report.webhooks.first().is_some_and(|webhook| webhook.status == Some(200)),
            was_streamed: report.streams.iter().any(|stream| stream.said.len() > 8_000),
            dialled: report.dialled.len(),
        });
    }

    pub fn problem(&self, text: String) {
        self.state().problems.push(text);
    }

    /// Returns the numbers of the contacts from whom the daemon has acknowledged a message. The daemon may therefore
    /// send them messages.
    pub fn writers(&self) -> Vec<String> {
        let has_reached = |written: &Vec<Written>| written.iter().any(|message| message.is_acknowledged);
        self.state().written.iter().filter(|(_, all)| has_reached(all)).map(|(number, _)| number.clone()).collect()
    }
}
