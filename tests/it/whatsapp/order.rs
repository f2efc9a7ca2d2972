//! Messages within a thread are ordered by the time at which they were written.

use crate::support::whatsapp::{Shop, until};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DANA: &str = "972501234567";

/// Returns the seconds since the Unix epoch.
fn now() -> u64 {
    since_epoch().as_secs()
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Posts a bridge message with the provider's `timestamp`.
async fn bring(shop: &Shop, from: &str, text: &str, timestamp: u64, waited: bool) {
    let mut body = json!({ "event": "message", "from": from, "id": format!("{from} {text}"), "text": text, "timestamp": timestamp });
    if waited {
        body["waited"] = true.into();
    }
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_second_stay_in_order_however_late_each_comes() {
    let shop = Shop::open().await;
    // The first messages arrive 9 seconds after they were written, and the second ones more than 10 seconds after.
    let second = now() - 9;
    let contacts = [("972501111111", [false, false]), ("972502222222", [false, true]), ("972503333333", [true, true])];
    for (contact, waited) in contacts {
        bring(&shop, contact, "first", second, waited[0]).await;
    }
    until("the second message to be late", async || {
        (since_epoch() > Duration::from_millis(second * 1000 + 10_200)).then_some(())
    })
    .await;
    for (contact, waited) in contacts {
        bring(&shop, contact, "second", second, waited[1]).await;
    }
    for (contact, waited) in contacts {
        assert_eq!(shop.talk(&format!("+{contact}")).await, ["first", "second"], "{waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_from_the_phone_does_not_answer_what_was_written_after_it() {
    let shop = Shop::open().await;
    bring(&shop, DANA, "is anyone there?", now(), false).await;
    let state = async || {
        let row = shop.api.get("/api/inbox").await.json()["items"][0].clone();
        (row["turn"].clone(), row["unread_count"].clone())
    };
    let from_phone = async |text: &str, timestamp: u64, waited: bool| {
        let body =
            json!({ "text": text, "id": text, "from_me": true, "to": DANA, "timestamp": timestamp, "waited": waited });
        assert_eq!(shop.bridge_posts(&body).await.status, 204);
    };
    from_phone("from before", now() - 300, true).await;
    assert_eq!(shop.talk("+972501234567").await, [">from before", "is anyone there?"]);
    assert_eq!(state().await, (json!("us"), json!(1)));
    from_phone("yes", now(), false).await;
    assert_eq!(state().await, (json!("done"), json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_after_an_outage_is_in_order_in_every_thread() {
    const CONTACTS: usize = 50;
    const EACH: usize = 6;
    let shop = Shop::open().await;
    // The messages were written within 6 seconds, the last ones about 8 seconds ago.
    let began = now() - 13;
    let contact = |number: usize| format!("9725010000{number:02}");
    for at in 0..EACH {
        for number in 0..CONTACTS {
            let timestamp = began + (6 * at / EACH) as u64;
            bring(&shop, &contact(number), &format!("{at}"), timestamp, true).await;
        }
    }
    let expected: Vec<String> = (0..EACH).map(|at| at.to_string()).collect();
    for number in 0..CONTACTS {
        assert_eq!(shop.talk(&format!("+{}", contact(number))).await, expected, "contact {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_stay_before_their_answers_with_a_clock_that_is_11_seconds_fast_or_slow() {
    for ahead in [11_i64, -11] {
        let shop = Shop::open().await;
        for at in 1..=3 {
            bring(&shop, DANA, &format!("q{at}"), now().saturating_add_signed(-ahead), false).await;
            shop.say(DANA, &format!("a{at}")).await;
        }
        assert_eq!(shop.talk(&format!("+{DANA}")).await, ["q1", ">a1", "q2", ">a2", "q3", ">a3"], "{ahead}");
        // The live messages have shown the offset of the provider's clock, so a message from an hour ago is placed at
        // the correct time.
        bring(&shop, DANA, "late", now().saturating_add_signed(-ahead) - 3600, true).await;
        assert_eq!(shop.talk(&format!("+{DANA}")).await[0], "late", "{ahead}");
        let late_by: f64 = shop.daemon.query_value(
            "SELECT (julianday('now') - julianday(created_at)) * 86400 FROM messages WHERE content_text = 'late'",
        );
        assert!((3598.0..3630.0).contains(&late_by), "{late_by}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_difference_of_the_clocks_is_known_after_a_restart() {
    let mut shop = Shop::open().await;
    // The server's clock is a minute ahead.
    bring(&shop, DANA, "live", now() - 60, false).await;
    shop.say(DANA, "answer").await;
    tokio::task::block_in_place(|| {
        shop.daemon.kill9();
        shop.daemon.launch();
    });
    let api = tokio::task::block_in_place(|| shop.daemon.api());
    shop.api = api;
    until("a later second", async || (since_epoch().subsec_millis() < 200).then_some(())).await;
    bring(&shop, DANA, "after the answer", now() - 58, true).await;
    assert_eq!(shop.talk(&format!("+{DANA}")).await, ["live", ">answer", "after the answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_message_is_at_its_time_and_reopens_no_expired_window() {
    let shop = Shop::open().await;
    bring(&shop, DANA, "live", now(), false).await;
    shop.say(DANA, "answer").await;
    bring(&shop, DANA, "two days old", now() - 2 * 86_400, true).await;
    bring(&shop, "972502222222", "alone", now() - 2 * 86_400, true).await;
    assert_eq!(shop.talk(&format!("+{DANA}")).await, ["two days old", "live", ">answer"]);
    let threads = shop.api.get("/api/threads?type=whatsapp").await.json();
    assert_eq!(
        threads["threads"][0]["peer_number"],
        format!("+{DANA}"),
        "the newest thread is not the one of old messages"
    );
    assert_eq!(shop.count("threads WHERE last_in_at < datetime('now', '-1 day')"), 1);
    // Impossible timestamps are ignored.
    bring(&shop, DANA, "from the future", now() + 86_400 * 365, true).await;
    bring(&shop, DANA, "from 1970", 1, true).await;
    shop.receive_by_bridge(DANA, "last", "last").await;
    assert_eq!(shop.talk(&format!("+{DANA}")).await[3..], ["from the future", "from 1970", "last"]);
}
