//! Settings from the environment: variables, files named by `…_FILE` variables, and systemd credentials.

use super::builder::ConfigBuilder;
use super::raw_value::RawValue;
use super::setting::{EnvVar, Setting};
use super::{Config, Origin, private_file, suggest};
use crate::domain::{SettingError, SettingWarning};
use std::path::{Path, PathBuf};

/// Looks up an environment variable, in the process or in a test's fake environment.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

#[expect(clippy::disallowed_methods, reason = "the one reading of the environment")]
pub fn process_env(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Reads the location of the data folder that systemd created for the service (`StateDirectory=`). All other origins
/// take precedence over this one.
pub(super) fn read_data_folder(env: Environment<'_>, builder: &mut ConfigBuilder) {
    if let Some(folder) = state_folder(env) {
        let file = folder.join("agentlocator.db");
        builder.config.store.database_url = Some(file.to_string_lossy().into_owned());
        builder.config.origins.set("store.database_url", Origin::Variable("STATE_DIRECTORY"));
    }
}

pub(super) fn state_folder(env: Environment<'_>) -> Option<PathBuf> {
    present(env, "STATE_DIRECTORY")?.split(':').next().map(PathBuf::from)
}

/// Returns the second folder of `STATE_DIRECTORY`, for files that must survive the loss of the data folder.
pub(super) fn second_state_folder(env: Environment<'_>) -> Option<PathBuf> {
    present(env, "STATE_DIRECTORY")?.split(':').nth(1).map(PathBuf::from)
}

/// Empty variables are ignored. `file` is the path of the settings file.
pub(super) fn read(
    env: Environment<'_>,
    file: Option<&Path>,
    settings: &[Setting<Config>],
    builder: &mut ConfigBuilder,
) {
    let credentials = credentials_folder(env, file);
    if let Some(folder) = &credentials {
        builder.config.unknown_credentials = unknown_credentials(folder, settings);
    }
    for setting in settings {
        for variable in &setting.variables {
            if setting.secret {
                if let Some(folder) = &credentials {
                    read_credential(folder, setting, variable, builder);
                }
                read_named_file(env, setting, variable, builder);
            }
            if let Some(value) = present(env, variable.name) {
                builder.set_from(setting, variable, &RawValue::Untyped(value), Origin::Variable(variable.name));
            }
        }
    }
    let version = &mut builder.config.version;
    for (name, field) in [
        ("GIT_COMMIT", &mut version.commit),
        ("BUILD_TIME", &mut version.build_time),
        ("DEPLOY_ID", &mut version.deploy_id),
    ] {
        if let Some(value) = present(env, name) {
            *field = value;
        }
    }
}

/// Returns the folder that contains one file per secret. For the service, this is systemd's `$CREDENTIALS_DIRECTORY`.
/// For commands in a shell, it is the folder `credentials` beside the settings file, from which systemd loads the
/// credentials. Commands of root then use the same secrets as the service.
fn credentials_folder(env: Environment<'_>, file: Option<&Path>) -> Option<PathBuf> {
    if let Some(folder) = present(env, "CREDENTIALS_DIRECTORY") {
        return Some(folder.into());
    }
    let folder = file?.parent()?.join("credentials");
    // Usually only root can read the folder. Commands of other users run without these credentials.
    std::fs::read_dir(&folder).is_ok().then_some(folder)
}

/// Reads a credential, such as `twilio-auth-token` for `TWILIO_AUTH_TOKEN`. The name has a prefix if systemd loaded a
/// whole folder, as the shipped unit does: `secret_twilio-auth-token`, or `sealed_…` for the folder of encrypted
/// credentials.
fn read_credential(folder: &Path, setting: &Setting<Config>, variable: &EnvVar<Config>, builder: &mut ConfigBuilder) {
    let name = credential_name(variable);
    let paths = CREDENTIAL_PREFIXES.map(|prefix| folder.join(format!("{prefix}{name}")));
    if let Some(path) = paths.into_iter().find(|path| path.exists()) {
        let origin = Origin::Credential(path.clone());
        set_from_file(&path, origin, setting, variable, builder);
    }
}

fn credential_name(variable: &EnvVar<Config>) -> String {
    variable.name.to_ascii_lowercase().replace('_', "-")
}

fn unknown_credentials(folder: &Path, settings: &[Setting<Config>]) -> Vec<SettingWarning> {
    let secrets = settings.iter().filter(|setting| setting.secret);
    let known: Vec<String> = secrets.flat_map(|setting| &setting.variables).map(credential_name).collect();
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut unknown: Vec<(String, String)> = files
        .filter_map(|file| {
            let file = file.file_name().to_string_lossy().into_owned();
            let name = CREDENTIAL_PREFIXES.iter().find_map(|prefix| file.strip_prefix(prefix))?;
            if name.starts_with('.') || known.iter().any(|known| known == name) {
                return None;
            }
            Some((name.to_owned(), suggest::credential(name, &known)))
        })
        .collect();
    unknown.sort();
    unknown.into_iter().map(|(name, meant)| SettingWarning::CredentialUnused { name, meant }).collect()
}

fn read_named_file(
    env: Environment<'_>,
    setting: &Setting<Config>,
    variable: &EnvVar<Config>,
    builder: &mut ConfigBuilder,
) {
    let name = format!("{}_FILE", variable.name);
    let Some(path) = present(env, &name).map(PathBuf::from) else { return };
    let origin = Origin::VariableFile { variable: name, path: path.clone() };
    if present(env, variable.name).is_some() {
        builder.add_problem(origin, setting.key, SettingError::SetTwice { other: variable.name.to_owned() });
        return;
    }
    set_from_file(&path, origin, setting, variable, builder);
}

fn set_from_file(
    path: &Path,
    origin: Origin,
    setting: &Setting<Config>,
    variable: &EnvVar<Config>,
    builder: &mut ConfigBuilder,
) {
    match private_file::read_secret(path) {
        Ok(secret) => builder.set_from(setting, variable, &RawValue::Untyped(secret), origin),
        Err(error) => builder.add_problem(origin, setting.key, error),
    }
}

/// The prefixes that systemd adds to the names of a folder's files in the shipped unit; no prefix for single
/// credentials.
const CREDENTIAL_PREFIXES: [&str; 3] = ["sealed_", "secret_", ""];

fn present(env: Environment<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.trim().is_empty())
}
