//! `agentlocator alerts`: lists alerts, or sends a test notification.

use super::as_data_owner::load_with_stored;
use super::daemon_client;
use super::output::{Table, format_time, print, print_json, print_status};
use super::settings::Settings;
use crate::alerting::AlertMessage;
use crate::app;
use crate::config::Config;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::domain::{AlertChannel, AlertState, Language, MessageStatus, PhoneNumber};
use crate::messages;
use crate::providers::mail::Mailer;
use crate::runtime::outbox;
use clap::Subcommand;
use serde::Serialize;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(super) enum Alerts {
    /// List active and recently cleared alerts.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send a test notification to the owner by each configured channel, and report the results.
    ///
    /// This command sends the mail itself; the running daemon sends WhatsApp. It fails if a channel fails, or if none
    /// is configured.
    Test {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Alerts, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Alerts::List { json } => list(settings, *json),
        Alerts::Test { json } => test(settings, *json),
    }
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let (CommandOutput::Alerts(mut alerts), _) = daemon_client::execute(settings, AdminCommand::ListAlerts)? else {
        return Ok(());
    };
    if json {
        for alert in &mut alerts {
            alert.detail = messages::in_both_languages(&alert.detail);
        }
        return print_json(&alerts);
    }
    if alerts.iter().all(|alert| alert.state == AlertState::Cleared) {
        print_status("No active alerts.");
    }
    let mut table = Table::new(["KIND", "STATE", "SINCE", "SENT BY", "DETAIL"]);
    for alert in alerts {
        let deliveries: Vec<_> = alert.deliveries.iter().map(|delivery| delivery.channel.as_str()).collect();
        let deliveries = if deliveries.is_empty() { "-".to_owned() } else { deliveries.join(", ") };
        let mut what = messages::detail(Language::English, &alert.detail);
        if what.is_empty() {
            what = messages::headline(Language::English, alert.kind);
        }
        table.row([alert.kind.to_string(), alert.state.to_string(), format_time(Some(alert.since)), deliveries, what]);
    }
    print(&table.to_string())
}

#[derive(Serialize)]
struct TestResult {
    channel: AlertChannel,
    to: Vec<String>,
    ok: bool,
    result: String,
}

fn test(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let config = load_with_stored(settings)?;
    let results: Vec<TestResult> = [by_mail(&config)?, by_whatsapp(&config, settings)].into_iter().flatten().collect();
    if results.is_empty() {
        anyhow::bail!("no alert channel is configured: set alerts.mail_to (with [mail]) or alerts.whatsapp_to");
    }
    if json {
        print_json(&results)?;
    } else {
        for TestResult { channel, to, ok, result } in &results {
            print(&format!("{channel} to {}: {} – {result}\n", to.join(", "), if *ok { "ok" } else { "failed" }))?;
        }
    }
    if results.iter().all(|result| result.ok) { Ok(()) } else { Err(anyhow::anyhow!("a channel failed")) }
}

fn by_mail(config: &Config) -> anyhow::Result<Option<TestResult>> {
    let to = config.alerts.mail_to.clone();
    if to.is_empty() {
        return Ok(None);
    }
    let notification = AlertMessage::test(&config.business.name, config.alerts_language());
    let sent = app::runtime()?.block_on(async {
        let mailer = Mailer::new(&config.mail)?;
        mailer.send(&to, &notification.subject, &notification.body).await
    });
    let (ok, result) = match sent {
        Ok(()) => (true, "the mail server accepted the mail".to_owned()),
        Err(error) => (false, format!("{:#}", anyhow::Error::from(error))),
    };
    Ok(Some(TestResult { channel: AlertChannel::Mail, to, ok, result }))
}

fn by_whatsapp(config: &Config, settings: &Settings) -> Option<TestResult> {
    let to = config.alerts.whatsapp_to.clone()?;
    let sent = send_whatsapp(config, settings, &to);
    let (ok, result) = match sent {
        Ok(result) => (true, result),
        Err(error) => (false, format!("{error:#}")),
    };
    Some(TestResult { channel: AlertChannel::WhatsApp, to: vec![to.to_string()], ok, result })
}

fn send_whatsapp(config: &Config, settings: &Settings, to: &PhoneNumber) -> anyhow::Result<String> {
    let notification = AlertMessage::test(&config.business.name, config.alerts_language());
    let rules = outbox::rules(config);
    let order = AdminCommand::SendToOwner {
        to: to.clone(),
        text: notification.body.trim_end().to_owned(),
        only: rules.only,
        priority: rules.priority,
        template: rules.template,
    };
    let CommandOutput::Queued(message) = daemon_client::query(settings, &order)? else {
        anyhow::bail!("the daemon did not queue the message")
    };
    let (runtime, mut last) = (app::runtime()?, None);
    for _ in 0..TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
        runtime.block_on(async { tokio::time::sleep(POLL_INTERVAL).await });
        let CommandOutput::Message { status, error, provider } =
            daemon_client::query(settings, &AdminCommand::GetMessage { id: message })?
        else {
            continue;
        };
        match status {
            MessageStatus::Failed => {
                anyhow::bail!(
                    "{}",
                    error.map_or_else(
                        || "the message was not sent".to_owned(),
                        |error| messages::stored(Language::English, &error)
                    )
                )
            }
            MessageStatus::Queued | MessageStatus::Received => last = provider,
            MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read => {
                let by = provider.map(|provider| format!(" by {provider}")).unwrap_or_default();
                return Ok(format!("{status}{by}"));
            }
        }
    }
    let by = last.map(|provider| format!(" for {provider}")).unwrap_or_default();
    anyhow::bail!("the message is still waiting{by} after {} s; see the daemon's log", TIMEOUT.as_secs())
}

const POLL_INTERVAL: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(40);
