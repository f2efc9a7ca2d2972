//! The first set-up, login, sessions, tokens and users.

mod full_disk;
mod guessing;
mod roles;

use super::support::{Client, Daemon, access::PASSWORD, client::send, whatsapp::until};
use agentlocator::crm::setup::SetupCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

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

#[tokio::test]
async fn a_set_up_code_expires_after_a_day() {
    let mut daemon = Daemon::prepare(|_| {});
    let (code, ends) = ("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A", agentlocator::clock::now().plus(Duration::from_secs(5)));
    let hash = SetupCode::parse(code).hash();
    daemon.seed(&format!(
        "INSERT INTO setup_codes(code_hash, created_at, expires_at) VALUES ('{hash}', '2026-01-01T00:00:00.000Z', '{ends}')"
    ));
    daemon.launch();
    until("the code to expire", async || (agentlocator::clock::now() > ends).then_some(())).await;
    let setup = json!({"code": code, "name": "Dana", "password": PASSWORD});
    let reply = daemon.client().post_json("/api/setup", &setup).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (403, json!("forbidden")), "{}", reply.text());
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

    dana.confirm().await;
    let reset = dana.post_json(&format!("/api/users/{id}/password"), &json!({"password": "another horse"})).await;
    assert_eq!((reset.status, noa.get("/api/session").await.status), (200, 401));
    let noa = daemon.log_in("נועה", "another horse").await;
    assert_eq!(send(dana.request(Method::DELETE, &format!("/api/users/{id}"))).await.status, 200);
    assert_eq!(noa.get("/api/session").await.status, 401);
    let owner = dana.get("/api/users").await.json()["items"][0]["id"].clone();
    assert_eq!(send(dana.request(Method::DELETE, &format!("/api/users/{owner}"))).await.status, 409);
    assert_eq!(send(dana.request(Method::DELETE, "/api/users/999")).await.status, 404);
    // The name of a deleted user can be given to a new user.
    assert_eq!(dana.post_json("/api/users", &new).await.status, 201);
    let actions: Vec<Value> = dana.get("/api/audit").await.json()["items"].as_array().unwrap().clone();
    assert!(actions.iter().any(|entry| entry["action"] == "user_removed" && entry["subject"] == format!("user:{id}")));
}

#[tokio::test]
async fn a_session_alone_gives_no_lasting_access() {
    let daemon = Daemon::start(|_| {});
    let (dana, noa) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("noa", "staff").await);
    let noa_id = noa.get("/api/session").await.json()["user"]["id"].clone();
    let user = |name: &str, role: &str| json!({"name": name, "role": role, "password": PASSWORD});
    let guarded = [
        ("/api/tokens".to_owned(), json!({"name": "till", "role": "owner"}), 201),
        ("/api/users".to_owned(), user("gal", "owner"), 201),
        (format!("/api/users/{noa_id}/password"), json!({"password": "another horse"}), 200),
    ];
    for (path, body, _) in &guarded {
        let refused = dana.post_json(path, body).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (403, json!("confirmation_required")));
    }
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM users"), 2);
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM api_tokens"), 0);
    assert_eq!(noa.get("/api/session").await.status, 200, "her password is the same");
    // A change that grants no more rights than those of staff requires no password.
    assert_eq!(dana.post_json("/api/tokens", &json!({"name": "till"})).await.status, 201);
    assert_eq!(dana.post_json("/api/users", &user("tal", "staff")).await.status, 201);

    let wrong = dana.post_json("/api/session/confirm", &json!({"password": "wrong horse"})).await;
    assert_eq!(wrong.status, 403);
    assert_eq!(dana.post_json(&guarded[0].0, &guarded[0].1).await.status, 403);
    dana.confirm().await;
    for (path, body, status) in &guarded {
        assert_eq!(dana.post_json(path, body).await.status, *status, "{path}");
    }
    // A client with an owner's token has no password to confirm.
    let api = daemon.api();
    assert_eq!(api.post_json("/api/tokens", &json!({"name": "second", "role": "owner"})).await.status, 201);
}

#[tokio::test]
async fn a_session_alone_sends_no_snapshots_elsewhere() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let change = async |client: &Client, changes: &Value| {
        send(client.request(Method::PATCH, "/api/settings").json(&json!({"changes": changes}))).await
    };
    let guarded = [
        json!({"backup.s3_endpoint": "https://s3.example"}),
        json!({"backup.hour": 4, "backup.s3_bucket": "elsewhere"}),
        json!({"backup.s3_secret_access_key": "a-key-of-another-account"}),
        json!({"backup.age_recipients": null}),
    ];
    for changes in &guarded {
        let refused = change(&dana, changes).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (403, json!("confirmation_required")));
    }
    assert_eq!(dana.get("/api/settings/history").await.json()["items"], json!([]));
    assert!(!daemon.folder().join("page-secrets.toml").exists());
    assert_eq!(change(&dana, &json!({"backup.hour": 4})).await.status, 200);

    dana.confirm().await;
    for changes in &guarded {
        let reply = change(&dana, changes).await;
        assert_eq!(reply.status, 200, "{changes}: {}", reply.text());
    }
    // A client with an owner's token has no password to confirm.
    assert_eq!(change(&daemon.api(), &json!({"backup.s3_bucket": "shop"})).await.status, 200);
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
    // Only the hash of the secret is stored in the database.
    let hash: String = daemon.query_value("SELECT token_hash FROM api_tokens WHERE name = 'till'");
    let file = daemon.published_content();
    let contains = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains(&hash) && !contains(made.json()["token"].as_str().unwrap()));
}

#[tokio::test]
async fn the_settings_show_where_they_came_from_and_no_secret() {
    let daemon = Daemon::start(|setup| {
        setup.env("TWILIO_AUTH_TOKEN", "0123456789abcdef");
    });
    let reply = daemon.api().get("/api/settings").await;
    let settings = reply.json()["items"].as_array().unwrap().clone();
    let token = settings.iter().find(|setting| setting["key"] == "twilio.auth_token").unwrap();
    assert_eq!((&token["value"], &token["secret_set"]), (&json!(null), &json!(true)));
    assert_eq!((&token["source"], &token["variable"]), (&json!("environment"), &json!("TWILIO_AUTH_TOKEN")));
    assert!(!reply.text().contains("0123456789abcdef"));
}

#[tokio::test]
async fn basic_authentication_of_a_proxy_is_ignored() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await.with_header("authorization", "Basic ZGFuYTpob3JzZQ==");
    assert_eq!(dana.get("/api/session").await.status, 200);
    let unknown = daemon.client().with_header("authorization", "Basic ZGFuYTpob3JzZQ==");
    assert_eq!(unknown.get("/api/session").await.status, 401);
}

#[tokio::test]
async fn a_token_says_who_created_it_and_ends_with_that_user() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let noa = daemon.logged_in("noa", "owner").await;
    noa.confirm().await;
    let till = noa.post_json("/api/tokens", &json!({"name": "till", "role": "owner"})).await.json();
    let till_client = daemon.client().with_token(till["token"].as_str().unwrap());
    let second = till_client.post_json("/api/tokens", &json!({"name": "second"})).await.json();
    let second_client = daemon.client().with_token(second["token"].as_str().unwrap());
    let console = daemon.api();
    let noa_id = noa.get("/api/session").await.json()["user"]["id"].clone();
    let tokens = dana.get("/api/tokens").await.json()["items"].as_array().unwrap().clone();
    let made_by = |i: usize| (tokens[i]["created_by"].clone(), tokens[i]["user_name"].clone());
    assert_eq!(made_by(0), (json!(format!("user:{noa_id}")), json!("noa")));
    assert_eq!(
        made_by(1),
        (json!(format!("token:{}", till["id"])), json!("noa")),
        "a token's user answers for its tokens"
    );
    assert_eq!(made_by(2), (json!("cli"), Value::Null));
    assert_eq!(send(dana.request(Method::DELETE, &format!("/api/users/{noa_id}"))).await.status, 200);
    for (client, status) in [(&till_client, 401), (&second_client, 401), (&console, 200)] {
        assert_eq!(client.get("/api/session").await.status, status);
    }
    assert_eq!(dana.get("/api/tokens").await.json()["items"].as_array().unwrap().len(), 1);
    let entries = dana.get("/api/audit").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(entries.iter().filter(|entry| entry["action"] == "token_revoked").count(), 2);
}

#[tokio::test]
async fn a_token_is_not_accepted_after_it_expired() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    let past = json!({"name": "till", "expires_at": "2026-01-01T00:00:00Z"});
    assert_eq!(api.post_json("/api/tokens", &past).await.status, 400);
    let soon = agentlocator::clock::now().plus(std::time::Duration::from_secs(2)).to_string();
    let made = api.post_json("/api/tokens", &json!({"name": "till", "expires_at": soon})).await.json();
    assert_eq!(made["expires_at"], soon);
    let till = daemon.client().with_token(made["token"].as_str().unwrap());
    assert_eq!(till.get("/api/session").await.status, 200);
    let refused =
        until("the token to expire", async || Some(till.get("/api/session").await).filter(|reply| reply.status != 200));
    let refused = refused.await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (401, json!("token_expired")));
    let shown = api.get("/api/tokens").await.json()["items"][1].clone();
    assert!(shown["last_used_at"].is_string() && shown["expires_at"] == soon, "{shown}");

    let output = daemon.cli(&["token", "create", "week", "--expires-in-days", "7"]);
    assert!(output.status.success());
    let listed = String::from_utf8(daemon.cli(&["token", "list"]).stdout).unwrap();
    assert!(listed.contains("EXPIRES") && listed.contains("never"), "{listed}");
    assert_eq!(daemon.cli(&["token", "create", "x", "--expires-in-days", "0"]).status.code(), Some(2));
}

#[tokio::test]
async fn an_event_stream_ends_with_its_credential() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let made = dana.post_json("/api/tokens", &json!({"name": "till"})).await.json();
    let till = daemon.client().with_token(made["token"].as_str().unwrap());
    let there = daemon.log_in("dana", PASSWORD).await;
    for (client, end) in [(till, format!("/api/tokens/{}", made["id"])), (there, "/api/sessions".to_owned())] {
        let mut stream = client.request(Method::GET, "/api/events").send().await.unwrap();
        assert_eq!(stream.status(), 200);
        assert_eq!(send(dana.request(Method::DELETE, &end)).await.status, 200);
        let ends = async { while stream.chunk().await.unwrap().is_some() {} };
        tokio::time::timeout(std::time::Duration::from_secs(20), ends).await.expect("the stream ends soon");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let daemon = Daemon::start(|_| {});
    let dana = daemon.logged_in("dana", "owner").await;
    let gal = daemon.logged_in("gal", "staff").await;
    let phone = daemon.client().with_header("user-agent", "Phone");
    let phone = phone.clone().with_login(&phone.post_json("/api/login", &credentials("gal", PASSWORD)).await);
    let sessions = gal.get("/api/sessions").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    let week = agentlocator::clock::now().plus(Duration::from_hours(7 * 24)).to_string();
    assert!(sessions.iter().all(|session| session["expires_at"].as_str().unwrap() <= week.as_str()), "{sessions:?}");
    let is_current = |current: bool| sessions.iter().find(|session| session["is_current"] == current).unwrap();
    assert_eq!(is_current(false)["user_agent"], "Phone");
    // Staff can end only their own sessions.
    let own = dana.get("/api/sessions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(send(gal.request(Method::DELETE, &format!("/api/sessions/{own}"))).await.status, 404);
    for id in ["", "0", &own[..15], "%25", "________________"] {
        let status = send(dana.request(Method::DELETE, &format!("/api/sessions/{id}x"))).await.status;
        assert_eq!(status, 404, "{id}");
    }
    let id = is_current(false)["id"].as_str().unwrap();
    assert_eq!(send(gal.request(Method::DELETE, &format!("/api/sessions/{id}"))).await.status, 200);
    assert_eq!((phone.get("/api/session").await.status, gal.get("/api/session").await.status), (401, 200));

    let another = daemon.log_in("gal", PASSWORD).await;
    assert_eq!(send(gal.request(Method::DELETE, "/api/sessions")).await.status, 200);
    assert_eq!((another.get("/api/session").await.status, gal.get("/api/session").await.status), (401, 200));

    // An owner sees the sessions of every user and can end them.
    let gal_id = gal.get("/api/session").await.json()["user"]["id"].clone();
    let path = format!("/api/users/{gal_id}/sessions");
    assert_eq!(dana.get(&path).await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(gal.get(&path).await.status, 403);
    assert_eq!(send(dana.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!((gal.get("/api/session").await.status, dana.get("/api/session").await.status), (401, 200));
    assert_eq!(dana.get("/api/users/999/sessions").await.status, 404);
}

#[tokio::test]
async fn a_session_in_use_ends_with_its_lifetime() {
    let mut daemon = Daemon::prepare(|_| {});
    let id_hash = agentlocator::crm::token::hash("cookie");
    daemon.seed(&format!(
        "INSERT INTO users(id, name, role, password_hash, created_at) VALUES (1, 'dana', 'owner', '', '2026-01-01T00:00:00.000Z');
         INSERT INTO sessions(id_hash, user_id, csrf_token, created_at, last_seen_at, expires_at) VALUES
            ('{id_hash}', 1, 'csrf', strftime('%FT%H:%M:%fZ', 'now', '-29 days'), strftime('%FT%H:%M:%fZ', 'now', '-1 hour'),
             strftime('%FT%H:%M:%fZ', 'now', '+6 days'));"
    ));
    daemon.launch();
    let dana = daemon.client().with_header("cookie", "agentlocator_session=cookie");
    until("the use to be noted", async || {
        assert_eq!(dana.get("/api/session").await.status, 200);
        let left: f64 = daemon.query_value("SELECT julianday(expires_at) - julianday('now') FROM sessions");
        (left < 1.1).then_some(())
    })
    .await;
}

fn credentials(name: &str, password: &str) -> Value {
    json!({"name": name, "password": password})
}
