//! All calls that are on: each has its own task, and whoever has news of one finds it here.

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

use super::InForce;
use super::call::{self, Mail};
use crate::call::{After, EngineKind};
use crate::clock;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, CallState, PersonName};
use crate::providers::twilio::{media_stream, stream_token};
use crate::store::AiUsage;
use limits::AtOnce;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use strangers::Strangers;
use tokio::sync::{Notify, mpsc};
use transfer::Transfer;

/// How long a socket may take to show one.
const TOKEN_TIME: Duration = Duration::from_secs(5);
/// Ended calls of which we still know what follows.
const REMEMBERED: usize = 10_000;

/// All calls that are on; clones share it.
#[derive(Clone)]
pub struct Calls {
    inner: Arc<Inner>,
}

struct Inner {
    parts: CallParts,
    book: Mutex<Book>,
    strangers: Strangers,
    /// Told each time a call ends, or waits for another stream.
    ended: Notify,
}

#[derive(Default)]
struct Book {
    live: HashMap<CallSid, LiveCall>,
    /// What follows the streams that are over; the oldest are forgotten.
    after: HashMap<CallSid, After>,
    order: VecDeque<CallSid>,
    is_draining: Option<std::time::Instant>,
}

struct LiveCall {
    /// As they were when it began: it keeps them to its end.
    settings: Arc<InForce>,
    mailbox: mpsc::UnboundedSender<Mail>,
    has_stream: bool,
    /// Its stream is over, and this is what Twilio is told next.
    next: Option<After>,
    /// Of the transfer that goes on, or of the last one.
    transfer: Transfer,
    /// How often Twilio has been told to open a stream.
    connects: u32,
    caller: Caller,
    has_ai: bool,
}

/// A call as its webhook told of it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The call.
    pub call: IncomingCall,
    /// What the caller is called.
    pub name: PersonName,
    /// How much the AI was used today before.
    pub ai_today: AiUsage,
}

impl Calls {
    /// With nothing on yet.
    pub fn new(parts: CallParts) -> Self {
        let (book, strangers) = (Mutex::default(), Strangers::default());
        Self { inner: Arc::new(Inner { parts, book, strangers, ended: Notify::new() }) }
    }

    /// What the calls work with.
    pub fn parts(&self) -> &CallParts {
        &self.inner.parts
    }

    /// A call begins: its engine is opened while the greeting plays. Told twice it is one; a call whose stream is over is
    /// not begun again.
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
        let settings = self.inner.parts.in_force.now();
        let parts = &self.inner.parts;
        let limit = if CallParts::uses_ai(&settings) {
            limits::exceeded(&settings.config.voice, book.ai_calls(&caller.call.from), caller.ai_today)
        } else {
            None
        };
        if let Some(limit) = limit {
            tracing::warn!(event = "CALL_OVER_LIMIT", call.sid = %sid, limit, "{limit} is reached: a call goes to voicemail");
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
            // Also when the task panics: then the caller goes on to the recorder, like any whose stream is lost.
            let _leave = Leave { calls: calls.clone(), sid: sid.clone() };
            call::run(calls, settings, policy, caller, mailbox, mail).await;
        });
    }

    /// How often Twilio has been told to open a stream of a call.
    pub fn connects(&self, sid: &CallSid) -> u32 {
        self.book().live.get(sid).map_or(1, |live| live.connects)
    }

    /// A token for the call's media socket; none if no auth token is set.
    pub fn token(&self, sid: &CallSid) -> Option<String> {
        let known = self.book().live.get(sid).map(|live| live.settings.config.clone());
        let config = known.unwrap_or_else(|| self.inner.parts.config());
        Some(stream_token::issue(config.twilio.auth_tokens().next()?, sid, clock::now()))
    }

    /// A socket that says it is Twilio's: it has five seconds to show the token of a call that waits for it.
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
                tracing::warn!(event = "WS_REFUSED", reason, "A media socket showed no good token in time");
                // The place is taken until the socket is closed, or somebody else needs it.
                return tokio::select! {
                    biased;
                    () = socket.refuse() => {}
                    () = place.must_go() => {}
                };
            }
        };
        drop(place);
        let sid = start.call_sid.clone();
        tracing::info!(event = "WS_START", call.sid = %sid, stream.sid = %start.stream_sid, "The stream of a call began");
        if let Some(socket) = self.hand_over(&sid, socket, start) {
            tracing::warn!(event = "WS_REFUSED", call.sid = %sid, reason = "no_call", "No call waits for this socket");
            socket.dismiss().await;
        }
    }

    /// What follows a call's stream, if that is known; a stream that is still on is over now.
    /// `connect`: after which `<Connect>`, from 1.
    pub async fn after(&self, sid: &CallSid, connect: u32) -> Option<After> {
        let waiting = {
            let mut book = self.book();
            if let Some(after) = book.after(sid, connect) {
                return Some(after);
            }
            book.live.get(sid).map(|live| live.mailbox.clone())
        };
        // Twilio asks because its side of the stream is closed, so ours is about to hear of it.
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

    /// Tells a call something.
    pub(super) fn tell(&self, sid: &CallSid, mail: Mail) {
        if let Some(live) = self.book().live.get(sid) {
            let _ = live.mailbox.send(mail);
        }
    }

    /// Twilio says that a call is over.
    pub fn hung_up(&self, sid: &CallSid) {
        self.tell(sid, Mail::HungUp);
    }

    /// Twilio says that this stream of a call failed.
    pub fn stream_failed(&self, sid: &CallSid, stream: &str) {
        self.tell(sid, Mail::StreamFailed(stream.to_owned()));
    }

    /// Twilio's recorder has a call, by whichever way: no stream is waited for, and nothing redirects it any more.
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

    /// Whether a call is on.
    pub fn is_on(&self, sid: &CallSid) -> bool {
        self.book().live.contains_key(sid)
    }

    /// How many calls the AI answers at the moment.
    pub fn ai_count(&self) -> usize {
        self.book().live.values().filter(|live| live.has_ai).count()
    }

    /// How many calls are on.
    pub fn count(&self) -> usize {
        self.book().live.len()
    }

    /// Lets calls come to their end; those that have not by `limit` are passed to Twilio's recorder.
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
        tracing::info!(event = "CALLS_DRAINING", calls = mailboxes.len(), "Calls may come to their end");
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
        // Twilio now asks what follows the streams that were just closed.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Notes what follows a call's stream: before the stream is closed, since Twilio asks at once.
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
        // The token was made with what was in force when the call began.
        let began = self.book().live.get(&start.call_sid).map(|live| live.settings.config.clone());
        let config = began.unwrap_or_else(|| self.inner.parts.config());
        let keys = config.twilio.auth_tokens();
        let token = start.parameters.get("token").map_or("", String::as_str);
        stream_token::is_valid(keys, &start.call_sid, token, clock::now())
    }

    /// A call that a stopped daemon knew of is over: its token opens nothing any more.
    async fn is_over(&self, sid: &CallSid) -> bool {
        if self.is_on(sid) {
            return false;
        }
        let asked = sid.clone();
        let known = self.inner.parts.store.read(move |tx| tx.call_by_sid(&asked));
        // Where the database does not answer, a caller is worth more than the doubt.
        let known = tokio::time::timeout(TOKEN_TIME, known).await;
        known.is_ok_and(|known| known.is_ok_and(|known| known.is_some_and(|(_, state)| state == CallState::Ended)))
    }

    /// Gives the socket to its call; gives it back if there is none, or it has one already. A call that a stopped daemon
    /// knew of is begun again here: the token proves that it is ours.
    fn hand_over(&self, sid: &CallSid, socket: MediaSocket, start: media_stream::Start) -> Option<MediaSocket> {
        if !self.is_on(sid) {
            let call = IncomingCall::by_sid(sid.clone());
            self.begin(Caller { call, name: PersonName::Unknown, ai_today: AiUsage::default() });
        }
        let mut book = self.book();
        let Some(live) = book.live.get_mut(sid).filter(|live| live.takes_stream()) else { return Some(socket) };
        (live.has_stream, live.next) = (true, None);
        match live.mailbox.send(Mail::Stream(Box::new(socket), start)) {
            Err(mpsc::error::SendError(Mail::Stream(socket, _))) => Some(*socket),
            Ok(()) | Err(_) => None,
        }
    }

    // A plain mutex: it is held for a look-up, never while waiting.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// What follows a call's stream. That another stream follows is told once: if it is asked again, that one was not to be
    /// had.
    fn after(&mut self, sid: &CallSid, connect: u32) -> Option<After> {
        if let Some(after) = self.after.get(sid) {
            return Some(*after);
        }
        let live = self.live.get_mut(sid)?;
        if connect < live.connects {
            // Asked again, as after a lost answer.
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
        // Who withholds the number is nobody in particular.
        let of_number =
            if number.starts_with('+') { with_ai().filter(|live| live.caller.call.from == number).count() } else { 0 };
        AtOnce { all: with_ai().count(), of_number }
    }
}

/// Takes a call out of the book, however its task ends.
struct Leave {
    calls: Calls,
    sid: CallSid,
}

impl Drop for Leave {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(event = "CALL_PANIC", call.sid = %self.sid, "A call failed in an unforeseen way");
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
