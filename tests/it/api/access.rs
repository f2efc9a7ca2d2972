//! Calls every route of the API document with every kind of credential.

use super::with_data;
use crate::store_upgrade::put;
use crate::support::access::PASSWORD;
use crate::support::client::send;
use crate::support::{Client, Daemon};
use agentlocator::domain::hex;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// An operation in the API document.
struct Operation {
    id: String,
    method: Method,
    /// The path with the ids of existing rows, so that a handler that checks access too late changes a row and fails
    /// the test.
    path: String,
    access: Access,
    responses: BTreeSet<String>,
}

/// The callers that may call an operation.
#[derive(Clone, Copy, Debug)]
enum Access {
    Anyone,
    /// The role that each kind of credential needs. `None` means that this kind is never accepted.
    Roles {
        cookie: Option<&'static str>,
        token: Option<&'static str>,
    },
}

impl Access {
    /// Reads an operation's `security`; each of its schemes must name one role.
    fn of(operation: &Value) -> Self {
        let security = operation["security"].as_array().expect("the document declares who may call it");
        if *security == [json!({})] {
            return Self::Anyone;
        }
        let role_of = |scheme: &str| {
            let roles = security.iter().find_map(|requirement| requirement.get(scheme))?;
            let role = ROLES.into_iter().find(|role| *roles == json!([role]));
            Some(role.unwrap_or_else(|| panic!("{} declares no role for {scheme}", operation["operationId"])))
        };
        assert!(
            !security.is_empty() && security.iter().all(|requirement| requirement["cookie"] != requirement["token"]),
            "{security:?}"
        );
        Self::Roles { cookie: role_of("cookie"), token: role_of("token") }
    }
}

const ROLES: [&str; 2] = ["staff", "owner"];

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
            path: IDS.iter().fold(path.clone(), |path, (name, id)| path.replace(name, id)),
            access: Access::of(operation),
            responses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
        })
    });
    all.collect()
}

/// The values of the parameters in paths. The rows with these values are in `schema/v10.sql` and in [`MORE_ROWS`].
const IDS: [(&str, &str); 7] = [
    ("{id}", "1"),
    ("{tag_id}", "1"),
    ("{field_id}", "1"),
    ("{contact_id}", "1"),
    ("{number_id}", "1"),
    ("{kind}", "ai_refused"),
    ("{sha256}", "7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a"),
];

/// Rows for tables that are empty in `schema/v10.sql`, the database of an earlier version.
const MORE_ROWS: &str = r#"
    INSERT INTO alerts VALUES
        ('ai_refused', '{"kind":"ai_refused","state":"raised","detail":{"he":"x","en":"x"},"since":"2026-01-01T00:00:00.000Z",
          "cleared_at":null,"mute":{"Until":"2090-01-01T00:00:00.000Z"},"deliveries":[],"recurrences":0}',
         '2026-01-01T00:00:00.000Z');
    INSERT INTO custom_fields(id, business_id, name, kind, created_at) VALUES (1, 1, 'x', 'text', '2026-01-01T00:00:00.000Z');
    INSERT INTO leads(id, business_id, contact_id, title, stage_id, created_by, created_at, updated_at) VALUES
        (1, 1, 1, 'x', 1, 'user:1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO closures(id, from_date, to_date, created_by, created_at, updated_at) VALUES
        (1, '2030-01-01', '2030-01-02', 'user:1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO waiting_list(id, contact_id, service_id, from_date, to_date, created_by, created_at) VALUES
        (1, 1, 1, '2030-01-01', '2030-01-02', 'user:1', '2026-01-01T00:00:00.000Z');
    INSERT INTO merge_suggestions(id, business_id, first_contact, second_contact, reason, address, created_at) VALUES
        (1, 1, 2, 3, 'number_moved', '+972501234567', '2026-01-01T00:00:00.000Z');
    INSERT INTO scheduled_messages(id, thread_id, text, send_at, state, author, created_at, updated_at) VALUES
        (1, 1, 'x', '2030-01-01T00:00:00.000Z', 'waiting', 'user:1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO outbound_calls(id, business_id, contact_id, number, own_number, purpose, state, due_at, requested_by, created_at, updated_at)
        VALUES (1, 1, 1, '+972501234567', '+97233333333', 'x', 'waiting', '2030-01-01T00:00:00.000Z', 'user:1',
                '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');"#;

/// Returns the number of rows of each table that a rejected request might change, and the state of the users, resources
/// and services.
fn state_of(daemon: &Daemon) -> Vec<String> {
    let tables: Vec<String> = daemon.query_column(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE 'search_%' AND name NOT IN ('sessions', 'devices', 'jobs', 'backfills', 'self_checks', 'alerts',
                 'alert_events', 'changes', 'meta')
         ORDER BY name",
    );
    let count =
        |table: &String| format!("{table}: {}", daemon.query_value::<i64>(&format!("SELECT count(*) FROM {table}")));
    let mut state: Vec<_> = tables.iter().map(count).collect();
    let changes = "SELECT kind || count(*) FROM changes WHERE kind <> 'alert_updated' GROUP BY kind ORDER BY kind";
    state.extend(daemon.query_column::<String>(changes));
    state.extend(
        daemon.query_column::<String>("SELECT name || role || password_hash || coalesce(disabled_at, '') FROM users"),
    );
    state.extend(daemon.query_column::<String>("SELECT 'resource' || id || coalesce(archived_at, '') FROM resources"));
    state.extend(daemon.query_column::<String>("SELECT 'service' || id || coalesce(archived_at, '') FROM services"));
    state
}

/// Returns the muted alert of [`MORE_ROWS`] as the API shows it. A handler that checks access too late would unmute the
/// alert, or change the end of the mute.
async fn alert(client: &Client) -> Value {
    let alerts = client.get("/api/alerts").await.json();
    alerts["items"].as_array().unwrap().iter().find(|alert| alert["kind"] == "ai_refused").unwrap().clone()
}

/// A kind of caller, with its role or the error code that it must receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A caller without a credential, or with an invalid one.
    Unauthenticated(&'static str),
    Token(&'static str),
    Login(&'static str),
    /// A caller with a session cookie, but with a wrong CSRF token.
    CookieAlone(&'static str),
}

impl Operation {
    /// Returns the status and error code with which the caller must be rejected according to the document.
    fn refusal(&self, caller: Caller) -> Option<(u16, &'static str)> {
        let Access::Roles { cookie, token } = self.access else { return None };
        let allows = |needed: Option<&str>, role: &str| needed.is_some_and(|needed| needed == role || role == "owner");
        match caller {
            Caller::Unauthenticated(code) => Some((401, code)),
            Caller::Token(role) if !allows(token, role) => Some((403, "forbidden")),
            Caller::CookieAlone(_) if self.method != Method::GET => Some((403, "csrf")),
            Caller::Login(role) | Caller::CookieAlone(role) if !allows(cookie, role) => Some((403, "forbidden")),
            Caller::Token(_) | Caller::Login(_) | Caller::CookieAlone(_) => None,
        }
    }
}

/// Sends an empty object, and checks that an error has the common form. Returns the status and the error's code.
async fn ask(client: &Client, method: &Method, path: &str) -> (u16, String) {
    let reply = send(client.request(method.clone(), path).json(&json!({}))).await;
    if reply.status < 400 {
        return (reply.status, String::new());
    }
    let error = reply.json();
    assert_eq!(error["ok"], false, "{method} {path}");
    let (code, message) = (&error["error"]["code"], &error["error"]["message"]);
    assert!(code.is_string() && message.is_string(), "{method} {path}: {error}");
    (reply.status, code.as_str().unwrap().to_owned())
}

async fn status(client: &Client, method: &Method, path: &str) -> u16 {
    ask(client, method, path).await.0
}

/// Returns SQL that inserts invalid credentials: some have expired, and the users of others lack the rights or are
/// removed.
fn stale_credentials() -> String {
    let hash = |secret: &str| hex(&Sha256::digest(secret.as_bytes()));
    let (expired, lost, removed) = (hash("agl_expired"), hash("agl_lost"), hash("agl_removed"));
    let (idle, old) = (hash("idle"), hash("old"));
    format!(
        "INSERT INTO users(id, name, role, password_hash, created_at, disabled_at) VALUES
            (901, 'nira', 'staff', '', '2026-01-01T00:00:00.000Z', NULL),
            (902, 'gone #902', 'owner', '', '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z');
         INSERT INTO api_tokens(name, role, token_hash, created_at, user_id, expires_at) VALUES
            ('expired', 'owner', '{expired}', '2026-01-01T00:00:00.000Z', NULL, strftime('%FT%H:%M:%fZ', 'now', '-1 second')),
            ('lost its rights', 'owner', '{lost}', '2026-01-01T00:00:00.000Z', 901, NULL),
            ('of a removed user', 'staff', '{removed}', '2026-01-01T00:00:00.000Z', 902, NULL);
         INSERT INTO sessions(id_hash, user_id, csrf_token, created_at, last_seen_at, expires_at) VALUES
            ('{idle}', 901, 'csrf', strftime('%FT%H:%M:%fZ', 'now', '-8 days'), strftime('%FT%H:%M:%fZ', 'now', '-8 days'),
             strftime('%FT%H:%M:%fZ', 'now', '-1 days')),
            ('{old}', 901, 'csrf', strftime('%FT%H:%M:%fZ', 'now', '-31 days'), strftime('%FT%H:%M:%fZ', 'now', '-1 hour'),
             strftime('%FT%H:%M:%fZ', 'now', '+20 days'));"
    )
}

#[tokio::test]
async fn the_document_says_who_may_call_what() {
    let mut daemon = Daemon::prepare(|_| {});
    put(include_str!("../../fixtures/schema/v10.sql"), &daemon.folder().join("live/db.sqlite"));
    daemon.seed(&format!("{}{MORE_ROWS}", stale_credentials()));
    daemon.launch();
    let document = daemon.client().get("/api/openapi.json").await.json();
    let operations = operations(&document);
    let ids: BTreeSet<_> = operations.iter().map(|operation| &operation.id).collect();
    assert!(ids.len() == operations.len() && ids.len() >= 50, "each operation has an id of its own: {}", ids.len());
    let open: Vec<_> = operations.iter().filter(|o| matches!(o.access, Access::Anyone)).map(|o| &o.id).collect();
    assert_eq!(open, ["log_in", "get_openapi_document", "get_setup_state", "complete_setup"]);

    let token = |secret: &str| daemon.client().with_token(secret);
    let cookie = |secret: &str| {
        let cookie = format!("agentlocator_session={secret}");
        daemon.client().with_header("cookie", cookie).with_header("x-csrf-token", "csrf")
    };
    let revoked = daemon.token("owner");
    assert!(daemon.cli(&["token", "revoke", "test"]).status.success());
    let ended = daemon.logged_in("ended", "owner").await;
    assert_eq!(status(&ended, &Method::POST, "/api/logout").await, 200);
    let (ruth, gal) = (daemon.logged_in("ruth", "owner").await, daemon.logged_in("gal", "staff").await);
    let callers = [
        ("no credential", Caller::Unauthenticated("unauthorized"), daemon.client()),
        (
            "forged token",
            Caller::Unauthenticated("unauthorized"),
            token("agl_0000000000000000000000000000000000000000000"),
        ),
        ("revoked token", Caller::Unauthenticated("unauthorized"), token(&revoked)),
        ("expired token", Caller::Unauthenticated("token_expired"), token("agl_expired")),
        ("token without its user's rights", Caller::Unauthenticated("unauthorized"), token("agl_lost")),
        ("token of a removed user", Caller::Unauthenticated("unauthorized"), token("agl_removed")),
        ("ended session", Caller::Unauthenticated("unauthorized"), ended),
        ("idle session", Caller::Unauthenticated("unauthorized"), cookie("idle")),
        ("session past its lifetime", Caller::Unauthenticated("unauthorized"), cookie("old")),
        ("staff token", Caller::Token("staff"), token(&daemon.token("staff"))),
        ("owner token", Caller::Token("owner"), token(&daemon.token("owner"))),
        ("staff", Caller::Login("staff"), gal.clone()),
        ("owner", Caller::Login("owner"), ruth.clone()),
        ("staff with a wrong CSRF token", Caller::CookieAlone("staff"), gal.with_header("x-csrf-token", "wrong")),
        ("owner with a wrong CSRF token", Caller::CookieAlone("owner"), ruth.clone().with_header("x-csrf-token", "")),
    ];
    // The rejected requests are sent first, while all rows exist.
    let before = (state_of(&daemon), alert(&ruth).await);
    assert_eq!(before.1["muted_until"], "2090-01-01T00:00:00.000Z");
    let (mut cells, mut confirmed) = (0, BTreeSet::new());
    for (name, caller, client) in &callers {
        for operation in &operations {
            let Operation { id, method, path, responses, .. } = operation;
            let Some(refusal) = operation.refusal(*caller) else { continue };
            let (status, code) = ask(client, method, path).await;
            assert_eq!((status, code.as_str()), refusal, "{id} for {name}");
            assert!(responses.contains(&status.to_string()), "{id} does not document {status}");
            cells += 1;
        }
    }
    assert_eq!((state_of(&daemon), alert(&ruth).await), before, "a refused request changed something");
    for (name, caller, client) in &callers {
        for operation in operations.iter().filter(|operation| operation.refusal(*caller).is_none()) {
            let Operation { id, method, path, .. } = operation;
            // These operations may invalidate their session, so they get a session that no other operation uses.
            let client = match *caller {
                Caller::Login(role) if ["log_out", "end_session"].contains(&id.as_str()) => {
                    daemon.log_in(if role == "owner" { "ruth" } else { "gal" }, PASSWORD).await
                }
                _ => client.clone(),
            };
            let (status, code) = ask(&client, method, path).await;
            // An operation that requires a recent password check returns `confirmation_required` to the callers that
            // have access.
            if code == "confirmation_required" {
                assert_eq!(status, 403, "{id} for {name}");
                confirmed.insert(id.as_str());
            } else {
                assert!(status < 500 && ![401, 403].contains(&status), "{id} for {name}: {status} {code}");
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 15 * operations.len());
    // The other operations that require a recent password check reject the empty body before that check.
    assert_eq!(confirmed, BTreeSet::from(["download_backup"]));
}

#[tokio::test]
async fn unauthenticated_clients_cannot_probe_paths() {
    let (daemon, api) = with_data();
    for path in ["/api", "/api/", "/api/nothing", "/api/threads/1/nothing", "/api/setup/x"] {
        assert_eq!(status(&daemon.client(), &Method::GET, path).await, 401, "{path}");
        assert_eq!(status(&api, &Method::GET, path).await, 404, "{path}");
    }
    assert_eq!(status(&daemon.client(), &Method::DELETE, "/api/threads").await, 401);
    assert_eq!(status(&api, &Method::DELETE, "/api/threads").await, 405);
    assert_eq!(status(&daemon.client(), &Method::DELETE, "/api/login").await, 405);
    for path in ["/api/media/%ff", "/api/media/x", "/api/threads/%ff", "/api/threads/99999999999999999999"] {
        let reply = api.get(path).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (404, json!("not_found")), "{path}");
    }
    for path in ["/nothing", "/webhook/nothing", "/ws/nothing", "/static/nothing", "/apix"] {
        let reply = daemon.client().get(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (404, "text/plain; charset=utf-8"), "{path}");
    }
}

#[tokio::test]
async fn invalid_bodies_are_answered_with_4xx() {
    let (daemon, api) = with_data();
    let post = |body: Vec<u8>, kind: &'static str| {
        send(api.request(Method::POST, "/api/tokens").header("content-type", kind).body(body))
    };
    for (body, kind, wanted) in [
        (b"{".to_vec(), "application/json", 400),
        (b"{}".to_vec(), "application/json", 422),
        (br#"{"name":"x","role":"king"}"#.to_vec(), "application/json", 422),
        (br#"{"name":""}"#.to_vec(), "application/json", 400),
        (b"name=x".to_vec(), "application/x-www-form-urlencoded", 415),
        (vec![b' '; (1 << 20) + 1], "application/json", 413),
    ] {
        let reply = post(body, kind).await;
        assert_eq!((reply.status, reply.json()["ok"].clone()), (wanted, json!(false)), "{kind} {wanted}");
        assert!(!reply.text().contains("eserialize"), "an error text of the framework: {}", reply.text());
    }
    drop(daemon);
}

#[tokio::test]
async fn each_response_has_its_own_request_id() {
    let daemon = Daemon::start(|_| {});
    let ids: BTreeSet<_> = [
        daemon.client().get("/healthz").await.header("x-request-id").to_owned(),
        daemon.client().get("/api/threads").await.header("x-request-id").to_owned(),
        daemon.client().get("/nothing").await.header("x-request-id").to_owned(),
    ]
    .into();
    assert!(ids.len() == 3 && ids.iter().all(|id| id.len() == 16), "{ids:?}");
}
