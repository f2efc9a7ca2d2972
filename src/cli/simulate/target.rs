//! The server to test, and how to reach it.

use crate::cli::settings::Settings;
use crate::simulator::DaemonConnector;
use crate::simulator::twilio::Account;
use anyhow::{Context, bail};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use url::Url;

/// The server to test, and how to reach it.
#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// The server's public URL, or the complete URL of a webhook. By default the server of these settings, on this
    /// machine.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Connect to this address instead of the URL's host, without TLS, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) connect_to: Option<SocketAddr>,
    /// The Twilio account; by default the one of the settings.
    #[arg(long, value_name = "AC…")]
    pub(super) account_sid: Option<String>,
    /// A file with the account's auth token, which signs webhooks; by default the token of the settings.
    #[arg(long, value_name = "FILE")]
    pub(super) auth_token_file: Option<std::path::PathBuf>,
}

impl Target {
    pub(super) fn webhook(&self, settings: &Settings, path: &str) -> anyhow::Result<Url> {
        let text = match &self.url {
            Some(url) => url.clone(),
            None => settings.load()?.http.base_url().to_owned(),
        };
        let url = Url::parse(&text).with_context(|| format!("--url {text}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            bail!("--url {text}: it must begin with http:// or https://");
        }
        if url.path() == "/" { Ok(url.join(path)?) } else { Ok(url) }
    }

    pub(super) fn route(&self, settings: &Settings) -> anyhow::Result<DaemonConnector> {
        let connect_to = match (self.connect_to, &self.url) {
            (Some(address), _) => Some(address),
            (None, Some(_)) => None,
            (None, None) => Some(loopback(settings.load()?.http.listen)),
        };
        DaemonConnector::new(connect_to).context("cannot create an HTTP client")
    }

    pub(super) fn account(&self, settings: &Settings) -> anyhow::Result<Account> {
        let config = settings.load()?;
        let auth_token = match &self.auth_token_file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("--auth-token-file {}", file.display()))?
                .trim()
                .to_owned(),
            None => config.twilio.auth_tokens().next().map(|token| token.expose().to_owned()).context(
                "no Twilio auth token: the server answers only signed webhooks. Set TWILIO_AUTH_TOKEN, here and for the \
                 server, or name a file with --auth-token-file",
            )?,
        };
        let own = Account::random();
        let sid = self.account_sid.clone().or(config.twilio.account_sid).unwrap_or(own.sid);
        Ok(Account { sid, auth_token })
    }
}

/// Returns the address at which this machine can connect to a server that listens on `listen`.
fn loopback(listen: Option<SocketAddr>) -> SocketAddr {
    let listen = listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
    let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}
