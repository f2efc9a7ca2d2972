//! Measures calls: the delay that a server adds to the audio, and the CPU time and memory that it uses.

pub mod ai;
mod call;

use crate::process::Server;
use crate::stats::{Samples, Summary};
use crate::target::Endpoint;
use ai::AiBehavior;
use call::Caller;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::LocalSet;
use tokio::time::Instant;

/// The monotonic time in microseconds, shared by all parts of the bench.
#[derive(Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub fn at(self, micros: u64) -> Instant {
        self.0 + Duration::from_micros(micros)
    }
}

/// The rhythm of the callers' speech: one burst in each period.
#[derive(Clone, Copy, Debug)]
pub struct SpeechRhythm {
    pub every: Duration,
    /// The start of the burst within the period.
    pub first: Duration,
    pub burst: Duration,
}

impl Default for SpeechRhythm {
    fn default() -> Self {
        Self { every: Duration::from_secs(3), first: Duration::from_millis(500), burst: Duration::from_millis(400) }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub calls: u16,
    pub seconds: u64,
    pub behavior: AiBehavior,
    pub shape: SpeechRhythm,
}

impl Load {
    pub fn new(calls: u16, seconds: u64) -> Self {
        Self { calls, seconds, behavior: AiBehavior::default(), shape: SpeechRhythm::default() }
    }
}

#[derive(Default)]
pub struct Counters {
    /// The time from the last loud frame of a burst to the first audio of the answer.
    pub voice_to_voice: Samples,
    /// The time from a caller's frame to its arrival at the AI.
    pub up: Samples,
    /// The time from the AI's first audio of an answer to its arrival at the caller.
    pub down: Samples,
    /// The time from the start of a burst during an answer to the server's `clear`.
    pub cleared: Samples,
    pub webhook: Samples,
    /// How late the load generator sends its frames.
    pub late: Samples,
    pub frames_sent: u64,
    pub frames_heard: u64,
    /// The number of frames that reached the AI out of order.
    pub out_of_order: u64,
    /// The number of audio messages that reached the AI before it reported that it was ready.
    pub early: u64,
    pub bytes_heard: u64,
    /// The number of times that an answer's next audio arrived after its earlier audio had been played.
    pub underruns: u64,
    /// The number of audio messages of an answer that arrived after the answer was cleared.
    pub stale: u64,
    last_heard: HashMap<u16, u64>,
}

impl Counters {
    fn heard(&mut self, caller: u16, sent_us: u64, now_us: u64) {
        self.frames_heard += 1;
        self.up.add(now_us.saturating_sub(sent_us));
        let last = self.last_heard.insert(caller, sent_us).unwrap_or(0);
        self.out_of_order += u64::from(sent_us <= last);
    }
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    pub calls: u16,
    /// The voice-to-voice delay, without the AI's own time: the silence that it waits for and its think time.
    pub added: Summary,
    pub up: Summary,
    pub down: Summary,
    pub cleared: Summary,
    pub webhook: Summary,
    pub generator_late: Summary,
    pub cpu_ms_per_call_second: f64,
    /// The resident memory before the first call, in bytes.
    pub memory_idle: u64,
    /// The resident memory after one call, in bytes: with the code and the tables that all calls share.
    pub memory_warm: u64,
    /// The resident memory during the calls, in bytes.
    pub memory: u64,
    /// What each call adds to `memory_warm`, in bytes.
    pub memory_per_call: u64,
    pub frames_lost: i64,
    pub out_of_order: u64,
    pub early: u64,
    pub underruns: u64,
    pub stale: u64,
    pub failed_calls: Vec<String>,
}

impl Outcome {
    /// Returns true if the generator was on time and no call failed, so that the results measure the server.
    pub fn counts(&self) -> bool {
        self.generator_late.p99 < 5.0 && self.failed_calls.is_empty()
    }
}

/// `ai` listens for the server's sessions.
pub async fn run(load: Load, server: &Server, endpoint: &Endpoint, ai: TcpListener) -> Outcome {
    let clock = Clock::start();
    let counters = Rc::new(RefCell::new(Counters::default()));
    let memory_idle = server.memory_at_rest();
    let local = LocalSet::new();
    let (cpu_ms, [memory_warm, memory], failed) =
        local.run_until(drive(load, server, endpoint, ai, clock, counters.clone())).await;
    drop(local);
    let mut counters = counters.borrow_mut();
    let own_us = u64::try_from((load.behavior.silence + load.behavior.think).as_micros()).unwrap_or(0);
    let mut added = counters.voice_to_voice.summary();
    for value in [&mut added.p50, &mut added.p99, &mut added.max] {
        *value -= own_us as f64 / 1_000.0;
    }
    Outcome {
        calls: load.calls,
        added,
        up: counters.up.summary(),
        down: counters.down.summary(),
        cleared: counters.cleared.summary(),
        webhook: counters.webhook.summary(),
        generator_late: counters.late.summary(),
        cpu_ms_per_call_second: cpu_ms,
        memory_idle,
        memory_warm,
        memory,
        memory_per_call: memory.saturating_sub(memory_warm) / u64::from(load.calls.max(1)),
        frames_lost: counters.frames_sent as i64 - counters.frames_heard as i64,
        out_of_order: counters.out_of_order,
        early: counters.early,
        underruns: counters.underruns,
        stale: counters.stale,
        failed_calls: failed,
    }
}

async fn drive(
    load: Load,
    server: &Server,
    endpoint: &Endpoint,
    ai: TcpListener,
    clock: Clock,
    counters: Rc<RefCell<Counters>>,
) -> (f64, [u64; 2], Vec<String>) {
    let model = tokio::task::spawn_local(ai::serve(ai, load.behavior, clock, counters.clone()));
    let first =
        Box::pin(Caller::new(0, clock, load.shape, counters.clone()).run(endpoint, Instant::now() + FIRST_CALL)).await;
    tokio::time::sleep(IN_TRANSIT).await;
    let memory_warm = server.memory();
    *counters.borrow_mut() = Counters::default();
    let began = Instant::now();
    let ramp = RAMP.min(Duration::from_millis(u64::from(load.calls) * 60));
    let end = began + ramp + Duration::from_secs(load.seconds);
    let mut callers = Vec::new();
    for number in 0..load.calls {
        let caller = Caller::new(number + 1, clock, load.shape, counters.clone());
        let endpoint = endpoint.clone();
        let begins = began + ramp * u32::from(number) / u32::from(load.calls);
        callers.push(tokio::task::spawn_local(async move {
            tokio::time::sleep_until(begins).await;
            caller.run(&endpoint, end).await
        }));
    }
    // CPU time is measured while all calls are active.
    tokio::time::sleep_until(began + ramp + Duration::from_secs(1)).await;
    let (cpu, at) = (server.cpu(), Instant::now());
    tokio::time::sleep_until(end - Duration::from_millis(500)).await;
    let (cpu, seconds) = (server.cpu().saturating_sub(cpu), at.elapsed().as_secs_f64());
    let memory = server.memory();
    let mut failed: Vec<_> = first.err().into_iter().collect();
    for caller in callers {
        match caller.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(error),
            Err(error) => failed.push(error.to_string()),
        }
    }
    tokio::time::sleep(IN_TRANSIT).await;
    model.abort();
    (cpu.as_secs_f64() * 1_000.0 / (f64::from(load.calls) * seconds), [memory_warm, memory], failed)
}

/// How long audio is in transit to the AI at most.
const IN_TRANSIT: Duration = Duration::from_millis(200);
/// The length of the call before the measured ones.
const FIRST_CALL: Duration = Duration::from_secs(4);
const RAMP: Duration = Duration::from_secs(3);
