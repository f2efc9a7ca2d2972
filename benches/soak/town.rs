//! The daemon, the real bridge with its WhatsApp server, and the fake vendors.

use crate::gate::Gate;
use crate::it::world::World;
use crate::messages::OWN;
use agentlocator::simulator::caller::Phone;
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions};
use agentlocator::simulator::twilio::{Account, Exchange, TwilioOptions, TwilioRest, WhatsAppNetwork};
use agentlocator::simulator::{EventLog, Route};
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

pub struct Town {
    pub world: World,
    pub exchange: Exchange,
    pub twilio: TwilioRest,
    pub twilio_gate: Gate,
    pub ai: Arc<OpenAi>,
    pub ai_gate: Gate,
    pub phone: Phone,
    pub network: WhatsAppNetwork,
    pub log: EventLog,
}

impl Town {
    /// All of it, with the bridge linked. `env` is more of the daemon's environment, as `NAME=VALUE`.
    pub async fn begin(env: &[String]) -> Self {
        let (log, exchange) = (EventLog::new(), Exchange::new(Account::random()));
        let route = Route::new(None).unwrap();
        let listener = || TcpListener::bind("127.0.0.1:0");
        let options = TwilioOptions::default();
        let twilio =
            TwilioRest::start(listener().await.unwrap(), exchange.clone(), route.clone(), options, log.clone())
                .unwrap();
        let ai = OpenAi::start(listener().await.unwrap(), OpenAiOptions::default(), log.clone()).unwrap();
        let (twilio_gate, ai_gate) = (Gate::to(twilio.address()).await, Gate::to(ai.address()).await);
        exchange.set_api_base_url(twilio_gate.origin());
        let world = World::linked_with(|setup| {
            let account = exchange.account();
            setup.toml(SETTINGS);
            setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
            setup.env("TWILIO_API_BASE_URL", twilio_gate.origin()).env("TWILIO_WA_FROM", format!("whatsapp:{OWN}"));
            setup.env("OPENAI_BASE_URL", format!("{}/v1", ai_gate.origin())).env("OPENAI_API_KEY", "sk-test");
            for (name, value) in env.iter().filter_map(|pair| pair.split_once('=')) {
                setup.env(name, value);
            }
        })
        .await;
        Self {
            phone: Phone::new(exchange.clone(), route.clone(), log.clone()),
            network: WhatsAppNetwork::new(exchange.clone(), route, log.clone()),
            ai: Arc::new(ai),
            world,
            exchange,
            twilio,
            twilio_gate,
            ai_gate,
            log,
        }
    }

    pub fn hook(&self, path: &str) -> Url {
        Url::parse(&format!("{}/webhook/{path}", self.world.daemon.url())).unwrap()
    }
}

/// No limits of cost, a person to whom calls are put through, and a nightly backup that is made up soon after the start.
const SETTINGS: &str = r#"
[voice]
message_silence_s = 1
ai_calls_at_once = 0
ai_calls_per_number_at_once = 0
ai_calls_per_number_per_day = 0
ai_minutes_per_day = 0
ai_usd_per_day = 0
[agent]
transfer_to = "+97235550000"
[backup]
start_delay_s = 45
"#;
