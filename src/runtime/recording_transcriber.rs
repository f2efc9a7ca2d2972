//! Transcribes the messages of callers whom no AI answered: the caller left a message in voicemail, or at Twilio's
//! recorder, also while the daemon was off or could not be reached.

use super::call_summary;
use super::caller_sound::{CallerSound, caller_sound};
use super::calls::CallServices;
use super::jobs::JobError;
use crate::clock;
use crate::crm;
use crate::crm::recording::{self, TranscribeJob};
use crate::domain::AiPart;
use crate::providers::openai::rest::{self as openai, SoundFile};
use crate::store::{Job, RecordedMessage};
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(2);

/// The maximum size of a file that is transcribed; OpenAI accepts 25 MB. The rest of a longer message is not
/// transcribed.
const MAX_BYTES: usize = 24 << 20;

/// If there will be no transcript, the message to the owner about the call is sent without it.
pub async fn transcribe(services: CallServices, job: Job) -> Result<(), JobError> {
    let wanted: TranscribeJob =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let outcome = transcript(&services, wanted.clone()).await;
    let (text, failure) = match outcome {
        Ok(text) => (text, None),
        Err(error @ JobError::Permanent(_)) => (String::new(), Some(error)),
        Err(error) => return Err(error),
    };
    let stored =
        crm::transact(&services.store, move |tx| recording::store_transcript(tx, &wanted, &text, clock::now()));
    stored.await.map_err(|error| JobError::Retry(error.to_string()))?;
    services.jobs.wake();
    failure.map_or(Ok(()), Err)
}

/// Empty if there is no transcript, for example because nothing was said, no transcriber is configured, or a usage
/// limit of the AI is reached.
async fn transcript(services: &CallServices, wanted: TranscribeJob) -> Result<String, JobError> {
    let config = services.config();
    let Some(server) = config.file_transcription_server() else { return Ok(String::new()) };
    let later = |error: crate::store::Error| JobError::Retry(error.to_string());
    let found = services.store.read(move |tx| recording::untranscribed(tx, &wanted)).await.map_err(later)?;
    let Some(found) = found else { return Ok(String::new()) };
    // The owner wants no AI in calls.
    if found.is_stream && CallServices::ai_engines(&config).is_empty() {
        return Ok(String::new());
    }
    let call_sid = found.call_sid.clone();
    if !services.may_use_ai(&call_sid).await {
        tracing::info!(event = "RECORDING_NOT_TRANSCRIBED", call.sid = %call_sid, "The message in call {call_sid} is not transcribed: the usage limit of the AI is reached, or the usage cannot be read");
        return Ok(String::new());
    }
    let Some(sound) = sound(services, found).await? else { return Ok(String::new()) };
    let Sound { content, mime, length_ms } = sound;
    let file = SoundFile { content, mime: &mime, length_ms };
    let heard = openai::transcribe(&services.client, Some(server), file, &config.agent.language, "", LIMIT).await;
    let openai::Paid { answer, cost_micros } =
        heard.map_err(|error| call_summary::refusal(services, AiPart::Transcriber, &error))?;
    services.add_cost(&call_sid, cost_micros);
    tracing::info!(event = "RECORDING_TRANSCRIBED", call.sid = %call_sid, "The message that the caller left in call {call_sid} is transcribed");
    Ok(answer)
}

struct Sound {
    content: Vec<u8>,
    mime: String,
    length_ms: i64,
}

/// Returns the sound of the message: the file that Twilio recorded, or the part of a recorded stream from the beginning
/// of the message on, without the agent's channel. `None` if there is no file.
async fn sound(services: &CallServices, found: RecordedMessage) -> Result<Option<Sound>, JobError> {
    let RecordedMessage { id, is_stream, message_ms, mime, duration_ms, .. } = found;
    if is_stream {
        let from_ms = u64::try_from(message_ms.unwrap_or_default()).unwrap_or_default().saturating_sub(BEFORE_MS);
        let message = caller_sound(&services.store, id, from_ms, MAX_MESSAGE).await?;
        let wav = message.filter(|samples| !samples.pcm.is_empty()).map(CallerSound::into_wav);
        return Ok(wav.map(|(content, length_ms)| Sound { content, mime: "audio/wav".to_owned(), length_ms }));
    }
    let of = mime.clone();
    let content = services.store.read(move |tx| {
        let bytes = usize::try_from(tx.recording_length(id)?).unwrap_or(usize::MAX);
        tx.recording_part(id, &of, 0, bytes.min(MAX_BYTES))
    });
    let content = content.await.map_err(|error| JobError::Retry(error.to_string()))?;
    // The file could not be fetched.
    Ok(Some(Sound { content, mime, length_ms: duration_ms }).filter(|sound| !sound.content.is_empty()))
}

/// The voicemail reports a message once it has heard speech for a moment.
const BEFORE_MS: u64 = 1_000;
/// The rest of a longer message is not transcribed.
const MAX_MESSAGE: Duration = Duration::from_mins(10);
