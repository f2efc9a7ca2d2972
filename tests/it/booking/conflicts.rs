//! Several clients that book the same time concurrently.

use super::*;
use futures_util::future::join_all;

const ROUNDS: usize = 40;
const CLIENTS: usize = 8;

/// Books from several clients concurrently. Returns how many bookings succeeded. All other bookings must be rejected
/// with `slot_taken`.
async fn race(shop: &Shop, service: i64, starts_at: &str) -> usize {
    let replies = join_all((0..CLIENTS).map(|_| shop.book(service, starts_at))).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(error(reply).1, "slot_taken", "{}", reply.text());
    }
    won
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_bookings_of_the_same_time_succeeds() {
    let shop = Shop::open().await;
    let service = shop.service(25, 5).await;
    let slots = free_starts(&shop.api, &format!("service_id={service}&from={}&days=14&step_min=30", monday(2))).await;
    assert!(slots.len() > ROUNDS, "{}", slots.len());
    for slot in slots.iter().take(ROUNDS) {
        assert_eq!(race(&shop, service, slot).await, 1);
    }
    shop.add("/api/resources", &json!({"name": "נועה"})).await;
    for slot in slots.iter().skip(ROUNDS).take(10) {
        assert_eq!(race(&shop, service, slot).await, 2, "each resource once");
    }
    assert_eq!(double_booked(&shop.daemon), 0);
}

/// Lets eight clients book the same hour of one chair in each round, and checks that exactly one booking succeeds.
/// Cancels the booking before the next round.
async fn contest_one_chair(rounds: usize) {
    let shop = Shop::open().await;
    let service = shop.service(60, 0).await;
    let chair = shop.add("/api/resources", &json!({"name": "כיסא 1", "kind": "room"})).await["id"].clone();
    let starts_at = at(monday(3), "10:00");
    for round in 0..rounds {
        let bodies: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let contact = client % 2 + 1;
                json!({"contact_id": contact, "service_id": service, "resource_id": chair, "starts_at": starts_at})
            })
            .collect();
        let replies = join_all(bodies.iter().map(|body| shop.post("/api/appointments", body))).await;
        let (won, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 201);
        assert_eq!(won.len(), 1, "round {round}");
        for reply in refused {
            assert_eq!(error(reply).1, "slot_taken", "round {round}: {}", reply.text());
            let next = reply.json()["error"]["params"]["next_free"].clone();
            assert!(next.as_str().is_some_and(|next| next != starts_at), "round {round}: {}", reply.text());
        }
        assert_eq!(double_booked(&shop.daemon), 0, "round {round}");
        let path = format!("/api/appointments/{}/cancel", won[0].json()["id"]);
        assert_eq!(shop.post(&path, &json!({})).await.status, 200, "round {round}");
    }
    let booked = shop.daemon.query_value::<i64>("SELECT count(*) FROM appointments WHERE state = 'cancelled'");
    assert_eq!(usize::try_from(booked).unwrap(), rounds, "each round has one appointment");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_a_chair_is_booked_once_in_each_of_50_rounds() {
    contest_one_chair(50).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn an_hour_of_a_chair_is_booked_once_in_each_of_1000_rounds() {
    contest_one_chair(1_000).await;
}

/// A client may send a time with the offset of its own zone, such as New York. The daemon books the same instant in the
/// business's zone.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_with_the_offset_of_another_zone_is_the_same_time() {
    let shop = Shop::open().await;
    let (service, here) = (shop.service(60, 0).await, at(monday(3), "16:00"));
    let moment: Timestamp = here.parse().unwrap();
    let there = moment.to_zoned(TimeZone::get("America/New_York").unwrap());
    let there = there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    assert_ne!(there[..13], here[..13], "another hour on the clock");
    let booked = shop.book(service, &there).await;
    let stored: Timestamp = booked.json()["starts_at"].as_str().unwrap().parse().unwrap();
    assert_eq!((booked.status, stored), (201, moment));
    let second = shop.book(service, &here).await;
    assert_eq!(error(&second).1, "slot_taken", "{}", second.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_that_overtakes_itself_books_once() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(3));
    let body = json!({"contact_id": 1, "service_id": service, "starts_at": at(day, "09:00")});
    let keyed = shop.api.clone().with_header("idempotency-key", "same");
    let replies = join_all((0..CLIENTS).map(|_| keyed.post_json("/api/appointments", &body))).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    assert_eq!(shop.daemon.query_value::<i64>("SELECT count(*) FROM appointments"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_and_restores_at_once_do_not_book_twice() {
    let shop = Shop::open().await;
    let (service, day) = (shop.service(30, 0).await, monday(3));
    let mut ids = Vec::new();
    for time in ["09:00", "10:00", "11:00", "12:00"] {
        ids.push(shop.book(service, &at(day, time)).await.json()["id"].as_i64().unwrap());
    }
    let target = json!({"starts_at": at(day, "15:00")});
    let cancelled = shop.book(service, &at(day, "15:15")).await.json()["id"].as_i64().unwrap();
    shop.post(&format!("/api/appointments/{cancelled}/cancel"), &json!({})).await;
    let paths: Vec<_> = ids.iter().map(|id| format!("/api/appointments/{id}")).collect();
    let moves = join_all(paths.iter().map(|path| shop.patch(path, &target)));
    let (path, empty) = (format!("/api/appointments/{cancelled}/restore"), json!({}));
    let restore = shop.post(&path, &empty);
    let (moves, restore) = futures_util::future::join(moves, restore).await;
    let won = moves.iter().chain([&restore]).filter(|reply| reply.status == 200).count();
    assert_eq!(won, 1);
    assert_eq!(double_booked(&shop.daemon), 0);
}
