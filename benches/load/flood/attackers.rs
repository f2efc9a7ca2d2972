//! The attackers: a separate process that sends as much as the limit of its bandwidth allows.

use super::{SERVER_V4, SERVER_V6};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

/// The total bandwidth of all attackers, in megabits per second.
pub const MEGABITS: u64 = 50;
/// The IPv6 network of the attackers. Each connection has a different source address.
pub const NETWORK_V6: &str = "2001:db8:77::";
const ADDRESSES_V4: [&str; 2] = ["198.51.100.2", "198.51.100.3"];
/// The number of concurrent attackers. Most attacks hold a connection open for seconds; the others use the bandwidth.
const WORKERS: u64 = 2048;
const HOLD: Duration = Duration::from_secs(8);

/// `connections` counts the attempts, including the `refused` ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AttackReport {
    pub connections: u64,
    pub refused: u64,
    pub bytes: u64,
}

#[derive(Default)]
struct SharedLink {
    totals: Cell<(u64, u64, u64)>,
    /// The path of the largest file of the page.
    asset: String,
}

/// Returns the path of the largest of the files that the page links to.
async fn longest_asset(port: u16) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{SERVER_V4}:{port}{path}");
    let page = client.get(url("/app/")).send().await.expect("the page").text().await.expect("its text");
    let mut longest = (0, "/app/".to_owned());
    for path in page.split('"').filter(|text| text.starts_with("/app/assets/")) {
        let head = client.head(url(path)).send().await.expect("a file of the page");
        let length = head.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        longest = longest.max((length.unwrap_or(0), path.to_owned()));
    }
    assert!(longest.0 > 0, "the page is not built, so its files cannot be requested");
    longest.1
}

pub async fn run(port: u16, seconds: u64) {
    let link = Rc::new(SharedLink { asset: longest_asset(port).await, ..SharedLink::default() });
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let local = LocalSet::new();
    for number in 0..WORKERS {
        let link = link.clone();
        local.spawn_local(async move {
            for round in 0_u64.. {
                if Instant::now() >= end {
                    return;
                }
                let _ = timeout(HOLD * 2, attack(&link, port, number + round * WORKERS, began)).await;
            }
        });
    }
    let _ = timeout(Duration::from_secs(seconds + 1), local).await;
    let (connections, refused, bytes) = link.totals.get();
    let report = AttackReport { connections, refused, bytes };
    crate::report::say(&serde_json::to_string(&report).expect("JSON"));
}

/// Runs one attack; `n` selects its kind.
async fn attack(link: &SharedLink, port: u16, n: u64, began: Instant) {
    let Some(mut stream) = connect(link, port, n).await else {
        sleep(Duration::from_millis(20)).await;
        return;
    };
    let junk = "a&".repeat(32 << 10);
    let signed = "X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let request = |path: &str, headers: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nHost: shop.example\r\n{headers}Content-Length: {length}\r\n\r\n")
    };
    let whole = |head: String, body: &str| [head.as_bytes(), body.as_bytes()].concat();
    let (bytes, waits) = match n % 11 {
        // Forms that are slow to parse and sort.
        0 | 1 => (whole(request("/webhook/incoming_call", &format!("{signed}{form}"), junk.len()), &junk), true),
        // Incomplete bodies.
        2 => (whole(request("/webhook/whatsapp/twilio", &format!("{signed}{form}"), 60_000), &junk[..50_000]), false),
        // The bridge's webhook, which accepts larger bodies.
        3 => (whole(request("/webhook/whatsapp/baileys", "X-BAILEYS-SECRET: no\r\n", junk.len()), &junk), true),
        // Login attempts.
        4 => {
            let body = format!(r#"{{"name":"owner{n}","password":"not the password"}}"#);
            (whole(request("/api/login", "Content-Type: application/json\r\n", body.len()), &body), true)
        }
        // Media sockets without a message.
        5 => {
            let head = "GET /ws/twilio-media HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            (head.as_bytes().to_vec(), false)
        }
        // An incomplete request head, then silence.
        6 => (b"GET / HTTP/1.1\r\nHost:".to_vec(), false),
        // A long request head without its end, then silence.
        7 => (format!("GET / HTTP/1.1\r\nHost: shop.example\r\nCookie: a={}", "a".repeat(15 << 10)).into(), false),
        // The largest file of the page, uncompressed, whole or in part. The client does not read the response.
        8 | 9 => {
            let range = if n.is_multiple_of(2) { "" } else { "Range: bytes=1000-\r\n" };
            let head = format!("GET {} HTTP/1.1\r\nHost: shop.example\r\n{range}\r\n", link.asset);
            (head.repeat(20).into(), false)
        }
        _ => (Vec::new(), false),
    };
    for part in bytes.chunks(16 << 10) {
        link.share(part.len(), began).await;
        if stream.write_all(part).await.is_err() {
            return;
        }
    }
    if matches!(n % 11, 8 | 9) {
        sleep(HOLD).await;
    } else if waits {
        let _ = stream.read(&mut [0; 512]).await;
    } else {
        // Holds the connection open until the server closes it, at most for `HOLD`.
        let _ = timeout(HOLD, async { while stream.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {} }).await;
    }
}

async fn connect(link: &SharedLink, port: u16, n: u64) -> Option<TcpStream> {
    let (from, to) = match n / 11 % 4 {
        0 | 1 => (ADDRESSES_V4[(n / 11 % 2) as usize].parse::<IpAddr>().ok()?, SERVER_V4.parse::<IpAddr>().ok()?),
        _ => {
            let network: Ipv6Addr = NETWORK_V6.parse().ok()?;
            // The source addresses are spread over the whole /48, so that few connections share a /64.
            let spread = u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 16 | u128::from(n);
            (Ipv6Addr::from(u128::from(network) | (spread & (u128::MAX >> 48))).into(), SERVER_V6.parse().ok()?)
        }
    };
    let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    // With a small receive buffer, a client that does not read fills the server's buffers quickly.
    socket.set_recv_buffer_size(4096).ok()?;
    socket.bind(SocketAddr::new(from, 0)).ok()?;
    let connected = timeout(Duration::from_secs(3), socket.connect(SocketAddr::new(to, port))).await;
    let connected = connected.ok().and_then(Result::ok);
    let (connections, refused, bytes) = link.totals.get();
    link.totals.set((connections + 1, refused + u64::from(connected.is_none()), bytes));
    connected
}

impl SharedLink {
    /// Waits until the bandwidth allows this many bytes.
    async fn share(&self, length: usize, began: Instant) {
        let (connections, refused, bytes) = self.totals.get();
        self.totals.set((connections, refused, bytes + length as u64));
        let due = Duration::from_secs_f64(bytes as f64 * 8.0 / (MEGABITS as f64 * 1e6));
        tokio::time::sleep_until(began + due).await;
    }
}
