//! Formats a readable summary of a simulated call.

use crate::simulator::caller::{CallReport, StreamReport};
use std::fmt::Write;

pub(super) fn call(report: &CallReport) -> String {
    let mut text = String::new();
    let seconds = report.duration_ms / 1_000;
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "\nCall {}: {seconds} s, ended by {:?}", report.call_sid, report.ended);
    for prompt in &report.prompts {
        let _ = writeln!(text, "  prompt    {} ({} ms)", prompt.what, prompt.length_ms);
    }
    for stream in &report.streams {
        text.push_str(&stream_lines(stream));
    }
    for recording in &report.recordings {
        let _ = writeln!(text, "  recorded  {recording}");
    }
    let slowest = report.webhooks.iter().max_by_key(|webhook| webhook.took_ms);
    if let Some(slowest) = slowest {
        let count = report.webhooks.len();
        let _ = writeln!(text, "  webhooks  {count}, the slowest {} ms ({})", slowest.took_ms, slowest.path);
    }
    text
}

fn stream_lines(stream: &StreamReport) -> String {
    let mut text = String::new();
    let (seconds, ended) = (stream.ended_ms / 1_000, &stream.ended);
    let _ = writeln!(text, "  stream    {seconds} s, {ended:?}");
    for answer in &stream.answers {
        let at = answer.asked_ms / 1_000;
        let _ = writeln!(text, "  answer    {} ms after the end of the question (at {at} s)", answer.latency_ms());
    }
    for interruption in &stream.interruptions {
        let _ = match interruption.cleared_ms {
            Some(cleared_ms) => {
                let after = cleared_ms.saturating_sub(interruption.spoke_ms);
                writeln!(text, "  interrupted: stopped {after} ms after the caller began to speak")
            }
            None => writeln!(text, "  interrupted: did not stop"),
        };
    }
    let spoken: u64 = stream.utterances.iter().map(|it| it.ended_ms - it.began_ms).sum();
    let _ = writeln!(text, "  heard     {spoken} ms of speech in {} utterances", stream.utterances.len());
    if let Some(second) = &stream.second_socket {
        let _ = writeln!(text, "  second socket: {second:?}");
    }
    text
}
