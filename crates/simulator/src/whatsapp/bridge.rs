//! The real bridge as a child process.

use super::node_process::{NodeProcess, OnDrop, OutputLines};
use super::{HarnessError, Programs, WhatsAppServer};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitStatus;

/// The settings of a bridge process.
#[derive(Clone, Debug)]
pub struct BridgeSetup {
    /// The folder of the WhatsApp session.
    pub folder: PathBuf,
    /// The URL of the daemon's webhook.
    pub target: String,
    /// The secret that the bridge shares with the daemon.
    pub secret: String,
    /// Further environment variables.
    pub more: Vec<(&'static str, String)>,
}

/// The released bridge, which connects to a test server. The process can be killed and started again. Dropping this
/// value kills the process.
pub struct BridgeProcess {
    programs: Programs,
    environment: Vec<(&'static str, String)>,
    port: u16,
    node: Option<NodeProcess>,
    output: OutputLines,
}

impl BridgeProcess {
    /// Starts a bridge on a free port, and waits until it listens.
    ///
    /// # Errors
    /// If Node cannot be started, or the bridge does not start to listen.
    pub async fn start(programs: &Programs, server: &WhatsAppServer, setup: BridgeSetup) -> Result<Self, HarnessError> {
        let endpoints = server.endpoints.clone();
        let mut environment = vec![
            ("PATH", programs.path.clone()),
            ("WA_WEB_SOCKET_URL", endpoints.url),
            ("WA_SESSION_DIR", setup.folder.display().to_string()),
            ("BAILEYS_WEBHOOK_SECRET", setup.secret),
            ("BAILEYS_WEBHOOK_TARGET", setup.target),
            ("WA_PACING", "off".to_owned()),
            ("WA_TEST_ROOT_KEY", endpoints.root_key),
            ("WA_TEST_MEDIA_HOST", endpoints.media_host),
            ("NODE_EXTRA_CA_CERTS", endpoints.media_ca),
        ];
        environment.extend(setup.more);
        let output = OutputLines::default();
        let mut bridge = Self { programs: programs.clone(), environment, port: 0, node: None, output };
        bridge.launch().await?;
        Ok(bridge)
    }

    /// Starts the bridge again on the same port, unless it is running.
    ///
    /// # Errors
    /// The errors of [`BridgeProcess::start`].
    pub async fn launch(&mut self) -> Result<(), HarnessError> {
        if self.is_running() {
            return Ok(());
        }
        let (first, programs) = (self.output.lines().len(), &self.programs);
        let mut environment = self.environment.clone();
        environment.push(("PORT", self.port.to_string()));
        let require = std::path::Path::new("--require");
        let arguments = [require, &programs.trust, require, &programs.lifeline, &programs.bridge];
        let mut node = NodeProcess::start(WHAT, &programs.node, &arguments, &environment, &self.output, OnDrop::Kill)?;
        self.port = node.wait_for_line(first, listening).await?;
        self.node = Some(node);
        Ok(())
    }

    /// Kills the process with SIGKILL, like a power loss.
    pub async fn kill(&mut self) {
        if let Some(node) = self.node.take() {
            node.kill().await;
        }
    }

    /// Asks the process to exit, and waits. Returns its exit status; `None` if it was not running or had to be killed.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        self.node.take()?.stop().await
    }

    /// Returns true from a start until [`Self::kill`] or [`Self::stop`]. Does not detect that the process has exited by
    /// itself.
    pub fn is_running(&self) -> bool {
        self.node.as_ref().is_some_and(|node| node.id().is_some())
    }

    /// Returns the process id from a start until [`Self::kill`] or [`Self::stop`].
    pub fn process_id(&self) -> Option<u32> {
        self.node.as_ref()?.id()
    }

    /// Returns the base URL `http://127.0.0.1:PORT`. The port stays the same after each start.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the URL that accepts messages to send.
    pub fn send_url(&self) -> String {
        format!("{}/send", self.origin())
    }

    /// Returns all lines that the bridge has printed, over all starts.
    pub fn log_lines(&self) -> Vec<String> {
        self.output.lines()
    }
}

/// Returns the port if the line reports that the bridge listens.
fn listening(line: &str) -> Option<u16> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["event"] == "LISTENING").then(|| line["port"].as_u64().and_then(|port| u16::try_from(port).ok()))?
}

const WHAT: &str = "the WhatsApp bridge";
