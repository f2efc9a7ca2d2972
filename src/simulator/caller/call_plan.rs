//! What a simulated call is to be.

use super::chaos::Chaos;
use super::script::{Clip, Script};
use crate::simulator::twilio::SignaturePlan;
use std::time::Duration;

/// What a simulated call is to be. Start from [`CallPlan::new`].
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// The voice webhook of the number that is called.
    pub voice_url: String,
    /// The number's call status webhook; by default `/webhook/call_status` beside the voice webhook.
    pub status_url: Option<String>,
    /// The number's fallback webhook, asked where the voice webhook fails.
    pub fallback_url: Option<String>,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// Twilio's id of the call; by default a new one.
    pub call_sid: Option<String>,
    /// What the caller does while the stream is open.
    pub script: Script,
    /// What the caller does while a further stream of the same call is open; the same again if there is none.
    pub next_script: Option<Script>,
    /// What the caller says to each recorder in turn. To the next recorder after that the caller hangs up.
    pub messages: Vec<Clip>,
    /// Whether and how the stream is opened.
    pub stream: StreamPlan,
    /// What becomes of a `<Dial>`.
    pub dial: DialPlan,
    /// Hangs up after so long in this phase of the call.
    pub hang_up: Option<(Phase, Duration)>,
    /// Prompts and pauses take no time. The stream stays in real time.
    pub fast: bool,
    /// How webhooks are signed.
    pub signature: SignaturePlan,
    /// What the network does.
    pub chaos: Chaos,
    /// The longest that the call may go on.
    pub time_limit: Duration,
}

impl CallPlan {
    /// A call to the number whose voice webhook is `voice_url`, that says something, hears the answer, twice.
    pub fn new(voice_url: impl Into<String>) -> Self {
        Self {
            voice_url: voice_url.into(),
            status_url: None,
            fallback_url: None,
            from: "+972501234567".into(),
            to: "+97235551234".into(),
            call_sid: None,
            script: Script::default(),
            next_script: None,
            messages: vec![Clip::Voice(3_000)],
            stream: StreamPlan::Open,
            dial: DialPlan::NoAnswer,
            hang_up: None,
            fast: false,
            signature: SignaturePlan::Good,
            chaos: Chaos::default(),
            time_limit: Duration::from_mins(10),
        }
    }
}

/// Whether and how the stream is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamPlan {
    /// The socket cannot be opened: Twilio goes on with what follows the stream.
    Fails,
    /// Twilio tries and tries, and nothing happens.
    Never,
    /// At once.
    Open,
    /// After so long.
    OpenAfter(Duration),
}

/// What becomes of a `<Dial>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialPlan {
    /// Somebody answers, accepts the call if asked to, and they talk for so long.
    Answered(Duration),
    /// Somebody answers, and presses the key 2 when asked.
    Declined,
    /// A mailbox answers: it presses nothing.
    Mailbox,
    /// The phone forwards the call to the number that was called first.
    Forwarded,
    /// The line is busy.
    Busy,
    /// Nobody answers.
    NoAnswer,
}

/// A phase of a call, as Twilio sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The stream's socket is being opened.
    Connecting,
    /// Somebody is being dialled, or talked with.
    Dialing,
    /// A prompt is played.
    Playing,
    /// The recorder runs.
    Recording,
    /// The voice webhook has been asked and has not answered.
    Ringing,
    /// The stream is open.
    Streaming,
    /// Another webhook has been asked and has not answered.
    Waiting,
}
