//! `agentlocator doctor`: checks the whole installation, suggests fixes, and applies some of them.

mod fix;
mod render;

use super::as_data_owner;
use super::output::{print, print_json, print_status};
use super::settings::Settings;
use crate::app;
use crate::clock;
use crate::doctor::{DoctorContext, Finding, Installation, OwnerReads, State, run_all, run_live};
use crate::domain::PhoneNumber;
use clap::Args;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "four switches of the command line")]
pub(super) struct Arguments {
    /// Also try with the real accounts what calls and messages need: sessions with the AI, one with and one without a
    /// transcription; a spoken answer; an answer turn by turn; and the WhatsApp link in both directions. It takes up to
    /// a minute and costs a cent or two at OpenAI. It places no call and sends no message to a contact. At the end it
    /// lists the tests that need a person.
    #[arg(long, conflicts_with = "fix")]
    live: bool,
    /// Fix what can be fixed: where Twilio sends calls, owners and modes of files, a missing folder. Each change
    /// is shown first and asked about.
    #[arg(long)]
    fix: bool,
    /// With --fix: do not ask for confirmation.
    #[arg(long, requires = "fix")]
    yes: bool,
    /// The phone number that should send its calls here, with + and country code; may be repeated. By default
    /// twilio.phone_number, else the number that already sends its calls here, else the account's only number.
    #[arg(long, value_name = "NUMBER", value_parser = parse_number)]
    number: Vec<PhoneNumber>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    app::runtime()?.block_on(async {
        let context = Arc::new(find(settings, &arguments.number).await?);
        let mut findings = run_all(context.clone()).await;
        if arguments.fix && fix::apply_fixes(&findings, &context, arguments.yes).await? {
            // Repeat the checks to show the result of the fixes.
            let context = Arc::new(find(settings, &arguments.number).await?);
            findings = run_all(context).await;
        }
        if arguments.live {
            print_status("Trying the real accounts: this takes up to a minute, and costs a cent or two at OpenAI.");
            findings.extend(run_live(context).await);
        }
        if arguments.json {
            print_json(&report(&findings))?;
        } else {
            print(&render::text(&findings, render::is_colourful()))?;
        }
        let errors = findings.iter().filter(|finding| finding.state == State::Error).count();
        anyhow::ensure!(errors == 0, "{errors} of the checks found an error");
        Ok(())
    })
}

pub(super) async fn find(settings: &Settings, numbers: &[PhoneNumber]) -> anyhow::Result<DoctorContext> {
    let reads = OwnerReads {
        stored_settings: |store| as_data_owner::stored_settings(store).map_err(|error| format!("{error:#}")),
        file_system: |published, name| {
            as_data_owner::try_file_system(published, name).map_err(|error| format!("{error:#}"))
        },
    };
    let store = settings.store();
    let missing_data = Settings::data_marker().and_then(|marker| marker.check(&store).err());
    let settings_file = settings.file().map(Path::to_owned);
    let installation = Installation { store, settings_file, missing_data, reads };
    Ok(DoctorContext::find(settings.load(), installation, numbers.to_vec()).await?)
}

pub(super) fn report(findings: &[Finding]) -> serde_json::Value {
    let ok = findings.iter().all(|finding| finding.state != State::Error);
    json!({"ok": ok, "at": clock::now(), "release": env!("CARGO_PKG_VERSION"), "findings": findings})
}

pub(super) fn parse_number(text: &str) -> Result<PhoneNumber, String> {
    let read = PhoneNumber::parse_international(text);
    read.map_err(|_| "a number with + and its country code, such as +97237654321".to_owned())
}
