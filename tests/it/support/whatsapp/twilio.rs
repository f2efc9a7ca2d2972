//! A fake of Twilio's REST interface for messages.

use super::{hang_up, serve};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// The outcome of the next send request.
#[derive(Clone, Debug)]
pub enum TwilioReply {
    /// The message is accepted.
    Take,
    /// The message is accepted, but the response is lost.
    AcceptWithoutReply,
    /// The request is lost, and no response follows.
    DropWithoutReply,
    /// The message is rejected, with this HTTP status and Twilio error code.
    Refuse(u16, u32),
}

/// The content of the list of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The list has the accepted messages.
    True,
    /// The list is still empty.
    Empty,
    /// The request for the list fails.
    Broken,
}

/// A request to send a message, as received.
#[derive(Clone, Debug)]
pub struct SentMessage {
    pub form: Vec<(String, String)>,
    pub authorization: String,
    /// The id, if the message was accepted.
    pub sid: Option<String>,
}

impl SentMessage {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

pub struct FakeTwilio {
    pub origin: String,
    state: Shared,
    _server: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<Twilio>>;

struct Twilio {
    next: VecDeque<TwilioReply>,
    list: List,
    listed: usize,
    /// How far Twilio's clock is behind this machine's clock.
    clock_behind: std::time::Duration,
    attempts: Vec<SentMessage>,
    /// The responses to the next file requests, in order.
    files: VecDeque<(u16, Value)>,
    /// The `Authorization` header of each file request.
    file_requests: Vec<String>,
}

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

impl FakeTwilio {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(Twilio {
            next: VecDeque::new(),
            list: List::True,
            listed: 0,
            clock_behind: std::time::Duration::ZERO,
            attempts: vec![],
            files: VecDeque::new(),
            file_requests: vec![],
        }));
        let routes = Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", post(take).get(list))
            .route("/2010-04-01/Accounts/{account}/Calls.json", get(async || Json(json!({ "calls": [] }))))
            .route("/2010-04-01/Accounts/{account}/Recordings.json", get(async || Json(json!({ "recordings": [] }))))
            .route("/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}", get(file))
            .with_state(state.clone());
        let (origin, server) = serve(routes).await;
        Self { origin, state, _server: server }
    }

    /// Sets the outcomes of the next requests. Later requests are accepted.
    pub fn reply_next(&self, next: impl IntoIterator<Item = TwilioReply>) {
        self.state.lock().unwrap().next.extend(next);
    }

    pub fn list(&self, list: List) {
        self.state.lock().unwrap().list = list;
    }

    /// Sets how far Twilio's clock is behind this machine's clock.
    pub fn set_clock_behind(&self, behind: std::time::Duration) {
        self.state.lock().unwrap().clock_behind = behind;
    }

    /// Returns how often the daemon requested the list of outbound messages.
    pub fn listed(&self) -> usize {
        self.state.lock().unwrap().listed
    }

    /// Returns all send requests.
    pub fn attempts(&self) -> Vec<SentMessage> {
        self.state.lock().unwrap().attempts.clone()
    }

    /// Returns the accepted messages.
    pub fn taken(&self) -> Vec<SentMessage> {
        self.attempts().into_iter().filter(|message| message.sid.is_some()).collect()
    }

    /// Sets the responses to the next file requests: a status, and the URL of a redirect or null.
    pub fn files(&self, files: impl IntoIterator<Item = (u16, Value)>) {
        self.state.lock().unwrap().files.extend(files);
    }

    pub fn file_requests(&self) -> Vec<String> {
        self.state.lock().unwrap().file_requests.clone()
    }

    pub fn file_url(&self) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1", self.origin)
    }
}

async fn take(State(state): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let mut twilio = state.lock().unwrap();
    let reply = twilio.next.pop_front().unwrap_or(TwilioReply::Take);
    let taken = matches!(reply, TwilioReply::Take | TwilioReply::AcceptWithoutReply);
    let sid = taken.then(|| format!("SM{:032x}", twilio.attempts.len() + 1));
    let authorization = authorization(&headers);
    twilio.attempts.push(SentMessage { form, authorization, sid: sid.clone() });
    drop(twilio);
    match reply {
        TwilioReply::Take => (StatusCode::CREATED, Json(json!({ "sid": sid, "status": "queued" }))).into_response(),
        TwilioReply::AcceptWithoutReply | TwilioReply::DropWithoutReply => hang_up(),
        TwilioReply::Refuse(status, code) => {
            let body = json!({ "code": code, "message": "no", "more_info": "", "status": status });
            (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
        }
    }
}

async fn list(State(state): State<Shared>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let wanted: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let wanted = |name: &str| wanted.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    if wanted("DateSent").is_some() {
        // The list of inbound messages is empty. Only requests for outbound messages are counted.
        return Json(json!({ "messages": [], "page": 0, "page_size": 200, "next_page_uri": null })).into_response();
    }
    let mut twilio = state.lock().unwrap();
    twilio.listed += 1;
    let shown = |message: &&SentMessage| {
        let is = |name: &str| wanted(name).is_none_or(|value| message.value(name) == Some(&value));
        message.sid.is_some() && is("To") && is("From")
    };
    let now = std::time::SystemTime::now() - twilio.clock_behind;
    let now = jiff::Timestamp::try_from(now).unwrap();
    let date = |zone: &str| now.strftime("%a, %d %b %Y %H:%M:%S ").to_string() + zone;
    let listed = |message: &SentMessage| listed(message, &date("+0000"));
    let messages: Vec<Value> = match twilio.list {
        List::Broken => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        List::Empty => vec![],
        List::True => twilio.attempts.iter().rev().filter(shown).map(listed).collect(),
    };
    let page = Json(json!({ "messages": messages, "page": 0, "page_size": 50 }));
    ([(header::DATE, date("GMT"))], page).into_response()
}

/// Returns a message as the list shows it; the variables of a template are filled in.
fn listed(message: &SentMessage, created: &str) -> Value {
    let variables: Value = serde_json::from_str(message.value("ContentVariables").unwrap_or("{}")).unwrap();
    let template = variables["1"].as_str().map(|text| format!("Hello, {text}"));
    let body = message.value("Body").map(str::to_owned).or(template).unwrap_or_default();
    json!({
        "sid": message.sid, "to": message.value("To"), "from": message.value("From"), "body": body,
        "direction": "outbound-api", "status": "sent", "date_sent": null,
        "date_created": created,
    })
}

async fn file(State(state): State<Shared>, Path(_): Path<(String, String, String)>, headers: HeaderMap) -> Response {
    let mut twilio = state.lock().unwrap();
    twilio.file_requests.push(authorization(&headers));
    let (status, target) = twilio.files.pop_front().unwrap_or((200, Value::Null));
    let status = StatusCode::from_u16(status).unwrap();
    match target.as_str() {
        Some(target) => (status, [(header::LOCATION, target.to_owned())]).into_response(),
        None if status == StatusCode::OK => ([(header::CONTENT_TYPE, "image/jpeg")], "a picture").into_response(),
        None => status.into_response(),
    }
}

fn authorization(headers: &HeaderMap) -> String {
    headers.get(header::AUTHORIZATION).map_or("none", |value| value.to_str().unwrap()).to_owned()
}
