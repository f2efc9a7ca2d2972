//! Certificate files of the owner: the daemon loads new files without interrupting calls, and never replaces a valid
//! certificate by an invalid one.

use crate::support::Daemon;
use crate::support::telephony::CallHarness;
use crate::support::tls::{Authority, HOST, own_files, put};
use agentlocator::simulator::DaemonConnector;
use agentlocator::simulator::caller::{CallPlan, EndedBy};
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use std::time::SystemTime;
use tokio_tungstenite::tungstenite::Message;

fn daemon_with_files() -> Daemon {
    let mut daemon = Daemon::prepare(|setup| {
        setup.web_listeners();
    });
    let settings = own_files(daemon.folder());
    daemon.reconfigure(|setup| {
        setup.toml(&settings);
    });
    daemon
}

fn launch(daemon: &mut Daemon) {
    tokio::task::block_in_place(|| daemon.launch());
}

fn wait_for(daemon: &Daemon, mark: usize, event: &str) -> Value {
    tokio::task::block_in_place(|| daemon.logs().wait_for_event_from(mark, event))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_served_and_open_connections_continue() {
    let (authority, mut daemon) = (Authority::new(), daemon_with_files());
    authority.equip(daemon.folder());
    launch(&mut daemon);
    let first = daemon.tls_status().await;
    assert_eq!((&first["health"], &first["source"]), (&"ok".into(), &"files".into()), "{first:#}");

    let stream = daemon.handshake(authority.trusted()).await.unwrap();
    let url = format!("wss://{HOST}/ws/twilio-media");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();

    for asked_to in [true, false] {
        let (mark, before) = (daemon.logs().mark(), daemon.tls_status().await["fingerprint"].clone());
        authority.equip(daemon.folder());
        if asked_to {
            daemon.signal(1);
        }
        let logged = wait_for(&daemon, mark, "TLS_CERTIFICATE");
        assert_ne!(logged["fingerprint"], before);
        let stream = daemon.handshake(authority.trusted()).await.unwrap();
        let served = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        let on_disk = std::fs::read(daemon.folder().join("chain.pem")).unwrap();
        assert_eq!(served, CertificateDer::from_pem_slice(&on_disk).unwrap());
        if asked_to {
            socket.send(Message::Ping("still here".into())).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("still here".into()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_certificate_pair_never_replaces_a_valid_one() {
    let (authority, mut daemon) = (Authority::new(), daemon_with_files());
    authority.equip(daemon.folder());
    launch(&mut daemon);
    let good = daemon.tls_status().await["fingerprint"].clone();
    let (expired, expired_key) = authority.issue(&[HOST], (2019, 2020));
    let (other, other_key) = authority.issue(&["other.test"], (2020, 4000));
    for (chain, key, complaint) in [
        (expired.as_str(), expired_key.as_str(), "expired at 2020-01-01"),
        (&other, &other_key, "does not cover shop.test (it covers other.test)"),
        (&other, &expired_key, "does not belong to"),
        ("nonsense", &other_key, "holds no certificate"),
    ] {
        put(daemon.folder(), chain, key);
        let mark = daemon.logs().mark();
        daemon.signal(1);
        let logged = wait_for(&daemon, mark, "TLS_ERROR");
        assert!(logged["msg"].as_str().unwrap().contains(complaint), "{complaint}: {logged}");
        let status = daemon.tls_status().await;
        assert_eq!((&status["fingerprint"], &status["health"]), (&good, &"ok".into()), "{status:#}");
        assert!(status["last_error"]["text"].as_str().unwrap().contains("is still served"), "{status:#}");
        assert_eq!(daemon.https_client(authority.trusted()).get("/livez").await.status, 200);
    }
    let output = tokio::task::block_in_place(|| daemon.cli(&["reload"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("nothing has changed"), "{said}");
    assert!(said.contains("holds no certificate"), "{said}");
    // Corrected files are used within seconds, without a command.
    let mark = daemon.logs().mark();
    authority.equip(daemon.folder());
    wait_for(&daemon, mark, "TLS_CERTIFICATE");
    assert_eq!(daemon.tls_status().await["last_error"], Value::Null);
    // `reload` reports the new certificate, unless the daemon's own check has loaded it a moment before.
    let heard = (0..5).any(|_| {
        authority.equip(daemon.folder());
        let output = tokio::task::block_in_place(|| daemon.cli(&["reload"]));
        assert!(output.status.success());
        output.stdout == b"Active now:\n  certificates\n"
    });
    assert!(heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_at_the_start_are_reported_and_calls_still_arrive() {
    let authority = Authority::new();
    let (expired, expired_key) = authority.issue(&[HOST], (2019, 2020));
    let (future, future_key) = authority.issue(&[HOST], (3000, 4000));
    let (other, _) = authority.issue(&[HOST], (2020, 4000));
    for (chain, key, complaint, source) in [
        (&expired, &expired_key, "expired at", "files"),
        (&future, &future_key, "this machine's clock is behind", "files"),
        (&other, &expired_key, "does not belong to", "self_signed"),
    ] {
        let mut daemon = daemon_with_files();
        put(daemon.folder(), chain, key);
        launch(&mut daemon);
        let logged = wait_for(&daemon, 0, "TLS_ERROR");
        assert!(logged["msg"].as_str().unwrap().contains(complaint), "{logged}");
        let status = daemon.tls_status().await;
        assert_eq!((&status["health"], &status["source"]), (&"error".into(), &source.into()), "{status:#}");
        assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "error");
        assert_eq!(daemon.ask_http(HOST, "/livez").await.status, 200, "no redirect to an invalid certificate");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_expiry_is_reported() {
    let (authority, mut daemon) = (Authority::new(), daemon_with_files());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let soon = jiff::Timestamp::from_second(i64::try_from(now.as_secs()).unwrap() + 5 * 86_400).unwrap();
    let soon = soon.to_zoned(jiff::tz::TimeZone::UTC).date();
    let until = (i32::from(soon.year()), soon.month().unsigned_abs(), soon.day().unsigned_abs());
    let (chain, key) = authority.issue_for_days(&[HOST], (2020, 1, 1), until);
    put(daemon.folder(), &chain, &key);
    launch(&mut daemon);
    wait_for(&daemon, 0, "TLS_EXPIRING");
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "error");
    assert_eq!(daemon.ask_http(HOST, "/livez").await.status, 308, "the certificate is valid today");
    let mark = daemon.logs().mark();
    authority.equip(daemon.folder());
    wait_for(&daemon, mark, "TLS_CERTIFICATE");
    assert_eq!(daemon.client().get("/readyz").await.json()["tls"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_missing_is_warned_about() {
    let daemon = daemon_with_files();
    let output = daemon.cli(&["config", "check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("cannot be opened by this user"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_call_goes_over_tls() {
    let authority = Authority::new();
    let daemon = daemon_with_files();
    authority.equip(daemon.folder());
    // The URL has no port, as Twilio requires for streams. The connector connects to the daemon's port instead.
    let (settings, url) = (own_files(daemon.folder()), format!("https://{HOST}"));
    let connector = DaemonConnector::by_tls(HOST, daemon.https_address(), authority.trusted()).unwrap();
    let harness = CallHarness::with_daemon(daemon, connector, OpenAiOptions::default(), true, |setup| {
        setup.toml(&settings).env("PUBLIC_BASE_URL", &url);
    })
    .await;
    let mut plan = CallPlan::new(format!("{url}/webhook/incoming_call"));
    plan.script = "say 1.2s; listen; say 1s; listen".parse().unwrap();
    plan.fast = true;
    let report = harness.call(plan).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(report.streams[0].answers.len(), 2, "{:#?}", report.streams[0]);
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["end_reason"], "caller_hung_up", "{call:#}");
}
