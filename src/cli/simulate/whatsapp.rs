//! `agentlocator simulate whatsapp`: a message of a person.

use super::super::Settings;
use super::{Place, Telling};
use crate::simulator::bridge::{BridgeInbound, BridgeMessage, InboundAuth, InboundForm};
use crate::simulator::twilio::{
    BoxAnswer, Exchange, InboundMessage, MediaRecord, SignaturePlan, TwilioOptions, TwilioRest, WhatsAppNetwork,
};
use crate::simulator::{EventLog, Party};
use anyhow::Context;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

/// Writes to the box as a person would.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The way that the message takes.
    #[arg(long, value_enum, default_value_t = Way::Bridge)]
    via: Way,
    /// The person. The bridge's way takes a JID too.
    #[arg(long, value_name = "NUMBER", default_value = "+972501234567")]
    from: String,
    /// The number that is written to (Twilio).
    #[arg(long, value_name = "NUMBER", default_value = "+97235551234")]
    to: String,
    /// The person's name in the profile (Twilio).
    #[arg(long, value_name = "NAME", default_value = "דנה כהן")]
    name: String,
    /// The text.
    #[arg(long, default_value = "שלום, אתם פתוחים היום?")]
    text: String,
    /// WhatsApp's id of the message; the same twice is the same message (bridge).
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The form of the body: long or short (bridge).
    #[arg(long, value_enum, default_value_t = Form::Long)]
    form: Form,
    /// A file that comes with the message (Twilio; it is served where --rest says).
    #[arg(long, value_name = "FILE")]
    media: Option<PathBuf>,
    /// Where the file of the message is (bridge).
    #[arg(long, value_name = "URL")]
    media_url: Option<String>,
    /// Stand in for Twilio's REST interface here until Ctrl-C, so that the box can fetch the file and send its answers.
    #[arg(long, value_name = "ADDRESS")]
    rest: Option<SocketAddr>,
    /// Hand the message over twice, as happens after a lost answer.
    #[arg(long)]
    twice: bool,
    /// Prove nothing, or the wrong thing: the box must refuse it.
    #[arg(long)]
    forged: bool,
    #[command(flatten)]
    telling: Telling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    Bridge,
    Twilio,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    Long,
    Short,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.telling.log();
    let statuses = match arguments.via {
        Way::Bridge => arguments.by_bridge(settings, &log).await?,
        Way::Twilio => arguments.by_twilio(settings, &log).await?,
    };
    let expected = if arguments.forged { 403 } else { 204 };
    let wrong: Vec<_> = statuses.iter().filter(|status| **status != expected).map(u16::to_string).collect();
    let failure =
        (!wrong.is_empty()).then(|| format!("the box answered {} where {expected} is right", wrong.join(", ")));
    arguments.telling.finish(&log, &json!({ "statuses": statuses }), "", failure.as_deref())
}

impl Arguments {
    async fn by_bridge(&self, settings: &Settings, log: &EventLog) -> anyhow::Result<Vec<u16>> {
        let config = settings.load()?;
        let secret = |secret: Option<&crate::config::Secret>| secret.map(|secret| secret.expose().to_owned());
        let (hmac, token) = (secret(config.whatsapp.hmac_secret()), secret(config.whatsapp.token_secret()));
        let (Some(hmac), Some(token)) = (hmac, token) else {
            anyhow::bail!("no secret of the bridge: set WA_SHARED_SECRET, here and for the box");
        };
        let inbound = BridgeInbound::new(self.place.route(settings)?, hmac, token, log.clone());
        let url = self.place.webhook(settings, "/webhook/whatsapp/baileys")?;
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
        let exchange = Exchange::new(self.place.account(settings)?);
        let route = self.place.route(settings)?;
        let url: Url = self.place.webhook(settings, "/webhook/whatsapp/twilio")?;
        let rest = match self.rest {
            Some(address) => {
                let listener = TcpListener::bind(address).await.with_context(|| format!("--rest {address}"))?;
                let options = TwilioOptions { status_gap: Duration::from_millis(500), ..TwilioOptions::default() };
                Some(TwilioRest::start(listener, exchange.clone(), route.clone(), options, log.clone())?)
            }
            None => None,
        };
        let network = WhatsAppNetwork::new(exchange, route, log.clone());
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
            statuses.push(status(network.hand_over(&url, &fields, signature).await)?);
        }
        if rest.is_some() {
            log.note(Party::Twilio, "stays for the box's answers; end it with Ctrl-C");
            super::interrupted().await?;
        }
        Ok(statuses)
    }

    fn times(&self) -> usize {
        if self.twice { 2 } else { 1 }
    }
}

fn status(answer: Result<BoxAnswer, String>) -> anyhow::Result<u16> {
    answer.map(|answer| answer.status).map_err(|error| anyhow::anyhow!("the box does not answer: {error}"))
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
  agentlocator simulate whatsapp --via twilio --twice                   by Twilio, handed over twice
  agentlocator simulate whatsapp --via twilio --media a.jpg --rest 127.0.0.1:9001

It fails if the box does not take the message, or if it breaks a rule of the other side.
";
