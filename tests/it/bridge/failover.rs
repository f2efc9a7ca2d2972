//! The daemon sends by Twilio while the bridge is down, and by the bridge again after it recovers, without a user's
//! action.

use super::harness::{BridgeHarness, DANA, eventually};
use crate::support::Setup;
use agentlocator::simulator::twilio::{
    Account, InboundMessage, TwilioOptions, TwilioRest, TwilioState, WhatsAppNetwork,
};
use agentlocator::simulator::{DaemonConnector, EventLog};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

const OWN: &str = "+97239999999";
const DANA_NUMBER: &str = "+972501234567";

/// The fake Twilio that runs beside the bridge.
struct Twilio {
    twilio_state: TwilioState,
    rest: TwilioRest,
}

impl Twilio {
    async fn start() -> Self {
        let (twilio_state, connector) = (TwilioState::new(Account::random()), DaemonConnector::new(None).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = TwilioOptions { enforce_window: true, ..TwilioOptions::default() };
        let rest = TwilioRest::start(listener, twilio_state.clone(), connector, options, EventLog::new()).unwrap();
        Self { twilio_state, rest }
    }

    fn settings(&self, setup: &mut Setup) {
        let account = self.twilio_state.account();
        setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
        setup.env("TWILIO_API_BASE_URL", self.rest.base_url()).env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
    }

    /// Sends a message from Dana to the Twilio number, which opens the 24-hour window for an answer.
    async fn opens_window(&self, harness: &BridgeHarness) {
        self.hands_on(self.twilio_state.clone(), harness).await;
    }

    /// Sends the daemon a webhook of a message from Dana that the fake Twilio does not have. Therefore the fake Twilio
    /// still rejects free text.
    async fn seems_to_open_window(&self, harness: &BridgeHarness) {
        self.hands_on(TwilioState::new(self.twilio_state.account().clone()), harness).await;
    }

    async fn hands_on(&self, twilio_state: TwilioState, harness: &BridgeHarness) {
        let connector = DaemonConnector::new(None).unwrap();
        let network = WhatsAppNetwork::new(twilio_state, connector, EventLog::new());
        let url = Url::parse(&format!("{}/webhook/whatsapp/twilio", harness.daemon.url())).unwrap();
        let (_, answer) = network.send(&url, &InboundMessage::text(DANA_NUMBER, OWN, "פנייה")).await;
        assert_eq!(answer.unwrap().status, 204);
    }

    fn sent(&self) -> Vec<String> {
        self.twilio_state.sent_messages().into_iter().map(|message| message.body).collect()
    }
}

/// Starts a linked bridge and a fake Twilio. Waits until a message from Dana has arrived through each of them.
async fn both() -> (BridgeHarness, Twilio) {
    let twilio = Twilio::start().await;
    let harness = BridgeHarness::linked_with(|setup| twilio.settings(setup)).await;
    twilio.opens_window(&harness).await;
    harness.whatsapp.writes(DANA, "שלום").await.unwrap();
    harness.talk_becomes(DANA, &["פנייה", "שלום"]).await;
    (harness, twilio)
}

async fn shown_becomes(harness: &BridgeHarness, texts: &[&str]) {
    eventually(&format!("{texts:?} on the phone"), async || {
        (harness.whatsapp.shown_to(DANA.number).await.unwrap() == texts).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_is_stood_in_for_until_it_is_back() {
    let (mut harness, twilio) = both().await;
    let first = harness.say(DANA_NUMBER, "בגשר").await;
    assert_eq!(first["provider"], "baileys");
    harness.until_status(DANA, &first, "delivered").await;
    for round in 0..2 {
        harness.bridge.kill().await;
        let text = format!("בטוויליו {round}");
        let answer = harness.say(DANA_NUMBER, &text).await;
        eventually("the message at Twilio", async || (twilio.sent().len() == round + 1).then_some(())).await;
        assert_eq!(twilio.sent().last(), Some(&text));
        let sent = harness.message(DANA, "the message", |m| m["id"] == answer["message_id"]).await;
        assert_eq!(sent["provider"], "twilio", "{sent}");
        harness.whatsapp.writes(DANA, &format!("בינתיים {round}")).await.unwrap();
        harness.bridge.launch().await.unwrap();
        harness.becomes("connected").await;
        harness.message(DANA, "what came meanwhile", |m| m["content_text"] == format!("בינתיים {round}")).await;
        let answer = harness.say(DANA_NUMBER, &format!("שוב בגשר {round}")).await;
        let sent = harness.until_status(DANA, &answer, "delivered").await;
        assert_eq!(sent["provider"], "baileys", "{sent}");
    }
    assert_eq!(harness.whatsapp.shown_to(DANA.number).await.unwrap(), ["בגשר", "שוב בגשר 0", "שוב בגשר 1"]);
    assert_eq!(twilio.sent(), ["בטוויליו 0", "בטוויליו 1"]);
    assert_eq!(harness.whatsapp.state().await.unwrap()["registrations"], 1, "it was linked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_the_phone_has_ended_is_stood_in_for_and_what_only_the_bridge_can_send_waits() {
    let (harness, twilio) = both().await;
    harness.whatsapp.call("/drop", &json!({ "kind": "device_removed" })).await.unwrap();
    let shown = harness.becomes("pairing").await;
    assert_eq!(shown["last_code"], 401, "{shown}");
    harness.say(DANA_NUMBER, "בטוויליו").await;
    eventually("the message at Twilio", async || (twilio.sent() == ["בטוויליו"]).then_some(())).await;
    // By Twilio, free text may be sent only to contacts who have written first.
    let body = json!({ "to": "+972509999999", "text": "מחכה", "provider": "baileys" });
    let waiting = harness.api.post_json("/api/whatsapp/send", &body).await;
    assert_eq!(waiting.status, 200, "{}", waiting.text());
    let waiting = waiting.json();
    harness.link().await;
    let other = agentlocator::simulator::whatsapp::WhatsAppUser { number: "972509999999", name: "" };
    harness.until_status(other, &waiting, "delivered").await;
    let answer = harness.say(DANA_NUMBER, "שוב בגשר").await;
    harness.until_status(DANA, &answer, "delivered").await;
    shown_becomes(&harness, &["שוב בגשר"]).await;
    assert_eq!(twilio.sent(), ["בטוויליו"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_starts_late_gets_what_waits_for_it() {
    let mut harness = BridgeHarness::linked().await;
    harness.bridge.kill().await;
    let answers = [harness.say(DANA_NUMBER, "ראשונה").await, harness.say(DANA_NUMBER, "שנייה").await];
    assert!(answers.iter().all(|answer| answer["status"] == "queued"), "{answers:?}");
    harness.bridge.launch().await.unwrap();
    for answer in &answers {
        harness.until_status(DANA, answer, "delivered").await;
    }
    assert_eq!(harness.whatsapp.shown_to(DANA.number).await.unwrap(), ["ראשונה", "שנייה"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_twilio_refuses_later_is_sent_once_by_the_bridge() {
    let twilio = Twilio::start().await;
    let harness = BridgeHarness::linked_with(|setup| twilio.settings(setup)).await;
    harness.whatsapp.writes(DANA, "שלום").await.unwrap();
    harness.talk_becomes(DANA, &["שלום"]).await;
    twilio.seems_to_open_window(&harness).await;
    harness.talk_becomes(DANA, &["שלום", "פנייה"]).await;
    let answer = harness.say(DANA_NUMBER, "תשובה").await;
    assert_eq!(answer["provider"], "twilio");
    harness.until_status(DANA, &answer, "delivered").await;
    shown_becomes(&harness, &["תשובה"]).await;
    assert_eq!(twilio.sent(), ["תשובה"], "Twilio accepted it, and refused it by its callback");
    let closed: String = harness.daemon.query_value("SELECT provider || code FROM refused_attempts");
    assert_eq!(closed, "twilio63016");
    let delivered = harness.message(DANA, "the message", |m| m["id"] == answer["message_id"]).await;
    assert_eq!(delivered["provider"], "baileys", "{delivered}");
}
