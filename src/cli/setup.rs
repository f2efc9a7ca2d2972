//! `agentlocator setup`: prints the URL and the one-time code for creating the first owner.

use super::daemon_client;
use super::output::{print, print_status};
use super::settings::Settings;
use crate::config::DEFAULT_PORT;
use crate::crm::admin_command::AdminCommand;
use crate::crm::setup::SetupCode;
use crate::tls::own_fingerprint;
use anyhow::Context;
use clap::Args;
use std::fmt::Write;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Accept an empty database, although the service had data in this folder before.
    #[arg(long)]
    new_data: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    if arguments.new_data
        && let Some(marker) = Settings::data_marker()
    {
        marker.remove().context("cannot remove the marker that there was data")?;
    }
    let config = settings.load();
    if let Ok(config) = &config {
        Settings::print_default_database(config);
    }
    let code = SetupCode::generate();
    let (_, pages) = daemon_client::execute(settings, AdminCommand::OfferSetupCode { code_hash: code.hash() })?;
    let mut text =
        format!("Open   {}\nCode   {code}\n\nThe code is valid once, for 24 hours.\n", code.url(&pages.best));
    // Print no fingerprint for a public https address: a proxy or tunnel serves it with another certificate.
    let own_certificate =
        config.ok().filter(|config| pages.has_https() && config.http.public_address() != Some(&pages.best));
    if let Some(fingerprint) = own_certificate.and_then(|config| own_fingerprint(&config)) {
        let _ = write!(
            text,
            "\nThe page is encrypted. The browser shows a warning, because the certificate is self-signed; continue if it has this \
             SHA-256 fingerprint:\n{fingerprint}\n"
        );
    }
    if let Some(plain) = &pages.plain {
        let _ =
            write!(text, "\nFrom this machine or your own network, without encryption:\n       {}\n", code.url(plain));
    } else if !pages.has_https() {
        let port = Url::parse(&pages.best).ok().and_then(|url| url.port_or_known_default()).unwrap_or(DEFAULT_PORT);
        let _ = write!(
            text,
            "\nWithout encryption the code is accepted only from this machine and your own network. From elsewhere run\n\
             `ssh -L {port}:127.0.0.1:{port} SERVER` and open the same address at localhost:{port}.\n",
        );
    }
    print(&text)?;
    if !daemon_client::is_daemon_running(settings) {
        print_status(
            "The daemon does not run: start it before you open the address, such as with `sudo systemctl start agentlocator`.",
        );
    }
    Ok(())
}
