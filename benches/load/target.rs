//! The servers under test, and how a caller connects to them.

use crate::machine::Machine;
use crate::process::{Folder, Server};
use agentlocator::simulator::twilio::{Account, sign};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::OnceLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Debug)]
pub enum Target {
    /// The daemon with additional environment variables (`settings`) and this text in its settings file.
    Daemon { settings: Vec<(&'static str, &'static str)>, file: &'static str },
    /// The floor: a bare relay.
    Relay,
    /// Another server: its command, and the path of its media socket.
    Other { command: String, path: String },
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    pub account_sid: Rc<str>,
    auth_token: Rc<str>,
    address: SocketAddr,
    ingress: Rc<Ingress>,
}

enum Ingress {
    /// The caller sends a signed webhook. The TwiML of the response has the URL of the stream.
    Webhook,
    /// The caller connects directly to the media socket at this path.
    Socket(String),
}

pub struct StreamTarget {
    pub url: String,
    pub parameters: Vec<(String, String)>,
    /// Whether the target was returned by a webhook.
    pub by_webhook: bool,
}

impl Target {
    pub fn daemon() -> Self {
        Self::Daemon { settings: Vec::new(), file: "" }
    }

    pub fn daemon_without_recording() -> Self {
        Self::Daemon { settings: Vec::new(), file: "[voice]\nrecording = false\n" }
    }

    pub fn start(&self, machine: Machine, folder: &Folder, ai: SocketAddr) -> (Server, Endpoint) {
        let account = Account { sid: format!("AC{:032}", 1), auth_token: "bench-token".into() };
        let (server, ingress) = match self {
            Self::Daemon { settings, file } => {
                let server = Server::start(machine, DAEMON, |command, port| {
                    daemon_settings(command, folder, file, port, &account);
                    command.env("OPENAI_API_KEY", "bench").env("OPENAI_BASE_URL", format!("http://{ai}/v1"));
                    command.envs(settings.iter().copied());
                });
                (server, Ingress::Webhook)
            }
            Self::Relay => {
                let server = Server::start(machine, &own_program(), |command, port| {
                    command.args(["floor", "relay", &port.to_string(), &ai.to_string()]);
                });
                (server, Ingress::Socket("/".into()))
            }
            Self::Other { command: line, path } => {
                let server = Server::start(machine, "sh", |command, port| {
                    command.args(["-c", &format!("exec {line}")]).env("PORT", port.to_string());
                    command.env("OPENAI_API_KEY", "bench").env("OPENAI_BASE_URL", format!("http://{ai}/v1"));
                });
                (server, Ingress::Socket(path.clone()))
            }
        };
        let endpoint = Endpoint::new(account, server.address, ingress);
        (server, endpoint)
    }

    /// Starts the daemon with a listener on all addresses of the machine, IPv6 included.
    pub fn start_daemon_everywhere(machine: Machine, folder: &Folder, ai: SocketAddr) -> (Server, Endpoint) {
        let account = Account { sid: format!("AC{:032}", 1), auth_token: "bench-token".into() };
        let server = Server::start(machine, DAEMON, |command, port| {
            daemon_settings(command, folder, &format!("[http]\nlisten = \"[::]:{port}\"\n"), port, &account);
            command.env_remove("PORT");
            command.env("OPENAI_API_KEY", "bench").env("OPENAI_BASE_URL", format!("http://{ai}/v1"));
        });
        let endpoint = Endpoint::new(account, server.address, Ingress::Webhook);
        (server, endpoint)
    }
}

pub fn daemon_settings(command: &mut std::process::Command, folder: &Folder, file: &str, port: u16, account: &Account) {
    let config = folder.path().join("config.toml");
    // Disables the limits on the number of calls and on their costs.
    let mut file = format!("{}{file}", if file.contains("[voice]\n") { "" } else { "[voice]\n" });
    for limit in
        ["calls_at_once", "calls_per_number_at_once", "calls_per_number_per_day", "minutes_per_day", "usd_per_day"]
    {
        file = file.replacen("[voice]\n", &format!("[voice]\nai_{limit} = 0\n"), 1);
    }
    std::fs::write(&config, file).expect("a settings file");
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(unit_tunables())
        .args(["--config".as_ref(), config.as_os_str(), "serve".as_ref()])
        .env("PORT", port.to_string())
        .env("PUBLIC_BASE_URL", format!("http://127.0.0.1:{port}"))
        .env("DATABASE_URL", folder.path().join("agentlocator.db"))
        .env("TWILIO_ACCOUNT_SID", &account.sid)
        .env("TWILIO_AUTH_TOKEN", &account.auth_token)
        .env("TWILIO_WA_FROM", "whatsapp:+97235551234")
        // No server listens at this address, because calls must not depend on Twilio's REST interface.
        .env("TWILIO_API_BASE_URL", "http://127.0.0.1:9")
        .envs(MORE_VARIABLES.get().into_iter().flatten().filter_map(|pair| pair.split_once('=')));
}

/// Returns the allocator settings in the daemon's systemd unit.
fn unit_tunables() -> Option<(&'static str, &'static str)> {
    let unit = include_str!("../../systemd/agentlocator.service").lines();
    let variables = unit.filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
    variables.into_iter().find(|(name, _)| *name == "GLIBC_TUNABLES")
}

/// Sets additional environment variables, as `NAME=VALUE`, of every daemon that is started afterwards.
pub fn set_daemon_environment(variables: &[String]) {
    let _ = MORE_VARIABLES.set(variables.to_vec());
}

static MORE_VARIABLES: OnceLock<Vec<String>> = OnceLock::new();

pub fn run_command(folder: &Folder, words: &[&str]) -> String {
    let output = std::process::Command::new(DAEMON)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DATABASE_URL", folder.path().join("agentlocator.db"))
        .arg("--config")
        .arg(folder.path().join("config.toml"))
        .args(words)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("cannot run the command");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Endpoint {
    fn new(account: Account, address: SocketAddr, ingress: Ingress) -> Self {
        Self {
            account_sid: account.sid.into(),
            auth_token: account.auth_token.into(),
            address,
            ingress: Rc::new(ingress),
        }
    }

    pub fn token(&self) -> Rc<str> {
        self.auth_token.clone()
    }

    /// Returns the target of the call's stream.
    pub async fn call(&self, call_sid: &str, number: u16) -> Result<StreamTarget, String> {
        match &*self.ingress {
            Ingress::Socket(path) => Ok(StreamTarget {
                url: format!("ws://{}{path}", self.address),
                parameters: Vec::new(),
                by_webhook: false,
            }),
            Ingress::Webhook => {
                let twiml = self.ask("/webhook/incoming_call", call_sid, number, "ringing").await?;
                let verbs = agentlocator::simulator::twilio::twiml::parse(&twiml)?;
                let stream = verbs.iter().flat_map(|verb| &verb.children).find(|noun| noun.name == "Stream");
                let stream = stream.ok_or_else(|| format!("no stream in {twiml}"))?;
                let text = |noun: &agentlocator::simulator::twilio::twiml::Element, name: &str| {
                    noun.attribute(name).unwrap_or_default().to_owned()
                };
                Ok(StreamTarget {
                    url: text(stream, "url"),
                    parameters: stream.children.iter().map(|it| (text(it, "name"), text(it, "value"))).collect(),
                    by_webhook: true,
                })
            }
        }
    }

    /// Reports the end of the call, if the server receives webhooks.
    pub async fn call_ended(&self, call_sid: &str, number: u16) {
        if matches!(*self.ingress, Ingress::Webhook) {
            let _ = self.ask("/webhook/call_status", call_sid, number, "completed").await;
        }
    }

    /// Sends one signed webhook on a new connection.
    pub async fn webhook(&self, number: u16) -> Result<(), String> {
        let sid = format!("CA{number:032x}");
        self.ask("/webhook/call_status", &sid, number, "completed").await.map(drop)
    }

    async fn ask(&self, path: &str, call_sid: &str, number: u16, status: &str) -> Result<String, String> {
        let from = format!("+97250{number:07}");
        let fields = [
            ("AccountSid", &*self.account_sid),
            ("CallSid", call_sid),
            ("CallStatus", status),
            ("Direction", "inbound"),
            ("From", &from),
            ("To", "+97235551234"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = signed_post(&self.auth_token, self.address, path, &fields);
        let mut stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.map_err(|error| error.to_string())?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer to a webhook")?;
        if head.starts_with("HTTP/1.1 2") { Ok(body.to_owned()) } else { Err(format!("{path}: {head}")) }
    }
}

fn signed_post(auth_token: &str, address: SocketAddr, path: &str, fields: &[(String, String)]) -> String {
    let signature = sign(auth_token, &format!("http://{address}{path}"), fields);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Twilio-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Returns the path of this program, which also contains the floors.
pub fn own_program() -> String {
    std::env::current_exe().expect("this program").display().to_string()
}

pub const DAEMON: &str = env!("CARGO_BIN_EXE_agentlocator");
