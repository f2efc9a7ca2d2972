//! The webhooks of the providers.

pub(super) mod voice;
pub(super) mod whatsapp;

use crate::config::SAY_VOICE;
use crate::messages::Phrase;
use crate::providers::twilio::twiml::Verb;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Returns the response for a webhook whose handler panicked or timed out; none for a path that is not a webhook.
///
/// A webhook never returns 500. For a call that starts or whose stream has ended, the response sends the caller to
/// Twilio's recorder; for a recording, the caller hears an apology. A WhatsApp webhook, whose message may not be
/// stored, gets 503: the bridge then retries. All other webhooks are acknowledged.
pub(super) fn failure_response(path: &str) -> Option<Response> {
    let hook = path.strip_prefix("/webhook/")?;
    Some(match hook {
        // Requesting another recording would loop. The recording itself is not lost: another webhook reports it as
        // well.
        "handle_recording" => voice::answer(&[voice::say_phrase(SAY_VOICE, &Phrase::SayError), Verb::Hangup]),
        // The human agent's leg of a transfer. Its end brings the caller back to the conversation.
        "transfer" => voice::answer(&[Verb::Hangup]),
        "stream_status" | "recording_status" | "call_status" => StatusCode::NO_CONTENT.into_response(),
        _ if hook.starts_with("whatsapp/") => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
        // Any other webhook decides what the caller hears next.
        _ => voice::answer(&[Verb::Redirect(voice::RECORDER.to_owned())]),
    })
}
