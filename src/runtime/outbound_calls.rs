//! Makes the calls that employees requested, one after another, see [`crate::crm::outbound_call`]. The queue is in the
//! database. An attempt is stored before Twilio is asked to dial. If Twilio's answer is lost, the call is looked for in
//! Twilio's list of calls, and another attempt is made only if the list does not contain it.

use super::calls::{CallServices, Calls};
use super::jobs::JobError;
use crate::booking::CallingHours;
use crate::clock;
use crate::config::Config;
use crate::crm;
use crate::crm::outbound_call::{self, AttemptEnd, NotReachedJob};
use crate::domain::{CallSid, DayTime, OutboundCall, OutboundOutcome};
use crate::messages::{self, Phrase};
use crate::providers::twilio::call_progress::CallProgress;
use crate::providers::twilio::lists;
use crate::providers::twilio::rest::{self, NewCall};
use crate::store::{self, Job, Store};
use phonenumber::country;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Clones wake the same task.
#[derive(Clone, Default)]
pub struct OutboundChanged(Arc<Notify>);

impl OutboundChanged {
    /// Call it after the commit.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

pub struct OutboundCalls {
    pub calls: Calls,
    pub store: Store,
    pub changed: OutboundChanged,
}

impl OutboundCalls {
    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        loop {
            let wait = match self.next().await {
                Ok(wait) => wait,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(
                        event = "OUTBOUND_FAILED",
                        error,
                        "Cannot read or store the outbound calls; retrying in {} s. A call that Twilio may have dialed already is looked up at Twilio before it is dialed again",
                        AFTER_FAILURE.as_secs()
                    );
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.0.notified() => {}
            }
        }
    }

    /// Returns how long to wait.
    async fn next(&self) -> store::Result<Duration> {
        let (dialing, next) = self.store.read(|tx| Ok((tx.dialing_outbound_call()?, tx.next_outbound_call()?))).await?;
        if let Some(call) = dialing {
            return match &call.call_sid {
                Some(sid) => self.check(&call, sid).await,
                None => self.find_attempt(&call).await,
            };
        }
        match next {
            Some((id, due_at)) if due_at <= clock::now() => self.dial(id).await,
            Some((_, due_at)) => Ok(due_at.since(clock::now()).min(MAX_WAIT)),
            None => Ok(MAX_WAIT),
        }
    }

    async fn dial(&self, id: i64) -> store::Result<Duration> {
        let services = self.calls.services();
        let config = services.config();
        // The usage limits of the AI apply to these calls too, and without an AI no agent could talk with the contact.
        if config.ai_engines().is_empty() || !services.has_ai_left().await || self.has_just_failed(&config).await? {
            return Ok(MAX_WAIT);
        }
        let hours = calling_hours(&config);
        let begun = self.store.write(move |tx| outbound_call::begin(tx, id, &hours, clock::now())).await?;
        let Some(call) = begun else { return Ok(Duration::ZERO) };
        let base = config.http.base_url();
        let new = NewCall {
            to: &call.number,
            from: &call.own_number,
            url: format!("{base}{ANSWERED_PATH}?{ID}={id}"),
            status_callback: format!("{base}/webhook/call_status?{ID}={id}"),
            amd_callback: format!("{base}{MACHINE_PATH}?{ID}={id}"),
            ring: RING,
        };
        tracing::info!(event = "OUTBOUND_DIAL", id, attempt = call.attempts, "Dialing outbound call {id}");
        let made = rest::create_call(&services.client, &config.twilio, &new, LIMIT).await;
        let error = match made {
            Ok(sid) => {
                services.alerts.record_twilio_access(None);
                self.record_dialed(id, sid, config.business.country).await?;
                return Ok(CHECK_INTERVAL);
            }
            Err(error) => error,
        };
        let next = NextStep::after(&error);
        tracing::warn!(
            event = "OUTBOUND_NOT_DIALED",
            id,
            error = &error as &dyn std::error::Error,
            "Twilio did not accept or did not confirm outbound call {id}; {next}"
        );
        if let Some(refusal) = error.account_refusal() {
            services.alerts.record_twilio_access(Some(refusal));
        }
        match next {
            NextStep::DialLater(pause) => self.postpone(id, pause).await,
            NextStep::GiveUp => {
                self.store.write(move |tx| outbound_call::fail(tx, id, OutboundOutcome::Failed, clock::now())).await?;
                services.jobs.wake();
                Ok(Duration::ZERO)
            }
            NextStep::ReadList => Ok(AFTER_FAILURE),
        }
    }

    /// Returns true if the agent could probably not talk with a contact who answers now.
    async fn has_just_failed(&self, config: &Arc<Config>) -> store::Result<bool> {
        let (engines, period) = (CallServices::ai_engines(config), (PAUSE_AFTER_ENGINES, clock::instant()));
        if self.calls.services().engine_breaker.has_failed_everywhere(&engines, config, period) {
            return Ok(true);
        }
        let since = clock::now().minus(PAUSE_AFTER_UNSERVED);
        self.store.read(move |tx| tx.has_unserved_outbound_call(since)).await
    }

    async fn postpone(&self, id: i64, pause: Duration) -> store::Result<Duration> {
        let now = clock::now();
        self.store.write(move |tx| outbound_call::postpone(tx, id, now.plus(pause), now)).await?;
        Ok(pause.min(MAX_WAIT))
    }

    async fn record_dialed(&self, id: i64, sid: CallSid, country: country::Id) -> store::Result<()> {
        tracing::info!(event = "OUTBOUND_DIALED", call.sid = %sid, id, "Twilio dials outbound call {id}: call {sid}");
        self.store.write(move |tx| outbound_call::record_dialed(tx, id, &sid, country, clock::now())).await
    }

    /// Looks for the call of an attempt in Twilio's list, because Twilio's answer to the request was lost. If the call
    /// is not listed a minute after the request, Twilio did not make it, and it is dialed again.
    async fn find_attempt(&self, call: &OutboundCall) -> store::Result<Duration> {
        let services = self.calls.services();
        let (config, id) = (services.config(), call.id);
        let since = call.dialed_at.unwrap_or(call.updated_at);
        let listed = match lists::calls_to(&services.client, &config.twilio, &call.number).await {
            Ok(listed) => listed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    event = "OUTBOUND_FAILED",
                    id,
                    error,
                    "Cannot read Twilio's list of calls to find out whether outbound call {id} was dialed; retrying in {} s",
                    AFTER_FAILURE.as_secs()
                );
                return Ok(AFTER_FAILURE);
            }
        };
        let oldest = since.minus(CLOCK_TOLERANCE);
        let found = listed.into_iter().filter(|listed| listed.is_dialed_from(&call.own_number, oldest));
        let sids: Vec<CallSid> = found.filter_map(|listed| lists::Resource::sid(&listed).parse().ok()).collect();
        let unknown = self.store.read(move |tx| {
            let mut unknown = None;
            for sid in sids {
                if tx.call_by_sid(&sid)?.is_none() {
                    unknown = Some(sid);
                }
            }
            Ok(unknown)
        });
        match unknown.await? {
            Some(sid) => {
                self.record_dialed(id, sid, config.business.country).await?;
                Ok(Duration::ZERO)
            }
            None if clock::now().since(since) < LISTED_WITHIN => Ok(AFTER_FAILURE),
            None => self.postpone(id, Duration::ZERO).await,
        }
    }

    /// Queries Twilio, because the end of the call may not have been reported, for example while the daemon was off.
    async fn check(&self, call: &OutboundCall, sid: &CallSid) -> store::Result<Duration> {
        let is_new = clock::now().since(call.dialed_at.unwrap_or(call.updated_at)) < CHECK_AFTER;
        if is_new || self.calls.is_active(sid) {
            return Ok(CHECK_INTERVAL);
        }
        let services = self.calls.services();
        let config = services.config();
        let end = match rest::call_status(&services.client, &config.twilio, sid).await {
            Ok(status) => CallProgress::of(&status.status).and_then(attempt_end),
            Err(error) if error.is_call_over() => Some(AttemptEnd::Failed),
            Err(_) => None,
        };
        let Some(end) = end else { return Ok(CHECK_INTERVAL) };
        let (sid, hours) = (sid.clone(), calling_hours(&config));
        self.store.write(move |tx| outbound_call::end_attempt(tx, &sid, end, &hours, clock::now())).await?;
        services.jobs.wake();
        Ok(Duration::ZERO)
    }
}

#[derive(Clone, Copy)]
enum NextStep {
    /// Twilio executed nothing, and may accept the request after this time.
    DialLater(Duration),
    /// Twilio executed nothing, and would reject the request again.
    GiveUp,
    /// The call may be ringing.
    ReadList,
}

impl NextStep {
    fn after(error: &rest::Error) -> Self {
        match error {
            _ if error.account_refusal().is_some() => Self::DialLater(AFTER_REFUSED_ACCOUNT),
            rest::Error::Refused { status: 429, .. } => {
                Self::DialLater(error.retry_after().unwrap_or_default().max(AFTER_FAILURE))
            }
            rest::Error::Refused { status: 400..=499, .. } | rest::Error::NotConfigured => Self::GiveUp,
            _ => Self::ReadList,
        }
    }
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DialLater(_) => "it is dialed later",
            Self::GiveUp => "it is not dialed again",
            Self::ReadList => "Twilio's list of calls is read to find out whether it was dialed",
        })
    }
}

/// `None` if the call is not over.
pub fn attempt_end(call: CallProgress) -> Option<AttemptEnd> {
    match call {
        CallProgress::Completed => Some(AttemptEnd::Completed),
        CallProgress::Busy => Some(AttemptEnd::Busy),
        CallProgress::NoAnswer => Some(AttemptEnd::NoAnswer),
        CallProgress::Failed | CallProgress::Canceled => Some(AttemptEnd::Failed),
        CallProgress::Queued
        | CallProgress::Initiated
        | CallProgress::Ringing
        | CallProgress::InProgress
        | CallProgress::Answered => None,
    }
}

pub async fn add_task(calls: Calls, job: Job) -> Result<(), JobError> {
    let NotReachedJob { outbound_call: id } =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let services = calls.services();
    let language = services.config().language();
    let added = crm::transact(&services.store, move |tx| {
        let Some(call) = tx.outbound_call(id)? else { return Ok(()) };
        let who = match call.contact_name.trim() {
            "" => format!("\u{2066}{}\u{2069}", call.number),
            name => format!("\u{2068}{name}\u{2069}"),
        };
        let purpose = call.purpose.clone();
        outbound_call::add_task(
            tx,
            &call,
            messages::text(language, &Phrase::TaskNotReached { who, purpose }),
            clock::now(),
        )
    });
    added.await.map_err(|error| JobError::Retry(error.to_string()))
}

pub fn calling_hours(config: &Config) -> CallingHours {
    let hour = |hour: u32| DayTime::hour(u8::try_from(hour).unwrap_or(u8::MAX));
    CallingHours {
        from: hour(config.agent.calls_from_hour),
        until: hour(config.agent.calls_until_hour),
        keeps_sabbath: config.business.country == country::IL,
        zone: config.business.time_zone.clone(),
    }
}

pub fn can_call(config: &Config) -> bool {
    !config.ai_engines().is_empty()
}

/// The path of the TwiML for a contact who has answered.
pub const ANSWERED_PATH: &str = "/webhook/outbound_call";
/// The path of Twilio's reports about answering machines.
pub const MACHINE_PATH: &str = "/webhook/outbound_machine";
/// The query parameter with the id of the call in the queue.
pub const ID: &str = "id";
const RING: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(10);
/// Twilio lists a call within this time after the request.
const LISTED_WITHIN: Duration = Duration::from_mins(1);
/// How far the clock of this machine may be ahead of Twilio's clock.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(2);
/// After this time, the state of a call is queried, in case the report of its end was lost.
const CHECK_AFTER: Duration = Duration::from_mins(2);
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long no call is made after all AI engines have failed.
const PAUSE_AFTER_ENGINES: Duration = Duration::from_mins(5);
/// How long no call is made after a contact answered and the agent could not talk. Otherwise one contact after another
/// would be called for nothing.
const PAUSE_AFTER_UNSERVED: Duration = Duration::from_mins(15);
const AFTER_REFUSED_ACCOUNT: Duration = Duration::from_mins(10);
const MAX_WAIT: Duration = Duration::from_secs(30);
