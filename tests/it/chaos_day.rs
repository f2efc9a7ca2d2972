//! A busy day of calls while one provider after another fails. No caller hears more than two seconds of silence, and no
//! appointment is lost or booked twice.

use super::api::change;
use super::booking::{double_booked, free_starts, monday, offer_haircuts, zone};
use super::call_pipeline_google::UNAVAILABLE;
use super::call_silence::{MAX_SILENCE_MS, longest_silence};
use super::support::Client;
use super::support::relay::TcpRelay;
use super::support::rng::SeededRng;
use super::support::telephony::{CallHarness, NO_LIMITS, free_port};
use super::support::whatsapp::until;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::{CallReport, Clip, StreamEnd, StreamReport};
use agentlocator::simulator::deepgram::{Deepgram, DeepgramOptions};
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsFaults, ElevenLabsOptions};
use agentlocator::simulator::google::{Google, GoogleFaults, GoogleOptions, service_account};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxFaults, SonioxOptions};
use agentlocator::simulator::twilio::{Fault as RestFault, Operation};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const QUESTION: &str = "אפשר לקבוע תור לתספורת?";
const DATE: &str = "כן, בשעה הזאת";
const THANKS: &str = "תודה רבה";
/// The sentence with which the agent claims a booking, whatever the tool returned.
const BOOKED: &str = "קבעתי לך תור.";

/// The number of callers who call at the same time.
const LINES: usize = 8;
/// How long each part of the day takes in real time.
const SHIFT: Duration = Duration::from_secs(100);

/// A part of the day: the engines that answer, and the faults that happen.
struct Shift {
    name: &'static str,
    settings: Value,
    faults: Vec<(&'static str, Fault)>,
}

/// A fault of a provider.
#[derive(Clone, Copy)]
enum Fault {
    /// Ends all connections and refuses new ones.
    Cut(fn(&Providers) -> &TcpRelay),
    Ai(fn(&mut Faults)),
    Soniox(fn(&mut SonioxFaults)),
    Deepgram(fn(&mut DeepgramOptions)),
    ElevenLabs(fn(&mut ElevenLabsFaults)),
    Google(fn(&mut GoogleFaults)),
    /// Twilio answers requests with this status.
    Twilio(u16),
}

/// The fake providers, each behind a relay.
struct Providers {
    soniox: Soniox,
    deepgram: Deepgram,
    elevenlabs: ElevenLabs,
    google: Google,
    ai_relay: TcpRelay,
    soniox_relay: TcpRelay,
    deepgram_relay: TcpRelay,
    elevenlabs_relay: TcpRelay,
    google_relay: TcpRelay,
    log: EventLog,
}

impl Providers {
    async fn start(ai: SocketAddr) -> Self {
        let log = EventLog::new();
        let heard = || vec![QUESTION.to_owned(), DATE.to_owned(), THANKS.to_owned()];
        let options = SonioxOptions { heard: heard(), ..SonioxOptions::default() };
        let soniox = Soniox::start(free_port().await, options, log.clone()).unwrap();
        let options = DeepgramOptions { heard: heard(), ..DeepgramOptions::default() };
        let deepgram = Deepgram::start(free_port().await, options, log.clone()).unwrap();
        let options = ElevenLabsOptions { heard: heard(), ..ElevenLabsOptions::default() };
        let elevenlabs = ElevenLabs::start(free_port().await, options, log.clone()).unwrap();
        let options = GoogleOptions { heard: heard(), ..GoogleOptions::default() };
        let google = Google::start(free_port().await, options, log.clone()).unwrap();
        Self {
            ai_relay: TcpRelay::to(ai).await,
            soniox_relay: TcpRelay::to(soniox.address()).await,
            deepgram_relay: TcpRelay::to(deepgram.address()).await,
            elevenlabs_relay: TcpRelay::to(elevenlabs.address()).await,
            google_relay: TcpRelay::to(google.address()).await,
            soniox,
            deepgram,
            elevenlabs,
            google,
            log,
        }
    }

    async fn begin(&self, harness: &CallHarness, fault: Fault) {
        match fault {
            Fault::Cut(relay) => relay(self).close().await,
            Fault::Ai(apply) => harness.ai.change(|options| apply(&mut options.faults)),
            Fault::Soniox(apply) => self.soniox.change(|options| apply(&mut options.faults)),
            Fault::Deepgram(apply) => self.deepgram.change(apply),
            Fault::ElevenLabs(apply) => self.elevenlabs.change(|options| apply(&mut options.faults)),
            Fault::Google(apply) => self.google.change(|options| apply(&mut options.faults)),
            Fault::Twilio(status) => {
                for operation in [Operation::UpdateCall, Operation::ListCalls, Operation::SendMessage, Operation::Fetch]
                {
                    harness.twilio.fail_next(operation, RestFault::Status(status), 500);
                }
            }
        }
    }

    async fn end(&self, harness: &CallHarness, fault: Fault) {
        if let Fault::Cut(relay) = fault {
            relay(self).open().await;
        }
        harness.ai.change(|options| options.faults = Faults::default());
        self.soniox.change(|options| options.faults = SonioxFaults::default());
        self.deepgram.change(|options| {
            *options = DeepgramOptions { heard: options.heard.clone(), ..DeepgramOptions::default() };
        });
        self.elevenlabs.change(|options| options.faults = ElevenLabsFaults::default());
        self.google.change(|options| options.faults = GoogleFaults::default());
        harness.twilio.clear_faults();
    }
}

/// Faults that both the Realtime engine and the pipeline meet: the AI's faults, and an overload of Twilio.
fn faults_of_the_ai() -> Vec<(&'static str, Fault)> {
    vec![
        ("the AI cannot be reached", Fault::Cut(|of| &of.ai_relay)),
        ("the AI is overloaded", Fault::Ai(|ai| (ai.refuse_sockets, ai.refuse_requests) = (Some(503), Some(503)))),
        ("the AI limits the rate", Fault::Ai(|ai| (ai.rate_limited, ai.rate_limited_chats) = (vec![1, 2], every()))),
        ("the AI is mute", Fault::Ai(|ai| ai.mute_sessions = usize::MAX)),
        ("the AI is deaf", Fault::Ai(|ai| ai.deaf_sessions = usize::MAX)),
        ("the AI is never ready", Fault::Ai(|ai| ai.never_updated = true)),
        ("the AI sends garbage", Fault::Ai(|ai| ai.malformed_chats = every())),
        ("Twilio is overloaded", Fault::Twilio(503)),
    ]
}

/// Returns the numbers of all requests that may arrive during a fault.
fn every() -> Vec<usize> {
    (1..=10_000).collect()
}

fn shifts() -> [Shift; 3] {
    let settings = |engines: &[&str], transcriber: &str, synthesiser: &str| {
        json!({
            "voice.ai_engines": engines, "pipeline.transcriber": transcriber, "pipeline.synthesiser": synthesiser,
        })
    };
    let soniox = [
        ("Soniox cannot be reached", Fault::Cut(|of| &of.soniox_relay)),
        ("Soniox is overloaded", Fault::Soniox(|it| it.refuse_sockets = Some(503))),
        ("Soniox restarts", Fault::Soniox(|it| it.restart_transcriptions = usize::MAX)),
        ("Soniox sends garbage", Fault::Soniox(|it| it.malformed = true)),
        ("Soniox is mute", Fault::Soniox(|it| it.mute_from_stream = Some(1))),
        ("Soniox limits the rate", Fault::Soniox(|it| it.rate_limited_streams = every())),
    ];
    let services = [
        ("Deepgram cannot be reached", Fault::Cut(|of| &of.deepgram_relay)),
        ("Deepgram is overloaded", Fault::Deepgram(|it| it.refuse_sockets = Some(503))),
        ("Deepgram restarts", Fault::Deepgram(|it| it.restart_transcriptions = usize::MAX)),
        ("Deepgram ends no utterance", Fault::Deepgram(|it| it.endless_utterances = true)),
        ("Deepgram sends garbage", Fault::Deepgram(|it| it.malformed = true)),
        ("ElevenLabs cannot be reached", Fault::Cut(|of| &of.elevenlabs_relay)),
        (
            "ElevenLabs limits the rate",
            Fault::ElevenLabs(|it| it.reject_speeches = every().into_iter().map(|number| (number, 429)).collect()),
        ),
    ];
    let google = [
        ("Google cannot be reached", Fault::Cut(|of| &of.google_relay)),
        ("Google gives no tokens", Fault::Google(|it| it.refuse_tokens = Some(503))),
        ("Google restarts", Fault::Google(|it| it.restart_recognitions = usize::MAX)),
        ("Google closes its connections", Fault::Google(|it| it.close_connections = usize::MAX)),
        ("Google sends garbage", Fault::Google(|it| it.malformed = true)),
        ("Google is mute", Fault::Google(|it| it.mute_from_speech = Some(1))),
        ("Google is busy", Fault::Google(|it| it.reject_recognitions = Some((UNAVAILABLE, "try again later")))),
    ];
    let with_the_ai = |faults: &[(&'static str, Fault)]| [faults, &faults_of_the_ai()].concat();
    [
        Shift {
            name: "morning",
            settings: settings(&["realtime", "pipeline"], "soniox", "soniox"),
            faults: with_the_ai(&soniox),
        },
        Shift {
            name: "noon",
            settings: settings(&["pipeline"], "deepgram", "elevenlabs"),
            faults: with_the_ai(&services),
        },
        Shift {
            name: "evening",
            settings: settings(&["pipeline", "realtime"], "google", "google"),
            faults: with_the_ai(&google),
        },
    ]
}

/// The day: the shop, its providers, the times that callers ask for, and the number of calls so far.
struct Day {
    harness: CallHarness,
    owner: Client,
    providers: Providers,
    /// Free times of the calendar, in the business's local time.
    times: Vec<String>,
    calls: AtomicUsize,
}

impl Day {
    async fn begin() -> Self {
        let mut harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
        let providers = Providers::start(harness.ai.address()).await;
        harness.daemon.reconfigure(|setup| {
            setup.env("OPENAI_BASE_URL", format!("{}/v1", providers.ai_relay.origin()));
            setup.env("SONIOX_API_KEY", "soniox-key").env("DEEPGRAM_API_KEY", "deepgram-key");
            setup.env("ELEVENLABS_API_KEY", "elevenlabs-key").env("GCP_CREDENTIALS_JSON", service_account());
            setup.env("SONIOX_STT_BASE_URL", providers.soniox_relay.origin());
            setup.env("SONIOX_TTS_BASE_URL", providers.soniox_relay.origin());
            setup.env("DEEPGRAM_BASE_URL", providers.deepgram_relay.origin());
            setup.env("ELEVENLABS_BASE_URL", providers.elevenlabs_relay.origin());
            setup.env("GOOGLE_TOKEN_URL", providers.google.token_url());
            setup.env("GOOGLE_SPEECH_BASE_URL", providers.google_relay.origin());
            setup.env("GOOGLE_TTS_BASE_URL", providers.google_relay.origin());
            setup.toml(NO_LIMITS);
        });
        tokio::task::block_in_place(|| harness.daemon.restart());
        let owner = harness.daemon.logged_in("roni", "owner").await;
        offer_haircuts(&owner).await;
        let starts = free_starts(&owner, &format!("service_id=1&from={}&days=14&step_min=30", monday(2))).await;
        let times: Vec<_> = starts.iter().map(|start| local(start)).collect();
        assert!(times.len() > 100, "{}", times.len());
        Self { harness, owner, providers, times, calls: AtomicUsize::new(0) }
    }

    /// Runs a part of the day, and returns its calls.
    async fn shift(&self, shift: &Shift, rng: &mut SeededRng) -> Vec<CallReport> {
        change(&self.owner, "PATCH", "/api/settings", json!({"changes": shift.settings}), 200).await;
        let is_over = AtomicBool::new(false);
        let seeds: Vec<_> = (0..LINES).map(|_| SeededRng::new(rng.next(), 1)).collect();
        let lines = join_all(seeds.into_iter().map(|rng| self.line(rng, &is_over)));
        let faults = async {
            let end = tokio::time::Instant::now() + SHIFT;
            let mut order = shift.faults.clone();
            rng.shuffle(&mut order);
            for (name, fault) in order.into_iter().cycle() {
                tokio::time::sleep(rng.between(Duration::from_secs(1), Duration::from_secs(4))).await;
                if tokio::time::Instant::now() > end {
                    break;
                }
                eprintln!("{}: {name}", shift.name);
                self.providers.begin(&self.harness, fault).await;
                tokio::time::sleep(rng.between(Duration::from_secs(2), Duration::from_secs(8))).await;
                self.providers.end(&self.harness, fault).await;
            }
            is_over.store(true, Ordering::Relaxed);
        };
        let (lines, ()) = tokio::join!(lines, faults);
        lines.concat()
    }

    /// Places one call after another until the shift is over.
    async fn line(&self, mut rng: SeededRng, is_over: &AtomicBool) -> Vec<CallReport> {
        let mut reports = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let number = self.calls.fetch_add(1, Ordering::Relaxed);
            let start = rng.pick(&self.times);
            let arguments = json!({"service": "תספורת", "start": start, "caller_name": format!("לקוח {number}")});
            let turns = vec![
                Turn::new(QUESTION, "בשמחה, לאיזו שעה?"),
                Turn::new(DATE, BOOKED).calling("book_appointment", arguments.to_string()),
                Turn::new(THANKS, "תודה, נתראה!"),
            ];
            // A session uses the turns of the last call that began, which may be another line's.
            self.harness.ai.change(|options| options.turns = turns);
            let script = *rng.pick(&SCRIPTS);
            let mut plan = self.harness.plan(script);
            plan.from = format!("+97254{:07}", 4_000_000 + number);
            plan.next_script = Some(SCRIPTS[0].parse().unwrap());
            plan.fast = rng.percent(70);
            plan.messages = vec![Clip::Voice(2_000)];
            reports.push(self.harness.phone.place_call(plan).await);
        }
        reports
    }

    /// Returns the local starts of all appointments that a tool reported to the model as booked.
    fn reported(&self) -> BTreeSet<String> {
        let state = self.harness.ai.state();
        let realtime = state.sessions.iter().flat_map(|session| &session.function_outputs);
        let realtime = realtime.map(|(_, output)| output.clone());
        let chats =
            state.requests.iter().flat_map(|(_, body)| body["messages"].as_array().cloned().unwrap_or_default());
        let chats = chats.filter(|message| message["role"] == "tool");
        let outputs = realtime.chain(chats.map(|message| message["content"].as_str().unwrap().to_owned()));
        let parsed = outputs.map(|output| serde_json::from_str::<Value>(&output).unwrap());
        parsed.filter_map(|output| output["booked"]["start"].as_str().map(str::to_owned)).collect()
    }

    /// Returns the local starts of all stored appointments.
    fn stored(&self) -> BTreeSet<String> {
        let starts: Vec<String> =
            self.harness.daemon.query_column("SELECT starts_at FROM appointments WHERE state = 'booked'");
        starts.iter().map(|start| local(start)).collect()
    }
}

/// Converts a UTC time of the API to the business's local time, as the agent's tools take it.
fn local(start: &str) -> String {
    start.parse::<Timestamp>().unwrap().to_zoned(zone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Returns the longest silence in which a caller waited, including the one in which the daemon ended the stream.
fn silence_ms(stream: &StreamReport) -> u64 {
    let is_by_caller = matches!(stream.ended, StreamEnd::CallerHungUp | StreamEnd::Dropped);
    let waits = stream.speeches.last().and_then(|speech| speech.ended_ms).filter(|_| !is_by_caller);
    let at_end = waits.map_or(0, |ended_ms| {
        let heard_ms = stream.utterances.last().map_or(0, |heard| heard.ended_ms);
        stream.ended_ms.saturating_sub(ended_ms.max(heard_ms))
    });
    longest_silence(stream).max(at_end)
}

/// The callers' scripts: two bookings, interruptions, a caller who hangs up during the booking, and a caller whose
/// connection breaks.
const SCRIPTS: [&str; 5] = [
    "say 1500ms; listen; say 1s; listen; say 1s; listen",
    "say 1500ms; listen; say 1200ms; listen; say 800ms; listen",
    "say 1500ms; listen 700ms; say 1s; listen; say 1s; listen 500ms; say 1s; listen",
    "say 1500ms; listen; say 1s; wait 300ms",
    "say 1500ms; listen; say 1s; listen 500ms; drop",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn a_day_of_calls_while_every_provider_fails() {
    let seed = std::env::var("CHAOS_SEED").map_or(1, |seed| seed.parse().unwrap());
    eprintln!("CHAOS_SEED={seed}");
    let (day, mut rng) = (Day::begin().await, SeededRng::new(seed, 0));
    let mut reports = Vec::new();
    for shift in &shifts() {
        reports.extend(day.shift(shift, &mut rng).await);
    }
    let daemon = &day.harness.daemon;
    until("the end of all calls and of their reviews", async || {
        let open = "SELECT (SELECT count(*) FROM calls WHERE state <> 'ended')
            + (SELECT count(*) FROM jobs WHERE kind = 'review_call' AND state NOT IN ('done', 'failed'))";
        (daemon.query_value::<i64>(open) == 0).then_some(())
    })
    .await;

    let mut wrong = Vec::new();
    for report in &reports {
        for stream in &report.streams {
            let silence = silence_ms(stream);
            if silence > MAX_SILENCE_MS {
                wrong.push(format!(
                    "{}: {silence} ms of silence: {:?} {:?}",
                    report.call_sid, stream.speeches, stream.utterances
                ));
            }
        }
        let hooks = report.webhooks.iter().filter(|hook| !matches!(hook.status, Some(200 | 204)));
        wrong.extend(hooks.map(|hook| format!("{}: {} was answered {:?}", report.call_sid, hook.path, hook.status)));
    }
    let (stored, reported) = (day.stored(), day.reported());
    assert_eq!(double_booked(daemon), 0, "{stored:?}");
    wrong.extend(reported.difference(&stored).map(|start| format!("{start} was reported as booked, and is lost")));
    // Each call in which the agent claimed a booking has an appointment, or the owner has a task about the call.
    wrong.extend(daemon.query_column::<String>(&format!(
        "SELECT 'call ' || c.call_sid || ' has neither the appointment that was claimed nor a task: ' ||
            (SELECT group_concat(speaker || ' ' || started_ms || ' ' || text, '; ')
             FROM call_turns WHERE call_id = c.id) FROM calls c
         WHERE EXISTS (SELECT 1 FROM call_turns t WHERE t.call_id = c.id AND t.speaker = 'agent' AND t.heard_text LIKE '%{BOOKED}%')
           AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.call_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.call_id = c.id)"
    )));
    wrong.extend(daemon.query_column::<String>(
        "SELECT 'job ' || id || ' ' || kind || ' failed: ' || coalesce(last_error, '') FROM jobs WHERE state = 'failed'",
    ));
    let engines: Vec<String> =
        daemon.query_column("SELECT coalesce(engine, '-') || ' ' || count(*) FROM calls GROUP BY engine ORDER BY 1");
    eprintln!("{} calls: {engines:?}; {} appointments", reports.len(), stored.len());
    for engine in ["pipeline", "realtime", "voicemail"] {
        assert!(engines.iter().any(|count| count.starts_with(engine)), "no call ended with {engine}: {engines:?}");
    }
    assert!(stored.len() >= 30, "{} appointments", stored.len());
    wrong.extend(
        [day.providers.log.violations(), day.harness.log.violations()].concat().iter().map(|it| format!("{it:?}")),
    );
    assert!(wrong.is_empty(), "{} faults: {wrong:#?}", wrong.len());
}
