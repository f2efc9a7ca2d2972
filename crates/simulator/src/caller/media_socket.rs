//! The socket of a media stream: carries the messages of a [`MediaStream`] in real time.

use super::media_stream::MediaStream;
use super::report::StreamEnd;
use super::scripted_caller::CallerAction;
use crate::daemon_connector::Socket;
use crate::{EventLog, Party};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Error, Message};

pub(super) struct Outcome<I> {
    pub(super) end: StreamEnd,
    pub(super) interrupt: Option<I>,
    /// When the stream ended, in milliseconds since it started.
    pub(super) ended_ms: u64,
}

/// Runs a stream until the daemon, the caller or `interrupt` ends it. Calls `second_socket` when the script opens a
/// second socket.
pub(super) async fn run<I>(
    socket: Socket,
    media_stream: &mut MediaStream,
    log: &EventLog,
    mut second_socket: impl FnMut(),
    interrupt: impl Future<Output = I>,
) -> Outcome<I> {
    let (sink, mut stream) = socket.split();
    // Twilio continues to read while the daemon does not read, so a blocked write must not block reading.
    let (outgoing, messages) = mpsc::unbounded_channel();
    let writer = tokio::spawn(write(sink, messages));
    let began = crate::clock::instant();
    let mut interrupt = pin!(interrupt);
    let over = |end, interrupt| Outcome { end, interrupt, ended_ms: micros_since(began) / 1_000 };
    loop {
        while let Some(message) = media_stream.poll_send() {
            let _ = outgoing.send(Message::text(message));
        }
        for complaint in media_stream.take_complaints() {
            log.violation(Party::Twilio, complaint);
        }
        while let Some(action) = media_stream.poll_action() {
            match action {
                CallerAction::HangUp => {
                    log.note(Party::Caller, "hangs up");
                    close(media_stream, &outgoing, &mut stream, log).await;
                    return over(StreamEnd::CallerHungUp, None);
                }
                CallerAction::Drop => {
                    log.note(Party::Caller, "drops the connection");
                    writer.abort();
                    return over(StreamEnd::Dropped, None);
                }
                CallerAction::StopWithoutClose => {
                    let _ = outgoing.send(Message::text(media_stream.stop_message()));
                    wait_for_close(&mut stream, log).await;
                    return over(StreamEnd::CallerHungUp, None);
                }
                CallerAction::AnswerTimeout => log.violation(Party::Caller, "has heard nothing for 30 s"),
                CallerAction::SecondSocket => second_socket(),
                CallerAction::Press(_) | CallerAction::StartAgain => {}
            }
        }
        let wake = began + Duration::from_micros(media_stream.next_us());
        tokio::select! {
            biased;
            // Biased: a daemon that redirects or ends the call by REST may close the stream at the same time, and the
            // interruption then counts as the cause.
            next = &mut interrupt => {
                media_stream.handle_time(micros_since(began));
                close(media_stream, &outgoing, &mut stream, log).await;
                return over(StreamEnd::Redirected, Some(next));
            }
            () = tokio::time::sleep_until(wake.into()) => media_stream.handle_time(micros_since(began)),
            message = stream.next() => match read(message) {
                Read::Text(text) => media_stream.handle_message(&text, micros_since(began)),
                Read::Nothing => {}
                Read::Closed(end) => {
                    media_stream.handle_time(micros_since(began));
                    return over(end, None);
                }
            },
        }
    }
}

enum Read {
    Closed(StreamEnd),
    Nothing,
    Text(String),
}

fn read(message: Option<Result<Message, Error>>) -> Read {
    match message {
        Some(Ok(Message::Text(text))) => Read::Text(text.as_str().to_owned()),
        // Twilio accepts only text messages. The placeholder is not JSON and is therefore reported as a violation.
        Some(Ok(Message::Binary(_))) => Read::Text("binary".into()),
        Some(Ok(Message::Close(frame))) => Read::Closed(StreamEnd::ServerClosed {
            code: frame.as_ref().map(|frame| frame.code.into()),
            reason: frame.map(|frame| frame.reason.as_str().to_owned()).unwrap_or_default(),
        }),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Read::Nothing,
        Some(Err(error)) => Read::Closed(StreamEnd::ServerClosed { code: None, reason: error.to_string() }),
        None => Read::Closed(StreamEnd::ServerClosed { code: None, reason: String::new() }),
    }
}

async fn close(
    media_stream: &mut MediaStream,
    outgoing: &mpsc::UnboundedSender<Message>,
    stream: &mut SplitStream<Socket>,
    log: &EventLog,
) {
    let _ = outgoing.send(Message::text(media_stream.stop_message()));
    let _ = outgoing.send(Message::Close(None));
    wait_for_close(stream, log).await;
}

async fn wait_for_close(stream: &mut SplitStream<Socket>, log: &EventLog) {
    let gone = async { while !matches!(read(stream.next().await), Read::Closed(_)) {} };
    if tokio::time::timeout(CLOSE_LIMIT, gone).await.is_err() {
        log.violation(Party::Twilio, "the daemon keeps a stream open for 10 s after its stop");
    }
}

async fn write(mut sink: SplitSink<Socket, Message>, mut messages: mpsc::UnboundedReceiver<Message>) {
    while let Some(message) = messages.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

fn micros_since(earlier: Instant) -> u64 {
    let since = crate::clock::instant().saturating_duration_since(earlier);
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

const CLOSE_LIMIT: Duration = Duration::from_secs(10);
