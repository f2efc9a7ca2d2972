//! The webhooks of the providers.

pub(super) mod voice;
pub(super) mod whatsapp;

use crate::config::SAY_VOICE;
use crate::messages::Phrase;
use crate::providers::twilio::twiml::Verb;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The response of a webhook whose handler panicked or timed out; none for a path that is not a webhook.
///
/// A webhook never returns 500. A call gets TwiML that the caller hears; a message may not be stored, so its response
/// makes the sender retry; a notification is acknowledged.
pub(super) fn failure_response(path: &str) -> Option<Response> {
    let hook = path.strip_prefix("/webhook/")?;
    Some(match hook {
        "incoming_call" | "stream_ended" => voice::answer(&[Verb::Redirect(voice::RECORDER.to_owned())]),
        // Recording again would loop. Another webhook announces the recording as well.
        "handle_recording" => voice::answer(&[voice::say_phrase(SAY_VOICE, &Phrase::SayError), Verb::Hangup]),
        _ if hook.starts_with("whatsapp/") => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}
