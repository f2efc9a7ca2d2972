//! `agentlocator version`: prints the version, and checks for a newer release.

use super::output::{print, print_json, print_status};
use super::settings::Settings;
use crate::app;
use crate::http::Version;
use crate::providers::release_feed::{self, FeedResponse, is_newer};
use anyhow::{Context, bail};

pub(super) fn run(json: bool, check: bool, settings: &Settings) -> anyhow::Result<()> {
    // The version is printed even if the settings are invalid.
    let info = settings.load().map(|config| config.version).unwrap_or_default();
    let version = Version::new(&info);
    if json {
        print_json(&version)?;
    } else {
        print(&format!(
            "{}\nversion     {}\ncommit      {}\nbuild time  {}\ndeploy id   {}\nts          {}\n",
            version.app, INSTALLED, info.commit, info.build_time, info.deploy_id, version.ts
        ))?;
    }
    if check { check_for_update(settings) } else { Ok(()) }
}

/// Works even if the weekly check is disabled, because the user requests it with `--check`.
fn check_for_update(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let Some(feed) = &config.updates.feed_url else {
        bail!(
            "cannot check for a newer release, because updates.feed_url is not set; `apt-cache policy agentlocator` shows apt's version"
        );
    };
    let answer = app::runtime()?.block_on(release_feed::fetch(feed.as_str(), None));
    match answer.context("cannot check for a newer release")? {
        FeedResponse::Newest(release, _) if is_newer(&release.version, INSTALLED) => {
            let notes = release.notes_url.map(|url| format!("; release notes: {url}")).unwrap_or_default();
            print_status(&format!("A newer release is available: {} (installed: {INSTALLED}){notes}", release.version));
        }
        FeedResponse::Newest(..) | FeedResponse::NotModified => {
            print_status(&format!("No release is newer than {INSTALLED}."));
        }
    }
    Ok(())
}

const INSTALLED: &str = env!("CARGO_PKG_VERSION");
