//! Places calls, and executes the daemon's TwiML as Twilio does.

use super::call_plan::{CallPlan, Phase};
use super::report::{CallReport, EndedBy, Prompt, Webhook};
use super::script::Clip;
use super::webhook_client::{WebhookClient, millis_since};
use crate::daemon_connector::DaemonConnector;
use crate::twilio::{CallUpdate, TwilioState, random_sid, twiml};
use crate::{EventLog, Party};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

/// The phone network of one Twilio account: calls the daemon, and receives the daemon's calls. Cheap to clone.
#[derive(Clone)]
pub struct Phone {
    pub(super) twilio_state: TwilioState,
    pub(super) connector: DaemonConnector,
    pub(super) log: EventLog,
}

impl Phone {
    /// Creates the phone network of the account of `twilio_state`.
    pub fn new(twilio_state: TwilioState, connector: DaemonConnector, log: EventLog) -> Self {
        Self { twilio_state, connector, log }
    }

    /// Places a call, waits until it ends, and returns the report.
    pub async fn place_call(&self, plan: CallPlan) -> CallReport {
        let sid = plan.call_sid.clone().unwrap_or_else(|| random_sid("CA"));
        let updates = self.twilio_state.begin_call(&sid, &plan.from, &plan.to);
        self.run_call(plan, sid, updates).await
    }

    pub(super) async fn run_call(
        &self,
        plan: CallPlan,
        sid: String,
        updates: mpsc::UnboundedReceiver<CallUpdate>,
    ) -> CallReport {
        let began = crate::clock::instant();
        let webhook_client = self.webhook_client(&plan, began);
        self.log.note(Party::Caller, format!("calls {} from {} ({sid})", plan.to, plan.from));
        let call = RunningCall {
            phone: self.clone(),
            webhook_client,
            updates,
            sid: sid.clone(),
            began,
            status: "ringing",
            messages: plan.messages.clone().into(),
            fallback_used: false,
            background: JoinSet::new(),
            report: CallReport { call_sid: sid, ..CallReport::default() },
            plan,
        };
        call.run().await
    }

    pub(super) fn call_fields(&self, plan: &CallPlan, sid: &str, status: &str) -> Vec<(String, String)> {
        let account = &self.twilio_state.account().sid;
        let (from, to) = (&plan.from, &plan.to);
        let own = owned([
            ("AccountSid", account),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", sid),
            ("CallStatus", status),
            ("Called", to),
            ("CalledCountry", "IL"),
            ("Caller", from),
            ("CallerCountry", "IL"),
            ("Direction", plan.direction),
            ("From", from),
            ("FromCountry", "IL"),
            ("To", to),
            ("ToCountry", "IL"),
        ]);
        let stir_verstat = plan.stir_verstat.iter().map(|value| ("StirVerstat".to_owned(), value.clone()));
        own.into_iter().chain(stir_verstat).collect()
    }

    pub(super) fn webhook_client(&self, plan: &CallPlan, call_began: Instant) -> WebhookClient {
        WebhookClient {
            connector: self.connector.clone(),
            auth_token: self.twilio_state.account().auth_token.clone(),
            signature: plan.signature,
            twice: plan.chaos.webhooks_twice,
            log: self.log.clone(),
            call_began,
        }
    }
}

/// A call in progress, which executes its TwiML.
pub(super) struct RunningCall {
    pub(super) phone: Phone,
    pub(super) plan: CallPlan,
    pub(super) webhook_client: WebhookClient,
    pub(super) sid: String,
    pub(super) messages: VecDeque<Clip>,
    /// Requests whose responses Twilio does not wait for.
    pub(super) background: JoinSet<Vec<Webhook>>,
    pub(super) report: CallReport,
    updates: mpsc::UnboundedReceiver<CallUpdate>,
    began: Instant,
    status: &'static str,
    fallback_used: bool,
}

/// The next step of a call.
pub(super) enum Next {
    /// Execute this document.
    Document { text: String, url: Url },
    /// Request a document.
    Fetch { url: Url, method: String, fields: Vec<(String, String)> },
    /// The call has ended.
    Over(EndedBy),
}

impl RunningCall {
    async fn run(mut self) -> CallReport {
        self.report.ended = match Url::parse(&self.plan.voice_url) {
            Ok(url) => self.follow(Next::Fetch { url, method: "POST".into(), fields: Vec::new() }).await,
            Err(error) => {
                self.violation(format!("11100: the voice webhook \"{}\": {error}", self.plan.voice_url));
                EndedBy::Error
            }
        };
        self.finish().await
    }

    async fn follow(&mut self, mut next: Next) -> EndedBy {
        for _ in 0..MAX_DOCUMENTS {
            next = match next {
                Next::Over(how) => return how,
                Next::Fetch { url, method, fields } => match self.fetch(&url, &method, fields).await {
                    Ok(text) => Next::Document { text, url },
                    Err(next) => next,
                },
                Next::Document { text, url } => self.follow_document(&text, &url).await,
            };
        }
        self.violation(format!("the call has taken {MAX_DOCUMENTS} steps: its documents form a loop"));
        EndedBy::Error
    }

    /// If the request fails or is interrupted, the error is the call's next step.
    async fn fetch(&mut self, url: &Url, method: &str, fields: Vec<(String, String)>) -> Result<String, Next> {
        let fields = self.fields(&fields);
        let phase = if self.status == "ringing" { Phase::Ringing } else { Phase::Waiting };
        let webhook_client = self.webhook_client.clone();
        let asked = {
            let (url, method) = (url.clone(), method.to_owned());
            async move { webhook_client.send(&method, &url, fields).await }
        };
        let (webhooks, answer) = self.during(phase, asked).await?;
        self.report.webhooks.extend(webhooks);
        match answer {
            Some(answer) if answer.status < 400 => {
                let kind = answer.content_type.split(';').next().unwrap_or_default().trim().to_owned();
                if !matches!(kind.as_str(), "text/xml" | "application/xml" | "text/html") {
                    self.violation(format!("12300: {} answers \"{kind}\" where TwiML is text/xml", url.path()));
                }
                Ok(answer.body)
            }
            Some(answer) => Err(self.fail(url, "11200", &format!("{} answered {}", url.path(), answer.status))),
            None => Err(self.fail(url, "11200", &format!("no answer from {}", url.path()))),
        }
    }

    /// Returns the step after a failed request or an unreadable document: the number's fallback webhook if it is set
    /// and has not been used, else the end of the call with an error.
    fn fail(&mut self, url: &Url, code: &str, what: &str) -> Next {
        self.note(format!("{code}: {what}"));
        let fallback = self.plan.fallback_url.as_deref().and_then(|text| Url::parse(text).ok());
        match fallback {
            Some(fallback) if !self.fallback_used => {
                self.fallback_used = true;
                let fields = vec![("ErrorCode".into(), code.into()), ("ErrorUrl".into(), url.to_string())];
                Next::Fetch { url: fallback, method: "POST".into(), fields }
            }
            _ => Next::Over(EndedBy::Error),
        }
    }

    async fn follow_document(&mut self, text: &str, url: &Url) -> Next {
        let verbs = match twiml::parse(text) {
            Ok(verbs) => verbs,
            Err(error) => {
                self.violation(format!("12100: the document from {} cannot be read: {error}", url.path()));
                return self.fail(url, "12100", "document parse failure");
            }
        };
        for complaint in twiml::check(&verbs, url) {
            self.violation(format!("TwiML of {}: {complaint}", url.path()));
        }
        if !verbs.iter().any(|verb| verb.name == "Reject") {
            self.set_status("in-progress");
        }
        for verb in &verbs {
            if let Some(next) = self.follow_verb(verb, url).await {
                return next;
            }
        }
        self.note("the document has ended");
        Next::Over(EndedBy::EndOfDocument)
    }

    /// Runs `work` in this phase of the call. Returns the next step if an interruption happens first.
    pub(super) async fn during<T>(&mut self, phase: Phase, work: impl Future<Output = T>) -> Result<T, Next> {
        tokio::select! {
            // On a busy machine both can be due at the same time. A planned hang-up that is missed does not happen later.
            biased;
            next = self.interruption(phase) => Err(next),
            done = work => Ok(done),
        }
    }

    /// Waits until the call is interrupted, and returns the next step.
    pub(super) async fn interruption(&mut self, phase: Phase) -> Next {
        let hang_up = self.plan.hang_up.filter(|(planned, _)| *planned == phase).map(|(_, after)| after);
        let hang_up = async {
            match hang_up {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(update) = self.updates.recv() => match update {
                CallUpdate::End => Next::Over(EndedBy::Rest),
                CallUpdate::Twiml(text) => match Url::parse(&self.plan.voice_url) {
                    Ok(url) => Next::Document { text, url },
                    Err(_) => Next::Over(EndedBy::Error),
                },
                CallUpdate::Url { url, method } => match Url::parse(&url) {
                    Ok(url) => Next::Fetch { url, method, fields: Vec::new() },
                    Err(_) => Next::Over(EndedBy::Error),
                },
            },
            () = hang_up => {
                self.phone.log.note(Party::Caller, format!("hangs up in phase {phase:?}"));
                Next::Over(EndedBy::Caller)
            }
            () = tokio::time::sleep_until((self.began + self.plan.time_limit).into()) => {
                self.phone.log.violation(Party::Twilio, "the call lasts for longer than the simulation allows");
                Next::Over(EndedBy::TimeLimit)
            }
        }
    }

    pub(super) fn fields(&self, more: &[(String, String)]) -> Vec<(String, String)> {
        [&self.phone.call_fields(&self.plan, &self.sid, self.status), more].concat()
    }

    /// Sends a request to the daemon without waiting for the response, as Twilio does for status callbacks.
    pub(super) fn send_in_background(&mut self, url: Url, method: String, fields: Vec<(String, String)>) {
        let webhook_client = self.webhook_client.clone();
        self.background.spawn(async move { webhook_client.send(&method, &url, fields).await.0 });
    }

    /// Waits for `time` in this phase of the call; with `fast`, for at most 20 ms.
    pub(super) async fn wait_in_phase(&mut self, phase: Phase, time: Duration) -> Result<(), Next> {
        let time = if self.plan.fast { time.min(Duration::from_millis(20)) } else { time };
        self.during(phase, tokio::time::sleep(time)).await
    }

    pub(super) fn prompt(&mut self, what: impl Into<String>, length_ms: u64) {
        let prompt = Prompt { at_ms: millis_since(self.began), what: what.into(), length_ms };
        self.note(format!("plays {} ({length_ms} ms)", prompt.what));
        self.report.prompts.push(prompt);
    }

    pub(super) fn note(&self, text: impl Into<String>) {
        self.phone.log.note(Party::Twilio, text);
    }

    pub(super) fn violation(&self, text: impl Into<String>) {
        self.phone.log.violation(Party::Twilio, text);
    }

    fn set_status(&mut self, status: &'static str) {
        self.status = status;
        self.phone.twilio_state.set_call_status(&self.sid, status);
    }

    async fn finish(mut self) -> CallReport {
        self.set_status("completed");
        self.phone.twilio_state.end_call(&self.sid);
        let seconds = millis_since(self.began).div_ceil(1_000).to_string();
        let status_url = match &self.plan.status_url {
            Some(url) => Url::parse(url),
            None => Url::parse(&self.plan.voice_url).and_then(|url| url.join("call_status")),
        };
        if let Ok(url) = status_url {
            let fields = self.fields(&owned([
                ("CallDuration", seconds.as_str()),
                ("CallbackSource", "call-progress-events"),
                ("Duration", "1"),
                ("SequenceNumber", "0"),
                ("Timestamp", &crate::clock::now().to_string()),
            ]));
            self.send_in_background(url, "POST".into(), fields);
        }
        while let Some(webhooks) = self.background.join_next().await {
            self.report.webhooks.extend(webhooks.unwrap_or_default());
        }
        self.report.webhooks.sort_by_key(|webhook| webhook.at_ms);
        self.report.duration_ms = millis_since(self.began);
        self.note(format!("the call ended: {:?} after {} ms", self.report.ended, self.report.duration_ms));
        self.report
    }
}

pub(super) fn owned<const N: usize>(fields: [(&str, &str); N]) -> [(String, String); N] {
    fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The maximum number of steps of a call. The request for a document is a step, and so is its execution. More steps
/// mean that the TwiML redirects in a loop.
const MAX_DOCUMENTS: usize = 60;
