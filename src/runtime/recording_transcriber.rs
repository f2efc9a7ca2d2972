//! Transcribes the messages of callers whom no AI answered: the daemon was off or could not be reached, or the caller
//! left a message at Twilio's recorder and hung up.

use super::call_summary;
use super::calls::CallServices;
use super::jobs::JobError;
use crate::clock;
use crate::crm;
use crate::crm::recording::{self, TranscribeJob};
use crate::domain::RecordingSid;
use crate::providers::openai::rest::{self as openai, SoundFile};
use crate::store::{Job, RecordedMessage};
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(2);

/// The maximum size of a file that is transcribed; OpenAI accepts 25 MB. The rest of a longer message is not
/// transcribed.
const MAX_BYTES: usize = 24 << 20;

/// If there will be no transcript, the message to the owner about the call is sent without it.
pub async fn transcribe(services: CallServices, job: Job) -> Result<(), JobError> {
    let TranscribeJob { recording_sid: sid } =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let outcome = transcript(&services, sid.clone()).await;
    let (text, failure) = match outcome {
        Ok(text) => (text, None),
        Err(error @ JobError::Permanent(_)) => (String::new(), Some(error)),
        Err(error) => return Err(error),
    };
    let stored = crm::transact(&services.store, move |tx| recording::store_transcript(tx, &sid, &text, clock::now()));
    stored.await.map_err(|error| JobError::Retry(error.to_string()))?;
    services.jobs.wake();
    failure.map_or(Ok(()), Err)
}

/// Empty if there is no transcript, for example because nothing was said, no transcriber is configured, or a usage
/// limit of the AI is reached.
async fn transcript(services: &CallServices, sid: RecordingSid) -> Result<String, JobError> {
    let config = services.config();
    let Some(server) = config.file_transcription_server() else { return Ok(String::new()) };
    let later = |error: crate::store::Error| JobError::Retry(error.to_string());
    let found = services.store.read(move |tx| {
        let Some(found) = recording::untranscribed(tx, &sid)? else { return Ok(None) };
        let bytes = usize::try_from(tx.recording_length(found.id)?).unwrap_or(usize::MAX);
        let content = tx.recording_part(found.id, &found.mime, 0, bytes.min(MAX_BYTES))?;
        Ok(Some((found, content)))
    });
    let Some((found, content)) = found.await.map_err(later)? else { return Ok(String::new()) };
    let RecordedMessage { call_sid, mime, duration_ms, .. } = found;
    // The file could not be fetched.
    if content.is_empty() {
        return Ok(String::new());
    }
    if !services.may_use_ai(&call_sid).await {
        tracing::info!(event = "RECORDING_NOT_TRANSCRIBED", call.sid = %call_sid, "The message in call {call_sid} is not transcribed: the usage limit of the AI is reached, or the usage cannot be read");
        return Ok(String::new());
    }
    let file = SoundFile { content, mime: &mime, length_ms: duration_ms };
    let heard = openai::transcribe(&services.client, Some(server), file, &config.agent.language, "", LIMIT).await;
    let openai::Paid { answer, cost_micros } = heard.map_err(|error| call_summary::failure(&error))?;
    services.add_cost(&call_sid, cost_micros);
    tracing::info!(event = "RECORDING_TRANSCRIBED", call.sid = %call_sid, "The message that the caller left in call {call_sid} is transcribed");
    Ok(answer)
}
