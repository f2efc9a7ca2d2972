//! Implements the checks of `agentlocator doctor`. Each check has its own file and returns findings.
//!
//! The checks change no settings or data; [`Fix::apply`] makes the changes. On the command line the checks run in a
//! separate process: they query the running daemon over its control socket and over HTTP, and check all other parts
//! from outside.

mod agent_tools;
mod backup;
mod bridge;
mod certificate;
mod clock;
mod context;
mod daemon;
mod data_folder;
mod database;
mod disk;
mod file_system;
mod finding;
mod fix;
mod google;
mod journal;
mod live;
mod media_socket;
mod numbers;
mod openai;
mod outbox;
mod public_address;
mod settings;
mod twilio;
mod units;
mod updates;
mod whatsapp_sender;

pub use context::{DoctorContext, Installation, OwnerReads};
pub use finding::{Finding, State};
pub use fix::{Fix, FixError, NumberFix};
pub use numbers::webhooks_at;

use crate::domain::{CheckResult, Found, Remedy, text_enum};
use futures_util::future::join_all;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Check = Pin<Box<dyn Future<Output = Vec<Finding>> + Send>>;

/// The findings have a fixed order, the most important checks first.
pub async fn run_all(context: Arc<DoctorContext>) -> Vec<Finding> {
    run(checks(&context), LIMIT).await
}

text_enum! {
    /// A check that a user starts on the settings page. It can test settings that are not saved yet.
    SettingsCheck {
        /// Checks that Twilio accepts the account SID and the auth token.
        Twilio = "twilio",
        /// Checks that the webhooks of the account's phone numbers point to this daemon.
        TwilioNumbers = "twilio_numbers",
        /// Checks that the public address leads to this daemon.
        Address = "address",
        /// Checks that the AI accepts the key, offers the models, and opens a session with the settings of a call. If
        /// the pipeline engine is used, also checks its services for transcription, answers and speech.
        Ai = "ai",
        /// Checks that the WhatsApp bridge runs and is linked to an account.
        Bridge = "bridge",
    }
}

/// Returns a single warning if the check exceeds its time limit.
pub async fn run_settings_check(which: SettingsCheck, context: DoctorContext) -> Vec<CheckResult> {
    let context = Arc::new(context);
    let (name, check): (_, Pin<Box<dyn Future<Output = Vec<CheckResult>> + Send>>) = match which {
        SettingsCheck::Twilio => ("twilio", Box::pin(twilio::check(context))),
        SettingsCheck::TwilioNumbers => ("numbers", Box::pin(numbers::results(context))),
        SettingsCheck::Address => ("address", Box::pin(public_address::check(context))),
        SettingsCheck::Ai => ("openai", Box::pin(openai::check_all(context))),
        SettingsCheck::Bridge => ("bridge", Box::pin(bridge::check(context))),
    };
    tokio::time::timeout(LIMIT, check).await.unwrap_or_else(|_| vec![gave_up(name, LIMIT)])
}

/// Tests calls and messages with the real accounts. A run costs one or two cents. It places no phone call, and sends no
/// message to a contact.
pub async fn run_live(context: Arc<DoctorContext>) -> Vec<Finding> {
    let checks = vec![
        ("live AI", check(&context, live::ai)),
        ("live link", check(&context, live::link)),
        ("by hand", check(&context, live::manual_checks)),
    ];
    run(checks, LIVE_LIMIT).await
}

async fn run(checks: Vec<(&'static str, Check)>, limit: Duration) -> Vec<Finding> {
    let checks = checks.into_iter().map(|(name, check)| async move {
        tokio::time::timeout(limit, check).await.unwrap_or_else(|_| vec![gave_up(name, limit).into()])
    });
    join_all(checks).await.into_iter().flatten().collect()
}

fn gave_up(name: &str, limit: Duration) -> CheckResult {
    CheckResult::warning(name, Found::GaveUp { seconds: limit.as_secs() }, Remedy::Hangs)
}

/// The web page uses the check as well, so its results have texts in both languages.
fn localized<F: Future<Output = Vec<CheckResult>> + Send + 'static>(
    context: &Arc<DoctorContext>,
    check: fn(Arc<DoctorContext>) -> F,
) -> Check {
    let results = check(context.clone());
    Box::pin(async { results.await.into_iter().map(Finding::from).collect() })
}

fn check<F: Future<Output = Vec<Finding>> + Send + 'static>(
    context: &Arc<DoctorContext>,
    check: fn(Arc<DoctorContext>) -> F,
) -> Check {
    Box::pin(check(context.clone()))
}

fn checks(context: &Arc<DoctorContext>) -> Vec<(&'static str, Check)> {
    let mut checks = vec![("settings", check(context, settings::check)), ("service", check(context, units::check))];
    if context.config().is_some() {
        checks.extend([
            ("daemon", check(context, daemon::check)),
            ("folder", check(context, data_folder::check)),
            ("disk", check(context, disk::check)),
            ("database", check(context, database::check)),
            ("backup", check(context, backup::check)),
            ("clock", check(context, clock::check)),
            ("address", localized(context, public_address::check)),
            ("certificate", check(context, certificate::check)),
            ("media socket", check(context, media_socket::check)),
            ("twilio", localized(context, twilio::check)),
            ("numbers", check(context, numbers::check)),
            ("openai", localized(context, openai::check)),
            ("pipeline", localized(context, openai::check_pipeline)),
            ("google", check(context, google::check)),
            ("bridge", localized(context, bridge::check)),
            ("outbox", check(context, outbox::check)),
            ("tools", check(context, agent_tools::check)),
        ]);
    }
    checks.extend([("log", check(context, journal::check)), ("updates", check(context, updates::check))]);
    checks
}

const LIMIT: Duration = Duration::from_secs(20);
/// Time limit of a check with real accounts. It is longer than `LIMIT`, because the account's phone may be asleep, and
/// then answers late.
const LIVE_LIMIT: Duration = Duration::from_secs(75);
