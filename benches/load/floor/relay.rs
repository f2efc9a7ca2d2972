//! The floor of a call: two sockets in one task. The task copies the audio of each message into a message for the other
//! socket, and writes once for each wake-up.

use crate::wire::text_after;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

pub async fn serve(port: u16, ai: &str) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let local = tokio::task::LocalSet::new();
    let ai: std::rc::Rc<str> = ai.into();
    local
        .run_until(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let ai = ai.clone();
                tokio::task::spawn_local(async move { relay(stream, &ai).await });
            }
        })
        .await;
}

async fn relay(stream: TcpStream, ai: &str) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut caller = tokio_tungstenite::accept_async_with_config(stream, Some(small())).await.ok()?;
    let stream_sid = loop {
        let message = caller.next().await?.ok()?;
        let text = message.to_text().ok()?;
        if text.contains("\"start\"") {
            break text_after(text, "\"streamSid\":\"")?.to_owned();
        }
    };
    let stream = TcpStream::connect(ai).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let mut request = format!("ws://{ai}/v1/realtime?model=bench").into_client_request().ok()?;
    request.headers_mut().insert("authorization", "Bearer bench".parse().ok()?);
    let (mut model, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(small())).await.ok()?;
    let update = r#"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcmu"}}}}}"#;
    model.send(Message::text(update)).await.ok()?;
    loop {
        let event = model.next().await?.ok()?;
        if event.to_text().ok()?.contains("session.updated") {
            break;
        }
    }
    loop {
        tokio::select! {
            message = caller.next() => {
                let mut message = message?.ok()?;
                loop {
                    if !to_model(&message, &mut model).await? {
                        return model.flush().await.ok();
                    }
                    match caller.next().now_or_never() {
                        Some(next) => message = next?.ok()?,
                        None => break,
                    }
                }
                model.flush().await.ok()?;
            }
            event = model.next() => {
                let mut event = event?.ok()?;
                loop {
                    to_caller(&event, &mut caller, &stream_sid).await?;
                    match model.next().now_or_never() {
                        Some(next) => event = next?.ok()?,
                        None => break,
                    }
                }
                caller.flush().await.ok()?;
            }
        }
    }
}

/// Forwards the audio of the caller's message to the AI. Returns whether the call continues; `None` if the AI's
/// connection is broken.
async fn to_model(message: &Message, model: &mut WebSocketStream<TcpStream>) -> Option<bool> {
    let Message::Text(text) = message else { return Some(!message.is_close()) };
    if let Some(payload) = text_after(text, "\"payload\":\"") {
        let append = format!(r#"{{"type":"input_audio_buffer.append","audio":"{payload}"}}"#);
        model.feed(Message::text(append)).await.ok()?;
    }
    Some(!text.contains("\"event\":\"stop\""))
}

async fn to_caller(event: &Message, caller: &mut WebSocketStream<TcpStream>, stream_sid: &str) -> Option<()> {
    let Message::Text(text) = event else { return Some(()) };
    let message = if text.contains("response.output_audio.delta") {
        let delta = text_after(text, "\"delta\":\"")?;
        format!(r#"{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{delta}"}}}}"#)
    } else if text.contains("input_audio_buffer.speech_started") {
        format!(r#"{{"event":"clear","streamSid":"{stream_sid}"}}"#)
    } else {
        return Some(());
    };
    caller.feed(Message::text(message)).await.ok()
}

fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(8 << 10)
}
