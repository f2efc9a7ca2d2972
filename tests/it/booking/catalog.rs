//! Services, resources, hours, closures, days, facts.

use super::*;

#[tokio::test]
async fn services_are_added_changed_and_archived() {
    let shop = Shop::open().await;
    let made = shop.add("/api/services", &json!({"name": " \u{202e}תספורת ", "duration_min": 30})).await;
    let path = format!("/api/services/{}", made["id"]);
    assert_eq!(
        (&made["name"], &made["price_minor"], &made["archived"]),
        (&json!("תספורת"), &json!(null), &json!(false))
    );
    let other = shop.add("/api/services", &json!({"name": "צבע", "duration_min": 90, "position": 0})).await;
    assert_eq!(shop.patch(&path, &json!({"price_minor": 9_000, "position": 5})).await.json()["price_minor"], 9_000);
    let cleared = shop.patch(&path, &json!({"price_minor": null, "buffer_before_min": 10})).await.json();
    assert_eq!(
        (&cleared["price_minor"], &cleared["buffer_before_min"], &cleared["position"]),
        (&json!(null), &json!(10), &json!(5))
    );
    let ids = |list: Value| list["items"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(shop.api.get("/api/services").await.json()), [other["id"].clone(), made["id"].clone()]);

    for (body, status, field) in [
        (json!({"name": "", "duration_min": 30}), 400, "name"),
        (json!({"name": "a\nb", "duration_min": 30}), 400, "name"),
        (json!({"name": "x", "duration_min": 0}), 400, "duration_min"),
        (json!({"name": "x", "duration_min": 1441}), 400, "duration_min"),
        (json!({"name": "x", "duration_min": 30, "buffer_after_min": 481}), 400, "buffer_after_min"),
        (json!({"name": "x", "duration_min": 30, "price_minor": -1}), 400, "price_minor"),
        (json!({"name": "x"}), 422, "duration_min"),
        (json!({"name": "x", "duration_min": 30, "colour": "red"}), 422, "colour"),
    ] {
        let refused = error(&shop.post("/api/services", &body).await);
        assert_eq!((refused.0, refused.2), (status, json!(field)), "{body}");
    }

    let version = shop.api.get(&path).await.header("etag").to_owned();
    let with = |version: &str, body: Value| {
        send(shop.api.request(Method::PATCH, &path).header("if-match", version).json(&body))
    };
    let changed = with(&version, json!({"name": "פן"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let refused = with(&version, json!({"name": "גוונים"})).await;
    assert_eq!((refused.status, &refused.json()["current"]["name"]), (412, &json!("פן")));

    assert_eq!(shop.delete(&path).await.json(), json!({"ok": true}));
    assert_eq!(ids(shop.api.get("/api/services").await.json()), [other["id"].clone()]);
    assert_eq!(shop.api.get("/api/services?archived=true").await.json()["items"][1]["archived"], true);
    assert_eq!(shop.patch(&path, &json!({"archived": false})).await.json()["archived"], false);
    assert_eq!(shop.api.get("/api/services/99").await.status, 404);
}

#[tokio::test]
async fn a_new_database_has_one_resource_that_provides_every_service() {
    let shop = Shop::open().await;
    let service = shop.service(30, 0).await;
    let list = shop.api.get("/api/resources").await.json();
    let [only] = &list["items"].as_array().unwrap()[..] else { panic!("{list}") };
    assert_eq!(
        (&only["key"], &only["name"], &only["all_services"], &only["service_ids"]),
        (&json!("business"), &json!(null), &json!(true), &json!([service]))
    );
    let path = format!("/api/resources/{}", only["id"]);
    assert_eq!(error(&shop.delete(&path).await).1, "conflict");
    assert_eq!(shop.patch(&path, &json!({"name": "דנה"})).await.json()["name"], "דנה");
    assert_eq!(shop.patch(&path, &json!({"name": null})).await.json()["name"], json!(null));

    let room = shop.add("/api/resources", &json!({"name": "חדר 2", "kind": "room", "service_ids": []})).await;
    let room_path = format!("/api/resources/{}", room["id"]);
    assert_eq!((&room["all_services"], &room["service_ids"]), (&json!(false), &json!([])));
    assert_eq!(error(&shop.patch(&room_path, &json!({"name": null})).await).2, "name");
    assert_eq!(error(&shop.patch(&room_path, &json!({"service_ids": [99]})).await).2, "service_ids");
    assert_eq!(error(&shop.patch(&room_path, &json!({"user_id": 99})).await).2, "user_id");
    assert_eq!(shop.patch(&room_path, &json!({"service_ids": null})).await.json()["service_ids"], json!([service]));
    assert_eq!(shop.delete(&path).await.status, 200);
    assert_eq!(error(&shop.delete(&room_path).await).0, 409);
}

#[tokio::test]
async fn only_owners_change_what_can_be_booked_and_staff_may_book() {
    let shop = Shop::open().await;
    let service = shop.service(30, 0).await;
    let staff = shop.daemon.client().with_token(&shop.daemon.token("staff"));
    let body = json!({"name": "x", "duration_min": 30});
    assert_eq!(staff.post_json("/api/services", &body).await.status, 403);
    assert_eq!(staff.post_json("/api/resources", &json!({"name": "x"})).await.status, 403);
    let booked = json!({"contact_id": 1, "service_id": service, "starts_at": at(monday(1), "09:00")});
    assert_eq!(staff.post_json("/api/appointments", &booked).await.status, 201);
}

#[tokio::test]
async fn hours_are_replaced_as_a_whole() {
    let shop = Shop::open().await;
    let hours = shop.api.get("/api/opening-hours").await.json();
    let shown = |hours: &Value| {
        let line = |one: &Value| {
            format!("{} {}-{}", one["weekday"], one["from"].as_str().unwrap(), one["to"].as_str().unwrap())
        };
        hours["hours"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let usual = ["0 09:00-18:00", "1 09:00-18:00", "2 09:00-18:00", "3 09:00-18:00", "4 09:00-18:00", "5 09:00-13:00"];
    assert_eq!(shown(&hours), usual);
    let put = |hours: Value| json!({"hours": hours, "holidays": "closed", "eves": {"to": "12:30"}, "notice_min": 90});
    let two = json!([{"weekday": 1, "from": "16:00", "to": "24:00"}, {"weekday": 1, "from": "08:00", "to": "12:00"}]);
    let changed = shop.put("/api/opening-hours", &put(two)).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(shown(&changed), ["1 08:00-12:00", "1 16:00-24:00"]);
    assert_eq!((&changed["eves"], &changed["notice_min"]), (&json!({"to": "12:30"}), &json!(90)));
    let without_notice = json!({"hours": [], "holidays": "open", "eves": "closed"});
    assert_eq!(shop.put("/api/opening-hours", &without_notice).await.json()["notice_min"], 90);

    for (hours, status) in [
        (json!([{"weekday": 7, "from": "09:00", "to": "10:00"}]), 400),
        (json!([{"weekday": 1, "from": "10:00", "to": "10:00"}]), 400),
        (json!([{"weekday": 1, "from": "09:00", "to": "11:00"}, {"weekday": 1, "from": "10:59", "to": "12:00"}]), 400),
        (json!([{"weekday": 1, "from": "9:00", "to": "11:00"}]), 422),
        (json!([{"weekday": 1, "from": "09:00", "to": "24:01"}]), 422),
    ] {
        assert_eq!(shop.put("/api/opening-hours", &put(hours.clone())).await.status, status, "{hours}");
    }
    let unknown = json!({"hours": [], "holidays": "closed", "eves": "maybe"});
    assert_eq!(shop.put("/api/opening-hours", &unknown).await.status, 422);

    let path = "/api/resources/1/hours";
    assert_eq!(shop.api.get(path).await.json(), json!({"hours": null}));
    let own = json!({"hours": [{"weekday": 2, "from": "10:00", "to": "11:00"}]});
    assert_eq!(shop.put(path, &own).await.json(), own);
    assert_eq!(shop.api.get(path).await.json(), own);
    assert_eq!(shop.put(path, &json!({"hours": null})).await.json(), json!({"hours": null}));
    assert_eq!(shop.put("/api/resources/99/hours", &own).await.status, 404);
}

#[tokio::test]
async fn days_show_hebrew_dates_holidays_and_hours() {
    let shop = Shop::open().await;
    let mut hours = shop.api.get("/api/opening-hours").await.json();
    hours["holidays"] = json!("closed");
    hours["eves"] = json!({"to": "13:00"});
    shop.put("/api/opening-hours", &hours).await;
    let days = |from: &'static str, to: &'static str| {
        let shop = &shop;
        async move {
            let reply = shop.api.get(&format!("/api/calendar/days?from={from}&to={to}")).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            reply.json()["days"].as_array().unwrap().clone()
        }
    };
    let kislev = &days("2026-11-22", "2026-11-22").await[0];
    let expected = json!({"date": "2026-11-22", "weekday": 0, "hebrew_date": {"day": 12, "month": "kislev", "year": 5787,
        "text": {"he": "י״ב בכסלו תשפ״ז", "en": "12 Kislev 5787"}}, "holiday": null,
        "open": [{"from": "09:00", "to": "18:00"}], "closed_reason": null, "closures": [],
        "resources": [{"resource_id": 1, "open": [{"from": "09:00", "to": "18:00"}], "closed_reason": null, "closures": []}]});
    assert_eq!(*kislev, expected);
    let passover = days("2027-04-21", "2027-04-22").await;
    let name = json!({"key": "passover_eve", "name": {"he": "ערב פסח", "en": "Passover eve"}, "kind": "eve"});
    assert_eq!((&passover[0]["holiday"], &passover[0]["closed_reason"]), (&name, &json!("eve")));
    assert_eq!(passover[0]["open"], json!([{"from": "09:00", "to": "13:00"}]));
    assert_eq!((&passover[1]["open"], &passover[1]["closed_reason"]), (&json!([]), &json!("holiday")));
    assert_eq!(days("2024-02-15", "2024-02-15").await[0]["hebrew_date"]["text"]["he"], "ו׳ באדר א׳ תשפ״ד");

    let closure =
        json!({"from_date": "2026-11-22", "to_date": "2026-11-23", "from": "15:00", "to": "10:00", "reason": "חתונה"});
    let made = shop.add("/api/closures", &closure).await;
    let closed = days("2026-11-22", "2026-11-24").await;
    let open: Vec<_> = closed.iter().map(|day| day["open"][0].clone()).collect();
    let range = |from: &str, to: &str| json!({"from": from, "to": to});
    assert_eq!(open, [range("09:00", "15:00"), range("10:00", "18:00"), range("09:00", "18:00")]);
    assert_eq!((&closed[0]["closed_reason"], &closed[0]["closures"]), (&json!("closure"), &json!(["חתונה"])));
    let path = format!("/api/closures/{}", made["id"]);
    let changed = shop.patch(&path, &json!({"to_date": "2026-11-22", "to": null, "resource_id": 1})).await.json();
    assert_eq!((&changed["to"], &changed["from"], &changed["resource_id"]), (&json!(null), &json!("15:00"), &json!(1)));
    assert_eq!(days("2026-11-22", "2026-11-22").await[0]["closed_reason"], json!(null), "it is the resource's alone");
    assert_eq!(error(&shop.patch(&path, &json!({"to": "15:00"})).await).2, "to");
    assert_eq!(error(&shop.patch(&path, &json!({"from_date": "2026-11-23"})).await).2, "to_date");
    assert_eq!(error(&shop.patch(&path, &json!({"from_date": "22.11.2026"})).await).0, 422);
    assert_eq!(shop.api.get("/api/closures?from=2026-11-23").await.json()["items"], json!([]));
    assert_eq!(shop.api.get(&path).await.json()["reason"], "חתונה");
    assert_eq!((shop.delete(&path).await.status, shop.delete(&path).await.status), (200, 404));

    for query in ["from=2026-11-22", "from=2026-11-22&to=2026-11-21", "from=2026-01-01&to=2027-03-01", "from=x&to=y"] {
        assert_eq!(shop.api.get(&format!("/api/calendar/days?{query}")).await.status, 400, "{query}");
    }
    let reversed = shop.api.get("/api/calendar/days?from=2026-11-22&to=2026-11-21").await.json();
    assert_eq!(
        (&reversed["error"]["field"], &reversed["error"]["message"]),
        (&json!("to"), &json!("to must not be before from"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_kept() {
    let shop = Shop::open().await;
    let made = shop.add("/api/facts", &json!({"topic": "חניה", "text": "יש חניה\nמאחור"})).await;
    assert_eq!((&made["source"], &made["text"]), (&json!("user"), &json!("יש חניה\nמאחור")));
    let path = format!("/api/facts/{}", made["id"]);
    shop.add("/api/facts", &json!({"topic": "כלבים", "text": "מותר", "source": "import"})).await;
    let first = shop.api.get("/api/facts?limit=1").await.json();
    let next = format!("/api/facts?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let next = shop.api.get(&next).await.json();
    assert_eq!((&next["items"][0]["topic"], &next["next_cursor"]), (&json!("כלבים"), &json!(null)));
    assert_eq!(shop.patch(&path, &json!({"text": "אין חניה"})).await.json()["topic"], "חניה");
    assert_eq!(error(&shop.patch(&path, &json!({"text": " "})).await).2, "text");
    assert_eq!(error(&shop.post("/api/facts", &json!({"topic": "x", "text": "y", "source": "z"})).await).0, 422);
    // The agent treats facts as the owner's words, so only an owner may change them.
    let staff = tokio::task::block_in_place(|| shop.daemon.token("staff"));
    let staff = shop.daemon.client().with_token(&staff);
    let changed = json!({"text": "הכול חינם"});
    let refused = [
        staff.post_json("/api/facts", &json!({"topic": "x", "text": "y"})).await.status,
        send(staff.request(Method::PATCH, &path).json(&changed)).await.status,
        send(staff.request(Method::DELETE, &path)).await.status,
    ];
    assert_eq!((refused, staff.get(&path).await.status), ([403; 3], 200));
    assert_eq!((shop.delete(&path).await.status, shop.api.get(&path).await.status), (200, 404));
}

#[tokio::test]
async fn an_appointment_of_an_archived_service_can_be_moved_and_a_waiting_entry_for_it_restored() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(2));
    let booked = shop.book(service, &at(day, "09:00")).await.json();
    let entry =
        json!({"contact_id": 1, "service_id": service, "from_date": day.to_string(), "to_date": day.to_string()});
    let added = shop.add("/api/waiting-list", &entry).await;
    let path = format!("/api/waiting-list/{}", added["id"]);
    assert_eq!(shop.patch(&format!("/api/services/{service}"), &json!({"archived": true})).await.status, 200);

    let free = format!("/api/free-slots?service_id={service}&from={day}&days=1");
    let refused = error(&shop.api.get(&free).await);
    assert_eq!((refused.0, refused.1.as_str()), (409, "service_archived"));
    let free = shop.api.get(&format!("{free}&moving={}", booked["id"])).await;
    assert!(!free.json()["slots"].as_array().unwrap().is_empty(), "{}", free.text());
    let moved =
        shop.patch(&format!("/api/appointments/{}", booked["id"]), &json!({"starts_at": at(day, "12:00")})).await;
    assert_eq!(moved.status, 200, "{}", moved.text());

    assert_eq!(send(shop.api.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!(error(&shop.post("/api/waiting-list", &entry).await).1, "service_archived");
    let mut restored = entry.clone();
    restored["waiting_since"] = added["created_at"].clone();
    let restored = shop.post("/api/waiting-list", &restored).await;
    assert_eq!((restored.status, &restored.json()["service_id"]), (201, &added["service_id"]), "{}", restored.text());
}
