//! The turn-by-turn conversation of a call without a media stream: Twilio records a turn, the AI transcribes and
//! answers it, and Twilio speaks the answer and records again.

use super::calls::{self, CallParts};
use crate::agent::instructions::{self, PhoneContext};
use crate::clock;
use crate::config::{AgentConfig, BusinessConfig};
use crate::crm::recording::NewRecording;
use crate::domain::{CallSid, RecordingSid, Speaker, Timestamp};
use crate::ops::local_time::start_of_day;
use crate::providers::openai::rest::{self as openai, ChatMessage};
use crate::providers::twilio::rest as twilio;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long a webhook waits for an answer; Twilio itself waits 15 s.
pub(super) const WEBHOOK_TIME: Duration = Duration::from_secs(5);
/// How long each step of an answer may take.
const STEP_TIME: Duration = Duration::from_secs(15);
/// The largest recording that is transcribed, in bytes.
const MOST: usize = 16 << 20;
/// How many answers are kept, so a repeated webhook for the same recording gets the same answer.
const REMEMBERED: usize = 1000;
/// The delays between attempts to fetch a recording that Twilio's storage does not have yet.
const FETCH_AGAIN: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// What the caller gets after a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// This text, and then the caller's next turn.
    Say(String),
    /// This text, then the call ends.
    SayAndHangUp(String),
    /// The answer is not ready.
    Thinking,
    /// There will be no answer.
    Nothing,
}

/// All turn-by-turn conversations; clones share them.
#[derive(Clone)]
pub struct Fallback {
    parts: CallParts,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    replies: HashMap<RecordingSid, watch::Receiver<Reply>>,
    order: VecDeque<RecordingSid>,
}

impl Fallback {
    /// Creates it without conversations.
    pub fn new(parts: CallParts) -> Self {
        Self { parts, book: Arc::default() }
    }

    /// Returns true if an AI is configured; otherwise a message is recorded and the call ends.
    pub fn can_talk(&self) -> bool {
        self.parts.config().openai.key().is_some()
    }

    /// Starts to process a turn. Idempotent.
    pub fn listen(&self, recording: &NewRecording) {
        let (tell, reply) = watch::channel(Reply::Thinking);
        let mut book = self.book();
        let sid = recording.recording_sid.clone();
        if book.replies.contains_key(&sid) {
            return;
        }
        book.replies.insert(sid.clone(), reply);
        book.order.push_back(sid);
        while book.order.len() > REMEMBERED {
            if let Some(oldest) = book.order.pop_front() {
                book.replies.remove(&oldest);
            }
        }
        drop(book);
        let (parts, recording) = (self.parts.clone(), recording.clone());
        tokio::spawn(async move {
            let reply = answer(&parts, &recording).await.unwrap_or_else(|reason| {
                tracing::error!(event = "FALLBACK_NO_REPLY", call.sid = %recording.call.call_sid, reason, "No answer for the caller of call {}: {reason}", recording.call.call_sid);
                Reply::Nothing
            });
            let _ = tell.send(reply);
        });
    }

    /// The answer to a turn, if it is ready soon.
    pub async fn reply(&self, recording: &RecordingSid) -> Reply {
        let Some(mut reply) = self.book().replies.get(recording).cloned() else { return Reply::Nothing };
        let ready = reply.wait_for(|reply| *reply != Reply::Thinking);
        match tokio::time::timeout(WEBHOOK_TIME, ready).await {
            Ok(Ok(reply)) => reply.clone(),
            Ok(Err(_gone)) => Reply::Nothing,
            Err(_elapsed) => Reply::Thinking,
        }
    }

    // A plain mutex: it is held for a lookup, never across an await.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(parts: &CallParts, recording: &NewRecording) -> Result<Reply, String> {
    let (config, sid) = (parts.config(), &recording.call.call_sid);
    // The recording was answered before a restart: the stored answer is repeated at no cost.
    if let Some(words) = words_of(parts, sid, format!("{}.agent", recording.recording_sid)).await {
        return Ok(Reply::Say(words));
    }
    if !may_use_ai(parts, sid).await {
        return Err("the usage limit of the AI is reached".to_owned());
    }
    let sound = fetch(parts, recording).await.map_err(|error| error.to_string())?;
    let language = &config.agent.language;
    let heard =
        openai::transcribe(&parts.client, &config.openai, sound.content, &sound.mime, language, STEP_TIME).await;
    let heard = heard.map_err(|error| error.to_string())?;
    tracing::info!(event = "HEBREW_SPEECH", call.sid = %sid, r#final = true, "Caller speech transcribed: call {sid}");
    let item = recording.recording_sid.as_str();
    write_down(parts, sid, format!("{item}.caller"), Speaker::Caller, heard.clone());

    let mut messages = conversation(parts, sid).await;
    messages.push(ChatMessage { role: "user", content: heard });
    let answer = openai::chat(&parts.client, &config.openai, &messages, STEP_TIME).await;
    let answer = answer.map_err(|error| error.to_string())?;
    let words = answer.replace(GOODBYE_MARK, "").trim().to_owned();
    if words.is_empty() {
        return Ok(Reply::Nothing);
    }
    write_down(parts, sid, format!("{item}.agent"), Speaker::Agent, words.clone());
    Ok(if answer.contains(GOODBYE_MARK) { Reply::SayAndHangUp(words) } else { Reply::Say(words) })
}

/// Fetches the recording. A 404 right after the webhook only means that it is not stored yet.
async fn fetch(parts: &CallParts, recording: &NewRecording) -> Result<twilio::AudioFile, twilio::Error> {
    for wait in FETCH_AGAIN {
        match fetch_once(parts, recording).await {
            Err(error) if error.is_retryable() => tokio::time::sleep(wait).await,
            done => return done,
        }
    }
    fetch_once(parts, recording).await
}

async fn fetch_once(parts: &CallParts, recording: &NewRecording) -> Result<twilio::AudioFile, twilio::Error> {
    let (sid, url) = (&recording.recording_sid, &recording.url);
    let settings = parts.active_settings.current();
    let (elsewhere, config) = (&settings.recording_files, &settings.config.twilio);
    twilio::fetch_recording(&parts.client, elsewhere, config, sid, url, STEP_TIME, MOST).await
}

/// The instructions for a turn-by-turn conversation.
pub(super) fn instructions(business: &BusinessConfig, agent: &AgentConfig, now: Timestamp) -> String {
    let context = PhoneContext { caller_name: None, now, can_transfer: false, is_resumed: true };
    format!("{}{TURN_BY_TURN}", instructions::for_phone(business, agent, &context))
}

/// The instructions, and what was said so far.
async fn conversation(parts: &CallParts, sid: &CallSid) -> Vec<ChatMessage> {
    let config = parts.config();
    let content = instructions(&config.business, &config.agent, clock::now());
    let mut messages = vec![ChatMessage { role: "system", content }];
    let sid = sid.clone();
    let turns = parts.store.read(move |tx| tx.heard_turns(&sid)).await.unwrap_or_default();
    messages.extend(turns.into_iter().filter_map(|(speaker, content)| match speaker {
        Speaker::Caller => Some(ChatMessage { role: "user", content }),
        Speaker::Agent => Some(ChatMessage { role: "assistant", content }),
        Speaker::Tool | Speaker::System => None,
    }));
    // The turn that is being answered is appended by the caller of this function.
    if messages.last().is_some_and(|last| last.role == "user") {
        messages.pop();
    }
    messages
}

/// Returns true while the usage limits allow a turn of this call.
async fn may_use_ai(parts: &CallParts, sid: &CallSid) -> bool {
    let (sid, now, config) = (sid.clone(), clock::now(), parts.config());
    let today = start_of_day(now, &config.business.time_zone);
    let used = parts.store.read(move |tx| tx.ai_usage(Some(&sid), today, now)).await;
    used.is_ok_and(|used| calls::day_has_room(&config.voice, used))
}

async fn words_of(parts: &CallParts, sid: &CallSid, item: String) -> Option<String> {
    let sid = sid.clone();
    parts.store.read(move |tx| tx.turn_text(&sid, &item)).await.ok().flatten()
}

fn write_down(parts: &CallParts, sid: &CallSid, item: String, speaker: Speaker, text: String) {
    let (sid, at) = (sid.clone(), clock::now());
    parts.store.write_soon(move |tx| tx.append_turn(&sid, &item, speaker, &text, at));
}

/// The mark by which the model ends the call.
const GOODBYE_MARK: &str = "[END]";

const TURN_BY_TURN: &str = "
The line is recorded turn by turn: answer in one or two short sentences of plain text. There are no tools here: a message
that the caller leaves is kept by itself. When the caller is done, say goodbye and write [END] at the end.
";
