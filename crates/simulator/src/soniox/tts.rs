//! Text to speech: up to five streams on one socket.

use super::SpeechRecord;
use super::state::{LANGUAGES, Shared, complaints};
use crate::openai::options::spoken_ms;
use crate::server::delay;
use crate::sound::{Voice, bytes_of, millis};
use crate::websocket::Socket;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// The length of the audio in one message.
const PIECE_MS: u64 = 100;
/// The maximum number of streams on one socket.
const MAX_STREAMS: usize = 5;
const VOICES: [&str; 4] = ["Adrian", "Grace", "Maya", "Noah"];

struct Stream {
    id: String,
    /// The number of the stream over all sockets, from 1; its record has the index `number - 1`.
    number: usize,
    text: String,
    /// Whether the stream was rejected. A client that has not received the error yet may still send text.
    is_rejected: bool,
    /// The audio, the number of sent bytes, and the time of the next piece. `None` before the text is complete, and in
    /// a muted stream.
    sound: Option<(Vec<u8>, usize, Instant)>,
}

pub(super) async fn serve(shared: &Shared, mut socket: Socket) {
    let mut streams: Vec<Stream> = Vec::new();
    loop {
        let next = streams.iter().filter_map(|stream| stream.sound.as_ref().map(|(_, _, at)| *at)).min();
        let wait = next.map_or(Duration::MAX, |at| at.saturating_duration_since(crate::clock::instant()));
        let sent = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let replies = handle(shared, &mut streams, &text);
                    send_all(&mut socket, replies).await
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => true,
                Some(Ok(Message::Binary(_))) => {
                    shared.violation("speech: a binary message");
                    true
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
            },
            () = tokio::time::sleep(wait) => {
                let (replies, closes) = speak(shared, &mut streams);
                send_all(&mut socket, replies).await && !closes
            }
            () = shared.stopping.cancelled() => false,
        };
        if !sent {
            // If the client has already closed the connection, this close fails, which has no effect.
            let _ = socket.close(None).await;
            return;
        }
    }
}

async fn send_all(socket: &mut Socket, replies: Vec<Value>) -> bool {
    for reply in replies {
        if socket.send(Message::text(reply.to_string())).await.is_err() {
            return false;
        }
    }
    true
}

fn handle(shared: &Shared, streams: &mut Vec<Stream>, text: &str) -> Vec<Value> {
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    if message["keep_alive"] == true {
        return Vec::new();
    }
    let id = message["stream_id"].as_str().unwrap_or_default().to_owned();
    if message.get("model").is_some() {
        return start(shared, streams, id, message);
    }
    let Some(at) = streams.iter().position(|stream| stream.id == id) else {
        // A client may cancel a stream that has just ended.
        if message["cancel"] != true {
            shared.violation(format!("speech: no stream {id}: {text}"));
        }
        return Vec::new();
    };
    if streams[at].is_rejected {
        streams.remove(at);
        return Vec::new();
    }
    if message["cancel"] == true {
        let stream = streams.remove(at);
        shared.state().speeches[stream.number - 1].cancelled = true;
        return vec![json!({"terminated": true, "stream_id": id})];
    }
    let stream = &mut streams[at];
    stream.text.push_str(message["text"].as_str().unwrap_or_default());
    shared.state().speeches[stream.number - 1].text.clone_from(&stream.text);
    if message["text_end"] == true {
        let options = shared.options();
        let length_ms = spoken_ms(&stream.text);
        let is_mute = options.faults.mute_from_stream.is_some_and(|from| stream.number >= from);
        if !is_mute {
            let sound = Voice::agent(stream.number as u64).speak(length_ms);
            stream.sound =
                Some((sound, 0, crate::clock::instant() + delay(options.think, options.spread, stream.number)));
        }
    }
    Vec::new()
}

fn start(shared: &Shared, streams: &mut Vec<Stream>, id: String, config: Value) -> Vec<Value> {
    let required = ["model", "language", "voice", "audio_format", "stream_id"];
    let mut wrong = complaints(&config, &required, &["sample_rate", "bitrate", "speed", "return_timestamps"]);
    if config["audio_format"] != "pcm_mulaw" || config["sample_rate"] != 8000 {
        wrong.push("this fake speaks only mu-law of a telephone".into());
    }
    if streams.iter().any(|stream| stream.id == id) {
        wrong.push(format!("the stream {id} is active"));
    }
    if streams.len() >= MAX_STREAMS {
        wrong.push("too many streams".into());
    }
    let unknown = unknown(&config);
    let number = {
        let mut state = shared.state();
        state.speeches.push(SpeechRecord { config, ..SpeechRecord::default() });
        state.speeches.len()
    };
    let failed = |code: u16, message: &str| {
        let error = json!({"stream_id": id, "error_code": code, "error_message": message});
        vec![error, json!({"terminated": true, "stream_id": id})]
    };
    if !wrong.is_empty() {
        shared.violation(format!("speech: {}", wrong.join("; ")));
        return failed(400, &wrong.join("; "));
    }
    let is_limited = shared.options().faults.rate_limited_streams.contains(&number);
    let replies = match unknown {
        Some(unknown) => failed(400, &unknown),
        None if is_limited => failed(429, "Too many requests."),
        None => Vec::new(),
    };
    streams.push(Stream { id, number, text: String::new(), is_rejected: !replies.is_empty(), sound: None });
    replies
}

/// Returns the error message about a model, a language or a voice that the service does not know.
fn unknown(config: &Value) -> Option<String> {
    let value = |name: &str| config[name].as_str().unwrap_or_default();
    let (model, language, voice) = (value("model"), value("language"), value("voice"));
    if !model.starts_with("tts-rt-") {
        return Some(format!("Model {model} does not exist."));
    }
    if !LANGUAGES.contains(&language) {
        return Some(format!("Language {language} is not supported."));
    }
    (!VOICES.contains(&voice)).then(|| format!("Voice {voice} does not exist."))
}

/// Returns the messages that are due (pieces of audio, and the ends of streams), and whether to close the socket.
fn speak(shared: &Shared, streams: &mut Vec<Stream>) -> (Vec<Value>, bool) {
    let (options, now) = (shared.options(), crate::clock::instant());
    let (mut replies, mut closes) = (Vec::new(), false);
    streams.retain_mut(|stream| {
        let Some((sound, sent, at)) = &mut stream.sound else { return true };
        if *at > now {
            return true;
        }
        let end = (*sent + bytes_of(PIECE_MS)).min(sound.len());
        let is_last = end == sound.len();
        let mut piece = json!({"audio": STANDARD.encode(&sound[*sent..end]), "stream_id": stream.id});
        if is_last {
            piece["audio_end"] = true.into();
        }
        replies.push(piece);
        *sent = end;
        *at += Duration::from_millis(PIECE_MS).div_f64(options.speed.max(0.1));
        let sent_ms = millis(*sent);
        shared.state().speeches[stream.number - 1].sent_ms = sent_ms;
        if let Some((number, after)) = options.faults.close_in_stream {
            closes |= number == stream.number && u128::from(sent_ms) >= after.as_millis();
            if closes {
                shared.change(|options| options.faults.refuse_sockets = Some(503));
            }
        }
        if is_last {
            replies.push(json!({"terminated": true, "stream_id": stream.id}));
        }
        !is_last
    });
    (replies, closes)
}
