//! Floods the daemon during calls, with attackers from two IPv4 addresses and one IPv6 /48 in a separate network
//! namespace.

pub mod attackers;

use crate::machine::Machine;
use crate::process::Folder;
use crate::report::{Flood, say};
use crate::stats::Samples;
use crate::target::{self, Target};
use crate::voice::{self, Load};
use attackers::AttackReport;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

const CALLS: u16 = 20;
const QUIET_SECONDS: u64 = 10;
const FLOOD_SECONDS: u64 = 25;
const WEBHOOKS: u16 = 100;

/// Runs this program again in a network namespace, and waits for it. Returns `None` if the program already runs there.
/// Without root, a network namespace requires a user namespace. The loopback interface gets a maximum packet size (MTU)
/// of 1,500 bytes, as on the internet: with the default size, the kernel would buffer megabytes of an unread response.
pub fn enter_own_network() -> Option<ExitCode> {
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let is_root = rustix::process::geteuid().is_root();
    let mut unshare = Command::new("unshare");
    unshare.args(if is_root { &["--net"][..] } else { &["--net", "--user", "--map-root-user"] });
    let set_up = format!(
        "ulimit -n $(ulimit -Hn) && ip link set lo up mtu 1500 && ip address add {SERVER_V4}/24 dev lo && \
         ip -6 address add {SERVER_V6}/128 dev lo && ip -6 route add local {}/48 dev lo && \
         echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind && exec \"$0\" \"$@\"",
        attackers::NETWORK_V6
    );
    let own = std::env::args().skip(1);
    let status = unshare.args(["sh", "-c", &set_up, &target::own_program()]).args(own).env(INSIDE, "1").status();
    match status {
        Ok(status) if status.success() => Some(ExitCode::SUCCESS),
        Ok(_) => Some(ExitCode::FAILURE),
        Err(error) => {
            say(&format!("no network namespace for the flood: {error} (unshare of util-linux, ip of iproute2)"));
            Some(ExitCode::FAILURE)
        }
    }
}

/// Measures calls without a flood, then as many calls and signed webhooks during a flood, and then the memory after a
/// minute of rest.
pub async fn measure(machine: Machine) -> Flood {
    let folder = Folder::new("flood");
    let ai = TcpListener::bind("127.0.0.1:0").await.expect("cannot bind a port for the AI");
    let ai_address = ai.local_addr().expect("the AI's listener has no address");
    let (server, endpoint) = Target::start_daemon_everywhere(machine, &folder, ai_address);
    say(&format!("{CALLS} calls in peace"));
    let peace = voice::run(Load::new(CALLS, QUIET_SECONDS), &server, &endpoint, ai).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let rest = server.memory();

    say(&format!("{CALLS} calls in a flood of {} Mbit/s", attackers::MEGABITS));
    let ai = TcpListener::bind(ai_address).await.expect("cannot bind the AI's port again");
    // The attackers must have a lower priority than the load generator.
    let attackers = Command::new("nice")
        .args(["-n", "19", "chrt", "-o", "0", &target::own_program(), "attackers"])
        .args([server.address.port().to_string(), (FLOOD_SECONDS + 3).to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("cannot start the attackers");
    let messages = async {
        let (mut took, mut refused) = (Samples::default(), 0);
        let mut every = tokio::time::interval(Duration::from_millis(250));
        for number in 0..WEBHOOKS {
            every.tick().await;
            let began = Instant::now();
            match tokio::time::timeout(Duration::from_secs(10), endpoint.webhook(number)).await {
                Ok(Ok(())) => took.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)),
                _ => refused += 1,
            }
        }
        (took.summary(), refused)
    };
    let highest = async {
        let mut highest = 0;
        let mut every = tokio::time::interval(Duration::from_millis(100));
        for _ in 0..FLOOD_SECONDS * 10 {
            every.tick().await;
            highest = highest.max(server.memory());
        }
        highest
    };
    let (calls, (webhooks, refused), highest) =
        tokio::join!(voice::run(Load::new(CALLS, FLOOD_SECONDS - 3), &server, &endpoint, ai), messages, highest);
    let report = wait_for_report(attackers);
    say("a minute of rest");
    tokio::time::sleep(Duration::from_mins(1)).await;
    let after = server.memory();
    server.stop();
    Flood { peace, calls, webhooks, refused, attackers: report, rest, highest, after }
}

fn wait_for_report(mut attackers: Child) -> AttackReport {
    let report = attackers.stdout.take().and_then(|output| serde_json::from_reader(output).ok());
    let _ = attackers.wait();
    report.expect("the attackers printed no report")
}

/// The server's addresses are reserved for documentation (RFC 5737, RFC 3849), so that the daemon treats them as
/// public.
pub const SERVER_V4: &str = "198.51.100.1";
pub const SERVER_V6: &str = "2001:db8:1::1";
const INSIDE: &str = "AGENTLOCATOR_BENCH_NETWORK";
