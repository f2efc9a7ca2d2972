//! The callers: each simulated phone line places one call after another until the load ends.

use crate::expected::Expected;
use crate::it::support::rng::SeededRng;
use agentlocator::simulator::caller::{CallPlan, Chaos, Clip, DialPlan, Phase, Phone, StreamPlan};
use agentlocator::simulator::openai::{OpenAi, Turn};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct Lines {
    pub phone: Phone,
    pub ai: Arc<OpenAi>,
    pub voice_url: String,
    /// Phone numbers that also send WhatsApp messages.
    pub writers: Arc<Vec<String>>,
    pub expected: Arc<Expected>,
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Conversation,
    Interruptions,
    LeavesMessage,
    AgentHangsUp,
    Transfer,
    Keys,
    TornSocket,
    BadNetwork,
    HangsUpEarly,
    NoStream,
    Silent,
    MalformedSocket,
}

/// All kinds of calls. The number of entries of a kind sets its frequency.
const KINDS: [Kind; 24] = [
    Kind::Conversation,
    Kind::Conversation,
    Kind::Conversation,
    Kind::Conversation,
    Kind::Interruptions,
    Kind::Interruptions,
    Kind::Interruptions,
    Kind::LeavesMessage,
    Kind::LeavesMessage,
    Kind::LeavesMessage,
    Kind::AgentHangsUp,
    Kind::AgentHangsUp,
    Kind::Transfer,
    Kind::Transfer,
    Kind::Transfer,
    Kind::Keys,
    Kind::TornSocket,
    Kind::TornSocket,
    Kind::BadNetwork,
    Kind::BadNetwork,
    Kind::HangsUpEarly,
    Kind::NoStream,
    Kind::Silent,
    Kind::MalformedSocket,
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Interruptions => "interruptions",
            Self::LeavesMessage => "leaves a message",
            Self::AgentHangsUp => "agent hangs up",
            Self::Transfer => "transfer",
            Self::Keys => "keys",
            Self::TornSocket => TORN_SOCKET,
            Self::BadNetwork => BAD_NETWORK,
            Self::HangsUpEarly => "hangs up early",
            Self::NoStream => NO_STREAM,
            Self::Silent => "silent caller",
            Self::MalformedSocket => MALFORMED_SOCKET,
        }
    }

    /// Returns the transcripts and answers of the fake AI. A session uses the turns that are set when it opens. These
    /// turns may belong to a call of another line; the checks allow this.
    fn turns(self) -> Vec<Turn> {
        let question = Turn::new("אפשר לקבוע תור למחר?", "בשמחה, בשעה עשר או בארבע אחר הצהריים?");
        let thanks = Turn::new("תודה רבה", "תודה, רשמתי. נתראה מחר בארבע!");
        let calling = |name: &str, arguments: &str| thanks.clone().calling(name, arguments);
        match self {
            Self::LeavesMessage => {
                vec![question.clone(), calling("take_message", r#"{"message": "נא לחזור אליי [{call_id}]"}"#)]
            }
            Self::AgentHangsUp => vec![question, calling("end_call", "{}")],
            Self::Transfer => vec![question.clone(), calling("transfer_to_person", r#"{"reason": "מחיר"}"#), question],
            Self::Interruptions => {
                vec![question.lasting(Duration::from_secs(6)), thanks.lasting(Duration::from_secs(4))]
            }
            _ => vec![question, thanks],
        }
    }

    /// Returns the caller's script for the first stream, and the script for later streams.
    fn scripts(self, rng: &mut SeededRng) -> (String, &'static str) {
        let mut say = || format!("say {}ms", 700 + rng.below(1_800));
        let script = match self {
            Self::Interruptions => {
                format!("{}; listen 700ms; {}; listen 400ms; {}; listen; wait 1s", say(), say(), say())
            }
            Self::AgentHangsUp | Self::Transfer => format!("{}; listen; {}; stay", say(), say()),
            Self::Keys => format!("press 1; {}; listen; press 42#; listen; wait 1s", say()),
            Self::TornSocket => format!("{}; listen 500ms; drop", say()),
            Self::Silent => "wait 25s; stay".to_owned(),
            Self::MalformedSocket => {
                let fault = *rng.pick(&["second-socket", "start-again", "stop-without-close"]);
                format!("say 1s; listen; {fault}; say 1s; listen")
            }
            _ => {
                let exchanges = 2 + rng.below(5);
                (0..exchanges)
                    .map(|_| format!("say {}ms; listen; wait 300ms", 700 + rng.below(1_800)))
                    .collect::<Vec<_>>()
                    .join("; ")
            }
        };
        (script, "say 900ms; listen; wait 500ms; say 800ms; listen")
    }

    fn shape(self, plan: &mut CallPlan, rng: &mut SeededRng) {
        match self {
            Self::Transfer => {
                let talk = DialPlan::Answered(Duration::from_secs(4));
                let plans = [talk, talk, DialPlan::Declined, DialPlan::Mailbox, DialPlan::Busy, DialPlan::NoAnswer];
                plan.dial = *rng.pick(&plans);
            }
            Self::BadNetwork => {
                plan.chaos = Chaos {
                    jitter: Duration::from_millis(rng.below(80)),
                    burst_frames: rng.below(6),
                    stall: rng.percent(50).then_some((Duration::from_secs(3), Duration::from_millis(1_500))),
                    ragged: rng.percent(30),
                    omit_silence: rng.percent(30),
                    lost_marks_percent: 10,
                    late_marks: Duration::from_millis(200),
                    numbers_as_numbers: rng.percent(50),
                    start_twice: rng.percent(30),
                    webhooks_twice: rng.percent(50),
                    seed: rng.next(),
                };
            }
            Self::HangsUpEarly => {
                let phases = [Phase::Ringing, Phase::Playing, Phase::Connecting, Phase::Streaming, Phase::Streaming];
                let after = Duration::from_millis(rng.below(2_500));
                (plan.hang_up, plan.fast) = (Some((*rng.pick(&phases), after)), false);
            }
            Self::NoStream => {
                plan.stream =
                    *rng.pick(&[StreamPlan::Fails, StreamPlan::Never, StreamPlan::OpenAfter(Duration::from_secs(2))]);
            }
            _ => {}
        }
    }
}

pub async fn line(lines: Lines, number: u64, mut rng: SeededRng) {
    // The lines start at different times.
    tokio::time::sleep(Duration::from_millis(number * 400)).await;
    let writers: Vec<_> = lines
        .writers
        .iter()
        .enumerate()
        .filter(|(at, _)| *at as u64 % lines.count == number)
        .map(|(_, writer)| writer)
        .cloned()
        .collect();
    while !lines.expected.is_over() {
        let kind = *rng.pick(&KINDS);
        let mut plan = CallPlan::new(lines.voice_url.clone());
        plan.call_sid = Some(format!("CA{:016x}{:016x}", rng.next(), rng.next()));
        // Each line has its own caller numbers, because a second call from a caller who is being transferred would be
        // rejected as a forwarding loop.
        plan.from = if !writers.is_empty() && rng.percent(25) {
            rng.pick(&writers).clone()
        } else {
            format!("+97254{:07}", 4_000_000 + 10 * number + rng.below(6))
        };
        let (script, next) = kind.scripts(&mut rng);
        (plan.script, plan.next_script) = (script.parse().unwrap(), Some(next.parse().unwrap()));
        plan.fast = rng.percent(60);
        plan.messages = vec![Clip::Voice(2_500), Clip::Voice(1_500)];
        plan.time_limit = MAX_CALL;
        kind.shape(&mut plan, &mut rng);
        let turns = kind.turns();
        lines.ai.change(|options| options.turns = turns);
        lines.expected.call_begins();
        let report = lines.phone.place_call(plan).await;
        lines.expected.call_ended(kind.name(), &report);
        for webhook in report.webhooks.iter().filter(|webhook| !matches!(webhook.status, Some(200 | 204))) {
            let problem = format!("{}: {} was answered {:?}", report.call_sid, webhook.path, webhook.status);
            lines.expected.problem(problem);
        }
        tokio::time::sleep(rng.between(Duration::from_millis(200), Duration::from_secs(1))).await;
    }
}

pub const TORN_SOCKET: &str = "torn socket";
pub const BAD_NETWORK: &str = "bad network";
pub const NO_STREAM: &str = "no stream";
pub const MALFORMED_SOCKET: &str = "malformed socket";
/// A scripted call that takes longer than this is considered to hang, even on a busy machine.
const MAX_CALL: Duration = Duration::from_mins(5);
