//! The hours and gaps of each resource, compared with the times that can be booked.

use super::*;

/// Returns the local times of a resource's gaps on a day, such as `09:00-10:00`.
async fn gaps(shop: &Shop, date: Date, resource: &Value) -> Vec<String> {
    let reply = shop.api.get(&format!("/api/free-gaps?from={date}&days=1")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let local = |at: &Value| {
        let at: Timestamp = at.as_str().unwrap().parse().unwrap();
        at.to_zoned(zone()).strftime("%H:%M").to_string()
    };
    let gaps = reply.json()["gaps"].as_array().unwrap().clone();
    let own = gaps.iter().filter(|gap| gap["resource_id"] == *resource);
    own.map(|gap| format!("{}-{}", local(&gap["starts_at"]), local(&gap["ends_at"]))).collect()
}

#[tokio::test]
async fn each_resource_has_its_own_hours_and_gaps() {
    let shop = Shop::open().await;
    let day = monday(2);
    assert_eq!(gaps(&shop, day, &json!(1)).await, Vec::<String>::new(), "nothing can be booked without a service");
    let service = shop.service(60, 15).await;
    let add = async |name: &str| shop.add("/api/resources", &json!({"name": name})).await["id"].clone();
    let (dana, away, none) = (add("Dana").await, add("Avi").await, add("Room").await);
    assert_eq!(
        shop.patch(&format!("/api/resources/{none}"), &json!({"service_ids": []})).await.status,
        200,
        "the room takes no service"
    );
    let hours = json!({"hours": [{"weekday": 1, "from": "10:00", "to": "14:30"}]});
    assert_eq!(shop.put(&format!("/api/resources/{dana}/hours"), &hours).await.status, 200);
    let closure = json!({"from_date": day, "to_date": day, "resource_id": away, "reason": "Army"});
    shop.add("/api/closures", &closure).await;
    let book = json!({"contact_id": 1, "service_id": service, "resource_id": dana, "starts_at": at(day, "11:20")});
    shop.add("/api/appointments", &book).await;

    let listed = shop.api.get(&format!("/api/calendar/days?from={day}&to={}", day_after(day))).await.json();
    let of = |day: usize, id: &Value| {
        let resources = listed["days"][day]["resources"].as_array().unwrap();
        resources.iter().find(|one| one["resource_id"] == *id).unwrap().clone()
    };
    assert_eq!(of(0, &dana)["open"], json!([{"from": "10:00", "to": "14:30"}]));
    assert_eq!((&of(1, &dana)["open"], &of(1, &dana)["closed_reason"]), (&json!([]), &json!("weekday")));
    assert_eq!(
        of(0, &away),
        json!({"resource_id": away, "open": [], "closed_reason": "closure", "closures": ["Army"]})
    );
    assert_eq!(of(1, &away)["open"], listed["days"][1]["open"], "back on the next day");

    // The appointment lasts from 11:20 to 12:20, and its buffer occupies Dana until 12:35. Before 11:20, an appointment
    // of an hour that is followed by its buffer of 15 minutes fits only between 10:00 and 11:05.
    assert_eq!(gaps(&shop, day, &dana).await, ["10:00-11:05", "12:35-14:30"]);
    assert_eq!(gaps(&shop, day, &away).await, Vec::<String>::new());
    assert_eq!(gaps(&shop, day, &none).await, Vec::<String>::new());
    assert_eq!(gaps(&shop, day, &json!(1)).await, ["09:00-18:00"]);
    assert_eq!(gaps(&shop, day_after(day), &dana).await, Vec::<String>::new());

    // The first minute of a gap can be booked, and the minute before it cannot.
    for (time, status) in [("12:34", 409), ("12:35", 201)] {
        let book = json!({"contact_id": 1, "service_id": service, "resource_id": dana, "starts_at": at(day, time)});
        assert_eq!(shop.post("/api/appointments", &book).await.status, status, "{time}");
    }
    assert_eq!(gaps(&shop, day, &dana).await, ["10:00-11:05"], "40 minutes are left after it");
    for query in ["", "from=2026-13-01", "from=2026-12-01&days=0", "from=2026-12-01&days=32"] {
        assert_eq!(shop.api.get(&format!("/api/free-gaps?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_past_time_is_no_gap() {
    let shop = Shop::open().await;
    shop.service(30, 0).await;
    let today = Timestamp::now().to_zoned(zone()).date();
    let yesterday = today.saturating_sub(1.day());
    let reply = shop.api.get(&format!("/api/free-gaps?from={yesterday}&days=2")).await.json();
    for gap in reply["gaps"].as_array().unwrap() {
        let starts_at: Timestamp = gap["starts_at"].as_str().unwrap().parse().unwrap();
        assert!(starts_at >= Timestamp::now().saturating_sub(jiff::SignedDuration::from_mins(1)).unwrap(), "{gap}");
    }
}
