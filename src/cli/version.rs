//! `agentlocator version`: what this is.

use super::{Settings, print, print_json};
use crate::http::Version;

pub(super) fn run(json: bool, settings: &Settings) -> anyhow::Result<()> {
    // A wrong setting is no reason to keep the version to oneself.
    let info = settings.load().map(|config| config.version).unwrap_or_default();
    let version = Version::new(&info);
    if json {
        return print_json(&version);
    }
    print(&format!(
        "{}\ncommit      {}\nbuild time  {}\ndeploy id   {}\nts          {}\n",
        version.app, info.commit, info.build_time, info.deploy_id, version.ts
    ))
}
