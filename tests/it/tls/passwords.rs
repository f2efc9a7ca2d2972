//! Passwords are accepted only over TLS, on this machine, or in private networks.
//!
//! A request that a configured proxy forwards for a client with a public address counts as a request from the internet.

use crate::support::access::PASSWORD;
use crate::support::client::send;
use crate::support::tls::{Authority, HOST, own_files, trusting};
use crate::support::{Client, Daemon, Reply, Setup};
use reqwest::Method;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

const PUBLIC: &str = "203.0.113.7";

fn from(client: &Client, address: &str) -> Client {
    client.clone().with_header("x-forwarded-for", address)
}

fn is_refused(reply: &Reply) -> bool {
    reply.status == 403 && reply.json()["error"]["code"] == "https_required"
}

/// Returns the method and path of every operation that accepts a password or a code.
fn confidential_operations(document: &Value) -> Vec<(Method, String)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let name = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/"));
            let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
            let fields = schema["properties"].as_object();
            let is_secret = |name: &String| name.contains("password") || name == "code";
            if fields.is_some_and(|fields| fields.keys().any(is_secret)) {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                found.push((method, path.replace("{id}", "1")));
            }
        }
    }
    found
}

#[tokio::test]
async fn plain_http_from_outside_carries_no_password() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine().env("PUBLIC_BASE_URL", "https://shop.example");
    });
    let owner = daemon.client().with_token(&daemon.token("owner"));
    let document = owner.get("/api/openapi.json").await.json();
    let operations = confidential_operations(&document);
    let paths: Vec<_> = operations.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(
        paths,
        ["/api/login", "/api/password", "/api/session/confirm", "/api/setup", "/api/users", "/api/users/1/password"]
    );
    for (method, path) in &operations {
        let ask = async |client: Client| send(client.request(method.clone(), path).json(&json!({}))).await;
        for scheme in ["http", "https"] {
            let outside = from(&owner, PUBLIC).with_header("x-forwarded-proto", scheme);
            let reply = ask(outside).await;
            assert_eq!(is_refused(&reply), scheme == "http", "{path} by {scheme}: {}", reply.text());
            if scheme == "http" {
                let error = reply.json()["error"].clone();
                assert_eq!(error["params"]["https_url"], "https://shop.example", "{error}");
                assert!(error["message"].as_str().unwrap().contains("https://shop.example"), "{error}");
            }
        }
        let silent = ask(from(&owner, PUBLIC)).await;
        assert!(is_refused(&silent), "{path}: {}", silent.text());
        assert_eq!(silent.json()["error"]["params"]["reason"], "proxy_header_missing");
        for private in
            ["192.168.1.5", "10.9.8.7", "172.20.0.3", "169.254.1.1", "100.101.102.103", "fd12::1", "fe80::1", "::1"]
        {
            let reply = ask(from(&owner, private).with_header("x-forwarded-proto", "http")).await;
            assert!(!is_refused(&reply), "{path} from {private}: {}", reply.text());
        }
        assert!(!is_refused(&ask(owner.clone()).await), "{path} from this machine");
    }
}

#[tokio::test]
async fn a_refused_login_begins_no_session_and_the_page_knows_before() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    let _ = daemon.logged_in("dana", "owner").await;
    let outside = from(&daemon.client(), PUBLIC).with_header("x-forwarded-proto", "http");
    let login = json!({"name": "dana", "password": PASSWORD});
    let refused = outside.post_json("/api/login", &login).await;
    assert!(is_refused(&refused) && refused.header("set-cookie").is_empty(), "{}", refused.text());
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("tls.domain") && message.contains("ssh"), "{message}");
    let setup = outside.get("/api/setup").await.json();
    assert_eq!(setup["connection_error"], refused.json()["error"]);
    assert_eq!(daemon.client().get("/api/setup").await.json(), json!({"needed": false}));
    // Over plain HTTP, the daemon rejects wrong passwords without checking or counting them.
    for _ in 0..8 {
        assert!(is_refused(&outside.post_json("/api/login", &json!({"name": "dana", "password": "x"})).await));
    }
    let secure = outside.with_header("x-forwarded-proto", "https").post_json("/api/login", &login).await;
    assert_eq!(secure.status, 200);
    assert!(secure.header("set-cookie").ends_with("; Secure"), "{secure:?}");
}

#[tokio::test]
async fn a_proxy_that_is_not_named_allows_nothing() {
    let daemon = Daemon::start(|_| {});
    let outside = from(&daemon.client(), PUBLIC);
    let login = json!({"name": "dana", "password": "wrong password"});
    let by_http = outside.clone().with_header("x-forwarded-proto", "http");
    assert!(is_refused(&by_http.post_json("/api/login", &login).await));
    // `X-Forwarded-For` alone is ignored: the request counts as one from this machine, which may carry a password, and
    // the wrong password is counted for this machine's address.
    for last in 1..=5 {
        let outside = outside.clone().with_header("x-forwarded-for", format!("203.0.113.{last}"));
        assert_eq!(outside.post_json("/api/login", &login).await.status, 401);
    }
    assert_eq!(daemon.client().post_json("/api/login", &login).await.status, 429);
    let logged = daemon.logs().wait_for_event("PROXY_NOT_TRUSTED");
    assert!(logged["msg"].as_str().unwrap().contains("trusted_proxies = [\"127.0.0.1\"]"), "{logged}");
    assert_eq!(daemon.logs().events_named("PROXY_NOT_TRUSTED").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_leads_to_where_this_daemon_answers_tls() {
    // With a self-signed certificate, the https URL contains the requested host.
    let daemon = Daemon::start(|setup| {
        setup.web_listeners().trusts_this_machine();
    });
    let https_url = async |daemon: &Daemon| {
        let outside = from(&daemon.client(), PUBLIC).with_header("x-forwarded-proto", "http");
        let reply = outside.with_header("host", "198.51.100.4:8080").post_json("/api/setup", &json!({})).await;
        assert!(is_refused(&reply), "{}", reply.text());
        reply.json()["error"]["params"]["https_url"].as_str().unwrap().to_owned()
    };
    assert_eq!(https_url(&daemon).await, format!("https://198.51.100.4:{}", daemon.https_address().port()));
    // With a certificate that browsers accept, the URL contains the name in the certificate.
    let authority = Authority::new();
    let mut daemon = Daemon::prepare(|setup| {
        setup.web_listeners();
    });
    let settings = own_files(daemon.folder()).replace(&format!("domain = [\"{HOST}\"]\n"), "");
    daemon.reconfigure(|setup| {
        setup.toml(&format!("{settings}[http]\ntrusted_proxies = [\"127.0.0.1\"]\n"));
    });
    authority.equip(daemon.folder());
    tokio::task::block_in_place(|| daemon.launch());
    assert_eq!(https_url(&daemon).await, daemon.https_url());
}

/// Starts a daemon with a separate listener for the page.
fn with_crm_listener(configure: impl FnOnce(&mut Setup)) -> Daemon {
    Daemon::start(|setup| {
        configure(setup.crm_listener());
    })
}

fn crm_by_tls(daemon: &Daemon) -> Client {
    let certificate = CertificateDer::from_pem_file(daemon.folder().join("tls/self-signed.pem")).unwrap();
    let address = daemon.crm_url().strip_prefix("http://").unwrap().parse().unwrap();
    Client::by_tls(
        daemon.crm_url().replace("http://127.0.0.1", "https://localhost"),
        "localhost",
        address,
        trusting(certificate),
    )
}

#[tokio::test]
async fn the_listener_of_the_page_answers_by_tls_and_by_plain_http() {
    let daemon = with_crm_listener(|setup| {
        setup.trusts_this_machine();
    });
    let by_tls = crm_by_tls(&daemon);
    assert_eq!(by_tls.get("/login").await.status, 200);
    let output = daemon.cli_with_input(&["user", "add", "dana", "--role", "owner"], PASSWORD);
    assert!(output.status.success());
    let login = json!({"name": "dana", "password": PASSWORD});
    let reply = by_tls.post_json("/api/login", &login).await;
    assert!(reply.status == 200 && reply.header("set-cookie").ends_with("; Secure"), "{reply:?}");
    assert_eq!(by_tls.get("/webhook/incoming_call").await.status, 404);
    let plain = Client::new(daemon.crm_url());
    let reply = plain.post_json("/api/login", &login).await;
    assert!(reply.status == 200 && !reply.header("set-cookie").contains("Secure"), "{reply:?}");
    let outside = from(&plain, PUBLIC).with_header("x-forwarded-proto", "http");
    let refused = outside.with_header("host", "192.0.2.9:8081").post_json("/api/login", &login).await;
    assert!(is_refused(&refused), "{}", refused.text());
    assert_eq!(refused.json()["error"]["params"]["https_url"], "https://192.0.2.9:8081");
    // The first listener stays unencrypted, and does not serve the page.
    assert_eq!(daemon.client().get("/login").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_holds_for_a_year_where_browsers_accept_the_certificate() {
    let authority = Authority::new();
    let mut daemon = Daemon::prepare(|setup| {
        setup.web_listeners().crm_listener();
    });
    let settings = own_files(daemon.folder());
    daemon.reconfigure(|setup| {
        setup.toml(&settings);
    });
    authority.equip(daemon.folder());
    tokio::task::block_in_place(|| daemon.launch());
    let crm: std::net::SocketAddr = daemon.crm_url().strip_prefix("http://").unwrap().parse().unwrap();
    let page = Client::by_tls(format!("https://{HOST}:{}", crm.port()), HOST, crm, authority.trusted());
    for client in [&page, &daemon.https_client(authority.trusted())] {
        let reply = client.get("/livez").await;
        assert_eq!(reply.header("strict-transport-security"), "max-age=31536000", "{reply:?}");
    }
    let plain = Client::new(daemon.crm_url()).get("/livez").await;
    assert_eq!((plain.status, plain.header("strict-transport-security")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn port_80_serves_neither_page_nor_api_before_there_is_a_certificate() {
    let daemon = Daemon::start(|setup| {
        setup.web_listeners();
    });
    let https = format!("https://shop.test:{}", daemon.https_address().port());
    for path in ["/", "/login", "/setup", "/app/", "/app/assets/page.js", "/webhook/incoming_call", "/metrics"] {
        let reply = daemon.ask_http("shop.test", path).await;
        assert!(reply.status == 503 || path == "/metrics" && reply.status == 404, "{path}: {}", reply.status);
        assert!(!reply.text().contains("<html"), "{path}: {}", reply.text());
        assert!(path == "/metrics" || reply.text().contains(&https), "{path}: {}", reply.text());
    }
    let client = Client::new(format!("http://{}", daemon.http_address())).with_header("host", "shop.test");
    for path in ["/api/login", "/api/setup", "/api/password", "/api/threads"] {
        let reply = client.post_json(path, &json!({"name": "dana", "password": PASSWORD})).await;
        assert!(is_refused(&reply), "{path}: {}", reply.text());
        assert_eq!(reply.json()["error"]["params"]["https_url"], https);
    }
    for path in ["/livez", "/healthz", "/readyz", "/version"] {
        assert_eq!(daemon.ask_http("shop.test", path).await.status, 200, "{path}");
    }
    let challenge = daemon.ask_http("shop.test", "/.well-known/acme-challenge/nothing").await;
    assert_eq!(challenge.status, 404);
    let local = Client::new(format!("http://{}", daemon.http_address())).get("/metrics").await;
    assert_eq!(local.status, 200, "for `agentlocator doctor` on this machine");
}

#[tokio::test]
async fn the_https_address_is_printed_first() {
    let daemon = Daemon::start(|setup| {
        setup.web_listeners();
    });
    let https = format!("https://{}/setup#code=", daemon.https_address());
    let printed = String::from_utf8(daemon.cli(&["setup"]).stdout).unwrap();
    let (first, plain) = (printed.find(&https), printed.find(&format!("{}/setup#code=", daemon.url())));
    assert!(first.is_some() && plain.is_some() && first < plain, "{printed}");
    let note = printed.find("From this machine or your own network").unwrap();
    assert!(first < Some(note) && Some(note) < plain, "{printed}");
    let event = daemon.logs().wait_for_event("SETUP_CODE");
    assert!(event["url"].as_str().unwrap().starts_with(&https), "{event}");
    assert!(event["plain_url"].as_str().unwrap().starts_with(&daemon.url()), "{event}");
    let text = event["msg"].as_str().unwrap();
    assert!(text.find("https://") < text.find("http://"), "{text}");
}
