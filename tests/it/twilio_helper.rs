//! Compares signatures and TwiML with Twilio's own helper library, which `scripts/setup.sh test` installs.

use super::support::client::{Reply, send};
use super::support::{Client, Daemon};
use agentlocator::config::Secret;
use agentlocator::providers::twilio::signature::{self, Payload, Signature};
use agentlocator::providers::twilio::twiml::{self, Verb};
use quick_xml::events::Event;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const TOKEN: &str = "12345678901234567890123456789012";

/// Sends questions to the library. Returns one answer for each question.
fn ask(questions: &[Value]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twilio-helper");
    assert!(folder.join("node_modules/twilio").exists(), "run `scripts/setup.sh test` first: it installs the library");
    let mut node = Command::new("node");
    node.arg(folder.join("helper.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.spawn().expect("node is installed");
    child.stdin.take().unwrap().write_all(Value::from(questions).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ask_one(question: Value) -> Value {
    ask(&[question]).remove(0)
}

/// Returns forms with unusual text that contacts, networks and later versions of Twilio may send.
fn unusual_forms() -> Vec<Vec<(String, String)>> {
    let values = ["", "שלום עולם", "a+b c&d=e%20", "'\"<>\\", "+972501234567", "👋🏽", "\r\n\t", "Z", "a", "é"];
    let names = ["CallSid", "From", "from", "A", "a.b", "ü", "MediaUrl0", "MediaUrl10", "MediaUrl2"];
    let rotated = |shift: usize| {
        names
            .iter()
            .enumerate()
            .map(move |(i, name)| ((*name).to_owned(), values[(i * 3 + shift) % values.len()].to_owned()))
    };
    let mut forms: Vec<Vec<_>> = (0..values.len()).map(|shift| rotated(shift).take(shift).collect()).collect();
    forms.push(rotated(1).collect());
    forms
}

fn as_object(form: &[(String, String)]) -> Value {
    form.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into()
}

#[test]
fn we_sign_and_check_as_the_library_does() {
    let urls = [
        "https://shop.example/webhook/incoming_call",
        "https://shop.example/x?a=1&b=%D7%A9",
        "http://127.0.0.1:9000/y",
    ];
    let cases: Vec<_> = urls.iter().flat_map(|url| unusual_forms().into_iter().map(move |form| (*url, form))).collect();
    let questions: Vec<_> = cases
        .iter()
        .map(|(url, form)| json!({"sign": {"token": TOKEN, "url": url, "params": as_object(form)}}))
        .collect();
    let signatures = ask(&questions);
    let token = Secret::new(TOKEN);
    for ((url, form), theirs) in cases.iter().zip(&signatures) {
        assert_eq!(signature::sign(&token, url, Payload::Form(form)), *theirs, "{url} {form:?}");
        let path = url.find('/').and_then(|at| url[at + 2..].find('/').map(|slash| at + 2 + slash)).unwrap();
        let theirs = Signature::parse(theirs.as_str().unwrap().as_bytes()).unwrap();
        let is_valid =
            |form| signature::is_valid([&token].into_iter(), theirs, &url[..path], &url[path..], Payload::Form(form));
        assert!(is_valid(form), "{url} {form:?}");
        let more = [form.as_slice(), &[("Extra".to_owned(), "1".to_owned())]].concat();
        assert!(!is_valid(&more), "{url} {form:?}");
    }
    let checks: Vec<_> = cases
        .iter()
        .map(|(url, form)| {
            let ours = signature::sign(&token, url, Payload::Form(form));
            json!({"validate": {"token": TOKEN, "signature": ours, "url": url, "params": as_object(form)}})
        })
        .collect();
    assert!(ask(&checks).iter().all(|valid| *valid == true));
}

#[test]
fn ports_are_included_or_left_out_as_the_library_does() {
    let token = Secret::new(TOKEN);
    let form = [("CallSid".to_owned(), "CA00000000000000000000000000000001".to_owned())];
    let path = "/webhook/call_status";
    let cases = [
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example", "https://shop.example:443"),
        ("https://shop.example", "https://shop.example:8443"),
        ("https://shop.example:8443", "https://shop.example:8443"),
    ];
    let question = |signed: &str| json!({"token": TOKEN, "url": format!("{signed}{path}"), "params": as_object(&form)});
    let signatures = ask(&cases.map(|(signed, _)| json!({"sign": question(signed)})));
    let check = |((_, ours), signature): (&(&str, &str), &Value)| {
        let mut question = question(ours);
        question["signature"] = signature.clone();
        json!({"validate": question})
    };
    let verdicts = ask(&cases.iter().zip(&signatures).map(check).collect::<Vec<_>>());
    for (((signed, ours), signature), theirs) in cases.iter().zip(&signatures).zip(verdicts) {
        let signature = Signature::parse(signature.as_str().unwrap().as_bytes()).unwrap();
        let valid = signature::is_valid([&token].into_iter(), signature, ours, path, Payload::Form(&form));
        assert_eq!(theirs, valid, "signed for {signed}, set to {ours}");
    }
}

const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// Starts a daemon with the auth token. Also returns a client of the daemon.
fn shop() -> (Daemon, Client) {
    let daemon = Daemon::start(|setup| {
        setup.env("TWILIO_AUTH_TOKEN", TOKEN).env("TWILIO_ACCOUNT_SID", ACCOUNT);
    });
    let client = daemon.client();
    (daemon, client)
}

/// Posts a webhook with the library's signature.
async fn signed(daemon: &Daemon, path: &str, form: &[(&str, &str)]) -> Reply {
    let params: Map<_, _> = form.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let question = json!({"sign": {"token": TOKEN, "url": format!("{}{path}", daemon.url()), "params": params}});
    let signature = ask_one(question).as_str().unwrap().to_owned();
    send(daemon.client().request(Method::POST, path).form(form).header("X-Twilio-Signature", signature)).await
}

fn call(sid: &str) -> [(&str, &str); 5] {
    [
        ("AccountSid", ACCOUNT),
        ("CallSid", sid),
        ("From", "+972501234567"),
        ("To", "+97235551234"),
        ("CallerName", "דנה & בניה"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_signed_by_the_library_is_accepted() {
    let (daemon, client) = shop();
    assert_eq!(
        signed(&daemon, "/webhook/incoming_call", &call("CA00000000000000000000000000000001")).await.status,
        200
    );

    // Sends a request without a body. Its parameters are in the query.
    let path = "/webhook/incoming_call?CallSid=CA00000000000000000000000000000002&From=%2B972501234567";
    let theirs = ask_one(json!({"sign": {"token": TOKEN, "url": format!("{}{path}", daemon.url()), "params": {}}}));
    let get = client.request(Method::GET, path).header("X-Twilio-Signature", theirs.as_str().unwrap());
    assert_eq!(send(get).await.status, 200);

    // Sends a JSON request. The hash of its body is in the URL.
    let body =
        json!({"CallSid": "CA00000000000000000000000000000003", "CallStatus": "completed", "name": "דנה"}).to_string();
    let url = format!("{}/webhook/call_status", daemon.url());
    let theirs = ask_one(json!({"signBody": {"token": TOKEN, "url": url, "body": body}}));
    let post = |body: String| {
        let path = theirs["url"].as_str().unwrap().strip_prefix(&daemon.url()).unwrap();
        let request = client.request(Method::POST, path).header("Content-Type", "application/json").body(body);
        send(request.header("X-Twilio-Signature", theirs["signature"].as_str().unwrap()))
    };
    assert_eq!(post(body.clone()).await.status, 204);
    assert_eq!(
        post(body.replace("CA00000000000000000000000000000003", "CA00000000000000000000000000000004")).await.status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn our_answers_are_what_the_library_would_build() {
    let (daemon, client) = shop();
    let recording = [
        ("RecordingUrl", "https://api.twilio.com/x/RE00000000000000000000000000000001"),
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingDuration", "3"),
    ];
    let answers = [
        signed(&daemon, "/webhook/incoming_call", &call("CA00000000000000000000000000000001")).await,
        client.get("/webhook/incoming_call").await,
        signed(&daemon, "/webhook/handle_recording", &call("CA00000000000000000000000000000001")).await,
        signed(
            &daemon,
            "/webhook/handle_recording",
            &[&call("CA00000000000000000000000000000001")[..], &recording].concat(),
        )
        .await,
        signed(&daemon, "/webhook/stream_ended", &call("CA00000000000000000000000000000001")).await,
        signed(&daemon, "/webhook/stream_ended", &call("CA-unknown")).await,
    ];
    for answer in &answers {
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("text/xml"), "{}", answer.header("content-type"));
    }
    check(&answers.map(|answer| answer.text()));
}

#[test]
fn every_verb_is_one_that_the_library_knows() {
    let text = |text: &str| text.to_owned();
    check(&[twiml::document(&[
        Verb::Play(text("https://shop.example/a.mp3?x=1&y=2")),
        Verb::Say {
            text: text("שלום <b> & \"להתראות\""),
            voice: text("Google.he-IL-Wavenet-A"),
            language: text("he-IL"),
        },
        Verb::Pause(2),
        Verb::Record {
            action: text("https://shop.example/a?b=1&c=2"),
            status_callback: text("https://shop.example/s"),
            max_length_s: 120,
            timeout_s: 4,
        },
        Verb::Connect {
            action: text("https://shop.example/e"),
            stream_url: text("wss://shop.example/ws"),
            status_callback: text("/webhook/stream_status"),
            parameters: vec![(text("token"), text("a&b<\"'"))],
        },
        Verb::Dial {
            numbers: vec![text("+972501234567")],
            url: text("https://shop.example/w?call=CA1&x=<"),
            caller_id: Some(text("+97235551234")),
            action: text("https://shop.example/d"),
            timeout_s: 20,
        },
        Verb::Gather {
            action: text("https://shop.example/w?call=CA1"),
            timeout_s: 5,
            prompt: Box::new(Verb::Play(text("https://shop.example/q.mp3"))),
        },
        Verb::Reject,
        Verb::Redirect(text("https://shop.example/r")),
        Verb::Hangup,
    ])]);
}

#[test]
fn the_check_itself_finds_what_is_wrong() {
    let wrong = [
        "<Response><Plya>x</Plya></Response>",
        "<Response><Stream url=\"x\"/></Response>",
        "<Response><Connect><Stream uri=\"x\"/></Connect></Response>",
    ];
    for (wrong, answer) in wrong.iter().zip(ask(&wrong.map(|wrong| json!({"build": tree(wrong)})))) {
        assert!(answer["problem"].is_string(), "{wrong}: {answer}");
    }
}

/// Checks that the library generates the same documents from its own verbs and attributes.
fn check(documents: &[String]) {
    let ours: Vec<_> = documents.iter().map(|xml| tree(xml)).collect();
    let theirs = ask(&ours.iter().map(|tree| json!({"build": tree})).collect::<Vec<_>>());
    for ((xml, ours), theirs) in documents.iter().zip(ours).zip(theirs) {
        assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{xml}");
        assert!(theirs["problem"].is_null(), "{}\n{xml}", theirs["problem"]);
        assert_eq!(ours, tree(theirs["xml"].as_str().unwrap()), "{xml}");
    }
}

/// Parses a document into names, attributes, text and children, without whitespace.
fn tree(xml: &str) -> Value {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = vec![json!({"children": []})];
    let close = |open: &mut Vec<Value>| {
        let mut done = open.pop().unwrap();
        done["text"] = json!(done["text"].as_str().unwrap().trim());
        open.last_mut().unwrap()["children"].as_array_mut().unwrap().push(done);
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => open.push(element(&tag)),
            Event::Empty(tag) => {
                open.push(element(&tag));
                close(&mut open);
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => append(&mut open, &text),
            Event::GeneralRef(name) => {
                append(&mut open, &quick_xml::escape::unescape(&format!("&{};", &*name)).unwrap());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((open.len(), open[0]["children"].as_array().unwrap().len()), (1, 1), "{xml}");
    open[0]["children"][0].take()
}

fn element(tag: &quick_xml::events::BytesStart<'_>) -> Value {
    let attributes: Map<_, _> = tag
        .attributes()
        .map(|attribute| {
            let attribute = attribute.unwrap();
            let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
            (attribute.key.as_ref().to_owned(), json!(value))
        })
        .collect();
    json!({"name": tag.name().as_ref(), "attributes": attributes, "text": "", "children": []})
}

fn append(open: &mut [Value], text: &str) {
    let element = open.last_mut().unwrap();
    if let Some(so_far) = element["text"].as_str() {
        element["text"] = json!(format!("{so_far}{text}"));
    }
}
