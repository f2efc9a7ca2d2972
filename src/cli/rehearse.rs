//! `agentlocator rehearse`: holds written conversations with the agent, and checks what it said and did.

mod check;
mod report;
mod scenario;
mod shop;

use super::as_data_owner;
use super::interruption::interrupted;
use super::output::{print, print_json};
use super::settings::Settings;
use super::temporary_folder::TemporaryFolder;
use crate::app;
use crate::clock;
use crate::config::{Config, StoreConfig};
use crate::crm;
use crate::crm::rehearsal;
use crate::domain::{AiFailure, AiFailureCause, Timestamp};
use crate::providers::http_client;
use crate::runtime::rehearsal::{HeldConversation, RehearsalError, hold};
use crate::store::Store;
use anyhow::{Context, bail, ensure};
use check::Check;
use clap::{Args, ValueHint};
use report::Report;
use scenario::{Scenario, ScenarioFile};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// The scenarios, in TOML.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Rehearse only the scenarios whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Show the turns of all scenarios, not only of those that failed.
    #[arg(long)]
    turns: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const HELP: &str = r#"A scenario:
  [[scenario]]
  name = "a haircut on Monday"
  now = "2026-11-29T09:00"              # the time of the call; by default the current time
  say = ["Hello, a haircut tomorrow at four, please.", "No, at five.", "Yes. Dana."]
  [scenario.expect]
  appointments = [{ service = "Haircut", start = "2026-11-30T17:00" }]
  tools = ["book_appointment"]
  says = ["five|17:00"]

All keys are in the admin guide, and examples in /usr/share/doc/agentlocator/examples/rehearse.toml.

Each scenario runs on a copy of the database, which is deleted afterwards; with a [shop] in the file, on an example business. The
model is that of the pipeline (pipeline.model, else openai.chat_model), with the instructions and tools of a phone call. No message
is sent, and the owner's own tools send no requests.

Exit status: 0 all passed, 1 some failed or could not run, 2 wrong usage.
"#;

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let file = scenario::read(&arguments.file)?;
    let is_chosen = |scenario: &&Scenario| arguments.only.as_ref().is_none_or(|text| scenario.name.contains(text));
    let chosen: Vec<_> = file.scenarios.iter().filter(is_chosen).collect();
    ensure!(!chosen.is_empty(), "no scenario is named like that");
    let config = settings.load()?;
    let stored = as_data_owner::stored_settings(&config.store)?;
    let config = Arc::new(config.with_stored(&stored).0);
    let Some(server) = config.model_server() else {
        bail!("no model is configured: set openai.api_key, or pipeline.model_base_url");
    };
    let mut report = Report::new(server.model, server.base_url.as_str(), !arguments.json, arguments.turns);
    app::runtime()?.block_on(async {
        // The copy of the database is deleted also if the user interrupts the command.
        let mut interrupted = pin!(interrupted()?);
        let template = Template::create(&config, &file).await?;
        for scenario in chosen {
            let held = tokio::select! {
                held = template.rehearse(&config, scenario, file.now) => held,
                () = &mut interrupted => bail!("interrupted"),
            };
            let text = match held {
                Ok(held) => report.add(scenario, &held, &Check::of(scenario, &held)),
                // If the first scenario cannot be run, the others most likely cannot either.
                Err(error) if report.is_empty() => return Err(error),
                Err(error) => report.add_error(scenario, &error),
            };
            if let Some(text) = text {
                print(&text)?;
            }
        }
        anyhow::Ok(())
    })?;
    if arguments.json {
        print_json(&report.json())?;
    } else {
        print(&report.summary())?;
    }
    let failed = report.failed();
    ensure!(failed == 0, "{failed} scenarios failed");
    Ok(())
}

/// The database that each scenario begins with.
struct Template {
    folder: TemporaryFolder,
    client: reqwest::Client,
}

impl Template {
    /// Copies the database. Creates a new one if there is none, or if the file describes an example business.
    async fn create(config: &Config, file: &ScenarioFile) -> anyhow::Result<Self> {
        let folder = TemporaryFolder::create("rehearse")?;
        let client = http_client::build().context("cannot create an HTTP client")?;
        let template = Self { folder, client };
        let (path, published) = (template.path(), config.store.published_file());
        if file.shop.is_none() && (published.exists() || config.store.live_file().exists()) {
            as_data_owner::send(&published, &create(&path)?).context("cannot copy the database")?;
        }
        let store = open(&path)?;
        if let Some(shop) = &file.shop {
            let (shop, now) = (shop.as_data(), clock::now());
            crm::transact(&store, move |tx| rehearsal::add_shop(tx, &shop, now))
                .await
                .map_err(|error| anyhow::anyhow!("the [shop] is not valid: {error}"))?;
        }
        tokio::task::spawn_blocking(move || store.close()).await?;
        Ok(template)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("template").join(FILE)
    }

    async fn rehearse(
        &self,
        config: &Arc<Config>,
        scenario: &Scenario,
        now: Option<jiff::civil::DateTime>,
    ) -> anyhow::Result<HeldConversation> {
        let now = match scenario.now.or(now) {
            None => clock::now(),
            Some(local) => {
                let zoned = config.business.time_zone.to_timestamp(local);
                Timestamp::from_millis(zoned.with_context(|| format!("the time {local}"))?.as_millisecond())
            }
        };
        let folder = TemporaryFolder::within(self.folder.path(), "scenario")?;
        let path = folder.path().join(FILE);
        std::fs::copy(self.path(), &path).context("cannot copy the database")?;
        let store = open(&path)?;
        let held = hold(config, &self.client, &store, &scenario.scene(now)).await;
        tokio::task::spawn_blocking(move || store.close()).await?;
        held.map_err(|error| explain(&error, &scenario.name))
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let created = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    created.with_context(|| format!("cannot create {}", path.display()))
}

fn open(path: &Path) -> anyhow::Result<Store> {
    let config = StoreConfig { database_url: Some(path.display().to_string()), ..StoreConfig::default() };
    Ok(Store::open(&config).context("cannot open the copy of the database")?.0)
}

fn explain(error: &RehearsalError, scenario: &str) -> anyhow::Error {
    let RehearsalError::Model(reason) = error else { return anyhow::anyhow!("scenario {scenario:?}: {error}") };
    let remedy = match AiFailure::from_reason(reason).cause {
        AiFailureCause::BadKey => "check the key: openai.api_key, or pipeline.model_api_key",
        AiFailureCause::NoCredit => "the account has no credit",
        AiFailureCause::RateLimited => "the account's rate limit is reached; try again later",
        AiFailureCause::Rejected => "check the model: pipeline.model, or openai.chat_model",
        AiFailureCause::Outage => "try again later, or check the address: openai.base_url, or pipeline.model_base_url",
    };
    anyhow::anyhow!("scenario {scenario:?}: {error}; {remedy}")
}

const FILE: &str = "agentlocator.db";
