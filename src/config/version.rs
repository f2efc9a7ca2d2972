//! The version of this build.

use serde::{Deserialize, Serialize};

/// The version of this build. Each value is read from an environment variable at run time, otherwise from the same
/// variable at build time. If neither is set, the value is `dev`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// The Git commit (`GIT_COMMIT`).
    pub commit: String,
    /// The build time (`BUILD_TIME`).
    pub build_time: String,
    /// The id of the deployment (`DEPLOY_ID`).
    pub deploy_id: String,
}

impl Default for VersionInfo {
    fn default() -> Self {
        let built = |value: Option<&str>| value.unwrap_or("dev").to_owned();
        Self {
            commit: built(option_env!("GIT_COMMIT")),
            build_time: built(option_env!("BUILD_TIME")),
            deploy_id: built(option_env!("DEPLOY_ID")),
        }
    }
}
