//! Summarizes a call after it has ended, see [`crate::crm::call_summary`].

use super::calls::CallServices;
use super::jobs::JobError;
use crate::agent::instructions::{SUMMARIZE, language_name};
use crate::clock;
use crate::config::Config;
use crate::crm;
use crate::crm::call_notice;
use crate::crm::call_summary::{self, Findings, LANGUAGES, Line, SummaryJob};
use crate::domain::{AiFailure, AiFailureCause, AiPart, CallSid};
use crate::providers::openai::rest::Error;
use crate::providers::openai::structured::{self, StructuredRequest};
use crate::store::{Job, WriteTx};
use serde_json::{Value, json};
use std::time::Duration;

/// If there will be no summary soon, the message to the owner about this call no longer waits for it.
pub async fn summarize(services: CallServices, job: Job) -> Result<(), JobError> {
    let SummaryJob { call_sid } =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let outcome = summarize_call(&services, call_sid.clone()).await;
    let is_soon =
        matches!(&outcome, Err(error @ (JobError::Retry(_) | JobError::RetryFor(..))) if !waits_for_owner(error));
    if !is_soon {
        let work = move |tx: &WriteTx<'_>| call_notice::hasten_after_summary(tx, &call_sid, clock::now());
        let hastened = services.store.write(work).await;
        hastened.map_err(retry)?;
        services.jobs.wake();
    }
    outcome
}

/// A call gets no summary if summaries are switched off, if there is no text model, if the caller said nothing and
/// left no message, or if a usage limit of the AI is reached or cannot be checked.
async fn summarize_call(services: &CallServices, call_sid: CallSid) -> Result<(), JobError> {
    let config = services.config();
    let Some(server) = config.text_model_server().filter(|_| config.agent.summaries) else { return Ok(()) };
    let sid = call_sid.clone();
    let lines = services.store.read(move |tx| call_summary::transcript(tx, &sid)).await.map_err(retry)?;
    let Some(lines) = lines else { return Ok(()) };
    if !services.may_use_ai(&call_sid).await {
        tracing::info!(event = "CALL_SUMMARY_SKIPPED", call.sid = %call_sid, "Call {call_sid} is not summarized: the usage limit of the AI is reached, or the usage cannot be read");
        return Ok(());
    }
    let answer = structured::answer(&services.client, &server, &request(&config, &lines), LIMIT).await;
    let answer = answer.map_err(|error| refusal(services, AiPart::Model, &error))?;
    // With the pipeline's own servers, the price of a call's time already includes this request.
    if config.openai.key().is_some() {
        services.add_cost(&call_sid, answer.cost_micros);
    }
    let answer = answer.answer.ok_or_else(|| failure(&Error::Malformed))?;
    let findings: Findings = serde_json::from_str(&answer).map_err(|error| malformed(&error))?;
    if findings.summary.trim().is_empty() {
        return Err(malformed(&"the summary is empty"));
    }
    let (sid, now) = (call_sid.clone(), clock::now());
    let recorded = crm::transact(&services.store, move |tx| {
        if call_summary::has_new_message(tx, &sid, &lines)? {
            return Ok(None);
        }
        call_summary::record(tx, &sid, &findings, now).map(Some)
    });
    let Some(is_new) = recorded.await.map_err(retry)? else {
        return Err(retry("a message of the caller was found meanwhile"));
    };
    if is_new {
        tracing::info!(event = "CALL_SUMMARY", call.sid = %call_sid, "The summary of call {call_sid} was created and stored");
    }
    Ok(())
}

fn request(config: &Config, lines: &[Line]) -> StructuredRequest {
    StructuredRequest {
        instructions: format!("{SUMMARIZE}Write every text in {}.\n", language_name(&config.agent.language)),
        input: json!({ "transcript": lines }).to_string(),
        name: "call_summary",
        schema: schema(),
    }
}

fn schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let texts = |description: &str| json!({"type": "array", "items": {"type": "string"}, "description": description});
    let languages: Vec<&str> = LANGUAGES.into_iter().chain(["other"]).collect();
    let properties = json!({
        "summary": text("What the call was about and how it ended, in one or two short sentences."),
        "language": {"type": "string", "enum": languages, "description": "The language that the caller spoke."},
        "is_lead": {"type": "boolean", "description": "Whether the caller may buy something that is not booked or sold yet."},
        "lead": text("What may be sold, in a few words; empty if it is no lead."),
        "open_requests": texts("What the caller asked for and a person of the business still has to do, each as a short task."),
        "unanswered_questions":
            texts("Questions about the business that the agent could not answer, each as a short general question without names."),
    });
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|object| object.keys()).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn retry(error: impl std::fmt::Display) -> JobError {
    JobError::Retry(error.to_string())
}

/// A retry may give a better answer, so the job is retried for a short time.
fn malformed(error: &dyn std::fmt::Display) -> JobError {
    JobError::RetryFor(MALFORMED_FOR, format!("the AI's answer could not be read: {error}"))
}

/// Returns the failure of a job whose request the AI did not answer. If the AI refused the account, the owner is alerted.
pub(super) fn refusal(services: &CallServices, part: AiPart, error: &Error) -> JobError {
    if let Error::Refused { status, code, .. } = error {
        let (cause, reason) = (AiFailureCause::from_status(*status, code), error.to_string());
        services.alerts.record_ai_refusal(&AiFailure { part, cause, reason });
    }
    failure(error)
}

fn failure(error: &Error) -> JobError {
    let (status, code) = match error {
        Error::NotConfigured => return JobError::Permanent(error.to_string()),
        Error::Unreachable(_) => return JobError::RetryFor(RETRY_FOR, error.to_string()),
        Error::Malformed => return malformed(error),
        Error::Refused { status, code, .. } => (*status, code),
    };
    match AiFailureCause::from_status(status, code) {
        AiFailureCause::BadKey => JobError::RetryFor(OWNER_WITHIN, format!("{error}: the AI key is refused")),
        AiFailureCause::NoCredit => JobError::RetryFor(OWNER_WITHIN, format!("{error}: the AI account has no credit")),
        AiFailureCause::RateLimited => {
            JobError::RetryFor(RETRY_FOR, format!("{error}: the account's limit is reached"))
        }
        AiFailureCause::Rejected => JobError::Permanent(error.to_string()),
        AiFailureCause::Outage => JobError::RetryFor(RETRY_FOR, error.to_string()),
    }
}

/// Returns true if a retry succeeds only after the owner has changed the key or the account.
fn waits_for_owner(error: &JobError) -> bool {
    matches!(error, JobError::RetryFor(OWNER_WITHIN, _))
}

const LIMIT: Duration = Duration::from_mins(1);
/// How long a temporary failure is retried.
const RETRY_FOR: Duration = Duration::from_hours(6);
/// How long a request is retried while the AI refuses the key or the account has no credit, until the owner has corrected
/// this. The same as for an account that Twilio refuses.
const OWNER_WITHIN: Duration = Duration::from_hours(30 * 24);
const MALFORMED_FOR: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_what_is_read_and_nothing_else() {
        let schema = schema();
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(schema["required"], json!(names));
        let answer = json!({"summary": "s", "language": "he", "is_lead": true, "lead": "l", "open_requests": ["r"],
            "unanswered_questions": ["q"]});
        assert_eq!(answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), names);
        let findings: Findings = serde_json::from_value(answer).unwrap();
        assert_eq!((findings.open_requests.len(), findings.unanswered_questions.len(), findings.is_lead), (1, 1, true));
    }

    #[test]
    fn a_refused_account_is_retried_until_the_owner_has_corrected_it() {
        let refused = |status, code: &str| Error::Refused {
            status,
            code: code.to_owned(),
            param: String::new(),
            message: String::new(),
        };
        for (status, code, waits) in [
            (401, "", true),
            (403, "", true),
            (402, "", true),
            (429, "insufficient_quota", true),
            (429, "", false),
            (503, "", false),
        ] {
            let failure = failure(&refused(status, code));
            assert!(matches!(failure, JobError::RetryFor(..)), "{status} {code}");
            assert_eq!(waits_for_owner(&failure), waits, "{status} {code}");
        }
        for (status, code) in [(404, ""), (400, ""), (403, "model_not_found")] {
            assert!(matches!(failure(&refused(status, code)), JobError::Permanent(_)), "{status} {code}");
        }
    }
}
