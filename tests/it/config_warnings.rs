//! Warnings of `agentlocator config check` about settings that are valid, but hardly meant.

use super::config::{Shop, text};
use serde_json::Value;

#[test]
fn questionable_settings_are_warned_about() {
    let output = Shop::new(&[("TWILIO_AUTH_TOKEN", "x")]).run(&["config", "check"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("warning: http.public_base_url is not set"));
    let json = Shop::new(&[("TWILIO_AUTH_TOKEN", "x")]).run(&["config", "check", "--json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(report["ok"] == true && report["warnings"].as_array().unwrap().len() == 3, "{report}");
}

#[test]
fn contradictions_are_warned_about() {
    let warnings = |toml: &str| {
        let shop = Shop::new(&[]);
        let file = shop.write("config.toml", toml);
        let output = shop.run(&["config", "check", "--config", &file]);
        assert!(output.status.success(), "{toml}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let (own, sid) = ("[twilio]\nphone_number = \"+97235551234\"\n", "0123456789abcdef0123456789abcdef");
    for (toml, setting) in [
        ("[agent]\ncalls_from_hour = 19\ncalls_until_hour = 9\n".to_owned(), "agent.calls_from_hour"),
        (format!("{own}[agent]\ntransfer_to = \"+97235551234\"\n"), "agent.transfer_to"),
        (format!("{own}[voice]\nring_numbers = [\"+97235551234\"]\n"), "voice.ring_numbers"),
        (
            "[alerts]\nwhatsapp_to = \"+97235551234\"\n[twilio]\nwa_from = \"+97235551234\"\n".to_owned(),
            "alerts.whatsapp_to",
        ),
        ("[disk]\nmedia_stops_below = \"1 MB\"\ncritical_below = \"2 GB\"\n".to_owned(), "disk.media_stops_below"),
        ("[disk]\ncritical_below = \"2 GB\"\n".to_owned(), "disk.media_stops_below"),
        ("[agent]\nlanguage = \"xx\"\n".to_owned(), "agent.language"),
        ("[agent]\nlanguage = \"fr\"\n".to_owned(), "agent.language is fr, but the built-in sentences"),
        ("[agent]\ntransfer_to = \"+9721234\"\n".to_owned(), "agent.transfer_to: +9721234"),
        ("[voice]\nring_numbers = [\"+9721234\"]\n".to_owned(), "voice.ring_numbers: +9721234"),
        ("[openai]\nbase_url = \"https://api.openai.com/\"\n".to_owned(), "openai.base_url is"),
        ("[openai]\nbase_url = \"http://127.0.0.1:8080/v1\"\n".to_owned(), "port 8080 is that of http.listen"),
        (
            "[http]\nlisten = \"0.0.0.0:9000\"\n[pipeline]\nmodel_base_url = \"http://localhost:9000/v1\"\n".to_owned(),
            "pipeline.model_base_url is http://localhost:9000/v1, but port 9000",
        ),
        (
            "[whatsapp]\nwebhook_secret = \"the-bridge-s-secret\"\n[pipeline]\nspeech_base_url = \"http://[::1]:8000/v1\"\n".to_owned(),
            "port 8000 is that of whatsapp.baileys_port",
        ),
        ("[openai]\nearly_replies = true\nvad_silence_ms = 1500\n".to_owned(), "openai.early_replies is on"),
        ("[openai]\nearly_replies = true\nturn_detection = \"semantic_vad\"\n".to_owned(), "openai.early_replies is on"),
        (
            "[voice]\nengine = \"pipeline\"\n[pipeline]\ntranscriber = \"elevenlabs\"\n[elevenlabs]\nstt_model = \"scribe_v1\"\n"
                .to_owned(),
            "elevenlabs.stt_model is scribe_v1",
        ),
        ("[twilio]\naccount_sid = \"AC1\"\n".to_owned(), "twilio.account_sid is not"),
        ("[twilio]\nwa_template_sid = \"HX1\"\n".to_owned(), "twilio.wa_template_sid is not"),
    ] {
        let found = warnings(&toml);
        let warned = found.lines().any(|line| line.starts_with("warning: ") && line.contains(setting));
        assert!(warned, "{toml}: {found}");
    }
    let right = format!(
        "[agent]\ncalls_from_hour = 9\ncalls_until_hour = 19\nlanguage = \"he\"\ntransfer_to = \"+972501234567\"\n\
         [disk]\nmedia_stops_below = \"2 GB\"\ncritical_below = \"1 MB\"\n{own}account_sid = \"AC{sid}\"\nauth_token = \"{sid}\"\n\
         [http]\npublic_base_url = \"https://shop.example\"\n"
    );
    assert!(!warnings(&right).contains("warning"), "{}", warnings(&right));
    let early = "[openai]\nearly_replies = true\nvad_silence_ms = 1000\nbase_url = \"https://api.openai.com/v1\"\n";
    assert!(!warnings(early).contains("warning"), "{}", warnings(early));
    let own_ai = "[http]\nlisten = \"192.168.1.10:9000\"\n[openai]\nbase_url = \"http://127.0.0.1:9000/v1\"\n\
                  [pipeline]\nspeech_base_url = \"http://127.0.0.1:8000/v1\"\n";
    assert!(!warnings(own_ai).contains("warning"), "{}", warnings(own_ai));
}

#[test]
fn a_certificate_that_cannot_be_used_is_warned_about() {
    let shop = Shop::new(&[]);
    let name = shop.write("name", "shop.example\n");
    let file = shop.write("config.toml", &format!("[tls]\ncertificate_file = \"{name}\"\nkey_file = \"{name}\"\n"));
    let output = shop.run(&["config", "check", "--config", &file]);
    assert!(output.status.success(), "the daemon starts without it: {}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.contains("warning: tls.certificate_file and tls.key_file are not used: "), "{printed}");
    assert!(printed.contains(&name), "{printed}");
}

#[test]
fn a_public_address_on_another_port_is_warned_about() {
    let token = ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef");
    let warnings = |address: &str, more: &[(&str, &str)]| {
        let variables = [&[("PUBLIC_BASE_URL", address)], more].concat();
        let output = Shop::new(&variables).run(&["config", "check"]);
        assert!(output.status.success());
        text(&output.stdout).contains("another port than 443")
    };
    assert!(warnings("https://shop.example:8443", &[token]));
    assert!(!warnings("https://shop.example:8443", &[]), "without Twilio there are no media streams");
    assert!(!warnings("https://shop.example:443", &[token]) && !warnings("http://127.0.0.1:8080", &[token]));
}
