//! First set-up, login, sessions, tokens, users.

use super::support::{Daemon, access::PASSWORD, client::send};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_first_owner_is_made_with_the_code_of_the_log() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    assert_eq!(client.get("/api/setup").await.json(), json!({"needed": true}));
    let url = daemon.logs().wait_for_event("SETUP_CODE")["url"].as_str().unwrap().to_owned();
    let (page, code) = url.split_once("/setup#code=").unwrap();
    assert_eq!(page, daemon.url());

    let setup = |code: &str| json!({"code": code, "name": "Dana", "password": PASSWORD});
    let wrong = client.post_json("/api/setup", &setup("00000-00000-00000-00000-00000-0")).await;
    assert_eq!((wrong.status, wrong.json()["ok"].clone()), (403, json!(false)));
    let short = client.post_json("/api/setup", &json!({"code": code, "name": "Dana", "password": "short"})).await;
    assert_eq!(short.status, 400);

    let made = client.post_json("/api/setup", &setup(&code.to_lowercase())).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let account = client.clone().with_login(&made).get("/api/session").await.json();
    assert_eq!((&account["user"]["name"], &account["role"]), (&json!("Dana"), &json!("owner")));
    assert_eq!(client.get("/api/setup").await.json(), json!({"needed": false}));
    assert_eq!(client.post_json("/api/setup", &setup(code)).await.status, 409);
    let output = daemon.cli(&["setup"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is an owner already"));
}

#[tokio::test]
async fn the_command_line_prints_another_code_until_there_is_an_owner() {
    let daemon = Daemon::start(|_| {});
    let first = printed_code(&daemon);
    let second = printed_code(&daemon);
    assert_ne!(first, second);
    let setup = json!({"code": second, "name": "Dana", "password": PASSWORD});
    assert_eq!(daemon.client().post_json("/api/setup", &setup).await.status, 200);
}

fn printed_code(daemon: &Daemon) -> String {
    let output = daemon.cli(&["setup"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let code = text.split_once("/setup#code=").unwrap().1.lines().next().unwrap().to_owned();
    assert!(text.contains(&daemon.url()));
    code
}

#[tokio::test]
async fn a_login_lasts_over_a_restart_and_ends_with_logout() {
    let mut daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    daemon.restart();
    assert_eq!(dana.get("/api/session").await.status, 200);
    let out = dana.post_json("/api/logout", &json!({})).await;
    assert_eq!(out.status, 200);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(dana.get("/api/session").await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_foreign_pages() {
    let daemon = Daemon::start(|_| {});
    daemon.logged_in("dana", "owner").await;
    let login = json!({"name": "DANA", "password": PASSWORD});
    let cookie = daemon.client().post_json("/api/login", &login).await.header("set-cookie").to_owned();
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http to loopback: {cookie}");
    let secure = Daemon::start(|setup| {
        setup.env("PUBLIC_BASE_URL", "https://shop.example");
    });
    secure.cli_with_input(&["user", "add", "dana"], PASSWORD);
    let cookie = secure.client().post_json("/api/login", &login).await.header("set-cookie").to_owned();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_form_of_a_foreign_page_cannot_log_in_or_change_anything() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let form = daemon.client().post_form("/api/login", &[("name", "dana"), ("password", PASSWORD)]).await;
    assert_eq!((form.status, form.json()["error"]["code"].clone()), (415, json!("unsupported_media_type")));
    for token in ["", "0123"] {
        let reply = dana.clone().with_header("x-csrf-token", token).post_json("/api/logout", &json!({})).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (403, json!("csrf")));
    }
    assert_eq!(dana.get("/api/session").await.status, 200);
}

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
    // Another address is not held up, and a named proxy passes addresses on.
    let elsewhere =
        client.clone().with_header("x-forwarded-for", "203.0.113.7").with_header("x-forwarded-proto", "https");
    let reply = elsewhere.post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let daemon = Daemon::start(|_| {});
    let here = daemon.logged_in("dana", "staff").await;
    let there = daemon.log_in("dana", PASSWORD).await;
    let change = |current: &str| json!({"current_password": current, "new_password": "better horse"});
    assert_eq!(here.post_json("/api/password", &change("wrong horse")).await.status, 403);
    assert_eq!(here.post_json("/api/password", &change(PASSWORD)).await.status, 200);
    assert_eq!((here.get("/api/session").await.status, there.get("/api/session").await.status), (200, 401));
    daemon.log_in("dana", "better horse").await;
}

#[tokio::test]
async fn owners_manage_users() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let new = json!({"name": "נועה", "role": "staff", "password": PASSWORD});
    let made = dana.post_json("/api/users", &new).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].clone();
    assert_eq!(dana.post_json("/api/users", &new).await.status, 409);
    let noa = daemon.log_in("נועה", PASSWORD).await;
    assert_eq!(noa.get("/api/users").await.status, 403);

    let reset = dana.post_json(&format!("/api/users/{id}/password"), &json!({"password": "another horse"})).await;
    assert_eq!((reset.status, noa.get("/api/session").await.status), (200, 401));
    let noa = daemon.log_in("נועה", "another horse").await;
    assert_eq!(send(dana.request(Method::DELETE, &format!("/api/users/{id}"))).await.status, 200);
    assert_eq!(noa.get("/api/session").await.status, 401);
    let owner = dana.get("/api/users").await.json()["users"][0]["id"].clone();
    assert_eq!(send(dana.request(Method::DELETE, &format!("/api/users/{owner}"))).await.status, 409);
    assert_eq!(send(dana.request(Method::DELETE, "/api/users/999")).await.status, 404);
    // Whoever was removed can come back as somebody new.
    assert_eq!(dana.post_json("/api/users", &new).await.status, 201);
    let actions: Vec<Value> = dana.get("/api/audit").await.json()["entries"].as_array().unwrap().clone();
    assert!(actions.iter().any(|entry| entry["action"] == "user_removed" && entry["subject"] == format!("user:{id}")));
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    let made = api.post_json("/api/tokens", &json!({"name": "till"})).await;
    assert_eq!((made.status, made.json()["role"].clone()), (201, json!("staff")));
    let till = daemon.client().with_token(made.json()["token"].as_str().unwrap());
    assert_eq!(till.get("/api/session").await.json()["role"], "staff");
    assert_eq!(till.get("/api/tokens").await.status, 403);
    let list = api.get("/api/tokens").await;
    assert!(!list.text().contains(made.json()["token"].as_str().unwrap()));
    assert_eq!(send(api.request(Method::DELETE, &format!("/api/tokens/{}", made.json()["id"]))).await.status, 200);
    assert_eq!(till.get("/api/session").await.status, 401);
    // The secret is nowhere in the database.
    let file = std::fs::read(daemon.published_file()).unwrap_or_default();
    let secret = made.json()["token"].as_str().unwrap().as_bytes().to_vec();
    assert!(!file.windows(secret.len()).any(|window| window == secret));
}

#[tokio::test]
async fn the_settings_show_where_they_came_from_and_no_secret() {
    let daemon = Daemon::start(|setup| {
        setup.env("TWILIO_AUTH_TOKEN", "0123456789abcdef");
    });
    let reply = daemon.api().get("/api/settings").await;
    let settings = reply.json()["settings"].as_array().unwrap().clone();
    let token = settings.iter().find(|setting| setting["key"] == "twilio.auth_token").unwrap();
    assert_eq!((&token["value"], &token["origin"]), (&json!("•••"), &json!("environment variable TWILIO_AUTH_TOKEN")));
    assert!(!reply.text().contains("0123456789abcdef"));
}

#[tokio::test]
async fn a_proxys_own_password_is_no_concern_of_ours() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await.with_header("authorization", "Basic ZGFuYTpob3JzZQ==");
    assert_eq!(dana.get("/api/session").await.status, 200);
    let nobody = daemon.client().with_header("authorization", "Basic ZGFuYTpob3JzZQ==");
    assert_eq!(nobody.get("/api/session").await.status, 401);
}
