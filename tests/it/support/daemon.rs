//! The real daemon as a child process.

use super::log::{Log, WAIT_TIMEOUT};
use super::setup::ORDINARY_USER;
use super::{Client, Setup};
use rustix::process::{Pid, Signal, kill_process};
use std::cell::Cell;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A daemon in its own folder. Dropping it kills the process.
pub struct Daemon {
    // Declared before the folder, so that the child is killed before the folder is deleted.
    child: Option<Child>,
    folder: TempDir,
    listener: TcpListener,
    /// The sockets for `http` and `https`.
    web_listeners: [TcpListener; 2],
    bridge_listener: Option<UnixListener>,
    setup: Setup,
    log: Log,
    stdout: Log,
    /// True after a test has changed the live database, until the published file has the change.
    pub(super) is_seeded: Cell<bool>,
}

impl Daemon {
    /// Starts a daemon and waits until it listens.
    pub fn start(configure: impl FnOnce(&mut Setup)) -> Self {
        let mut daemon = Self::prepare(configure);
        daemon.launch();
        daemon
    }

    /// Prepares a daemon with a folder and an address, without starting it.
    pub fn prepare(configure: impl FnOnce(&mut Setup)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut setup = Setup::default();
        setup.env("PUBLIC_BASE_URL", format!("http://{}", listener.local_addr().unwrap()));
        configure(&mut setup);
        let folder = tempfile::tempdir().unwrap();
        if let Some(toml) = &setup.toml {
            std::fs::write(folder.path().join("config.toml"), toml).unwrap();
        }
        let bridge_listener = setup
            .more_listeners
            .contains("bridge")
            .then(|| UnixListener::bind(folder.path().join(BRIDGE_SOCKET)).unwrap());
        let web_listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        Self {
            child: None,
            folder,
            listener,
            web_listeners,
            bridge_listener,
            setup,
            log: Log::default(),
            stdout: Log::default(),
            is_seeded: Cell::default(),
        }
    }

    /// Starts the process, and waits until it listens.
    pub fn launch(&mut self) {
        let mark = self.log.mark();
        self.spawn();
        self.log.wait_for_event_from(mark, "LISTENING");
        if self.setup.env.contains_key("CRM_LISTEN") {
            self.crm_address(mark);
        }
        if self.is_seeded.take() {
            self.until_published();
        }
    }

    /// Starts the process without waiting.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        // Starts the daemon with bash, because `sh` may not support file descriptor numbers of more than one digit.
        let mut command = Command::new("bash");
        let listeners = self.handed_over();
        let start = if listeners.is_empty() {
            r#"exec "$0" "$@" </dev/null"#.to_owned()
        } else {
            let moves: Vec<_> =
                (3..).zip(&listeners).map(|(to, (_, fd))| format!("{to}<&{}", fd.as_raw_fd())).collect();
            let names: Vec<_> = listeners.iter().map(|(name, _)| *name).collect();
            format!(
                r#"exec {} </dev/null; LISTEN_FDNAMES={} LISTEN_FDS={} LISTEN_PID=$$ exec "$0" "$@""#,
                moves.join(" "),
                names.join(":"),
                listeners.len()
            )
        };
        command
            .args(["-c", &start])
            .args(&self.setup.wrapper)
            .arg(BINARY)
            .args(self.arguments(&["serve"]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.with_environment(&mut command).spawn().unwrap();
        self.log.follow(child.stderr.take().unwrap());
        self.stdout.follow(child.stdout.take().unwrap());
        self.child = Some(child);
    }

    /// Returns the sockets that systemd would pass, with their names.
    fn handed_over(&self) -> Vec<(&'static str, OwnedFd)> {
        let setup = &self.setup;
        let mut listeners = Vec::new();
        if !setup.binds_itself && !setup.no_public_listener {
            listeners.push(("web", inherited(&self.listener)));
        }
        let [http, https] = &self.web_listeners;
        // The socket `crm` is never passed together with the others.
        let web = [("http", http.as_fd()), ("https", https.as_fd()), ("crm", http.as_fd())];
        let more = web.into_iter().chain(self.bridge_listener.as_ref().map(|listener| ("bridge", listener.as_fd())));
        let more = more.filter(|(name, _)| setup.more_listeners.contains(name));
        listeners.extend(more.map(|(name, listener)| (name, inherited(&listener))));
        listeners
    }

    /// Runs another command of the binary with the same settings, and waits until it exits.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        self.cli_with_input(arguments, "")
    }

    /// Starts another command of the binary with the same settings, in a separate process group.
    pub fn start_cli(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(BINARY);
        command.args(self.arguments(arguments)).stdin(Stdio::null()).process_group(0);
        self.with_environment(&mut command).spawn().unwrap()
    }

    /// Runs another command of the binary with the same settings and this text on its stdin, and waits until it exits.
    pub fn cli_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(BINARY);
        command.args(self.arguments(arguments)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.with_environment(&mut command).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // The write fails if the process has already exited without reading its stdin.
        let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// Runs another command of the binary with the same settings, whose stdout is this file.
    pub fn cli_into(&self, arguments: &[&str], stdout: std::fs::File) -> Output {
        let mut command = Command::new(BINARY);
        command.args(self.arguments(arguments)).stdin(Stdio::null()).stdout(stdout);
        self.with_environment(&mut command).output().unwrap()
    }

    /// Runs another command of the binary with the same settings, as an ordinary user if the test runs as root.
    pub fn cli_as_ordinary_user(&self, arguments: &[&str]) -> Output {
        let is_root = rustix::process::geteuid().is_root();
        let wrapper: &[&str] = if is_root { &ORDINARY_USER } else { &["env"] };
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(BINARY).args(self.arguments(arguments)).stdin(Stdio::null());
        self.with_environment(&mut command).output().unwrap()
    }

    /// Sends SIGTERM, and waits until the process exits, at most 15 s.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(libc_signal::TERM);
        let status = self.wait(Duration::from_secs(15));
        self.child = None;
        status
    }

    /// Kills the process with SIGKILL, like a crash.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Returns true if the test has not started the process, or has stopped or killed it.
    pub fn is_down(&self) -> bool {
        self.child.is_none()
    }

    /// Stops the daemon and starts it again with the same folder and address.
    pub fn restart(&mut self) {
        if self.child.is_some() {
            let status = self.stop();
            assert!(status.success(), "it stopped with {status}; the log:\n{}", self.log.lines().join("\n"));
        }
        self.launch();
    }

    /// Starts the daemon again after it has exited by itself.
    pub fn relaunch(&mut self) {
        self.child = None;
        self.launch();
    }

    /// Sends the signal with this number to the daemon.
    pub fn signal(&self, signal: i32) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::from_named_raw(signal).expect("a known signal")).unwrap();
    }

    /// Waits until the daemon exits. Fails if it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let child = self.child.as_mut().expect("it runs");
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end; the log:\n{}", self.log.lines().join("\n"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Changes the settings for the next start.
    pub fn reconfigure(&mut self, configure: impl FnOnce(&mut Setup)) {
        configure(&mut self.setup);
        if let Some(toml) = &self.setup.toml {
            std::fs::write(self.folder.path().join("config.toml"), toml).unwrap();
        }
    }

    /// Returns `http://127.0.0.1:port` of the public listener.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the address of the public listener.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Limits the kernel's buffer for unread responses, which would otherwise take megabytes for each connection.
    pub fn limit_send_buffers(&self, bytes: usize) {
        rustix::net::sockopt::set_socket_send_buffer_size(&self.listener, bytes).unwrap();
    }

    /// Returns the address of the plain HTTP listener, if [`Setup::web_listeners`] enabled it.
    pub fn http_address(&self) -> SocketAddr {
        self.web_listeners[0].local_addr().unwrap()
    }

    /// Returns the address of the TLS listener, if [`Setup::web_listeners`] enabled it.
    pub fn https_address(&self) -> SocketAddr {
        self.web_listeners[1].local_addr().unwrap()
    }

    /// Returns the path of the Unix socket for the bridge, if [`Setup::bridge_listener`] enabled it.
    pub fn bridge_socket(&self) -> PathBuf {
        self.folder.path().join(BRIDGE_SOCKET)
    }

    /// Returns `http://127.0.0.1:port` of the second listener, if [`Setup::crm_listener`] enabled it.
    pub fn crm_url(&self) -> String {
        format!("http://{}", self.crm_address(0))
    }

    fn crm_address(&self, mark: usize) -> String {
        self.log.wait_until("the second listener", |lines| {
            let mut events =
                lines.iter().skip(mark).filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let event = events.rfind(|event| event["event"] == "LISTENING" && event["listener"] == "crm")?;
            Some(format!("{}:{}", event["address"].as_str()?, event["port"]))
        })
    }

    /// Returns a client of the public listener.
    pub fn client(&self) -> Client {
        Client::new(self.url())
    }

    /// Returns the daemon's log, which it writes to stderr.
    pub fn logs(&self) -> &Log {
        &self.log
    }

    pub fn stdout(&self) -> &Log {
        &self.stdout
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Limits the size of the daemon's files, which simulates a full disk. The format is `soft:hard`, as for `prlimit`.
    pub fn let_files_grow(&self, limit: &str) {
        let arguments = [format!("--pid={}", self.pid()), format!("--fsize={limit}")];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    }

    /// Returns a value in the daemon's `/proc/PID/status`: `VmRSS` is its current memory, `VmHWM` the peak.
    pub fn memory_kb(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':')).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Returns the number of bytes that the daemon has caused to be written to disks; 0 on a file system in memory.
    pub fn written_bytes(&self) -> u64 {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.pid())).unwrap();
        io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of the published database file, which other programs copy.
    pub fn published_file(&self) -> PathBuf {
        self.folder.path().join("agentlocator.db")
    }

    fn arguments(&self, command: &[&str]) -> Vec<String> {
        let mut arguments: Vec<String> = command.iter().map(ToString::to_string).collect();
        if self.setup.toml.is_some() {
            arguments.extend(["--config".into(), self.folder.path().join("config.toml").display().to_string()]);
        }
        arguments
    }

    fn with_environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", self.published_file())
            .envs(&self.setup.env)
            .current_dir(self.folder.path())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("--- the daemon's log ---\n{}", self.log.lines().join("\n"));
        }
    }
}

/// Duplicates the socket to a high descriptor number, which a child process inherits.
fn inherited(listener: &impl AsFd) -> OwnedFd {
    let copy = rustix::io::fcntl_dupfd_cloexec(listener, 100).unwrap();
    rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty()).unwrap();
    copy
}

/// The longest time that a test waits for an event.
pub const LIMIT: Duration = WAIT_TIMEOUT;

const BRIDGE_SOCKET: &str = "daemon.sock";
const BINARY: &str = env!("CARGO_BIN_EXE_agentlocator");

mod libc_signal {
    pub const TERM: i32 = 15;
}
