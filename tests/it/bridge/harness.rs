//! A business whose WhatsApp account is linked by the real bridge.

use crate::support::{Client, Daemon, Setup};
use agentlocator::simulator::whatsapp::{BridgeProcess, BridgeSetup, Programs, WhatsAppServer, WhatsAppUser};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const DANA: WhatsAppUser = WhatsAppUser { number: "972501234567", name: "דנה" };
pub const AVI: WhatsAppUser = WhatsAppUser { number: "972502222222", name: "אבי" };

/// The daemon, the bridge and the WhatsApp server.
pub struct BridgeHarness {
    pub daemon: Daemon,
    pub api: Client,
    pub bridge: BridgeProcess,
    pub whatsapp: WhatsAppServer,
    folder: TempDir,
}

impl BridgeHarness {
    /// Starts the three processes without linking the account.
    pub async fn begin() -> Self {
        Self::begin_with(|_| {}).await
    }

    /// Starts the three processes with additional settings of the daemon, without linking the account.
    pub async fn begin_with(configure: impl FnOnce(&mut Setup)) -> Self {
        let programs = programs().await;
        let whatsapp = WhatsAppServer::start(&programs).await.unwrap();
        // Makes the server report that it has one key, so that a new device uploads few keys. The upload takes most of
        // the time of linking.
        whatsapp.call("/options", &json!({ "preKeyCount": 1 })).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::prepare(|_| {});
        let setup = BridgeSetup {
            folder: folder.path().join("session"),
            target: format!("{}/webhook/whatsapp/baileys", daemon.url()),
            secret: SECRET.to_owned(),
            more: Vec::new(),
        };
        let bridge = BridgeProcess::start(&programs, &whatsapp, setup).await.unwrap();
        daemon.reconfigure(|setup| {
            setup.env("BAILEYS_OUTBOUND_URL", bridge.send_url());
            configure(setup);
        });
        Self::with(daemon, bridge, whatsapp, folder)
    }

    /// Starts the three processes with a linked account. The daemon reaches the bridge only at the origin `to_bridge`,
    /// and the bridge reaches the daemon only at the origin `to_daemon`. `connect` gets the real origins of the bridge
    /// and of the daemon, and must forward the connections to them.
    pub async fn linked_through(to_bridge: &str, to_daemon: &str, connect: impl FnOnce(&str, &str)) -> Self {
        let programs = programs().await;
        let whatsapp = WhatsAppServer::start(&programs).await.unwrap();
        whatsapp.call("/options", &json!({ "preKeyCount": 1 })).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::prepare(|_| {});
        let setup = BridgeSetup {
            folder: folder.path().join("session"),
            target: format!("{to_daemon}/webhook/whatsapp/baileys"),
            secret: SECRET.to_owned(),
            more: Vec::new(),
        };
        let bridge = BridgeProcess::start(&programs, &whatsapp, setup).await.unwrap();
        connect(&bridge.origin(), &daemon.url());
        daemon.reconfigure(|setup| {
            setup.env("BAILEYS_OUTBOUND_URL", format!("{to_bridge}/send"));
        });
        let harness = Self::with(daemon, bridge, whatsapp, folder);
        harness.link().await;
        harness
    }

    /// Starts the three processes with a linked account. Daemon and bridge are connected only by Unix sockets.
    pub async fn linked_by_sockets() -> Self {
        let programs = programs().await;
        let whatsapp = WhatsAppServer::start(&programs).await.unwrap();
        whatsapp.call("/options", &json!({ "preKeyCount": 1 })).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let bridge_socket = folder.path().join("bridge.sock").display().to_string();
        let mut daemon = Daemon::prepare(|setup| {
            setup.bridge_listener();
        });
        let setup = BridgeSetup {
            folder: folder.path().join("session"),
            // The target is not set, because it would take precedence over the socket.
            target: String::new(),
            secret: SECRET.to_owned(),
            more: vec![
                ("WA_DAEMON_SOCKET", daemon.bridge_socket().display().to_string()),
                ("WA_BRIDGE_SOCKET", bridge_socket.clone()),
            ],
        };
        let bridge = BridgeProcess::start(&programs, &whatsapp, setup).await.unwrap();
        daemon.reconfigure(|setup| {
            setup.env("WA_BRIDGE_SOCKET", bridge_socket);
        });
        let harness = Self::with(daemon, bridge, whatsapp, folder);
        harness.link().await;
        harness
    }

    fn with(mut daemon: Daemon, bridge: BridgeProcess, whatsapp: WhatsAppServer, folder: TempDir) -> Self {
        daemon.reconfigure(|setup| {
            setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("WA_PACING", "off");
        });
        let api = tokio::task::block_in_place(|| {
            daemon.launch();
            daemon.api()
        });
        Self { daemon, api, bridge, whatsapp, folder }
    }

    /// Starts the three processes, and links the account by QR code.
    pub async fn linked() -> Self {
        Self::linked_with(|_| {}).await
    }

    /// Starts the three processes with additional settings of the daemon, and links the account.
    pub async fn linked_with(configure: impl FnOnce(&mut Setup)) -> Self {
        let harness = Self::begin_with(configure).await;
        harness.link().await;
        harness
    }

    /// Requests the QR code from the daemon, scans it, and waits until the daemon reports that the account is linked.
    pub async fn link(&self) {
        let qr = eventually("a code in the API", async || {
            self.link_state().await["pairing"]["qr"].as_str().map(str::to_owned)
        })
        .await;
        self.whatsapp.scan(&qr).await.unwrap();
        self.becomes("connected").await;
    }

    /// Returns what the daemon reports about the bridge.
    pub async fn link_state(&self) -> Value {
        let reply = self.api.get("/api/whatsapp/bridge").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Waits until the daemon reports this state of the bridge.
    pub async fn becomes(&self, state: &str) -> Value {
        eventually(&format!("the bridge to be {state}"), async || {
            Some(self.link_state().await).filter(|shown| shown["state"] == state)
        })
        .await
    }

    /// Sends a text and returns the API's response.
    pub async fn say(&self, to: &str, text: &str) -> Value {
        let reply = self.api.post_json("/api/whatsapp/send", &json!({ "to": to, "text": text })).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Returns all messages with a contact, oldest first.
    pub async fn messages_with(&self, contact: WhatsAppUser) -> Vec<Value> {
        let number = format!("+{}", contact.number);
        let threads = self.api.get("/api/threads?type=whatsapp").await.json();
        let of_contact = |thread: &&Value| thread["peer_number"] == number.as_str();
        let threads: Vec<_> = threads["threads"].as_array().unwrap().iter().filter(of_contact).cloned().collect();
        assert!(threads.len() <= 1, "one thread with {number}: {threads:?}");
        let Some(thread) = threads.first() else { return Vec::new() };
        let page = self.api.get(&format!("/api/threads/{}/messages?limit=200", thread["id"])).await.json();
        page["messages"].as_array().unwrap().clone()
    }

    /// Returns the texts of all messages with a contact, oldest first, with `>` before outbound ones.
    pub async fn talk(&self, contact: WhatsAppUser) -> Vec<String> {
        let shown = |message: &Value| {
            let mark = if message["direction"] == "out" { ">" } else { "" };
            format!("{mark}{}", message["content_text"].as_str().unwrap())
        };
        self.messages_with(contact).await.iter().map(shown).collect()
    }

    /// Waits until the conversation with a contact equals `expected`.
    pub async fn talk_becomes(&self, contact: WhatsAppUser, expected: &[&str]) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let talk = self.talk(contact).await;
            if talk == expected {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "the conversation is {talk:?}, expected {expected:?}; {}",
                self.bridge_log()
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until the conversation with a contact has a message that `fits` accepts, and returns the message.
    pub async fn message(&self, contact: WhatsAppUser, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || self.messages_with(contact).await.into_iter().find(|message| fits(message))).await
    }

    /// Waits until the message of a response to [`BridgeHarness::say`] has this status.
    pub async fn until_status(&self, contact: WhatsAppUser, answer: &Value, status: &str) -> Value {
        let id = &answer["message_id"];
        self.message(contact, &format!("message {id} to be {status}"), |m| m["id"] == *id && m["status"] == status)
            .await
    }

    /// Returns the bridge's session folder.
    pub fn session(&self) -> PathBuf {
        self.folder.path().join("session")
    }

    /// Returns the path of the bridge's Unix socket. The socket exists only after [`BridgeHarness::linked_by_sockets`].
    pub fn bridge_socket(&self) -> PathBuf {
        self.folder.path().join("bridge.sock")
    }

    /// Returns the bridge's output, for the message of a failed assertion.
    pub fn bridge_log(&self) -> String {
        format!("the bridge's log:\n{}", self.bridge.log_lines().join("\n"))
    }
}

impl Drop for BridgeHarness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {}", self.bridge_log());
        }
    }
}

/// Waits until `found` returns a value, and returns the value.
pub async fn eventually<T>(what: &str, found: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Finds the built bridge. Node.js is the program in `BRIDGE_NODE`, or `node` on the `PATH`.
async fn programs() -> Programs {
    let node = std::env::var_os("BRIDGE_NODE").unwrap_or_else(|| "node".into());
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    match Programs::find(Path::new(&node), &[folder]).await {
        Ok(programs) => programs,
        Err(error) => panic!("{error} (`scripts/setup.sh test` builds it too)"),
    }
}

/// The timeout of each wait. It is long because the three processes share the machine with other tests.
const LIMIT: Duration = Duration::from_secs(40);
pub const SECRET: &str = "the-bridge-s-secret";
