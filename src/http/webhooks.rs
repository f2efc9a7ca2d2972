//! The webhooks of the providers.

pub(super) mod voice;
pub(super) mod whatsapp;

use crate::config::Config;
use crate::messages::Phrase;
use crate::providers::twilio::twiml::Verb;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use voice::response::{RECORDER, answer, say_phrase};

/// Returns the response for a webhook whose handler panicked or timed out; none for a path that is not a webhook. A
/// WhatsApp webhook gets 503, so that the bridge retries.
pub(super) fn failure_response(path: &str) -> Option<Response> {
    let hook = path.strip_prefix("/webhook/")?;
    Some(match hook {
        // Requesting another recording would loop. The recording itself is not lost, because another webhook reports it
        // as well.
        "handle_recording" => answer(&[say_phrase(&Config::default(), &Phrase::SayError), Verb::Hangup]),
        // After the human agent's leg of a transfer has ended, the caller continues the conversation. A contact whom
        // the agent has called does not expect to leave a message.
        "transfer" | "outbound_call" | "outbound_message" => answer(&[Verb::Hangup]),
        "stream_status" | "recording_status" | "call_status" | "outbound_machine" => {
            StatusCode::NO_CONTENT.into_response()
        }
        _ if hook.starts_with("whatsapp/") => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
        // The other webhooks decide what the caller hears next.
        _ => answer(&[Verb::Redirect(RECORDER.to_owned())]),
    })
}

#[cfg(test)]
mod tests {
    use super::failure_response;
    use axum::http::StatusCode;

    async fn body(path: &str) -> (StatusCode, String) {
        let (parts, body) = failure_response(path).unwrap().into_parts();
        let body = axum::body::to_bytes(body, 10_000).await.unwrap();
        (parts.status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn callers_are_recorded_and_called_people_are_not() {
        let (status, text) = body("/webhook/incoming_call").await;
        assert!(status == StatusCode::OK && text.contains("<Redirect"), "{text}");
        for path in ["/webhook/outbound_call", "/webhook/outbound_message", "/webhook/transfer"] {
            let (status, text) = body(path).await;
            assert!(
                status == StatusCode::OK && text.contains("<Hangup") && !text.contains("<Redirect"),
                "{path} {text}"
            );
        }
        for path in ["/webhook/outbound_machine", "/webhook/call_status"] {
            assert_eq!(body(path).await, (StatusCode::NO_CONTENT, String::new()), "{path}");
        }
        assert_eq!(body("/webhook/whatsapp/twilio").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(failure_response("/api/calls").is_none());
    }
}
