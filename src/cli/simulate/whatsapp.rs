//! `agentlocator simulate whatsapp`: a message from a WhatsApp contact.

use super::output::{OutputOptions, interrupted};
use super::target::Target;
use crate::cli::settings::Settings;
use crate::providers::twilio::messages::MESSAGE_PATH;
use crate::simulator::bridge::{BridgeInbound, BridgeMessage, InboundAuth, InboundForm};
use crate::simulator::twilio::{
    InboundMessage, MediaRecord, SignaturePlan, TwilioOptions, TwilioRest, TwilioState, WebhookResponse,
    WhatsAppNetwork,
};
use crate::simulator::{EventLog, Party};
use anyhow::Context;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

/// Sends a WhatsApp message to the server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The provider that delivers the message.
    #[arg(long, value_enum, default_value_t = Via::Bridge)]
    via: Via,
    /// The contact's number; with the bridge also a JID.
    #[arg(long, value_name = "NUMBER", default_value = "+972501234567")]
    from: String,
    /// The business's number (Twilio).
    #[arg(long, value_name = "NUMBER", default_value = "+97235551234")]
    to: String,
    /// The contact's profile name (Twilio).
    #[arg(long, value_name = "NAME", default_value = "דנה כהן")]
    name: String,
    /// The text of the message.
    #[arg(long, default_value = "שלום, אתם פתוחים היום?")]
    text: String,
    /// WhatsApp's id of the message; a repeated id is the same message (bridge).
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The format of the webhook body: long or short (bridge).
    #[arg(long, value_enum, default_value_t = Form::Long)]
    form: Form,
    /// A file to attach (Twilio; the address of --rest serves it).
    #[arg(long, value_name = "FILE")]
    media: Option<PathBuf>,
    /// The URL of the message's file (bridge).
    #[arg(long, value_name = "URL")]
    media_url: Option<String>,
    /// Run a fake Twilio REST API at this address until Ctrl-C, so that the server can fetch the file and send its
    /// answers.
    #[arg(long, value_name = "ADDRESS")]
    rest: Option<SocketAddr>,
    /// Deliver the message twice, as happens after a lost response.
    #[arg(long)]
    twice: bool,
    /// Send a wrong signature or none: the server must refuse it.
    #[arg(long)]
    forged: bool,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Via {
    Bridge,
    Twilio,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    Long,
    Short,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.output.log();
    let statuses = match arguments.via {
        Via::Bridge => arguments.by_bridge(settings, &log).await?,
        Via::Twilio => arguments.by_twilio(settings, &log).await?,
    };
    let expected = if arguments.forged { 403 } else { 204 };
    let wrong: Vec<_> = statuses.iter().filter(|status| **status != expected).map(u16::to_string).collect();
    let failure = (!wrong.is_empty()).then(|| format!("the server answered {}, expected {expected}", wrong.join(", ")));
    arguments.output.finish(&log, &json!({ "statuses": statuses }), "", failure.as_deref())
}

impl Arguments {
    async fn by_bridge(&self, settings: &Settings, log: &EventLog) -> anyhow::Result<Vec<u16>> {
        let config = settings.load()?;
        let secret = |secret: Option<&crate::config::Secret>| secret.map(|secret| secret.expose().to_owned());
        let (hmac, token) = (secret(config.whatsapp.hmac_secret()), secret(config.whatsapp.token_secret()));
        let (Some(hmac), Some(token)) = (hmac, token) else {
            anyhow::bail!("the bridge's secret is not set: set WA_SHARED_SECRET, here and for the server");
        };
        let inbound = BridgeInbound::new(self.target.route(settings)?, hmac, token, log.clone());
        let url = self.target.webhook(settings, "/webhook/whatsapp/baileys")?;
        let mut message = BridgeMessage::text(self.from.trim_start_matches('+'), &self.text);
        message.media_url.clone_from(&self.media_url);
        if let Some(id) = &self.id {
            message.id.clone_from(id);
        }
        let form = match self.form {
            Form::Long => InboundForm::Long,
            Form::Short => InboundForm::Short,
        };
        let auth = if self.forged { InboundAuth::WrongSignature } else { InboundAuth::Both };
        let mut statuses = Vec::new();
        for _ in 0..self.times() {
            statuses.push(status(inbound.send(&url, &message, form, auth).await)?);
        }
        Ok(statuses)
    }

    async fn by_twilio(&self, settings: &Settings, log: &EventLog) -> anyhow::Result<Vec<u16>> {
        let twilio_state = TwilioState::new(self.target.account(settings)?);
        let route = self.target.route(settings)?;
        let url: Url = self.target.webhook(settings, MESSAGE_PATH)?;
        let rest = match self.rest {
            Some(address) => {
                let listener = TcpListener::bind(address).await.with_context(|| format!("--rest {address}"))?;
                let options = TwilioOptions { status_gap: Duration::from_millis(500), ..TwilioOptions::default() };
                Some(TwilioRest::start(listener, twilio_state.clone(), route.clone(), options, log.clone())?)
            }
            None => None,
        };
        let network = WhatsAppNetwork::new(twilio_state, route, log.clone());
        let mut message = InboundMessage::text(&self.from, &self.to, &self.text);
        message.profile_name.clone_from(&self.name);
        if let Some(file) = &self.media {
            let content = std::fs::read(file).with_context(|| format!("--media {}", file.display()))?;
            message.media.push(MediaRecord::new(kind_of(file), content));
        }
        let record = network.keep(&message);
        let fields = network.fields(&message, &record);
        let signature = if self.forged { SignaturePlan::Wrong } else { SignaturePlan::Good };
        let mut statuses = Vec::new();
        for _ in 0..self.times() {
            statuses.push(status(network.post_webhook(&url, &fields, signature).await)?);
        }
        if rest.is_some() {
            log.note(Party::Twilio, "waiting for the server's answers; press Ctrl-C to stop");
            interrupted().await?;
        }
        Ok(statuses)
    }

    fn times(&self) -> usize {
        if self.twice { 2 } else { 1 }
    }
}

fn status(answer: Result<WebhookResponse, String>) -> anyhow::Result<u16> {
    answer.map(|answer| answer.status).map_err(|error| anyhow::anyhow!("the server does not answer: {error}"))
}

fn kind_of(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("mp4") => "video/mp4",
        Some("ogg") => "audio/ogg",
        Some("mp3") => "audio/mpeg",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}

const EXAMPLES: &str = "\
Examples:
  agentlocator simulate whatsapp --text 'אפשר לקבוע תור?'               by the bridge, on this machine
  agentlocator simulate whatsapp --via twilio --twice                   by Twilio, delivered twice
  agentlocator simulate whatsapp --via twilio --media a.jpg --rest 127.0.0.1:9001

It fails if the server does not accept the message, or if it violates a vendor's rules.
";
