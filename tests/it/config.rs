//! The settings that the daemon reads from file, environment and database, and its messages about invalid ones.

use super::support::{Client, Daemon, Log};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The command in its own empty folder, with only `variables` set.
pub(super) struct Shop {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Shop {
    pub(super) fn new(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { folder: tempfile::tempdir().unwrap(), variables }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.folder.path().join(name), text).unwrap();
        self.path(name)
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().envs(self.variables.iter().cloned());
        command
    }

    /// Runs the command until it exits. A daemon that starts instead of reporting an error is stopped by a timeout.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command("timeout").args(["20", BINARY]).args(arguments).output().unwrap()
    }

    /// Returns the value and the source that `config show --json` reports for a setting.
    fn shown(&self, key: &str) -> (Value, String) {
        shown(&self.run(&["config", "show", "--json"]), key)
    }

    /// Returns the errors that the program prints, without the headline. The daemon and `config check` must print the
    /// same errors, and must not create the data folder.
    fn complaint(&self, arguments: &[&str]) -> String {
        let said = ["serve", "config check"].map(|command| {
            let all: Vec<_> = command.split(' ').chain(arguments.iter().copied()).collect();
            let output = self.run(&all);
            assert_eq!(output.status.code(), Some(1), "{command}");
            assert_eq!(text(&output.stdout), "", "{command}");
            text(&output.stderr).lines().skip(1).collect::<Vec<_>>().join("\n")
        });
        assert_eq!(said[0], said[1]);
        assert!(!self.folder.path().join("data").exists());
        said[0].clone()
    }

    fn serve(&self) -> Served {
        let mut child =
            self.command(BINARY).arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        let _ = Log::of(child.stdout.take().unwrap());
        let served = Served { child, log };
        served.log.wait_for_event("LISTENING");
        served
    }
}

/// A daemon that binds its own address. Dropping it kills the process.
struct Served {
    child: Child,
    log: Log,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn shown(output: &Output, key: &str) -> (Value, String) {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let settings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let setting = settings.into_iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    (setting["value"].clone(), setting["source"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn without_a_settings_file_the_daemon_listens_everywhere_and_stores_data_in_its_folder() {
    let shop = Shop::new(&[("PORT", "0")]);
    let served = shop.serve();
    let listening = &served.log.events_named("LISTENING")[0];
    assert_eq!(listening["address"], "0.0.0.0");
    let client = Client::new(format!("http://127.0.0.1:{}", listening["port"]));
    assert_eq!(client.get("/healthz").await.text(), "ok");
    assert!(Path::new(&shop.path("data/live/db.sqlite")).exists());
    assert!(Path::new(&shop.path("data/agentlocator.db")).exists());
}

#[test]
fn with_no_settings_at_all_everything_has_a_default() {
    let shop = Shop::new(&[]);
    assert_eq!(shop.run(&["config", "check"]).status.code(), Some(0));
    let settings: Vec<Value> = serde_json::from_slice(&shop.run(&["config", "show", "--json"]).stdout).unwrap();
    assert!(settings.len() > 50 && settings.iter().all(|setting| setting["source"] == "default"));
    // The command creates no files.
    assert_eq!(fs::read_dir(shop.folder.path()).unwrap().count(), 0);
}

#[test]
fn as_a_service_the_data_is_where_systemd_says() {
    let mut shop = Shop::new(&[("PORT", "0")]);
    shop.set("STATE_DIRECTORY", shop.path("state"));
    let _served = shop.serve();
    assert!(Path::new(&shop.path("state/agentlocator.db")).exists());
    assert!(!Path::new(&shop.path("data")).exists());
}

#[test]
fn the_database_is_where_its_url_says() {
    let mut shop = Shop::new(&[("PORT", "0")]);
    shop.set("DATABASE_URL", format!("sqlite://{}", shop.path("abs/crm.db")));
    drop(shop.serve());
    assert!(Path::new(&shop.path("abs/crm.db")).exists());

    let shop = Shop::new(&[("PORT", "0"), ("DATABASE_URL", "sqlite://rel/crm.db")]);
    drop(shop.serve());
    assert!(Path::new(&shop.path("rel/crm.db")).exists());

    let shop = Shop::new(&[("PORT", "0"), ("DATABASE_URL", "plain/crm.db")]);
    drop(shop.serve());
    assert!(Path::new(&shop.path("plain/crm.db")).exists());

    let shop = Shop::new(&[("DATABASE_URL", "postgres://me:geheim@db.example/crm")]);
    let said = shop.complaint(&[]);
    assert!(said.contains("DATABASE_URL") && said.contains("sqlite:///absolute/path.db"), "{said}");
    assert!(!said.contains("geheim"), "{said}");
}

#[test]
fn a_wrong_setting_names_file_line_column_key_finding_and_allowed() {
    let shop = Shop::new(&[]);
    shop.write("config.toml", "[log]\n\nlevel = \"loud\"\n");
    let said = shop.complaint(&["--config", "config.toml"]);
    assert_eq!(said, "config.toml:3:1: log.level: found \"loud\"; allowed: error, warn, info, debug, trace");

    shop.write("config.toml", "[http]\nport = 80\n[voice]\nmax_cal_s = 60\n");
    let said = shop.complaint(&["--config", "config.toml"]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("config.toml:2:1: unknown key http.port; "), "{said}");
    assert_eq!(lines[1], "config.toml:4:1: unknown key voice.max_cal_s; did you mean max_call_s?");
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let said = Shop::new(&[]).complaint(&["--config", "none.toml"]);
    assert!(said.starts_with("none.toml: cannot be read: "), "{said}");
}

#[test]
fn a_wrong_variable_is_named() {
    let said = Shop::new(&[("PORT", "80800")]).complaint(&[]);
    assert_eq!(said, "environment variable PORT: http.listen: found \"80800\"; allowed: a port, 0 to 65535");
}

#[test]
fn a_pronunciation_without_two_sides_names_the_line() {
    let shop = Shop::new(&[]);
    shop.write("config.toml", "[agent]\npronunciation = \"\"\"\n# names\nRon = רון\nSMS\n\"\"\"\n");
    let said = shop.complaint(&["--config", "config.toml"]);
    assert!(said.contains("agent.pronunciation") && said.contains("equals sign: SMS"), "{said}");
}

#[test]
fn a_greeting_that_is_too_long_or_no_mp3_is_refused() {
    let shop = Shop::new(&[]);
    let shipped = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/audio/greeting_he.mp3")).unwrap();
    fs::write(shop.path("long.mp3"), shipped.repeat(4)).unwrap();
    shop.write("config.toml", "[voice]\ngreeting_file = \"long.mp3\"\n");
    let said = shop.complaint(&["--config", "config.toml"]);
    assert!(said.starts_with("config.toml:2:1: voice.greeting_file: found a greeting of 15."), "{said}");
    shop.write("long.mp3", "no sound");
    assert!(shop.complaint(&["--config", "config.toml"]).contains("not an MP3 file"));
}

#[test]
fn every_variable_of_the_contract_is_taken() {
    let shop = Shop::new(&[]);
    let google = shop.write("google.json", r#"{"type": "service_account", "client_email": "a@b", "private_key": "k"}"#);
    let cases = [
        ("PORT", "9001", "http.listen", json!("0.0.0.0:9001")),
        ("CRM_LISTEN", "127.0.0.1:9002", "http.crm_listen", json!("127.0.0.1:9002")),
        ("PUBLIC_BASE_URL", "https://shop.example/", "http.public_base_url", json!("https://shop.example")),
        ("TWILIO_ACCOUNT_SID", "AC1", "twilio.account_sid", json!("AC1")),
        ("TWILIO_AUTH_TOKEN", "geheim", "twilio.auth_token", json!("•••")),
        ("TWILIO_AUTH_TOKEN_SECONDARY", "geheim", "twilio.auth_token_secondary", json!("•••")),
        ("TWILIO_WA_FROM", "whatsapp:+972501234567", "twilio.wa_from", json!("+972501234567")),
        ("TWILIO_WA_TEMPLATE_SID", "HX1", "twilio.wa_template_sid", json!("HX1")),
        (
            "TWILIO_WA_TEMPLATE_VARIABLES",
            r#"{"1":"{{text}}"}"#,
            "twilio.wa_template_variables",
            json!(r#"{"1":"{{text}}"}"#),
        ),
        ("OPENAI_API_KEY", "geheim", "openai.api_key", json!("•••")),
        ("GOOGLE_APPLICATION_CREDENTIALS", &google, "google.credentials_file", json!(google)),
        ("GCP_CREDENTIALS_JSON", r#"{"type": "authorized_user"}"#, "google.credentials_json", json!("•••")),
        ("DATABASE_URL", "sqlite:///nonexistent/crm.db", "store.database_url", json!("/nonexistent/crm.db")),
        ("ENABLE_WA_TWILIO", "true", "whatsapp.enable_twilio", json!(true)),
        ("ENABLE_WA_BAILEYS", "0", "whatsapp.enable_baileys", json!(false)),
        ("WHATSAPP_PROVIDER", "baileys", "whatsapp.provider", json!("baileys")),
        ("WA_PROVIDER_PRIORITY", "twilio,baileys", "whatsapp.priority", json!(["twilio", "baileys"])),
        ("WA_BAILEYS_PORT", "9003", "whatsapp.baileys_port", json!(9003)),
        (
            "BAILEYS_OUTBOUND_URL",
            "http://127.0.0.1:9/send",
            "whatsapp.baileys_outbound_url",
            json!("http://127.0.0.1:9/send"),
        ),
        ("WA_BRIDGE_SOCKET", "/run/x.sock", "whatsapp.baileys_socket", json!("/run/x.sock")),
        ("WA_BRIDGE_CHALLENGE", "required", "whatsapp.bridge_challenge", json!("required")),
        ("WA_SHARED_SECRET", "geheim", "whatsapp.shared_secret", json!("•••")),
        ("BAILEYS_WEBHOOK_SECRET", "geheim", "whatsapp.webhook_secret", json!("•••")),
        ("WA_PACING", "off", "whatsapp.pacing", json!(false)),
        ("LOG_LEVEL", "debug", "log.level", json!("debug")),
        ("TWILIO_API_BASE_URL", "http://127.0.0.1:9/", "twilio.api_base_url", json!("http://127.0.0.1:9")),
        ("TWILIO_CONTENT_BASE_URL", "http://127.0.0.1:9/", "twilio.content_base_url", json!("http://127.0.0.1:9")),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "openai.base_url", json!("http://127.0.0.1:9/v1")),
        ("GOOGLE_SPEECH_BASE_URL", "http://127.0.0.1:9", "google.speech_base_url", json!("http://127.0.0.1:9")),
        ("GOOGLE_TTS_BASE_URL", "http://127.0.0.1:9", "google.tts_base_url", json!("http://127.0.0.1:9")),
        ("GOOGLE_TOKEN_URL", "http://127.0.0.1:9", "google.token_url", json!("http://127.0.0.1:9")),
        ("ELEVENLABS_API_KEY", "geheim", "elevenlabs.api_key", json!("•••")),
        ("DEEPGRAM_API_KEY", "geheim", "deepgram.api_key", json!("•••")),
        ("ELEVENLABS_BASE_URL", "http://127.0.0.1:9", "elevenlabs.base_url", json!("http://127.0.0.1:9")),
        ("SONIOX_API_KEY", "geheim", "soniox.api_key", json!("•••")),
        ("SONIOX_STT_BASE_URL", "http://127.0.0.1:9", "soniox.stt_base_url", json!("http://127.0.0.1:9")),
        ("SONIOX_TTS_BASE_URL", "http://127.0.0.1:9", "soniox.tts_base_url", json!("http://127.0.0.1:9")),
        ("PIPELINE_MODEL_BASE_URL", "http://127.0.0.1:9/v1", "pipeline.model_base_url", json!("http://127.0.0.1:9/v1")),
        ("PIPELINE_MODEL_API_KEY", "geheim", "pipeline.model_api_key", json!("•••")),
        (
            "PIPELINE_SPEECH_BASE_URL",
            "http://127.0.0.1:9/v1",
            "pipeline.speech_base_url",
            json!("http://127.0.0.1:9/v1"),
        ),
        ("PIPELINE_SPEECH_API_KEY", "geheim", "pipeline.speech_api_key", json!("•••")),
        (
            "PIPELINE_TRANSCRIPTION_BASE_URL",
            "http://127.0.0.1:9/v1",
            "pipeline.transcription_base_url",
            json!("http://127.0.0.1:9/v1"),
        ),
        ("PIPELINE_TRANSCRIPTION_API_KEY", "geheim", "pipeline.transcription_api_key", json!("•••")),
        ("DEEPGRAM_BASE_URL", "http://127.0.0.1:9", "deepgram.base_url", json!("http://127.0.0.1:9")),
    ];
    let all: Vec<_> = cases.iter().map(|(name, value, ..)| (*name, *value)).collect();
    let output = Shop::new(&all).run(&["config", "show", "--json"]);
    for (name, _, key, value) in cases {
        assert_eq!(shown(&output, key), (value, format!("environment variable {name}")), "{name}");
    }
    assert!(!text(&output.stdout).contains("geheim"));
    // The daemon ignores the bridge's variables and unrelated ones.
    let others = [("BAILEYS_WEBHOOK_TARGET", "x"), ("WA_SESSION_DIR", "x"), ("PUBLIC_URL", "x"), ("HTTP_MAX", "x")];
    assert_eq!(Shop::new(&others).run(&["config", "check"]).status.code(), Some(0));
}

#[test]
fn the_public_host_is_a_host_or_an_address() {
    let public = |variables| Shop::new(variables).shown("http.public_base_url").0;
    assert_eq!(public(&[("PUBLIC_HOST", "shop.example")]), "https://shop.example");
    assert_eq!(public(&[("PUBLIC_HOST", "https://shop.example/")]), "https://shop.example");
    assert_eq!(public(&[("PUBLIC_HOST", "http://127.0.0.1:9/")]), "http://127.0.0.1:9");
    assert_eq!(public(&[("PUBLIC_HOST", "a.example"), ("PUBLIC_BASE_URL", "https://b.example")]), "https://b.example");
}

#[test]
fn plain_http_is_for_loopback_alone() {
    for name in ["PUBLIC_BASE_URL", "PUBLIC_HOST", "OPENAI_BASE_URL", "TWILIO_API_BASE_URL", "BAILEYS_OUTBOUND_URL"] {
        let said = Shop::new(&[(name, "http://shop.example/send")]).complaint(&[]);
        assert!(said.starts_with(&format!("environment variable {name}: ")) && said.contains("plain http"), "{said}");
    }
}

#[test]
fn secrets_come_from_credentials_and_files_too() {
    let mut shop = Shop::new(&[]);
    fs::create_dir(shop.path("credentials")).unwrap();
    shop.write("credentials/twilio-auth-token", "geheim\n");
    shop.write("credentials/openai-api-key", "other\n");
    let file = shop.write("key", "geheim\n");
    shop.set("CREDENTIALS_DIRECTORY", shop.path("credentials"));
    shop.set("OPENAI_API_KEY_FILE", file.clone());
    let credential = format!("credential {}", shop.path("credentials/twilio-auth-token"));
    assert_eq!(shop.shown("twilio.auth_token"), (json!("•••"), credential));
    let from_file = format!("environment variable OPENAI_API_KEY_FILE ({file})");
    assert_eq!(shop.shown("openai.api_key"), (json!("•••"), from_file));
    shop.set("TWILIO_AUTH_TOKEN_FILE", shop.path("none"));
    let said = shop.complaint(&[]);
    assert!(said.starts_with("environment variable TWILIO_AUTH_TOKEN_FILE"), "{said}");
}

#[test]
fn environment_wins_over_file_and_file_over_page() {
    let mut daemon = Daemon::start(|setup| {
        setup.toml("[voice]\nlead_ms = 500\n[openai]\nvoice = \"cedar\"\n").env("WA_PACING", "off");
    });
    assert!(daemon.stop().success());
    let live = rusqlite::Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    for (key, value) in
        [("business.name", "\"מספרה\""), ("voice.lead_ms", "900"), ("whatsapp.pacing", "true"), ("x.y", "1")]
    {
        let row =
            "INSERT INTO settings(key, value, updated_at, actor) VALUES (?1, ?2, '2026-01-01T00:00:00.000Z', 'user:1')";
        live.execute(row, [key, value]).unwrap();
    }
    drop(live);
    daemon.launch();
    let ignored = daemon.logs().wait_for_event("CONFIG_STORED");
    assert!(ignored["problem"].as_str().unwrap().contains("x.y"), "{ignored}");
    let output = daemon.cli(&["config", "show", "--json"]);
    assert_eq!(shown(&output, "business.name"), (json!("מספרה"), "set on the page".to_owned()));
    let (lead, source) = shown(&output, "voice.lead_ms");
    assert!(lead == 500 && source.ends_with("config.toml:2:1"), "{lead} {source}");
    assert_eq!(shown(&output, "whatsapp.pacing"), (json!(false), "environment variable WA_PACING".to_owned()));
    assert_eq!(shown(&output, "voice.max_call_s"), (json!(1800), "default".to_owned()));
}

#[test]
fn settings_of_the_page_that_cannot_be_read_are_reported_beside_the_others() {
    let mut daemon = Daemon::start(|setup| _ = setup.toml("[voice]\nlead_ms = 500\n"));
    assert!(daemon.stop().success());
    fs::write(daemon.published_file(), "no database").unwrap();
    let output = daemon.cli(&["config", "show", "--json"]);
    assert_eq!(shown(&output, "voice.lead_ms").0, json!(500));
    assert!(text(&output.stderr).contains("the settings of the page cannot be read"), "{}", text(&output.stderr));
}

#[test]
fn the_shipped_example_is_valid() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml.example").display().to_string();
    let shop = Shop::new(&[]);
    let output = shop.run(&["config", "check", "--config", &example]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("The settings are valid"));
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    assert_eq!(Shop::new(&[]).run(&["config", "chek"]).status.code(), Some(2));
    assert_eq!(Shop::new(&[]).run(&["config", "check", "--yaml"]).status.code(), Some(2));
}

const BINARY: &str = env!("CARGO_BIN_EXE_agentlocator");

#[tokio::test(flavor = "multi_thread")]
async fn a_command_uses_the_database_of_the_service() {
    let mut daemon = Daemon::start(|_| {});
    let folder = daemon.folder().join("bin");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("systemctl");
    let unit = format!("LoadState=loaded\nEnvironment=DATABASE_URL={}", daemon.published_file().display());
    fs::write(&program, format!("#!/bin/sh\ncat <<'END'\n{unit}\nEND\n")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    daemon.reconfigure(|setup| {
        setup.env("DATABASE_URL", "").env("PATH", format!("{}:{path}", folder.display()));
    });
    let setup = daemon.cli(&["setup"]);
    let printed = String::from_utf8(setup.stdout).unwrap();
    assert!(
        setup.status.success() && printed.contains(&daemon.url()),
        "the command used the running daemon: {printed}"
    );
    let copy = daemon.folder().join("copy.db");
    let backup = daemon.cli(&["backup", copy.to_str().unwrap()]);
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
    assert!(!daemon.folder().join("data").exists(), "a folder was created in the current directory");

    // Without a systemd service, the command looks for the database in the current folder, and names its file.
    fs::write(&program, "#!/bin/sh\necho LoadState=not-found\n").unwrap();
    let backup = daemon.cli(&["backup", copy.to_str().unwrap()]);
    let printed = String::from_utf8(backup.stderr).unwrap();
    let meant = format!("Using the database {}/data/agentlocator.db", daemon.folder().display());
    assert!(!backup.status.success() && printed.contains(&meant), "{printed}");
}

#[test]
fn duplicate_settings_are_named_with_the_remedy() {
    let shop = Shop::new(&[]);
    let sections = "[twilio]\nwa_from = \"+972501234567\"\n[agent]\n[twilio]\naccount_sid = \"AC1\"\n";
    let twice =
        ":4:2: the section [twilio] occurs twice; move these lines below the first [twilio], and delete this line";
    let printed = shop.complaint(&["--config", &shop.write("sections.toml", sections)]);
    assert!(printed.ends_with(twice), "{printed}");
    let printed =
        shop.complaint(&["--config", &shop.write("keys.toml", "[log]\nlevel = \"info\"\nlevel = \"debug\"\n")]);
    assert!(printed.ends_with(":3:1: level is set twice in its section; delete one of the two lines"), "{printed}");
}
