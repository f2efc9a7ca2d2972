//! Measures the time from exec to the first successful health response.

use crate::machine::Machine;
use crate::process::{Folder, Server};
use crate::stats::median;
use crate::target::{DAEMON, daemon_settings};
use agentlocator::simulator::twilio::Account;
use serde::Serialize;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Starts {
    pub messages: u64,
    pub median_ms: f64,
    pub each_ms: Vec<f64>,
}

pub fn measure(machine: Machine, folder: &Folder, messages: u64, times: usize) -> Starts {
    let account = Account { sid: format!("AC{:032}", 1), auth_token: "bench-token".into() };
    let each_ms: Vec<_> = (0..times)
        .map(|_| {
            let began = Instant::now();
            let server = Server::launch(machine, DAEMON, |command, port| {
                daemon_settings(command, folder, "", port, &account);
            });
            wait_until_healthy(server.address);
            let took = began.elapsed();
            server.stop();
            took.as_secs_f64() * 1_000.0
        })
        .collect();
    Starts { messages, median_ms: median(each_ms.clone()), each_ms }
}

fn wait_until_healthy(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if healthy(address) == Some(true) {
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    panic!("the daemon does not become healthy");
}

fn healthy(address: SocketAddr) -> Option<bool> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    Some(answer.starts_with(b"HTTP/1.1 200"))
}
