//! Loads of signed WhatsApp webhooks: as many as possible, or a fixed number per second.

use crate::process::Server;
use crate::stats::{Samples, Summary};
use agentlocator::simulator::twilio::sign;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

#[derive(Clone)]
pub struct Hook {
    pub address: SocketAddr,
    pub path: &'static str,
    pub auth_token: Rc<str>,
}

#[derive(Clone, Copy, Debug)]
pub enum Rate {
    /// Each connection sends the next webhook after the response to the previous one.
    Closed { connections: u64 },
    /// A fixed number per second, independent of responses; the wait for a free connection counts as latency.
    Open { per_second: u64 },
}

/// The results of a load. `memory` is in bytes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    pub accepted: u64,
    pub refused: u64,
    pub per_second: f64,
    pub latency: Summary,
    pub cpu_ms_per_1000: f64,
    pub memory: u64,
}

impl Outcome {
    /// Returns true if the rate is higher. Rates that differ by less than 2 % count as equal: then the lower latency
    /// decides.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let (own, others) = (self.per_second, other.per_second);
        if (own - others).abs() < 0.02 * others { self.latency.p99 < other.latency.p99 } else { own > others }
    }
}

/// `run` distinguishes the messages from those of other runs.
pub async fn run(hook: &Hook, rate: Rate, seconds: u64, run: u64, server: &Server) -> Outcome {
    let totals = Rc::new(RefCell::new((Samples::default(), 0_u64, 0_u64)));
    let (began, cpu) = (Instant::now(), server.cpu());
    let end = began + Duration::from_secs(seconds);
    let connections = match rate {
        Rate::Closed { connections } => connections,
        Rate::Open { .. } => OPEN_CONNECTIONS,
    };
    let mut tasks = Vec::new();
    for connection in 0..connections {
        let (hook, totals) = (hook.clone(), totals.clone());
        let pace = match rate {
            Rate::Closed { .. } => None,
            Rate::Open { per_second } => {
                let gap = Duration::from_secs(1) * u32::try_from(connections).unwrap_or(1)
                    / u32::try_from(per_second).unwrap_or(1);
                Some((
                    began + gap * u32::try_from(connection).unwrap_or(0) / u32::try_from(connections).unwrap_or(1),
                    gap,
                ))
            }
        };
        tasks.push(tokio::task::spawn_local(async move {
            let sent = send_until(&hook, end, run << 16 | connection, pace, &totals).await;
            if let Err(error) = sent {
                totals.borrow_mut().2 += 1;
                crate::report::say(&format!("  a connection was lost: {error}"));
            }
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let (mut samples, accepted, refused) = totals.take();
    let cpu = server.cpu().saturating_sub(cpu);
    Outcome {
        accepted,
        refused,
        per_second: accepted as f64 / seconds,
        latency: samples.summary(),
        cpu_ms_per_1000: cpu.as_secs_f64() * 1_000_000.0 / accepted.max(1) as f64,
        memory: server.memory(),
    }
}

pub struct Sender<'a> {
    hook: &'a Hook,
    stream: TcpStream,
    url: String,
    request: String,
    answer: Vec<u8>,
}

impl<'a> Sender<'a> {
    pub async fn connect(hook: &'a Hook) -> std::io::Result<Self> {
        let stream = TcpStream::connect(hook.address).await?;
        stream.set_nodelay(true)?;
        let url = format!("http://{}{}", hook.address, hook.path);
        Ok(Self { hook, stream, url, request: String::new(), answer: Vec::with_capacity(1 << 10) })
    }

    /// Sends the n-th webhook of a connection. Returns the status of the response.
    pub async fn send(&mut self, connection: u64, n: u64) -> std::io::Result<u16> {
        write_request(&mut self.request, self.hook, &self.url, connection, n);
        self.stream.write_all(self.request.as_bytes()).await?;
        read_answer(&mut self.stream, &mut self.answer).await
    }
}

async fn send_until(
    hook: &Hook,
    end: Instant,
    connection: u64,
    pace: Option<(Instant, Duration)>,
    totals: &RefCell<(Samples, u64, u64)>,
) -> std::io::Result<()> {
    let mut sender = Sender::connect(hook).await?;
    let mut planned = pace.map(|(first, _)| first);
    for n in 0.. {
        if let Some(at) = planned {
            tokio::time::sleep_until(at).await;
        }
        let began = planned.unwrap_or_else(Instant::now);
        if began >= end {
            return Ok(());
        }
        let status = sender.send(connection, n).await?;
        let mut totals = totals.borrow_mut();
        totals.0.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        if (200..300).contains(&status) {
            totals.1 += 1;
        } else {
            totals.2 += 1;
        }
        planned = planned.zip(pace).map(|(at, (_, gap))| at + gap);
    }
    Ok(())
}

fn write_request(request: &mut String, hook: &Hook, url: &str, connection: u64, n: u64) {
    let sid = message_sid(connection, n);
    let contact = (connection.wrapping_mul(7_919) + n.wrapping_mul(31)) % CONTACTS;
    let digits = format!("97250{contact:07}");
    let own: [(&str, &str); 14] = [
        ("AccountSid", "AC00000000000000000000000000000001"),
        ("ApiVersion", "2010-04-01"),
        ("Body", "שלום, אתם פתוחים היום?"),
        ("From", &format!("whatsapp:+{digits}")),
        ("MessageSid", &sid),
        ("MessageType", "text"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("ProfileName", "דנה כהן"),
        ("SmsMessageSid", &sid),
        ("SmsSid", &sid),
        ("SmsStatus", "received"),
        ("To", "whatsapp:+97235551234"),
        ("WaId", &digits),
    ];
    let fields = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signature = sign(&hook.auth_token, url, &fields);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    request.clear();
    let _ = write!(
        request,
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: TwilioProxy/1.1\r\nX-Twilio-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}",
        hook.path,
        hook.address,
        body.len()
    );
}

/// Returns the id of a message. The ids look random like Twilio's, so that their order is not the order of time.
pub fn message_sid(connection: u64, n: u64) -> String {
    let mixed =
        (connection << 32 | n).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    format!("SM{mixed:016x}{connection:08x}{n:08x}")
}

async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> std::io::Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if answer.len() >= end + 4 + length.unwrap_or(0) {
            return Ok(head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0));
        }
    }
}

const CONTACTS: u64 = 1_000;
/// The number of connections of an open load, which is large enough that no message waits for a connection while the
/// server keeps up.
const OPEN_CONNECTIONS: u64 = 128;
