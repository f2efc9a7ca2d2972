//! A daemon with a fake Twilio, a simulated caller and a fake AI, all over real sockets.

use super::{Daemon, Reply, Setup};
use agentlocator::simulator::caller::{CallPlan, CallReport, Phone};
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions};
use agentlocator::simulator::twilio::{Account, TwilioOptions, TwilioRest, TwilioState, sign};
use agentlocator::simulator::{DaemonConnector, EventLog};
use futures_util::SinkExt;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Twilio's end of a media socket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Settings without limits on the number, the minutes and the cost of AI calls, and with a short silence at the end of
/// a message.
pub const NO_LIMITS: &str = "\
[voice]
message_silence_s = 1
ai_calls_at_once = 0
ai_calls_per_number_at_once = 0
ai_calls_per_number_per_day = 0
ai_minutes_per_day = 0
ai_usd_per_day = 0
";

/// A daemon with fake vendors.
pub struct CallHarness {
    pub daemon: Daemon,
    pub ai: OpenAi,
    pub twilio: TwilioRest,
    pub twilio_state: TwilioState,
    pub phone: Phone,
    pub log: EventLog,
}

impl CallHarness {
    /// Starts a daemon with an AI.
    pub async fn with_ai(options: OpenAiOptions, configure: impl FnOnce(&mut Setup)) -> Self {
        Self::build(options, true, configure).await
    }

    /// Starts a daemon without an AI: callers leave a message.
    pub async fn without_ai(configure: impl FnOnce(&mut Setup)) -> Self {
        Self::build(OpenAiOptions::default(), false, configure).await
    }

    async fn build(options: OpenAiOptions, has_key: bool, configure: impl FnOnce(&mut Setup)) -> Self {
        let daemon = Daemon::prepare(|_| {});
        let connector = DaemonConnector::new(Some(daemon.address())).unwrap();
        Self::with_daemon(daemon, connector, options, has_key, configure).await
    }

    /// Starts the fake vendors, and then the prepared daemon with their addresses.
    pub async fn with_daemon(
        mut daemon: Daemon,
        connector: DaemonConnector,
        options: OpenAiOptions,
        has_key: bool,
        configure: impl FnOnce(&mut Setup),
    ) -> Self {
        let log = EventLog::new();
        let account = Account::random();
        let twilio_state = TwilioState::new(account.clone());
        let ai = OpenAi::start(free_port().await, options, log.clone()).unwrap();
        let twilio = TwilioOptions::default();
        let twilio =
            TwilioRest::start(free_port().await, twilio_state.clone(), connector.clone(), twilio, log.clone()).unwrap();
        daemon.reconfigure(|setup| {
            setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
            setup.env("TWILIO_API_BASE_URL", twilio.base_url()).env("OPENAI_BASE_URL", ai.base_url());
            if has_key {
                setup.env("OPENAI_API_KEY", "sk-test");
            }
            configure(setup);
        });
        tokio::task::block_in_place(|| daemon.launch());
        let phone = Phone::new(twilio_state.clone(), connector, log.clone());
        Self { daemon, ai, twilio, twilio_state, phone, log }
    }

    /// Posts a signed form as Twilio does, with the account's id added.
    pub async fn hook(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let account = [("AccountSid", self.twilio_state.account().sid.as_str())];
        self.hook_exactly(path, &[&account, fields].concat()).await
    }

    /// Posts a signed form with exactly these fields.
    pub async fn hook_exactly(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let owned: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signature = self.sign(path, &owned);
        self.daemon.client().with_header("x-twilio-signature", signature).post_form(path, fields).await
    }

    /// Sends the webhook of a new call, and returns the token in its TwiML.
    pub async fn ring(&self, sid: &str) -> String {
        self.ring_from(sid, "+972501234567").await
    }

    /// Sends the webhook of a new call from this number, and returns the token in its TwiML.
    pub async fn ring_from(&self, sid: &str, from: &str) -> String {
        let fields = [("CallSid", sid), ("From", from), ("To", "+97235551234")];
        stream_token(&self.hook("/webhook/incoming_call", &fields).await.text())
    }

    /// Opens a media socket without sending a message.
    pub async fn open_socket(&self) -> Socket {
        let url = self.daemon.url().replace("http", "ws") + "/ws/twilio-media";
        tokio_tungstenite::connect_async(url).await.unwrap().0
    }

    /// Returns Twilio's signature of a request to `path`.
    pub fn sign(&self, path: &str, fields: &[(String, String)]) -> String {
        sign(&self.twilio_state.account().auth_token, &format!("{}{path}", self.daemon.url()), fields)
    }

    /// Returns a plan for a call to this daemon. The greeting is skipped.
    pub fn plan(&self, script: &str) -> CallPlan {
        let mut plan = CallPlan::new(format!("{}/webhook/incoming_call", self.daemon.url()));
        plan.script = script.parse().unwrap();
        plan.fast = true;
        plan
    }

    /// Places a call, and checks that the daemon followed the vendors' rules.
    pub async fn call(&self, plan: CallPlan) -> CallReport {
        let report = self.phone.place_call(plan).await;
        self.assert_rules_kept();
        report
    }

    /// Checks that no request from the daemon violated the vendors' rules.
    pub fn assert_rules_kept(&self) {
        let violations = self.log.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }

    /// Waits until the call has ended, and returns it as the API shows it.
    pub async fn ended_call(&self, sid: &str) -> serde_json::Value {
        self.call_when(sid, |call| call["state"] == "ended").await
    }

    /// Waits until the call is stored, and returns it as the API shows it.
    pub async fn known_call(&self, sid: &str) -> serde_json::Value {
        self.call_when(sid, |_| true).await
    }

    /// Waits until no job is waiting or running, except compressions: they leave the processor to all other work, so they
    /// take minutes on a busy machine.
    pub async fn until_jobs_done(&self) {
        // Longer than for an event, because jobs wait for others and are repeated after a pause.
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(2);
        let open = "SELECT concat_ws(' ', kind, attempts, run_at, last_error) FROM jobs
                    WHERE state NOT IN ('done', 'failed') AND kind <> 'compress_recording'";
        loop {
            let left = self.daemon.query_column::<String>(open);
            if left.is_empty() {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "the jobs {left:?} are not done");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Waits until the list has this call and the entry is right, and returns the call as the API shows it.
    pub async fn call_when(&self, sid: &str, is_right: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let api = tokio::task::block_in_place(|| self.daemon.api());
        let deadline = std::time::Instant::now() + super::log::WAIT_TIMEOUT;
        loop {
            let calls = api.get("/api/calls").await.json();
            let found = calls["calls"].as_array().unwrap().iter().find(|call| call["call_sid"] == sid).cloned();
            if let Some(call) = found.filter(&is_right) {
                return api.get(&format!("/api/calls/{}", call["id"])).await.json();
            }
            assert!(std::time::Instant::now() < deadline, "{sid} is not as expected: {calls}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// Returns the token of the `<Stream>` in this TwiML.
pub fn stream_token(xml: &str) -> String {
    xml.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Sends Twilio's start message on a socket.
pub async fn start(socket: &mut Socket, sid: &str, token: &str) {
    socket.send(start_message(sid, token)).await.unwrap();
}

/// Returns the message that authenticates a media socket.
pub fn start_message(sid: &str, token: &str) -> Message {
    let start = json!({"streamSid": "MZ00000000000000000000000000000001", "callSid": sid, "customParameters": {"token": token}});
    let message = json!({"event": "start", "streamSid": "MZ00000000000000000000000000000001", "start": start});
    Message::Text(message.to_string().into())
}

pub async fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
