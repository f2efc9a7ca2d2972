//! The registry of active calls. Each call has its own task; webhooks and sockets find it here.

mod limits;
mod parts;
mod socket;
mod strangers;
mod transfer;

pub(super) use limits::{day_has_room, warning};
pub use parts::CallParts;
pub use socket::{Carrier, MediaSocket};
pub use strangers::STRANGERS;
pub use transfer::{PendingTransfer, can_transfer};

use super::ActiveSettings;
use super::call::{self, Mail};
use crate::call::{After, EngineKind};
use crate::clock;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, CallState, ContactName};
use crate::providers::twilio::{media_stream, stream_token};
use crate::store::AiUsage;
use limits::AtOnce;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use strangers::Strangers;
use tokio::sync::{Notify, mpsc};
use transfer::Transfer;

/// How long a media socket may take to send a valid token.
const TOKEN_TIME: Duration = Duration::from_secs(5);
/// For how many ended calls the follow-up action is kept.
const REMEMBERED: usize = 10_000;

/// The registry of active calls; clones share it.
#[derive(Clone)]
pub struct Calls {
    inner: Arc<Inner>,
}

struct Inner {
    parts: CallParts,
    book: Mutex<Book>,
    strangers: Strangers,
    /// Notified whenever a call ends, or waits for another stream.
    ended: Notify,
}

#[derive(Default)]
struct Book {
    live: HashMap<CallSid, LiveCall>,
    /// The action that follows the streams that are over; the oldest entries are evicted.
    after: HashMap<CallSid, After>,
    order: VecDeque<CallSid>,
    is_draining: Option<std::time::Instant>,
}

struct LiveCall {
    /// The settings from the start of the call, which it keeps to its end.
    settings: Arc<ActiveSettings>,
    mailbox: mpsc::UnboundedSender<Mail>,
    has_stream: bool,
    /// Set once the stream is over: the action that Twilio is given next.
    next: Option<After>,
    /// The current transfer, or the last one.
    transfer: Transfer,
    /// How often Twilio has been instructed to open a stream.
    connects: u32,
    caller: Caller,
    has_ai: bool,
}

/// An incoming call as its webhook described it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The call.
    pub call: IncomingCall,
    /// The caller's name.
    pub name: ContactName,
    /// How much the AI was used today before this call.
    pub ai_today: AiUsage,
}

impl Calls {
    /// Creates an empty registry.
    pub fn new(parts: CallParts) -> Self {
        let (book, strangers) = (Mutex::default(), Strangers::default());
        Self { inner: Arc::new(Inner { parts, book, strangers, ended: Notify::new() }) }
    }

    /// The services that the calls use.
    pub fn parts(&self) -> &CallParts {
        &self.inner.parts
    }

    /// Starts a call: its engine connects while the greeting plays. Idempotent; a call whose stream is over is not
    /// started again.
    pub fn begin(&self, caller: Caller) {
        let sid = caller.call.call_sid.clone();
        let mut book = self.book();
        if book.live.contains_key(&sid) || book.after.contains_key(&sid) {
            return;
        }
        let (mailbox, mail) = mpsc::unbounded_channel();
        if let Some(deadline) = book.is_draining {
            let _ = mailbox.send(Mail::Shutdown { deadline });
        }
        let settings = self.inner.parts.active_settings.current();
        let parts = &self.inner.parts;
        let limit = if CallParts::uses_ai(&settings) {
            limits::exceeded(&settings.config.voice, book.ai_calls(&caller.call.from), caller.ai_today)
        } else {
            None
        };
        if let Some(limit) = limit {
            tracing::warn!(event = "CALL_OVER_LIMIT", call.sid = %sid, limit, "Limit {limit} is reached: call {sid} goes to voicemail");
        }
        let mut policy = parts.policy(&settings, limit.is_none());
        policy.can_transfer = can_transfer(&settings.config, &caller.call);
        let has_ai = policy.engines.contains(&EngineKind::Realtime);
        let live = LiveCall {
            settings: settings.clone(),
            mailbox: mailbox.clone(),
            has_stream: false,
            next: None,
            transfer: Transfer::default(),
            connects: 1,
            caller: caller.clone(),
            has_ai,
        };
        book.live.insert(sid.clone(), live);
        drop(book);
        metrics::gauge!("agentlocator_calls_live").increment(1);
        let calls = self.clone();
        tokio::spawn(async move {
            // Also dropped when the task panics: the caller is then sent to the recorder, as after any lost stream.
            let _leave = Leave { calls: calls.clone(), sid: sid.clone() };
            call::run(calls, settings, policy, caller, mailbox, mail).await;
        });
    }

    /// How often Twilio has been instructed to open a stream of a call.
    pub fn connects(&self, sid: &CallSid) -> u32 {
        self.book().live.get(sid).map_or(1, |live| live.connects)
    }

    /// Returns a token for the call's media socket; none if no auth token is set.
    pub fn token(&self, sid: &CallSid) -> Option<String> {
        let known = self.book().live.get(sid).map(|live| live.settings.config.clone());
        let config = known.unwrap_or_else(|| self.inner.parts.config());
        Some(stream_token::issue(config.twilio.auth_tokens().next()?, sid, clock::now()))
    }

    /// Handles a media socket that is not authenticated yet. Within five seconds it must send the token of a call that
    /// waits for a stream.
    pub async fn admit(&self, mut socket: MediaSocket) {
        let place = self.inner.strangers.admit();
        let start = tokio::select! {
            start = tokio::time::timeout(TOKEN_TIME, socket.start()) => start.ok().flatten().ok_or("no_start"),
            () = place.must_go() => Err("crowd"),
        };
        let start = start.and_then(|start| if self.is_token_good(&start) { Ok(start) } else { Err("bad_token") });
        let start = match start {
            Ok(start) if self.is_over(&start.call_sid).await => Err("call_over"),
            other => other,
        };
        let start = match start {
            Ok(start) => start,
            Err(reason) => {
                tracing::warn!(event = "WS_REFUSED", reason, "Media socket closed: no valid token in time");
                // The slot stays occupied until the socket is closed, or evicted for a newer one.
                return tokio::select! {
                    biased;
                    () = socket.refuse() => {}
                    () = place.must_go() => {}
                };
            }
        };
        drop(place);
        let sid = start.call_sid.clone();
        tracing::info!(event = "WS_START", call.sid = %sid, stream.sid = %start.stream_sid, "Media stream of call {sid} started");
        if let Some(socket) = self.hand_over(&sid, socket, start) {
            tracing::warn!(event = "WS_REFUSED", call.sid = %sid, reason = "no_call", "Media socket closed: call {sid} does not wait for a stream");
            socket.dismiss().await;
        }
    }

    /// Returns the action that follows a call's stream, if it is known; a stream that is still open is treated as over.
    /// `connect`: the `<Connect>` whose stream ended, counted from 1.
    pub async fn after(&self, sid: &CallSid, connect: u32) -> Option<After> {
        let waiting = {
            let mut book = self.book();
            if let Some(after) = book.after(sid, connect) {
                return Some(after);
            }
            book.live.get(sid).map(|live| live.mailbox.clone())
        };
        // Twilio asks because its side of the stream is closed, so this side is about to see the close as well.
        waiting?.send(Mail::StreamEnded(connect)).ok()?;
        let told = async {
            loop {
                let ended = self.inner.ended.notified();
                if let Some(after) = self.book().after(sid, connect) {
                    return after;
                }
                ended.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), told).await.ok()
    }

    /// Sends a message to a call's task.
    pub(super) fn tell(&self, sid: &CallSid, mail: Mail) {
        if let Some(live) = self.book().live.get(sid) {
            let _ = live.mailbox.send(mail);
        }
    }

    /// Twilio reports that a call ended.
    pub fn hung_up(&self, sid: &CallSid) {
        self.tell(sid, Mail::HungUp);
    }

    /// Twilio reports that this stream of a call failed.
    pub fn stream_failed(&self, sid: &CallSid, stream: &str) {
        self.tell(sid, Mail::StreamFailed(stream.to_owned()));
    }

    /// Twilio's recorder has taken over a call: the call waits for no further stream and is not redirected any more.
    pub fn leave_to_recorder(&self, sid: &CallSid) {
        self.tell(sid, Mail::StreamEnded(u32::MAX));
    }

    /// A call has lost its stream and waits for another one.
    pub(super) fn await_stream(&self, sid: &CallSid) {
        if let Some(live) = self.book().live.get_mut(sid) {
            (live.has_stream, live.next) = (false, Some(After::Resume));
        }
        self.inner.ended.notify_waiters();
    }

    /// Returns true while a call is active.
    pub fn is_on(&self, sid: &CallSid) -> bool {
        self.book().live.contains_key(sid)
    }

    /// The number of calls that the AI answers at the moment.
    pub fn ai_count(&self) -> usize {
        self.book().live.values().filter(|live| live.has_ai).count()
    }

    /// The number of active calls.
    pub fn count(&self) -> usize {
        self.book().live.len()
    }

    /// Waits until the calls have ended; those still active after `limit` are redirected to Twilio's recorder.
    pub async fn drain(&self, limit: Duration) {
        let deadline = clock::instant() + limit;
        let mailboxes: Vec<_> = {
            let mut book = self.book();
            book.is_draining = Some(deadline);
            book.live.values().map(|live| live.mailbox.clone()).collect()
        };
        if mailboxes.is_empty() {
            return;
        }
        tracing::info!(event = "CALLS_DRAINING", calls = mailboxes.len(), "Draining {} active calls", mailboxes.len());
        for mailbox in mailboxes {
            let _ = mailbox.send(Mail::Shutdown { deadline });
        }
        let all_over = async {
            loop {
                let ended = self.inner.ended.notified();
                if self.count() == 0 {
                    break;
                }
                ended.await;
            }
        };
        let _ = tokio::time::timeout(limit + Duration::from_secs(1), all_over).await;
        // Leaves time for Twilio's requests for the TwiML that follows the streams that were just closed.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Records the action that follows a call's stream. Call it before the stream is closed, because Twilio asks for it
    /// at once.
    pub(super) fn note_after(&self, sid: &CallSid, after: After) {
        let mut book = self.book();
        if book.after.insert(sid.clone(), after).is_none() {
            book.order.push_back(sid.clone());
        }
        while book.order.len() > REMEMBERED {
            if let Some(oldest) = book.order.pop_front() {
                book.after.remove(&oldest);
            }
        }
        drop(book);
        self.inner.ended.notify_waiters();
    }

    fn is_token_good(&self, start: &media_stream::Start) -> bool {
        // The token was signed with the settings from the start of the call.
        let began = self.book().live.get(&start.call_sid).map(|live| live.settings.config.clone());
        let config = began.unwrap_or_else(|| self.inner.parts.config());
        let keys = config.twilio.auth_tokens();
        let token = start.parameters.get("token").map_or("", String::as_str);
        stream_token::is_valid(keys, &start.call_sid, token, clock::now())
    }

    /// Returns true if the database shows that a call of an earlier daemon process has ended: its token is invalid
    /// then.
    async fn is_over(&self, sid: &CallSid) -> bool {
        if self.is_on(sid) {
            return false;
        }
        let asked = sid.clone();
        let known = self.inner.parts.store.read(move |tx| tx.call_by_sid(&asked));
        // If the database does not answer, the caller is let in: a live call is worth more than the check.
        let known = tokio::time::timeout(TOKEN_TIME, known).await;
        known.is_ok_and(|known| known.is_ok_and(|known| known.is_some_and(|(_, state)| state == CallState::Ended)))
    }

    /// Hands the socket to its call. Returns the socket if no such call exists, or if the call has one already. A call
    /// that an earlier daemon process started is started again here: the valid token proves that the call belongs to
    /// this server.
    fn hand_over(&self, sid: &CallSid, socket: MediaSocket, start: media_stream::Start) -> Option<MediaSocket> {
        if !self.is_on(sid) {
            let call = IncomingCall::by_sid(sid.clone());
            self.begin(Caller { call, name: ContactName::Unknown, ai_today: AiUsage::default() });
        }
        let mut book = self.book();
        let Some(live) = book.live.get_mut(sid).filter(|live| live.takes_stream()) else { return Some(socket) };
        (live.has_stream, live.next) = (true, None);
        match live.mailbox.send(Mail::Stream(Box::new(socket), start)) {
            Err(mpsc::error::SendError(Mail::Stream(socket, _))) => Some(*socket),
            Ok(()) | Err(_) => None,
        }
    }

    // A plain mutex: it is held for a lookup, never across an await.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Returns the action that follows a call's stream. `Resume` is returned once per lost stream: a further request
    /// means that the new stream could not be opened.
    fn after(&mut self, sid: &CallSid, connect: u32) -> Option<After> {
        if let Some(after) = self.after.get(sid) {
            return Some(*after);
        }
        let live = self.live.get_mut(sid)?;
        if connect < live.connects {
            // A repeated request, as after a lost answer.
            return Some(After::Resume);
        }
        if live.next == Some(After::Resume) {
            live.connects += 1;
            return live.next.take();
        }
        live.next
    }

    fn ai_calls(&self, number: &str) -> AtOnce {
        let with_ai = || self.live.values().filter(|live| live.has_ai);
        // Calls with a withheld number are not counted per number.
        let of_number =
            if number.starts_with('+') { with_ai().filter(|live| live.caller.call.from == number).count() } else { 0 };
        AtOnce { all: with_ai().count(), of_number }
    }
}

/// Removes a call from the registry when its task ends for any reason.
struct Leave {
    calls: Calls,
    sid: CallSid,
}

impl Drop for Leave {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(event = "CALL_PANIC", call.sid = %self.sid, "The task of call {} panicked; the call goes to Twilio's recorder", self.sid);
        }
        let is_known = self.calls.book().after.contains_key(&self.sid);
        if !is_known {
            self.calls.note_after(&self.sid, After::Record);
        }
        self.calls.book().live.remove(&self.sid);
        metrics::gauge!("agentlocator_calls_live").decrement(1);
        self.calls.inner.ended.notify_waiters();
    }
}
