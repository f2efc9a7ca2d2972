//! Certificates from Pebble, an ACME authority that validates that the names belong to this server.

use crate::support::Daemon;
use crate::support::pebble::{EXTERNAL_KEY, Pebble, PebbleOptions, free_ports};
use crate::support::tls::{Authority, HOST, trusting};
use crate::support::whatsapp::until;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn prepare() -> Daemon {
    Daemon::prepare(|setup| {
        setup.web_listeners();
    })
}

fn options(daemon: &Daemon) -> PebbleOptions {
    PebbleOptions::validating_at(daemon.http_address(), daemon.https_address())
}

/// Starts the daemon with these settings.
fn launch(daemon: &mut Daemon, settings: &str) {
    daemon.reconfigure(|setup| {
        setup.toml(settings).env("PUBLIC_BASE_URL", format!("https://{HOST}"));
    });
    tokio::task::block_in_place(|| daemon.launch());
}

fn wait_for(daemon: &Daemon, mark: usize, event: &str) -> Value {
    tokio::task::block_in_place(|| daemon.logs().wait_for_event_from(mark, event))
}

/// Waits until the daemon serves a certificate of the authority.
fn wait_for_certificate(daemon: &Daemon, mark: usize) -> Value {
    tokio::task::block_in_place(|| {
        daemon.logs().wait_until("a certificate", |lines| {
            let events = lines.iter().skip(mark).filter_map(|line| serde_json::from_str::<Value>(line).ok());
            events.filter(|event| event["event"] == "TLS_CERTIFICATE").find(|event| event["source"] == "acme")
        })
    })
}

async fn is_trusted(daemon: &Daemon, pebble: &Pebble) {
    let reply = daemon.https_client(trusting(pebble.root().await)).get("/livez").await;
    assert_eq!((reply.status, reply.header("strict-transport-security")), (200, "max-age=31536000"));
}

fn time_of(value: &Value) -> SystemTime {
    let at: agentlocator::domain::Timestamp = value.as_str().unwrap().parse().unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millis()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_two_names_by_http_01_is_kept_over_a_restart() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&options(&daemon));
    let names = [HOST, "www.shop.test"];
    launch(&mut daemon, &pebble.settings(&names, "acme_challenge = \"http-01\"\nacme_contact = \"owner@shop.test\""));
    let logged = wait_for_certificate(&daemon, 0);
    assert!(logged["names"].as_str().unwrap().contains("www.shop.test"), "{logged}");
    is_trusted(&daemon, &pebble).await;
    // The daemon schedules the renewal shortly after it has started to use the certificate.
    let status = until("the renewal to be scheduled", async || {
        let status = daemon.tls_status().await;
        (time_of(&status["next_attempt_at"]) > time_of(&status["not_before"]) + Duration::from_hours(1))
            .then_some(status)
    })
    .await;
    assert_eq!((&status["health"], &status["source"]), (&"ok".into(), &"acme".into()), "{status:#}");
    assert_eq!(status["last_error"], Value::Null);
    let (begins, ends) = (time_of(&status["not_before"]), time_of(&status["not_after"]));
    let next = time_of(&status["next_attempt_at"]);
    assert!(
        next >= begins + Duration::from_hours(59 * 24) && next < ends - Duration::from_hours(20 * 24),
        "{status:#}"
    );
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "ok");
    let location = daemon.ask_http("www.shop.test", "/a?b=c").await;
    assert_eq!((location.status, location.header("location")), (308, "https://www.shop.test/a?b=c"));
    let metrics = daemon.client().get("/metrics").await.text();
    assert!(metrics.contains("agentlocator_tls_certificate_expiry_timestamp_seconds"), "{metrics}");
    for entry in std::fs::read_dir(daemon.folder().join("tls")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
    }

    let mark = daemon.logs().mark();
    tokio::task::block_in_place(|| daemon.restart());
    let again = wait_for_certificate(&daemon, mark);
    assert_eq!(again["fingerprint"], logged["fingerprint"]);
    is_trusted(&daemon, &pebble).await;
    assert_eq!(daemon.logs().events_named("TLS_ORDERING").len(), 1, "a valid certificate is not ordered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_by_tls_alpn_01_at_an_authority_with_errors() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&PebbleOptions { refused_nonces: 20, external_account: true, ..options(&daemon) });
    let more = "acme_challenge = \"tls-alpn-01\"\nacme_eab_key_id = \"kid-1\"";
    daemon.reconfigure(|setup| {
        setup.env("ACME_EAB_HMAC_KEY", EXTERNAL_KEY);
    });
    launch(&mut daemon, &pebble.settings(&[HOST], more));
    wait_for_certificate(&daemon, 0);
    is_trusted(&daemon, &pebble).await;
    // The TLS handshake of another client that requests the authority's validation protocol fails.
    let mut curious = trusting(pebble.root().await);
    curious.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    assert!(daemon.handshake(curious).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_before_it_expires() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&PebbleOptions { life_s: 15, ..options(&daemon) });
    launch(&mut daemon, &pebble.settings(&[HOST], ""));
    let first = wait_for_certificate(&daemon, 0);
    let mark = daemon.logs().mark();
    let renewed = wait_for_certificate(&daemon, mark);
    assert_ne!(first["fingerprint"], renewed["fingerprint"]);
    let events = daemon.logs().events();
    let mut later = events.iter().skip_while(|event| event["fingerprint"] != first["fingerprint"]);
    let ordering = later.find(|event| event["event"] == "TLS_ORDERING").unwrap();
    assert!(time_of(&ordering["ts"]) < time_of(&first["not_after"]), "{first} {ordering}");
    is_trusted(&daemon, &pebble).await;
    assert_eq!(daemon.logs().events_named("TLS_ACCOUNT").len(), 1, "the account is kept");
}

/// Kills a daemon in the middle of an order and starts it again. The returned stream is a validation request that the
/// authority sent before the kill. The returned listener receives the later requests.
async fn restarted_in_the_middle() -> (Daemon, Pebble, usize, TcpStream, TcpListener) {
    let mut daemon = prepare();
    let [closed] = free_ports();
    let way_in = SocketAddr::from(([127, 0, 0, 1], closed));
    let waiting = TcpListener::bind(way_in).await.unwrap();
    let pebble = Pebble::start(&PebbleOptions { http: way_in, ..options(&daemon) });
    launch(&mut daemon, &pebble.settings(&[HOST], "acme_challenge = \"http-01\""));
    let (question, _) = waiting.accept().await.unwrap();
    daemon.kill9();
    let mark = daemon.logs().mark();
    tokio::task::block_in_place(|| daemon.launch());
    wait_for(&daemon, mark, "TLS_ORDER_RESUMED");
    (daemon, pebble, mark, question, waiting)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_an_order_resumes_it() {
    let (daemon, pebble, mark, question, waiting) = restarted_in_the_middle().await;
    tokio::spawn(copy_both_ways(question, daemon.http_address()));
    tokio::spawn(forward(waiting, daemon.http_address()));
    wait_for_certificate(&daemon, mark);
    is_trusted(&daemon, &pebble).await;
    assert!(daemon.logs().events_named("TLS_ORDER_FAILED").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_restart_invalidated_is_placed_again() {
    let (daemon, pebble, mark, mut question, waiting) = restarted_in_the_middle().await;
    question.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    tokio::spawn(forward(waiting, daemon.http_address()));
    wait_for_certificate(&daemon, mark);
    is_trusted(&daemon, &pebble).await;
    wait_for(&daemon, mark, "TLS_ORDER_INVALID");
    assert!(daemon.logs().events_named("TLS_ORDER_FAILED").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_name_is_reported_and_not_ordered_repeatedly() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&options(&daemon));
    launch(&mut daemon, &pebble.settings(&["blocked.test"], ""));
    let logged = wait_for(&daemon, 0, "TLS_ORDER_FAILED");
    let text = logged["msg"].as_str().unwrap();
    assert!(text.contains("refused:") && text.contains("check tls.domain"), "{text}");
    let status = daemon.tls_status().await;
    assert_eq!((&status["health"], &status["source"]), (&"error".into(), &"self_signed".into()), "{status:#}");
    assert!(status["last_error"]["text"].as_str().unwrap().contains("blocked.test"), "{status:#}");
    assert!(time_of(&status["next_attempt_at"]) > SystemTime::now() + Duration::from_mins(25), "{status:#}");
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "error");
    assert_eq!(daemon.ask_http(HOST, "/livez").await.status, 200);

    tokio::task::block_in_place(|| daemon.restart());
    let again = daemon.tls_status().await;
    assert_eq!(again["next_attempt_at"], status["next_attempt_at"], "a restart does not shorten the wait");
    assert_eq!(again["last_error"], status["last_error"]);
    assert_eq!(daemon.logs().events_named("TLS_ORDERING").len(), 1);

    let mark = daemon.logs().mark();
    tokio::task::block_in_place(|| daemon.stop());
    launch(&mut daemon, &pebble.settings(&[HOST], ""));
    wait_for_certificate(&daemon, mark);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_challenge_type_falls_back_to_the_other() {
    let mut daemon = prepare();
    let [closed] = free_ports();
    let pebble = Pebble::start(&PebbleOptions { http: ([127, 0, 0, 1], closed).into(), ..options(&daemon) });
    launch(&mut daemon, &pebble.settings(&[HOST], ""));
    wait_for_certificate(&daemon, 0);
    let failed = wait_for(&daemon, 0, "TLS_CHALLENGE_FAILED");
    let text = failed["msg"].as_str().unwrap();
    assert!(text.contains("check that port 80 of shop.test leads to this machine"), "{text}");
    is_trusted(&daemon, &pebble).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_retries_a_failed_order() {
    let mut daemon = prepare();
    let [closed] = free_ports();
    let way_in = SocketAddr::from(([127, 0, 0, 1], closed));
    let pebble = Pebble::start(&PebbleOptions { http: way_in, ..options(&daemon) });
    launch(&mut daemon, &pebble.settings(&[HOST], "acme_challenge = \"http-01\""));
    wait_for(&daemon, 0, "TLS_ORDER_FAILED");
    // Opens the port to which the authority sends its validation requests, and forwards its connections to the daemon.
    tokio::spawn(forward(TcpListener::bind(way_in).await.unwrap(), daemon.http_address()));
    daemon.signal(1);
    wait_for_certificate(&daemon, 0);
    assert_eq!(daemon.tls_status().await["last_error"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limit_of_an_authority_is_respected() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&options(&daemon));
    let fixture = DirectoryOverride::open(&pebble, |base| json!({"newOrder": format!("{base}/new-order")})).await;
    let settings = pebble.settings(&[HOST], "").replace(&pebble.directory(), &fixture);
    launch(&mut daemon, &settings);
    let logged = wait_for(&daemon, 0, "TLS_ORDER_FAILED");
    assert!(logged["msg"].as_str().unwrap().contains("rate limit was reached"), "{logged}");
    let next = time_of(&daemon.tls_status().await["next_attempt_at"]);
    assert!(next > SystemTime::now() + Duration::from_hours(29), "{logged}");
    let mark = daemon.logs().mark();
    daemon.signal(1);
    wait_for(&daemon, mark, "CONFIG_RELOADED");
    assert_eq!(time_of(&daemon.tls_status().await["next_attempt_at"]), next, "Retry-After is respected");
    assert_eq!(daemon.logs().events_named("TLS_ORDERING").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_renewal_information_of_an_authority_is_followed() {
    let mut daemon = prepare();
    let pebble = Pebble::start(&options(&daemon));
    let fixture = DirectoryOverride::open(&pebble, |base| json!({"renewalInfo": format!("{base}/renewal-info")})).await;
    let settings = pebble.settings(&[HOST], "").replace(&pebble.directory(), &fixture);
    launch(&mut daemon, &settings);
    let first = wait_for_certificate(&daemon, 0);
    let mark = daemon.logs().mark();
    tokio::task::block_in_place(|| daemon.restart());
    wait_for(&daemon, mark, "TLS_RENEWAL_ADVISED");
    // The daemon queries the authority a day after the last check, or on SIGHUP, as here.
    daemon.signal(1);
    let second = tokio::task::block_in_place(|| {
        daemon.logs().wait_until("another certificate", |lines| {
            let events = lines.iter().skip(mark).filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut events = events.filter(|event| event["event"] == "TLS_CERTIFICATE");
            events.find(|event| event["fingerprint"] != first["fingerprint"])
        })
    });
    assert_eq!(second["source"], "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_distinguished_from_a_bad_certificate() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let year = i32::try_from(1970 + now / 31_556_952).unwrap();
    for (validity, day_difference, complaint) in [
        ((year + 2, year + 4), 800, "this machine's clock is 2 years behind (by 127.0.0.1)"),
        ((year - 4, year - 2), -800, "this machine's clock is 2 years ahead (by 127.0.0.1)"),
        ((year - 4, year - 2), 0, "this machine's clock is right, so the authority's certificate is at fault"),
    ] {
        let authority = Authority::new();
        let time_there = i64::try_from(now).unwrap() + day_difference * 86_400;
        let directory = strange_directory(&authority, validity, time_there).await;
        let mut daemon = prepare();
        let roots = daemon.folder().join("roots.pem");
        std::fs::write(&roots, authority.pem()).unwrap();
        let settings = format!(
            "[tls]\ndomain = [\"{HOST}\"]\nacme_directory_url = \"{directory}\"\nacme_ca_file = \"{}\"\n",
            roots.display()
        );
        launch(&mut daemon, &settings);
        let logged = wait_for(&daemon, 0, "TLS_ORDER_FAILED");
        assert!(logged["msg"].as_str().unwrap().contains(complaint), "{complaint}: {logged}");
    }
}

/// An ACME server with Pebble's directory, in which some URLs are replaced.
struct DirectoryOverride;

impl DirectoryOverride {
    /// Starts the server, and returns the URL of its directory. `changes` receives the server's base URL, and returns
    /// the entries to replace in Pebble's directory. The server rejects new orders because of a rate limit, and
    /// recommends the renewal of every certificate.
    async fn open(pebble: &Pebble, changes: impl Fn(&str) -> Value) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut directory = pebble.client().get("/dir").await.json();
        directory.as_object_mut().unwrap().extend(changes(&base).as_object().unwrap().clone());
        let too_many = || async {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", "108000".parse().unwrap());
            headers.insert("content-type", "application/problem+json".parse().unwrap());
            let problem = json!({"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates"});
            (StatusCode::TOO_MANY_REQUESTS, headers, problem.to_string()).into_response()
        };
        let advice = || async {
            let window = json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"});
            ([("retry-after", "21600")], Json(json!({"suggestedWindow": window})))
        };
        let router = Router::new()
            .route("/dir", get(move || async move { Json(directory) }))
            .route("/new-order", post(too_many))
            .route("/renewal-info/{id}", get(advice));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("{base}/dir")
    }
}

/// Starts an ACME directory whose certificate is valid from the first year to the second, and whose clock shows this
/// many seconds since 1970.
async fn strange_directory(authority: &Authority, validity: (i32, i32), time_there: i64) -> String {
    let (chain, key) = authority.issue(&["127.0.0.1"], validity);
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/dir", listener.local_addr().unwrap());
    let date = jiff::Timestamp::from_second(time_there).unwrap();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

/// Forwards the connections of a listener to another port.
async fn forward(listener: TcpListener, to: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(copy_both_ways(stream, to));
    }
}

async fn copy_both_ways(mut stream: TcpStream, to: SocketAddr) {
    let mut other = TcpStream::connect(to).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut other).await;
}
