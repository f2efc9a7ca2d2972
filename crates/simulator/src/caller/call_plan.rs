//! The plan of a simulated call: who calls, what the caller does, and which faults happen.

use super::chaos::Chaos;
use super::script::{Clip, Script};
use crate::twilio::SignaturePlan;
use std::time::Duration;

/// The plan of a simulated call. [`CallPlan::new`] sets the defaults.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// The voice webhook of the called number.
    pub voice_url: String,
    /// The number's call status webhook; by default `call_status` beside the voice webhook.
    pub status_url: Option<String>,
    /// The number's fallback webhook. Requested once: after the first request for TwiML that fails, or the first
    /// document that cannot be parsed.
    pub fallback_url: Option<String>,
    /// Twilio's direction of the call: `inbound`, or `outbound-api` for a call that the daemon makes.
    pub direction: &'static str,
    /// The caller's number.
    pub from: String,
    /// Twilio's `StirVerstat`: the networks' attestation of the caller's number. `None` if the networks send no
    /// attestation.
    pub stir_verstat: Option<String>,
    /// The called number.
    pub to: String,
    /// Twilio's id of the call; by default a new one.
    pub call_sid: Option<String>,
    /// What the caller does while the first stream of the call is open.
    pub script: Script,
    /// What the caller does in each later stream of the same call; by default `script` again.
    pub next_script: Option<Script>,
    /// What the caller says to each `<Record>`, in order. The caller hangs up at the next `<Record>` after the last
    /// message.
    pub messages: Vec<Clip>,
    /// Whether and how the stream is opened.
    pub stream: StreamPlan,
    /// The outcome of a `<Dial>`.
    pub dial: DialPlan,
    /// The phase in which the caller hangs up, and how long after the start of a step in this phase. `None`: no planned
    /// hangup.
    pub hang_up: Option<(Phase, Duration)>,
    /// Whether each prompt, pause, recording, ring and talk with a dialled party lasts at most 20 ms. Media streams
    /// still run in real time.
    pub fast: bool,
    /// How webhooks are signed.
    pub signature: SignaturePlan,
    /// Disturbances of the network.
    pub chaos: Chaos,
    /// The maximum duration of the call. A call that reaches it is ended and recorded as a violation.
    pub time_limit: Duration,
}

impl CallPlan {
    /// Creates the plan of a call to the number whose voice webhook is `voice_url`. The caller speaks and listens to
    /// the answer, twice.
    pub fn new(voice_url: impl Into<String>) -> Self {
        Self {
            voice_url: voice_url.into(),
            status_url: None,
            fallback_url: None,
            direction: "inbound",
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
    /// Twilio cannot open the socket, and continues the call as after the end of the stream.
    Fails,
    /// Twilio's connection attempt neither succeeds nor fails.
    Never,
    /// Twilio opens the socket immediately.
    Open,
    /// Twilio opens the socket after this time.
    OpenAfter(Duration),
}

/// The outcome of a `<Dial>`.
/// If several phones ring at the same time, the last one behaves like this, and the others are not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialPlan {
    /// A person answers, accepts the call if a prompt asks for it, and talks for this time.
    Answered(Duration),
    /// A person answers, and presses 2 at the prompt. Without a prompt, the parties are connected for 20 s.
    Declined,
    /// A mailbox answers and presses no key. Without a prompt, the parties are connected for 20 s.
    Mailbox,
    /// The dialled phone forwards the call to the number that the caller called first.
    Forwarded,
    /// As `Forwarded`, but the network does not report which number forwarded the call.
    ForwardedUnmarked,
    /// The line is busy.
    Busy,
    /// The call is not answered.
    NoAnswer,
}

/// A phase of a call, from Twilio's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The stream's socket is being opened.
    Connecting,
    /// A number is being dialled, or the dialled party is connected.
    Dialing,
    /// A prompt is played, or Twilio waits in `<Pause>` or for the input of `<Gather>`.
    Playing,
    /// `<Record>` is recording.
    Recording,
    /// Twilio waits for the first TwiML of the call.
    Ringing,
    /// The stream is open.
    Streaming,
    /// Twilio waits for further TwiML, after the call was answered.
    Waiting,
}
