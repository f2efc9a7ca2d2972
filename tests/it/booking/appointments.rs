//! Appointments from the booking to the end, and the waiting list.

use super::*;

#[tokio::test]
async fn a_shop_of_one_person_books_at_once() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(45, 15).await, monday(2));
    let free = shop.free(service, day, "").await;
    assert_eq!((free.len(), &free[0], &free[8]), (9, &at(day, "09:00"), &at(day, "17:00")));
    let booked = shop.book(service, &free[1]).await;
    assert_eq!(booked.status, 201, "{}", booked.text());
    assert!(booked.header("etag").len() > 2);
    let booked = booked.json();
    for (field, value) in [
        ("contact_name", json!("דנה לוי")),
        ("contact_number", json!("+972501234567")),
        ("service_name", json!("תספורת")),
        ("resource_name", json!(null)),
        ("starts_at", json!(at(day, "10:00"))),
        ("ends_at", json!(at(day, "10:45"))),
        ("time_zone", json!("Asia/Jerusalem")),
        ("state", json!("booked")),
        ("source", json!("user")),
        ("price_minor", json!(12_000)),
        ("note", json!("")),
    ] {
        assert_eq!(booked[field], value, "{field}");
    }
    assert_eq!(booked["seen_at"], booked["created_at"]);
    let rest: Vec<_> = free.iter().filter(|time| **time != at(day, "10:00")).cloned().collect();
    assert_eq!(shop.free(service, day, "").await, rest);

    let taken = shop.book(service, &at(day, "10:50")).await;
    let refused = taken.json();
    assert_eq!((taken.status, &refused["error"]["code"]), (409, &json!("slot_taken")));
    assert_eq!(refused["error"]["params"]["next_free"], at(day, "11:00"));
    assert_eq!(error(&shop.book(service, &at(day, "17:30")).await).1, "outside_hours");
    assert_eq!(error(&shop.book(service, &at(day, "10:00:30")).await).2, "starts_at");
    assert_eq!(error(&shop.book(service, "2020-01-01T10:00:00Z").await).2, "starts_at");
    let force =
        |starts_at: String| json!({"contact_id": 2, "service_id": service, "starts_at": starts_at, "force": true});
    assert_eq!(shop.post("/api/appointments", &force(at(day, "20:00"))).await.status, 201);
    assert_eq!(error(&shop.post("/api/appointments", &force(at(day, "20:59"))).await).1, "slot_taken");
    let yesterday = at(monday(-1), "10:00");
    assert_eq!(error(&shop.book(service, &yesterday).await).1, "too_soon");
    assert_eq!(shop.post("/api/appointments", &force(yesterday)).await.status, 201);
    for (field, id, status) in [("contact_id", 99, 404), ("service_id", 99, 400), ("resource_id", 99, 400)] {
        let mut body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "13:00")});
        body[field] = json!(id);
        assert_eq!(shop.post("/api/appointments", &body).await.status, status, "{field}");
    }
}

#[tokio::test]
async fn a_repeated_request_books_once() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(2));
    let keyed = shop.api.clone().with_header("idempotency-key", "call-7");
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "09:00")});
    let first = keyed.post_json("/api/appointments", &body).await;
    let second = keyed.post_json("/api/appointments", &body).await;
    assert_eq!((first.status, second.status), (201, 200), "{}", second.text());
    assert_eq!(first.json(), second.json());
    for (field, value) in [
        ("contact_id", json!(2)),
        ("starts_at", json!(at(day, "10:00"))),
        ("resource_id", json!(1)),
        ("note", json!("with a child")),
        ("notify", json!(true)),
        ("waiting_entry_id", json!(999)),
        ("force", json!(true)),
    ] {
        let mut other = body.clone();
        other[field] = value;
        let refused = keyed.post_json("/api/appointments", &other).await;
        assert_eq!(error(&refused), (422, "key_reused".to_owned(), Value::Null), "{field}");
    }
    assert_eq!(shop.api.get("/api/appointments").await.json()["items"].as_array().unwrap().len(), 1);
    // A client may repeat a booking long after its first response was lost. By then, the appointment may have been
    // moved.
    let path = format!("/api/appointments/{}", first.json()["id"]);
    let moved = shop.patch(&path, &json!({"starts_at": at(day, "12:00")})).await.json();
    let repeated = keyed.post_json("/api/appointments", &body).await;
    assert_eq!((repeated.status, repeated.json()), (200, moved));
}

#[tokio::test]
async fn an_appointment_of_an_archived_resource_is_not_restored() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(2));
    let resource = shop.add("/api/resources", &json!({"name": "noa"})).await["id"].clone();
    let body = json!({"contact_id": 1, "service_id": service, "resource_id": resource, "starts_at": at(day, "09:00")});
    let path = format!("/api/appointments/{}", shop.add("/api/appointments", &body).await["id"]);
    assert_eq!(shop.post(&format!("{path}/cancel"), &json!({})).await.status, 200);
    let resource = format!("/api/resources/{resource}");
    assert_eq!(shop.patch(&resource, &json!({"archived": true})).await.status, 200);
    let refused = shop.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(error(&refused), (409, "no_resource".to_owned(), Value::Null));
    assert_eq!(shop.api.get(&path).await.json()["state"], "cancelled");
    assert_eq!(shop.patch(&resource, &json!({"archived": false})).await.status, 200);
    assert_eq!(shop.post(&format!("{path}/restore"), &json!({})).await.json()["state"], "booked");
}

#[tokio::test]
async fn the_state_of_an_appointment_changes_only_on_the_version_that_was_seen() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(2));
    let path = format!("/api/appointments/{}", shop.book(service, &at(day, "09:00")).await.json()["id"]);
    let seen = shop.api.get(&path).await.header("etag").to_owned();
    let past = json!({"starts_at": at(monday(-1), "11:00"), "force": true});
    assert_eq!(shop.patch(&path, &past).await.status, 200);
    for (action, from) in [("cancel", "booked"), ("no-show", "booked"), ("done", "booked"), ("restore", "no_show")] {
        if from == "no_show" {
            assert_eq!(shop.post(&format!("{path}/no-show"), &json!({})).await.status, 200);
        }
        let request = shop.api.request(Method::POST, &format!("{path}/{action}")).header("if-match", &seen);
        let refused = send(request.json(&json!({}))).await;
        assert_eq!((refused.status, &refused.json()["current"]["state"]), (412, &json!(from)), "{action}");
    }
}

#[tokio::test]
async fn a_refusal_names_what_it_is_about() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(2));
    let start = at(day, "09:00").replace(":00.000Z", ":30.000Z");
    let refused = shop.book(service, &start).await;
    assert_eq!(refused.json()["error"]["message"], "starts_at must be at a full minute");
    let note = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "09:00"), "note": "a\u{0}"});
    let refused = shop.post("/api/appointments", &note).await.json()["error"]["message"].clone();
    assert_eq!(refused, "note must have at most 4000 characters and no control characters");
}

#[tokio::test]
async fn an_appointment_is_moved_cancelled_and_restored() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let made = shop.book(service, &at(day, "09:00")).await.json();
    let path = format!("/api/appointments/{}", made["id"]);
    let moved = shop.patch(&path, &json!({"starts_at": at(day, "09:30"), "note": "עם תינוק"})).await;
    assert_eq!(moved.status, 200, "it does not block itself: {}", moved.text());
    let moved = moved.json();
    assert_eq!((&moved["ends_at"], &moved["note"]), (&json!(at(day, "10:30")), &json!("עם תינוק")));
    let other = shop.book(service, &at(day, "11:00")).await.json();
    let refused = shop.patch(&path, &json!({"starts_at": at(day, "10:30")})).await;
    assert_eq!(error(&refused).1, "slot_taken");
    assert_eq!(refused.json()["error"]["params"]["next_free"], at(day, "12:00"));
    assert_eq!(error(&shop.patch(&path, &json!({"starts_at": at(day, "18:00")})).await).1, "outside_hours");
    assert_eq!(shop.api.get(&path).await.json()["starts_at"], at(day, "09:30"), "a refused move changes nothing");
    let longer = shop.add("/api/services", &json!({"name": "צבע", "duration_min": 91})).await["id"].clone();
    assert_eq!(error(&shop.patch(&path, &json!({"service_id": longer})).await).1, "slot_taken");
    assert_eq!(shop.patch(&path, &json!({"note": null})).await.json()["note"], "");

    let version = shop.api.get(&path).await.header("etag").to_owned();
    let move_if = |time: &str| {
        let request = shop.api.request(Method::PATCH, &path).header("if-match", version.clone());
        send(request.json(&json!({"starts_at": at(day, time)})))
    };
    assert_eq!(move_if("13:00").await.status, 200);
    let changed = move_if("14:00").await;
    assert_eq!((changed.status, &changed.json()["current"]["starts_at"]), (412, &json!(at(day, "13:00"))));

    let cancelled = shop.post(&format!("{path}/cancel"), &json!({"reason": "חולה"})).await.json();
    assert_eq!((&cancelled["state"], &cancelled["cancel_reason"]), (&json!("cancelled"), &json!("חולה")));
    assert_eq!(cancelled["cancelled_at"], cancelled["updated_at"]);
    assert_eq!(shop.post(&format!("{path}/cancel"), &json!({})).await.json(), cancelled, "again changes nothing");
    assert_eq!(error(&shop.patch(&path, &json!({"starts_at": at(day, "15:00")})).await).1, "conflict");
    assert_eq!(error(&shop.post(&format!("{path}/done"), &json!({})).await).1, "conflict");
    let restored = shop.post(&format!("{path}/restore"), &json!({})).await.json();
    assert_eq!(
        (&restored["state"], &restored["cancelled_at"], &restored["cancel_reason"]),
        (&json!("booked"), &json!(null), &json!(null))
    );
    shop.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(shop.book(service, &at(day, "13:30")).await.status, 201);
    let refused = shop.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(error(&refused).1, "slot_taken");
    assert_eq!(refused.json()["error"]["params"]["next_free"], at(day, "14:30"));

    let other = format!("/api/appointments/{}", other["id"]);
    for action in ["done", "no-show"] {
        let refused = shop.post(&format!("{other}/{action}"), &json!({})).await;
        assert_eq!(error(&refused).1, "conflict", "it has not started");
    }
    let past = at(monday(-1), "11:00");
    assert_eq!(shop.patch(&other, &json!({"starts_at": past, "force": true})).await.status, 200);
    assert_eq!(shop.post(&format!("{other}/done"), &json!({})).await.json()["state"], "done");
    assert_eq!(error(&shop.post(&format!("{other}/cancel"), &json!({})).await).1, "conflict");
    let same = json!({"contact_id": 1, "service_id": service, "starts_at": past, "force": true});
    assert_eq!(error(&shop.post("/api/appointments", &same).await).1, "slot_taken", "it took its time");
    assert_eq!(shop.post(&format!("{other}/no-show"), &json!({})).await.json()["state"], "no_show");
    assert_eq!(shop.post(&format!("{other}/restore"), &json!({})).await.json()["state"], "booked");
    assert_eq!(shop.post("/api/appointments/99/cancel", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_timeline_shows_when_an_appointment_was_booked_and_when_it_was_cancelled() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let made = shop.book(service, &at(day, "09:00")).await.json();
    let path = format!("/api/appointments/{}", made["id"]);
    let timeline = async |query: &str| {
        let page = shop.api.get(&format!("/api/contacts/1/timeline?{query}")).await.json();
        page["items"].as_array().unwrap().clone()
    };
    let kinds = "kinds=appointment,appointment_cancelled";
    let cancelled = shop.post(&format!("{path}/cancel"), &json!({"reason": "חולה"})).await.json();
    let shown = timeline(kinds).await;
    let entry = |item: &Value| (item["kind"].clone(), item["at"].clone(), item["appointment"].clone());
    assert_eq!(
        shown.iter().map(entry).collect::<Vec<_>>(),
        [
            (json!("appointment"), cancelled["created_at"].clone(), cancelled.clone()),
            (json!("appointment_cancelled"), cancelled["cancelled_at"].clone(), cancelled.clone()),
        ]
    );
    let around = timeline(&format!("{kinds}&limit=1&around=appointment_cancelled.{}", made["id"])).await;
    assert_eq!(around, [shown[1].clone()]);
    assert_eq!(shop.post(&format!("{path}/restore"), &json!({})).await.status, 200);
    let kinds_shown: Vec<_> = timeline(kinds).await.iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(kinds_shown, ["appointment"]);
}

#[tokio::test]
async fn a_timeline_shows_each_move_of_an_appointment_and_none_that_was_undone() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let times = ["09:00", "11:00", "13:00"].map(|time| at(day, time));
    let [booked, second, third] = &times;
    let made = shop.book(service, booked).await.json();
    let path = format!("/api/appointments/{}", made["id"]);
    let to = async |starts_at: &str| shop.patch(&path, &json!({"starts_at": starts_at})).await.json();
    let shown = async || {
        let kinds = "kinds=appointment,appointment_moved,appointment_cancelled";
        let page = shop.api.get(&format!("/api/contacts/1/timeline?{kinds}")).await.json();
        page["items"].as_array().unwrap().clone()
    };
    let entry = |item: &Value| json!([item["kind"], item["moved"]["from"], item["moved"]["to"]]);
    let entries = async || shown().await.iter().map(entry).collect::<Vec<_>>();
    assert_eq!(entries().await, [json!(["appointment", null, null])]);
    to(second).await;
    to(booked).await;
    assert_eq!(entries().await, [json!(["appointment", null, null])], "the move was undone");
    to(second).await;
    let moved = to(third).await;
    shop.post(&format!("{path}/cancel"), &json!({})).await;
    let [first, ..] = &shown().await[..] else { panic!("an entry is missing") };
    assert_eq!(first["appointment"]["starts_at"], *third, "the present state");
    let wanted = [
        json!(["appointment", booked, second]),
        json!(["appointment_moved", booked, second]),
        json!(["appointment_moved", second, third]),
        json!(["appointment_cancelled", null, null]),
    ];
    assert_eq!(entries().await, wanted);
    assert_eq!(shown().await[2]["at"], moved["updated_at"]);
    let id = &shown().await[2]["moved"]["id"];
    let around = shop.api.get(&format!("/api/contacts/1/timeline?limit=1&around=appointment_moved.{id}")).await.json();
    assert_eq!(entry(&around["items"][0]), wanted[2]);
}

#[tokio::test]
async fn appointments_are_listed_by_time_contact_resource_and_state() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    for time in ["11:00", "09:00", "10:00"] {
        assert_eq!(shop.book(service, &at(day, time)).await.status, 201);
    }
    shop.book(service, &at(day_after(day), "09:00")).await;
    shop.post("/api/appointments/1/cancel", &json!({})).await;
    let starts = |query: String| {
        let shop = &shop;
        async move {
            let list = shop.api.get(&format!("/api/appointments?{query}")).await.json();
            let items = list["items"].as_array().unwrap().clone();
            items.iter().map(|one| one["starts_at"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    let on = |time: &str| at(day, time);
    let within = |from: &str, to: &str| format!("from={}&to={}", on(from), on(to));
    assert_eq!(starts(within("09:30", "11:00")).await, [on("09:00"), on("10:00")]);
    assert_eq!(starts(within("10:00", "10:01")).await, [on("10:00")]);
    assert_eq!(starts("state=cancelled".to_owned()).await, [on("11:00")]);
    assert_eq!(starts("contact_id=2".to_owned()).await, Vec::<String>::new());
    assert_eq!(starts("contact_id=1&resource_id=1&state=booked&limit=2".to_owned()).await, [on("09:00"), on("10:00")]);
    let first = shop.api.get("/api/appointments?limit=3").await.json();
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(starts(format!("limit=3&cursor={next}")).await, [at(day_after(day), "09:00")]);
    for query in ["state=lost", "from=yesterday", "limit=201", "cursor=x"] {
        assert_eq!(shop.api.get(&format!("/api/appointments?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_resource_is_chosen_among_those_that_provide_the_service() {
    let shop = Shop::open().await;
    let (cut, day) = (shop.service(60, 0).await, monday(2));
    let massage = shop.service(60, 0).await;
    let noa = shop.add("/api/resources", &json!({"name": "נועה", "position": 1, "service_ids": [massage]})).await["id"]
        .clone();
    let resource = |reply: Reply| reply.json()["resource_id"].clone();
    assert_eq!(resource(shop.book(massage, &at(day, "09:00")).await), 1);
    assert_eq!(resource(shop.book(massage, &at(day, "09:00")).await), noa);
    assert_eq!(error(&shop.book(massage, &at(day, "09:00")).await).1, "slot_taken");
    assert_eq!(error(&shop.book(cut, &at(day, "09:00")).await).1, "slot_taken");
    let named = json!({"contact_id": 1, "service_id": cut, "resource_id": noa, "starts_at": at(day, "10:00")});
    assert_eq!(error(&shop.post("/api/appointments", &named).await).1, "no_resource");
    let own = json!({"hours": [{"weekday": 1, "from": "12:00", "to": "15:00"}]});
    assert_eq!(shop.put(&format!("/api/resources/{noa}/hours"), &own).await.status, 200);
    let free = shop.free(massage, day, &format!("&resource_id={noa}")).await;
    assert_eq!(free, ["12:00", "13:00", "14:00"].map(|time| at(day, time)));
    let closure = json!({"resource_id": noa, "from_date": day.to_string(), "to_date": day.to_string(), "to": "13:00", "reason": ""});
    shop.add("/api/closures", &closure).await;
    assert_eq!(
        shop.free(massage, day, &format!("&resource_id={noa}")).await,
        ["13:00", "14:00"].map(|time| at(day, time))
    );
    // Moves the appointment to another resource, and to any resource.
    let made = shop.book(massage, &at(day, "14:00")).await.json();
    let path = format!("/api/appointments/{}", made["id"]);
    assert_eq!(made["resource_id"], 1);
    assert_eq!(shop.patch(&path, &json!({"resource_id": noa})).await.json()["resource_id"], noa);
    assert_eq!(shop.patch(&path, &json!({"resource_id": null})).await.json()["resource_id"], 1);
    shop.patch("/api/resources/1", &json!({"archived": true})).await;
    assert_eq!(error(&shop.book(cut, &at(day, "16:00")).await).1, "no_resource");
    assert_eq!(shop.delete(&format!("/api/services/{massage}")).await.status, 200);
    assert_eq!(error(&shop.book(massage, &at(day, "13:00")).await).1, "service_archived");
}

#[tokio::test]
async fn the_notice_time_applies_to_contacts_alone() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(1));
    let mut hours = shop.api.get("/api/opening-hours").await.json();
    hours["notice_min"] = json!(60 * 24 * 30);
    assert_eq!(shop.put("/api/opening-hours", &hours).await.status, 200);
    assert_eq!(shop.free(service, day, "").await.len(), 9);
    assert_eq!(shop.free(service, day, "&for_contact=true").await, Vec::<String>::new());
    assert_eq!(shop.free(service, monday(6), "&for_contact=true").await.len(), 9);
    assert_eq!(shop.book(service, &at(day, "09:00")).await.status, 201);
    for query in ["", "service_id=1&days=63", "service_id=1&days=0", "service_id=1&step_min=1", "service_id=99"] {
        assert_eq!(shop.api.get(&format!("/api/free-slots?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn appointments_and_waiting_entries_follow_a_merge() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let body = json!({"contact_id": 3, "service_id": service, "starts_at": at(day, "09:00")});
    let made = shop.add("/api/appointments", &body).await;
    let path = format!("/api/appointments/{}", made["id"]);
    let dates = json!({"contact_id": 3, "service_id": service, "from_date": "2030-12-01", "to_date": "2030-12-05", "note": "בוקר"});
    let entry = shop.add("/api/waiting-list", &dates).await;
    let merge = shop.post("/api/contacts/1/merge", &json!({"contact_id": 3})).await.json()["merge_id"].clone();
    let contact_of = |path: String| {
        let shop = &shop;
        async move { shop.api.get(&path).await.json()["contact_id"].clone() }
    };
    assert_eq!(contact_of(path.clone()).await, 1);
    let listed = shop.api.get("/api/waiting-list").await.json();
    assert_eq!(
        (&listed["items"][0]["contact_id"], &listed["items"][0]["contact_name"]),
        (&json!(1), &json!("דנה לוי"))
    );
    // Lists and bookings still accept the id of the merged contact, which refers to the kept contact.
    assert_eq!(shop.api.get("/api/appointments?contact_id=3").await.json()["items"][0]["id"], made["id"]);
    let again = json!({"contact_id": 3, "service_id": service, "starts_at": at(day, "11:00")});
    assert_eq!(shop.add("/api/appointments", &again).await["contact_id"], 1);
    assert_eq!(shop.post(&format!("/api/merges/{merge}/undo"), &json!({})).await.status, 200);
    assert_eq!(contact_of(path).await, 3);
    let path = format!("/api/waiting-list/{}", entry["id"]);
    assert_eq!((shop.delete(&path).await.status, shop.delete(&path).await.status), (200, 404));
    let mut wrong = dates.clone();
    wrong["to_date"] = json!("2030-11-30");
    assert_eq!(error(&shop.post("/api/waiting-list", &wrong).await).2, "to_date");
}

#[tokio::test]
async fn changes_are_reported_and_recorded() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(60, 0).await, monday(2));
    let made = shop.book(service, &at(day, "09:00")).await.json()["id"].clone();
    shop.post(&format!("/api/appointments/{made}/seen"), &json!({})).await;
    shop.post(&format!("/api/appointments/{made}/cancel"), &json!({})).await;
    shop.add("/api/facts", &json!({"topic": "x", "text": "y"})).await;
    shop.put("/api/resources/1/hours", &json!({"hours": []})).await;
    let kinds: Vec<String> = shop.daemon.query_column(
        "SELECT kind || ' ' || coalesce(ref_id, '-') FROM changes WHERE kind NOT IN ('alert_updated', 'token_updated') ORDER BY seq",
    );
    let expected = [
        "opening_hours_updated -",
        "service_updated 1",
        "appointment_updated 1",
        "appointment_updated 1",
        "fact_updated 1",
        "resource_updated 1",
    ];
    assert_eq!(kinds, expected, "an appointment that was seen before does not change");
    let rows: Vec<String> = shop
        .daemon
        .query_column("SELECT action || ' ' || subject FROM audit_log WHERE action LIKE '%appointment%' ORDER BY id");
    assert_eq!(rows, ["book_appointment appointment:1", "cancel_appointment appointment:1"]);
}
