//! The phones that the daemon calls through Twilio's REST API.

use super::call_plan::CallPlan;
use super::phone::{Phone, owned};
use super::report::CallReport;
use super::script::Script;
use crate::twilio::DialRequest;
use std::time::Duration;
use tokio::sync::mpsc;
use url::Url;

/// How a phone reacts to a call of the daemon.
#[derive(Clone, Debug)]
pub enum Callee {
    /// A person answers, and follows the script.
    Human(Script),
    /// A machine answers and plays a greeting. Twilio reports the end of the greeting after this time.
    Machine(Duration),
    /// The line is busy.
    Busy,
    /// The call is not answered.
    NoAnswer,
}

impl Phone {
    /// Handles the calls that the daemon makes from now on, each as `callee` decides. Returns the receiver of their
    /// reports.
    pub fn receive_calls(
        &self,
        callee: impl Fn(&DialRequest) -> Callee + Send + 'static,
    ) -> mpsc::UnboundedReceiver<CallReport> {
        let (reports, receiver) = mpsc::unbounded_channel();
        let (phone, mut dialled) = (self.clone(), self.twilio_state.receive_dialled());
        tokio::spawn(async move {
            while let Some(request) = dialled.recv().await {
                let (phone, callee, reports) = (phone.clone(), callee(&request), reports.clone());
                tokio::spawn(async move {
                    let report = phone.ring(request, callee).await;
                    // The send fails if the receiver has been dropped.
                    let _ = reports.send(report);
                });
            }
        });
        receiver
    }

    async fn ring(&self, request: DialRequest, callee: Callee) -> CallReport {
        let updates = self.twilio_state.ring(&request.sid);
        let mut plan = CallPlan::new(request.url.clone());
        plan.direction = "outbound-api";
        (plan.from, plan.to) = (request.from.clone(), request.to.clone());
        plan.status_url.clone_from(&request.status_callback);
        (plan.fast, plan.call_sid) = (true, Some(request.sid.clone()));
        tokio::time::sleep(RINGING).await;
        match callee {
            Callee::Human(script) => {
                plan.script = script;
                self.detect(&plan, &request, "human", RINGING);
                self.run_call(plan, request.sid, updates).await
            }
            Callee::Machine(greeting) => {
                plan.script = "stay".parse().unwrap_or_default();
                self.detect(&plan, &request, "machine_end_beep", greeting);
                self.run_call(plan, request.sid, updates).await
            }
            Callee::Busy => self.unanswered(&plan, &request, "busy").await,
            Callee::NoAnswer => self.unanswered(&plan, &request, "no-answer").await,
        }
    }

    /// Sends the callback of the answering machine detection after this time, if the request named its URL.
    fn detect(&self, plan: &CallPlan, request: &DialRequest, by: &'static str, after: Duration) {
        let Some(Ok(url)) = request.amd_callback.as_deref().map(Url::parse) else { return };
        let client = self.webhook_client(plan, crate::clock::instant());
        let mut fields = self.call_fields(plan, &request.sid, "in-progress");
        fields.extend(owned([("AnsweredBy", by), ("MachineDetectionDuration", "2500")]));
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            client.send("POST", &url, fields).await
        });
    }

    async fn unanswered(&self, plan: &CallPlan, request: &DialRequest, status: &'static str) -> CallReport {
        self.twilio_state.end_unanswered(&request.sid, status);
        let mut report = CallReport { call_sid: request.sid.clone(), ..CallReport::default() };
        if let Some(Ok(url)) = request.status_callback.as_deref().map(Url::parse) {
            let client = self.webhook_client(plan, crate::clock::instant());
            let mut fields = self.call_fields(plan, &request.sid, status);
            fields.extend(owned([("CallDuration", "0")]));
            report.webhooks = client.send("POST", &url, fields).await.0;
        }
        report
    }
}

/// How long a phone rings. Short, because tests wait for it.
const RINGING: Duration = Duration::from_millis(200);
