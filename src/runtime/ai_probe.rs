//! Live tests of the AI with the real account: a session with and without transcription, a spoken answer, and a
//! turn-by-turn answer. A run costs one or two cents, so only `doctor --live` starts it.

use super::ai_check::{self, TRANSCRIPTION};
use super::{clips, recorded_turns};
use crate::audio::{EncodedAudio, FRAME_BYTES, mulaw, wav};
use crate::call::{EngineCommand, EngineEvent, ResponseOutcome, ResponseRequest};
use crate::clock;
use crate::config::{BaseUrl, Config};
use crate::crm::business_profile::BusinessProfile;
use crate::domain::{CheckResult, CheckStatus, Language, Timestamp};
use crate::engine::{Realtime, RealtimeSetup};
use crate::messages;
use crate::providers::openai::ChatRole;
use crate::providers::openai::rest::{self, ChatMessage, Paid, SoundFile};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::interval;

const SESSION: &str = "live session";
const ANSWER: &str = "live answer";
const TURN: &str = "turn by turn";

/// A recorded question in Hebrew: "are you still there?"
const QUESTION: &[u8] = clips::STILL_THERE;
const FRAME: Duration = Duration::from_millis(20);
/// Time limit from connecting to the end of the answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long to wait for the transcript of the question after the answer.
const TRANSCRIPT_LIMIT: Duration = Duration::from_secs(5);
/// An answer that takes longer is reported as slow, because a call has played a built-in sentence to the caller by
/// then.
const SLOW_ANSWER: Duration = Duration::from_secs(2);
/// Time limit of each request of a turn-by-turn answer.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);

pub async fn probe(client: &reqwest::Client, config: &Arc<Config>, now: Timestamp) -> Vec<CheckResult> {
    if config.openai.key().is_none() {
        return vec![CheckResult::skipped(SESSION, ai_check::without_key(config))];
    }
    let (mut findings, turn) =
        tokio::join!(live(ai_check::call_setup(config.clone(), now)), turn_by_turn(client, config, now));
    findings.push(turn);
    findings
}

async fn live(setup: RealtimeSetup) -> Vec<CheckResult> {
    let mut findings = vec![session(setup.clone()).await];
    if findings.iter().all(|finding| finding.state != CheckStatus::Error) {
        findings.extend(answer(setup).await);
    }
    findings
}

/// Opens one session with transcription and one without. The second one shows whether transcription is the cause of a
/// rejection, because OpenAI's documentation does not clearly say which transcription models a session accepts.
async fn session(setup: RealtimeSetup) -> CheckResult {
    let model = setup.config.openai.transcription_model.clone();
    let (whole, without) =
        tokio::join!(ai_check::try_session(setup.clone()), ai_check::try_session(setup.without(TRANSCRIPTION)));
    match (whole, without) {
        (Ok(rejected), _) if rejected.is_empty() => ok(SESSION, "the AI opens a session with all settings of a call"),
        (Ok(rejected), _) => ai_check::rejected_settings(SESSION, &rejected),
        (Err(failure), Ok(_)) => problem(
            SESSION,
            CheckStatus::Error,
            format!(
                "the AI opens a session for a call without a transcription, and none with openai.transcription_model \
                 {model} ({})",
                messages::text(Language::English, &failure.found())
            ),
            "name another openai.transcription_model; callers leave a message until then",
        ),
        (Err(failure), Err(_)) => ai_check::no_session(SESSION, failure),
    }
}

async fn answer(setup: RealtimeSetup) -> Vec<CheckResult> {
    let model = setup.config.openai.transcription_model.clone();
    let rejected = setup.rejected.clone();
    match ask_by_voice(setup).await {
        Err(reason) => {
            let remedy = "callers leave a message until that is fixed: see the account's limits and payments, and \
                          status.openai.com";
            let found = format!("a question gets no spoken answer: {reason}");
            vec![problem(ANSWER, CheckStatus::Error, found, remedy)]
        }
        Ok(spoken) => {
            let mut findings = vec![evaluate_wait(&spoken)];
            // If transcription was rejected, the result of `session` has reported that already.
            if !rejected.names().contains(&TRANSCRIPTION) {
                findings.push(evaluate_transcript(spoken.heard.as_deref().unwrap_or_default(), &model));
            }
            findings
        }
    }
}

fn evaluate_wait(spoken: &VoiceAnswer) -> CheckResult {
    let (waited, cents) = (spoken.waited, cents(spoken.cost_micros));
    let found = format!(
        "a spoken answer began {} ms after the question, and cost {cents}: “{}”",
        waited.as_millis(),
        spoken.answer.trim()
    );
    if waited > SLOW_ANSWER {
        let remedy = "callers hear “one moment, please” before each answer: try again at another time of day, or name a faster \
                      openai.realtime_model";
        return problem(ANSWER, CheckStatus::Warning, found, remedy);
    }
    ok(ANSWER, found)
}

fn evaluate_transcript(heard: &str, model: &str) -> CheckResult {
    if heard.trim().is_empty() {
        let found = format!("{model} transcribes no words of a question in Hebrew");
        let remedy = "name another openai.transcription_model: transcripts of calls lack the caller's words";
        return problem(ANSWER, CheckStatus::Warning, found, remedy);
    }
    ok(ANSWER, format!("{model} transcribes the question as “{}”", heard.trim()))
}

fn cents(micros: i64) -> String {
    format!("{}.{} cents", micros / 10_000, micros % 10_000 / 1_000)
}

struct VoiceAnswer {
    /// The time from the end of the question to the first audio of the answer; zero if the answer began earlier.
    waited: Duration,
    answer: String,
    /// Empty if the transcription failed; `None` if no transcript arrived in time.
    heard: Option<String>,
    cost_micros: i64,
}

async fn ask_by_voice(setup: RealtimeSetup) -> Result<VoiceAnswer, String> {
    let mut engine = Realtime::open(setup, Duration::ZERO);
    let spoken = tokio::time::timeout(ANSWER_LIMIT, play_question(&mut engine)).await;
    engine.close().await;
    spoken.unwrap_or_else(|_| Err(format!("none came within {} s", ANSWER_LIMIT.as_secs())))
}

/// Plays the question and then silence, as the line of a caller does, until the answer has ended and the transcript of
/// the question has arrived or is overdue.
async fn play_question(engine: &mut Realtime) -> Result<VoiceAnswer, String> {
    let mut question = QUESTION.chunks(FRAME_BYTES);
    let mut line = interval(FRAME);
    let (mut is_open, mut is_requested) = (false, false);
    let (mut asked_at, mut waited, mut done_at): (Option<Instant>, Option<Duration>, Option<Instant>) =
        (None, None, None);
    let (mut answer, mut heard, mut cost_micros) = (String::new(), None, 0);
    loop {
        tokio::select! {
            event = engine.next() => match event {
                EngineEvent::Ready => {
                    is_open = true;
                    line.reset_immediately();
                }
                EngineEvent::AudioDelta { .. } => {
                    // If the server answers before the question has ended, the caller has not waited.
                    let since = asked_at.map(|asked| clock::instant().duration_since(asked));
                    waited.get_or_insert(since.unwrap_or_default());
                }
                EngineEvent::AgentText { text, is_final: true, .. } => answer = text,
                // The server does not start an answer by itself: as in a call, the client requests each reply.
                EngineEvent::SpeechStopped { .. } if !std::mem::replace(&mut is_requested, true) => {
                    engine.command(&EngineCommand::Respond(ResponseRequest::Reply));
                    engine.try_flush();
                }
                EngineEvent::CallerText { text, is_final: true, .. } => heard = Some(text),
                EngineEvent::TranscriptionFailed { .. } => heard = Some(String::new()),
                EngineEvent::ResponseDone { outcome, usage, .. } => {
                    cost_micros += usage.cost_micros;
                    if waited.is_none() || matches!(outcome, ResponseOutcome::Failed { .. }) {
                        return Err(format!("the answer ended without sound ({outcome:?})"));
                    }
                    done_at = Some(clock::instant());
                }
                EngineEvent::Failed { reason, .. } => return Err(reason),
                _ => {}
            },
            _ = line.tick(), if is_open => {
                let frame = question.next().unwrap_or_else(|| {
                    asked_at.get_or_insert_with(clock::instant);
                    &[mulaw::SILENCE; FRAME_BYTES]
                });
                engine.command(&EngineCommand::AppendAudio(EncodedAudio::encode(frame)));
                engine.try_flush();
            }
        }
        if let (Some(done), Some(waited)) = (done_at, waited)
            && (heard.is_some() || clock::instant().duration_since(done) > TRANSCRIPT_LIMIT)
        {
            return Ok(VoiceAnswer { waited, answer, heard, cost_micros });
        }
    }
}

/// Tests the fallback for a call without a live stream: the recording is transcribed, and the model returns a text
/// answer that Twilio speaks.
async fn turn_by_turn(client: &reqwest::Client, config: &Config, now: Timestamp) -> CheckResult {
    let (openai, language) = (&config.openai, &config.agent.language);
    let failed = |what: &str, error: &rest::Error, server: &BaseUrl| {
        let (found, remedy) = messages::finding(Language::English, &ai_check::error_finding(error, server));
        problem(TURN, CheckStatus::Error, format!("{what}: {found}"), &remedy.unwrap_or_default())
    };
    let began = clock::instant();
    let (server, file) =
        (config.file_transcription_server(), SoundFile { content: recording(), mime: "audio/wav", length_ms: 0 });
    let file_server = server.as_ref().map_or(&openai.base_url, |server| server.base_url);
    let heard = match rest::transcribe(client, server, file, language, "", REQUEST_LIMIT).await {
        Ok(heard) => heard.answer,
        Err(error) => {
            return failed(
                &format!("{} transcribes no recording", openai.file_transcription_model),
                &error,
                file_server,
            );
        }
    };
    let messages = [
        ChatMessage {
            role: ChatRole::System,
            content: recorded_turns::instructions(&config.business, &config.agent, &BusinessProfile::EMPTY, now),
        },
        ChatMessage { role: ChatRole::User, content: heard.clone() },
    ];
    let answer = match rest::chat(client, openai, &messages, REQUEST_LIMIT).await {
        Ok(Paid { answer: Some(answer), .. }) => answer,
        Ok(Paid { answer: None, .. }) => {
            return failed(
                &format!("{} gives no answer", openai.chat_model),
                &rest::Error::Malformed,
                &openai.base_url,
            );
        }
        Err(error) => return failed(&format!("{} gives no answer", openai.chat_model), &error, &openai.base_url),
    };
    let took = clock::instant().duration_since(began);
    let found = format!(
        "without a live stream the question “{}” gets an answer after {} ms: “{}”",
        heard.trim(),
        took.as_millis(),
        answer.trim()
    );
    if heard.trim().is_empty() {
        return problem(TURN, CheckStatus::Warning, found, "name another openai.file_transcription_model");
    }
    if took > recorded_turns::WEBHOOK_TIMEOUT {
        return problem(
            TURN,
            CheckStatus::Warning,
            found,
            "callers hear “one moment” first: name a faster openai.chat_model",
        );
    }
    ok(TURN, found)
}

/// Only the command line runs these tests, so their findings are English sentences and not translated texts.
fn ok(check: &str, found: impl Into<String>) -> CheckResult {
    problem(check, CheckStatus::Ok, found, "")
}

fn problem(check: &str, state: CheckStatus, found: impl Into<String>, remedy: &str) -> CheckResult {
    CheckResult::on_console(check, state, found, remedy)
}

fn recording() -> Vec<u8> {
    let samples = QUESTION.iter().flat_map(|byte| mulaw::decode(*byte).to_le_bytes());
    wav::pcm_header(1, 8000, QUESTION.len() as u64).into_iter().chain(samples).collect()
}
