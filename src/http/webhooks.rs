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
/// The response of a call's webhook sends the caller to Twilio's recorder, but after a recording the caller hears an
/// apology, and the human agent's leg of a transfer ends. A WhatsApp webhook, whose message may not be stored, gets
/// 503: the bridge then retries. Status notifications are acknowledged.
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
        // The other webhooks decide what the caller hears next, except that of a detected machine, whose response
        // Twilio ignores.
        _ => voice::answer(&[Verb::Redirect(voice::RECORDER.to_owned())]),
    })
}
