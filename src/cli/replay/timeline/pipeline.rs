//! What a pipeline received from its services and what it decided, as texts of the timeline.

use crate::pipeline::{Action, ClauseId, ModelEvent, PipelineInput, SpeechEvent, TranscriberEvent};

pub(super) fn action_text(action: &Action) -> String {
    match action {
        Action::EndUtterance => "requests the end of the utterance".to_owned(),
        Action::Ask { request, conversation, is_twice, .. } => {
            let twice = if *is_twice { ", sent twice" } else { "" };
            format!("request {request} to the model, with {} messages{twice}", conversation.len())
        }
        Action::StopModel => "stops the model".to_owned(),
        Action::Speak { clause, text, .. } => format!("synthesises {}: {text}", clause_name(*clause)),
        Action::StopSpeech { clause } => format!("stops the synthesis of {}", clause_name(*clause)),
    }
}

/// `None` if the timeline omits the input unless everything is requested.
pub(super) fn service_text(input: &PipelineInput, all: bool) -> Option<String> {
    Some(match input {
        PipelineInput::Transcriber(TranscriberEvent::End) => "transcriber: the utterance has ended".to_owned(),
        PipelineInput::Model { request, event: ModelEvent::Failed { reason, .. } } => {
            format!("model, request {request}: failed: {reason}")
        }
        PipelineInput::Model { request, event: ModelEvent::Done { is_complete, .. } } => {
            format!("model, request {request}: done{}", if *is_complete { "" } else { ", incomplete" })
        }
        PipelineInput::Speech { clause, event: SpeechEvent::Failed { reason, .. } } => {
            format!("synthesiser, {}: failed: {reason}", clause_name(*clause))
        }
        PipelineInput::Lost { reason, .. } => format!("lost: {reason}"),
        _ if !all => return None,
        PipelineInput::Audio { ms, is_voice } => {
            format!("{ms} ms sent to the transcriber, {}", if *is_voice { "voice" } else { "no voice" })
        }
        PipelineInput::Command(command) => format!("command to the pipeline: {command:?}"),
        PipelineInput::Transcriber(event) => match event {
            TranscriberEvent::Words { text, until_ms, .. } => {
                let until = until_ms.map(|ms| format!(" until {ms} ms")).unwrap_or_default();
                format!("transcriber: words{until}: {text}")
            }
            TranscriberEvent::NoWords { until_ms } => format!("transcriber: no words until {until_ms} ms"),
            TranscriberEvent::WordTimes { times, .. } => format!("transcriber: times of {} words", times.len()),
            TranscriberEvent::Progress(ms) => format!("transcriber: at {ms} ms"),
            TranscriberEvent::ExpectedProgress(ms) => format!("transcriber: probably at {ms} ms"),
            TranscriberEvent::End => return None,
        },
        PipelineInput::Model { request, event } => match event {
            ModelEvent::Text(text) => format!("model, request {request}: {text}"),
            ModelEvent::ToolCall { name, .. } => format!("model, request {request}: tool call {name}"),
            ModelEvent::Activity | ModelEvent::Done { .. } | ModelEvent::Failed { .. } => {
                format!("model, request {request}: activity")
            }
        },
        PipelineInput::Speech { clause, event: SpeechEvent::Audio(audio) } => {
            format!("synthesiser, {}: {} ms", clause_name(*clause), audio.ms())
        }
        PipelineInput::Speech { clause, .. } => format!("synthesiser, {}: done", clause_name(*clause)),
    })
}

fn clause_name(ClauseId { answer, index, copy }: ClauseId) -> String {
    let copy = if copy > 0 { " again" } else { "" };
    format!("clause {} of answer {answer}{copy}", index + 1)
}
