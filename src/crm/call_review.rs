//! The check after a call: what the agent said that it did is compared with what it did.

use super::{Error, task};
use crate::domain::{ActorId, CallSid, TaskContent, Timestamp};
use crate::promise::{BrokenPromise, Conduct};
use crate::store::{Result, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The kind of the background job.
pub const REVIEW_JOB: &str = "review_call";
/// The event of a call in which a promise was not kept.
const BROKEN: &str = "promise_broken";
/// How long after the end of a call it is reviewed: the last transcripts arrive after the end.
pub const DELAY: Duration = Duration::from_secs(5);

/// The payload of the job.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReviewJob {
    /// The call.
    pub call_sid: CallSid,
}

/// Queues the review of a call.
pub fn queue(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let payload = json!({"call_sid": call_sid}).to_string();
    tx.insert_job(REVIEW_JOB, Some(&format!("{REVIEW_JOB}:{call_sid}")), &payload, now.plus(DELAY), now)
}

/// Makes a task of each promise that was not kept, and returns these promises. `title` is the title of the task. A call that is
/// reviewed again gets no second task.
pub fn review(
    tx: &WriteTx<'_>,
    call_sid: &CallSid,
    title: impl Fn(&BrokenPromise) -> String,
    now: Timestamp,
) -> Result<Vec<BrokenPromise>, Error> {
    // A call that was erased since has no promises.
    let Some(call) = tx.stored_call(call_sid)? else { return Ok(Vec::new()) };
    if tx.has_call_event(call.id, BROKEN)? {
        return Ok(Vec::new());
    }
    let mut conduct = Conduct { has_message: call.message_text.is_some(), ..Conduct::default() };
    for (speaker, heard) in tx.heard_turns(call_sid)? {
        conduct.add(speaker, &heard);
    }
    let broken = conduct.broken_promises();
    for promise in &broken {
        let content = TaskContent {
            title: title(promise),
            contact_id: Some(call.contact_id),
            thread_id: None,
            call_id: Some(call.id),
            due_at: None,
            due_date: None,
            assignee: None,
        };
        task::create(tx, ActorId::Agent, content, None, now)?;
        let detail = json!({"promise": promise.promise, "said": promise.said, "wrong_time": promise.is_time_wrong});
        tx.insert_call_event(call_sid, BROKEN, Some(&detail.to_string()), now)?;
    }
    Ok(broken)
}
