//! `StreamingSynthesize`: returns synthetic speech for the text of a gRPC call that names a Chirp 3 HD voice.

use super::call::{Call, INVALID_ARGUMENT};
use super::messages::{SynthesizeConfig, SynthesizeInput, SynthesizeRequest, SynthesizeResponse};
use super::state::{Shared, Synthesis};
use crate::openai::options::spoken_ms;
use crate::sound::{Voice, bytes_of};
use axum::body::Bytes;
use std::time::Duration;

const MULAW: i32 = 5;
/// The length of the audio in one message.
const PIECE_MS: u64 = 100;
const VOICES: [&str; 6] = ["Aoede", "Charon", "Kore", "Leda", "Puck", "Zephyr"];
const LANGUAGES: [&str; 6] = ["he-IL", "en-US", "ar-XA", "ru-RU", "uk-UA", "fr-FR"];

pub(super) async fn serve(shared: &Shared, mut call: Call) {
    let (number, text) = match read(shared, &mut call).await {
        Ok(request) => request,
        Err(message) => return call.end(INVALID_ARGUMENT, &message),
    };
    let options = shared.options();
    let planned = options.faults.reject_speeches.iter().find(|(rejected, _)| *rejected == number);
    if let Some((_, (code, message))) = planned {
        return call.end(*code, message);
    }
    if options.faults.mute_from_speech.is_some_and(|from| number >= from) {
        call.cancelled().await;
        return;
    }
    tokio::time::sleep(options.think).await;
    let sound = Bytes::from(Voice::agent(number as u64).speak(spoken_ms(&text)));
    let pause = Duration::from_millis(PIECE_MS).div_f64(options.speed.max(0.1));
    for from in (0..sound.len()).step_by(bytes_of(PIECE_MS)) {
        let audio = sound.slice(from..(from + bytes_of(PIECE_MS)).min(sound.len()));
        let is_sent = call.send(&SynthesizeResponse { audio });
        let is_cancelled = tokio::time::timeout(pause, call.cancelled()).await.is_ok();
        if !is_sent || is_cancelled {
            return;
        }
    }
    call.end(0, "");
}

/// Reads the request. Returns its number, from 1, and its text.
async fn read(shared: &Shared, call: &mut Call) -> Result<(usize, String), String> {
    let first = call.receive::<SynthesizeRequest>().await;
    let Some(Ok(SynthesizeRequest { input: Some(SynthesizeInput::Config(config)) })) = first else {
        shared.violation("speech: the first message is no configuration");
        return Err("The first message must contain a StreamingSynthesizeConfig.".to_owned());
    };
    let mut text = String::new();
    while let Some(message) = call.receive::<SynthesizeRequest>().await {
        let Ok(SynthesizeRequest { input: Some(SynthesizeInput::Text(input)) }) = message else {
            shared.violation("speech: a message without text");
            return Err("Text is expected after the first message.".to_owned());
        };
        text.push_str(&input.text);
    }
    let SynthesizeConfig { voice, audio } = config;
    let (voice, audio) = (voice.unwrap_or_default(), audio.unwrap_or_default());
    if (audio.encoding, audio.sample_rate) != (MULAW, 8000) || text.trim().is_empty() {
        shared.violation(format!("speech: {audio:?}, {text:?}"));
    }
    let number = {
        let mut state = shared.state();
        let (language, name) = (voice.language_code.clone(), voice.name.clone());
        state.speeches.push(Synthesis { language, voice: name, text: text.clone() });
        state.speeches.len()
    };
    let name = voice.name.strip_prefix(&format!("{}-Chirp3-HD-", voice.language_code));
    if !LANGUAGES.contains(&voice.language_code.as_str()) || name.is_none_or(|name| !VOICES.contains(&name)) {
        return Err(format!("Voice '{}' does not exist. Is it misspelled?", voice.name));
    }
    Ok((number, text))
}
