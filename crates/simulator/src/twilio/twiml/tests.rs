use super::*;

fn wrong_with(document: &str) -> Vec<String> {
    check(&parse(document).unwrap(), &Url::parse("https://shop.example/webhook/incoming_call").unwrap())
}

const INCOMING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Play>https://shop.example/static/tts/greeting_he.mp3</Play>
  <Connect action="https://shop.example/webhook/stream_ended">
    <Stream url="wss://shop.example/ws/twilio-media" statusCallback="/webhook/stream_status">
      <Parameter name="token" value="a&amp;b"/>
    </Stream>
  </Connect>
  <Redirect method="POST">https://shop.example/webhook/stream_ended?a=1&amp;b=2</Redirect>
</Response>"#;

#[test]
fn a_document_is_parsed_completely() {
    let verbs = parse(INCOMING).unwrap();
    assert_eq!(verbs.iter().map(|verb| verb.name.as_str()).collect::<Vec<_>>(), ["Play", "Connect", "Redirect"]);
    let stream = &verbs[1].children[0];
    assert_eq!(stream.attribute("url"), Some("wss://shop.example/ws/twilio-media"));
    assert_eq!(stream.children[0].attribute("value"), Some("a&b"));
    assert_eq!(verbs[2].text, "https://shop.example/webhook/stream_ended?a=1&b=2");
    assert_eq!(wrong_with(INCOMING), Vec::<String>::new());
}

#[test]
fn every_error_is_found() {
    for (verb, words) in [
        ("<Shout>hi</Shout>", "<Shout> is not known as a verb"),
        ("<Play></Play>", "<Play>"),
        ("<Play volume=\"9\">https://a.example/x.mp3</Play>", "no attribute volume"),
        ("<Play>ftp://a.example/x.mp3</Play>", "<Play>"),
        ("<Connect/>", "exactly one noun"),
        ("<Connect><Stream url=\"https://a.example/ws\"/></Connect>", "31922"),
        ("<Connect><Stream url=\"ws://a.example/ws\"/></Connect>", "31922"),
        ("<Connect><Stream url=\"wss://a.example/ws?t=1\"/></Connect>", "31920"),
        ("<Connect><Stream url=\"wss://a.example/ws\" track=\"both_tracks\"/></Connect>", "31941"),
        ("<Connect><Stream url=\"wss://a.example/ws\"><Parameter name=\"t\"/></Stream></Connect>", "name and value"),
        ("<Stream url=\"wss://a.example/ws\"/>", "not known as a verb"),
        ("<Record playBeep=\"yes\"/>", "playBeep"),
        ("<Record maxLength=\"long\"/>", "maxLength"),
        ("<Redirect method=\"PUT\">/x</Redirect>", "method"),
        ("<Hangup/><Say>never</Say>", "never reached"),
        ("<Dial timeout=\"20\"/>", "dials no number"),
        ("<Pause>5</Pause>", "<Pause>"),
        ("<Connect><Stream url=\"wss://a.example:8443/ws\"/></Connect>", "31901"),
        ("<Dial><Number>+266696687</Number></Dial>", "13224"),
        ("<Dial><Number>0501234567</Number></Dial>", "13224"),
        ("<Dial callerId=\"anonymous\"><Number>+972501234567</Number></Dial>", "13214"),
        ("<Dial callerId=\"+7378742833\"><Number>+972501234567</Number></Dial>", "13214"),
        ("<Say language=\"he-IL\">שלום</Say>", "13512"),
        ("<Say voice=\"woman\" language=\"he-IL\">שלום</Say>", "13512"),
        ("<Say voice=\"Polly.Joanna\" language=\"he-IL\">שלום</Say>", "13512"),
        ("<Say voice=\"Polly.Yael\">hello</Say>", "13512"),
        ("<Say voice=\"Google.he-IL-Wavenet-E\">שלום</Say>", "13512"),
        ("<Say voice=\"Google.he-IL-Wavenet-A\" language=\"en-US\">hello</Say>", "13512"),
    ] {
        let wrong = wrong_with(&format!("<Response>{verb}</Response>")).join("; ");
        assert!(wrong.contains(words), "{verb}: {wrong}");
    }
}

#[test]
fn valid_documents_have_no_complaints() {
    for verb in [
        "<Say>hello</Say>",
        "<Say voice=\"man\" language=\"en-GB\">hello</Say>",
        "<Say voice=\"Polly.Joanna\" language=\"en-US\">hello</Say>",
        "<Say voice=\"Google.he-IL-Wavenet-A\" language=\"he-IL\">שלום</Say>",
        "<Say voice=\"Google.he-IL-Standard-D\">שלום</Say>",
        "<Connect><Stream url=\"wss://shop.example:443/ws\"/></Connect>",
        "<Redirect>https://shop.example:8443/webhook/stream_ended</Redirect>",
        "<Dial callerId=\"+97235551234\"><Number>+972501234567</Number></Dial>",
    ] {
        assert_eq!(wrong_with(&format!("<Response>{verb}</Response>")), Vec::<String>::new(), "{verb}");
    }
}

#[test]
fn a_document_that_is_no_twiml_is_refused() {
    for document in
        ["", "ok", "<Response>", "<html></html>", "<Response/><Response/>", "<Response><Play></Response>", "{\"a\":1}"]
    {
        assert!(parse(document).is_err(), "{document}");
    }
    assert_eq!(parse("<Response/>"), Ok(vec![]));
}

#[test]
fn ws_urls_are_for_loopback_only() {
    let verbs = parse("<Response><Connect><Stream url=\"ws://127.0.0.1:9/ws\"/></Connect></Response>").unwrap();
    assert_eq!(check(&verbs, &Url::parse("http://127.0.0.1:9/x").unwrap()), Vec::<String>::new());
}
