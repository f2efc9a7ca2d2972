//! The registry of active calls. Each call has its own task; webhooks and sockets find that task here.

mod browser_socket;
mod browser_ticket;
mod context;
mod control;
mod employee;
mod ended_calls;
mod engine_breaker;
mod known_usage;
mod limits;
mod message;
mod open_pages;
mod page_ring;
mod pending_sockets;
mod pending_transfer;
mod reachable;
mod registry;
mod rehearsal;
mod rehearsed_call;
mod ring;
mod ringing;
mod ringing_page;
mod services;
mod socket;
mod takeover;
mod transfer;
mod trial;
mod trial_usage;

pub use browser_ticket::{BrowserTicket, LoginCheck};
pub use context::{CallContext, Transport};
pub(super) use control::complete_with_retries;
pub use employee::AnswerRefusal;
pub(in crate::runtime) use employee::EmployeeSocket;
pub use engine_breaker::EngineBreaker;
pub use known_usage::KnownUsage;
pub use limits::warning as usage_warning;
pub(in crate::runtime) use message::CallMessage;
pub use message::TransferAnswer;
pub use open_pages::OpenPage;
pub use page_ring::Decline;
pub use pending_sockets::MAX_PENDING_SOCKETS;
pub use pending_transfer::PendingTransfer;
pub use reachable::can_transfer;
pub use rehearsal::{Rehearsal, RehearsalProgress};
pub use ringing_page::PageRing;
pub use services::CallServices;
pub(in crate::runtime) use services::KnownAtStart;
pub use socket::{MediaSocket, MediaTransport};
pub use transfer::ForwardedBack;
pub use trial::TrialRefusal;
pub use trial_usage::TrialUsage;

use super::{ActiveSettings, FieldStatus, ai_check, unstored_calls};
use crate::agent::instructions;
use crate::call::{CallPolicy, StreamEndAction};
use crate::clock;
use crate::config::AiEngine;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, CallState, ContactName};
use crate::host::local_time::start_of_day;
use crate::providers::twilio::{media_stream, stream_token};
use crate::store::AiUsage;
use crate::telemetry::log::with_subject;
use browser_ticket::BrowserTickets;
use employee::Answer;
use open_pages::OpenPages;
use pending_sockets::{PendingSockets, SocketRefusal, TOKEN_TIMEOUT};
use pending_transfer::Transfer;
use registry::{CallRegistry, LiveCall};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Clones share one registry.
#[derive(Clone)]
pub struct Calls {
    inner: Arc<Inner>,
}

struct Inner {
    services: CallServices,
    run_call: RunCall,
    registry: Mutex<CallRegistry>,
    pending_sockets: PendingSockets,
    trial_tickets: BrowserTickets<()>,
    answer_tickets: BrowserTickets<Answer>,
    open_pages: OpenPages,
    /// Notified whenever the action after a stream becomes known, and whenever a call ends.
    ended: Notify,
}

/// The registry receives this function when it is created, because the task uses the registry and the registry must
/// not depend on the task.
pub type RunCall = fn(CallStart) -> Pin<Box<dyn Future<Output = ()> + Send>>;

pub struct CallStart {
    pub(in crate::runtime) calls: Calls,
    pub(in crate::runtime) settings: Arc<ActiveSettings>,
    pub(in crate::runtime) policy: CallPolicy,
    pub(in crate::runtime) context: CallContext,
    /// A sender to the task itself, for tools and the redirect.
    pub(in crate::runtime) sender: mpsc::UnboundedSender<CallMessage>,
    pub(in crate::runtime) receiver: mpsc::UnboundedReceiver<CallMessage>,
}

impl Calls {
    pub fn new(services: CallServices, run_call: RunCall) -> Self {
        let (registry, pending_sockets) = Default::default();
        let (trial_tickets, answer_tickets, open_pages, ended) = Default::default();
        let inner =
            Inner { services, run_call, registry, pending_sockets, trial_tickets, answer_tickets, open_pages, ended };
        Self { inner: Arc::new(inner) }
    }

    pub fn services(&self) -> &CallServices {
        &self.inner.services
    }

    /// Starts a call: its engine connects while the greeting plays. Idempotent: a call whose stream has ended is not
    /// started again.
    pub fn start(&self, context: CallContext) {
        let sid = context.call.call_sid.clone();
        let registry = self.registry();
        if registry.is_known(&sid) {
            return;
        }
        let settings = self.inner.services.settings.current();
        // The limits were checked before an outbound call was made.
        let is_limited = CallServices::uses_ai(&settings) && context.purpose.is_none();
        let limit = if is_limited { self.exceeded_limit(&settings, &registry, &context) } else { None };
        if let Some(limit) = limit {
            tracing::warn!(event = "CALL_OVER_LIMIT", call.sid = %sid, limit, "Limit {limit} is reached: call {sid} goes to voicemail");
        }
        let mut policy = self.inner.services.policy(&settings, limit.is_none());
        if let Some(purpose) = &context.purpose {
            // The contact hears no greeting, so the agent speaks first and says why it calls.
            (policy.greeting, policy.speaks_first) = (Duration::ZERO, true);
            // What became of an outbound call is decided by the queue, and a silent contact did not dial.
            policy.ends_silent = false;
            // The contact does not expect to leave a message. Without an engine, the recorder's webhook apologises.
            if policy.engines.len() > 1 {
                policy.engines.retain(|engine| engine.is_ai());
            }
            policy.prompts.speak_first = instructions::speak_first_outbound(purpose);
        }
        self.launch(registry, settings, policy, context);
    }

    fn exceeded_limit(
        &self,
        settings: &ActiveSettings,
        registry: &CallRegistry,
        context: &CallContext,
    ) -> Option<&'static str> {
        let used = self.used_today(settings, context);
        limits::exceeded(&settings.config.voice, registry.concurrent_calls(&context.call), used)
    }

    /// If the database has not answered, returns the usage that this process has counted.
    fn used_today(&self, settings: &ActiveSettings, context: &CallContext) -> AiUsage {
        let (now, call) = (clock::now(), &context.call);
        let today = start_of_day(now, &settings.config.business.time_zone);
        let used = self.inner.services.usage_of_day(context.ai_today, today, now);
        let is_withheld = used.is_withheld || (call.is_withheld() && !call.from.is_empty());
        AiUsage { is_withheld, ..used }
    }

    fn launch(
        &self,
        mut registry: MutexGuard<'_, CallRegistry>,
        settings: Arc<ActiveSettings>,
        policy: CallPolicy,
        context: CallContext,
    ) {
        let sid = context.call.call_sid.clone();
        let (sender, receiver) = mpsc::unbounded_channel();
        if let Some(deadline) = registry.is_draining {
            let _ = sender.send(CallMessage::Shutdown { deadline });
        }
        let has_ai = policy.engines.iter().any(|engine| engine.is_ai());
        let live = LiveCall {
            settings: settings.clone(),
            sender: sender.clone(),
            has_stream: false,
            next: None,
            transfer: Transfer::default(),
            page_ring: None,
            connects: 1,
            context: context.clone(),
            has_ai,
            since: clock::instant(),
        };
        registry.live.insert(sid.clone(), live);
        drop(registry);
        metrics::gauge!("agentlocator_calls_live").increment(1);
        let (name, id) = (format!("call {sid}"), sid.to_string());
        let guard = DeregisterGuard { calls: self.clone(), sid };
        let task =
            (self.inner.run_call)(CallStart { calls: self.clone(), settings, policy, context, sender, receiver });
        tokio::spawn(async move {
            // The guard is also dropped when the task panics: the caller is then redirected to the recorder, as after
            // any lost stream.
            let _deregister = guard;
            with_subject(name, id, task).await;
        });
    }

    /// Returns how often Twilio has been instructed to open a stream of this call; 1 if the call is not active.
    pub fn connects(&self, sid: &CallSid) -> u32 {
        self.registry().live.get(sid).map_or(1, |live| live.connects)
    }

    /// `None` if no Twilio auth token is configured.
    pub fn token(&self, sid: &CallSid) -> Option<String> {
        let known = self.registry().live.get(sid).map(|live| live.settings.config.clone());
        let config = known.unwrap_or_else(|| self.inner.services.config());
        Some(stream_token::issue(config.twilio.auth_tokens().next()?, sid, clock::now()))
    }

    /// Handles a media socket that is not authenticated yet. Within five seconds, the socket must send the token of a
    /// call that waits for a stream.
    pub async fn authenticate(&self, mut socket: MediaSocket) {
        let slot = self.inner.pending_sockets.add();
        let start = match slot.start(&mut socket).await {
            Ok(start) => start,
            Err(refusal) => return slot.refuse(socket, refusal, None).await,
        };
        let sid = start.call_sid.clone();
        if !self.is_token_good(&start) {
            return slot.refuse(socket, SocketRefusal::BadToken, Some(&sid)).await;
        }
        if self.is_over(&sid).await {
            return slot.refuse(socket, SocketRefusal::CallOver, Some(&sid)).await;
        }
        drop(slot);
        tracing::info!(event = "WS_START", call.sid = %sid, stream.sid = %start.stream_sid, "Media stream of call {sid} started");
        if let Some(socket) = self.attach_stream(&sid, socket, start) {
            tracing::warn!(event = "WS_REFUSED", call.sid = %sid, reason = "the call does not wait for a stream", "Media socket rejected, because the call does not wait for a stream: call {sid}");
            socket.close().await;
        }
    }

    /// Returns the action that follows a call's stream; `None` if the call is unknown, or if the action does not become
    /// known within two seconds. A stream that is still open is treated as ended. `connect` is the number of the
    /// `<Connect>` whose stream ended, counted from 1.
    pub async fn stream_end_action(&self, sid: &CallSid, connect: u32) -> Option<StreamEndAction> {
        let waiting = {
            let mut registry = self.registry();
            if let Some(action) = registry.stream_end_action(sid, connect) {
                return Some(action);
            }
            registry.live.get(sid).map(|live| live.sender.clone())
        };
        // Twilio requests the next action because it has closed its side of the stream. The task of the call will
        // receive the close soon as well.
        waiting?.send(CallMessage::StreamEnded(connect)).ok()?;
        let wait = async {
            loop {
                let ended = self.inner.ended.notified();
                if let Some(action) = self.registry().stream_end_action(sid, connect) {
                    return action;
                }
                ended.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), wait).await.ok()
    }

    pub(super) fn send(&self, sid: &CallSid, message: CallMessage) {
        if let Some(live) = self.registry().live.get(sid) {
            let _ = live.sender.send(message);
        }
    }

    pub fn hung_up(&self, sid: &CallSid) {
        self.stop_ringing(sid);
        self.send(sid, CallMessage::HungUp);
    }

    pub fn stream_failed(&self, sid: &CallSid, stream: &str) {
        self.send(sid, CallMessage::StreamFailed(stream.to_owned()));
    }

    /// Records that Twilio's recorder has taken over a call. The call then waits for no further stream and is not
    /// redirected again.
    pub fn hand_to_recorder(&self, sid: &CallSid) {
        self.send(sid, CallMessage::StreamEnded(u32::MAX));
    }

    /// Records that a call has lost its stream and waits for another one.
    pub(super) fn await_stream(&self, sid: &CallSid) {
        if let Some(live) = self.registry().live.get_mut(sid) {
            (live.has_stream, live.next) = (false, Some(StreamEndAction::Resume));
        }
        self.inner.ended.notify_waiters();
    }

    /// Returns true while the task of a call runs.
    pub fn is_active(&self, sid: &CallSid) -> bool {
        self.registry().live.contains_key(sid)
    }

    /// Also true for a recently ended call, whose task stores its end (later if the disk is full), and for a call that
    /// the previous process could not store. The catch-up must not store such calls.
    pub fn is_known(&self, sid: &CallSid) -> bool {
        self.registry().is_known(sid) || unstored_calls::is_kept(&self.inner.services.store, sid)
    }

    /// Returns which session fields the AI server accepts and rejects with the current settings.
    pub fn ai_fields(&self) -> FieldStatus {
        let services = &self.inner.services;
        let config = services.config();
        if config.openai.key().is_none() || !config.ai_engines().contains(&AiEngine::Realtime) {
            return FieldStatus::Accepted;
        }
        services.rejected.status(|| ai_check::call_setup(config, clock::now()))
    }

    pub fn ai_count(&self) -> usize {
        self.registry().live.values().filter(|live| live.has_ai).count()
    }

    pub fn count(&self) -> usize {
        self.registry().live.len()
    }

    /// Calls that are still active after `limit` are redirected to Twilio's recorder.
    pub async fn drain(&self, limit: Duration) {
        let deadline = clock::instant() + limit;
        let senders: Vec<_> = {
            let mut registry = self.registry();
            registry.is_draining = Some(deadline);
            registry.live.values().map(|live| live.sender.clone()).collect()
        };
        if senders.is_empty() {
            return;
        }
        tracing::info!(
            event = "CALLS_DRAINING",
            calls = senders.len(),
            "Shutting down: waiting up to {} s for {} active calls to end",
            limit.as_secs(),
            senders.len()
        );
        for sender in senders {
            let _ = sender.send(CallMessage::Shutdown { deadline });
        }
        let _ = tokio::time::timeout(limit + Duration::from_secs(1), self.wait_until_idle()).await;
        // Leaves time for Twilio to request the TwiML that follows the streams that were just closed.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    pub async fn wait_until_idle(&self) {
        loop {
            let ended = self.inner.ended.notified();
            if self.count() == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Must be called before the stream is closed, because Twilio then requests the action immediately.
    pub(super) fn set_stream_end_action(&self, sid: &CallSid, action: StreamEndAction) {
        self.registry().ended.insert(sid, action);
        self.inner.ended.notify_waiters();
    }

    fn is_token_good(&self, start: &media_stream::Start) -> bool {
        // The token was signed with the settings from the start of the call.
        let began = self.registry().live.get(&start.call_sid).map(|live| live.settings.config.clone());
        let config = began.unwrap_or_else(|| self.inner.services.config());
        let keys = config.twilio.auth_tokens();
        let token = start.parameters.get("token").map_or("", String::as_str);
        stream_token::is_valid(keys, &start.call_sid, token, clock::now())
    }

    /// Returns true if the database shows that the call has ended. The token of such a call must not start the call
    /// again.
    async fn is_over(&self, sid: &CallSid) -> bool {
        if self.is_active(sid) {
            return false;
        }
        let asked = sid.clone();
        let known = self.inner.services.store.read(move |tx| tx.call_by_sid(&asked));
        // If the database does not answer, the socket is accepted, because a live call is more important than this
        // check.
        let known = tokio::time::timeout(TOKEN_TIMEOUT, known).await;
        known.is_ok_and(|known| known.is_ok_and(|known| known.is_some_and(|(_, state)| state == CallState::Ended)))
    }

    /// Returns the socket if the call does not wait for a stream. A call that this process does not know is started
    /// here, because the valid token shows that the call belongs to this server.
    fn attach_stream(&self, sid: &CallSid, socket: MediaSocket, start: media_stream::Start) -> Option<MediaSocket> {
        if !self.is_active(sid) {
            let call = IncomingCall::by_sid(sid.clone());
            let (name, ai_today) = (ContactName::Unknown, None);
            self.start(CallContext {
                call,
                name,
                ai_today,
                transport: Transport::Twilio,
                is_stored: true,
                purpose: None,
            });
        }
        let mut registry = self.registry();
        let Some(live) = registry.live.get_mut(sid).filter(|live| live.awaits_stream()) else { return Some(socket) };
        (live.has_stream, live.next) = (true, None);
        match live.sender.send(CallMessage::Stream(Box::new(socket), start)) {
            Err(mpsc::error::SendError(CallMessage::Stream(socket, _))) => Some(*socket),
            Ok(()) | Err(_) => None,
        }
    }

    // A plain mutex is enough, because it is held only for a lookup, never across an await.
    fn registry(&self) -> MutexGuard<'_, CallRegistry> {
        self.inner.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a call from the registry when its task ends for any reason, including a panic.
struct DeregisterGuard {
    calls: Calls,
    sid: CallSid,
}

impl Drop for DeregisterGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(event = "CALL_PANIC", call.sid = %self.sid, "The task of call {} panicked; if the call has not ended, it goes to Twilio's recorder. Please report this", self.sid);
        }
        let is_known = self.calls.registry().ended.contains(&self.sid);
        if !is_known {
            self.calls.set_stream_end_action(&self.sid, StreamEndAction::Record);
        }
        let ended = self.calls.registry().live.remove(&self.sid);
        if let Some(live) = ended.filter(|live| live.has_ai) {
            self.calls.inner.services.known_usage.add_time(clock::instant() - live.since);
        }
        self.calls.inner.services.trial_usage.ended(&self.sid, clock::now());
        metrics::gauge!("agentlocator_calls_live").decrement(1);
        self.calls.inner.ended.notify_waiters();
    }
}
