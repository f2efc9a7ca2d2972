//! A server with scripted responses, with or without TLS, and with a configurable clock.

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A server with scripted responses. Dropping it stops the server.
pub struct FakeServer {
    address: SocketAddr,
    host: &'static str,
    scheme: &'static str,
    stopped: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// The self-signed certificate of a fake server.
#[derive(Clone, Copy)]
pub struct Tls {
    /// The names in the certificate.
    pub names: &'static [&'static str],
    /// The start and end of its validity, in seconds from now. Both are rounded down to the start of a day in UTC.
    pub valid: (i64, i64),
}

impl FakeServer {
    /// Starts a server that answers each request with the result of `answer` for the request's head.
    pub fn start(tls: Option<Tls>, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = tls.map(|tls| Arc::new(server_config(&tls)));
        let (host, scheme) = if config.is_some() { ("localhost", "https") } else { ("127.0.0.1", "http") };
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, answer) = (stopped.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, config) = (answer.clone(), config.clone());
                std::thread::spawn(move || serve(stream, config, &*answer));
            }
        });
        Self { address, host, scheme, stopped, thread: Some(thread) }
    }

    /// Returns the server's URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.address.port())
    }

    /// Creates a response whose `Date` header is ahead of the local clock by `later`.
    pub fn answer(status: u16, body: &str, later: Duration) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + later;
        let date = jiff::Timestamp::from_second(now.as_secs().try_into().unwrap()).unwrap();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, answer: &(impl Fn(&str) -> String + ?Sized)) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    match tls {
        None => answer_request(stream, answer),
        Some(config) => {
            let Ok(connection) = ServerConnection::new(config) else { return };
            let mut stream = StreamOwned::new(connection, stream);
            answer_request(&mut stream, answer);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

fn answer_request(mut stream: impl Read + Write, answer: &(impl Fn(&str) -> String + ?Sized)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let _ = stream.write_all(answer(&String::from_utf8_lossy(&head)).as_bytes());
    let _ = stream.flush();
}

fn server_config(tls: &Tls) -> ServerConfig {
    let names: Vec<String> = tls.names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap_or(i64::MAX);
    let at = |offset: i64| {
        let at = jiff::Timestamp::from_second(now + offset).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        rcgen::date_time_ymd(at.year().into(), at.month().unsigned_abs(), at.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (at(tls.valid.0), at(tls.valid.1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap()
}
