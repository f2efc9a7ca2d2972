//! What the store costs: signed WhatsApp messages (person, thread, message, journal) a second through [`Store::write`],
//! with the published copy and without it, against what the disk and SQLite themselves give. One line of JSON.
//!
//! `taskset -c 0 cargo run --release --example store_bench -- [--seconds S] [--callers N] [--dir FOLDER]
//! [--only NAME,NAME]`
//!
//! - `fdatasync`: 4 KiB written and synced, one after the other.
//! - `floor`: one thread that commits what waits, one row with a unique key for each caller: raw group commit.
//! - `plain`: the store without publishing.
//! - `published`: the store as it is.
//!
//! Every caller waits for its answer before it goes on, so `callers` is how many writes can wait at a time.

#![expect(clippy::print_stdout, reason = "the result goes to stdout")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock itself")]
#![expect(clippy::cast_precision_loss, reason = "counts and times of a measurement are far below 2^52")]

use agentlocator::config::StoreConfig;
use agentlocator::crm::inbox::{Raw, receive};
use agentlocator::domain::{BusinessId, InboundMessage, MediaKind, PeerAddress, PhoneNumber, Provider, Timestamp};
use agentlocator::store::Store;
use anyhow::Context;
use phonenumber::country;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

fn main() -> anyhow::Result<()> {
    let settings = Settings::from_arguments()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = serde_json::Map::new();
    for (name, measure) in MEASURES.iter().filter(|(name, _)| settings.wants(name)) {
        let folder = settings.dir.join(format!("store-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let measured = measure(&folder, &settings, &runtime);
        std::fs::remove_dir_all(&folder)?;
        rows.insert((*name).into(), measured.with_context(|| format!("measuring {name}"))?.to_json());
    }
    let rate = |name: &str| rows.get(name)?["per_second"].as_f64();
    let ratio = |name: &str, to: &str| Some((rate(name)? / rate(to)? * 1000.0).round() / 1000.0);
    let ratios = json!({
        "plain_to_floor": ratio("plain", "floor"),
        "published_to_floor": ratio("published", "floor"),
        "published_to_plain": ratio("published", "plain"),
    });
    println!("{}", json!({ "bench": "store", "callers": settings.callers, "ratios": ratios, "measured": rows }));
    Ok(())
}

type Measure = fn(&Path, &Settings, &tokio::runtime::Runtime) -> anyhow::Result<Measured>;

const MEASURES: &[(&str, Measure)] = &[
    ("fdatasync", |folder, settings, _| fdatasync(folder, settings)),
    ("floor", |folder, settings, runtime| runtime.block_on(floor(folder, settings))),
    ("plain", |folder, settings, runtime| runtime.block_on(store(folder, settings, false))),
    ("published", |folder, settings, runtime| runtime.block_on(store(folder, settings, true))),
];

struct Settings {
    time: Duration,
    callers: usize,
    dir: PathBuf,
    only: Option<String>,
}

impl Settings {
    fn from_arguments() -> anyhow::Result<Self> {
        let mut settings = Self { time: Duration::from_secs(4), callers: 64, dir: std::env::temp_dir(), only: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--seconds" => settings.time = Duration::from_secs_f64(value.parse()?),
                "--callers" => settings.callers = value.parse()?,
                "--dir" => settings.dir = value.into(),
                "--only" => settings.only = Some(value),
                _ => anyhow::bail!("unknown argument {name}"),
            }
        }
        Ok(settings)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only.split(',').any(|word| word == name))
    }
}

/// How long each answer took, and what all of them took.
struct Measured {
    waits: Vec<Duration>,
    took: Duration,
    cpu: Duration,
}

impl Measured {
    fn to_json(&self) -> Value {
        let mut waits = self.waits.clone();
        waits.sort();
        let at = |percent: usize| waits.get((waits.len() - 1) * percent / 100).copied().unwrap_or_default();
        let ms = |time: Duration| (time.as_secs_f64() * 1e5).round() / 1e2;
        json!({
            "per_second": (self.waits.len() as f64 / self.took.as_secs_f64()).round(),
            "p50_ms": ms(at(50)),
            "p99_ms": ms(at(99)),
            "max_ms": ms(at(100)),
            "cpu_us_each": (self.cpu.as_secs_f64() * 1e7 / self.waits.len() as f64).round() / 10.0,
        })
    }
}

fn fdatasync(folder: &Path, settings: &Settings) -> anyhow::Result<Measured> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(folder.join("file"))?;
    file.set_len(64 << 20)?;
    let (began, cpu) = (Instant::now(), cpu_time()?);
    let mut waits = Vec::new();
    while began.elapsed() < settings.time / 4 {
        let one = Instant::now();
        file.write_all_at(&[7; 4096], waits.len() as u64 % 16_384 * 4096)?;
        file.sync_data()?;
        waits.push(one.elapsed());
    }
    Ok(Measured { waits, took: began.elapsed(), cpu: cpu_time()?.saturating_sub(cpu) })
}

async fn floor(folder: &Path, settings: &Settings) -> anyhow::Result<Measured> {
    let conn = Connection::open(folder.join("floor.db"))?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE rows(id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;",
    )?;
    let (queue, waiting) = mpsc::channel::<(String, oneshot::Sender<()>)>();
    let writer = std::thread::spawn(move || -> rusqlite::Result<()> {
        while let Ok(first) = waiting.recv() {
            let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(255)).collect();
            conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for (sid, _) in &group {
                conn.prepare_cached("INSERT INTO rows(sid, body) VALUES (?1, ?2)")?.execute([sid, BODY])?;
            }
            conn.prepare_cached("COMMIT")?.execute([])?;
            for (_, answer) in group {
                let _ = answer.send(());
            }
        }
        Ok(())
    });
    let measured = closed_loop(settings, move |_, sid| {
        let (answer, done) = oneshot::channel();
        let sent = queue.send((sid, answer));
        async move {
            sent?;
            Ok(done.await?)
        }
    })
    .await?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    Ok(measured)
}

async fn store(folder: &Path, settings: &Settings, publish: bool) -> anyhow::Result<Measured> {
    let database_url = Some(folder.join("agentlocator.db").display().to_string());
    let (store, _) = Store::open(&StoreConfig { database_url, publish, ..StoreConfig::default() })?;
    let writing = store.clone();
    let measured = closed_loop(settings, move |number, sid| {
        let store = writing.clone();
        async move {
            let new = message(number, sid)?;
            let raw = Raw {
                source: "baileys",
                path: "/webhook/whatsapp/baileys",
                content_type: "application/json".into(),
                body: BODY.into(),
            };
            let now = agentlocator::clock::now();
            store.write(move |tx| receive(tx, BusinessId::FIRST, &new, &raw, now)).await?;
            Ok(())
        }
    })
    .await?;
    store.close();
    Ok(measured)
}

/// A message of one of some hundred people.
fn message(number: u64, sid: String) -> anyhow::Result<InboundMessage> {
    let peer = PhoneNumber::parse_provider(&format!("97252{:07}", number % 300 + 1_000_000), country::IL)?;
    Ok(InboundMessage {
        provider: Provider::Baileys,
        provider_msg_id: Some(sid),
        peer: vec![PeerAddress::Phone(peer)],
        profile_name: String::new(),
        from_phone: false,
        kind: MediaKind::Text,
        text: "שלום, אפשר לקבוע תור למחר בבוקר?".into(),
        media: Vec::new(),
        quoted: None,
        extra: None,
        written_at: None::<Timestamp>,
        opens_twilio: false,
    })
}

/// Every caller sends again as soon as it has its answer.
async fn closed_loop<F, A>(settings: &Settings, send: F) -> anyhow::Result<Measured>
where
    F: Fn(u64, String) -> A + Clone + Send + 'static,
    A: Future<Output = anyhow::Result<()>> + Send,
{
    let mut callers = JoinSet::new();
    let (began, cpu) = (Instant::now(), cpu_time()?);
    let end = began + settings.time;
    for caller in 0..settings.callers as u64 {
        let send = send.clone();
        callers.spawn(async move {
            let mut waits = Vec::new();
            let mut number = caller;
            while Instant::now() < end {
                let one = Instant::now();
                number += 1_000;
                // Spread like random ids, and never the same twice.
                let sid = format!("{:016X}{number:08X}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                send(number, sid).await?;
                waits.push(one.elapsed());
            }
            anyhow::Ok(waits)
        });
    }
    drop(send);
    let mut waits = Vec::new();
    while let Some(caller) = callers.join_next().await {
        waits.extend(caller??);
    }
    Ok(Measured { waits, took: began.elapsed(), cpu: cpu_time()?.saturating_sub(cpu) })
}

/// Processor time of this process so far.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("odd /proc/self/stat")?.1.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

const BODY: &str = r#"{"from":"972521000000","text":"שלום, אפשר לקבוע תור למחר בבוקר?","media_url":null,"provider_msg_id":"3EB0C767D26A1D8F4C1E","timestamp":1763630000,"push_name":"Dana"}"#;
