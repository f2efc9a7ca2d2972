//! The external load: Twilio, the bridge, callers, and an API client that sends messages.

use super::expected_state::ExpectedState;
use crate::support::{Client, Daemon};
use agentlocator::simulator::bridge::{Bridge, BridgeInbound, BridgeMessage, BridgeOptions, InboundAuth, InboundForm};
use agentlocator::simulator::caller::{CallPlan, Phone};
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions};
use agentlocator::simulator::twilio::{
    Account, InboundMessage, TwilioOptions, TwilioRest, TwilioState, WhatsAppNetwork,
};
use agentlocator::simulator::{DaemonConnector, EventLog};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

const SECRET: &str = "the-bridge-secret";
const OWN: &str = "+97239999999";
/// Contacts who write through Twilio.
const BY_TWILIO: [&str; 3] = ["+972501000001", "+972501000002", "+972501000003"];
/// Contacts who write through the bridge.
const BY_BRIDGE: [&str; 3] = ["+972502000001", "+972502000002", "+972502000003"];

pub(super) struct KillHarness {
    pub(super) daemon: Daemon,
    twilio_state: TwilioState,
    bridge: Bridge,
    network: WhatsAppNetwork,
    inbound: BridgeInbound,
    phone: Phone,
    api: Client,
    // The fake servers run until these values are dropped.
    _twilio: TwilioRest,
    _ai: OpenAi,
}

impl KillHarness {
    pub(super) async fn begin() -> Self {
        let (log, twilio_state) = (EventLog::new(), TwilioState::new(Account::random()));
        let mut daemon = Daemon::prepare(|_| {});
        let connector = DaemonConnector::new(Some(daemon.address())).unwrap();
        let options = TwilioOptions::default();
        let twilio =
            TwilioRest::start(port().await, twilio_state.clone(), connector.clone(), options, log.clone()).unwrap();
        let ai = OpenAi::start(port().await, OpenAiOptions::default(), log.clone()).unwrap();
        let bridge = Bridge::start(port().await, BridgeOptions::connected(SECRET), log.clone()).unwrap();
        daemon.reconfigure(|setup| {
            let account = twilio_state.account();
            setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
            setup.env("TWILIO_API_BASE_URL", twilio.base_url()).env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
            setup.env("OPENAI_BASE_URL", ai.base_url()).env("OPENAI_API_KEY", "sk-test");
            setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("BAILEYS_OUTBOUND_URL", bridge.send_url());
            setup.env("WA_PACING", "off");
        });
        let api = tokio::task::block_in_place(|| {
            daemon.launch();
            daemon.api()
        });
        Self {
            network: WhatsAppNetwork::new(twilio_state.clone(), connector.clone(), log.clone()),
            inbound: BridgeInbound::new(connector.clone(), SECRET, SECRET, log.clone()),
            phone: Phone::new(twilio_state.clone(), connector, log),
            api,
            twilio_state,
            bridge,
            daemon,
            _twilio: twilio,
            _ai: ai,
        }
    }

    /// Starts the tasks that generate the load.
    pub(super) fn load(&self, expected: &Arc<ExpectedState>) -> JoinSet<()> {
        let mut load = JoinSet::new();
        for contact in BY_TWILIO {
            load.spawn(write_by_twilio(self.network.clone(), self.hook("whatsapp/twilio"), contact, expected.clone()));
        }
        for contact in BY_BRIDGE {
            load.spawn(write_by_bridge(self.inbound.clone(), self.hook("whatsapp/baileys"), contact, expected.clone()));
        }
        for contact in BY_TWILIO.into_iter().chain(BY_BRIDGE) {
            load.spawn(send(self.api.clone(), contact, expected.clone()));
        }
        for line in 0..2 {
            load.spawn(phone(self.phone.clone(), self.hook("incoming_call"), line, expected.clone()));
        }
        load
    }

    /// Returns the texts that reached a provider, once for each delivery.
    pub(super) fn sent_texts(&self) -> Vec<String> {
        let by_bridge = self.bridge.state().sent.into_iter().map(|sent| sent.text);
        let by_twilio =
            self.twilio_state.messages().into_iter().filter(|m| m.direction == "outbound-api").map(|m| m.body);
        by_bridge.chain(by_twilio).collect()
    }

    fn hook(&self, path: &str) -> Url {
        Url::parse(&format!("{}/webhook/{path}", self.daemon.url())).unwrap()
    }
}

/// Sends each webhook once without retries, as Twilio does.
async fn write_by_twilio(network: WhatsAppNetwork, url: Url, contact: &'static str, expected: Arc<ExpectedState>) {
    while !expected.is_over() {
        let (record, answer) = network.send(&url, &InboundMessage::text(contact, OWN, "שלום")).await;
        expected.message_in(&record.sid, answer.is_ok_and(|answer| answer.status == 204));
        pause(7).await;
    }
}

/// Retries each message until the daemon acknowledges it, and sometimes repeats it afterwards, as the bridge does.
async fn write_by_bridge(inbound: BridgeInbound, url: Url, contact: &'static str, expected: Arc<ExpectedState>) {
    let mut number = 0;
    while !expected.is_over() {
        number += 1;
        let message = BridgeMessage::text(contact.trim_start_matches('+'), "מה נשמע?");
        let mut left = if number % 5 == 0 { 2 } else { 1 };
        while left > 0 {
            let answer = inbound.send(&url, &message, InboundForm::Long, InboundAuth::Both).await;
            let is_safe = answer.is_ok_and(|answer| answer.status == 204);
            expected.message_in(&message.id, is_safe);
            left -= i32::from(is_safe);
            pause(5).await;
        }
    }
}

/// Repeats each request with the same idempotency key until the daemon accepts the message or requires a template.
async fn send(api: Client, contact: &'static str, expected: Arc<ExpectedState>) {
    let mut number = 0;
    while !expected.is_over() {
        number += 1;
        let text = format!("{contact} {number}");
        let body = json!({"to": contact, "text": text});
        loop {
            let request = api.request(reqwest::Method::POST, "/api/whatsapp/send").header("Idempotency-Key", &text);
            match request.json(&body).send().await {
                Ok(answer) if answer.status() == 200 => break expected.message_out(text),
                // Twilio requires a template until the contact has written.
                Ok(answer) if answer.status() == 422 => break,
                Ok(_) | Err(_) => pause(10).await,
            }
        }
        pause(20).await;
    }
}

async fn phone(phone: Phone, url: Url, line: usize, expected: Arc<ExpectedState>) {
    while !expected.is_over() {
        let mut plan = CallPlan::new(url.clone());
        plan.from = format!("+97250300000{line}");
        plan.script = "say 600ms; listen 400ms".parse().unwrap();
        (plan.fast, plan.time_limit) = (true, Duration::from_secs(8));
        let report = phone.place_call(plan).await;
        if report.webhooks.first().is_some_and(|hook| hook.status == Some(200)) {
            expected.call(report.call_sid);
        }
        pause(20).await;
    }
}

/// Waits between two requests. This limits the request rate, also while the daemon restarts.
async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

async fn port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
