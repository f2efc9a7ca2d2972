//! The plan of a simulated call.

use super::chaos::Chaos;
use super::script::{Clip, Script};
use crate::twilio::SignaturePlan;
use std::time::Duration;

/// The plan of a simulated call. [`CallPlan::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// The voice webhook of the called number.
    pub voice_url: String,
    /// The number's call status webhook; by default `/webhook/call_status` on the host of the voice webhook.
    pub status_url: Option<String>,
    /// The number's fallback webhook, requested if the voice webhook fails.
    pub fallback_url: Option<String>,
    /// The caller's number.
    pub from: String,
    /// What the networks say about that number, Twilio's `StirVerstat`; none if they say nothing.
    pub stir_verstat: Option<String>,
    /// The called number.
    pub to: String,
    /// Twilio's id of the call; by default a new one.
    pub call_sid: Option<String>,
    /// What the caller does while the stream is open.
    pub script: Script,
    /// What the caller does in each later stream of the same call; by default `script` again.
    pub next_script: Option<Script>,
    /// What the caller says to each `<Record>` in order. The caller hangs up at the first recorder after them.
    pub messages: Vec<Clip>,
    /// Whether and how the stream is opened.
    pub stream: StreamPlan,
    /// The outcome of a `<Dial>`.
    pub dial: DialPlan,
    /// Hangs up after this time in this phase of the call.
    pub hang_up: Option<(Phase, Duration)>,
    /// Prompts and pauses take no time. The stream stays in real time.
    pub fast: bool,
    /// How webhooks are signed.
    pub signature: SignaturePlan,
    /// Disturbances of the network.
    pub chaos: Chaos,
    /// The maximum duration of the call.
    pub time_limit: Duration,
}

impl CallPlan {
    /// A call to the number whose voice webhook is `voice_url`. The caller twice says something and listens to the
    /// answer.
    pub fn new(voice_url: impl Into<String>) -> Self {
        Self {
            voice_url: voice_url.into(),
            status_url: None,
            fallback_url: None,
            from: "+972501234567".into(),
            stir_verstat: None,
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
    /// The socket cannot be opened: Twilio continues with the verb after the stream.
    Fails,
    /// Twilio's connection attempt neither succeeds nor fails.
    Never,
    /// At once.
    Open,
    /// After this time.
    OpenAfter(Duration),
}

/// The outcome of a `<Dial>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialPlan {
    /// A person answers, accepts the call if a prompt asks for it, and talks for this time.
    Answered(Duration),
    /// A person answers, and presses the key 2 at the prompt.
    Declined,
    /// A mailbox answers: it presses nothing.
    Mailbox,
    /// The dialled phone forwards the call to the number that was called first.
    Forwarded,
    /// The same, and the network does not report which number forwarded it.
    ForwardedUnmarked,
    /// The line is busy.
    Busy,
    /// No answer.
    NoAnswer,
}

/// A phase of a call, from Twilio's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The stream's socket is being opened.
    Connecting,
    /// A number is being dialled, or the dialled party is connected.
    Dialing,
    /// A prompt is played.
    Playing,
    /// `<Record>` is recording.
    Recording,
    /// Twilio waits for the response of the voice webhook.
    Ringing,
    /// The stream is open.
    Streaming,
    /// Twilio waits for the response of another webhook.
    Waiting,
}
