//! Recordings after the call: the daemon compresses them in the background, and serves them as Opus and as WAV.

use crate::support::client::{Client, send};
use crate::support::fake_server::FakeServer;
use crate::support::whatsapp::{ACCOUNT, TOKEN, until};
use crate::support::{Daemon, skipped};
use agentlocator::audio::wav::{self, Encoding, WavFormat};
use agentlocator::domain::hex;
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::sound::{Voice, silence};
use reqwest::Method;
use serde_json::json;
use std::collections::VecDeque;
use std::fmt::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECONDS: u64 = 33;

/// Creates a recording in which the caller speaks, then the agent, and then the caller again.
fn both_sides() -> Vec<u8> {
    let third = SECONDS * 1000 / 3;
    let caller = [Voice::caller(1).speak(third), silence(third), Voice::caller(2).speak(third)].concat();
    let agent = [silence(third), Voice::agent(3).speak(third), silence(third)].concat();
    caller.into_iter().zip(agent).flat_map(|(left, right)| [left, right]).collect()
}

fn seed(count: i64, recording: &[u8]) -> String {
    let mut sql = "
        INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, '', '');
        INSERT INTO threads(id, type, contact_id, peer_number, created_at) VALUES (1, 'call', 1, '+1', '');
        INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, started_at, updated_at)
            VALUES (1, 'CA00000000000000000000000000000001', 1, 1, 'in', '+972501234567', '+97235551234', 'ended', '2026-11-12T10:00:00.000Z', '');"
        .to_owned();
    for id in 1..=count {
        write!(
            sql,
            "INSERT INTO recordings(id, call_id, source, provider_sid, channels, duration_ms, bytes, state, created_at)
                VALUES ({id}, 1, 'stream', 'MZ{id}', 2, 33000, {}, 'complete', '2026-11-12T10:00:00.000Z');",
            recording.len()
        )
        .unwrap();
        for (seq, chunk) in recording.chunks(100_000).enumerate() {
            write!(sql, "INSERT INTO recording_chunks VALUES ({id}, {seq}, x'{}');", hex(chunk)).unwrap();
        }
    }
    sql
}

fn wav_file() -> Vec<u8> {
    let sound = both_sides();
    [&wav::header(2, sound.len() as u64)[..], &sound].concat()
}

/// Starts a daemon with recordings that an older version stored.
fn with_recordings(count: i64) -> Daemon {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&seed(count, &wav_file()));
    daemon.launch();
    daemon
}

fn samples(file: &[u8]) -> (WavFormat, Vec<i16>) {
    let format = WavFormat::parse(file, file.len() as u64).unwrap();
    let mut samples = Vec::new();
    let data = usize::try_from(format.data.start).unwrap()..usize::try_from(format.data.end).unwrap();
    format.decode_into(&file[data], &mut samples);
    (format, samples)
}

/// Returns the signal-to-noise ratio of a channel in decibels. The noise is the difference from the original.
fn fidelity(original: &[i16], decoded: &[i16], channel: usize) -> f64 {
    let (mut sound, mut error) = (0.0, 0.0);
    for (a, b) in original.iter().zip(decoded).skip(channel).step_by(2) {
        sound += f64::from(*a).powi(2);
        error += (f64::from(*a) - f64::from(*b)).powi(2);
    }
    10.0 * (sound / f64::max(error, 1.0)).log10()
}

const PATH: &str = "/api/calls/1/recording";

async fn range(api: &Client, path: &str, value: &str) -> (u16, String, Vec<u8>) {
    let reply = send(api.request(Method::GET, path).header("range", value)).await;
    (reply.status, reply.header("content-range").to_owned(), reply.body)
}

/// Safari before 18.4 plays no Ogg.
#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_plays_in_both_forms() {
    let daemon = with_recordings(1);
    let api = daemon.api();
    daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let note = api.get(PATH).await.body;
    let upload = api.request(Method::POST, "/api/media").header("content-type", "audio/ogg").body(note.clone());
    let path = format!("/api/media/{}", send(upload).await.json()["id"].as_str().unwrap());
    let stored = api.get(&path).await;
    assert_eq!((stored.header("content-type"), &stored.body), ("audio/ogg", &note));
    let path = format!("{path}?format=wav");
    let decoded = api.get(&path).await;
    assert_eq!((decoded.status, decoded.header("content-type")), (200, "audio/wav"));
    let sound = samples(&decoded.body).0;
    assert_eq!((sound.channels, sound.rate, sound.frames()), (1, 16_000, SECONDS * 16_000));
    let (status, content_range, body) = range(&api, &path, "bytes=40-99999").await;
    assert_eq!((status, content_range), (206, format!("bytes 40-99999/{}", decoded.body.len())));
    assert!(body == decoded.body[40..100_000]);

    let upload = api.request(Method::POST, "/api/media").header("content-type", "audio/ogg").body("OggS\0\x02 damaged");
    let path = format!("/api/media/{}?format=wav", send(upload).await.json()["id"].as_str().unwrap());
    let damaged = api.get(&path).await;
    assert_eq!((damaged.status, damaged.header("content-type")), (200, "audio/ogg"), "as it is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_wav_becomes_opus_and_plays_in_both_forms() {
    let daemon = with_recordings(1);
    let api = daemon.api();
    daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let opus = api.get(PATH).await;
    assert_eq!((opus.status, opus.header("content-type")), (200, "audio/ogg; codecs=opus"));
    assert_eq!((&opus.body[..4], opus.header("vary")), (&b"OggS"[..], "accept"));
    assert!(opus.body.len() as u64 * 8 / SECONDS < 28_000, "{} bytes", opus.body.len());
    let about = api.get("/api/calls/1").await.json()["recordings"][0].clone();
    assert_eq!((&about["bytes"], &about["duration_ms"]), (&json!(opus.body.len()), &json!(33_000)));

    let decoded = api.get(&format!("{PATH}?format=wav")).await;
    assert_eq!((decoded.status, decoded.header("content-type")), (200, "audio/wav"));
    assert_eq!(decoded.header("content-length"), decoded.body.len().to_string());
    let ((was, original), (is, sound)) = (samples(&wav_file()), samples(&decoded.body));
    assert_eq!((is.encoding, is.channels, is.rate, is.frames()), (Encoding::Pcm16, 2, 8000, was.frames()));
    for channel in 0..2 {
        let fidelity = fidelity(&original, &sound, channel);
        assert!(fidelity > 2.0, "channel {channel}: {fidelity:.1} dB");
    }
    // A silent channel stays silent.
    let energy = |channel: usize, seconds: std::ops::Range<usize>| {
        let part = &sound[seconds.start * 16_000..seconds.end * 16_000];
        part.iter().skip(channel).step_by(2).map(|sample| f64::from(*sample).powi(2)).sum::<f64>()
    };
    assert!(energy(0, 1..10) > 100.0 * energy(1, 1..10) && energy(1, 12..21) > 100.0 * energy(0, 12..21));

    for (path, whole) in [(PATH.to_owned(), &opus), (format!("{PATH}?format=wav"), &decoded)] {
        let length = whole.body.len();
        // Ranges across the header, across segments, and at the end.
        for (from, to) in [(0, 1), (40, 50), (320_000, 330_001), (length / 2, length - 1), (length - 3, length - 1)] {
            let (from, to) = (from.min(length - 2), to.min(length - 1));
            let (status, content_range, body) = range(&api, &path, &format!("bytes={from}-{to}")).await;
            assert_eq!((status, content_range), (206, format!("bytes {from}-{to}/{length}")), "{path}");
            assert!(body == whole.body[from..=to], "{path}: {from} to {to} differ from the whole");
        }
        assert_eq!(range(&api, &path, &format!("bytes={length}-")).await.0, 416);
        let head = api.head(&path).await;
        assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, &*length.to_string(), 0));
        let known = api.request(Method::GET, &path).header("if-none-match", whole.header("etag"));
        assert_eq!(send(known).await.status, 304);
        let other = api.request(Method::GET, &path).header("range", "bytes=0-1").header("if-range", "\"other\"");
        assert_eq!(send(other).await.status, 200);
    }
    assert_ne!(opus.header("etag"), decoded.header("etag"));

    let accept = async |accept: &'static str, path: &str| {
        send(api.request(Method::HEAD, path).header("accept", accept)).await.header("content-type").to_owned()
    };
    assert_eq!(accept("audio/wav", PATH).await, "audio/wav");
    assert_eq!(accept("audio/ogg, audio/wav;q=0.5", PATH).await, "audio/ogg; codecs=opus");
    assert_eq!(accept("audio/wav", &format!("{PATH}?format=opus")).await, "audio/ogg; codecs=opus");
    assert_eq!(api.get(&format!("{PATH}?format=mp3")).await.status, 400);
}

/// FFmpeg and opusinfo, which are independent implementations, read the file and report its length of 33 seconds.
#[tokio::test(flavor = "multi_thread")]
async fn other_programs_read_it_and_report_its_length() {
    let daemon = with_recordings(1);
    daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let file = daemon.folder().join("call.opus");
    std::fs::write(&file, daemon.api().get(PATH).await.body).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).arg(&file).output().ok()?;
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let fields = "stream=codec_name,channels,duration:format=format_name";
    match run("ffprobe", &["-v", "error", "-show_entries", fields, "-of", "default=noprint_wrappers=1"]) {
        None => skipped("ffprobe is not installed"),
        Some(printed) => {
            for line in ["codec_name=opus", "channels=2", "format_name=ogg"] {
                assert!(printed.contains(line), "{printed}");
            }
            let duration = printed.lines().find_map(|line| line.strip_prefix("duration=")).unwrap();
            assert!((duration.parse::<f64>().unwrap() - 33.0).abs() < 0.01, "{printed}");
        }
    }
    match run("opusinfo", &[]) {
        None => skipped("opusinfo is not installed"),
        Some(printed) => {
            let complains = ["WARNING", "ERROR", "Negative", "discontinuity"].iter().any(|word| printed.contains(word));
            assert!(!complains && printed.contains("Playback length: 0m:33.000s"), "{printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_loses_nothing_and_the_rest_is_done_later() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&seed(24, &wav_file()));
    for kills in 1..=5 {
        let mark = daemon.logs().mark();
        daemon.launch();
        daemon.logs().wait_for_event_from(mark, "RECORDING_COMPRESSED");
        daemon.kill9();
        let wav_bytes = wav_file().len();
        let lost: i64 = daemon.query_value(&format!(
            "SELECT count(*) FROM recordings r WHERE bytes <> (SELECT sum(length(content)) FROM recording_chunks WHERE recording_id = r.id)
                 OR (mime = 'audio/wav') <> (bytes = {wav_bytes})"
        ));
        assert_eq!(lost, 0, "after {kills} kills");
    }
    daemon.launch();
    let api = daemon.api();
    let length = samples(&wav_file()).0.frames();
    for id in 1..=24 {
        let file = api.get(&format!("{PATH}?recording_id={id}&format=wav")).await;
        assert_eq!(samples(&file.body).0.frames(), length, "recording {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backfill_of_old_recordings_resumes_after_a_kill() {
    let sound = &both_sides()[..16_000];
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&seed(20, &[&wav::header(2, sound.len() as u64)[..], sound].concat()));
    daemon.launch();
    assert_eq!(daemon.logs().wait_for_event("BACKFILL_STARTED")["done_to"], 0);
    daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let progress =
        "SELECT done_to || ' ' || (finished_at IS NULL) FROM backfills WHERE name = 'compress_wav_recordings'";
    // A kill before the progress is published would leave a file without it.
    until("the progress", async || (daemon.query_column::<String>(progress) == ["16 1"]).then_some(())).await;
    daemon.kill9();

    let mark = daemon.logs().mark();
    daemon.launch();
    assert_eq!(daemon.logs().wait_for_event_from(mark, "BACKFILL_STARTED")["done_to"], 16);
    assert_eq!(daemon.logs().wait_for_event_from(mark, "BACKFILL_FINISHED")["done_to"], 20);
    let shown = daemon.api().get("/api/database").await.json()["backfills"][0].clone();
    assert_eq!((&shown["done_to"], shown["finished_at"].is_string()), (&json!(20), true), "{shown}");
    let compressed = "SELECT count(*) FROM recordings WHERE mime LIKE 'audio/ogg%'";
    until("all recordings are compressed", async || (daemon.query_value::<i64>(compressed) == 20).then_some(())).await;

    // The backfill runs only once.
    let mark = daemon.logs().mark();
    daemon.restart();
    assert!(!daemon.logs().lines()[mark..].iter().any(|line| line.contains("BACKFILL_STARTED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_no_wav_is_unchanged() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&seed(1, b"not a sound file at all"));
    daemon.launch();
    let left = daemon.logs().wait_for_event("RECORDING_NOT_COMPRESSED");
    assert!(left["reason"].as_str().unwrap().contains("not a WAV file"), "{left}");
    for path in [PATH, "/api/calls/1/recording?format=wav"] {
        let reply = daemon.api().get(path).await;
        assert_eq!((reply.header("content-type"), reply.text().as_str()), ("audio/wav", "not a sound file at all"));
    }
}

/// Starts a daemon with a job that fetches a recording, and a fake Twilio that answers with these statuses before it
/// serves the recording. The job was created `days` days ago, and has been attempted `attempts` times.
fn with_an_old_recording(statuses: &[u16], attempts: u32, days: u32) -> (Daemon, FakeServer) {
    let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
    let twilio = FakeServer::start(None, move |head| {
        if !head.contains("/Recordings/RE") {
            return FakeServer::answer(200, "{}", Duration::ZERO);
        }
        let status = statuses.lock().unwrap().pop_front().unwrap_or(200);
        FakeServer::answer(status, "a recording", Duration::ZERO)
    });
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("TWILIO_ACCOUNT_SID", ACCOUNT).env("TWILIO_AUTH_TOKEN", TOKEN);
        setup.env("TWILIO_API_BASE_URL", twilio.url());
    });
    daemon.seed(&seed(0, &[]));
    daemon.seed(&format!(
        "INSERT INTO recordings(call_id, source, provider_sid, channels, state, source_url, created_at)
             VALUES (1, 'twilio', '{RECORDING}', 1, 'waiting', '{}/Recordings/{RECORDING}', '2026-11-12T10:00:00.000Z');
         INSERT INTO jobs(kind, payload, state, run_at, attempts, created_at, updated_at)
             VALUES ('fetch_recording', '{{\"recording_sid\":\"{RECORDING}\"}}', 'waiting', '2026-11-12T10:00:00.000Z', {attempts},
                 strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{days} days'), '')",
        twilio.url()
    ));
    daemon.launch();
    (daemon, twilio)
}

const RECORDING: &str = "RE00000000000000000000000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_fetched_although_the_machine_was_off_for_long() {
    for status in [500, 401, 403] {
        let (daemon, _twilio) = with_an_old_recording(&[status], 0, 31);
        daemon.logs().wait_for_event("RECORDING_FETCHED");
        assert_eq!(daemon.logs().events_named("JOB_RETRY").len(), 1, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_given_up_is_shown_as_failed() {
    let (daemon, _twilio) = with_an_old_recording(&[500], 20, 31);
    daemon.logs().wait_for_event("JOB_FAILED");
    let api = daemon.api();
    until("the failure", async || {
        (api.get("/api/calls/1").await.json()["recordings"][0]["state"] == "failed").then_some(())
    })
    .await;
}

/// If the caller hangs up immediately, the recording has one frame of 20 ms. The daemon compresses no recording that is
/// shorter than a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_one_frame_stays_as_it_is() {
    let sound = &both_sides()[16_000..16_320];
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&seed(1, &[&wav::header(2, sound.len() as u64)[..], sound].concat()));
    daemon.launch();
    let left = daemon.logs().wait_for_event("RECORDING_NOT_COMPRESSED");
    assert_eq!(left["reason"], "it is shorter than a second");
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM jobs WHERE state = 'failed'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_recording_is_compressed_after_its_call() {
    use crate::support::telephony::CallHarness;
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let report = harness.call(harness.plan("say 1.4s; listen; wait 300ms; hangup")).await;
    harness.ended_call(&report.call_sid).await;
    let done = harness.daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let (wav, opus) = (done["wav_bytes"].as_u64().unwrap(), done["opus_bytes"].as_u64().unwrap());
    assert!(wav > 4 * opus, "{done}");
    assert_eq!(harness.daemon.query_value::<String>("SELECT mime FROM recordings"), "audio/ogg; codecs=opus");
}
