//! The browser's side of a trial call, or of a call that an employee answers: a microphone in real time, and a
//! loudspeaker that returns each mark when the audio before it has been played.

use super::{Client, Daemon};
use agentlocator::simulator::sound::{SILENCE, Voice};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// The number of samples in a frame of 20 ms.
const FRAME: usize = 160;
const LIMIT: Duration = Duration::from_secs(20);

/// A browser in a trial call, or in a call that an employee answers.
pub struct Browser {
    seen: Arc<Seen>,
    commands: UnboundedSender<Command>,
}

#[derive(Default)]
struct Seen {
    messages: Mutex<Vec<Value>>,
    /// The audio from the microphone and, in `heard`, the audio for the loudspeaker: mu-law without frames of silence.
    said: Mutex<Vec<u8>>,
    heard: Mutex<Vec<u8>>,
    changed: Notify,
}

enum Command {
    Say(u64),
    HangUp,
    Stop,
    Freeze,
}

impl Browser {
    /// Requests a trial call and connects. The greeting is skipped.
    pub async fn call(daemon: &Daemon, client: &Client) -> Self {
        let ticket = ticket(client).await;
        let mut socket = open(daemon, Some(&daemon.url())).await.unwrap();
        send(&mut socket, &start(&ticket)).await;
        Self::on(socket)
    }

    /// Answers a running call as an employee.
    pub async fn answer(daemon: &Daemon, client: &Client, call: &Value) -> Self {
        let ticket = answer_ticket(client, call).await;
        let mut socket = open_at(daemon, ticket["socket_path"].as_str().unwrap(), Some(&daemon.url())).await.unwrap();
        send(&mut socket, &start(&ticket)).await;
        Self::with(socket, true)
    }

    /// Creates the browser's end of a socket whose start message has been sent.
    pub fn on(socket: Socket) -> Self {
        Self::with(socket, false)
    }

    /// `is_on`: whether the microphone transmits from the start, and not only after the greeting.
    fn with(socket: Socket, is_on: bool) -> Self {
        let (commands, receiver) = unbounded_channel();
        let seen = Arc::<Seen>::default();
        tokio::spawn(run(socket, receiver, seen.clone(), is_on));
        Self { seen, commands }
    }

    /// Speaks for some milliseconds, after all earlier speech.
    pub fn say(&self, ms: u64) {
        self.commands.send(Command::Say(ms)).unwrap();
    }

    /// Sends `stop`.
    pub fn stop(&self) {
        self.commands.send(Command::Stop).unwrap();
    }

    /// Stops sending audio and the marks of played audio, while the socket stays open.
    pub fn freeze(&self) {
        self.commands.send(Command::Freeze).unwrap();
    }

    /// Returns what the microphone has transmitted, without frames of silence.
    pub fn said(&self) -> Vec<u8> {
        self.seen.said.lock().unwrap().clone()
    }

    /// Returns what the loudspeaker has received, without frames of silence.
    pub fn heard(&self) -> Vec<u8> {
        self.seen.heard.lock().unwrap().clone()
    }

    pub fn hang_up(&self) {
        self.commands.send(Command::HangUp).unwrap();
    }

    /// Returns all messages so far, without the audio.
    pub fn messages(&self) -> Vec<Value> {
        self.seen.messages.lock().unwrap().clone()
    }

    /// Waits for a message that `is` accepts.
    pub async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.until_number(1, what, is).await
    }

    /// Waits for the `number`th message that `is` accepts.
    pub async fn until_number(&self, number: usize, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let change = self.seen.changed.notified();
                let messages = self.messages();
                if let Some(found) = messages.iter().filter(|message| is(message)).nth(number - 1) {
                    return found.clone();
                }
                change.await;
            }
        };
        let found = tokio::time::timeout(LIMIT, wait).await;
        found.unwrap_or_else(|_| panic!("no message {number}: {what}; there are {:#?}", self.messages()))
    }

    /// Waits for a state of the call, such as `listening`.
    pub async fn until_state(&self, state: &str) {
        self.until(state, |message| message["event"] == "state" && message["state"] == state).await;
    }

    /// Waits for the `number`th complete turn of the speaker, and returns it.
    pub async fn until_turn(&self, number: usize, speaker: &str) -> Value {
        let is_turn = |message: &Value| message["event"] == "turn" && message["is_final"] == true;
        let wait = async {
            loop {
                let change = self.seen.changed.notified();
                let mut ids = Vec::new();
                let messages = self.messages();
                for message in messages.iter().filter(|message| is_turn(message) && message["speaker"] == speaker) {
                    if !ids.contains(&message["id"]) {
                        ids.push(message["id"].clone());
                    }
                }
                if let Some(id) = ids.get(number - 1) {
                    let last = messages.iter().rfind(|message| is_turn(message) && message["id"] == *id);
                    return last.unwrap().clone();
                }
                change.await;
            }
        };
        let found = tokio::time::timeout(LIMIT, wait).await;
        found.unwrap_or_else(|_| panic!("no turn {number} of {speaker}: {:#?}", self.messages()))
    }

    /// Waits for the message `ended` of the call, and returns it.
    pub async fn until_ended(&self) -> Value {
        self.until("the end", |message| message["event"] == "ended").await
    }
}

/// Requests a ticket for a trial call.
pub async fn ticket(client: &Client) -> Value {
    let reply = client.post_json("/api/trial-calls", &json!({})).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// Requests a ticket to answer a call.
pub async fn answer_ticket(client: &Client, call: &Value) -> Value {
    let reply = client.post_json(&format!("/api/calls/{}/answer", call["id"]), &json!({})).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// Opens the socket of a trial call without sending a message.
pub async fn open(daemon: &Daemon, origin: Option<&str>) -> Result<Socket, tungstenite::Error> {
    open_at(daemon, "/ws/trial", origin).await
}

/// Opens a socket without sending a message.
pub async fn open_at(daemon: &Daemon, path: &str, origin: Option<&str>) -> Result<Socket, tungstenite::Error> {
    let mut request = (daemon.url().replace("http", "ws") + path).into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
}

/// Returns the start message for a ticket.
pub fn start(ticket: &Value) -> Value {
    let stream = ticket["id"].as_str().unwrap().replace("CA", "MZ");
    let parameters = json!({"token": ticket["token"]});
    json!({"event": "start", "start": {"streamSid": stream, "callSid": ticket["id"], "customParameters": parameters}})
}

pub async fn send(socket: &mut Socket, message: &Value) {
    socket.send(Message::Text(message.to_string().into())).await.unwrap();
}

/// A simulated loudspeaker. All queued audio has been played at the time `until`.
struct Loudspeaker {
    until: Instant,
    marks: VecDeque<(Instant, String)>,
}

async fn run(mut socket: Socket, mut commands: UnboundedReceiver<Command>, seen: Arc<Seen>, mut is_on: bool) {
    let mut speaker = Loudspeaker { until: Instant::now(), marks: VecDeque::new() };
    let (mut microphone, mut sent) = (VecDeque::new(), 0_u64);
    let mut frames = tokio::time::interval(Duration::from_millis(20));
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Say(ms)) => microphone.extend(Voice::caller(sent).speak(ms)),
                Some(Command::Stop) => send(&mut socket, &json!({"event": "stop"})).await,
                Some(Command::Freeze) => is_on = false,
                Some(Command::HangUp) => return drop(socket.close(None).await),
                None => return,
            },
            _ = frames.tick(), if is_on => {
                let frame: Vec<u8> = (0..FRAME).map(|_| microphone.pop_front().unwrap_or(SILENCE)).collect();
                if frame.iter().any(|sample| *sample != SILENCE) {
                    seen.said.lock().unwrap().extend(&frame);
                }
                let media = json!({"event": "media", "media": {"timestamp": sent * 20, "payload": base64(&frame)}});
                sent += 1;
                if socket.send(Message::Text(media.to_string().into())).await.is_err() {
                    return;
                }
                while speaker.marks.front().is_some_and(|(at, _)| *at <= Instant::now()) {
                    let (_, name) = speaker.marks.pop_front().unwrap();
                    send(&mut socket, &json!({"event": "mark", "mark": {"name": name}})).await;
                }
            }
            message = socket.next() => {
                let Some(Ok(Message::Text(text))) = message else {
                    seen.messages.lock().unwrap().push(json!({"event": "closed"}));
                    return seen.changed.notify_waiters();
                };
                let message: Value = serde_json::from_str(&text).unwrap();
                match message["event"].as_str().unwrap() {
                    "media" => {
                        let payload = message["media"]["payload"].as_str().unwrap();
                        speaker.play(payload);
                        let frame = decoded(payload);
                        if frame.iter().any(|sample| *sample != SILENCE) {
                            seen.heard.lock().unwrap().extend(frame);
                            seen.changed.notify_waiters();
                        }
                    }
                    "mark" => speaker.marks.push_back((speaker.until, message["mark"]["name"].as_str().unwrap().into())),
                    "clear" => {
                        speaker.until = Instant::now();
                        for (_, name) in std::mem::take(&mut speaker.marks) {
                            send(&mut socket, &json!({"event": "mark", "mark": {"name": name}})).await;
                        }
                    }
                    "greeting" => {
                        send(&mut socket, &json!({"event": "mark", "mark": {"name": message["mark"]}})).await;
                        is_on = true;
                        frames.reset();
                    }
                    _ => {}
                }
                if message["event"] != "media" && message["event"] != "mark" {
                    seen.messages.lock().unwrap().push(message);
                    seen.changed.notify_waiters();
                }
            }
        }
    }
}

impl Loudspeaker {
    fn play(&mut self, payload: &str) {
        let bytes = payload.len() / 4 * 3 - payload.bytes().rev().take_while(|byte| *byte == b'=').count();
        self.until = self.until.max(Instant::now()) + Duration::from_micros(bytes as u64 * 125);
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
