//! `[mail]`: the mail server.

use super::Secret;
use super::parser::{choice, free_text, host, integer, mail_address, optional, readable_file, secret};
use super::setting::{Section, Setting};
use crate::domain::text_enum;
use serde::Serialize;
use std::path::PathBuf;

text_enum! {
    /// The encryption of the connection to the mail server.
    MailTls {
        /// STARTTLS: the connection starts unencrypted and switches to TLS. If the server offers no TLS, no mail is
        /// sent. Port 587.
        StartTls = "starttls",
        /// Implicit TLS. Port 465.
        Tls = "tls",
        /// No encryption; for a server on this machine. Port 25.
        None = "none",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MailConfig {
    /// The host of the server; `None` means that no mail is sent. Environment variable: `SMTP_HOST`.
    pub host: Option<String>,
    /// The port; `None` means the default port of the encryption. Environment variable: `SMTP_PORT`.
    pub port: Option<u16>,
    pub tls: MailTls,
    /// The user name. Environment variable: `SMTP_USER`.
    pub username: Option<String>,
    /// The password. Environment variable: `SMTP_PASSWORD`.
    pub password: Option<Secret>,
    /// The sender address; `None` means the user name, if that is a mail address.
    pub from: Option<String>,
    /// A PEM file with an additional trusted root certificate, for a server with a private certificate authority.
    pub ca_file: Option<PathBuf>,
    /// Timeout for a response of the server, in seconds.
    pub timeout_s: u32,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            tls: MailTls::StartTls,
            username: None,
            password: None,
            from: None,
            ca_file: None,
            timeout_s: 30,
        }
    }
}

impl MailConfig {
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::StartTls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        })
    }

    pub fn sender(&self) -> Option<&str> {
        self.from.as_deref().or_else(|| self.username.as_deref().filter(|name| name.contains('@')))
    }

    pub(super) fn is_local(&self) -> bool {
        self.host.as_deref().is_some_and(|host| {
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }
}

pub(super) fn settings() -> Vec<Setting<MailConfig>> {
    let mail = Section::<MailConfig>::new();
    vec![
        mail.setting("mail.host", |c| &mut c.host, optional(host())).env("SMTP_HOST"),
        mail.setting("mail.port", |c| &mut c.port, optional(integer(1..=u16::MAX))).env("SMTP_PORT"),
        mail.setting("mail.tls", |c| &mut c.tls, choice(MailTls::ALL, MailTls::as_str)),
        mail.setting("mail.username", |c| &mut c.username, optional(free_text())).env("SMTP_USER"),
        mail.secret_setting("mail.password", |c| &mut c.password, optional(secret())).env("SMTP_PASSWORD"),
        mail.setting("mail.from", |c| &mut c.from, optional(mail_address())),
        mail.setting("mail.ca_file", |c| &mut c.ca_file, optional(readable_file())),
        mail.setting("mail.timeout_s", |c| &mut c.timeout_s, integer(1..=600)),
    ]
}
