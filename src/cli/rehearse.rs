//! `agentlocator rehearse`: holds scripted conversations with the agent, in writing or by phone, and checks what it said and
//! did.

mod caller;
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
use crate::config::{AiEngine, Config, StoreConfig};
use crate::crm;
use crate::crm::rehearsal;
use crate::domain::{AiFailure, AiFailureCause, AiPart, Timestamp};
use crate::providers::http_client;
use crate::runtime::rehearsal::{HeldConversation, LineQuality, RehearsalError, hold_by_phone, hold_in_writing};
use crate::store::Store;
use anyhow::{Context, bail, ensure};
use caller::CallerSpeech;
use check::Check;
use clap::{Args, ValueHint, value_parser};
use report::Report;
use scenario::{Scenario, ScenarioFile};
use serde_json::{Map, Value, json};
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
    /// Hold the conversations by phone: in real time, with the engine that answers calls.
    #[arg(long)]
    audio: bool,
    /// The caller's voice; by default that of the pipeline's synthesiser.
    #[arg(long, value_name = "VOICE", requires = "audio", conflicts_with = "speech")]
    caller_voice: Option<String>,
    /// A folder with a WAV file of each line of the caller, instead of a synthesised voice.
    #[arg(long, value_name = "DIR", requires = "audio", value_hint = ValueHint::DirPath)]
    speech: Option<PathBuf>,
    /// Add noise that is this number of decibels quieter than the caller's voice.
    #[arg(long, value_name = "DB", requires = "audio", allow_negative_numbers = true, value_parser = value_parser!(i8).range(-10..=60))]
    noise: Option<i8>,
    /// Lose this percentage of the caller's audio.
    #[arg(long, value_name = "PERCENT", requires = "audio", value_parser = value_parser!(u8).range(0..=50))]
    loss: Option<u8>,
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

With --audio, the engines of calls answer (voice.engine), and the caller speaks: with the synthesiser of the pipeline, else with that
of OpenAI (openai.api_key), or with the recordings of --speech. In a scenario named "a haircut on Monday", the recording of the
caller's second line is a-haircut-on-monday-2.wav. A conversation takes as long as a call.

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
    scenario::check_times(&file, &config.business.time_zone).context(arguments.file.display().to_string())?;
    let mut report = Report::new(answering(arguments, &config)?, !arguments.json, arguments.turns);
    app::runtime()?.block_on(async {
        // The copy of the database is deleted also if the user interrupts the command.
        let mut interrupted = pin!(interrupted()?);
        let template = Template::create(&config, &file).await?;
        let mut line = Line::new(arguments, &config, &template.client, &chosen)?;
        for scenario in chosen {
            let held = tokio::select! {
                held = template.rehearse(&config, scenario, file.now, line.as_mut()) => held,
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
    let failed = report.failed();
    if arguments.json {
        print_json(&report.json())?;
    } else {
        print(&report.summary())?;
    }
    ensure!(failed == 0, "{failed} scenarios failed");
    Ok(())
}

/// Returns who answers: in words, and as members of the JSON.
fn answering(arguments: &Arguments, config: &Config) -> anyhow::Result<(String, Map<String, Value>)> {
    let (words, head) = if arguments.audio {
        let engines: Vec<_> = config.ai_engines().into_iter().map(AiEngine::as_str).collect();
        ensure!(
            !engines.is_empty(),
            "no AI engine answers calls: set openai.api_key, or the keys of the pipeline, and check voice.engine"
        );
        let missing = config.missing_for_pipeline();
        ensure!(
            engines != ["pipeline"] || missing.is_empty(),
            "the pipeline is incomplete: set {}",
            missing.join(", ")
        );
        ensure!(
            engines != ["realtime"] || config.openai.key().is_some(),
            "the engine realtime has no key: set openai.api_key"
        );
        let words = format!("Engine {}", engines.join(", then "));
        (words, json!({"engines": engines, "noise_db": arguments.noise, "loss_percent": arguments.loss.unwrap_or(0)}))
    } else {
        let Some(server) = config.model_server() else {
            bail!("no model is configured: set openai.api_key, or pipeline.model_base_url");
        };
        let (model, server) = (server.model, server.base_url.as_str());
        (format!("Model {model} at {server}"), json!({"model": model, "server": server}))
    };
    let Value::Object(head) = head else { return Ok((words, Map::new())) };
    Ok((words, head))
}

/// The telephone line of the caller.
struct Line {
    speech: CallerSpeech,
    quality: LineQuality,
}

impl Line {
    /// Returns `None` for conversations in writing.
    fn new(
        arguments: &Arguments,
        config: &Config,
        client: &reqwest::Client,
        scenarios: &[&Scenario],
    ) -> anyhow::Result<Option<Self>> {
        if !arguments.audio {
            return Ok(None);
        }
        let speech = match &arguments.speech {
            Some(folder) => CallerSpeech::recorded(folder, scenarios)?,
            None => CallerSpeech::synthesised(config, arguments.caller_voice.as_deref(), client)?,
        };
        let quality = LineQuality { noise_db: arguments.noise, loss_percent: arguments.loss.unwrap_or(0) };
        Ok(Some(Self { speech, quality }))
    }
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
        line: Option<&mut Line>,
    ) -> anyhow::Result<HeldConversation> {
        let now = match scenario.now.or(now) {
            None => clock::now(),
            Some(local) => {
                let zoned = config.business.time_zone.to_timestamp(local);
                Timestamp::from_millis(zoned.with_context(|| format!("the time {local}"))?.as_millisecond())
            }
        };
        let scene = scenario.scene(now);
        let line = match line {
            Some(Line { speech, quality }) => Some((speech.lines(&scenario.name, &scene).await?, *quality)),
            None => None,
        };
        let folder = TemporaryFolder::within(self.folder.path(), "scenario")?;
        let path = folder.path().join(FILE);
        std::fs::copy(self.path(), &path).context("cannot copy the database")?;
        let store = open(&path)?;
        let held = match &line {
            Some((speech, quality)) => {
                hold_by_phone(config, &self.client, &store, &scene, (speech.as_slice(), *quality)).await
            }
            None => hold_in_writing(config, &self.client, &store, &scene).await,
        };
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
    let (RehearsalError::Model(reason) | RehearsalError::Engine(reason)) = error else {
        return anyhow::anyhow!("scenario {scenario:?}: {error}");
    };
    let AiFailure { part, cause, .. } = AiFailure::from_reason(reason);
    // The error of a conversation in writing names no part.
    let part = if matches!(error, RehearsalError::Model(_)) { AiPart::Model } else { part };
    let (key, choice, address) = match part {
        AiPart::Realtime => ("openai.api_key", "openai.realtime_model, or openai.voice", "openai.base_url"),
        AiPart::Transcriber => {
            ("that of pipeline.transcriber", "pipeline.transcriber and its model", "that of pipeline.transcriber")
        }
        AiPart::Model => (
            "openai.api_key, or pipeline.model_api_key",
            "pipeline.model, or openai.chat_model",
            "openai.base_url, or pipeline.model_base_url",
        ),
        AiPart::Synthesiser => {
            ("that of pipeline.synthesiser", "pipeline.synthesiser and its voice", "that of pipeline.synthesiser")
        }
    };
    let remedy = match cause {
        AiFailureCause::BadKey => format!("check the key: {key}"),
        AiFailureCause::NoCredit => "the account has no credit".to_owned(),
        AiFailureCause::RateLimited => "the account's rate limit is reached; try again later".to_owned(),
        AiFailureCause::Rejected => {
            let what = if part == AiPart::Model { "model" } else { "settings" };
            format!("check the {what}: {choice}")
        }
        AiFailureCause::Outage => format!("try again later, or check the address: {address}"),
    };
    anyhow::anyhow!("scenario {scenario:?}: {error}; {remedy}")
}

const FILE: &str = "agentlocator.db";
