//! The listeners: the paths that each listener serves, and the clients that may connect.

use crate::support::tls::{Authority, HOST, own_files, trusting};
use crate::support::{Client, Daemon};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_can_be_set_up_encrypted() {
    let mut daemon = Daemon::start(|setup| {
        setup.web_listeners();
    });
    let logged = daemon.logs().wait_for_event("TLS_CERTIFICATE");
    assert_eq!(logged["source"], "self_signed");
    let file = daemon.folder().join("tls/self-signed.pem");
    let certificate = CertificateDer::from_pem_file(&file).unwrap();
    let client = Client::by_tls(
        format!("https://localhost:{}", daemon.https_address().port()),
        "localhost",
        daemon.https_address(),
        trusting(certificate),
    );
    let reply = client.get("/livez").await;
    assert_eq!((reply.status, reply.header("strict-transport-security")), (200, ""), "the certificate is self-signed");
    let page = client.get("/login").await;
    assert_eq!(page.status, 200);
    let setup = daemon.cli(&["setup"]);
    let printed = String::from_utf8(setup.stdout).unwrap();
    assert!(printed.contains(logged["fingerprint"].as_str().unwrap()), "{printed}");

    assert_eq!(daemon.ask_http("shop.test", "/livez").await.status, 200, "there is no better certificate");
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "disabled");
    let status = daemon.tls_status().await;
    assert_eq!(status["health"], "disabled", "{status:#}");
    assert_eq!(status["source"], "self_signed", "{status:#}");

    let mark = daemon.logs().mark();
    daemon.restart();
    let again = daemon.logs().wait_for_event_from(mark, "TLS_CERTIFICATE");
    assert_eq!(again["fingerprint"], logged["fingerprint"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_disables_only_that_listener() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for key in ["listen", "crm_listen"] {
        let mut daemon = Daemon::prepare(|setup| {
            setup.web_listeners();
        });
        daemon.reconfigure(|setup| {
            setup.toml(&format!("[http]\n{key} = \"{address}\"\n"));
            if key == "listen" {
                setup.only_web_listeners();
            }
        });
        tokio::task::block_in_place(|| daemon.launch());
        let closed = daemon.logs().wait_for_event("LISTENER_CLOSED");
        assert_eq!(closed["key"], format!("http.{key}"), "{closed}");
        assert!(closed["msg"].as_str().unwrap().contains(&address.to_string()), "{closed}");
        let certificate = CertificateDer::from_pem_file(daemon.folder().join("tls/self-signed.pem")).unwrap();
        let (base, https) = (format!("https://localhost:{}", daemon.https_address().port()), daemon.https_address());
        let client = Client::by_tls(base, "localhost", https, trusting(certificate));
        assert_eq!(client.get("/livez").await.status, 200);
        assert_eq!(client.post_form("/webhook/incoming_call", &[("CallSid", "CA1")]).await.status, 403);
        // The listener that is reachable from the internet does not serve page and API.
        assert_eq!(client.get("/login").await.status, if key == "listen" { 200 } else { 404 });
        assert_eq!(daemon.ask_http("shop.test", "/livez").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_tls_gets_a_cookie_for_tls_alone() {
    let daemon = Daemon::start(|setup| {
        setup.web_listeners();
    });
    let _ = daemon.logged_in("dana", "owner").await;
    let certificate = CertificateDer::from_pem_file(daemon.folder().join("tls/self-signed.pem")).unwrap();
    let address = daemon.https_address();
    let base = format!("https://localhost:{}", address.port());
    let login = json!({"name": "dana", "password": crate::support::access::PASSWORD});
    let by_tls =
        Client::by_tls(base, "localhost", address, trusting(certificate)).post_json("/api/login", &login).await;
    assert!(by_tls.header("set-cookie").ends_with("; Secure"), "{by_tls:?}");
    // A browser does not let an unencrypted page replace a secure cookie of the same name, so the two names differ.
    assert!(by_tls.header("set-cookie").starts_with("__Host-agentlocator_session="), "{by_tls:?}");
    let plain = daemon.client().post_json("/api/login", &login).await;
    assert!(!plain.header("set-cookie").contains("Secure"), "{plain:?}");
    let unnamed = daemon.client().with_header("x-forwarded-proto", "https").post_json("/api/login", &login).await;
    assert!(!unnamed.header("set-cookie").contains("Secure"), "that proxy is not configured: {unnamed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_redirects_to_tls_once_the_certificate_is_trusted() {
    let authority = Authority::new();
    let mut daemon = Daemon::prepare(|setup| {
        setup.web_listeners();
    });
    let (settings, url) = (own_files(daemon.folder()), daemon.https_url());
    daemon.reconfigure(|setup| {
        setup.toml(&settings).env("PUBLIC_BASE_URL", &url);
    });
    authority.equip(daemon.folder());
    tokio::task::block_in_place(|| daemon.launch());
    let reply = daemon.ask_http(HOST, "/api/threads?type=call").await;
    assert_eq!(reply.status, 308);
    assert_eq!(reply.header("location"), format!("{url}/api/threads?type=call"));
    // A client that requested another host name is redirected to the name in the certificate.
    assert_eq!(daemon.ask_http("192.0.2.7:80", "/login").await.header("location"), format!("{url}/login"));
    let challenge = daemon.ask_http(HOST, "/.well-known/acme-challenge/nothing").await;
    assert_eq!(challenge.status, 404, "an authority is never led elsewhere");
    let secure = daemon.https_client(authority.trusted()).get("/livez").await;
    assert_eq!((secure.status, secure.header("strict-transport-security")), (200, "max-age=31536000"));
    let plain = daemon.client().get("/livez").await;
    assert_eq!((plain.status, plain.header("strict-transport-security")), (200, ""));
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_page_listener_the_others_serve_what_twilio_needs() {
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
    let client = daemon.https_client(authority.trusted());
    assert_eq!(client.get("/livez").await.status, 200);
    assert_eq!(client.get("/webhook/incoming_call").await.status, 200);
    assert_eq!(client.get("/login").await.status, 404);
    assert_eq!(client.get("/api/session").await.status, 404);
}

#[test]
fn plain_http_on_the_tls_port_gets_an_explanation() {
    let daemon = Daemon::start(|setup| {
        setup.web_listeners();
    });
    let mut stream = TcpStream::connect(daemon.https_address()).unwrap();
    stream.write_all(b"GET /login HTTP/1.1\r\nHost: shop.test\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    assert!(answer.ends_with('\n') && answer.contains("Content-Length: 59\r\n"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_handshake_delays_no_client_and_ends() {
    let daemon = Daemon::start(|setup| {
        setup.web_listeners().toml("[http]\nmax_connections = 16\n");
    });
    let began = Instant::now();
    // Connections from this machine may use all slots except one.
    let mut stalled: Vec<_> = (0..15).map(|_| TcpStream::connect(daemon.https_address()).unwrap()).collect();
    for (number, stream) in stalled.iter_mut().enumerate() {
        // No data, or the first bytes of a TLS ClientHello.
        stream.write_all(&[0x16, 0x03, 0x01, 0x02][..number % 5]).unwrap();
    }
    let certificate = CertificateDer::from_pem_file(daemon.folder().join("tls/self-signed.pem")).unwrap();
    let base = format!("https://localhost:{}", daemon.https_address().port());
    let client = Client::by_tls(base, "localhost", daemon.https_address(), trusting(certificate));
    assert_eq!(client.get("/livez").await.status, 200);
    assert_eq!(daemon.client().get("/livez").await.status, 200, "every listener has its own connection limit");
    tokio::task::block_in_place(|| {
        for stream in &mut stalled {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    let took = began.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(19), "{took:?}");
}

#[test]
fn a_port_that_cannot_be_opened_leaves_the_others() {
    // The test passes no sockets for TLS, so the daemon opens them itself.
    let daemon = Daemon::start(|setup| {
        setup.toml("[tls]\ndomain = [\"shop.test\"]\nhttps_listen = \"127.0.0.1:0\"\nhttp_listen = \"127.0.0.1:0\"\nacme = false\n");
    });
    let listeners: Vec<_> = daemon.logs().wait_until("all listeners", |lines| {
        let events = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let listeners: Vec<_> =
            events.filter(|event| event["event"] == "LISTENING").map(|e| e["listener"].clone()).collect();
        (listeners.len() == 3).then_some(listeners)
    });
    for listener in ["public", "http", "https"] {
        assert!(listeners.contains(&json!(listener)), "{listeners:?}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let daemon = Daemon::start(|setup| {
        setup.toml(&format!("[tls]\nhttps_listen = \"{address}\"\n"));
    });
    let closed = daemon.logs().wait_for_event("LISTENER_CLOSED");
    assert_eq!(closed["key"], "tls.https_listen", "{closed}");
    assert!(closed["msg"].as_str().unwrap().contains(&address.to_string()), "{closed}");
}

#[test]
fn a_socket_for_a_crm_listener_that_is_not_set_is_reported() {
    let daemon = Daemon::start(|setup| {
        setup.crm_socket();
    });
    let unused = daemon.logs().wait_for_event("LISTENER_UNUSED");
    assert!(unused["msg"].as_str().unwrap().contains("http.crm_listen"), "{unused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_headers_are_used_from_trusted_proxies_only() {
    for (settings, others_are_counted_apart) in [("[http]\ntrusted_proxies = [\"127.0.0.1\"]\n", true), ("", false)] {
        let daemon = Daemon::start(|setup| {
            setup.toml(settings);
        });
        let wrong = json!({"name": "unknown", "password": "wrong password"});
        let attempt = async |from: &str| {
            let client = daemon.client().with_header("x-forwarded-proto", "https").with_header("x-forwarded-for", from);
            client.post_json("/api/login", &wrong).await.status
        };
        for _ in 0..5 {
            assert_eq!(attempt("203.0.113.1").await, 401);
        }
        assert_eq!(attempt("198.51.100.1, 203.0.113.1").await, 429, "a forged first address has no effect");
        assert_eq!(attempt("203.0.113.2").await, if others_are_counted_apart { 401 } else { 429 }, "{settings}");
    }
}
