//! Reading the settings: defaults, then the file, then the environment.

use super::{Config, LogLevel, Secret};
use std::fmt;
use std::path::Path;

/// All that is wrong with the settings, one line for each finding.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// One variable of the process's environment.
#[expect(clippy::disallowed_methods, reason = "the one reading of the environment")]
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads the settings from the file, if there is one, and from the environment `env`, which wins.
pub fn load(file: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let mut config = match file.map(|path| (path, std::fs::read_to_string(path))) {
        None => Config::default(),
        Some((path, Ok(text))) => toml::from_str(&text).unwrap_or_else(|error| {
            errors.0.push(format!("{}: {error}", path.display()));
            Config::default()
        }),
        Some((path, Err(error))) => {
            errors.0.push(format!("{}: {error}", path.display()));
            Config::default()
        }
    };
    apply(&mut config, env, &mut errors);
    if errors.0.is_empty() { Ok(config) } else { Err(errors) }
}

fn apply(config: &mut Config, env: &dyn Fn(&str) -> Option<String>, errors: &mut ConfigErrors) {
    let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    if let Some(port) = env("PORT") {
        match port.trim().parse::<u16>() {
            Ok(port) => config.http.listen = Some(([0, 0, 0, 0], port).into()),
            Err(_) => errors.0.push(format!("PORT: `{port}` is not a port; expected a number from 0 to 65535")),
        }
    }
    if let Some(address) = env("CRM_LISTEN") {
        match address.trim().parse() {
            Ok(address) => config.http.crm_listen = Some(address),
            Err(_) => errors.0.push(format!("CRM_LISTEN: `{address}` is not an address with a port")),
        }
    }
    if let Some(url) = env("PUBLIC_BASE_URL") {
        config.http.public_base_url = Some(url.trim_end_matches('/').to_owned());
    }
    config.store.database_url = env("DATABASE_URL").or(config.store.database_url.take());
    match env("LOG_LEVEL").as_deref() {
        None => {}
        Some("error") => config.log.level = LogLevel::Error,
        Some("warn") => config.log.level = LogLevel::Warn,
        Some("info") => config.log.level = LogLevel::Info,
        Some("debug") => config.log.level = LogLevel::Debug,
        Some("trace") => config.log.level = LogLevel::Trace,
        Some(level) => errors.0.push(format!("LOG_LEVEL: `{level}` is none of error, warn, info, debug, trace")),
    }
    let secret = |name: &str| env(name).map(Secret::new);
    config.twilio.account_sid = env("TWILIO_ACCOUNT_SID").or(config.twilio.account_sid.take());
    config.twilio.auth_token = secret("TWILIO_AUTH_TOKEN").or(config.twilio.auth_token.take());
    config.openai.api_key = secret("OPENAI_API_KEY").or(config.openai.api_key.take());
    config.whatsapp.shared_secret = secret("WA_SHARED_SECRET").or(config.whatsapp.shared_secret.take());
    config.whatsapp.webhook_secret = secret("BAILEYS_WEBHOOK_SECRET").or(config.whatsapp.webhook_secret.take());
    for (name, field) in [
        ("GIT_COMMIT", &mut config.version.commit),
        ("BUILD_TIME", &mut config.version.build_time),
        ("DEPLOY_ID", &mut config.version.deploy_id),
    ] {
        if let Some(value) = env(name) {
            *field = value;
        }
    }
}
