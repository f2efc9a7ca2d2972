//! Trial calls: a user of the web page talks to the agent with the browser. The browser is a second kind of carrier,
//! see `runtime/call/stream.rs`. Nothing of a trial call is stored.

use super::{CallContext, CallMessage, CallServices, Calls, Carrier, MediaSocket};
use crate::call::CallPolicy;
use crate::clock;
use crate::config::EngineChoice;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, ContactName};
use crate::entropy;
use crate::host::local_time::start_of_day;
use crate::runtime::ActiveSettings;
use crate::store::{self, AiUsage};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;

/// Lifetime of a ticket: how long a browser may take to open the socket.
const TICKET_LIFETIME: Duration = Duration::from_mins(1);
/// The maximum number of tickets; the oldest one is evicted.
const MAX_TICKETS: usize = 64;
/// How often the login is checked. A trial call ends at most this long after its login becomes invalid.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// A function that returns true while the login that requested the trial call is valid.
pub type LoginCheck = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// The permission to open the socket of one trial call, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialTicket {
    /// The call's id.
    pub id: CallSid,
    /// The secret that the first message on the socket must carry.
    pub token: String,
}

/// The reason why a trial call cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum TrialRefusal {
    /// The settings let no AI engine answer calls.
    #[error("no AI answers calls: set {setting}")]
    NoEngine {
        /// The setting that is missing.
        setting: &'static str,
    },
    /// A usage limit is reached.
    #[error("the limit {setting} is reached")]
    Limit {
        /// The setting that contains the limit.
        setting: &'static str,
    },
    /// The daemon is shutting down.
    #[error("the server is restarting; try again in a minute")]
    ShuttingDown,
    /// The usage of the AI cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl TrialRefusal {
    /// Returns the reason code for the browser.
    const fn reason(&self) -> &'static str {
        match self {
            Self::NoEngine { .. } => "no_engine",
            Self::Limit { .. } => "limit_reached",
            Self::ShuttingDown => "shutdown",
            Self::Store(_) => "unavailable",
        }
    }
}

/// The tickets that were not used yet.
#[derive(Default)]
pub(super) struct TrialTickets {
    /// Ordered by age, the oldest first.
    tickets: Mutex<VecDeque<Ticket>>,
}

struct Ticket {
    id: CallSid,
    token_hash: [u8; 32],
    expires: Instant,
    login: LoginCheck,
}

impl Calls {
    /// Creates the ticket of one trial call. The call ends when `login` reports that the login is no longer valid.
    pub async fn create_trial(&self, login: LoginCheck) -> Result<TrialTicket, TrialRefusal> {
        let settings = self.services().settings.current();
        let used = self.read_ai_usage(&settings).await?;
        self.check_trial(&settings, used)?;
        let ticket = TrialTicket { id: random_sid(), token: entropy::random_hex::<32>() };
        self.inner.trial_tickets.add(&ticket, login, clock::instant());
        Ok(ticket)
    }

    /// Authenticates the socket of a browser: within five seconds it must send the token of a ticket. Then runs the
    /// call, and returns when the call has ended.
    pub async fn authenticate_trial(&self, mut socket: MediaSocket) {
        let slot = self.inner.pending_sockets.add();
        let start = Self::first_message(&mut socket, &slot).await;
        let start = start.and_then(|start| {
            let token = start.parameters.get("token").map_or("", String::as_str);
            let login = self.inner.trial_tickets.take(&start.call_sid, token, clock::instant()).ok_or("bad_token")?;
            Ok((start, login))
        });
        let (start, login) = match start {
            Ok((start, login)) if login().await => (start, login),
            Ok(_) => return Self::refuse(socket, slot, "logged_out").await,
            Err(reason) => return Self::refuse(socket, slot, reason).await,
        };
        drop(slot);
        let sid = start.call_sid.clone();
        if let Err(refusal) = self.start_trial(&sid).await {
            tracing::warn!(event = "TRIAL_CALL_REFUSED", call.sid = %sid, reason = refusal.reason(), "Trial call {sid} refused: {refusal}");
            let ended = json!({"event": "ended", "reason": refusal.reason(), "duration_ms": 0, "cost_micros": 0});
            let _ = socket.socket.queue(ended.to_string());
            return socket.close().await;
        }
        tracing::info!(event = "TRIAL_CALL_STARTED", call.sid = %sid, "Trial call {sid} started");
        if let Some(socket) = self.attach_stream(&sid, socket, start) {
            return socket.close().await;
        }
        while self.is_active(&sid) {
            tokio::time::sleep(CHECK_EVERY).await;
            if !login().await {
                return self.send(&sid, CallMessage::Revoked);
            }
        }
    }

    async fn start_trial(&self, sid: &CallSid) -> Result<(), TrialRefusal> {
        let settings = self.services().settings.current();
        let ai_today = self.read_ai_usage(&settings).await?;
        self.check_trial(&settings, ai_today)?;
        // If a trial call fails, it must report the failure instead of recording a message.
        let engines = CallServices::ai_engines(&settings.config);
        let policy = CallPolicy { engines, ..self.services().policy(&settings, true) };
        let call = IncomingCall::by_sid(sid.clone());
        let (name, carrier) = (ContactName::Unknown, Carrier::Browser);
        let context = CallContext { call, name, ai_today: Some(ai_today), carrier, is_stored: false };
        self.services().trial_usage.began(sid, clock::now());
        self.launch(self.registry(), settings, policy, context);
        Ok(())
    }

    fn check_trial(&self, settings: &ActiveSettings, stored: AiUsage) -> Result<(), TrialRefusal> {
        if !CallServices::uses_ai(settings) {
            let is_off = settings.config.voice.engine == EngineChoice::Voicemail;
            return Err(TrialRefusal::NoEngine { setting: if is_off { "voice.engine" } else { "openai.api_key" } });
        }
        let registry = self.registry();
        if registry.is_draining.is_some() {
            return Err(TrialRefusal::ShuttingDown);
        }
        // A browser has no phone number, so only the limits on all calls apply.
        let (call, ai_today) = (IncomingCall::by_sid(random_sid()), Some(stored));
        let (name, carrier) = (ContactName::Unknown, Carrier::Browser);
        let context = CallContext { call, name, ai_today, carrier, is_stored: false };
        match self.exceeded_limit(settings, &registry, &context) {
            Some(setting) => Err(TrialRefusal::Limit { setting }),
            None => Ok(()),
        }
    }

    async fn read_ai_usage(&self, settings: &ActiveSettings) -> store::Result<AiUsage> {
        let now = clock::now();
        let today = start_of_day(now, &settings.config.business.time_zone);
        self.services().store.read(move |tx| tx.ai_usage(None, today, now)).await
    }
}

impl TrialTickets {
    fn add(&self, ticket: &TrialTicket, login: LoginCheck, now: Instant) {
        let mut tickets = self.tickets();
        tickets.retain(|ticket| ticket.expires > now);
        if tickets.len() >= MAX_TICKETS {
            tickets.pop_front();
        }
        let (id, token_hash) = (ticket.id.clone(), hash(&ticket.token));
        tickets.push_back(Ticket { id, token_hash, expires: now + TICKET_LIFETIME, login });
    }

    /// Consumes a ticket; returns `None` if no such ticket exists.
    fn take(&self, id: &CallSid, token: &str, now: Instant) -> Option<LoginCheck> {
        let mut tickets = self.tickets();
        let at = tickets.iter().position(|ticket| ticket.id == *id && ticket.expires > now)?;
        let is_right = bool::from(tickets.get(at)?.token_hash.ct_eq(&hash(token)));
        is_right.then(|| tickets.remove(at).map(|ticket| ticket.login)).flatten()
    }

    // A plain mutex is enough: it is held for a lookup, never across an await.
    fn tickets(&self) -> MutexGuard<'_, VecDeque<Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a random id in the format of Twilio's call SIDs, so that a trial call can be registered like any active
/// call.
fn random_sid() -> CallSid {
    loop {
        // Any 32 hex digits are a valid SID, so the first attempt succeeds.
        if let Ok(sid) = format!("CA{}", entropy::random_hex::<16>()).parse() {
            return sid;
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(n: u8) -> TrialTicket {
        TrialTicket { id: format!("CA{n:032x}").parse().unwrap(), token: format!("token {n}") }
    }

    fn valid() -> LoginCheck {
        Arc::new(|| Box::pin(std::future::ready(true)))
    }

    #[test]
    fn a_ticket_is_for_one_call_once_and_for_a_minute() {
        let (trials, now) = (TrialTickets::default(), clock::instant());
        trials.add(&ticket(1), valid(), now);
        trials.add(&ticket(2), valid(), now);
        assert!(trials.take(&ticket(1).id, &ticket(2).token, now).is_none(), "the token of another call");
        assert!(trials.take(&ticket(1).id, "", now).is_none());
        assert!(trials.take(&ticket(1).id, &ticket(1).token, now).is_some());
        assert!(trials.take(&ticket(1).id, &ticket(1).token, now).is_none(), "a second use");
        assert!(trials.take(&ticket(2).id, &ticket(2).token, now + TICKET_LIFETIME).is_none(), "too late");
        for n in 0..=u8::try_from(MAX_TICKETS).unwrap() {
            trials.add(&ticket(n), valid(), now);
        }
        assert!(trials.take(&ticket(0).id, &ticket(0).token, now).is_none(), "evicted");
        assert!(trials.take(&ticket(1).id, &ticket(1).token, now).is_some());
    }
}
