//! The bridge goes, Twilio takes over; the bridge comes back, and nobody has to do anything.

use super::world::{DANA, World, eventually};
use crate::support::Setup;
use agentlocator::simulator::twilio::{Account, Exchange, InboundMessage, TwilioOptions, TwilioRest, WhatsAppNetwork};
use agentlocator::simulator::{EventLog, Route};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

const OWN: &str = "+97239999999";
const DANA_NUMBER: &str = "+972501234567";

/// Twilio beside the bridge.
struct Twilio {
    exchange: Exchange,
    rest: TwilioRest,
}

impl Twilio {
    async fn start() -> Self {
        let (exchange, route) = (Exchange::new(Account::random()), Route::new(None).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = TwilioOptions { enforce_window: true, ..TwilioOptions::default() };
        let rest = TwilioRest::start(listener, exchange.clone(), route, options, EventLog::new()).unwrap();
        Self { exchange, rest }
    }

    fn settings(&self, setup: &mut Setup) {
        let account = self.exchange.account();
        setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
        setup.env("TWILIO_API_BASE_URL", self.rest.base_url()).env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
    }

    /// Dana writes to the number at Twilio, which may then answer for a day.
    async fn opens_window(&self, world: &World) {
        self.hands_on(self.exchange.clone(), world).await;
    }

    /// The daemon is told that Dana wrote, and Twilio does not know of it: it will refuse free text.
    async fn seems_to_open_window(&self, world: &World) {
        self.hands_on(Exchange::new(self.exchange.account().clone()), world).await;
    }

    async fn hands_on(&self, exchange: Exchange, world: &World) {
        let route = Route::new(None).unwrap();
        let network = WhatsAppNetwork::new(exchange, route, EventLog::new());
        let url = Url::parse(&format!("{}/webhook/whatsapp/twilio", world.daemon.url())).unwrap();
        let (_, answer) = network.send(&url, &InboundMessage::text(DANA_NUMBER, OWN, "פנייה")).await;
        assert_eq!(answer.unwrap().status, 204);
    }

    fn sent(&self) -> Vec<String> {
        self.exchange.sent_messages().into_iter().map(|message| message.body).collect()
    }
}

/// A linked world with Twilio, where Dana has written by both.
async fn both() -> (World, Twilio) {
    let twilio = Twilio::start().await;
    let world = World::linked_with(|setup| twilio.settings(setup)).await;
    twilio.opens_window(&world).await;
    world.whatsapp.writes(DANA, "שלום").await.unwrap();
    world.talk_becomes(DANA, &["פנייה", "שלום"]).await;
    (world, twilio)
}

async fn shown_becomes(world: &World, texts: &[&str]) {
    eventually(&format!("{texts:?} on the phone"), async || {
        (world.whatsapp.shown_to(DANA.number).await.unwrap() == texts).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_is_stood_in_for_until_it_is_back() {
    let (mut world, twilio) = both().await;
    let first = world.say(DANA_NUMBER, "בגשר").await;
    assert_eq!(first["provider"], "baileys");
    world.until_status(DANA, &first, "delivered").await;
    for round in 0..2 {
        world.bridge.kill().await;
        let text = format!("בטוויליו {round}");
        let answer = world.say(DANA_NUMBER, &text).await;
        eventually("the message at Twilio", async || (twilio.sent().len() == round + 1).then_some(())).await;
        assert_eq!(twilio.sent().last(), Some(&text));
        let sent = world.message(DANA, "the message", |m| m["id"] == answer["message_id"]).await;
        assert_eq!(sent["provider"], "twilio", "{sent}");
        world.whatsapp.writes(DANA, &format!("בינתיים {round}")).await.unwrap();
        world.bridge.launch().await.unwrap();
        world.becomes("connected").await;
        world.message(DANA, "what came meanwhile", |m| m["content_text"] == format!("בינתיים {round}")).await;
        let answer = world.say(DANA_NUMBER, &format!("שוב בגשר {round}")).await;
        let sent = world.until_status(DANA, &answer, "delivered").await;
        assert_eq!(sent["provider"], "baileys", "{sent}");
    }
    assert_eq!(world.whatsapp.shown_to(DANA.number).await.unwrap(), ["בגשר", "שוב בגשר 0", "שוב בגשר 1"]);
    assert_eq!(twilio.sent(), ["בטוויליו 0", "בטוויליו 1"]);
    assert_eq!(world.whatsapp.state().await.unwrap()["registrations"], 1, "it was linked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_the_phone_has_ended_is_stood_in_for_and_what_only_the_bridge_can_send_waits() {
    let (world, twilio) = both().await;
    world.whatsapp.call("/drop", &json!({ "kind": "device_removed" })).await.unwrap();
    let shown = world.becomes("pairing").await;
    assert_eq!(shown["last_code"], 401, "{shown}");
    world.say(DANA_NUMBER, "בטוויליו").await;
    eventually("the message at Twilio", async || (twilio.sent() == ["בטוויליו"]).then_some(())).await;
    // Twilio may not write to one who has not written to it.
    let body = json!({ "to": "+972509999999", "text": "מחכה", "provider": "baileys" });
    let waiting = world.api.post_json("/api/whatsapp/send", &body).await;
    assert_eq!(waiting.status, 200, "{}", waiting.text());
    let waiting = waiting.json();
    world.link().await;
    let other = agentlocator::simulator::whatsapp::Person { number: "972509999999", name: "" };
    world.until_status(other, &waiting, "delivered").await;
    let answer = world.say(DANA_NUMBER, "שוב בגשר").await;
    world.until_status(DANA, &answer, "delivered").await;
    shown_becomes(&world, &["שוב בגשר"]).await;
    assert_eq!(twilio.sent(), ["בטוויליו"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_starts_late_gets_what_waits_for_it() {
    let mut world = World::linked().await;
    world.bridge.kill().await;
    let answers = [world.say(DANA_NUMBER, "ראשונה").await, world.say(DANA_NUMBER, "שנייה").await];
    assert!(answers.iter().all(|answer| answer["status"] == "queued"), "{answers:?}");
    world.bridge.launch().await.unwrap();
    for answer in &answers {
        world.until_status(DANA, answer, "delivered").await;
    }
    assert_eq!(world.whatsapp.shown_to(DANA.number).await.unwrap(), ["ראשונה", "שנייה"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_twilio_refuses_later_goes_by_the_bridge_once() {
    let twilio = Twilio::start().await;
    let world = World::linked_with(|setup| twilio.settings(setup)).await;
    world.whatsapp.writes(DANA, "שלום").await.unwrap();
    world.talk_becomes(DANA, &["שלום"]).await;
    twilio.seems_to_open_window(&world).await;
    world.talk_becomes(DANA, &["שלום", "פנייה"]).await;
    let answer = world.say(DANA_NUMBER, "תשובה").await;
    assert_eq!(answer["provider"], "twilio");
    world.until_status(DANA, &answer, "delivered").await;
    shown_becomes(&world, &["תשובה"]).await;
    assert_eq!(twilio.sent(), ["תשובה"], "Twilio accepted it, and refused it by its callback");
    let closed: String = world.daemon.query_value("SELECT provider || code FROM refused_attempts");
    assert_eq!(closed, "twilio63016");
    let delivered = world.message(DANA, "the message", |m| m["id"] == answer["message_id"]).await;
    assert_eq!(delivered["provider"], "baileys", "{delivered}");
}
