//! The identity of contacts: ids stay with their contact, while numbers can move to another contact.

use crate::support::client::send;
use crate::support::whatsapp::{OWN_SENDER, Shop};
use reqwest::Method;
use serde_json::{Value, json};

const OLD: &str = "+972501111111";
const NEW: &str = "+972502222222";
const DANA: &str = "111222333444555@lid";
const NOA: &str = "666777888999000@lid";
const USER_ID: &str = "IL.13491208655302741918";

impl Shop {
    /// Posts a message by the bridge with an id and a number.
    async fn hear_by_lid(&self, lid: &str, number: &str, id: &str) {
        let body = json!({ "from": number.trim_start_matches('+'), "lid": lid, "phone": number.trim_start_matches('+'),
            "event": "message", "text": id, "provider_msg_id": id });
        assert_eq!(self.bridge_posts(&body).await.status, 204);
    }

    /// Posts a message by Twilio with the sender's id.
    async fn hear_from_user(&self, from: &str, user_id: &str, sid: &str, text: &str) {
        let pairs = [
            ("MessageSid", sid),
            ("From", from),
            ("To", OWN_SENDER),
            ("Body", text),
            ("NumMedia", "0"),
            ("ExternalUserId", user_id),
            ("ParentExternalUserId", "IL.ENT.11815799212886844830"),
        ];
        assert_eq!(self.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
    }

    async fn whatsapp_threads(&self) -> Vec<Value> {
        self.api.get("/api/threads?type=whatsapp").await.json()["threads"].as_array().unwrap().clone()
    }

    async fn suggestions(&self) -> Vec<Value> {
        self.api.get("/api/merge-suggestions").await.json()["items"].as_array().unwrap().clone()
    }

    async fn post(&self, path: &str) -> crate::support::Reply {
        send(self.api.request(Method::POST, path).json(&json!({}))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_id_with_a_new_number_is_answered_there() {
    let shop = Shop::open().await;
    shop.hear_by_lid(DANA, OLD, "1").await;
    shop.hear_by_lid(DANA, NEW, "2").await;
    assert_eq!(shop.talk(NEW).await, ["1", "2"]);
    assert_eq!(shop.whatsapp_threads().await.len(), 1);
    for to in [NEW, DANA, OLD] {
        let answer = shop.say(to, &format!("to {to}")).await;
        shop.until_status(&answer, "sent").await;
    }
    assert!(shop.bridge.sent().iter().all(|sent| sent["to"] == NEW[1..]), "{:?}", shop.bridge.sent());
    // The new owner of the old number is a separate contact, until a user merges the two contacts.
    shop.receive_by_twilio(&format!("whatsapp:{OLD}"), "SMa0000000000000000000000000000001", "hello").await;
    assert_eq!(shop.talk(OLD).await, ["hello"]);
    assert_eq!(shop.suggestions().await[0]["reason"], "number_moved");
    let contact = shop.api.get("/api/contacts/1").await.json();
    let shown: Vec<_> =
        contact["addresses"].as_array().unwrap().iter().map(|a| (&a["value"], a["former_at"].is_null())).collect();
    assert_eq!(shown, [(&json!("111222333444555"), true), (&json!(NEW), true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_a_new_owner_does_not_show_the_former_owners_messages() {
    let shop = Shop::open().await;
    shop.hear_by_lid(DANA, OLD, "dana").await;
    shop.hear_by_lid(NOA, NEW, "noa").await;
    // Dana's number now belongs to Noa. Dana is still identified by her id.
    shop.hear_by_lid(NOA, OLD, "noa again").await;
    assert_eq!(shop.talk(OLD).await, ["noa", "noa again"]);
    assert_eq!(shop.talk(DANA).await, ["dana"]);
    let answer = shop.say(DANA, "to Dana").await;
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.bridge.sent()[0]["to"], DANA);
    // A message with a known number and an unknown id.
    shop.hear_by_lid("123123123123@lid", OLD, "a third one").await;
    assert_eq!(shop.talk(OLD).await, ["a third one"]);
    assert_eq!((shop.count("contacts WHERE merged_into IS NULL"), shop.suggestions().await.len()), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_contacts_with_histories_are_merged_when_a_user_confirms() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501111111", "1", "by number").await;
    let hidden = json!({ "from": DANA, "text": "hidden", "id": "2", "push_name": "Dana" });
    assert_eq!(shop.bridge_posts(&hidden).await.status, 204);
    shop.hear_by_lid(DANA, OLD, "both").await;
    assert_eq!(shop.talk(OLD).await, ["hidden", "both"]);
    let threads = shop.whatsapp_threads().await;
    let left = threads.iter().find(|thread| thread["peer_number"] == "").expect("a thread without an address");
    assert_eq!(left["title"], OLD);

    let [suggestion] = &shop.suggestions().await[..] else { panic!("one suggestion") };
    assert_eq!(
        (&suggestion["contact"]["id"], &suggestion["other_contact"]["display_name"], &suggestion["address"]),
        (&json!(1), &json!("Dana"), &json!(OLD))
    );
    let path = format!("/api/merge-suggestions/{}", suggestion["id"]);
    let merged = shop.post(&format!("{path}/confirm")).await;
    assert_eq!(merged.status, 200, "{}", merged.text());
    assert_eq!(shop.talk(OLD).await, ["by number", "hidden", "both"]);
    assert_eq!(shop.whatsapp_threads().await.len(), 1);
    // The same message again, with only the hidden id.
    assert_eq!(shop.bridge_posts(&hidden).await.status, 204);
    assert_eq!(shop.talk(OLD).await.len(), 3);
    for action in ["confirm", "dismiss"] {
        assert_eq!(shop.post(&format!("{path}/{action}")).await.status, 404, "it is decided");
    }
    let undone = shop.post(&format!("/api/merges/{}/undo", merged.json()["merge_id"])).await;
    assert_eq!(undone.status, 200);
    assert_eq!(shop.talk(OLD).await, ["hidden", "both"]);
    assert_eq!(shop.suggestions().await.len(), 0, "there is no second suggestion");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_suggestion_does_not_come_back() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501111111", "1", "one").await;
    shop.receive_by_bridge("972502222222", "2", "other").await;
    // A message with two known numbers.
    shop.hear_by_lid("972502222222", OLD, "3").await;
    let both = json!({ "from": "972502222222", "phone": "972501111111", "text": "4", "id": "4" });
    for _ in 0..2 {
        assert_eq!(shop.bridge_posts(&both).await.status, 204);
    }
    let [suggestion] = &shop.suggestions().await[..] else { panic!("one suggestion") };
    assert_eq!(suggestion["reason"], "named_together");
    let dismissed = shop.post(&format!("/api/merge-suggestions/{}/dismiss", suggestion["id"])).await;
    assert_eq!((dismissed.status, dismissed.json()), (200, json!({ "ok": true })));
    assert_eq!(shop.bridge_posts(&both).await.status, 204);
    assert_eq!((shop.suggestions().await.len(), shop.count("contacts WHERE merged_into IS NOT NULL")), (0, 0));
    assert_eq!(shop.talk(NEW).await, ["other"]);
    assert_eq!(shop.post("/api/merge-suggestions/99/confirm").await.status, 404);
    let reopen = format!("/api/merge-suggestions/{}/reopen", suggestion["id"]);
    assert_eq!(shop.post(&reopen).await.status, 200);
    assert_eq!(shop.suggestions().await, std::slice::from_ref(suggestion));
    assert_eq!(shop.post(&reopen).await.status, 404, "it is not dismissed");
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_id_of_a_user_stays_when_the_number_is_hidden() {
    let shop = Shop::open().await;
    shop.hear_from_user(&format!("whatsapp:{OLD}"), USER_ID, "SMa0000000000000000000000000000001", "shown").await;
    shop.hear_from_user(&format!("whatsapp:{USER_ID}"), USER_ID, "SMa0000000000000000000000000000002", "hidden").await;
    assert_eq!(shop.talk(OLD).await, ["shown", "hidden"]);
    let addresses: Vec<String> = shop.daemon.query_column("SELECT kind || ':' || value FROM addresses ORDER BY id");
    assert_eq!(
        addresses,
        ["phone:+972501111111", "bsuid:IL.13491208655302741918", "bsuid:IL.ENT.11815799212886844830"]
    );
    // The same number with another id is a separate contact.
    shop.receive_by_twilio(&format!("whatsapp:{OLD}"), "SMa0000000000000000000000000000003", "number alone").await;
    let pairs = [
        ("MessageSid", "SMa0000000000000000000000000000004"),
        ("From", "whatsapp:+972501111111"),
        ("Body", "another one"),
        ("ExternalUserId", "IL.7"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
    assert_eq!(shop.talk(OLD).await, ["another one"]);
    assert_eq!(shop.suggestions().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_hides_the_number_is_answered_by_twilio() {
    let shop = Shop::open().await;
    shop.hear_from_user(&format!("whatsapp:{USER_ID}"), USER_ID, "SMa0000000000000000000000000000001", "who am I?")
        .await;
    let threads = shop.whatsapp_threads().await;
    assert_eq!(threads[0]["peer_number"], USER_ID);
    for to in [USER_ID, "whatsapp:IL.13491208655302741918"] {
        let answer = shop.say(to, "we do not know").await;
        let message = shop.until_status(&answer, "sent").await;
        assert_eq!((&message["provider"], &message["thread_id"]), (&json!("twilio"), &threads[0]["id"]));
    }
    assert!(shop.twilio.attempts().iter().all(|sent| sent.value("To") == Some("whatsapp:IL.13491208655302741918")));
    assert_eq!((shop.twilio.attempts().len(), shop.bridge.sent().len()), (2, 0));
    let refused = shop.send(&json!({ "to": USER_ID, "text": "x", "provider": "baileys" })).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (422, json!("no_provider")));
    let long = shop.send(&json!({ "to": USER_ID, "text": "x".repeat(1601) })).await;
    assert_eq!((long.status, long.json()["error"]["code"].clone()), (422, json!("text_too_long")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_message_restores_no_old_number() {
    let shop = Shop::open().await;
    let (first, second) = ("SMa0000000000000000000000000000001", "SMa0000000000000000000000000000002");
    shop.hear_from_user(&format!("whatsapp:{OLD}"), USER_ID, first, "from the old number").await;
    shop.hear_from_user(&format!("whatsapp:{NEW}"), USER_ID, second, "from the new number").await;
    shop.hear_from_user(&format!("whatsapp:{OLD}"), USER_ID, first, "from the old number").await;
    shop.hear_by_lid(DANA, OLD, "1").await;
    shop.hear_by_lid(DANA, NEW, "2").await;
    shop.hear_by_lid(DANA, OLD, "1").await;
    let threads = shop.whatsapp_threads().await;
    assert!(threads.iter().all(|thread| thread["peer_number"] != OLD), "{threads:#?}");
}
