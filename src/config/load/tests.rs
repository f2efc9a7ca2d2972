use super::*;
use crate::config::{BaseUrl, Secret, StoreConfig};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const EXAMPLE: &str = include_str!("../../../config.toml.example");

fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, toml).unwrap();
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    load(Some(&file), &|name| variables.get(name).map(ToString::to_string))
        .map_err(|errors| errors.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn from_env(variables: &[(&str, &str)]) -> Result<Config, String> {
    read("", variables)
}

fn problems(toml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    read(toml, variables).map_or_else(|error| error.lines().skip(1).map(str::to_owned).collect(), |_| Vec::new())
}

fn problem(toml: &str, variables: &[(&str, &str)]) -> String {
    let problems = problems(toml, variables);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.concat()
}

/// Returns the example file with every key active.
fn example_in_use() -> String {
    let is_key = |line: &str| {
        line.strip_prefix('#').and_then(|line| line.split_once(" = ")).is_some_and(|(key, _)| {
            key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        })
    };
    EXAMPLE.lines().map(|line| if is_key(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

/// Returns every key that can be set in the file, derived from the types of the sections.
fn keys_of_the_types() -> BTreeSet<String> {
    let value = serde_json::to_value(Config::default()).unwrap();
    let sections = value.as_object().unwrap().iter();
    sections
        .flat_map(|(section, keys)| keys.as_object().unwrap().keys().map(move |key| format!("{section}.{key}")))
        .collect()
}

#[test]
fn the_defaults_apply_if_nothing_is_set() {
    assert_eq!(load(None, &|_| None), Ok(Config::default()));
}

#[test]
fn the_table_knows_every_setting_once() {
    let table: Vec<_> = settings_table::all().iter().map(|setting| setting.key.to_owned()).collect();
    assert_eq!(table.iter().cloned().collect::<BTreeSet<_>>(), keys_of_the_types());
    assert_eq!(table.len(), keys_of_the_types().len());
}

#[test]
fn the_example_says_nothing_but_the_defaults() {
    assert_eq!(read(EXAMPLE, &[]), Ok(Config::default()));
}

#[test]
fn the_example_names_every_key_with_its_default() {
    // Leave out the keys that name a file, because the example's paths do not exist on every machine.
    let no_files: String = example_in_use()
        .lines()
        .filter(|line| {
            ![
                "credentials_file",
                "credentials_json",
                "greeting_file",
                "fallback_file",
                "acme_ca_file",
                "ca_file",
                "bridge_folder",
            ]
            .iter()
            .any(|key| line.starts_with(key))
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let used = read(&no_files, &[]).unwrap();
    let defaults: BTreeMap<_, _> = Config::default().shown().into_iter().map(|s| (s.key, s.value)).collect();
    for setting in used.shown() {
        let default = &defaults[setting.key];
        if !default.is_null() {
            assert_eq!(&setting.value, default, "{}", setting.key);
        }
    }
    let root: toml::Table = example_in_use().parse().unwrap();
    let named: BTreeSet<_> = root
        .iter()
        .flat_map(|(section, keys)| keys.as_table().unwrap().keys().map(move |key| format!("{section}.{key}")))
        .collect();
    assert_eq!(named, keys_of_the_types());
}

#[test]
fn the_example_names_every_variable() {
    for setting in settings_table::all() {
        for variable in setting.variables {
            assert!(EXAMPLE.contains(variable.name), "{} is not in the example", variable.name);
        }
    }
}

#[test]
fn the_environment_overrules_the_file() {
    let config = read("[log]\nlevel = \"warn\"\n[whatsapp]\nper_minute = 7\n", &[("LOG_LEVEL", "debug")]).unwrap();
    assert_eq!(config.log.level.as_str(), "debug");
    assert_eq!(config.whatsapp.per_minute, 7);
    assert_eq!(config.origins.of("log.level").to_string(), "environment variable LOG_LEVEL");
    assert!(config.origins.of("whatsapp.per_minute").to_string().ends_with("config.toml:4:1"));
    assert_eq!(config.origins.of("voice.lead_ms"), Origin::Default);
}

#[test]
fn an_empty_variable_says_nothing() {
    let config = read("[twilio]\nauth_token = \"abc\"\n", &[("TWILIO_AUTH_TOKEN", ""), ("PORT", " ")]).unwrap();
    assert_eq!(config.twilio.auth_token, Some(Secret::new("abc")));
    assert_eq!(config.http.listen, None);
}

#[test]
fn a_wrong_value_names_file_line_column_key_finding_and_what_is_allowed() {
    let toml = "# settings\n[log]\n  level = \"loud\"\n";
    assert_eq!(
        problem(toml, &[]),
        "config.toml:3:3: log.level: found \"loud\"; allowed: error, warn, info, debug, trace"
    );
    assert_eq!(
        problem("", &[("PORT", "99999")]),
        "environment variable PORT: http.listen: found \"99999\"; allowed: a port, 0 to 65535"
    );
}

#[test]
fn all_problems_come_together() {
    let toml = "[http]\nlisten = 70000\nmax_conections = 5\n[voice]\nengine = \"tape\"\n[speech]\nx = 1\n";
    let found = problems(toml, &[("PORT", "x"), ("ENABLE_WA_TWILIO", "maybe")]);
    assert_eq!(found.len(), 6, "{found:#?}");
}

#[test]
fn a_misspelt_key_is_reported_with_what_was_meant() {
    assert_eq!(
        problem("[voice]\nmax_cal_s = 60\n", &[]),
        "config.toml:2:1: unknown key voice.max_cal_s; did you mean max_call_s?"
    );
    assert_eq!(
        problem("[http]\nmax_call_s = 60\n", &[]),
        "config.toml:2:1: unknown key http.max_call_s; max_call_s belongs to section [voice]"
    );
    assert_eq!(problem("[twillio]\n", &[]), "config.toml:1:2: unknown section [twillio]; did you mean [twilio]?");
    assert_eq!(
        problem("auth_token = \"x\"\n", &[]),
        "config.toml:1:1: unknown section [auth_token]; auth_token belongs to section [twilio]"
    );
    assert!(problem("[log]\nqqqqqqq = 1\n", &[]).ends_with("unknown key log.qqqqqqq; allowed: level"));
}

#[test]
fn broken_toml_is_placed_without_being_repeated() {
    let found = problems("[twilio]\nauth_token = geheim\n[log]\nlevel = \"info\nx = 1", &[]);
    assert!(found[0].starts_with("config.toml:2:14: "), "{found:#?}");
    assert!(found.len() >= 2 && !found.concat().contains("geheim"), "{found:#?}");
    assert_eq!(problem("http = 3\n", &[]), "config.toml:1:1: http: found 3; allowed: a section, [http]");
}

#[test]
fn a_file_that_is_not_there_is_reported() {
    let error = load(Some(Path::new("/nonexistent/config.toml")), &|_| None).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/config.toml: cannot be read: No such file"), "{error}");
}

#[test]
fn columns_count_characters() {
    let toml = "agent = { instructions = \"שלום\", langage = \"he\" }\n";
    assert!(problem(toml, &[]).starts_with("config.toml:1:34: unknown key agent.langage"), "{}", problem(toml, &[]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, b"[log]\nlevel = \"\xff\"\n").unwrap();
    let error = load(Some(&file), &|_| None).unwrap_err().to_string();
    assert!(error.contains("config.toml:2:10: a byte that is not UTF-8"), "{error}");
}

#[test]
fn secrets_are_never_repeated() {
    for found in [
        problem("[openai]\napi_key = \"sk-geheim geheim\"\n", &[]),
        problem("[openai]\napi_key = [\"sk-geheim\"]\n", &[]),
        problem("", &[("WA_SHARED_SECRET", "geheim geheim")]),
        problem("", &[("GCP_CREDENTIALS_JSON", "{geheim")]),
        problem("", &[("DATABASE_URL", "postgres://me:geheim@db.example/crm")]),
        problem("", &[("OPENAI_BASE_URL", "https://me:geheim@api.example")]),
    ] {
        assert!(!found.contains("geheim"), "{found}");
    }
    let config = from_env(&[("OPENAI_API_KEY", "sk-geheim"), ("TWILIO_AUTH_TOKEN", "geheim")]).unwrap();
    assert!(!format!("{config:?}").contains("geheim"));
    assert!(!format!("{:?}", config.shown()).contains("geheim"));
}

#[test]
fn secrets_come_from_files_and_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("twilio-auth-token"), "from-systemd\n").unwrap();
    fs::write(path("openai"), "from-file\n").unwrap();
    fs::write(path("empty"), "\n").unwrap();
    let toml = format!("[whatsapp]\nshared_secret_file = \"{}\"\n", path("openai"));
    let folder_name = folder.path().to_string_lossy().into_owned();
    let variables = [("CREDENTIALS_DIRECTORY", folder_name.as_str()), ("OPENAI_API_KEY_FILE", &path("openai"))];
    let config = read(&toml, &variables).unwrap();
    assert_eq!(config.twilio.auth_token, Some(Secret::new("from-systemd")));
    assert_eq!(config.openai.api_key, Some(Secret::new("from-file")));
    assert_eq!(config.whatsapp.shared_secret, Some(Secret::new("from-file")));

    let both = [("OPENAI_API_KEY_FILE", path("openai")), ("OPENAI_API_KEY", "sk".to_owned())];
    let both = both.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(problem("", &both).contains("OPENAI_API_KEY is set as well"));
    assert!(problem("", &[("OPENAI_API_KEY_FILE", &path("empty"))]).ends_with("empty is empty"));
    assert!(problem("", &[("OPENAI_API_KEY_FILE", &path("none"))]).contains("cannot be read"));
    let twice = format!("[openai]\napi_key = \"a\"\napi_key_file = \"{}\"\n", path("openai"));
    assert!(problem(&twice, &[]).contains("openai.api_key is set as well"));
    let misspelt = format!("[openai]\napi_key_file_file = \"{}\"\n", path("openai"));
    assert!(problem(&misspelt, &[]).contains("openai.api_key_file_file"));
}

#[test]
fn secrets_beside_the_settings_file_are_those_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let credentials = folder.path().join("credentials");
    fs::write(&file, "").unwrap();
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("openai-api-key"), "in-a-shell\n").unwrap();
    let key = |folder: Option<&str>| {
        let env = |name: &str| folder.filter(|_| name == "CREDENTIALS_DIRECTORY").map(str::to_owned);
        load(Some(&file), &env).unwrap().openai.api_key
    };
    assert_eq!(key(None), Some(Secret::new("in-a-shell")));
    // The service can read only the credentials that systemd passes. For a folder of credentials, systemd adds a prefix
    // to the file names.
    let handed = tempfile::tempdir().unwrap();
    let handed_over = handed.path().to_str();
    assert_eq!(key(handed_over), None);
    fs::write(handed.path().join("secret_openai-api-key"), "handed-over\n").unwrap();
    assert_eq!(key(handed_over), Some(Secret::new("handed-over")));
}

#[test]
fn either_bridge_secret_serves_for_both() {
    let config = from_env(&[("BAILEYS_WEBHOOK_SECRET", "one")]).unwrap();
    assert_eq!(
        (config.whatsapp.hmac_secret(), config.whatsapp.token_secret()),
        (Some(&Secret::new("one")), Some(&Secret::new("one")))
    );
    assert!(config.whatsapp.baileys_enabled());
    let config = from_env(&[("BAILEYS_WEBHOOK_SECRET", "one"), ("WA_SHARED_SECRET", "two")]).unwrap();
    assert_eq!(
        (config.whatsapp.hmac_secret(), config.whatsapp.token_secret()),
        (Some(&Secret::new("two")), Some(&Secret::new("one")))
    );
}

#[test]
fn names_in_other_letters_are_converted() {
    let config = read("[tls]\ndomain = \"Café.example\"\n", &[("PUBLIC_BASE_URL", "https://café.example")]).unwrap();
    assert_eq!(config.tls.domain, ["xn--caf-dma.example"]);
    assert_eq!(config.http.base_url(), "https://xn--caf-dma.example");
    assert!(problem("[tls]\ndomain = \"a b.example\"\n", &[]).contains("names of this machine"));
}

#[test]
fn the_public_address_takes_a_host_or_an_address() {
    let base = |variables: &[(&str, &str)]| from_env(variables).map(|config| config.http.base_url().to_owned());
    assert_eq!(base(&[("PUBLIC_HOST", "shop.example")]).as_deref(), Ok("https://shop.example"));
    assert_eq!(base(&[("PUBLIC_HOST", "https://shop.example/")]).as_deref(), Ok("https://shop.example"));
    assert_eq!(base(&[("PUBLIC_HOST", "127.0.0.1:9000")]).as_deref(), Ok("http://127.0.0.1:9000"));
    let both = [("PUBLIC_HOST", "a.example"), ("PUBLIC_BASE_URL", "https://b.example/")];
    assert_eq!(base(&both).as_deref(), Ok("https://b.example"));
    assert_eq!(base(&[("PORT", "9000")]).as_deref(), Ok("http://127.0.0.1:9000"));
    assert!(problem("", &[("PUBLIC_BASE_URL", "http://shop.example")]).contains("plain http to another machine"));
    let config = from_env(&[("PUBLIC_BASE_URL", "http://127.0.0.1:9000/")]).unwrap();
    assert_eq!(config.http.websocket_url(), "ws://127.0.0.1:9000");
}

#[test]
fn databases_are_sqlite_files() {
    let file = |url: &str| from_env(&[("DATABASE_URL", url)]).map(|config| config.store.published_file());
    assert_eq!(file("sqlite:///srv/crm.db"), Ok("/srv/crm.db".into()));
    assert_eq!(file("sqlite://crm.db"), Ok("crm.db".into()));
    assert_eq!(file("folder/crm.db"), Ok("folder/crm.db".into()));
    for (url, reason) in [
        ("postgres://db.example/crm", "is not a SQLite file"),
        ("mysql:crm", "is not a SQLite file"),
        ("sqlite:crm.db", "lacks the two slashes"),
        ("sqlite:///srv/crm.db?mode=ro", "options"),
        ("sqlite://:memory:", "lost at the next stop"),
        ("/srv/", "folder"),
    ] {
        assert!(problem("", &[("DATABASE_URL", url)]).contains(reason), "{url}");
    }
}

#[test]
fn a_service_keeps_its_data_where_systemd_says() {
    let config = from_env(&[("STATE_DIRECTORY", "/var/lib/agentlocator")]).unwrap();
    assert_eq!(config.store.live_file(), Path::new("/var/lib/agentlocator/live/db.sqlite"));
    let config = from_env(&[("STATE_DIRECTORY", "/var/lib/agentlocator"), ("DATABASE_URL", "/srv/crm.db")]).unwrap();
    assert_eq!(config.store.published_file(), Path::new("/srv/crm.db"));
    assert_eq!(StoreConfig::default().published_file(), Path::new("data/agentlocator.db"));
}

#[test]
fn numbers_countries_and_templates_are_checked() {
    let config = from_env(&[("TWILIO_WA_FROM", "whatsapp:+972501234567")]).unwrap();
    assert_eq!(config.twilio.wa_from.unwrap().as_str(), "+972501234567");
    assert!(problem("", &[("TWILIO_WA_FROM", "0501234567")]).contains("has no country code"));
    assert!(problem("", &[("TWILIO_WA_FROM", "shop")]).contains("+972501234567"));
    assert!(problem("[business]\ncountry = \"Israel\"\n", &[]).contains("ISO 3166"));
    assert!(problem("[business]\ntime_zone = \"Mars\"\n", &[]).contains("IANA"));
    assert!(problem("", &[("TWILIO_WA_TEMPLATE_VARIABLES", "{}")]).contains("no {{text}}"));
    assert!(problem("", &[("TWILIO_WA_TEMPLATE_VARIABLES", "{\"1\": 2}")]).contains("not a text"));
    assert!(problem("", &[("TWILIO_WA_TEMPLATE_SID", "AC123")]).contains("is not a Content SID"));
    assert!(problem("", &[("TWILIO_ACCOUNT_SID", "SK123")]).contains("an API key's SID"));
    assert!(from_env(&[("TWILIO_WA_TEMPLATE_VARIABLES", "{\"1\": \"{{text}}\"}")]).is_ok());
}

#[test]
fn ranges_switches_and_lists_are_checked() {
    assert!(problem("[openai]\nvad_threshold = 1.5\n", &[]).contains("a number from 0 to 1"));
    assert!(problem("[whatsapp]\nper_minute = 0\n", &[]).contains("a whole number from 1 to 600"));
    assert!(problem("[whatsapp]\npacing = \"off\"\n", &[]).contains("true or false"));
    assert!(problem("", &[("WA_PROVIDER_PRIORITY", "twilio,twilio")]).contains("names twilio twice"));
    let config = from_env(&[("WA_PROVIDER_PRIORITY", "twilio, baileys"), ("WA_PACING", "off")]).unwrap();
    assert_eq!(config.whatsapp.priority.iter().map(|p| p.as_str()).collect::<Vec<_>>(), ["twilio", "baileys"]);
    assert!(!config.whatsapp.pacing);
}

#[test]
fn two_listeners_need_two_ports() {
    assert!(problem("[http]\ncrm_listen = 8080\n", &[]).contains("takes already"));
    assert!(problem("", &[("PORT", "9000"), ("CRM_LISTEN", "127.0.0.1:9000")]).contains("takes already"));
    assert!(read("[http]\nlisten = \"10.0.0.1:80\"\ncrm_listen = \"10.0.0.2:80\"\n", &[]).is_ok());
    assert!(from_env(&[("PORT", "0"), ("CRM_LISTEN", "127.0.0.1:0")]).is_ok());
}

#[test]
fn the_bridge_is_reached_safely() {
    let config = from_env(&[("WA_BAILEYS_PORT", "9001")]).unwrap();
    assert_eq!(config.whatsapp.baileys_send_url(), "http://127.0.0.1:9001/send");
    let config =
        from_env(&[("WA_BAILEYS_PORT", "9001"), ("BAILEYS_OUTBOUND_URL", "https://b.example/x/send")]).unwrap();
    assert_eq!(config.whatsapp.baileys_send_url(), "https://b.example/x/send");
    assert_eq!(config.whatsapp.baileys_origin(), "https://b.example");
    let config = from_env(&[("BAILEYS_OUTBOUND_URL", "http://127.0.0.1:9001")]).unwrap();
    assert_eq!(config.whatsapp.baileys_send_url(), "http://127.0.0.1:9001/send");
    assert!(problem("", &[("BAILEYS_OUTBOUND_URL", "http://10.0.0.2/send")]).contains("plain http"));
}

#[test]
fn google_accounts_are_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("google.json").to_string_lossy().into_owned();
    let account = json!({"type": "service_account", "client_email": "a@b.example", "private_key": "k"}).to_string();
    fs::write(&file, &account).unwrap();
    let variables = [("GOOGLE_APPLICATION_CREDENTIALS", file.as_str()), ("GCP_CREDENTIALS_JSON", &account)];
    assert!(from_env(&variables).unwrap().google.is_configured());
    fs::write(&file, "{\"type\": \"service_account\", \"client_email\": \"a@b.example\"}").unwrap();
    assert!(problem("", &variables[..1]).contains("lacks `private_key`"));
    assert!(problem("", &[("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")]).contains("cannot be read"));
}

#[test]
fn file_and_environment_take_precedence_over_the_page() {
    let config = read("[voice]\nlead_ms = 500\n", &[("LOG_LEVEL", "warn")]).unwrap();
    let stored = [
        ("business.name", json!("מספרה")),
        ("voice.lead_ms", json!(900)),
        ("whatsapp.per_minute", json!(7)),
        ("log.level", json!("debug")),
        ("voice.max_call_s", json!("long")),
        ("twilio.auth_token", json!("geheim")),
        ("no.such", json!(1)),
    ];
    let stored: Vec<_> = stored.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let (config, problems) = config.with_stored(&stored);
    assert_eq!((config.business.name.as_str(), config.voice.lead_ms), ("מספרה", 500));
    assert_eq!((config.log.level.as_str(), config.voice.max_call_s), ("warn", 1800));
    assert_eq!(config.origins.of("business.name").to_string(), "set on the page");
    let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 4, "{messages:#?}");
    assert_eq!(config.whatsapp.per_minute, 7);
    assert!(config.twilio.auth_token.is_none());
}

#[test]
fn version_variables_overrule_the_build() {
    let config = from_env(&[("GIT_COMMIT", "abc"), ("BUILD_TIME", "now"), ("DEPLOY_ID", "7")]).unwrap();
    assert_eq!((config.version.commit.as_str(), config.version.build_time.as_str()), ("abc", "now"));
    assert_eq!(config.version.deploy_id, "7");
}

#[test]
fn suspicious_settings_are_warned_about() {
    assert_eq!(Config::default().warnings(), []);
    let config = from_env(&[("TWILIO_AUTH_TOKEN", "x"), ("WHATSAPP_PROVIDER", "twilio")]).unwrap();
    assert_eq!(config.warnings().len(), 4, "{:#?}", config.warnings());
}

#[test]
fn every_base_url_can_be_replaced() {
    for name in [
        "TWILIO_API_BASE_URL",
        "OPENAI_BASE_URL",
        "TWILIO_CONTENT_BASE_URL",
        "GOOGLE_SPEECH_BASE_URL",
        "GOOGLE_TTS_BASE_URL",
        "GOOGLE_TOKEN_URL",
        "ELEVENLABS_BASE_URL",
        "DEEPGRAM_BASE_URL",
    ] {
        let config = from_env(&[(name, "http://127.0.0.1:9/x/")]).unwrap();
        let local = BaseUrl::parse("http://127.0.0.1:9/x").unwrap();
        let used = config.shown().into_iter().filter(|setting| setting.value == json!(local.as_str())).count();
        assert_eq!(used, 1, "{name}");
    }
}
