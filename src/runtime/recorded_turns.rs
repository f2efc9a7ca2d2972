//! The turn-by-turn conversation of a call without a media stream: Twilio records a turn, the AI transcribes and
//! answers it, and Twilio speaks the answer and records again.

mod claims;

use super::call::claims::report_stopped;
use super::calls::CallServices;
use crate::agent::instructions::{self, PhoneContext};
use crate::clock;
use crate::config::{AgentConfig, BusinessConfig, Config};
use crate::crm::business_profile::BusinessProfile;
use crate::crm::call;
use crate::crm::caller_memory::CallerMemory;
use crate::crm::recording::NewRecording;
use crate::domain::{CallSid, RecordingSid, Speaker, Timestamp};
use crate::providers::openai::ChatRole;
use crate::providers::openai::rest::{self as openai, ChatMessage};
use crate::providers::twilio::rest as twilio;
use claims::AnswerCheck;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long a webhook waits for an answer. Twilio's own timeout is 15 s.
pub(super) const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of each step of an answer.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);
/// The maximum size in bytes of a recording that is transcribed.
const MAX_RECORDING_BYTES: usize = 16 << 20;
/// How many answers are kept. A repeated webhook for the same recording gets the same answer.
const MAX_REPLIES: usize = 1000;
/// The delays before retries of fetching a recording that is not in Twilio's storage yet.
const FETCH_RETRY_DELAYS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Speak this text, and then record the caller's next turn.
    Say(String),
    /// Speak this text, and then end the call.
    SayAndHangUp(String),
    /// The answer is not ready yet.
    Pending,
    Unavailable,
}

/// Clones share the conversations.
#[derive(Clone)]
pub struct RecordedTurns {
    services: CallServices,
    replies: Arc<Mutex<Replies>>,
}

#[derive(Default)]
struct Replies {
    by_recording: HashMap<RecordingSid, watch::Receiver<Reply>>,
    order: VecDeque<RecordingSid>,
}

impl RecordedTurns {
    pub fn new(services: CallServices) -> Self {
        Self { services, replies: Arc::default() }
    }

    /// Returns true if an AI answers calls and OpenAI's API key is configured. Otherwise, a message is recorded and the
    /// call ends.
    pub fn has_ai(&self) -> bool {
        self.may_use_ai() && self.services.config().openai.key().is_some()
    }

    /// Returns true if the settings let an AI answer calls. Otherwise, no recording may be sent to an AI.
    pub fn may_use_ai(&self) -> bool {
        !CallServices::ai_engines(&self.services.config()).is_empty()
    }

    /// Idempotent.
    pub fn process(&self, recording: &NewRecording) {
        let (sender, reply) = watch::channel(Reply::Pending);
        let mut replies = self.replies();
        let sid = recording.recording_sid.clone();
        if replies.by_recording.contains_key(&sid) {
            return;
        }
        replies.by_recording.insert(sid.clone(), reply);
        replies.order.push_back(sid);
        while replies.order.len() > MAX_REPLIES {
            if let Some(oldest) = replies.order.pop_front() {
                replies.by_recording.remove(&oldest);
            }
        }
        drop(replies);
        let (services, recording) = (self.services.clone(), recording.clone());
        tokio::spawn(async move {
            let reply = answer(&services, &recording).await.unwrap_or_else(|reason| {
                tracing::warn!(event = "FALLBACK_NO_REPLY", call.sid = %recording.call.call_sid, reason, "The AI has no answer to a recorded utterance in call {} ({reason}); the caller is thanked, and the call ends", recording.call.call_sid);
                Reply::Unavailable
            });
            let _ = sender.send(reply);
        });
    }

    /// Waits for the answer within the time limit of a webhook.
    pub async fn reply(&self, recording: &RecordingSid) -> Reply {
        let Some(mut reply) = self.replies().by_recording.get(recording).cloned() else { return Reply::Unavailable };
        let ready = reply.wait_for(|reply| *reply != Reply::Pending);
        match tokio::time::timeout(WEBHOOK_TIMEOUT, ready).await {
            Ok(Ok(reply)) => reply.clone(),
            Ok(Err(_gone)) => Reply::Unavailable,
            Err(_elapsed) => Reply::Pending,
        }
    }

    // A plain mutex is enough, because it is held only for a lookup, never across an await.
    fn replies(&self) -> MutexGuard<'_, Replies> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(services: &CallServices, recording: &NewRecording) -> Result<Reply, String> {
    let (config, sid) = (services.config(), &recording.call.call_sid);
    // If the recording was answered before, for example before a restart, the stored answer is repeated at no cost.
    if let Some(reply) = stored_reply(services, sid, recording.recording_sid.as_str()).await {
        return Ok(reply);
    }
    if !services.may_use_ai(sid).await {
        return Err("the usage limit of the AI is reached, or the usage cannot be read".to_owned());
    }
    // The recording was transcribed before, but the answer failed. A second transcription would cost again.
    if stored_text(services, sid, format!("{}.caller", recording.recording_sid)).await.is_some() {
        return Err("the recording was processed before".to_owned());
    }
    let sound = fetch(services, recording).await.map_err(|error| error.to_string())?;
    let language = &config.agent.language;
    let server = config.file_transcription_server();
    let file = openai::SoundFile { content: sound.content, mime: &sound.mime, length_ms: recording.duration_ms };
    let transcript = openai::transcribe(&services.client, server, file, language, "", STEP_TIMEOUT).await;
    let openai::Paid { answer: transcript, cost_micros } = transcript.map_err(|error| error.to_string())?;
    services.add_cost(sid, cost_micros);
    tracing::info!(event = "HEBREW_SPEECH", call.sid = %sid, r#final = true, "A recorded utterance of the caller is transcribed completely: call {sid}");
    let item = recording.recording_sid.as_str();
    store_turn(services, sid, format!("{item}.caller"), Speaker::Caller, transcript.clone());

    let (words, is_last) = true_answer(services, &config, sid, transcript).await?;
    if words.is_empty() {
        return Ok(Reply::Unavailable);
    }
    let (suffix, reply) =
        if is_last { (GOODBYE, Reply::SayAndHangUp(words.clone())) } else { (ANSWER, Reply::Say(words.clone())) };
    store_turn(services, sid, format!("{item}.{suffix}"), Speaker::Agent, words);
    Ok(reply)
}

/// Returns an answer without a false claim, and whether it ends the call. If an answer contains a false claim, the model is
/// asked once more, and then a built-in sentence takes its place.
async fn true_answer(
    services: &CallServices,
    config: &Config,
    sid: &CallSid,
    transcript: String,
) -> Result<(String, bool), String> {
    let profile = services.business_profile(&config.business.time_zone, sid).await;
    let check = AnswerCheck::of(services, config, &profile, sid, &transcript).await;
    let mut messages = conversation(services, config, &profile, sid, transcript).await;
    let (words, is_last) = ask(services, config, sid, &messages).await?;
    let Some(claim) = check.false_claim(&words) else { return Ok((words, is_last)) };
    report_stopped(services, sid, claim.promise, false);
    messages.push(ChatMessage { role: ChatRole::Assistant, content: words });
    messages.push(ChatMessage { role: ChatRole::System, content: claim.correction(false) });
    let (words, is_last) = ask(services, config, sid, &messages).await?;
    let Some(claim) = check.false_claim(&words) else { return Ok((words, is_last)) };
    report_stopped(services, sid, claim.promise, false);
    Ok((check.replacement(claim, &words), false))
}

/// Returns the model's answer, and whether it ends the call.
async fn ask(
    services: &CallServices,
    config: &Config,
    sid: &CallSid,
    messages: &[ChatMessage],
) -> Result<(String, bool), String> {
    let answer = openai::chat(&services.client, &config.openai, messages, STEP_TIMEOUT).await;
    let openai::Paid { answer, cost_micros } = answer.map_err(|error| error.to_string())?;
    services.add_cost(sid, cost_micros);
    let answer = answer.ok_or_else(|| openai::Error::Malformed.to_string())?;
    let words = answer.replace(GOODBYE_MARK, "");
    Ok((first_sentences(words.trim()).to_owned(), answer.contains(GOODBYE_MARK)))
}

/// Returns the sentences that fit into [`MAX_ANSWER`]. Of one longer sentence, the words that fit are returned.
fn first_sentences(text: &str) -> &str {
    let Some((limit, _)) = text.char_indices().nth(MAX_ANSWER) else { return text };
    let fitting = &text[..limit];
    let ends = |is_end: fn(char) -> bool| {
        fitting.rfind(is_end).map(|at| at + fitting[at..].chars().next().map_or(0, char::len_utf8))
    };
    let end = ends(|c| matches!(c, '.' | '!' | '?' | '\n' | '\u{61F}')).or_else(|| ends(char::is_whitespace));
    fitting[..end.unwrap_or(limit)].trim_end()
}

/// `None` if the recording was not answered before.
async fn stored_reply(services: &CallServices, sid: &CallSid, item: &str) -> Option<Reply> {
    if let Some(words) = stored_text(services, sid, format!("{item}.{ANSWER}")).await {
        return Some(Reply::Say(words));
    }
    stored_text(services, sid, format!("{item}.{GOODBYE}")).await.map(Reply::SayAndHangUp)
}

/// A 404 right after the webhook means that Twilio has not stored the recording yet.
async fn fetch(services: &CallServices, recording: &NewRecording) -> Result<twilio::AudioFile, twilio::Error> {
    for wait in FETCH_RETRY_DELAYS {
        match fetch_once(services, recording).await {
            Err(error) if error.is_retryable() => tokio::time::sleep(wait).await,
            done => return done,
        }
    }
    fetch_once(services, recording).await
}

async fn fetch_once(services: &CallServices, recording: &NewRecording) -> Result<twilio::AudioFile, twilio::Error> {
    let (sid, url) = (&recording.recording_sid, &recording.url);
    let settings = services.settings.current();
    let (elsewhere, config) = (&settings.recording_files, &settings.config.twilio);
    twilio::fetch_recording(&services.client, elsewhere, config, sid, url, STEP_TIMEOUT, MAX_RECORDING_BYTES).await
}

pub(super) fn instructions(
    business: &BusinessConfig,
    agent: &AgentConfig,
    profile: &BusinessProfile,
    now: Timestamp,
) -> String {
    let context = PhoneContext {
        now,
        profile,
        memory: &CallerMemory::EMPTY,
        can_transfer: false,
        can_book: false,
        is_resumed: true,
    };
    format!("{}{TURN_BY_TURN}", instructions::for_phone(business, agent, &context))
}

/// `latest` is the last turn of the caller.
async fn conversation(
    services: &CallServices,
    config: &Config,
    profile: &BusinessProfile,
    sid: &CallSid,
    latest: String,
) -> Vec<ChatMessage> {
    let content = instructions(&config.business, &config.agent, profile, clock::now());
    let mut messages = vec![ChatMessage { role: ChatRole::System, content }];
    let sid = sid.clone();
    let turns = services.store.read(move |tx| tx.heard_turns(&sid)).await.unwrap_or_default();
    messages.extend(spoken(turns, latest));
    messages
}

/// Returns what was said: the stored turns, and the caller's turn `latest`, which may be stored already. An earlier
/// turn of the caller that got no answer, for example because the media stream was lost, is kept.
fn spoken(turns: Vec<(Speaker, String)>, latest: String) -> Vec<ChatMessage> {
    let said = turns.into_iter().filter_map(|(speaker, content)| match speaker {
        Speaker::Caller => Some(ChatMessage { role: ChatRole::User, content }),
        Speaker::Agent => Some(ChatMessage { role: ChatRole::Assistant, content }),
        Speaker::Tool | Speaker::System | Speaker::Employee => None,
    });
    let (mut said, latest): (Vec<_>, _) = (said.collect(), ChatMessage { role: ChatRole::User, content: latest });
    if said.last() != Some(&latest) {
        said.push(latest);
    }
    said
}

async fn stored_text(services: &CallServices, sid: &CallSid, item: String) -> Option<String> {
    let sid = sid.clone();
    services.store.read(move |tx| tx.turn_text(&sid, &item)).await.ok().flatten()
}

fn store_turn(services: &CallServices, sid: &CallSid, item: String, speaker: Speaker, text: String) {
    let (sid, at) = (sid.clone(), clock::now());
    services.store.write_soon(move |tx| call::append_turn(tx, &sid, &item, speaker, &text, at));
}

/// The maximum length of an answer in characters, some 40 s of speech. The caller cannot interrupt it, and Twilio speaks at
/// most 4096 characters.
const MAX_ANSWER: usize = 600;
/// The text that the model appends to its answer to end the call. It is not stored with the answer.
const GOODBYE_MARK: &str = "[END]";
/// The suffix of the stored id of an answer after which the caller speaks again.
const ANSWER: &str = "agent";
/// The suffix of the stored id of an answer that ends the call, so that a repeated webhook ends the call again.
const GOODBYE: &str = "goodbye";

const TURN_BY_TURN: &str = "
The line is recorded turn by turn: answer in one or two short sentences of plain text. There are no tools here: a message
that the caller leaves is kept by itself. When the caller is done, say goodbye and write [END] at the end.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_ends_with_a_sentence() {
        let (sentence, words) = ("פתוחים בימים א׳ עד ה׳. ", "פתוחים ".repeat(200));
        let long = sentence.repeat(60);
        assert_eq!(first_sentences(&long), sentence.repeat(26).trim_end());
        assert_eq!(first_sentences(&words).chars().count(), 594);
        assert_eq!(first_sentences(&"א".repeat(700)).chars().count(), MAX_ANSWER);
        for short in ["", "פתוחים עד שבע", sentence.repeat(26).trim_end()] {
            assert_eq!(first_sentences(short), short);
        }
    }

    #[test]
    fn an_unanswered_turn_before_the_recorder_reaches_the_ai() {
        let turn = |text: &str| (Speaker::Caller, text.to_owned());
        let message = |text: &str| ChatMessage { role: ChatRole::User, content: text.to_owned() };
        let (before, latest) = ("מתי אתם פתוחים?", "הלו?");
        // The latest turn may not be stored yet.
        for stored in [vec![turn(before)], vec![turn(before), turn(latest)]] {
            assert_eq!(spoken(stored, latest.to_owned()), [message(before), message(latest)]);
        }
    }

    #[test]
    fn the_instructions_of_a_turn_by_turn_conversation() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        insta::assert_snapshot!(instructions(
            &BusinessConfig::default(),
            &AgentConfig::default(),
            &BusinessProfile::EMPTY,
            now
        ));
    }
}
