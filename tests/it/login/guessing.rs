//! Passwords that are easy to guess, and the limits on guessing.

use super::credentials;
use crate::support::access::PASSWORD;
use crate::support::client::send;
use crate::support::{Client, Daemon};
use argon2::{Argon2, password_hash::PasswordHasher};
use reqwest::Method;
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[tokio::test]
async fn wrong_passwords_are_slowed_down() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    daemon.logged_in("dana", "owner").await;
    let client = daemon.client();
    let attempt = |name: &str| json!({"name": name, "password": "wrong password"});
    for _ in 0..5 {
        let reply = client.post_json("/api/login", &attempt("dana")).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (401, json!("wrong_password")));
    }
    let reply = client.post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=300).contains(&wait));
    // Another client address is not delayed. A configured proxy passes the client's address in a header.
    let elsewhere =
        client.clone().with_header("x-forwarded-for", "203.0.113.7").with_header("x-forwarded-proto", "https");
    let reply = elsewhere.post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    assert_eq!(reply.status, 200);
    // The limit also applies to one address that tries many user names.
    for number in 0..30 {
        assert_eq!(elsewhere.post_json("/api/login", &attempt(&format!("name{number}"))).await.status, 401);
    }
    assert_eq!(elsewhere.post_json("/api/login", &attempt("another")).await.status, 429);
}

#[tokio::test]
async fn passwords_that_are_easy_to_guess_are_refused() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[business]\nname = \"Flower Shop\"\n");
    });
    let dana = daemon.logged_in("dana", "owner").await;
    let easy = [
        ("ninechars", "password_short"),
        ("1234567890", "password_common"),
        ("Password2026!", "password_common"),
        ("aaaaaaaaaaaa", "password_repeated"),
        ("galgalgal123", "password_name"),
        ("flowershop2026", "password_name"),
        ("agentlocator", "password_name"),
        ("qwertyqwerty", "password_repeated"),
    ];
    for (password, code) in easy {
        let user = json!({"name": "gal", "role": "staff", "password": password});
        let reply = dana.post_json("/api/users", &user).await;
        let error = reply.json()["error"].clone();
        assert_eq!(
            (reply.status, &error["code"], &error["field"]),
            (400, &json!(code), &json!("password")),
            "{password}"
        );
    }
    let change = |new: &str| json!({"current_password": PASSWORD, "new_password": new});
    let reply = dana.post_json("/api/password", &change("dana123456")).await;
    assert_eq!((reply.status, reply.json()["error"]["field"].clone()), (400, json!("new_password")));
    assert_eq!(dana.post_json("/api/password", &change("basalt otter")).await.status, 200);
    for (password, reason) in
        [("qwertyuiop", "sequence of keys"), ("qwertyqwerty", "repeats"), ("flowershop2026", "little more than a name")]
    {
        let output = daemon.cli_with_input(&["user", "add", "noa"], password);
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && printed.contains(reason), "{password}: {printed}");
    }
    assert!(daemon.cli(&["user", "add", "noa", "--generate"]).status.success());
}

#[tokio::test]
async fn an_older_short_password_still_logs_in() {
    let mut daemon = Daemon::prepare(|_| {});
    // The hash of a password that an earlier version accepted.
    let hash = Argon2::default().hash_password_with_salt(b"12345678", b"0123456789abcdef").unwrap();
    daemon.seed(&format!(
        "INSERT INTO users(name, role, password_hash, created_at) VALUES ('dana', 'owner', '{hash}', '2026-01-01T00:00:00.000Z')"
    ));
    daemon.launch();
    daemon.log_in("dana", "12345678").await;
}

/// Tries wrong passwords for dana, each from another address, until the next attempt is delayed by 3 seconds or more.
/// Returns the number of attempts that were answered.
async fn guess_until_delayed(from: impl Fn(&str) -> Client) -> u32 {
    let mut answered = 0;
    for i in 0..u32::MAX {
        let client = from(&Ipv4Addr::from(0xcb00_0000 + i).to_string());
        let reply = client.post_json("/api/login", &credentials("dana", "wrong password")).await;
        match reply.status {
            401 => answered += 1,
            429 if reply.header("retry-after").parse::<u64>().unwrap() < 3 => {}
            status => {
                assert_eq!(status, 429);
                break;
            }
        }
    }
    answered
}

#[tokio::test]
async fn one_name_is_delayed_over_all_addresses_but_not_in_a_known_browser() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    daemon.cli_with_input(&["user", "add", "dana"], PASSWORD);
    let from = |address: &str| {
        daemon.client().with_header("x-forwarded-proto", "https").with_header("x-forwarded-for", address.to_owned())
    };
    let first = from("192.168.1.7").post_json("/api/login", &credentials("dana", PASSWORD)).await;
    let cookies: Vec<_> = first.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let device = cookies.iter().find(|line| line.starts_with("__Host-agentlocator_device=")).unwrap();
    assert!(device.contains("; HttpOnly; SameSite=Lax; Secure") && device.contains("; Max-Age=34560000"), "{device}");
    let device = device.split(';').next().unwrap();

    let answered = guess_until_delayed(from).await;
    assert_eq!(answered, 12, "ten, and one after each of the first delays");

    let anywhere = from("198.51.100.7");
    assert_eq!(anywhere.post_json("/api/login", &credentials("dana", PASSWORD)).await.status, 429);
    assert_eq!(
        anywhere.post_json("/api/login", &credentials("unknown", PASSWORD)).await.status,
        401,
        "other names are free"
    );
    let known = anywhere.clone().with_header("cookie", device);
    assert_eq!(known.post_json("/api/login", &credentials("dana", PASSWORD)).await.status, 200);
    let forged =
        anywhere.with_header("cookie", "__Host-agentlocator_device=0000000000000000000000000000000000000000000");
    assert_eq!(forged.post_json("/api/login", &credentials("dana", PASSWORD)).await.status, 429);
    // Wrong passwords from the known browser are limited as well.
    let wrong = credentials("dana", "wrong password");
    let mut last = 0;
    for _ in 0..6 {
        last = known.post_json("/api/login", &wrong).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_browser_logs_in_during_a_flood_of_attempts() {
    /// The limit for all unknown clients together. `AT_ONCE` is the burst, and `PER_SECOND` the rate after the burst.
    const AT_ONCE: u64 = 60;
    const PER_SECOND: u64 = 2;
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    daemon.cli_with_input(&["user", "add", "dana"], PASSWORD);
    let from = |address: String| {
        daemon.client().with_header("x-forwarded-proto", "https").with_header("x-forwarded-for", address)
    };
    let first = from("192.168.1.7".to_owned()).post_json("/api/login", &credentials("dana", PASSWORD)).await;
    let cookies: Vec<_> = first.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let device = cookies.iter().find(|line| line.starts_with("__Host-agentlocator_device=")).unwrap();
    let known = from("192.168.1.7".to_owned()).with_header("cookie", device.split(';').next().unwrap().to_owned());

    // Each attempt comes from another network, with another user name, and in parallel.
    let (began, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let flood: Vec<_> = (0..40_u32)
        .map(|worker| {
            let (client, stop) = (daemon.client().with_header("x-forwarded-proto", "https"), stop.clone());
            tokio::spawn(async move {
                let (mut hashed, mut limited) = (0, 0);
                for attempt in 0_u32.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let address = format!("2001:db8:{:x}:{worker:x}::1", attempt % 0x1_0000);
                    let client = client.clone().with_header("x-forwarded-for", address);
                    let name = format!("owner {worker} {attempt}");
                    match client.post_json("/api/login", &credentials(&name, "wrong password")).await.status {
                        401 | 503 => hashed += 1,
                        status => {
                            assert_eq!(status, 429);
                            limited += 1;
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
                (hashed, limited)
            })
        })
        .collect();
    for _ in 0..5 {
        // Fails if the login is rejected, which happens when it waits five seconds for the only hashing slot.
        let reply = known.post_json("/api/login", &credentials("dana", PASSWORD)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    tokio::task::block_in_place(|| daemon.logs().wait_for_event("LOGIN_RATE_LIMITED"));
    stop.store(true, Ordering::Relaxed);
    let (mut hashed, mut limited) = (0, 0);
    for worker in flood {
        let counted = worker.await.unwrap();
        (hashed, limited) = (hashed + counted.0, limited + counted.1);
    }
    let most = AT_ONCE + PER_SECOND * (began.elapsed().as_secs() + 1);
    assert!(hashed <= most && limited > 0, "{hashed} of at most {most} attempts were hashed, {limited} were not");
}

#[tokio::test]
async fn a_browser_that_is_logged_in_is_known_and_a_new_password_ends_the_wait() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    let dana = daemon.logged_in("dana", "staff").await;
    let device = async || {
        let reply = dana.get("/api/session").await;
        reply.header("set-cookie").split(';').next().unwrap().to_owned()
    };
    let cookie = device().await;
    assert!(cookie.starts_with("agentlocator_device=") && device().await == cookie, "{cookie}");
    let devices = "SELECT count(*) FROM devices";
    assert_eq!(daemon.query_value::<i64>(devices), 2, "that of the login, and one of the browser without its cookie");
    let again = send(dana.request(Method::GET, "/api/session").header("cookie", &cookie)).await;
    assert_eq!((again.status, again.header("set-cookie")), (200, ""));

    let from = |address: &str| {
        daemon.client().with_header("x-forwarded-for", address.to_owned()).with_header("x-forwarded-proto", "https")
    };
    guess_until_delayed(from).await;
    assert_eq!(from("198.51.100.7").post_json("/api/login", &credentials("dana", PASSWORD)).await.status, 429);
    let known = from("198.51.100.7").with_header("cookie", cookie);
    assert_eq!(known.post_json("/api/login", &credentials("dana", PASSWORD)).await.status, 200);
    let reset = daemon.cli_with_input(&["user", "reset-password", "dana"], "another horse");
    assert!(reset.status.success());
    assert_eq!(from("198.51.100.7").post_json("/api/login", &credentials("dana", "another horse")).await.status, 200);
}
