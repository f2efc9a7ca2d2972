//! The daemon process: its log, its connections and its shutdown.

use super::support::log::WAIT_TIMEOUT;
use super::support::{Client, Daemon, access::PASSWORD};
use agentlocator::simulator::twilio::sign;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_log_is_a_json_object_a_line() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("LOG_LEVEL", "debug").env("JOURNAL_STREAM", "1:2");
    });
    daemon.client().get("/healthz").await;
    let listening = daemon.logs().wait_for_event("LISTENING");
    assert_eq!(listening["msg"], format!("Listening on {} (listener public)", daemon.address()));
    assert_eq!((&listening["level"], &listening["listener"]), (&json!("info"), &json!("public")));
    assert!(daemon.stop().success());
    daemon.logs().wait_for_event("STOPPED");
    for line in daemon.logs().lines() {
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let names: Vec<_> = event.as_object().unwrap().keys().take(3).map(String::as_str).collect();
        assert!(event["ts"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(names.contains(&"event") && event["level"].is_string(), "{line}");
        assert!(line.starts_with("{\"ts\":\"") && line.contains("\"level\":"), "{line}");
    }
    assert_eq!(daemon.logs().events_named("REQUEST").len(), 1);
}

#[tokio::test]
async fn the_level_is_a_setting() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("LOG_LEVEL", "info");
    });
    daemon.client().get("/healthz").await;
    daemon.stop();
    assert!(daemon.logs().events_named("REQUEST").is_empty());
}

#[tokio::test]
async fn no_secret_is_ever_logged() {
    let secrets = [
        ("TWILIO_AUTH_TOKEN", "tw-0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN_SECONDARY", "tw2-0123456789abcdef"),
        ("OPENAI_API_KEY", "sk-0123456789abcdef"),
        ("WA_SHARED_SECRET", "wa-0123456789abcdef"),
        ("BAILEYS_WEBHOOK_SECRET", "ba-0123456789abcdef"),
    ];
    let mut daemon = Daemon::start(|setup| {
        setup.env("LOG_LEVEL", "trace");
        for (name, value) in secrets {
            setup.env(name, value);
        }
    });
    let dana = daemon.logged_in("dana", "owner").await;
    let token = daemon.token("owner");
    daemon.client().with_token(&token).get("/api/session").await;
    daemon.client().post_json("/api/login", &json!({"name": "dana", "password": "wrong password"})).await;
    let session = dana.get("/api/session").await.json();
    // The log must not contain a secret that a client puts in a path or a query.
    daemon.client().get("/nothing/tw-0123456789abcdef?token=sk-0123456789abcdef").await;
    daemon.stop();
    let log = daemon.logs().lines().join("\n") + &daemon.stdout().lines().join("\n");
    assert!(log.contains("REQUEST"));
    let mut forbidden: Vec<&str> = secrets.iter().map(|(_, value)| *value).collect();
    forbidden.extend([PASSWORD, "wrong password", &token, session["csrf_token"].as_str().unwrap()]);
    for secret in forbidden {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_request_that_runs_may_end_and_the_next_one_is_not_taken() {
    let mut daemon = Daemon::start(|_| {});
    let mut connection = TcpStream::connect(daemon.address()).unwrap();
    let body = format!("{{\"name\":\"x\",\"password\":\"{PASSWORD}\"}}");
    let head = format!(
        "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body.as_bytes()[..10]).unwrap();
    // After the response to a later request, the daemon has also read the head of this connection's request.
    let mut other = TcpStream::connect(daemon.address()).unwrap();
    other.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(other.read(&mut [0; 64]).unwrap() > 0);
    daemon.signal(15);
    // In a shutdown, phone calls and workers end first, while the daemon still accepts requests. Then the daemon closes
    // idle connections.
    other.read_to_end(&mut Vec::new()).unwrap();
    connection.write_all(&body.as_bytes()[10..]).unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("connection: close"), "{reply}");
    assert!(daemon.wait(Duration::from_secs(15)).success());
}

#[test]
fn a_request_that_never_ends_does_not_delay_the_stop() {
    for signal in [15, 2] {
        let mut daemon = Daemon::start(|_| {});
        let mut connection = TcpStream::connect(daemon.address()).unwrap();
        connection.write_all(b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n").unwrap();
        connection.write_all(b"Content-Length: 100\r\n\r\n{").unwrap();
        let asked = Instant::now();
        daemon.signal(signal);
        assert!(daemon.wait(Duration::from_secs(15)).success());
        assert!(asked.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_hang_up_of_the_terminal_does_not_end_the_daemon() {
    let mut daemon = Daemon::start(|_| {});
    daemon.signal(1);
    daemon.logs().wait_for_event("CONFIG_RELOADED");
    assert!(daemon.stop().success());
}

#[test]
fn beyond_the_limit_the_connection_that_was_silent_longest_is_closed() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[http]\nmax_connections = 16\n");
    });
    let ask = |guest: &mut TcpStream| {
        guest.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(b"\r\n\r\nok") {
            let mut byte = [0];
            guest.read_exact(&mut byte)?;
            reply.extend(byte);
        }
        assert!(reply.starts_with(b"HTTP/1.1 200"));
        Ok::<_, std::io::Error>(())
    };
    let mut guests: Vec<_> = (0..16)
        .map(|_| {
            let mut guest = TcpStream::connect(daemon.address()).unwrap();
            guest.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            ask(&mut guest).unwrap();
            guest
        })
        .collect();
    // The first connection has sent data again, so the second one has been idle the longest.
    ask(&mut guests[0]).unwrap();
    let mut next = TcpStream::connect(daemon.address()).unwrap();
    next.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    ask(&mut next).unwrap();
    let mut rest = Vec::new();
    guests[1].read_to_end(&mut rest).unwrap();
    ask(&mut guests[15]).unwrap();
    daemon.logs().wait_for_event("CONNECTION_LIMIT");
}

#[test]
fn silent_connections_block_no_client() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[http]\nmax_connections = 64\n");
    });
    let mut silent: Vec<_> = (0..300).map(|_| TcpStream::connect(daemon.address()).unwrap()).collect();
    let asked = Instant::now();
    let mut next = TcpStream::connect(daemon.address()).unwrap();
    next.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    next.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reply = String::new();
    next.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    // The other connections have five seconds to send their first byte, or the next byte of a head.
    let half = silent.last_mut().unwrap();
    half.write_all(b"GET /livez HTTP/1.1\r\nHost:").unwrap();
    for mut stream in silent.into_iter().rev().take(10) {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let took = asked.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(9), "{took:?}");
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[http]\nrequest_timeout_s = 1\n");
        setup.env("TWILIO_AUTH_TOKEN", "a-token").env("WA_SHARED_SECRET", "the-shared-secret");
    });
    for (path, wanted) in [
        ("/api/login", &["HTTP/1.1 503", "application/json", r#""code":"timeout""#][..]),
        ("/webhook/whatsapp/baileys", &["HTTP/1.1 503", "retry-after: "]),
        ("/webhook/whatsapp/twilio", &["HTTP/1.1 503", "retry-after: "]),
        ("/webhook/whatsapp/twilio/status", &["HTTP/1.1 503", "retry-after: "]),
        ("/webhook/incoming_call", &["HTTP/1.1 200", "text/xml", "/webhook/handle_recording"]),
        ("/webhook/stream_ended", &["HTTP/1.1 200", "text/xml", "/webhook/handle_recording"]),
        ("/webhook/call_status", &["HTTP/1.1 204"]),
    ] {
        let mut connection = TcpStream::connect(daemon.address()).unwrap();
        let signature =
            format!("X-Twilio-Signature: {}=\r\nX-Baileys-Signature: {}\r\n", "A".repeat(27), "0".repeat(64));
        let head = "Host: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n";
        let head = format!("{head}{signature}\r\n{{");
        connection.write_all(format!("POST {path} HTTP/1.1\r\n{head}").as_bytes()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        let mut reply = Vec::new();
        // The kernel resets the connection because part of the body was not read.
        let _ = connection.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(wanted.iter().all(|part| reply.contains(part)), "{path}: {reply}");
        assert_eq!(daemon.logs().wait_for_event("REQUEST_TIMEOUT")["level"], "warn");
    }
}

#[test]
fn connections_that_do_not_read_are_evicted() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[http]\nmax_connections = 16\nrequest_timeout_s = 1\n");
    });
    let ask = b"GET /static/tts/greeting_he.mp3 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    let guests: Vec<_> = (0..16)
        .map(|_| {
            let mut guest = TcpStream::connect(daemon.address()).unwrap();
            rustix::net::sockopt::set_socket_recv_buffer_size(&guest, 4096).unwrap();
            guest.write_all(&ask).unwrap();
            guest
        })
        .collect();
    let mut next = TcpStream::connect(daemon.address()).unwrap();
    next.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    next.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    next.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    drop(guests);
}

#[test]
fn garbage_on_the_wire_is_refused_or_its_connection_is_closed() {
    let daemon = Daemon::start(|_| {});
    for (garbage, status) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00"[..], 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 404),
        (b"GET http://evil.example/api/threads HTTP/1.1\r\nHost: evil.example\r\n\r\n", 401),
        (b"GET /api/threads?%zz=%&q=%ff HTTP/1.1\r\nHost: x\r\n\r\n", 401),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ] {
        let mut connection = TcpStream::connect(daemon.address()).unwrap();
        connection.write_all(garbage).unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        let _ = connection.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        let is_refused = reply.is_empty() || reply.starts_with(&format!("HTTP/1.1 {status} "));
        assert!(is_refused, "{}: {reply}", garbage.escape_ascii());
    }
    let mut long = TcpStream::connect(daemon.address()).unwrap();
    let _ = long.write_all(format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(200 << 10)).as_bytes());
    let mut reply = Vec::new();
    let _ = long.read_to_end(&mut reply);
    assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&reply));
}

#[test]
fn a_port_in_use_is_reported_with_a_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let daemon = Daemon::prepare(|setup| {
        setup.toml(&format!("[http]\nlisten = \"{}\"\n", taken.local_addr().unwrap()));
    });
    let output = daemon.cli(&["serve"]);
    let reason = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(reason.contains(&taken.local_addr().unwrap().to_string()) && reason.contains("PORT"), "{reason}");
}

#[tokio::test]
async fn without_a_socket_of_systemd_the_daemon_binds_its_own() {
    let mut daemon = Daemon::start(|setup| {
        setup.binds_itself();
    });
    let listening = daemon.logs().wait_for_event("LISTENING");
    let port = listening["port"].as_u64().unwrap();
    assert_ne!(port, 0);
    assert_ne!(port, u64::from(daemon.address().port()));
    assert_eq!(listening["msg"], format!("Listening on 0.0.0.0:{port} (listener public)"));
    let reply = Client::new(format!("http://127.0.0.1:{port}")).get("/healthz").await;
    assert_eq!(reply.text(), "ok");
    assert!(daemon.stop().success());
}

#[test]
fn systemd_hears_of_the_beginning_the_life_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    systemd.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
    let mut daemon = Daemon::start(|setup| {
        setup.env("NOTIFY_SOCKET", folder.path().join("notify").to_str().unwrap()).env("WATCHDOG_USEC", "300000");
    });
    let expect = |what: &str| {
        let mut datagram = [0; 4096];
        loop {
            let length = systemd.recv(&mut datagram).unwrap_or_else(|_| panic!("no notification of {what}"));
            if String::from_utf8_lossy(&datagram[..length]).lines().any(|line| line == what) {
                return;
            }
        }
    };
    expect("READY=1");
    expect("WATCHDOG=1");
    expect("WATCHDOG=1");
    daemon.signal(15);
    expect("STOPPING=1");
    assert!(daemon.wait(Duration::from_secs(15)).success());
}

#[test]
fn connections_without_a_request_are_closed() {
    let daemon = Daemon::start(|_| {});
    let connect = || {
        let stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        stream
    };
    let ask = |stream: &mut TcpStream| {
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(b"\r\n\r\nok") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            reply.extend(byte);
        }
    };
    let half = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let began = Instant::now();
    let (silent, mut slow, mut slow_later) = (connect(), connect(), connect());
    slow.write_all(half).unwrap();
    ask(&mut slow_later);
    // These requests take some milliseconds, which is the resolution of the times that the daemon stores.
    (0..10).for_each(|_| ask(&mut connect()));
    slow_later.write_all(half).unwrap();
    for (what, mut stream) in [("nothing", silent), ("half a head", slow), ("half a second head", slow_later)] {
        let closed = stream.read_to_end(&mut Vec::new());
        let took = began.elapsed();
        assert!(closed.is_ok() && took > Duration::from_secs(4), "{what}: {closed:?} {took:?}");
        assert!(took < Duration::from_secs(12), "{what}: {took:?}");
    }
}

/// Twilio does not retry a webhook request that it sends while the daemon closes the connection.
#[tokio::test]
async fn a_connection_with_a_signed_or_logged_in_request_is_kept_longer() {
    const TWILIO_TOKEN: &str = "0123456789abcdef";
    let daemon = Daemon::start(|setup| {
        setup.env("TWILIO_AUTH_TOKEN", TWILIO_TOKEN);
    });
    let connect = || {
        let stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        stream
    };
    let ask = |stream: &mut TcpStream, request: &str| {
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        // A response with the status 204 has no body and no length.
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or("0");
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
        head[9..12].to_owned()
    };
    let get = |headers: &str| format!("GET /api/session HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    let bearer = format!("Authorization: Bearer {}\r\n", daemon.token("owner"));
    daemon.logged_in("dana", "owner").await;
    let login = daemon.client().post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    let cookie = format!("Cookie: {}\r\n", login.header("set-cookie").split(';').next().unwrap());
    let signature = sign(TWILIO_TOKEN, &format!("{}/webhook/call_status", daemon.url()), &[]);
    let signed = format!(
        "POST /webhook/call_status HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: {signature}\r\nContent-Length: 0\r\n\r\n"
    );
    let known = [(get(&bearer), "200"), (get(&cookie), "200"), (signed, "204")];
    let known = known.map(|(request, status)| {
        let mut stream = connect();
        assert_eq!(ask(&mut stream, &request), status, "{request}");
        (stream, request, status)
    });
    let mut unknown = connect();
    assert_eq!(ask(&mut unknown, &get("")), "401");
    assert_eq!(unknown.read(&mut [0]).unwrap(), 0, "it is closed when it has been idle for too long");
    for (mut stream, request, status) in known {
        assert_eq!(ask(&mut stream, &request), status, "{request}");
    }
}
