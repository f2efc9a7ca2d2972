//! Trial calls: a user of the web page talks to the agent with the browser. The browser is a second kind of transport,
//! see `runtime/call/stream.rs`. Trial calls are not stored.

use super::browser_socket::{BrowserSocket, CHECK_LOGIN_EVERY};
use super::browser_ticket::{BrowserTicket, LoginCheck, random_sid};
use super::{CallContext, CallMessage, CallServices, Calls, MediaSocket, Transport};
use crate::call::CallPolicy;
use crate::clock;
use crate::config::EngineChoice;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, ContactName};
use crate::host::local_time::start_of_day;
use crate::runtime::ActiveSettings;
use crate::store::{self, AiUsage};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum TrialRefusal {
    /// The settings let no AI engine answer calls.
    #[error("no AI answers calls: set {setting}")]
    NoEngine { setting: &'static str },
    #[error("the limit {setting} is reached")]
    Limit { setting: &'static str },
    #[error("the server is restarting; try again in a minute")]
    ShuttingDown,
    /// The usage of the AI cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl TrialRefusal {
    const fn reason(&self) -> &'static str {
        match self {
            Self::NoEngine { .. } => "no_engine",
            Self::Limit { .. } => "limit_reached",
            Self::ShuttingDown => "shutdown",
            Self::Store(_) => "unavailable",
        }
    }
}

impl Calls {
    /// The call ends when `login` reports that the login is no longer valid.
    pub async fn create_trial(&self, login: LoginCheck) -> Result<BrowserTicket, TrialRefusal> {
        let settings = self.services().settings.current();
        let used = self.read_ai_usage(&settings).await?;
        self.check_trial(&settings, used)?;
        Ok(self.inner.trial_tickets.issue((), login, clock::instant()))
    }

    /// Returns when the trial call has ended.
    pub async fn authenticate_trial(&self, socket: MediaSocket) {
        let Some(browser) = self.authenticate_browser(socket, &self.inner.trial_tickets).await else { return };
        let BrowserSocket { mut socket, start, login, permits: () } = browser;
        let sid = start.call_sid.clone();
        if let Err(refusal) = self.start_trial(&sid).await {
            tracing::warn!(event = "TRIAL_CALL_REFUSED", call.sid = %sid, reason = %refusal, "Trial call {sid} refused: {refusal}");
            let ended = json!({"event": "ended", "reason": refusal.reason(), "duration_ms": 0, "cost_micros": 0});
            let _ = socket.socket.queue(ended.to_string());
            return socket.close().await;
        }
        tracing::info!(event = "TRIAL_CALL_STARTED", call.sid = %sid, "Trial call {sid} started");
        if let Some(socket) = self.attach_stream(&sid, socket, start) {
            return socket.close().await;
        }
        while self.is_active(&sid) {
            tokio::time::sleep(CHECK_LOGIN_EVERY).await;
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
        let policy =
            CallPolicy { engines, ends_robots: false, ends_silent: false, ..self.services().policy(&settings, true) };
        let call = IncomingCall::by_sid(sid.clone());
        let (name, transport) = (ContactName::Unknown, Transport::Browser);
        let context = CallContext { call, name, ai_today: Some(ai_today), transport, is_stored: false, purpose: None };
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
        let (name, transport) = (ContactName::Unknown, Transport::Browser);
        let context = CallContext { call, name, ai_today, transport, is_stored: false, purpose: None };
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
