//! Webhooks: what the providers ask of us.

pub(super) mod voice;
pub(super) mod whatsapp;

use crate::config::SAY_VOICE;
use crate::providers::twilio::twiml::Verb;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The answer of a webhook whose handler panicked or took too long; none for a path that is no webhook.
///
/// A webhook never gets 500: a call goes on to something that can be heard, a message is asked for again, because it may
/// not have been stored, and a notice that only informs is taken as read.
pub(super) fn answer_when_failed(path: &str) -> Option<Response> {
    let hook = path.strip_prefix("/webhook/")?;
    Some(match hook {
        "incoming_call" | "stream_ended" => voice::answer(&[Verb::Redirect(voice::RECORDER.to_owned())]),
        "handle_recording" => voice::answer(&[voice::say(SAY_VOICE, APOLOGY), Verb::Hangup]),
        _ if hook.starts_with("whatsapp/") => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}

// To record again would go round in circles. What was recorded is told of by another webhook as well.
const APOLOGY: &str = "אירעה תקלה. נא להתקשר שוב מאוחר יותר.";
