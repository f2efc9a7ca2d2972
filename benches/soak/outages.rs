//! Outages of the AI, of Twilio's REST interface and of the bridge, at random times.

use crate::expected::Expected;
use crate::it::support::relay::TcpRelay;
use crate::it::support::rng::SeededRng;
use agentlocator::simulator::openai::{Faults, OpenAi};
use agentlocator::simulator::twilio::{Fault, Operation, TwilioRest};
use agentlocator::simulator::whatsapp::{BridgeProcess, WhatsAppServer};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The AI's port is closed, and open sessions are disconnected.
    AiRefused,
    /// The AI answers 503 to new sessions and to requests.
    AiOverloaded,
    /// In new sessions, the AI starts responses and sends no audio or text.
    AiMute,
    /// New sessions of the AI do not become ready.
    AiNeverReady,
    /// Twilio's port is closed.
    TwilioRefused,
    /// Twilio answers 503.
    TwilioErrors,
    /// Twilio answers 429.
    TwilioLimits,
    /// Twilio does not respond to three messages, of which it accepts two, and to one request for a file.
    TwilioHangs,
    /// The bridge is killed, and restarted at the end of the outage.
    BridgeKilled,
    /// WhatsApp drops the bridge's connection.
    LinkDropped,
}

impl Outage {
    pub const ALL: [Self; 10] = [
        Self::AiRefused,
        Self::AiOverloaded,
        Self::AiMute,
        Self::AiNeverReady,
        Self::TwilioRefused,
        Self::TwilioErrors,
        Self::TwilioLimits,
        Self::TwilioHangs,
        Self::BridgeKilled,
        Self::LinkDropped,
    ];
}

#[derive(Default)]
pub struct Outages {
    windows: Mutex<Vec<Window>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub outage: Outage,
    pub began: SystemTime,
    /// The end of the outage; `None` while it is active.
    pub ended: Option<SystemTime>,
}

impl Outages {
    pub fn all(&self) -> Vec<Window> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin(&self, outage: Outage) {
        let window = Window { outage, began: SystemTime::now(), ended: None };
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).push(window);
    }

    fn end(&self) {
        if let Some(last) = self.windows.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            last.ended = Some(SystemTime::now());
        }
    }
}

pub struct Vendors<'a> {
    pub ai: &'a OpenAi,
    pub ai_relay: &'a TcpRelay,
    pub twilio: &'a TwilioRest,
    pub twilio_relay: &'a TcpRelay,
    pub bridge: &'a mut BridgeProcess,
    pub whatsapp: &'a WhatsAppServer,
}

/// Runs outages one after another. Each kind runs once, in random order, before any kind is repeated. An active
/// outage ends with the load.
pub async fn run(mut vendors: Vendors<'_>, outages: &Outages, mut rng: SeededRng, expected: &Expected) {
    let mut order = Vec::new();
    loop {
        let until_next = rng.between(Duration::from_secs(12), Duration::from_secs(30));
        if !wait(until_next, expected).await {
            return;
        }
        let outage = order.pop().unwrap_or_else(|| {
            order = Outage::ALL.to_vec();
            rng.shuffle(&mut order);
            order.pop().unwrap_or(Outage::AiRefused)
        });
        let most = if rng.percent(20) { 60 } else { 20 };
        let lasts = rng.between(Duration::from_secs(4), Duration::from_secs(most));
        outages.begin(outage);
        vendors.begin(outage).await;
        wait(lasts, expected).await;
        vendors.end(outage, expected).await;
        outages.end();
    }
}

/// Returns false if the load is over.
async fn wait(time: Duration, expected: &Expected) -> bool {
    let end = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < end && !expected.is_over() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    !expected.is_over()
}

impl Vendors<'_> {
    async fn begin(&mut self, outage: Outage) {
        let ai_has = |faults: Faults| self.ai.change(|options| options.faults = faults);
        match outage {
            Outage::AiRefused => self.ai_relay.close().await,
            Outage::AiOverloaded => {
                ai_has(Faults { refuse_sockets: Some(503), refuse_requests: Some(503), ..Faults::default() });
            }
            Outage::AiMute => ai_has(Faults { mute_sessions: usize::MAX, ..Faults::default() }),
            Outage::AiNeverReady => ai_has(Faults { never_updated: true, ..Faults::default() }),
            Outage::TwilioRefused => self.twilio_relay.close().await,
            Outage::TwilioErrors => self.twilio_answers(503),
            Outage::TwilioLimits => self.twilio_answers(429),
            Outage::TwilioHangs => {
                for fault in [Fault::HangAfterAccept, Fault::HangBefore, Fault::HangAfterAccept] {
                    self.twilio.fail_next(Operation::SendMessage, fault, 1);
                }
                self.twilio.fail_next(Operation::Fetch, Fault::HangBefore, 1);
            }
            Outage::BridgeKilled => self.bridge.kill().await,
            Outage::LinkDropped => drop(self.whatsapp.call("/drop", &json!({ "kind": "reset" })).await),
        }
    }

    async fn end(&mut self, outage: Outage, expected: &Expected) {
        match outage {
            Outage::AiRefused => self.ai_relay.open().await,
            Outage::AiOverloaded | Outage::AiMute | Outage::AiNeverReady => {
                self.ai.change(|options| options.faults = Faults::default());
            }
            Outage::TwilioRefused => self.twilio_relay.open().await,
            Outage::TwilioErrors | Outage::TwilioLimits | Outage::TwilioHangs => self.twilio.clear_faults(),
            Outage::BridgeKilled => {
                if let Err(error) = self.bridge.launch().await {
                    expected.problem(format!("the bridge does not start again: {error}"));
                }
            }
            Outage::LinkDropped => {}
        }
    }

    fn twilio_answers(&self, status: u16) {
        for operation in OPERATIONS {
            self.twilio.fail_next(operation, Fault::Status(status), 500);
        }
    }
}

const OPERATIONS: [Operation; 6] = [
    Operation::UpdateCall,
    Operation::ListMessages,
    Operation::ListCalls,
    Operation::ListRecordings,
    Operation::SendMessage,
    Operation::Fetch,
];
