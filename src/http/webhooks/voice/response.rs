//! The TwiML responses to Twilio's voice webhooks.

use crate::config::{Config, say_language};
use crate::domain::Language;
use crate::messages::{self, Phrase};
use crate::providers::twilio::twiml::{self, Verb};
use crate::spoken::{Dictionary, for_synthesis};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The path of the webhook for Twilio's recorder, which records callers who have no media stream.
pub(in crate::http::webhooks) const RECORDER: &str = "/webhook/handle_recording";

pub(in crate::http::webhooks) fn answer(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], twiml::document(verbs)).into_response()
}

/// Creates a verb that speaks a text with the configured voice of Twilio, in the voice's language, as a synthesiser of
/// the pipeline would speak it.
pub(in crate::http::webhooks) fn say(config: &Config, text: &str) -> Verb {
    let voice = &config.voice.say_voice;
    let language = say_language(voice).unwrap_or_default().to_owned();
    let text = for_synthesis(text, &language, &Dictionary::from_lines(&config.agent.pronunciation));
    Verb::Say { text, voice: voice.clone(), language }
}

pub(in crate::http::webhooks) fn say_phrase(config: &Config, phrase: &Phrase) -> Verb {
    say(config, &messages::text(language_of(&config.voice.say_voice), phrase))
}

pub(super) fn language_of(voice: &str) -> Language {
    Language::for_tag(say_language(voice).unwrap_or_default())
}
