//! Rehearsals by phone: the caller's lines are played to the engine of calls over a media stream, in real time.

use super::caller_script::{AudibleLine, CallerScript, Perceived, SpokenLine};
use super::phone::{FRAME_MS, LineQuality, Phone};
use super::scene::{
    CallerLine, ConversationEnd, HeldCall, HeldConversation, RehearsalError, RehearsedTurn, Scene, SpokenTurn,
    UsedTool, begin,
};
use super::stand_ins::{QueuedTexts, WrittenAnswers};
use crate::alerting::{AlertThresholds, Alerts};
use crate::audio::line_noise::{LineNoise, speech_level, trimmed};
use crate::audio::mulaw::SILENCE;
use crate::config::{Config, Reloadable};
use crate::crm::message_clock::MessageClock;
use crate::crm::{self, rehearsal};
use crate::domain::{BuiltInTool, Call, CallSid, ContactName, EndReason, Speaker, ToolUse, Turn};
use crate::engine::{ModelMemory, RejectedFields};
use crate::host::disk::DiskMonitor;
use crate::providers::google::AccessTokens;
use crate::runtime::caller_texts::CallerTexts;
use crate::runtime::calls::{CallServices, Calls, EngineBreaker, KnownUsage, Rehearsal, RehearsalProgress, TrialUsage};
use crate::runtime::input_log::{self, InputLogs};
use crate::runtime::jobs::JobWorker;
use crate::runtime::outbox::Outbox;
use crate::runtime::{ActiveSettings, run_call};
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The length and the level of a sound without words; the level is that of quiet speech.
const NOISE_LINE_MS: usize = 1500;
const SAMPLES_PER_MS: usize = 8;
const DEFAULT_LEVEL: f32 = 1500.0;
/// How long the end of the call may take after the caller has hung up.
const END_LIMIT: Duration = Duration::from_secs(10);
/// How much earlier than its line a turn of the caller may begin, because engines include some audio before the voice.
const PREFIX_MS: u64 = 500;

/// Changes the database. `speech` is the audio of each line, in mu-law; that of sounds without words is not used.
pub async fn hold(
    config: &Arc<Config>,
    client: &reqwest::Client,
    store: &Store,
    scene: &Scene,
    (speech, quality): (&[Arc<[u8]>], LineQuality),
) -> Result<HeldConversation, RehearsalError> {
    let call = begin(config, store, scene).await?;
    let texts = QueuedTexts { config: config.clone(), store: store.clone(), now: scene.now };
    let own_tools = WrittenAnswers(scene.answers.clone());
    let rehearsal = Rehearsal::new(scene.now, Arc::new(texts), Arc::new(own_tools));
    let progress = rehearsal.progress();
    let calls = Calls::new(services(config, client, store, rehearsal).await?, run_call);
    let (lines, level) = audible(scene, speech);
    let sid = call.call_sid.clone();
    let (phone, stream) = Phone::new(&sid, quality, level).await;
    let name = scene.name.clone().map_or(ContactName::Unknown, ContactName::ByOwner);
    calls.start_rehearsal(call, name, stream);
    let script = CallerScript::new(lines, config.voice.agent_speaks_first);
    let (script, progress) = converse(phone, script, progress).await;
    // The call's task has ended when the engine has been asked to close and the end is queued for the database.
    let _ = timeout(END_LIMIT, calls.wait_until_idle()).await;
    let progress = progress.borrow().clone();
    let end = end_of(&progress)?;
    let (duration_ms, spoken) = (script.now_ms(), script.into_spoken());
    finish(config, store, scene, (sid, end), (spoken, duration_ms, progress)).await
}

/// Talks until everything is said, or until the call ends.
async fn converse(
    mut phone: Phone,
    mut script: CallerScript,
    mut progress: watch::Receiver<RehearsalProgress>,
) -> (CallerScript, watch::Receiver<RehearsalProgress>) {
    let mut frames = tokio::time::interval(Duration::from_millis(FRAME_MS));
    while !script.is_over() && progress.borrow().end.is_none() {
        tokio::select! {
            biased;
            is_open = phone.receive() => if !is_open { break },
            _ = frames.tick() => {
                let is_heard = phone.tick(script.frame());
                let perceived = Perceived { is_heard, is_playing: phone.is_playing() };
                script.advance(perceived, &progress.borrow().clone());
            }
        }
    }
    phone.hang_up().await;
    let _ = timeout(END_LIMIT, progress.wait_for(|progress| progress.end.is_some())).await;
    (script, progress)
}

fn end_of(progress: &RehearsalProgress) -> Result<ConversationEnd, RehearsalError> {
    match progress.end {
        Some(EndReason::CallerHungUp | EndReason::Unanswered) => Ok(ConversationEnd::Caller),
        Some(EndReason::AgentHungUp | EndReason::Idle | EndReason::TooLong) => Ok(ConversationEnd::Agent),
        Some(EndReason::Transferred) => Ok(ConversationEnd::Transfer),
        end => {
            let failure = progress.failures.last().map(|(_, reason)| reason.clone());
            let other = || end.map_or("the call has no end", EndReason::words).to_owned();
            Err(RehearsalError::Engine(failure.unwrap_or_else(other)))
        }
    }
}

async fn services(
    config: &Arc<Config>,
    client: &reqwest::Client,
    store: &Store,
    rehearsal: Rehearsal,
) -> Result<CallServices, RehearsalError> {
    let settings = Reloadable::new(ActiveSettings::build(config.clone(), None, client)?);
    // No notification is sent, so the times are without effect.
    let never = Duration::from_hours(24);
    let thresholds = AlertThresholds { bridge_down: never, replication: never, settle: never, repeat: never };
    let alerts = Alerts::load(store.clone(), thresholds).await;
    let outbox = Outbox::new(settings.clone(), store.clone(), alerts.clone());
    let (current, folder) = (settings.clone(), store.published_file().with_file_name(input_log::FOLDER));
    let disk = DiskMonitor::new(move || current.config());
    Ok(CallServices {
        texts: CallerTexts { store: store.clone(), settings: settings.clone(), outbox, clock: MessageClock::default() },
        settings,
        store: store.clone(),
        client: client.clone(),
        google: AccessTokens::default(),
        model_memory: ModelMemory::default(),
        input_logs: InputLogs::start(folder, disk.clone()),
        disk,
        compression: JobWorker::new(store.clone()).handle(),
        jobs: JobWorker::new(store.clone()).handle(),
        alerts,
        trial_usage: TrialUsage::default(),
        known_usage: KnownUsage::default(),
        engine_breaker: EngineBreaker::default(),
        rejected: RejectedFields::default(),
        rehearsal: Some(rehearsal),
    })
}

/// Returns the lines, and the level of the words.
fn audible(scene: &Scene, speech: &[Arc<[u8]>]) -> (Vec<AudibleLine>, f32) {
    let words = || scene.lines.iter().zip(speech).filter(|(line, _)| !line.is_noise).map(|(_, audio)| audio);
    let all: Vec<u8> = words().flat_map(|audio| audio.iter().copied()).collect();
    let level = if all.is_empty() { DEFAULT_LEVEL } else { speech_level(&all) };
    let mut sounds = LineNoise::new(level);
    let line = |(line, audio): (&CallerLine, &Arc<[u8]>)| {
        let audio = if line.is_noise {
            let mut audio = vec![SILENCE; NOISE_LINE_MS * SAMPLES_PER_MS];
            sounds.add(&mut audio);
            audio
        } else {
            trimmed(audio).to_vec()
        };
        AudibleLine { audio, is_noise: line.is_noise, start: line.start }
    };
    (scene.lines.iter().zip(speech).map(line).collect(), level)
}

/// Reads what the call has left in the database.
async fn finish(
    config: &Config,
    store: &Store,
    scene: &Scene,
    (sid, end): (CallSid, ConversationEnd),
    (spoken, duration_ms, progress): (Vec<SpokenLine>, u64, RehearsalProgress),
) -> Result<HeldConversation, RehearsalError> {
    let (zone, now) = (config.business.time_zone.clone(), scene.now);
    let (left, call, stored) = crm::transact(store, move |tx| {
        let left = rehearsal::finish(tx, &sid, &zone, now)?;
        let call = tx.stored_call(&sid)?;
        let turns = call.as_ref().map(|call| tx.turns(call.id)).transpose()?;
        Ok::<_, crm::Error>((left, call, turns.unwrap_or_default()))
    })
    .await?;
    let mut turns = turns(scene, &spoken, &stored);
    add_last_tool(&mut turns, end);
    let (engine, model, cost_micros) =
        call.map_or((None, None, 0), |Call { engine, model, cost_micros, .. }| (engine, model, cost_micros));
    let call = HeldCall { engine, model, duration_ms, cost_micros, engine_failures: progress.failures };
    Ok(HeldConversation { turns, end, left, call: Some(call) })
}

/// Assigns each stored turn to the line of the caller after which it began.
fn turns(scene: &Scene, spoken: &[SpokenLine], stored: &[Turn]) -> Vec<RehearsedTurn> {
    let mut turns: Vec<_> = scene.lines.iter().zip(spoken).map(|(line, spoken)| begun(&line.text, spoken)).collect();
    for turn in stored {
        let started_ms = u64::try_from(turn.started_ms).unwrap_or(0);
        let slack_ms = if turn.speaker == Speaker::Caller { PREFIX_MS } else { 0 };
        let begun = spoken.iter().filter(|line| line.began_ms <= started_ms + slack_ms).count();
        let Some(rehearsed) = turns.get_mut(begun.saturating_sub(1)) else { continue };
        rehearsed.add_stored(turn);
    }
    turns
}

fn begun(text: &str, line: &SpokenLine) -> RehearsedTurn {
    let spoken =
        SpokenTurn { first_audio_ms: line.first_audio_ms, unanswered: line.is_unanswered, ..SpokenTurn::default() };
    let total_ms = line.last_audio_ms.saturating_sub(line.ended_ms);
    RehearsedTurn { caller: text.to_owned(), total_ms, spoken: Some(spoken), ..RehearsedTurn::default() }
}

/// A tool that ends the call is not in the transcript of a call.
fn add_last_tool(turns: &mut [RehearsedTurn], end: ConversationEnd) {
    let tool = match end {
        ConversationEnd::Caller => return,
        ConversationEnd::Agent => BuiltInTool::EndCall,
        ConversationEnd::Transfer => BuiltInTool::TransferToPerson,
    };
    if let Some(last) = turns.last_mut() {
        let (name, arguments, output) = (tool.as_str().to_owned(), "{}".to_owned(), r#"{"ok":true}"#.to_owned());
        last.tools.push(UsedTool { name, arguments, output, ms: 0 });
    }
}

impl RehearsedTurn {
    fn add_stored(&mut self, turn: &Turn) {
        let spoken = self.spoken.get_or_insert_default();
        match turn.speaker {
            Speaker::Caller => append(&mut spoken.understood, &turn.text),
            Speaker::Agent => {
                append(&mut self.agent, &turn.heard_text);
                spoken.interrupted |= turn.interrupted;
                if turn.latency.first_sent_ms.is_some() && spoken.stages.first_sent_ms.is_none() {
                    spoken.stages = turn.latency;
                }
            }
            Speaker::Tool => self.tools.extend(ToolUse::from_text(&turn.text).map(|tool| {
                let ms = turn.ended_ms.map_or(0, |ended_ms| ended_ms - turn.started_ms);
                UsedTool {
                    name: tool.name,
                    arguments: tool.arguments.to_string(),
                    output: tool.output.map_or_else(String::new, |output| output.to_string()),
                    ms: u64::try_from(ms).unwrap_or(0),
                }
            })),
            Speaker::System | Speaker::Employee => {}
        }
        self.tokens_in += turn.tokens_in;
        self.tokens_out += turn.tokens_out;
        if turn.cost_micros > 0 {
            self.cost_micros = Some(self.cost_micros.unwrap_or(0) + turn.cost_micros);
        }
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}
