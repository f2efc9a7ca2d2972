//! The daemon, the real bridge with its WhatsApp server, and the fake vendors.

use crate::it::harness::BridgeHarness;
use crate::it::support::relay::TcpRelay;
use crate::it::support::telephony::NO_LIMITS;
use crate::messages::OWN;
use agentlocator::simulator::caller::Phone;
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions};
use agentlocator::simulator::twilio::{Account, TwilioOptions, TwilioRest, TwilioState, WhatsAppNetwork};
use agentlocator::simulator::{DaemonConnector, EventLog};
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

pub struct Environment {
    pub harness: BridgeHarness,
    pub twilio_state: TwilioState,
    pub twilio: TwilioRest,
    pub twilio_relay: TcpRelay,
    pub ai: Arc<OpenAi>,
    pub ai_relay: TcpRelay,
    pub phone: Phone,
    pub network: WhatsAppNetwork,
    pub log: EventLog,
}

impl Environment {
    /// `env` contains additional environment variables of the daemon, as `NAME=VALUE`.
    pub async fn begin(env: &[String]) -> Self {
        let (log, twilio_state) = (EventLog::new(), TwilioState::new(Account::random()));
        let connector = DaemonConnector::new(None).unwrap();
        let listener = || TcpListener::bind("127.0.0.1:0");
        let options = TwilioOptions::default();
        let twilio =
            TwilioRest::start(listener().await.unwrap(), twilio_state.clone(), connector.clone(), options, log.clone())
                .unwrap();
        let ai = OpenAi::start(listener().await.unwrap(), OpenAiOptions::default(), log.clone()).unwrap();
        let (twilio_relay, ai_relay) = (TcpRelay::to(twilio.address()).await, TcpRelay::to(ai.address()).await);
        twilio_state.set_api_base_url(twilio_relay.origin());
        let harness = BridgeHarness::linked_with(|setup| {
            let account = twilio_state.account();
            setup.toml(&format!("{NO_LIMITS}{SETTINGS}"));
            setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
            setup.env("TWILIO_API_BASE_URL", twilio_relay.origin()).env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
            setup.env("OPENAI_BASE_URL", format!("{}/v1", ai_relay.origin())).env("OPENAI_API_KEY", "sk-test");
            for (name, value) in env.iter().filter_map(|pair| pair.split_once('=')) {
                setup.env(name, value);
            }
        })
        .await;
        Self {
            phone: Phone::new(twilio_state.clone(), connector.clone(), log.clone()),
            network: WhatsAppNetwork::new(twilio_state.clone(), connector, log.clone()),
            ai: Arc::new(ai),
            harness,
            twilio_state,
            twilio,
            twilio_relay,
            ai_relay,
            log,
        }
    }

    pub fn hook(&self, path: &str) -> Url {
        Url::parse(&format!("{}/webhook/{path}", self.harness.daemon.url())).unwrap()
    }
}

/// Settings in addition to [`NO_LIMITS`]: a transfer number, and a nightly snapshot that is due soon after the start.
const SETTINGS: &str = r#"
[agent]
transfer_to = "+97235550000"
[backup]
start_delay_s = 45
"#;
