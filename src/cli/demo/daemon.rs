//! The daemon, running as a child process with its own folder.

use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

pub(super) struct Daemon {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
    environment: Vec<(String, String)>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    /// Starts a daemon in `folder` with the variables of `environment` but none of this process, and waits until it is
    /// ready. Fails after 15 s.
    pub(super) async fn start(
        listener: TcpListener,
        folder: &Path,
        mut environment: Vec<(String, String)>,
    ) -> anyhow::Result<Self> {
        let folder = folder.to_owned();
        let address = listener.local_addr()?;
        environment.push(("DATABASE_URL".into(), folder.join("agentlocator.db").display().to_string()));
        // Use a settings file of its own, so that the demo does not read the settings of an installed daemon.
        std::fs::write(folder.join("config.toml"), "# Everything is in the environment.\n")?;
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new("sh");
        command
            .args(["-c", START])
            .arg(&program)
            .args(["--config".as_ref(), folder.join("config.toml").as_os_str(), "serve".as_ref()])
            .env_clear()
            .envs(environment.iter().cloned())
            .current_dir(&folder)
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the daemon")?;
        let stderr = child.stderr.take().context("the daemon has no stderr")?;
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let (listens, mut listening) = watch::channel(false);
        let (own, log_file) = (lines.clone(), folder.join("daemon.log"));
        tokio::spawn(async move {
            let mut reader = BufReader::new(stderr).lines();
            let mut file = tokio::fs::File::create(log_file).await.ok();
            while let Ok(Some(line)) = reader.next_line().await {
                if let Some(file) = &mut file {
                    let _ = file.write_all(format!("{line}\n").as_bytes()).await;
                }
                if line.contains("\"STARTED\"") {
                    let _ = listens.send(true);
                }
                own.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let daemon = Self { child, folder, address, environment, lines };
        let started = tokio::time::timeout(Duration::from_secs(15), listening.wait_for(|listens| *listens)).await;
        match started {
            Ok(Ok(_)) => Ok(daemon),
            _ => bail!("the daemon did not start:\n{}", daemon.last_lines(20)),
        }
    }

    /// Runs a command of this program with the daemon's settings; returns its stdout.
    pub(super) async fn cli(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--config".as_ref(), self.folder.join("config.toml").as_os_str()])
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            bail!("agentlocator {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn log_lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn last_lines(&self, count: usize) -> String {
        let lines = self.log_lines();
        lines[lines.len().saturating_sub(count)..].join("\n") + "\n"
    }

    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Sends SIGTERM. Fails if the daemon does not exit within 15 s.
    pub(super) async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        let pid = self.child.id().context("the daemon has already exited")?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?).context("no such process")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let status = tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await;
        status.context("the daemon did not stop within 15 s")?.context("cannot wait for the daemon")
    }
}

/// Shell script that starts the daemon with an open listening socket, as systemd's socket activation does. The port is
/// then already bound, so no other process can use it. If `setpriv` is installed and the demo is killed, the kernel
/// sends SIGTERM to the daemon.
const START: &str = r#"
exec 3<&0 </dev/null
set -- "$0" "$@"
if command -v setpriv >/dev/null; then set -- setpriv --pdeathsig TERM "$@"; fi
LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"
"#;
