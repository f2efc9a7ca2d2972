//! A small mail server (RFC 5321, 3207 and 4954) with STARTTLS or implicit TLS, and AUTH PLAIN and LOGIN. The server
//! stores the mails for the test.

use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpBehavior {
    /// Accepts mail from a client that has logged in.
    Take,
    /// Rejects every password.
    RefuseLogin,
    /// Responds that it is busy, and that the client should retry later.
    Busy,
    /// Accepts the connection and sends nothing.
    Silent,
    /// Offers no STARTTLS.
    NoTls,
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// The lines of the mail, headers first.
    pub content: String,
    /// Whether the mail arrived over TLS.
    pub protected: bool,
}

pub struct FakeSmtpServer {
    pub port: u16,
    state: Shared,
    _server: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<State>>;

struct State {
    behavior: SmtpBehavior,
    mails: Vec<Mail>,
    connections: usize,
}

pub const USER: &str = "shop@mail.example";
pub const MAIL_PASSWORD: &str = "the-mail-password";

impl FakeSmtpServer {
    /// Starts a server with STARTTLS on a new port, and stores its root certificate at `root`.
    pub async fn start(root: &Path) -> Self {
        Self::start_as(root, false).await
    }

    /// Starts a server with implicit TLS on a new port, and stores its root certificate at `root`.
    pub async fn start_tls(root: &Path) -> Self {
        Self::start_as(root, true).await
    }

    async fn start_as(root: &Path, tls_at_once: bool) -> Self {
        let acceptor = acceptor(root);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { behavior: SmtpBehavior::Take, mails: Vec::new(), connections: 0 }));
        let shared = state.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), shared.clone());
                state.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    if state.lock().unwrap().behavior == SmtpBehavior::Silent {
                        // Keeps the connection open without a response.
                        let _ = stream.readable().await;
                        return std::future::pending().await;
                    }
                    if tls_at_once {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        let mut stream = BufReader::new(stream);
                        say(&mut stream, "220 mail.example ready").await;
                        talk(&mut stream, &state, true).await;
                        return;
                    }
                    let mut stream = BufReader::new(stream);
                    say(&mut stream, "220 mail.example ready").await;
                    if talk(&mut stream, &state, false).await == End::StartTls {
                        let Ok(stream) = acceptor.accept(stream.into_inner()).await else { return };
                        talk(&mut BufReader::new(stream), &state, true).await;
                    }
                });
            }
        });
        Self { port, state, _server: server }
    }

    /// Sets the behaviour for later commands.
    pub fn set_behavior(&self, behavior: SmtpBehavior) {
        self.state.lock().unwrap().behavior = behavior;
    }

    /// Returns the mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.state.lock().unwrap().mails.clone()
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Waits until this many mails have arrived.
    pub async fn until(&self, count: usize) -> Vec<Mail> {
        super::whatsapp::until(&format!("{count} mails"), async || {
            let mails = self.mails();
            (mails.len() >= count).then_some(mails)
        })
        .await
    }
}

impl Mail {
    /// Returns a decoded header in one line.
    pub fn header(&self, name: &str) -> String {
        let head = self.content.split("\n\n").next().unwrap().replace("\n ", " ");
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&prefix)).unwrap_or_default();
        decode_words(line.split_once(':').map_or("", |(_, value)| value).trim())
    }

    /// Returns the decoded text of the body.
    pub fn body(&self) -> String {
        let (_, body) = self.content.split_once("\n\n").unwrap();
        match self.header("content-transfer-encoding").as_str() {
            "base64" => unbase64(body),
            "quoted-printable" => unquote(&body.replace("=\n", "")),
            _ => body.to_owned(),
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    StartTls,
    Over,
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, state: &Shared, protected: bool) -> End {
    let (mut logged_in, mut from, mut to) = (false, String::new(), Vec::new());
    loop {
        let Some(line) = read_line(stream).await else { return End::Over };
        let behavior = state.lock().unwrap().behavior;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if protected => say(stream, "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await,
            "EHLO" if behavior == SmtpBehavior::NoTls => say(stream, "250-mail.example\r\n250 8BITMIME").await,
            "EHLO" => say(stream, "250-mail.example\r\n250 STARTTLS").await,
            "STARTTLS" => {
                say(stream, "220 go ahead").await;
                return End::StartTls;
            }
            "AUTH" => {
                logged_in = protected && behavior != SmtpBehavior::RefuseLogin && login(stream, rest).await;
                let answer = if logged_in { "235 welcome" } else { "535 5.7.8 Username and Password not accepted" };
                say(stream, answer).await;
            }
            "MAIL" if behavior == SmtpBehavior::Busy => say(stream, "451 4.3.0 too busy, come again").await,
            "MAIL" if logged_in => {
                from = address(rest);
                say(stream, "250 fine").await;
            }
            "MAIL" => say(stream, "530 5.7.0 log in first").await,
            "RCPT" => {
                to.push(address(rest));
                say(stream, "250 fine").await;
            }
            "DATA" => {
                say(stream, "354 go on").await;
                let mut content = String::new();
                while let Some(line) = read_line(stream).await.filter(|line| line != ".") {
                    content.push_str(line.strip_prefix('.').unwrap_or(&line));
                    content.push('\n');
                }
                let mail = Mail { from: from.clone(), to: std::mem::take(&mut to), content, protected };
                state.lock().unwrap().mails.push(mail);
                say(stream, "250 taken").await;
            }
            "QUIT" => {
                say(stream, "221 bye").await;
                return End::Over;
            }
            _ => say(stream, "250 fine").await,
        }
    }
}

async fn login<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, how: &str) -> bool {
    let (mechanism, first) = how.split_once(' ').unwrap_or((how, ""));
    match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => unbase64(first) == format!("\0{USER}\0{MAIL_PASSWORD}"),
        "LOGIN" => {
            say(stream, "334 VXNlcm5hbWU6").await;
            let user = read_line(stream).await.unwrap_or_default();
            say(stream, "334 UGFzc3dvcmQ6").await;
            let password = read_line(stream).await.unwrap_or_default();
            (unbase64(&user), unbase64(&password)) == (USER.to_owned(), MAIL_PASSWORD.to_owned())
        }
        _ => false,
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) {
    // The write fails if the client has disconnected.
    let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
    let _ = stream.flush().await;
}

async fn read_line<S: AsyncBufRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

fn address(rest: &str) -> String {
    rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned()
}

/// Creates a TLS acceptor with a certificate for `localhost`, and writes its root to `root_file`.
fn acceptor(root_file: &Path) -> TlsAcceptor {
    let mut root = CertificateParams::new(Vec::<String>::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(root_file, root.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn unbase64(text: &str) -> String {
    let bare: String = text.split_whitespace().collect();
    String::from_utf8_lossy(&base64::engine::general_purpose::STANDARD.decode(bare).unwrap_or_default()).into_owned()
}

fn unquote(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let hex = (byte == b'=').then(|| [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')]);
        let coded = hex.map(|hex| u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        bytes.push(coded.unwrap_or(byte));
    }
    String::from_utf8(bytes).unwrap()
}

/// Decodes encoded words (RFC 2047) in base64 and quoted-printable.
fn decode_words(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let inner = word.strip_prefix("=?utf-8?").and_then(|word| word.strip_suffix("?="));
        match inner.and_then(|inner| inner.split_once('?')) {
            Some(("b" | "B", coded)) => (true, unbase64(coded)),
            Some((_, coded)) => (true, unquote(&coded.replace('_', " "))),
            None => (false, word.to_owned()),
        }
    });
    let (mut decoded, mut after_coded) = (String::new(), true);
    for (coded, word) in words {
        // White space between two encoded words is not part of the text.
        if !(decoded.is_empty() || coded && after_coded) {
            decoded.push(' ');
        }
        decoded.push_str(&word);
        after_coded = coded;
    }
    decoded
}
