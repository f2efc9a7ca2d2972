//! A server as a child process: start, measurement and stop.

use crate::machine::Machine;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A temporary folder, which is deleted when this value is dropped.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new(name: &str) -> Self {
        let made = tempfile::Builder::new().prefix(&format!("bench-{name}-")).tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        Self(made.expect("cannot create a folder for the bench's data"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A server as a child process, which is killed when this value is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts `program` as the server, and waits until it listens. `configure` receives the command and the port.
    pub fn start(machine: Machine, program: &str, configure: impl FnOnce(&mut Command, u16)) -> Self {
        let server = Self::launch(machine, program, configure);
        server.wait_until_open();
        server
    }

    pub fn launch(machine: Machine, program: &str, configure: impl FnOnce(&mut Command, u16)) -> Self {
        let port = free_port();
        let mut command = machine.server(program);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        configure(&mut command, port);
        let child = command.spawn().unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    fn wait_until_open(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen on {}", self.address);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns the CPU time so far, user and system.
    pub fn cpu(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in parentheses may contain spaces.
        let fields: Vec<_> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |place: usize| fields.get(place).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        // utime and stime are the 14th and 15th field, in units of 1/100 second on Linux.
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// Returns the resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
    }

    /// Waits until the process has used no CPU time for a second, at most 20 s, and returns its resident memory in bytes.
    pub fn memory_at_rest(&self) -> u64 {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut used = self.cpu();
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = self.cpu();
            if now == used || Instant::now() >= deadline {
                return self.memory();
            }
            used = now;
        }
    }

    /// Asks the process to exit, and waits up to 20 s; then kills it.
    pub fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().map(|address| address.port()).expect("a port")
}
