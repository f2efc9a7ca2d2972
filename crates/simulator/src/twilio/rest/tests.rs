use super::*;
use crate::twilio::{Account, CallUpdate, InboundMessage, MediaRecord, WhatsAppNetwork, sign};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;
use url::Url;

/// The REST interface with a daemon that records the status callbacks.
struct Bench {
    rest: TwilioRest,
    twilio_state: TwilioState,
    connector: DaemonConnector,
    log: EventLog,
    daemon_url: String,
    received: mpsc::UnboundedReceiver<(String, Vec<(String, String)>)>,
}

async fn bench(options: TwilioOptions) -> Bench {
    let (log, twilio_state) = (EventLog::new(), TwilioState::new(Account::random()));
    let (sender, received) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let daemon_url = format!("http://{}", listener.local_addr().unwrap());
    let token = twilio_state.account().auth_token.clone();
    let state = Arc::new((daemon_url.clone(), token, sender));
    let routes = Router::new().route("/hook", post(hook)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let connector = DaemonConnector::new(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rest = TwilioRest::start(listener, twilio_state.clone(), connector.clone(), options, log.clone()).unwrap();
    Bench { rest, twilio_state, connector, log, daemon_url, received }
}

type HookSender = mpsc::UnboundedSender<(String, Vec<(String, String)>)>;

async fn hook(State(own): State<Arc<(String, String, HookSender)>>, headers: HeaderMap, body: String) -> StatusCode {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    if headers["x-twilio-signature"] != sign(&own.1, &format!("{}/hook", own.0), &fields) {
        return StatusCode::FORBIDDEN;
    }
    let status = fields.iter().find(|(name, _)| name == "SmsStatus").map(|(_, value)| value.clone());
    own.2.send((status.unwrap_or_default(), fields)).unwrap();
    StatusCode::NO_CONTENT
}

impl Bench {
    async fn ask(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let account = self.twilio_state.account();
        let place =
            if path.starts_with("v2/") { String::new() } else { format!("2010-04-01/Accounts/{}/", account.sid) };
        let url = format!("{}/{place}{path}", self.rest.base_url());
        let mut request = self.connector.request(method.parse().unwrap(), &url.parse().unwrap());
        request = request.basic_auth(&account.sid, Some(&account.auth_token));
        if method == "POST" {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        if status < 300 {
            check_answer(method, path, &body);
        }
        (status, body)
    }
}

fn check_answer(method: &str, path: &str, body: &Value) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/specs/answers.json");
    let answers: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let twilio = &answers["twilio"];
    let document = path.split('?').next().unwrap();
    let operation =
        if document.starts_with("v2/") { format!("{method} /{document}") } else { account_operation(method, path) };
    let mut schema = twilio["operations"][&operation].clone();
    assert!(schema.is_object(), "{operation}");
    schema["$defs"] = twilio["$defs"].clone();
    if let Err(error) = jsonschema::validate(&schema, body) {
        panic!("{method} {path}: {error} at {}", error.instance_path());
    }
}

fn account_operation(method: &str, path: &str) -> String {
    let (noun, rest) =
        path.split(['?', '.']).next().unwrap().split_once('/').unwrap_or((path.split(['?', '.']).next().unwrap(), ""));
    let place = if rest.is_empty() { format!("{noun}.json") } else { format!("{noun}/{{Sid}}.json") };
    format!("{method} /2010-04-01/Accounts/{{AccountSid}}/{place}")
}

const CONTACT: &str = "whatsapp:+972501234567";
const OWN: &str = "whatsapp:+97235551234";

#[tokio::test]
async fn a_message_is_accepted_and_its_statuses_are_reported() {
    let mut bench = bench(TwilioOptions { status_gap: Duration::from_millis(1), ..TwilioOptions::default() }).await;
    let callback = format!("{}/hook", bench.daemon_url);
    let form = [("To", CONTACT), ("From", OWN), ("Body", "שלום"), ("StatusCallback", &callback)];
    let (status, message) = bench.ask("POST", "Messages.json", &form).await;
    assert_eq!((status, &message["status"]), (201, &json!("queued")));
    for expected in ["sent", "delivered", "read"] {
        assert_eq!(bench.received.recv().await.unwrap().0, expected);
    }
    let sid = message["sid"].as_str().unwrap();
    let (_, read) = bench.ask("GET", &format!("Messages/{sid}.json"), &[]).await;
    assert_eq!((&read["status"], &read["body"]), (&json!("read"), &json!("שלום")));
    assert_eq!(bench.twilio_state.sent_messages().len(), 1);
    assert_eq!(bench.log.violations().len(), 0, "{:#?}", bench.log);
}

#[tokio::test]
async fn messages_are_listed_by_number_and_date_page_by_page() {
    let bench = bench(TwilioOptions { statuses: vec![], ..TwilioOptions::default() }).await;
    for n in 0..5 {
        let (status, _) =
            bench.ask("POST", "Messages.json", &[("To", CONTACT), ("From", OWN), ("Body", &n.to_string())]).await;
        assert_eq!(status, 201);
    }
    bench.ask("POST", "Messages.json", &[("To", "whatsapp:+12025550123"), ("From", OWN), ("Body", "other")]).await;
    let mut bodies = Vec::new();
    let mut path = "Messages.json?To=whatsapp%3A%2B972501234567&PageSize=2&DateSent%3E=2020-01-01".to_owned();
    loop {
        let (status, list) = bench.ask("GET", &path, &[]).await;
        assert_eq!(status, 200);
        bodies.extend(
            list["messages"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap().to_owned()),
        );
        match list["next_page_uri"].as_str() {
            Some(next) => path = next.split_once("/Messages").map(|(_, rest)| format!("Messages{rest}")).unwrap(),
            None => break,
        }
    }
    assert_eq!(bodies, ["4", "3", "2", "1", "0"]);
    for (query, found) in
        [("DateSent%3E=2999-01-01", 0), ("DateSent%3C=2020-01-01", 0), ("DateSent%3E=2020-01-01T00%3A00%3A00Z", 6)]
    {
        let (_, list) = bench.ask("GET", &format!("Messages.json?{query}"), &[]).await;
        assert_eq!(list["messages"].as_array().unwrap().len(), found, "{query}");
    }
}

#[tokio::test]
async fn messages_that_twilio_rejects_are_rejected() {
    let bench = bench(TwilioOptions::default()).await;
    let long = "x".repeat(1_601);
    for (form, code) in [
        (vec![("From", OWN), ("Body", "x")], 20001),
        (vec![("To", "+972501234567"), ("From", OWN), ("Body", "x")], 21211),
        (vec![("To", CONTACT), ("Body", "x")], 21603),
        (vec![("To", CONTACT), ("From", OWN)], 21602),
        (vec![("To", CONTACT), ("From", OWN), ("Body", &long)], 21617),
        (vec![("To", CONTACT), ("From", OWN), ("Text", "x")], 20001),
    ] {
        let before = bench.log.violations().len();
        let (status, body) = bench.ask("POST", "Messages.json", &form).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)));
        assert_eq!(bench.log.violations().len(), before + 1);
    }
    let url = format!("{}/2010-04-01/Accounts/AC/Messages.json", bench.rest.base_url()).parse::<Url>().unwrap();
    let response =
        bench.connector.request(reqwest::Method::GET, &url).basic_auth("AC", Some("wrong")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(bench.twilio_state.messages().len(), 0);
}

#[tokio::test]
async fn the_window_of_24_hours_may_be_enforced() {
    let options =
        TwilioOptions { enforce_window: true, status_gap: Duration::from_millis(1), ..TwilioOptions::default() };
    let mut bench = bench(options).await;
    let callback = format!("{}/hook", bench.daemon_url);
    let form = [("To", CONTACT), ("From", OWN), ("Body", "x"), ("StatusCallback", callback.as_str())];
    bench.ask("POST", "Messages.json", &form).await;
    let (status, fields) = bench.received.recv().await.unwrap();
    assert_eq!(status, "failed");
    assert!(fields.contains(&("ErrorCode".into(), "63016".into())));
    let network = WhatsAppNetwork::new(bench.twilio_state.clone(), bench.connector.clone(), bench.log.clone());
    network.keep(&InboundMessage::text("+972501234567", "+97235551234", "היי"));
    bench.ask("POST", "Messages.json", &form).await;
    assert_eq!(bench.received.recv().await.unwrap().0, "sent");
}

#[tokio::test]
async fn a_contact_sends_a_file_and_it_is_fetched() {
    let mut bench = bench(TwilioOptions { media_late: true, ..TwilioOptions::default() }).await;
    let network = WhatsAppNetwork::new(bench.twilio_state.clone(), bench.connector.clone(), bench.log.clone());
    let mut message = InboundMessage::text("+972501234567", "+97235551234", "תמונה");
    message.media.push(MediaRecord::new("image/jpeg", b"picture".to_vec()));
    let (record, answer) = network.send(&format!("{}/hook", bench.daemon_url).parse().unwrap(), &message).await;
    assert_eq!(answer.unwrap().status, 204);
    let (_, fields) = bench.received.recv().await.unwrap();
    let url: Url = fields.iter().find(|(name, _)| name == "MediaUrl0").unwrap().1.parse().unwrap();
    assert!(record.sid.starts_with("MM") && url.path().contains(&record.sid));
    let account = bench.twilio_state.account();
    let get = || {
        bench.connector.request(reqwest::Method::GET, &url).basic_auth(&account.sid, Some(&account.auth_token)).send()
    };
    assert_eq!(get().await.unwrap().status(), 404);
    let redirect = get().await.unwrap();
    assert_eq!(redirect.status(), 307);
    let place = url.join(redirect.headers()["location"].to_str().unwrap()).unwrap();
    let file = bench.connector.request(reqwest::Method::GET, &place).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/jpeg");
    assert_eq!(file.bytes().await.unwrap(), "picture");
    let url = format!("{}/hook", bench.daemon_url).parse().unwrap();
    let refused = network.post_webhook(&url, &fields, crate::twilio::SignaturePlan::Wrong).await;
    assert_eq!(refused.unwrap().status, 403);
}

#[tokio::test]
async fn calls_are_changed_and_faults_happen_as_planned() {
    let bench = bench(TwilioOptions::default()).await;
    let call = crate::twilio::random_sid("CA");
    let path = format!("Calls/{call}.json");
    assert_eq!(bench.ask("POST", &path, &[("Status", "completed")]).await.0, 404);
    let mut updates = bench.twilio_state.begin_call(&call, "+972501234567", "+97235551234");
    assert_eq!(bench.ask("GET", &path, &[]).await.1["status"], "ringing");
    assert_eq!(bench.ask("POST", &path, &[("Url", "https://shop.example/x"), ("Method", "POST")]).await.0, 200);
    let expected = CallUpdate::Url { url: "https://shop.example/x".into(), method: "POST".into() };
    assert_eq!(updates.recv().await, Some(expected));
    assert_eq!(bench.ask("POST", &path, &[("Twiml", "<Response><Hangup/></Response>")]).await.0, 200);
    assert_eq!(bench.ask("POST", &path, &[("Twiml", "<Respons/>")]).await.0, 400);
    assert_eq!(bench.ask("POST", &path, &[]).await.0, 400);
    for status in [404, 429, 500] {
        bench.rest.fail_next(Operation::UpdateCall, Fault::Status(status), 1);
        assert_eq!(bench.ask("POST", &path, &[("Status", "completed")]).await.0, status);
    }
    bench.twilio_state.end_call(&call);
    let (status, body) = bench.ask("POST", &path, &[("Status", "completed")]).await;
    assert_eq!((status, &body["code"]), (400, &json!(21220)));
    bench.rest.fail_next(Operation::SendMessage, Fault::HangAfterAccept, 1);
    let form = [("To", CONTACT), ("From", OWN), ("Body", "x")];
    let hanging = tokio::time::timeout(Duration::from_millis(300), bench.ask("POST", "Messages.json", &form)).await;
    assert!(hanging.is_err());
    assert_eq!(bench.twilio_state.sent_messages().len(), 1);
    assert_eq!(bench.ask("POST", "Messages.json", &form).await.0, 201);
}

#[tokio::test]
async fn numbers_are_listed_by_pages_and_changed() {
    let bench = bench(TwilioOptions::default()).await;
    let first = bench.twilio_state.add_number("+97231111111", |_| {});
    bench.twilio_state.add_number("+97232222222", |number| number.voice_url.clear());
    let (_, page) = bench.ask("GET", "IncomingPhoneNumbers.json?PageSize=1", &[]).await;
    assert_eq!(page["incoming_phone_numbers"][0]["phone_number"], "+97231111111");
    assert!(page["next_page_uri"].as_str().unwrap().contains("Page=1"));
    let (_, page) = bench.ask("GET", "IncomingPhoneNumbers.json?PageSize=1&Page=1", &[]).await;
    assert_eq!((&page["incoming_phone_numbers"][0]["voice_url"], &page["next_page_uri"]), (&Value::Null, &Value::Null));
    let path = format!("IncomingPhoneNumbers/{}.json", first.sid);
    let (_, number) = bench.ask("POST", &path, &[("VoiceUrl", "https://shop.example/v")]).await;
    assert_eq!(number["voice_url"], "https://shop.example/v");
    assert!(bench.log.violations().is_empty());
    let (status, _) = bench.ask("POST", &path, &[("VoiceMethod", "PUT")]).await;
    assert_eq!((status, bench.log.violations().len()), (400, 1));
}

#[tokio::test]
async fn whatsapp_senders_are_listed_with_their_webhooks() {
    let bench = bench(TwilioOptions::default()).await;
    bench.twilio_state.add_sender("+97235551234", "https://shop.example/w", |_| {});
    let (_, page) = bench.ask("GET", "v2/Channels/Senders?Channel=whatsapp", &[]).await;
    assert_eq!(page["senders"][0]["webhook"]["callback_url"], "https://shop.example/w");
    assert_eq!(bench.ask("GET", "v2/Channels/Senders?Channel=rcs", &[]).await.1["senders"], json!([]));
    assert!(bench.log.violations().is_empty());
    assert_eq!(bench.ask("GET", "v2/Channels/Senders", &[]).await.0, 400);
}

#[tokio::test]
async fn calls_and_recordings_are_listed_by_day_page_by_page() {
    let bench = bench(TwilioOptions::default()).await;
    let (today, yesterday) = (crate::clock::now(), crate::clock::now().minus(Duration::from_hours(24)));
    let call = |at| bench.twilio_state.insert_call("+972501234567", "+97235551234", "no-answer", at, Some(at));
    let (_, older, newer) = (call(yesterday), call(today), call(today.plus(Duration::from_secs(1))));
    let recording = bench.twilio_state.insert_recording(&newer, b"RIFF".to_vec(), 3);
    let date = today.to_string()[..10].to_owned();
    let (_, page) = bench.ask("GET", &format!("Calls.json?StartTime={date}&PageSize=1"), &[]).await;
    assert_eq!((&page["calls"][0]["sid"], &page["calls"][0]["duration"]), (&json!(newer), &json!("0")));
    let next = page["next_page_uri"].as_str().unwrap().split_once("/Calls.json").unwrap().1.to_owned();
    let (_, page) = bench.ask("GET", &format!("Calls.json{next}"), &[]).await;
    assert_eq!((&page["calls"][0]["sid"], &page["next_page_uri"]), (&json!(older), &Value::Null));
    let (_, page) = bench.ask("GET", &format!("Recordings.json?DateCreated={date}"), &[]).await;
    assert_eq!((&page["recordings"][0]["sid"], &page["recordings"][0]["call_sid"]), (&json!(recording), &json!(newer)));
    bench.rest.fail_next(Operation::ListRecordings, Fault::Status(429), 1);
    assert_eq!(bench.ask("GET", "Recordings.json", &[]).await.0, 429);
    assert!(bench.log.violations().is_empty(), "{:#?}", bench.log);
}
