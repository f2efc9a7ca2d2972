//! Sends mail through the SMTP server of the owner.

use crate::config::{MailConfig, MailTls};
use crate::entropy;
use lettre::address::AddressError;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::Duration;

#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: String,
    limit: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("{0} is not set")]
    NotSet(&'static str),
    #[error("`{0}` is not a valid mail address")]
    Address(String, #[source] AddressError),
    #[error("mail.ca_file {path} cannot be used")]
    Certificate {
        path: String,
        /// The error while the file was read or parsed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the mail cannot be composed")]
    Content(#[source] lettre::error::Error),
    /// The server could not be reached or rejected the mail, or the TLS client could not be created.
    #[error("{server} did not accept the mail: {reason}")]
    Server {
        server: String,
        /// The explanation for the owner, with the server's own message.
        reason: String,
    },
}

impl Mailer {
    /// Checks the settings as far as possible without a connection to the server.
    pub fn new(config: &MailConfig) -> Result<Self, MailError> {
        let host = config.host.as_deref().ok_or(MailError::NotSet("mail.host"))?;
        let from = mailbox(config.sender().ok_or(MailError::NotSet("mail.from"))?)?;
        let tls = match config.tls {
            MailTls::None => Tls::None,
            MailTls::StartTls => Tls::Required(parameters(host, config)?),
            MailTls::Tls => Tls::Wrapper(parameters(host, config)?),
        };
        let limit = Duration::from_secs(config.timeout_s.into());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port())
            .tls(tls)
            .timeout(Some(limit))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let (Some(user), Some(password)) = (&config.username, &config.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        let server = format!("{host}:{}", config.port());
        Ok(Self { transport: builder.build(), from, server, limit })
    }

    /// Returns `Ok` after the server has accepted the mail.
    pub async fn send(&self, to: &[String], subject: &str, body: &str) -> Result<(), MailError> {
        let id = format!("<{}@{}>", entropy::random_hex::<12>(), self.from.email.domain());
        let mut message = Message::builder().from(self.from.clone()).subject(subject).message_id(Some(id));
        for address in to {
            message = message.to(mailbox(address)?);
        }
        // RFC 3834: this header prevents automatic replies.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = message
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(body.to_owned())
            .map_err(MailError::Content)?;
        // The timeout of the library applies to each step. Without this total timeout, a slow server could block the
        // mailer forever.
        let sent = tokio::time::timeout(self.limit * 3, self.transport.send(message)).await;
        let refused = |reason| Err(MailError::Server { server: self.server.clone(), reason });
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => refused(explain(&error)),
            Err(_) => refused("it took too long".to_owned()),
        }
    }
}

fn mailbox(address: &str) -> Result<Mailbox, MailError> {
    let parsed = address.parse::<Address>();
    parsed.map(|email| Mailbox::new(None, email)).map_err(|error| MailError::Address(address.to_owned(), error))
}

fn parameters(host: &str, config: &MailConfig) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &config.ca_file {
        let failed = |source| MailError::Certificate { path: path.display().to_string(), source };
        let pem = std::fs::read(path).map_err(|error| failed(error.into()))?;
        let root = Certificate::from_pem(&pem).map_err(|error| failed(error.into()))?;
        builder = builder.add_root_certificate(root);
    }
    builder.build_rustls().map_err(|error| MailError::Server { server: host.to_owned(), reason: explain(&error) })
}

/// Explains an SMTP error, and suggests which settings to check. The explanation contains the server's own message,
/// because the server's documentation may describe it.
fn explain(error: &lettre::transport::smtp::Error) -> String {
    let mut reasons = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let text = inner.to_string();
        if !reasons.iter().any(|known| known.contains(&text)) {
            reasons.push(text);
        }
        source = inner.source();
    }
    let explanation = reasons.join(": ");
    let hint = match error.status().map(|code| code.to_string()) {
        Some(code) if code == "535" || code == "534" => " (check mail.username and mail.password)",
        _ if error.is_timeout() => " (it does not answer in time)",
        _ if error.is_tls() => " (check mail.tls, mail.host and the server's certificate)",
        _ => "",
    };
    format!("{explanation}{hint}")
}
