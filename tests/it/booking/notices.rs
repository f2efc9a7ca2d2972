//! WhatsApp messages to contacts about appointments that users book, move and cancel.

use super::*;
use crate::support::whatsapp::{self, until};
use std::time::Duration;

const DANA: &str = "+972501234567";

/// A shop with both providers and a service of half an hour. Returns the id of the service.
async fn open() -> (whatsapp::Shop, i64) {
    let shop = whatsapp::Shop::open_with(|_| {}, include_str!("../api/data.sql")).await;
    offer_haircuts(&shop.api).await;
    let service = shop.api.get("/api/services").await.json()["items"][0]["id"].as_i64().unwrap();
    (shop, service)
}

async fn notices(shop: &whatsapp::Shop) -> Vec<Value> {
    shop.api.get("/api/scheduled-messages").await.json()["items"].as_array().unwrap().clone()
}

async fn waiting(shop: &whatsapp::Shop) -> Vec<String> {
    let notices = notices(shop).await.into_iter().filter(|notice| notice["state"] == "waiting");
    notices.map(|notice| notice["text"].as_str().unwrap().to_owned()).collect()
}

/// Ends the hold of the only waiting message, and waits until it was sent.
async fn send_now(shop: &whatsapp::Shop) {
    let id = notices(shop).await.iter().find(|notice| notice["state"] == "waiting").unwrap()["id"].clone();
    let path = format!("/api/scheduled-messages/{id}");
    let soon = agentlocator::clock::now().plus(Duration::from_millis(200)).to_string();
    let changed = send(shop.api.request(Method::PATCH, &path).json(&json!({"send_at": soon}))).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    until("the notice", async || (shop.api.get(&path).await.json()["state"] == "sent").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_notified_once_of_each_change_of_a_user() {
    let (shop, service) = open().await;
    let day = monday(2);
    let preview = async |event: &str, time: &str| {
        let starts_at = at(day, time);
        let query = format!("event={event}&contact_id=1&service_id={service}&starts_at={starts_at}");
        let reply = shop.api.get(&format!("/api/appointment-notice?{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    };
    let keyed = shop.api.clone().with_header("idempotency-key", "k");
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "10:00"), "notify": true});
    let shown = preview("booked", "10:00").await;
    assert_eq!((&shown["language"], &shown["refusal"], &shown["hold_s"]), (&json!("he"), &Value::Null, &json!(15)));
    assert_eq!(shown["route"]["provider"], "baileys");
    let booked = keyed.post_json("/api/appointments", &body).await;
    assert_eq!(booked.status, 201, "{}", booked.text());
    assert_eq!(keyed.post_json("/api/appointments", &body).await.status, 200);
    let found = notices(&shop).await;
    let [notice] = &found[..] else { panic!("a repeated request notifies once: {found:?}") };
    assert_eq!((&notice["appointment_id"], &notice["text"]), (&booked.json()["id"], &shown["text"]));
    let text = notice["text"].as_str().unwrap();
    assert!(text.starts_with("התור שלך נקבע: תספורת, יום שני") && text.contains("10:00"), "{text}");
    let hold: Timestamp = notice["send_at"].as_str().unwrap().parse().unwrap();
    let hold = hold.duration_since(notice["created_at"].as_str().unwrap().parse().unwrap());
    assert_eq!(hold.as_secs(), 15);
    send_now(&shop).await;
    until("the message", async || (shop.bridge.texts() == [text]).then_some(())).await;

    // The language is the contact's.
    let contact = shop.api.request(Method::PATCH, "/api/contacts/1").json(&json!({"language": "en"}));
    assert_eq!(send(contact).await.status, 200);
    let path = format!("/api/appointments/{}", booked.json()["id"]);
    let change = async |body: Value| send(shop.api.request(Method::PATCH, &path).json(&body)).await;
    let moved = change(json!({"starts_at": at(day, "12:00"), "notify": true})).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    let text = waiting(&shop).await.join("|");
    assert!(text.starts_with("Your appointment was moved:") && text.contains("12:00"), "{text}");
    assert_eq!(json!(text), preview("moved", "12:00").await["text"]);
    // The same change again, a note, and another change without a message.
    assert_eq!(change(json!({"starts_at": at(day, "12:00"), "notify": true})).await.status, 200);
    assert_eq!(change(json!({"note": "x", "notify": true})).await.status, 200);
    assert_eq!(notices(&shop).await.len(), 2);
    // The undo.
    assert_eq!(change(json!({"starts_at": at(day, "10:00")})).await.status, 200);
    assert_eq!(waiting(&shop).await, [""; 0]);

    let cancel = async |body: Value| shop.api.post_json(&format!("{path}/cancel"), &body).await.status;
    let restore = async || shop.api.post_json(&format!("{path}/restore"), &json!({})).await.status;
    assert_eq!(cancel(json!({"notify": true})).await, 200);
    assert_eq!(cancel(json!({"notify": true})).await, 200);
    assert_eq!(waiting(&shop).await.len(), 1);
    assert_eq!(restore().await, 200);
    assert_eq!(waiting(&shop).await, [""; 0], "the undo of a cancellation");
    // If the contact was notified of the cancellation already, the undo is a message too.
    assert_eq!(cancel(json!({"notify": true})).await, 200);
    send_now(&shop).await;
    assert_eq!(restore().await, 200);
    let text = waiting(&shop).await.join("|");
    assert!(text.starts_with("Your appointment is booked:"), "{text}");
    assert_eq!(cancel(json!({"notify": false})).await, 200);
    assert_eq!((waiting(&shop).await.len(), restore().await, waiting(&shop).await.len()), (0, 200, 0));

    let audit = shop.api.get("/api/audit?limit=200").await.json();
    let of = |action: &str| {
        let rows = audit["items"].as_array().unwrap().iter().filter(|row| row["action"] == action);
        rows.map(|row| row["contact_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("schedule_message"), [json!(1), json!(1), json!(1), json!(1), json!(1)]);
    assert_eq!(of("book_appointment"), [json!(1)]);
    let said = shop.talk(DANA).await;
    assert_eq!(said.iter().filter(|text| text.starts_with('>')).count(), 3, "with the seeded one: {said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_message_cannot_be_sent_is_refused_and_nothing_is_changed() {
    let (shop, service) = open().await;
    let day = monday(2);
    let opt_out = shop.api.request(Method::PUT, "/api/contacts/1/opt-out").json(&json!({"opted_out": true}));
    let opted_out = send(opt_out).await;
    assert_eq!(opted_out.status, 200, "{}", opted_out.text());
    // The third contact has an id of WhatsApp alone, and no other provider is up.
    let number = json!({"display_name": "", "number": "+97233333333"});
    let number = shop.api.post_json("/api/contacts", &number).await.json()["id"].clone();
    for (contact, code) in [(json!(1), "contact_opted_out"), (json!(99), "not_found")] {
        let body = json!({"contact_id": contact, "service_id": service, "starts_at": at(day, "10:00"), "notify": true});
        let refused = error(&shop.api.post_json("/api/appointments", &body).await);
        assert_eq!(refused.1, code);
        let query = format!("event=booked&contact_id={contact}&service_id={service}&starts_at={}", at(day, "10:00"));
        let shown = shop.api.get(&format!("/api/appointment-notice?{query}")).await;
        if code == "not_found" {
            assert_eq!(shown.status, 404);
        } else {
            assert_eq!((refused.0, shown.json()["refusal"].clone()), (422, json!(code)));
        }
    }
    let all = async || shop.api.get("/api/appointments").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(all().await, [Value::Null; 0]);
    assert_eq!(notices(&shop).await, [Value::Null; 0]);

    // Without a message, the same change is made; a move and a cancellation with one are refused as well.
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "10:00")});
    let booked = shop.api.post_json("/api/appointments", &body).await;
    assert_eq!(booked.status, 201);
    let path = format!("/api/appointments/{}", booked.json()["id"]);
    let body = json!({"starts_at": at(day, "12:00"), "notify": true});
    assert_eq!(send(shop.api.request(Method::PATCH, &path).json(&body)).await.status, 422);
    assert_eq!(shop.api.post_json(&format!("{path}/cancel"), &json!({"notify": true})).await.status, 422);
    assert_eq!(all().await, [booked.json()]);

    // A contact without messages: the message opens the thread.
    let body = json!({"contact_id": number, "service_id": service, "starts_at": at(day, "15:00"), "notify": true});
    let booked = shop.api.post_json("/api/appointments", &body).await;
    assert_eq!(booked.status, 201, "{}", booked.text());
    let found = notices(&shop).await;
    assert_eq!((found.len(), &found[0]["contact_id"]), (1, &number));
}

/// The texts of the messages that wait, after a change.
async fn waiting_after(shop: &whatsapp::Shop, path: &str, change: Value) -> Vec<String> {
    let reply = send(shop.api.request(Method::PATCH, path).json(&change)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    waiting(shop).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_does_not_know_of_an_appointment_is_not_notified_of_its_changes() {
    let (shop, service) = open().await;
    let day = monday(2);
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "10:00"), "notify": true});
    let booked = shop.api.post_json("/api/appointments", &body).await.json();
    let path = format!("/api/appointments/{}", booked["id"]);
    let texts = waiting_after(&shop, &path, json!({"starts_at": at(day, "12:00"), "notify": true})).await;
    let [text] = &texts[..] else { panic!("{texts:?}") };
    assert!(text.starts_with("התור שלך נקבע:") && text.contains("12:00"), "{text}");
    let other = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "14:00"), "notify": true});
    let other = shop.api.post_json("/api/appointments", &other).await.json();
    let cancel = format!("/api/appointments/{}/cancel", other["id"]);
    let cancelled = shop.api.post_json(&cancel, &json!({"notify": true})).await;
    assert_eq!((cancelled.status, waiting(&shop).await), (200, texts));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_undo_of_a_change_is_a_message_if_the_contact_knows_of_the_change() {
    let (shop, service) = open().await;
    let day = monday(2);
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "10:00")});
    let booked = shop.api.post_json("/api/appointments", &body).await.json();
    let path = format!("/api/appointments/{}", booked["id"]);
    let to = |time: &str| json!({"starts_at": at(day, time), "force": true});
    let notified = |time: &str| json!({"starts_at": at(day, time), "notify": true});
    assert_eq!(waiting_after(&shop, &path, notified("12:00")).await.len(), 1);
    assert_eq!(waiting_after(&shop, &path, to("10:00")).await, [""; 0], "the message was not sent yet");
    waiting_after(&shop, &path, notified("12:00")).await;
    send_now(&shop).await;
    let texts = waiting_after(&shop, &path, to("10:00")).await;
    assert!(texts.len() == 1 && texts[0].contains("10:00"), "{texts:?}");
    send_now(&shop).await;
    let quiet = json!({"starts_at": at(day, "12:00"), "notify": false});
    assert_eq!(waiting_after(&shop, &path, quiet).await, [""; 0], "the user does not want a message");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_notifies_the_contact_also_after_a_change_that_the_contact_does_not_see() {
    let (shop, service) = open().await;
    let book = async |time: &str, notify: bool| {
        let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(monday(2), time), "notify": notify});
        let booked = shop.api.post_json("/api/appointments", &body).await;
        assert_eq!(booked.status, 201, "{}", booked.text());
        format!("/api/appointments/{}", booked.json()["id"])
    };
    let post = async |path: &str, body: Value| assert_eq!(shop.api.post_json(path, &body).await.status, 200);
    let change = async |path: &str, body: Value| {
        assert_eq!(send(shop.api.request(Method::PATCH, path).json(&body)).await.status, 200);
    };
    let path = book("10:00", false).await;
    post(&format!("{path}/cancel"), json!({"notify": true})).await;
    send_now(&shop).await;
    change(&path, json!({"note": "x"})).await;
    post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(waiting(&shop).await.len(), 1, "the contact believes that it is cancelled");
    send_now(&shop).await;
    change(&path, json!({"starts_at": at(monday(2), "11:00"), "notify": true})).await;
    send_now(&shop).await;
    change(&path, json!({"note": "y"})).await;
    change(&path, json!({"starts_at": at(monday(2), "10:00")})).await;
    let text = waiting(&shop).await.join("|");
    assert!(text.contains("10:00"), "{text}");
    send_now(&shop).await;

    // The message about a booking waits again after the undo of a cancellation within its hold.
    let path = book("14:00", true).await;
    post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!(waiting(&shop).await, [""; 0]);
    post(&format!("{path}/restore"), json!({})).await;
    let text = waiting(&shop).await.join("|");
    assert!(text.starts_with("התור שלך נקבע") && text.contains("14:00"), "{text}");
}
