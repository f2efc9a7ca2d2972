//! The demo's processes: the real daemon and bridge, a WhatsApp test server, and fakes of Twilio and the AI.

use super::api::Api;
use super::daemon::Daemon;
use crate::cli::output::print;
use crate::cli::temporary_folder::TemporaryFolder;
use crate::providers::twilio::messages::MESSAGE_PATH;
use crate::simulator::bridge::BridgeInbound;
use crate::simulator::caller::Phone;
use crate::simulator::openai::{OpenAi, OpenAiOptions, Turn};
use crate::simulator::twilio::{Account, TwilioOptions, TwilioRest, TwilioState, WhatsAppNetwork};
use crate::simulator::whatsapp::{BridgeProcess, BridgeSetup, Programs, WhatsAppServer};
use crate::simulator::{DaemonConnector, EventLog};
use anyhow::Context;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use url::Url;

pub(super) struct DemoEnvironment {
    pub(super) daemon: Daemon,
    pub(super) api: Api,
    pub(super) login: Login,
    pub(super) log: EventLog,
    pub(super) twilio_state: TwilioState,
    pub(super) phone: Phone,
    pub(super) twilio_whatsapp: WhatsAppNetwork,
    pub(super) openai: OpenAi,
    /// In a mutex, because the demo kills and restarts it.
    pub(super) bridge: Mutex<BridgeProcess>,
    pub(super) whatsapp: WhatsAppServer,
    /// A client that sends webhooks with a wrong signature.
    pub(super) unauthenticated: BridgeInbound,
    twilio: TwilioRest,
    // Must be the last field: fields are dropped in order, and the other processes write into this folder until they
    // are dropped.
    folder: TemporaryFolder,
}

pub(super) struct Login {
    pub(super) name: &'static str,
    pub(super) password: String,
}

impl DemoEnvironment {
    pub(super) async fn start(port: u16) -> anyhow::Result<Self> {
        let programs = Programs::find(Path::new("node"), &search_paths()?).await?;
        let log = EventLog::echoing(|entry| {
            let _ = print(&format!("{entry}\n"));
        });
        let (twilio_state, route) = (TwilioState::new(Account::random()), DaemonConnector::new(None)?);
        let folder = TemporaryFolder::create("demo")?;
        let secret = crate::entropy::random_hex::<16>();
        let options = OpenAiOptions { turns: turns(), ..OpenAiOptions::default() };
        let openai = OpenAi::start(free_port().await?, options, log.clone())?;
        let options =
            TwilioOptions { enforce_window: true, statuses_twice: true, media_late: true, ..TwilioOptions::default() };
        let twilio = TwilioRest::start(free_port().await?, twilio_state.clone(), route.clone(), options, log.clone())?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("port {port}"))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        twilio_state.add_sender(SHOP, &format!("{base_url}{MESSAGE_PATH}"), |_| {});
        let whatsapp = WhatsAppServer::start(&programs).await?;
        whatsapp
            .call("/options", &json!({ "name": "Pets & Friends", "autoReceipt": "read", "preKeyCount": 1 }))
            .await?;
        let setup = BridgeSetup {
            folder: folder.path().join("whatsapp"),
            target: format!("{base_url}/webhook/whatsapp/baileys"),
            secret: secret.clone(),
            more: Vec::new(),
        };
        let bridge = BridgeProcess::start(&programs, &whatsapp, setup).await?;
        let account = twilio_state.account();
        let environment = [
            ("PUBLIC_BASE_URL", base_url.as_str()),
            ("TWILIO_ACCOUNT_SID", &account.sid),
            ("TWILIO_AUTH_TOKEN", &account.auth_token),
            ("TWILIO_WA_FROM", &format!("whatsapp:{SHOP}")),
            ("TWILIO_API_BASE_URL", &twilio.base_url()),
            ("OPENAI_API_KEY", "demo"),
            ("OPENAI_BASE_URL", &openai.base_url()),
            ("BAILEYS_WEBHOOK_SECRET", &secret),
            ("BAILEYS_OUTBOUND_URL", &bridge.send_url()),
            ("WA_PACING", "off"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let daemon = Daemon::start(listener, folder.path(), environment.into()).await?;
        let token = daemon.cli(&["token", "create", "demo", "--role", "owner"], "").await?;
        let login = Login { name: "owner", password: crate::entropy::random_hex::<10>() };
        daemon.cli(&["user", "add", login.name, "--role", "owner"], &login.password).await?;
        Ok(Self {
            api: Api::new(base_url, token)?,
            login,
            phone: Phone::new(twilio_state.clone(), route.clone(), log.clone()),
            twilio_whatsapp: WhatsAppNetwork::new(twilio_state.clone(), route.clone(), log.clone()),
            unauthenticated: BridgeInbound::new(route, &secret, &secret, log.clone()),
            bridge: Mutex::new(bridge),
            whatsapp,
            daemon,
            log,
            twilio_state,
            openai,
            twilio,
            folder,
        })
    }

    pub(super) fn webhook(&self, path: &str) -> anyhow::Result<Url> {
        Ok(Url::parse(&self.daemon.url())?.join(path)?)
    }

    pub(super) async fn node_processes(&self) -> Vec<u32> {
        self.bridge.lock().await.process_id().into_iter().chain(self.whatsapp.process_id()).collect()
    }

    /// Fails if the daemon or the bridge did not exit cleanly.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let daemon = self.daemon.stop().await;
        let bridge = self.bridge.into_inner().stop().await;
        self.whatsapp.stop().await;
        self.openai.stop().await;
        self.twilio.stop().await;
        drop(self.folder);
        let daemon = daemon?;
        anyhow::ensure!(daemon.success(), "the daemon exited with {daemon}");
        anyhow::ensure!(bridge.is_some_and(|status| status.success()), "the bridge exited with {bridge:?}");
        Ok(())
    }
}

/// The search for the project's folder starts at these paths.
fn search_paths() -> anyhow::Result<[std::path::PathBuf; 2]> {
    let folder = std::env::current_dir().context("cannot determine the current folder")?;
    let program = std::env::current_exe().context("cannot find this program")?;
    Ok([folder, program])
}

async fn free_port() -> anyhow::Result<TcpListener> {
    Ok(TcpListener::bind("127.0.0.1:0").await?)
}

fn turns() -> Vec<Turn> {
    vec![
        Turn::new("שלום, אתם פתוחים היום?", "שלום דנה! כן, אנחנו פתוחים היום עד שבע בערב."),
        Turn::new(
            "מה יש לכם לכלב גדול?",
            "יש לנו מזון יבש ורטוב לכלבים גדולים, מיטות, רצועות וקולרים חזקים, וגם צעצועים שמחזיקים הרבה זמן. במה להתחיל?",
        )
        .lasting(Duration::from_secs(8)),
        Turn::new("רק מזון, בבקשה.", "בשמחה, שק של חמישה עשר קילו מחכה לך בחנות."),
    ]
}

pub(super) const SHOP: &str = "+97235551234";
