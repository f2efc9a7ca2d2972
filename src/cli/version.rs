//! `agentlocator version`: what this is, and whether there is a newer one.

use super::{Settings, print, print_json, tell};
use crate::app;
use crate::http::Version;
use crate::providers::release_feed::{self, FeedAnswer, is_newer};
use anyhow::{Context, bail};

pub(super) fn run(json: bool, check: bool, settings: &Settings) -> anyhow::Result<()> {
    // A wrong setting is no reason to keep the version to oneself.
    let info = settings.load().map(|config| config.version).unwrap_or_default();
    let version = Version::new(&info);
    if json {
        print_json(&version)?;
    } else {
        print(&format!(
            "{}\ncommit      {}\nbuild time  {}\ndeploy id   {}\nts          {}\n",
            version.app, info.commit, info.build_time, info.deploy_id, version.ts
        ))?;
    }
    if check { look_for_newer(settings) } else { Ok(()) }
}

/// Asks the feed once, because somebody has told us to.
fn look_for_newer(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let installed = env!("CARGO_PKG_VERSION");
    let Some(feed) = &config.updates.feed_url else {
        bail!(
            "nobody can be asked, since updates.feed_url is not set; `apt-cache policy agentlocator` tells what apt knows"
        );
    };
    let answer = app::runtime()?.block_on(release_feed::ask(feed.as_str(), None));
    match answer.context("cannot look for a newer release")? {
        FeedAnswer::Newest(release, _) if is_newer(&release.version, installed) => {
            let notes = release.notes_url.map(|url| format!("; what is new: {url}")).unwrap_or_default();
            tell(&format!("There is {}, installed is {installed}{notes}", release.version));
        }
        FeedAnswer::Newest(..) | FeedAnswer::Unchanged => tell(&format!("There is nothing newer than {installed}.")),
    }
    Ok(())
}
