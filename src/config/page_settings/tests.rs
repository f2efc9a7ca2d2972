use super::*;
use crate::config::load;
use crate::domain::Language;
use crate::messages;
use proptest::prelude::*;
use serde_json::json;
use std::path::Path;

fn settings(folder: &Path, toml: &str) -> Config {
    let file = folder.join("config.toml");
    std::fs::write(&file, toml).unwrap();
    let database = folder.join("shop.db").display().to_string();
    let env = |name: &str| match name {
        "DATABASE_URL" => Some(database.clone()),
        "OPENAI_API_KEY" => Some("sk-test".to_owned()),
        _ => None,
    };
    load(Some(&file), &env).unwrap()
}

fn pairs(values: &Value) -> Vec<(String, Value)> {
    values.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn propose(toml: &str, stored: &Value, changes: &Value) -> Result<ProposedSettings, ChangeError> {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path(), toml).propose(&pairs(stored), &pairs(changes))
}

fn refusal(toml: &str, stored: &Value, changes: &Value) -> (String, String) {
    let error = propose(toml, stored, changes).unwrap_err();
    match error.refusal {
        ChangeRefusal::Invalid(reason) => (error.key, messages::text(Language::English, &reason)),
        ChangeRefusal::Locked(lock) => (error.key, format!("{lock:?}")),
    }
}

#[test]
fn values_secrets_and_resets_go_where_they_belong() {
    let stored = json!({"voice.max_call_s": 600, "voice.recording": false});
    let changes = json!({"voice.max_call_s": null, "business.name": "מאפייה", "twilio.auth_token": "0123456789abcdef"});
    let proposed = propose("", &stored, &changes).unwrap();
    assert_eq!(proposed.stored, [("business.name", Some(json!("מאפייה"))), ("voice.max_call_s", None)]);
    assert_eq!(proposed.secrets, [("twilio.auth_token", Some(Secret::new("0123456789abcdef")))]);
    let config = proposed.config;
    assert_eq!(
        (config.voice.max_call_s, config.voice.recording, config.business.name.as_str()),
        (1800, false, "מאפייה")
    );
    assert_eq!(config.twilio.auth_token, Some(Secret::new("0123456789abcdef")));
    assert_eq!(config.origins.of("voice.max_call_s"), Origin::Default);
}

#[test]
fn a_setting_of_a_stronger_source_is_locked() {
    let (key, reason) = refusal("[voice]\nrecording = true\n", &json!({}), &json!({"voice.recording": false}));
    assert_eq!(key, "voice.recording");
    assert!(reason.contains("line: 2"), "{reason}");
    let (_, reason) = refusal("", &json!({}), &json!({"openai.api_key": "sk-other"}));
    assert!(reason.contains("OPENAI_API_KEY"), "{reason}");
    for key in ["store.readers", "http.listen", "voice.greeting_file", "tls.key_file", "tls.acme_directory_url"] {
        assert!(!refusal("", &json!({}), &json!({key: 1})).1.contains("found"), "{key}");
    }
}

#[test]
fn the_settings_are_validated_as_a_whole() {
    let (key, reason) = refusal("", &json!({}), &json!({"voice.max_call_s": "long"}));
    assert_eq!(key, "voice.max_call_s");
    assert!(reason.contains("a whole number from 30 to 14400"), "{reason}");
    assert_eq!(refusal("", &json!({}), &json!({"voice.max_cal_s": 60})).0, "voice.max_cal_s");
    // The value is valid on its own, but conflicts with the stored value.
    let (key, _) = refusal("", &json!({"voice.message_max_s": 20}), &json!({"voice.message_silence_s": 30}));
    assert_eq!(key, "voice.message_silence_s");
    let both = json!({"voice.message_silence_s": 30, "voice.message_max_s": 40});
    assert!(propose("", &json!({"voice.message_max_s": 20}), &both).is_ok());
    // A stored value that was already invalid does not prevent another change.
    assert!(propose("", &json!({"voice.lead_ms": "x"}), &json!({"voice.recording": false})).is_ok());
}

#[test]
fn a_secret_is_not_sent_to_a_new_address_unless_it_is_entered_again() {
    let url = json!({"openai.base_url": "https://elsewhere.example/v1"});
    assert_eq!(refusal("", &json!({}), &url).0, "openai.api_key");
    let host = json!({"mail.host": "smtp.elsewhere.example"});
    assert!(propose("", &json!({}), &host).is_ok(), "there is no password");
    let file = "[mail]\npassword = \"geheim\"\n";
    assert_eq!(refusal(file, &json!({}), &host).0, "mail.password");
    // The second token is sent to the same address if the first one is refused.
    let file = "[twilio]\nauth_token_secondary = \"geheim\"\n";
    let twilio = json!({"twilio.api_base_url": "https://elsewhere.example", "twilio.auth_token": "x"});
    assert_eq!(refusal(file, &json!({}), &twilio).0, "twilio.auth_token_secondary");
    let local = json!({"openai.base_url": "http://127.0.0.1:9000", "openai.api_key": "x"});
    assert!(matches!(propose("", &json!({}), &local).unwrap_err().refusal, ChangeRefusal::Locked(_)));
    let (key, reason) = refusal("", &json!({}), &json!({"updates.feed_url": "https://10.0.0.1/feed"}));
    assert_eq!(key, "updates.feed_url");
    assert!(reason.contains("inside the network"), "{reason}");
}

#[test]
fn a_name_for_the_certificate_becomes_the_address() {
    let proposed = propose("", &json!({}), &json!({"tls.domain": ["shop.example"]})).unwrap();
    assert_eq!(proposed.config.http.public_address(), Some("https://shop.example"));
}

proptest! {
    #[test]
    fn accepted_changes_load_again(silence in 1i64..90, most in 1i64..4000, hour in -2i64..30, name in "\\PC{0,30}") {
        let changes = json!({"voice.message_silence_s": silence, "voice.message_max_s": most, "maintenance.hour": hour,
            "business.name": name});
        if let Ok(proposed) = propose("", &json!({}), &changes) {
            let stored: Vec<_> =
                proposed.stored.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?))).collect();
            let folder = tempfile::tempdir().unwrap();
            let (config, problems) = settings(folder.path(), "").with_stored(&stored);
            prop_assert_eq!(problems, []);
            prop_assert_eq!(config.voice.message_max_s, proposed.config.voice.message_max_s);
        } else {
            prop_assert!(silence > 60 || !(5..=3600).contains(&most) || silence >= most || !(0..24).contains(&hour));
        }
    }
}
