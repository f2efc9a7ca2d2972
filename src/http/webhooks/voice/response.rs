//! The TwiML responses to Twilio's voice webhooks.

use crate::config::say_language;
use crate::domain::Language;
use crate::messages::{self, Phrase};
use crate::providers::twilio::twiml::{self, Verb};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The path of the webhook for Twilio's recorder, which records callers who have no media stream.
pub(in crate::http::webhooks) const RECORDER: &str = "/webhook/handle_recording";

pub(in crate::http::webhooks) fn answer(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], twiml::document(verbs)).into_response()
}

/// Creates a verb that speaks a text with one of Twilio's voices, in the voice's language.
pub(in crate::http::webhooks) fn say(voice: &str, text: &str) -> Verb {
    let language = say_language(voice).unwrap_or_default().to_owned();
    Verb::Say { text: text.to_owned(), voice: voice.to_owned(), language }
}

pub(in crate::http::webhooks) fn say_phrase(voice: &str, phrase: &Phrase) -> Verb {
    say(voice, &messages::text(language_of(voice), phrase))
}

pub(super) fn language_of(voice: &str) -> Language {
    Language::for_tag(say_language(voice).unwrap_or_default())
}
