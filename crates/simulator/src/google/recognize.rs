//! `StreamingRecognize`: returns words while the caller speaks, and final words after a silence and at the end of the
//! stream.

use super::call::{ABORTED, Call, INVALID_ARGUMENT, UNAVAILABLE};
use super::messages::{
    Alternative, Offset, RecognitionConfig, RecognizeInput, RecognizeRequest, RecognizeResponse, RecognizeResult,
    StreamingConfig, WordInfo,
};
use super::options::GoogleOptions;
use super::state::{Recognition, Shared};
use super::token::PROJECT;
use crate::fault::silence;
use crate::transcriber::{Transcriber, TranscriberEvent, TranscriberPlan, Word, text_of};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const MULAW: i32 = 2;
const SPEECH_ACTIVITY_BEGIN: i32 = 2;
const SPEECH_ACTIVITY_END: i32 = 3;
/// The maximum duration of a transcription.
const MAX_STREAM: Duration = Duration::from_mins(5);
/// The maximum length of the audio in one message, in bytes.
const MAX_AUDIO: usize = 25_600;
const MODELS: [&str; 4] = ["chirp_3", "chirp_2", "telephony", "long"];
const LANGUAGES: [&str; 7] = ["iw-IL", "en-US", "ar-EG", "ru-RU", "am-ET", "uk-UA", "fr-FR"];

/// A result of the transcriber, and the length of the audio so far.
struct Finding {
    heard: TranscriberEvent,
    now_ms: u64,
    /// Whether the final words have times.
    has_times: bool,
}

pub(super) async fn serve(shared: &Shared, mut call: Call, closing: &CancellationToken) {
    let index = match start(shared, &mut call).await {
        Ok(index) => index,
        Err((code, message)) => return call.end(code, &message),
    };
    let options = shared.options();
    let Recognition { word_times: has_times, languages, .. } = shared.state().recognitions[index].clone();
    if let Some((code, message)) = options.faults.reject_recognitions {
        return call.end(code, message);
    }
    let late = tokio::time::sleep(MAX_STREAM);
    tokio::pin!(late);
    let mut transcriber = None;
    loop {
        let message = tokio::select! {
            message = call.receive::<RecognizeRequest>() => message,
            () = &mut late => return call.end(ABORTED, "Max duration of 5 minutes reached for stream."),
        };
        let audio = match message {
            Some(Ok(RecognizeRequest { input: Some(RecognizeInput::Audio(audio)), .. })) => audio,
            Some(_) => {
                shared.violation("transcription: a message without audio");
                return call.end(INVALID_ARGUMENT, "Audio data is expected after the first message.");
            }
            None => break,
        };
        if audio.len() > MAX_AUDIO {
            shared.violation("transcription: a message with too much audio");
        }
        let audio = if call.is_deaf() { silence(&audio).into() } else { audio };
        shared.state().recognitions[index].heard.extend_from_slice(&audio);
        // The transcripts of this stream follow those of the utterances that had ended, in all streams, before its
        // first audio.
        let transcriber =
            transcriber.get_or_insert_with(|| Transcriber::new(plan(&options, *shared.utterances(), &languages)));
        for heard in transcriber.receive(&audio) {
            if index < options.faults.restart_recognitions {
                return call.end(UNAVAILABLE, "The service is currently unavailable.");
            }
            if index < options.faults.close_connections {
                return closing.cancel();
            }
            if matches!(heard, TranscriberEvent::End(_)) {
                *shared.utterances() += 1;
            }
            let finding = Finding { heard, now_ms: transcriber.now_ms(), has_times };
            if !send(&mut call, &finding, options.faults.malformed) {
                return;
            }
        }
    }
    if call.is_cancelled() {
        return;
    }
    shared.state().recognitions[index].ended = true;
    if let Some(transcriber) = transcriber.as_mut().filter(|transcriber| transcriber.is_in_utterance()) {
        *shared.utterances() += 1;
        let finding =
            Finding { heard: TranscriberEvent::End(transcriber.finish()), now_ms: transcriber.now_ms(), has_times };
        tokio::time::sleep(options.transcribe).await;
        send(&mut call, &finding, options.faults.malformed);
    }
    call.end(0, "");
}

fn plan(options: &GoogleOptions, utterances: usize, languages: &[String]) -> TranscriberPlan {
    let mut heard = options.heard.clone();
    let first = utterances % heard.len().max(1);
    heard.rotate_left(first);
    let endpoint = (!options.faults.endless_utterances).then_some(options.endpoint);
    TranscriberPlan { heard, endpoint, languages: languages.to_vec() }
}

/// Reads the first message. Returns the index of the transcription.
async fn start(shared: &Shared, call: &mut Call) -> Result<usize, (u32, String)> {
    let invalid = |message: String| Err((INVALID_ARGUMENT, message));
    let first = call.receive::<RecognizeRequest>().await;
    let Some(Ok(RecognizeRequest { recognizer, input: Some(RecognizeInput::Config(config)) })) = first else {
        shared.violation("transcription: the first message is no configuration");
        return invalid("The first message must contain a StreamingRecognitionConfig.".to_owned());
    };
    let StreamingConfig { config, features } = config;
    let (config, features) = (config.unwrap_or_default(), features.unwrap_or_default());
    let decoding = config.decoding.clone().unwrap_or_default();
    if (decoding.encoding, decoding.sample_rate, decoding.channels) != (MULAW, 8000, 1) {
        shared.violation("transcription: this fake hears only mu-law of a telephone");
    }
    if !features.interim_results || !features.voice_activity_events {
        shared.violation("transcription: neither interim results nor voice activity events may be missing");
    }
    let location = recognizer.strip_prefix(&format!("projects/{PROJECT}/locations/"));
    let Some(location) = location.and_then(|rest| rest.strip_suffix("/recognizers/_")) else {
        shared.violation(format!("transcription: the recognizer is {recognizer}"));
        return invalid("The recognizer's name is not valid.".to_owned());
    };
    let word_times = config.features.clone().unwrap_or_default().word_time_offsets;
    let (location, model, languages) = (location.to_owned(), config.model.clone(), config.language_codes.clone());
    let index = {
        let mut state = shared.state();
        state.recognitions.push(record(recognizer.clone(), config));
        state.recognitions.len() - 1
    };
    if word_times && model == "chirp_3" {
        return invalid("Word time offsets are not supported by the model in streaming recognition.".to_owned());
    }
    if !MODELS.contains(&model.as_str()) {
        return invalid(format!("The model \"{model}\" does not exist in the location named \"{location}\"."));
    }
    match languages.iter().find(|code| !LANGUAGES.contains(&code.as_str())) {
        Some(language) => invalid(format!(
            "The language \"{language}\" is not supported by the model \"{model}\" in the location named \"{location}\"."
        )),
        None => Ok(index),
    }
}

fn record(recognizer: String, config: RecognitionConfig) -> Recognition {
    let sets = config.adaptation.unwrap_or_default().phrase_sets.into_iter().filter_map(|set| set.inline);
    let phrases = sets.flat_map(|set| set.phrases).map(|phrase| phrase.value).collect();
    let word_times = config.features.unwrap_or_default().word_time_offsets;
    let (model, languages) = (config.model, config.language_codes);
    Recognition { recognizer, model, languages, word_times, phrases, ..Recognition::default() }
}

fn send(call: &mut Call, finding: &Finding, malformed: bool) -> bool {
    let responses = match &finding.heard {
        TranscriberEvent::Words(words) if words.len() == 1 => {
            vec![activity(SPEECH_ACTIVITY_BEGIN, words[0].start_ms), interim(words)]
        }
        TranscriberEvent::Words(words) => vec![interim(words)],
        TranscriberEvent::End(words) => {
            let mut last = result(&text_of(words), true, 0.0, finding.now_ms);
            if finding.has_times {
                last.alternatives[0].words = words.iter().map(timed).collect();
            }
            let last = vec![last];
            vec![
                RecognizeResponse { results: last, ..Default::default() },
                activity(SPEECH_ACTIVITY_END, finding.now_ms),
            ]
        }
    };
    responses.iter().all(|response| (!malformed || call.send_raw(&[0xff; 4])) && call.send(response))
}

/// Returns the words so far. The last word is likely to change, so it is a separate result with a low stability.
fn interim(words: &[Word]) -> RecognizeResponse {
    let (stable, last) = words.split_at(words.len().saturating_sub(1));
    let parts = [(stable, 0.9), (last, 0.1)].into_iter().filter(|(words, _)| !words.is_empty());
    let results = parts.map(|(words, stability)| {
        result(&text_of(words), false, stability, words.last().map_or(0, |word| word.end_ms))
    });
    RecognizeResponse { results: results.collect(), ..Default::default() }
}

fn result(transcript: &str, is_final: bool, stability: f32, end_ms: u64) -> RecognizeResult {
    RecognizeResult {
        alternatives: vec![Alternative { transcript: transcript.to_owned(), confidence: 0.9, words: Vec::new() }],
        is_final,
        stability,
        end: Some(Offset::of_millis(end_ms)),
        language_code: "iw-IL".to_owned(),
    }
}

fn timed(word: &Word) -> WordInfo {
    let (start, end) = (Offset::of_millis(word.start_ms), Offset::of_millis(word.end_ms));
    WordInfo { start: Some(start), end: Some(end), word: word.text.trim().to_owned() }
}

fn activity(event: i32, at_ms: u64) -> RecognizeResponse {
    RecognizeResponse { event, event_offset: Some(Offset::of_millis(at_ms)), ..Default::default() }
}
