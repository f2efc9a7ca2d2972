//! What this build is.

use serde::{Deserialize, Serialize};

/// What this build is: the variable at run time, else its value when built, else `dev`.
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
