//! What `config check` says of the keys of the pipeline engine.

use super::config::Shop;
use serde_json::Value;

#[test]
fn keys_that_the_pipeline_lacks_or_does_not_use_are_named() {
    let warnings = |toml: &str, env: &[(&str, &str)]| {
        let shop = Shop::new(env);
        let file = shop.write("config.toml", toml);
        let output = shop.run(&["config", "check", "--json", "--config", &file]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = report["warnings"].as_array().unwrap().iter().filter_map(Value::as_str);
        warnings.filter(|warning| warning.contains("pipeline")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(warnings("", &[("SONIOX_API_KEY", "s"), ("OPENAI_API_KEY", "o")]).is_empty());
    let chosen = "[pipeline]\ntranscriber = \"deepgram\"\nsynthesiser = \"elevenlabs\"\n";
    let expected = [
        "soniox.api_key is set, but neither pipeline.transcriber nor pipeline.synthesiser is soniox: it is not used",
        "the pipeline engine has a key of a speech service, but it needs elevenlabs.api_key, openai.api_key or \
         pipeline.model_base_url: it is not used",
    ];
    assert_eq!(warnings(chosen, &[("DEEPGRAM_API_KEY", "d"), ("SONIOX_API_KEY", "s")]), expected);
    let only = format!("[voice]\nengine = \"pipeline\"\n{chosen}");
    let expected = ["voice.engine is pipeline, but it needs deepgram.api_key: calls go to voicemail"];
    assert_eq!(warnings(&only, &[("ELEVENLABS_API_KEY", "e"), ("OPENAI_API_KEY", "o")]), expected);
    let order = "[voice]\nai_engines = [\"pipeline\", \"realtime\"]\n";
    let expected = ["voice.ai_engines names pipeline, but it needs soniox.api_key: it is not used"];
    assert_eq!(warnings(order, &[("OPENAI_API_KEY", "o")]), expected);
    let alone = "[voice]\nai_engines = [\"pipeline\"]\n";
    let expected = ["voice.ai_engines names only pipeline, but it needs soniox.api_key: calls go to voicemail"];
    assert_eq!(warnings(alone, &[("OPENAI_API_KEY", "o")]), expected);
    let google = "[voice]\nengine = \"pipeline\"\n[pipeline]\ntranscriber = \"google\"\nsynthesiser = \"google\"\n";
    let expected = ["voice.engine is pipeline, but it needs google.credentials_file: calls go to voicemail"];
    assert_eq!(warnings(google, &[("OPENAI_API_KEY", "o")]), expected);
    let account = r#"{"type": "authorized_user"}"#;
    let expected = ["google.credentials_json is no service account: the pipeline engine cannot use it"];
    assert_eq!(warnings(google, &[("OPENAI_API_KEY", "o"), ("GCP_CREDENTIALS_JSON", account)]), expected);
    let account = r#"{"type": "service_account", "client_email": "a@b", "private_key": "k"}"#;
    let expected = ["google.credentials_json has no private key in PEM format: the pipeline engine cannot use it"];
    assert_eq!(warnings(google, &[("OPENAI_API_KEY", "o"), ("GCP_CREDENTIALS_JSON", account)]), expected);
}

#[test]
fn speech_models_that_openai_shuts_down_are_named() {
    let warnings = |base_url: &str, toml: &str| {
        let shop =
            Shop::new(&[("SONIOX_API_KEY", "s"), ("OPENAI_API_KEY", "o"), ("PIPELINE_SPEECH_BASE_URL", base_url)]);
        let file = shop.write("config.toml", &format!("[pipeline]\nsynthesiser = \"speech\"\n{toml}"));
        let output = shop.run(&["config", "check", "--json", "--config", &file]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = report["warnings"].as_array().unwrap().iter().filter_map(Value::as_str);
        warnings.filter(|warning| warning.contains("shuts down")).map(str::to_owned).collect::<Vec<_>>()
    };
    let openai = "https://api.openai.com/v1";
    for (toml, model) in [
        ("", "tts-1"),
        ("speech_model = \"tts-1-hd\"\n", "tts-1-hd"),
        ("speech_model = \"gpt-4o-mini-tts-2025-12-15\"\n", "gpt-4o-mini-tts-2025-12-15"),
    ] {
        let [warning] = &warnings(openai, toml)[..] else { panic!("{model}") };
        assert!(warning.starts_with(&format!("pipeline.speech_model is {model}, ")), "{warning}");
        assert!(warning.contains("2027-01-06") && warning.contains("pipeline.synthesiser"), "{warning}");
    }
    assert!(warnings(openai, "speech_model = \"gpt-6-tts\"\n").is_empty(), "a model that may follow");
    assert!(warnings("http://127.0.0.1:8880/v1", "").is_empty(), "servers of their own call their models tts-1");
    assert!(warnings(openai, "[voice]\nengine = \"voicemail\"\n").is_empty(), "no call uses it");
}

#[test]
fn models_and_voices_without_hebrew_are_named() {
    let warnings = |toml: &str| {
        let shop = Shop::new(&[("OPENAI_API_KEY", "o"), ("DEEPGRAM_API_KEY", "d"), ("ELEVENLABS_API_KEY", "e")]);
        let file = shop.write("config.toml", toml);
        let output = shop.run(&["config", "check", "--json", "--config", &file]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = report["warnings"].as_array().unwrap().iter().filter_map(Value::as_str);
        warnings.filter(|warning| warning.contains(". Set ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let chosen = "[pipeline]\ntranscriber = \"deepgram\"\nsynthesiser = \"elevenlabs\"\n";
    let models = "[deepgram]\nmodel = \"nova-2-phonecall\"\n[elevenlabs]\ntts_model = \"eleven_flash_v2_5\"\n";
    let voice = "[voice]\nsay_voice = \"Google.en-US-Wavenet-A\"\n";
    let expected = [
        "deepgram.model is nova-2-phonecall, which does not transcribe Hebrew: of Deepgram's models only nova-3 does. Set nova-3",
        "elevenlabs.tts_model is eleven_flash_v2_5, which does not speak Hebrew: of ElevenLabs' models only those of the third \
         generation do. Set eleven_v3_conversational",
        "voice.say_voice is Google.en-US-Wavenet-A, a voice for en-US, but agent.language is he: callers hear another language when \
         no AI answers. Set Google.he-IL-Wavenet-A",
    ];
    assert_eq!(warnings(&format!("{chosen}{models}{voice}")), expected);
    assert!(warnings(chosen).is_empty());
    assert!(warnings(models).is_empty(), "the pipeline uses other services");
    let english = "[agent]\nlanguage = \"en\"\n";
    assert!(warnings(&format!("{chosen}{models}{voice}{english}")).is_empty());
}
