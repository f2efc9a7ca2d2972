//! The waiting list: its entries, the free times that match them, and when an entry is fulfilled.

use super::*;

/// Returns an entry for the service on the day that `monday(weeks)` returns.
fn entry(contact: i64, service: i64, weeks: i32) -> Value {
    json!({"contact_id": contact, "service_id": service, "from_date": monday(weeks), "to_date": monday(weeks)})
}

async fn listed(shop: &Shop) -> Vec<Value> {
    shop.api.get("/api/waiting-list").await.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_entry_shows_who_waits_and_the_first_free_time_that_suits() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let dana = shop.add("/api/resources", &json!({"name": "Dana"})).await["id"].clone();
    let hours = json!({"hours": [{"weekday": 1, "from": "10:00", "to": "11:00"}]});
    assert_eq!(shop.put(&format!("/api/resources/{dana}/hours"), &hours).await.status, 200);
    let mut new = entry(1, service, 2);
    new["resource_id"] = dana.clone();
    let added = shop.add("/api/waiting-list", &new).await;
    let number: String = shop.daemon.query_value(
        "SELECT value FROM addresses WHERE contact_id = 1 AND kind = 'phone' AND former_at IS NULL ORDER BY id DESC",
    );
    assert_eq!((&added["contact_number"], &added["resource_name"]), (&json!(number), &json!("Dana")));
    assert_eq!(
        added["free_slot"],
        json!({"starts_at": at(day, "10:00"), "ends_at": at(day, "11:00"), "resource_id": dana})
    );
    assert_eq!(listed(&shop).await, std::slice::from_ref(&added), "the list shows the same");

    let book = json!({"contact_id": 2, "service_id": service, "resource_id": dana, "starts_at": at(day, "10:00")});
    shop.add("/api/appointments", &book).await;
    assert_eq!(listed(&shop).await[0]["free_slot"], json!(null), "Dana has nothing else on that day");
    let path = format!("/api/waiting-list/{}", added["id"]);
    let any_resource = shop.patch(&path, &json!({"resource_id": null})).await.json();
    assert_eq!((&any_resource["resource_name"], &any_resource["free_slot"]["resource_id"]), (&json!(null), &json!(1)));
    assert_eq!(any_resource["free_slot"]["starts_at"], at(day, "09:00"));

    // Past days, days in the far future, and a service that is no longer offered have no free times.
    for (from, to) in [("2020-01-01", "2020-01-05"), ("2190-01-01", "2190-01-05"), ("1900-01-01", "2200-12-31")] {
        let changed = shop.patch(&path, &json!({"from_date": from, "to_date": to})).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert_eq!(changed.json()["free_slot"].is_null(), from != "1900-01-01", "{from}");
    }
    assert_eq!(shop.delete(&format!("/api/services/{service}")).await.status, 200);
    assert_eq!(listed(&shop).await[0]["free_slot"], json!(null));
}

#[tokio::test]
async fn an_entry_is_changed_and_removed_only_as_it_was_seen() {
    let shop = Shop::open().await;
    let (service, other) = (shop.service(60, 0).await, shop.service(30, 0).await);
    let added = shop.add("/api/waiting-list", &entry(1, service, 2)).await;
    let path = format!("/api/waiting-list/{}", added["id"]);
    let seen = shop.api.get(&path).await;
    assert_eq!(seen.json(), added);
    let version = seen.header("etag").to_owned();
    // An appointment takes the free time without changing the version of the entry.
    assert_eq!(shop.book(service, &at(monday(2), "09:00")).await.status, 201);
    let again = shop.api.get(&path).await;
    assert_ne!(again.json()["free_slot"], added["free_slot"]);
    assert_eq!(again.header("etag"), version);

    let with = |method, body: Value| send(shop.api.request(method, &path).header("if-match", &version).json(&body));
    let changed = with(Method::PATCH, json!({"service_id": other, "note": " mornings "})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!((&changed["service_id"], &changed["note"]), (&json!(other), &json!("mornings")));
    for method in [Method::PATCH, Method::DELETE] {
        let refused = with(method, json!({"note": "evenings"})).await;
        assert_eq!((refused.status, &refused.json()["current"]["note"]), (412, &json!("mornings")));
    }
    let wrong = [
        (json!({"to_date": monday(1)}), 400, "to_date"),
        (json!({"service_id": 99}), 400, "service_id"),
        (json!({"resource_id": 99}), 400, "resource_id"),
        (json!({"contact_id": 2}), 422, "contact_id"),
    ];
    for (body, status, field) in wrong {
        let refused = error(&shop.patch(&path, &body).await);
        assert_eq!((refused.0, refused.2), (status, json!(field)), "{body}");
    }
    assert_eq!(shop.delete(&path).await.status, 200);
    assert_eq!(shop.patch(&path, &json!({"note": "x"})).await.status, 404);
    let kinds: Vec<i64> = shop.daemon.query_column("SELECT ref_id FROM changes WHERE kind = 'waiting_list_updated'");
    assert_eq!(kinds, [1, 1, 1], "the event stream tells of the addition, the change and the removal");
}

#[tokio::test]
async fn an_entry_that_is_restored_keeps_its_place() {
    let shop = Shop::open().await;
    let service = shop.service(60, 0).await;
    let first = shop.add("/api/waiting-list", &entry(1, service, 2)).await;
    let second = shop.add("/api/waiting-list", &entry(2, service, 2)).await;
    assert_eq!(shop.delete(&format!("/api/waiting-list/{}", first["id"])).await.status, 200);
    let mut again = entry(1, service, 2);
    let mut past = again.clone();
    (past["from_date"], past["to_date"]) = (json!("2020-01-05"), json!("2020-01-06"));
    assert_eq!(error(&shop.post("/api/waiting-list", &past).await).2, "to_date");
    again["waiting_since"] = first["created_at"].clone();
    let back = shop.add("/api/waiting-list", &again).await;
    assert_eq!(back["created_at"], first["created_at"]);
    let order: Vec<_> = listed(&shop).await.into_iter().map(|one| one["contact_id"].clone()).collect();
    assert_eq!(order, [back["contact_id"].clone(), second["contact_id"].clone()]);
    again["waiting_since"] = json!(at(monday(2), "09:00"));
    assert_eq!(error(&shop.post("/api/waiting-list", &again).await).2, "waiting_since");
}

#[tokio::test]
async fn a_booking_fulfils_its_entry_alone() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let mine = shop.add("/api/waiting-list", &entry(1, service, 2)).await;
    let other = shop.add("/api/waiting-list", &entry(2, service, 2)).await;
    let book = |time: &str, waiting: &Value| json!({"contact_id": 1, "service_id": service, "starts_at": at(day, time), "waiting_entry_id": waiting});
    let refused = shop.post("/api/appointments", &book("09:00", &other["id"])).await;
    assert_eq!((error(&refused).0, error(&refused).2), (400, json!("waiting_entry_id")));
    assert_eq!(listed(&shop).await.len(), 2, "a refused booking removes nothing");
    let taken = shop.add("/api/appointments", &book("09:00", &mine["id"])).await;
    assert_eq!(taken["contact_id"], 1);
    let left: Vec<_> = listed(&shop).await.into_iter().map(|one| one["id"].clone()).collect();
    assert_eq!(left, [other["id"].clone()]);
    // A booking also succeeds if its waiting-list entry does not exist, for example because another user has removed
    // it.
    shop.add("/api/appointments", &book("11:00", &mine["id"])).await;
    // A failed booking leaves the entry unchanged.
    let again = shop.add("/api/waiting-list", &entry(1, service, 2)).await;
    assert_eq!(error(&shop.post("/api/appointments", &book("09:00", &again["id"])).await).1, "slot_taken");
    assert_eq!(listed(&shop).await.len(), 2);
}

#[tokio::test]
async fn an_entry_shows_the_appointment_that_may_have_made_it_needless() {
    let shop = Shop::open().await;
    let (service, other) = (shop.service(60, 0).await, shop.service(30, 0).await);
    let book = async |contact: i64, service: i64, weeks: i32, clock: &str| {
        let body = json!({"contact_id": contact, "service_id": service, "starts_at": at(monday(weeks), clock)});
        shop.add("/api/appointments", &body).await
    };
    // These appointments do not fulfil the entry: the first was booked before the entry existed, the second is for
    // another service, and the third is of another contact.
    book(1, service, 5, "09:00").await;
    let added = shop.add("/api/waiting-list", &entry(1, service, 2)).await;
    book(1, other, 2, "09:00").await;
    book(2, service, 2, "10:00").await;
    assert_eq!(listed(&shop).await[0]["appointment"], json!(null));
    let booked = book(1, service, 3, "12:00").await;
    let found = &listed(&shop).await[0]["appointment"];
    assert_eq!(*found, json!({"id": booked["id"], "starts_at": booked["starts_at"]}));
    assert_eq!(shop.api.get(&format!("/api/waiting-list/{}", added["id"])).await.json()["appointment"], *found);
    // An appointment that is moved to a day of the entry fulfils the entry, even if it was booked before the entry.
    let cancel = format!("/api/appointments/{}/cancel", booked["id"]);
    assert_eq!(shop.post(&cancel, &json!({})).await.status, 200);
    assert_eq!(listed(&shop).await[0]["appointment"], json!(null));
    let early = shop.api.get("/api/appointments").await.json();
    let early =
        early["items"].as_array().unwrap().iter().find(|one| one["starts_at"] == at(monday(5), "09:00")).cloned();
    let early = early.unwrap()["id"].clone();
    let moved = shop.patch(&format!("/api/appointments/{early}"), &json!({"starts_at": at(monday(2), "15:00")})).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(listed(&shop).await[0]["appointment"]["id"], early);

    let of = async |contact: i64| shop.api.get(&format!("/api/waiting-list?contact_id={contact}")).await.json();
    assert_eq!(of(1).await["items"][0]["id"], added["id"]);
    assert_eq!(of(2).await["items"], json!([]));
}
