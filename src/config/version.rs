//! The version of this build.

use serde::{Deserialize, Serialize};

/// The version of this build: the environment variables at run time, else their values at build time, else `dev`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// `GIT_COMMIT`.
    pub commit: String,
    /// `BUILD_TIME`.
    pub build_time: String,
    /// `DEPLOY_ID`.
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
